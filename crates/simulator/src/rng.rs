//! Randomness that a seed gives again. The generator is PCG (O'Neill, "PCG: A family of simple
//! fast space-efficient statistically good algorithms for random number generation", 2014), whose
//! crate promises the same stream for ever; what is drawn from it is ours, so that a printed seed
//! still means the same world after an update of a library.

use rand_core::{Rng as _, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A stream of choices.
#[derive(Clone, Debug)]
pub struct Rng(Pcg64Mcg);

impl Rng {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed))
    }

    /// A stream of its own for a part of a world, whatever the other parts draw.
    pub fn stream(seed: u64, part: u64) -> Self {
        // The golden ratio keeps neighbouring parts of neighbouring seeds apart.
        Self::new(seed ^ part.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// One of `0..bound`; 0 where there is none. The bias is below one in 2³² for small bounds.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// One of the indices of something so long; 0 where it is empty.
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// One of these; none where there are none.
    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        among.get(self.index(among.len()))
    }

    /// True so many times in a thousand.
    pub fn permille(&mut self, chance: u32) -> bool {
        self.below(1_000) < u64::from(chance)
    }

    /// One of `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        // 53 bits: all that a double holds.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A time until something that happens so often on average; without end where it never does.
    pub fn exponential(&mut self, rate: f64) -> f64 {
        -(1.0 - self.unit()).ln() / rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_means_the_same_for_ever() {
        let mut rng = Rng::new(1);
        let drawn: Vec<u64> = (0..4).map(|_| rng.below(1_000)).collect();
        assert_eq!(drawn, PINNED);
    }

    const PINNED: [u64; 4] = [856, 137, 470, 726];

    #[test]
    fn streams_of_a_seed_differ() {
        let first = |part| Rng::stream(7, part).bits();
        assert_ne!(first(0), first(1));
        assert_eq!(first(0), first(0));
    }

    #[test]
    fn an_exponential_has_its_mean() {
        let mut rng = Rng::new(3);
        let mean = (0..100_000).map(|_| rng.exponential(4.0)).sum::<f64>() / 100_000.0;
        assert!((0.245..0.255).contains(&mean), "{mean}");
    }
}
