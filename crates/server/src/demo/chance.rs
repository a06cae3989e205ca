//! Dice for the demo's people. Nothing else in the server is left to chance.

use std::time::Duration;

/// A small generator: xorshift64* (Vigna, 2016).
#[derive(Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new() -> Self {
        Self(u64::from_le_bytes(crate::ids::random()) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// From 0 up to, but without, 1.
    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.part() < probability
    }

    /// One of these.
    pub(super) fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        let at = (self.part() * all.len() as f64) as usize;
        all.get(at).copied().unwrap_or_default()
    }

    /// Between two times.
    pub(super) fn between(&mut self, least: Duration, most: Duration) -> Duration {
        least + most.saturating_sub(least).mul_f64(self.part())
    }

    /// The time to the next arrival, where arrivals are independent of each other.
    pub(super) fn arrival(&mut self, mean: Duration) -> Duration {
        mean.mul_f64(-(1.0 - self.part()).ln())
    }
}
