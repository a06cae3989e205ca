//! Counts as people write them: `20000000`, `20_000_000`, `20e6`, `20M`.

/// A count from its text.
pub(super) fn count(text: &str) -> Result<u64, String> {
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    let (digits, scale) = match plain.chars().last() {
        Some('k') => (plain.trim_end_matches('k'), 1e3),
        Some('M') => (plain.trim_end_matches('M'), 1e6),
        Some('G') => (plain.trim_end_matches('G'), 1e9),
        _ => (plain.as_str(), 1.0),
    };
    let value = digits.parse::<f64>().map_err(|_| format!("{text} is no count"))? * scale;
    // Doubles hold every whole number up to 2^53.
    let whole = value.is_finite() && value.fract() == 0.0 && (0.0..9e15).contains(&value);
    if whole { Ok(value as u64) } else { Err(format!("{text} is no count")) }
}

/// A count for people: `20 000 000`.
pub(super) fn spaced(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_people_write_them() {
        for (text, expected) in
            [("7", 7), ("20_000", 20_000), ("1e9", 1_000_000_000), ("2.5M", 2_500_000)]
        {
            assert_eq!(count(text), Ok(expected), "{text}");
        }
        for text in ["", "-1", "1.5", "many", "1e300", "NaN", "inf"] {
            assert!(count(text).is_err(), "{text}");
        }
    }

    #[test]
    fn counts_are_shown_in_groups() {
        assert_eq!(spaced(0), "0");
        assert_eq!(spaced(999), "999");
        assert_eq!(spaced(1_234_567), "1 234 567");
    }
}
