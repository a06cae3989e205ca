//! Rates: so many in so long a time, after a burst. Pure: the time comes in, in milliseconds.
//!
//! The bucket is the virtual scheduling form of the generic cell rate algorithm: one number says
//! all, and a bucket that nobody uses needs no refilling.

use switchboard_protocol::Rate;

/// How much of a rate is used up: when, in microseconds, a source that keeps exactly to the rate
/// would be back at rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket(u64);

/// Too many: try again after so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("over the rate, free again in {retry_after_ms} ms")]
pub struct RateExceeded {
    /// How long until one more is allowed.
    pub retry_after_ms: u64,
}

impl Bucket {
    /// Takes one, where the rate has one left. What is refused uses nothing up.
    ///
    /// # Errors
    /// Where none is left.
    pub fn take(&mut self, rate: &Rate, now_ms: u64) -> Result<(), RateExceeded> {
        let Some(interval) = rate.per_ms.saturating_mul(1_000).checked_div(rate.count.into())
        else {
            return Err(RateExceeded { retry_after_ms: rate.per_ms });
        };
        let now = now_ms.saturating_mul(1_000);
        let next = self.0.max(now).saturating_add(interval);
        let latest = now.saturating_add(interval.saturating_mul(rate.burst.max(1).into()));
        if next > latest {
            return Err(RateExceeded { retry_after_ms: (next - latest).div_ceil(1_000) });
        }
        self.0 = next;
        Ok(())
    }

    /// Takes one where there is a rate at all.
    ///
    /// # Errors
    /// Where none is left.
    pub fn take_of(&mut self, rate: Option<&Rate>, now_ms: u64) -> Result<(), RateExceeded> {
        rate.map_or(Ok(()), |rate| self.take(rate, now_ms))
    }

    /// Whether the bucket is as good as a new one.
    pub fn at_rest(&self, now_ms: u64) -> bool {
        self.0 <= now_ms.saturating_mul(1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate::per_second(5, 20);

    /// How many of so many attempts at once are taken.
    fn taken(bucket: &mut Bucket, rate: &Rate, attempts: usize, now_ms: u64) -> usize {
        (0..attempts).filter(|_| bucket.take(rate, now_ms).is_ok()).count()
    }

    #[test]
    fn a_burst_then_the_rate() {
        let mut bucket = Bucket::default();
        assert_eq!(taken(&mut bucket, &RATE, 100, 1_000), 20);
        assert_eq!(bucket.take(&RATE, 1_000), Err(RateExceeded { retry_after_ms: 200 }));
        assert_eq!(taken(&mut bucket, &RATE, 100, 1_199), 0);
        assert_eq!(taken(&mut bucket, &RATE, 100, 1_200), 1);
        assert_eq!(taken(&mut bucket, &RATE, 100, 2_200), 5);
    }

    #[test]
    fn what_is_told_to_wait_is_enough() {
        let mut bucket = Bucket::default();
        let rate = Rate::per_minute(7, 3);
        let mut now = 12_345;
        for _ in 0..50 {
            if let Err(exceeded) = bucket.take(&rate, now) {
                assert!(exceeded.retry_after_ms > 0);
                assert!(bucket.take(&rate, now + exceeded.retry_after_ms - 1).is_err());
                now += exceeded.retry_after_ms;
                bucket.take(&rate, now).unwrap();
            }
        }
    }

    #[test]
    fn a_rest_fills_the_burst_and_no_more() {
        let mut bucket = Bucket::default();
        taken(&mut bucket, &RATE, 20, 0);
        assert!(!bucket.at_rest(3_999));
        assert!(bucket.at_rest(4_000));
        assert_eq!(taken(&mut bucket, &RATE, 100, 1_000_000), 20);
    }

    #[test]
    fn over_a_long_time_the_rate_holds_exactly() {
        let mut bucket = Bucket::default();
        let taken: usize = (0..60_000).map(|now| taken(&mut bucket, &RATE, 3, now)).sum();
        assert_eq!(taken, 20 + 5 * 60 - 1);
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let mut bucket = Bucket::default();
        assert_eq!(taken(&mut bucket, &RATE, 100, 10_000), 20);
        assert_eq!(taken(&mut bucket, &RATE, 100, 0), 0);
    }

    #[test]
    fn odd_rates_do_not_panic() {
        let mut bucket = Bucket::default();
        let none = Rate { count: 0, per_ms: 1_000, burst: 5 };
        assert_eq!(bucket.take(&none, 0), Err(RateExceeded { retry_after_ms: 1_000 }));
        let no_burst = Rate { count: 1, per_ms: 1_000, burst: 0 };
        assert_eq!(taken(&mut bucket, &no_burst, 10, 0), 1);
        let huge = Rate { count: 1, per_ms: u64::MAX, burst: u32::MAX };
        assert!(Bucket::default().take(&huge, u64::MAX).is_ok());
        assert!(Bucket::default().take_of(None, 0).is_ok());
    }
}
