//! Durations and rates as people write them: `5min`, `1.5h`, `8/min`; and back.

use std::fmt;

/// Units of time, in milliseconds. A bare number has no meaning: it is refused.
const UNITS: [(&str, f64); 11] = [
    ("ms", 1.0),
    ("s", 1e3),
    ("sec", 1e3),
    ("m", 6e4),
    ("min", 6e4),
    ("h", 36e5),
    ("hour", 36e5),
    ("d", 864e5),
    ("day", 864e5),
    ("w", 6048e5),
    ("week", 6048e5),
];
/// Neither a duration nor what is between two arrivals may be longer: a thousand weeks.
const LONGEST_MS: f64 = 6048e8;
/// Nor may it be shorter.
const SHORTEST_MS: f64 = 1e-3;

/// How long.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Duration {
    pub(super) ms: f64,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct Rate {
    pub(super) per_ms: f64,
}

/// A duration from its text.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let hint = "write it like 90s, 5min or 1.5h";
    let (number, unit) = split(text);
    let number = number.parse::<f64>().map_err(|_| format!("no duration; {hint}"))?;
    let Some(unit) = unit_ms(unit) else {
        return Err(match unit {
            "" => format!("no unit of time; {hint}"),
            _ => format!("`{unit}` is no unit of time; {hint}"),
        });
    };
    Ok(Duration { ms: sensible(number * unit, hint)? })
}

/// A rate from its text.
pub(super) fn rate(text: &str) -> Result<Rate, String> {
    let hint = "write it like 8/min, 0.5/s or 120/h";
    let (number, unit) = text.split_once('/').ok_or(format!("no rate; {hint}"))?;
    let number = number.trim().parse::<f64>().map_err(|_| format!("no rate; {hint}"))?;
    let unit = unit.trim();
    let unit = unit_ms(unit).ok_or(format!("`{unit}` is no unit of time; {hint}"))?;
    if number.is_nan() || number <= 0.0 {
        return Err(format!("it has to be more than nothing; {hint}"));
    }
    Ok(Rate { per_ms: sensible(unit / number, hint)?.recip() })
}

/// The number at the beginning, and what follows it.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number.trim(), unit)
}

fn unit_ms(unit: &str) -> Option<f64> {
    UNITS.iter().find(|(name, _)| *name == unit).map(|(_, ms)| *ms)
}

fn sensible(ms: f64, hint: &str) -> Result<f64, String> {
    match ms {
        _ if ms.is_nan() || ms <= 0.0 => Err(format!("it has to be more than nothing; {hint}")),
        _ if ms > LONGEST_MS => Err("longer than a thousand weeks".to_owned()),
        _ if ms < SHORTEST_MS => Err("shorter than a microsecond".to_owned()),
        _ => Ok(ms),
    }
}

impl fmt::Display for Duration {
    /// In the largest unit of which there is a whole one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |f: &mut fmt::Formatter<'_>, in_ms: f64, unit: &str| {
            f.pad(&format!("{:.2} {unit}", self.ms / in_ms))
        };
        match self.ms {
            ms if ms >= 864e5 => shown(f, 864e5, "d"),
            ms if ms >= 36e5 => shown(f, 36e5, "h"),
            ms if ms >= 6e4 => shown(f, 6e4, "min"),
            ms if ms >= 1e3 => shown(f, 1e3, "s"),
            _ => shown(f, 1.0, "ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, ms) in [
            ("250ms", 250.0),
            ("90s", 90_000.0),
            ("5min", 300_000.0),
            ("5 min", 300_000.0),
            ("2m", 120_000.0),
            ("1.5h", 5_400_000.0),
            ("1d", 86_400_000.0),
        ] {
            assert_eq!(duration(text), Ok(Duration { ms }), "{text}");
        }
    }

    #[test]
    fn rates_are_read_as_people_write_them() {
        for (text, per_ms) in [("60/min", 1e-3), ("0.5/s", 5e-4), ("3600/h", 1e-3), ("2 / s", 2e-3)]
        {
            assert_eq!(rate(text), Ok(Rate { per_ms }), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        for (text, reason) in [
            ("5", "no unit"),
            ("five minutes", "no duration"),
            ("", "no duration"),
            ("5lightyears", "`lightyears` is no unit"),
            ("0s", "more than nothing"),
            ("-5min", "more than nothing"),
            ("2000w", "longer than"),
            ("0.0000001s", "shorter than"),
        ] {
            let refused = duration(text).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
        for (text, reason) in [
            ("8", "no rate"),
            ("8/fortnight", "`fortnight` is no unit"),
            ("many/s", "no rate"),
            ("0/s", "more than nothing"),
            ("-1/s", "more than nothing"),
            ("inf/s", "more than nothing"),
            ("NaN/s", "more than nothing"),
            ("1e-9/week", "longer than"),
            ("1e9/ms", "shorter than"),
        ] {
            let refused = rate(text).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    #[test]
    fn durations_are_shown_in_a_fitting_unit() {
        for (ms, shown) in
            [(0.0, "0.00 ms"), (90_000.0, "1.50 min"), (1_500.0, "1.50 s"), (9e7, "1.04 d")]
        {
            assert_eq!(Duration { ms }.to_string(), shown);
        }
    }
}
