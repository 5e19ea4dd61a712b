//! Times, and what they come to.

/// Nanoseconds that something took, many times.
#[derive(Default)]
pub struct Figures(Vec<u64>);

impl Figures {
    /// Adds one.
    pub fn add(&mut self, time: u64) {
        self.0.push(time);
        self.0.sort_unstable();
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Not more than this for so many of a thousand, in milliseconds.
    pub fn at(&self, thousandth: usize) -> f64 {
        let index = (self.0.len() * thousandth).div_ceil(1_000).max(1) - 1;
        self.0.get(index).map_or(0.0, |time| *time as f64 / 1e6)
    }

    /// As JSON.
    pub fn json(&self) -> String {
        let (half, most, all) = (self.at(500), self.at(990), self.at(1_000));
        format!("{{\"count\": {}, \"p50_ms\": {half:.2}, \"p99_ms\": {most:.2}, \"max_ms\": {all:.2}}}", self.count())
    }
}
