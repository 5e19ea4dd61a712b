//! Numbers as people write and read them.

/// A number of bytes, perhaps with k, m or g for KiB, MiB or GiB.
pub fn bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1 << 10),
        Some((at, 'm' | 'M')) => (&text[..at], 1 << 20),
        Some((at, 'g' | 'G')) => (&text[..at], 1 << 30),
        _ => (text, 1),
    };
    let wrong = || format!("{} is not a number of bytes", crate::text::safe(text));
    if digits.starts_with('+') {
        return Err(wrong());
    }
    digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit)).ok_or_else(wrong)
}

/// Bytes with three digits or so.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes as f64 / 1024.0, 0);
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// A number with a comma after each three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time, short.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 0.001 => format!("{:.0} us", s * 1e6),
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3600.0 => format!("{}:{:02}", s as u64 / 60, s as u64 % 60),
        s => format!("{}:{:02}:{:02}", s as u64 / 3600, s as u64 / 60 % 60, s as u64 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!([grouped(0), grouped(999), grouped(1_000), grouped(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([size(0), size(1023), size(1024), size(5 << 20)], ["0 B", "1023 B", "1.00 KiB", "5.00 MiB"]);
        assert_eq!([size(15_200), size(1_020 << 20), size(u64::MAX)], ["14.8 KiB", "1.00 GiB", "16384 PiB"]);
        assert_eq!(
            [seconds(0.000_02), seconds(0.25), seconds(61.0), seconds(3_661.0)],
            ["20 us", "250.0 ms", "1:01", "1:01:01"]
        );
    }

    #[test]
    fn bytes_with_units() {
        assert_eq!([bytes("0"), bytes("17"), bytes("3k"), bytes("2G")], [Ok(0), Ok(17), Ok(3 << 10), Ok(2 << 30)]);
        for wrong in ["", "k", "-1", "+1", "1.5m", "99999999999999999g"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
