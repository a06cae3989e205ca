//! Quantiles of many durations, in little memory: counts by size, to three digits.
//!
//! Sizes below 2¹⁰ are counted one by one; above that every doubling is cut into 2¹⁰ equal parts,
//! so that what is reported is at most 0.1 % above what was there. The layout is that of Gil Tene's
//! HdrHistogram.

const PRECISION: u32 = 10;
const PARTS: u64 = 1 << PRECISION;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Quantiles {
    counts: Vec<u64>,
    total: u64,
}

impl Quantiles {
    /// One more.
    pub fn add(&mut self, size: u64) {
        let bucket = bucket(size);
        if bucket >= self.counts.len() {
            self.counts.resize(bucket + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        self.total += 1;
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.total
    }

    /// The size that this share of them does not exceed; none where there are none.
    pub fn at(&self, share: f64) -> Option<u64> {
        // A count of events is far below 2^53; a cast saturates.
        let wanted = ((self.total as f64 * share).ceil() as u64).clamp(1, self.total.max(1));
        let mut so_far = 0;
        let reaches = |count: &u64| {
            so_far += count;
            so_far >= wanted
        };
        self.counts.iter().position(reaches).map(largest)
    }
}

fn bucket(size: u64) -> usize {
    let doublings = (u64::BITS - size.leading_zeros()).saturating_sub(PRECISION + 1);
    // At most 54 · 2^10 + 2^11.
    (u64::from(doublings) * PARTS + (size >> doublings)) as usize
}

/// The largest size that is counted in a bucket.
fn largest(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let doublings = (bucket / PARTS).saturating_sub(1);
    let next = u128::from(bucket - doublings * PARTS + 1) << doublings;
    u64::try_from(next - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_ones_are_exact() {
        let mut quantiles = Quantiles::default();
        assert_eq!(quantiles.at(0.5), None);
        (1..=100).for_each(|size| quantiles.add(size));
        let at = [0.0, 0.01, 0.5, 0.9, 0.99, 1.0].map(|share| quantiles.at(share));
        assert_eq!(at, [1, 1, 50, 90, 99, 100].map(Some));
        assert_eq!(quantiles.count(), 100);
    }

    #[test]
    fn every_size_is_within_its_bucket_and_a_thousandth() {
        let sizes =
            (0..64).flat_map(|bit| [-1, 0, 1].map(|by| (1_u64 << bit).wrapping_add_signed(by)));
        for size in sizes.chain([u64::MAX, 123_456_789]) {
            let reported = largest(bucket(size));
            assert!(reported >= size && reported - size <= size / 1_000, "{size}: {reported}");
            assert_eq!(bucket(reported), bucket(size));
        }
    }
}
