//! Figures as people read them.

/// A duration: `4 ms`, `12.3 s`, `5.1 min`, `2.0 h`.
pub fn duration(ms: f64) -> String {
    // Each unit until there are a hundred of the next lower one's sixty.
    if ms < 1_000.0 {
        format!("{ms:.0} ms")
    } else if ms < 100_000.0 {
        format!("{:.1} s", ms / 1_000.0)
    } else if ms < 6_000_000.0 {
        format!("{:.1} min", ms / 60_000.0)
    } else {
        format!("{:.1} h", ms / 3_600_000.0)
    }
}

/// A share, in percent.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// What there is, or a dash.
pub(super) fn or_dash<T>(what: Option<T>, word: impl FnOnce(T) -> String) -> String {
    what.map_or_else(|| "–".to_owned(), word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_that_fits() {
        let words = [0.0, 999.0, 1_000.0, 99_900.0, 100_000.0, 7_200_000.0].map(duration);
        assert_eq!(words, ["0 ms", "999 ms", "1.0 s", "99.9 s", "1.7 min", "2.0 h"]);
        assert_eq!(percent(0.0625), "6.2 %");
    }
}
