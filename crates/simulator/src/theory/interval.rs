//! How sure a measured mean is: batch means, with the quantiles of Student's t.
//!
//! What comes one after the other in a queue is not independent, but the means of long stretches
//! are nearly so, and nearly normal: A. M. Law and W. D. Kelton, "Simulation Modeling and
//! Analysis", 3rd ed. 2000, 9.5.3. The distribution of t is a finite sum for whole degrees of
//! freedom: M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4.

use std::f64::consts::FRAC_2_PI;

/// A mean, and how far off the true one may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The mean of the batches.
    pub mean: f64,
    /// So much to either side.
    pub half_width: f64,
}

impl Interval {
    /// From the means of batches, at least two: it contains the true mean with this probability.
    /// With fewer it contains everything.
    pub fn of(batches: &[f64], confidence: f64) -> Self {
        let count = batches.len() as f64;
        let mean = batches.iter().sum::<f64>() / count;
        let Some(freedom) = batches.len().checked_sub(1).filter(|freedom| *freedom > 0) else {
            return Self { mean, half_width: f64::INFINITY };
        };
        let squares: f64 = batches.iter().map(|batch| (batch - mean).powi(2)).sum();
        let deviation = (squares / freedom as f64 / count).sqrt();
        Self { mean, half_width: student_t(freedom, confidence) * deviation }
    }

    /// Whether a value is in it.
    pub fn contains(&self, value: f64) -> bool {
        (value - self.mean).abs() <= self.half_width
    }
}

/// What the absolute value of Student's t with so many degrees of freedom does not exceed, with
/// this probability.
pub fn student_t(freedom: usize, probability: f64) -> f64 {
    let (mut below, mut above) = (0.0_f64, 1.0_f64);
    while within(above, freedom) < probability && above < 1e12 {
        above *= 2.0;
    }
    // Each step is one more bit; a double has 53.
    for _ in 0..60 {
        let middle = f64::midpoint(below, above);
        match within(middle, freedom) < probability {
            true => below = middle,
            false => above = middle,
        }
    }
    above
}

/// The probability that |t| is at most this.
fn within(t: f64, freedom: usize) -> f64 {
    let angle = (t / (freedom as f64).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let odd = freedom % 2 == 1;
    // Powers of the cosine from 1 or 0 on up to freedom - 2, each with its quotient.
    let mut power = if odd { 1 } else { 0 };
    let mut term = if odd { cosine } else { 1.0 };
    let mut sum = 0.0;
    while power + 2 <= freedom {
        sum += term;
        power += 2;
        term *= cosine * cosine * (power as f64 - 1.0) / power as f64;
    }
    if odd { FRAC_2_PI * (angle + sine * sum) } else { sine * sum }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;

    #[test]
    fn student_t_is_as_in_the_tables() {
        // Two-sided. The last ones are closed forms: tan, and 2·p·sqrt(1/(2·(1-p²))).
        for (freedom, probability, expected) in [
            (10, 0.95, 2.228),
            (5, 0.99, 4.032),
            (30, 0.999, 3.646),
            (9, 0.999, 4.781),
            (120, 0.95, 1.980),
            (1, 0.9999, 6_366.198),
            (2, 0.9999, 99.992_5),
        ] {
            let ours = student_t(freedom, probability);
            assert!((ours - expected).abs() <= 0.000_6 * expected, "{freedom}: {ours}");
        }
    }

    #[test]
    fn an_interval_is_made_of_means() {
        let interval = Interval::of(&[1.0, 2.0, 3.0], 0.95);
        // t = 4.303, deviation of the mean 1/√3.
        assert!((interval.mean, interval.half_width) == (2.0, interval.half_width));
        assert!((interval.half_width - 4.303 / 3_f64.sqrt()).abs() < 0.001, "{interval:?}");
        assert!(interval.contains(4.48) && !interval.contains(4.49) && interval.contains(-0.48));
        assert!(Interval::of(&[1.0], 0.95).contains(1e300));
    }

    #[test]
    fn as_many_intervals_miss_as_they_promise() {
        let mut rng = Rng::new(5);
        let mut batch = || (0..50).map(|_| rng.exponential(1.0)).sum::<f64>() / 50.0;
        let mut missed = 0;
        for _ in 0..2_000 {
            let batches: Vec<f64> = (0..20).map(|_| batch()).collect();
            missed += u32::from(!Interval::of(&batches, 0.95).contains(1.0));
        }
        // A hundred, give or take four deviations of ten.
        assert!((60..=140).contains(&missed), "{missed}");
    }
}
