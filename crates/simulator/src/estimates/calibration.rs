//! How far off the estimates of a world were.

use std::collections::BTreeMap;

/// What one was told, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its place at the time.
    pub position: u64,
    /// How long it was told that it would take, in milliseconds.
    pub predicted_ms: u64,
    /// How long it took.
    pub actual_ms: u64,
}

impl Sample {
    fn error_ms(&self, predicted_ms: f64) -> f64 {
        predicted_ms - self.actual_ms as f64
    }
}

/// See the module. Times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// How often an estimate was asked for.
    pub asked: u64,
    /// How often there was none.
    pub nulls: u64,
    /// How long those waited who were told something, on average.
    pub mean_wait_ms: f64,
    /// How much too long the estimates were, on average.
    pub bias_ms: f64,
    /// Half were off by at most this.
    pub error_p50_ms: f64,
    /// Nine of ten were.
    pub error_p90_ms: f64,
    /// The same, had everybody been told the mean of what those at its place came to wait: what
    /// nobody could know before, and about the best that can be said from a place alone.
    pub hindsight_p50_ms: f64,
    /// See there.
    pub hindsight_p90_ms: f64,
}

/// Places further back than this are taken together, so many at a time.
const ALONE: u64 = 10;
const TOGETHER: u64 = 5;

fn bucket(position: u64) -> u64 {
    if position <= ALONE { position } else { ALONE + (position - ALONE).div_ceil(TOGETHER) }
}

impl Calibration {
    /// Of all that was told, and of how often there was nothing to tell.
    pub fn of(samples: &[Sample], nulls: u64) -> Self {
        let count = samples.len() as f64;
        let mut means: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
        for sample in samples {
            let (sum, many) = means.entry(bucket(sample.position)).or_default();
            *sum += sample.actual_ms as f64;
            *many += 1.0;
        }
        let best = |sample: &Sample| {
            means.get(&bucket(sample.position)).map_or(0.0, |(sum, many)| sum / many)
        };
        let ours = sorted(samples.iter().map(|s| s.error_ms(s.predicted_ms as f64).abs()));
        let hindsight = sorted(samples.iter().map(|s| s.error_ms(best(s)).abs()));
        let bias: f64 = samples.iter().map(|s| s.error_ms(s.predicted_ms as f64)).sum();
        Self {
            asked: samples.len() as u64 + nulls,
            nulls,
            mean_wait_ms: samples.iter().map(|s| s.actual_ms as f64).sum::<f64>() / count,
            bias_ms: bias / count,
            error_p50_ms: at(&ours, 0.5),
            error_p90_ms: at(&ours, 0.9),
            hindsight_p50_ms: at(&hindsight, 0.5),
            hindsight_p90_ms: at(&hindsight, 0.9),
        }
    }

    /// A time as a part of the mean wait.
    pub fn part(&self, ms: f64) -> f64 {
        ms / self.mean_wait_ms
    }
}

fn sorted(errors: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut errors: Vec<f64> = errors.collect();
    errors.sort_by(f64::total_cmp);
    errors
}

/// What this share of them does not exceed.
fn at(sorted: &[f64], share: f64) -> f64 {
    let index = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(index.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted_both_ways_and_the_bias_with_its_sign() {
        let sample = |predicted_ms, actual_ms| Sample { position: 1, predicted_ms, actual_ms };
        let samples = [sample(10, 0), sample(0, 20), sample(40, 10), sample(5, 5)];
        let found = Calibration::of(&samples, 4);
        assert_eq!((found.asked, found.nulls), (8, 4));
        assert_eq!((found.mean_wait_ms, found.bias_ms), (8.75, 5.0));
        assert_eq!((found.error_p50_ms, found.error_p90_ms), (10.0, 30.0));
        // All had been told 8.75.
        assert_eq!((found.hindsight_p50_ms, found.hindsight_p90_ms), (3.75, 11.25));
        assert_eq!(found.part(17.5), 2.0);
    }
}
