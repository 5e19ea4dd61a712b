//! Pictures of figures as SVG, readable on light and on dark ground. Relies on nothing: the text is made here.

use std::fmt::Write;

/// One line of a picture: its name and its points, of which each has a place on the axis below.
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its values, in the order of the picture's places; there may be gaps.
    pub values: Vec<Option<f64>>,
}

/// A picture with a line for each series, and a logarithmic axis on the left.
pub struct Chart {
    /// Its title.
    pub title: String,
    /// What is on the axis below, and its places.
    pub below: (String, Vec<String>),
    /// What is on the axis on the left.
    pub left: String,
    /// The lines.
    pub series: Vec<Series>,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 170.0;
const TOP: f64 = 46.0;
const BOTTOM: f64 = 54.0;

/// Colours that are told apart on white and on black, also by those who see fewer.
const COLOURS: [&str; 9] =
    ["#d9480f", "#1c7ed6", "#2b8a3e", "#9c36b5", "#b08900", "#0b7285", "#c2255c", "#74808c", "#5c940d"];

impl Chart {
    /// The file's text.
    pub fn svg(&self) -> String {
        let axis = Axis::of(self.series.iter().flat_map(|series| series.values.iter().flatten().copied()));
        let mut svg = self.head();
        self.grid(&axis, &mut svg);
        let places = self.placed();
        for (series, colour) in self.series.iter().zip(COLOURS.iter().cycle()) {
            self.line(series, colour, &axis, &mut svg);
        }
        for ((series, colour), y) in self.series.iter().zip(COLOURS.iter().cycle()).zip(places) {
            let x = WIDTH - RIGHT + 16.0;
            let _ =
                writeln!(svg, r#"<rect x="{x}" y="{:.1}" width="12" height="12" rx="2" fill="{colour}"/>"#, y - 10.0);
            let _ = writeln!(svg, r#"<text x="{:.1}" y="{y:.1}">{}</text>"#, x + 18.0, escaped(&series.name));
        }
        svg + "</svg>\n"
    }

    /// The heights of the names.
    fn placed(&self) -> Vec<f64> {
        (0..self.series.len()).map(|at| TOP + 12.0 + 20.0 * at as f64).collect()
    }

    fn head(&self) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
             height=\"{HEIGHT}\" role=\"img\" aria-label=\"{title}\">\n\
             <style>\n\
             text {{ font: 13px system-ui, sans-serif; fill: #24292f; }}\n\
             .title {{ font-size: 15px; font-weight: 600; }}\n\
             .grid {{ stroke: #8c959f; stroke-opacity: 0.35; }}\n\
             @media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3; }} }}\n\
             </style>\n\
             <text class=\"title\" x=\"{LEFT}\" y=\"22\">{title}</text>\n",
            title = escaped(&self.title),
        )
    }

    fn x(&self, at: usize) -> f64 {
        let last = self.below.1.len().saturating_sub(1).max(1);
        LEFT + (WIDTH - LEFT - RIGHT) * at as f64 / last as f64
    }

    fn grid(&self, axis: &Axis, svg: &mut String) {
        let right = WIDTH - RIGHT;
        for value in axis.marks() {
            let y = axis.y(value);
            let _ = writeln!(svg, r#"<line class="grid" x1="{LEFT}" y1="{y:.1}" x2="{right}" y2="{y:.1}"/>"#);
            let words = short(value);
            let _ = writeln!(svg, r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{words}</text>"#, LEFT - 8.0, y + 4.0);
        }
        for (at, name) in self.below.1.iter().enumerate() {
            let (x, y) = (self.x(at), HEIGHT - BOTTOM);
            let _ = writeln!(svg, r#"<line class="grid" x1="{x:.1}" y1="{TOP}" x2="{x:.1}" y2="{y:.1}"/>"#);
            let name = escaped(name);
            let _ = writeln!(svg, r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{name}</text>"#, y + 18.0);
        }
        let (middle, y) = ((LEFT + right) / 2.0, HEIGHT - 12.0);
        let _ = writeln!(svg, r#"<text x="{middle}" y="{y}" text-anchor="middle">{}</text>"#, escaped(&self.below.0));
        let height = (TOP + HEIGHT - BOTTOM) / 2.0;
        let turn = format!("rotate(-90 16 {height})");
        let left = escaped(&self.left);
        let _ = writeln!(svg, r#"<text x="16" y="{height}" text-anchor="middle" transform="{turn}">{left}</text>"#);
    }

    fn line(&self, series: &Series, colour: &str, axis: &Axis, svg: &mut String) {
        let places = series.values.iter().enumerate();
        let points: Vec<(f64, f64)> = places.filter_map(|(at, value)| Some((self.x(at), axis.y((*value)?)))).collect();
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let path = path.join(" ");
        let _ = writeln!(svg, r#"<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.2"/>"#);
        for (x, y) in points {
            let _ = writeln!(svg, r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.4" fill="{colour}"/>"#);
        }
    }
}

/// A logarithmic axis.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// One that has room for all values above 0.
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for value in values.filter(|value| *value > 0.0) {
            (low, high) = (low.min(value), high.max(value));
        }
        match low.is_finite() {
            true => Self { low: low * 0.85, high: high * 1.15 },
            false => Self { low: 1.0, high: 10.0 },
        }
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value.max(self.low) / self.low).ln() / (self.high / self.low).ln();
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
    }

    /// Round numbers on it: 1, 2 and 5, or only 1 if there would be many.
    fn marks(&self) -> Vec<f64> {
        let decades = (self.low.log10().floor() as i32)..=(self.high.log10().ceil() as i32);
        let steps: &[f64] = if self.high / self.low > 2_000.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let all = decades.flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)));
        all.filter(|mark| (self.low..=self.high).contains(mark)).collect()
    }
}

/// A number as one reads it.
pub fn short(value: f64) -> String {
    let (value, unit) = match value {
        value if value >= 1e6 => (value / 1e6, " M"),
        value if value >= 1e4 => (value / 1e3, " k"),
        value => (value, ""),
    };
    let text = match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.95, "0.95"),
            (7.0, "7"),
            (12.4, "12.4"),
            (950.0, "950"),
            (2_345.0, "2345"),
            (20_000.0, "20 k"),
            (123_456.0, "123 k"),
            (1_500_000.0, "1.5 M"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn higher_values_are_higher_and_inside() {
        let axis = Axis::of([3.0, 40.0, 0.0, 900.0].into_iter());
        assert!(axis.y(900.0) < axis.y(40.0) && axis.y(40.0) < axis.y(3.0));
        assert!(axis.y(900.0) >= TOP && axis.y(3.0) <= HEIGHT - BOTTOM);
        assert_eq!(axis.marks(), [5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0]);
        assert_eq!(Axis::of(std::iter::empty()).marks().first(), Some(&1.0));
    }

    #[test]
    fn a_picture_has_every_line_and_leaves_gaps_out() {
        let series = |name: &str, values: &[Option<f64>]| Series { name: name.into(), values: values.to_vec() };
        let chart = Chart {
            title: String::from("a < b"),
            below: (String::from("threads"), vec![String::from("1"), String::from("2")]),
            left: String::from("a second"),
            series: vec![series("one", &[Some(1.0), Some(10.0)]), series("two", &[None, Some(5.0)])],
        };
        let svg = chart.svg();
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(svg.contains("a &lt; b") && svg.contains("prefers-color-scheme: dark") && svg.ends_with("</svg>\n"));
    }
}
