//! How long to wait before coming back.

use std::time::Duration;

/// Exponential backoff with full jitter: anything between nothing and the ceiling, which doubles
/// with each failed try. Full, because a whole fleet loses its sockets at the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    tries: u32,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_millis(250), Duration::from_secs(30))
    }
}

impl Backoff {
    /// The first ceiling is `base`, the last one `cap`.
    #[must_use]
    pub fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap, tries: 0 }
    }

    /// The wait before the next try; `random` is drawn evenly from all numbers.
    pub fn wait(&mut self, random: u64) -> Duration {
        let ceiling = self.ceiling();
        self.tries = self.tries.saturating_add(1);
        // Beyond 2^53 a double is not exact, and nobody would notice.
        ceiling.mul_f64(random as f64 / u64::MAX as f64)
    }

    /// A connection held: the next loss starts from the beginning.
    pub fn reset(&mut self) {
        self.tries = 0;
    }

    fn ceiling(&self) -> Duration {
        let factor = 1_u32.checked_shl(self.tries).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ceilings_double_up_to_the_cap() {
        let mut backoff = Backoff::default();
        let ceilings: Vec<u128> = (0..9).map(|_| backoff.wait(u64::MAX).as_millis()).collect();
        assert_eq!(ceilings, [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
        for _ in 0..100 {
            assert!(backoff.wait(u64::MAX) <= Duration::from_secs(30));
        }
        backoff.reset();
        assert_eq!(backoff.wait(u64::MAX).as_millis(), 250);
    }

    #[test]
    fn jitter_is_full() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.wait(0), Duration::ZERO);
        assert_eq!(backoff.wait(u64::MAX / 2).as_millis(), 250);
    }
}
