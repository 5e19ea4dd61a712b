//! Random runs that failed once. They stay, and are run with every test.

/// A run worth keeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed {
    /// The seed.
    pub seed: u64,
    /// How many steps it needs.
    pub steps: usize,
}

/// The seeds in `seeds/lockstep.txt`: one a line, seed and steps, the reason after `#`.
pub fn lockstep() -> Vec<Seed> {
    parse(include_str!("../seeds/lockstep.txt"))
}

fn parse(text: &str) -> Vec<Seed> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    lines.filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Seed> {
    let mut words = line.split_whitespace();
    let seed = words.next()?.parse().ok()?;
    let steps = words.next()?.parse().ok()?;
    Some(Seed { seed, steps })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_that_is_not_a_comment_is_a_seed() {
        assert_eq!(
            parse("# why\n7 100 # because\n\n8 20\n"),
            [Seed { seed: 7, steps: 100 }, Seed { seed: 8, steps: 20 }]
        );
        let text = include_str!("../seeds/lockstep.txt");
        let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        assert_eq!(lockstep().len(), lines.count());
    }
}
