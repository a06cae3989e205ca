//! How fast a department serves, and how fast those who wait there give up.

use std::collections::BTreeMap;

use crate::{AgentId, Timestamp};

/// About so many of the last ones make the mean.
pub(super) const REMEMBERED: u32 = 100;
/// Fewer say nothing of how much alike they are.
const TELLING: u32 = 20;
/// About so many of the last who left the line say how many of them give up.
const GIVING_UP_REMEMBERED: f64 = 300.0;

/// How fast a department serves, and what of its agents' room is taken by no conversation.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// How long an agent's room is taken by one, in milliseconds; 0 where none has left.
    pub(super) mean_ms: f64,
    /// The mean of its square.
    square: f64,
    /// How many made the means, up to [`REMEMBERED`].
    pub(super) count: u32,
    /// When one last came to an agent or left it, or when serving began anew.
    pub(super) moved_at: Timestamp,
    /// How many are offered.
    pub(super) offered: u32,
    /// How many rest after their end, by agent.
    pub(super) resting: BTreeMap<AgentId, u32>,
    /// The line.
    pub(super) line: Line,
}

/// Those who wait: how long all of them together did, and how many left without being served.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// How many there were when this was last looked at.
    length: usize,
    looked_at: Timestamp,
    /// How long they waited, all together, in milliseconds; the longer ago the less.
    waited_ms: f64,
    /// How many gave up, the longer ago the less.
    gave_up: f64,
}

impl Pace {
    /// One more took so long.
    pub(super) fn learn(&mut self, taken_ms: f64) {
        self.count = (self.count + 1).min(REMEMBERED);
        self.mean_ms += (taken_ms - self.mean_ms) / f64::from(self.count);
        self.square += (taken_ms * taken_ms - self.square) / f64::from(self.count);
    }

    /// How much alike they take: 1 where all are the same, 0 where they come and go as if by
    /// chance, or even more unevenly, or nobody knows yet.
    pub(super) fn steadiness(&self) -> f64 {
        if self.count < TELLING {
            return 0.0;
        }
        // The square of the deviation, as a part of that of the mean.
        let varies = self.square / (self.mean_ms * self.mean_ms).max(1.0) - 1.0;
        (1.0 - varies).clamp(0.0, 1.0)
    }
}

impl Line {
    /// It is so long from now on.
    pub(super) fn is_now(&mut self, length: usize, now: Timestamp) {
        self.waited_ms += self.length as f64 * now.since_ms(self.looked_at) as f64;
        (self.length, self.looked_at) = (length, now);
    }

    /// Somebody left it.
    pub(super) fn left(&mut self, gave_up: bool) {
        let kept = 1.0 - GIVING_UP_REMEMBERED.recip();
        self.waited_ms *= kept;
        self.gave_up = self.gave_up * kept + f64::from(u8::from(gave_up));
    }

    /// How many of each who waits give up in a millisecond: patience that ends as if by chance is
    /// measured so.
    pub(super) fn impatience(&self) -> f64 {
        if self.waited_ms > 0.0 { self.gave_up / self.waited_ms } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_hundred_make_the_mean() {
        let mut pace = Pace::default();
        for taken_ms in [10.0, 20.0] {
            pace.learn(taken_ms);
        }
        assert_eq!((pace.mean_ms, pace.count), (15.0, 2));
        (0..1_000).for_each(|_| pace.learn(500.0));
        assert!((499.0..=500.0).contains(&pace.mean_ms) && pace.count == REMEMBERED);
    }

    #[test]
    fn what_is_all_the_same_is_steady() {
        let steadiness = |taken: &dyn Fn(u32) -> f64| {
            let mut pace = Pace::default();
            (0..200).for_each(|at| pace.learn(taken(at)));
            pace.steadiness()
        };
        assert!(steadiness(&|_| 500.0) > 0.999);
        // Half nothing, half twice the mean: a deviation of one mean.
        assert!(steadiness(&|at| f64::from(at % 2) * 1_000.0) < 0.02);
        assert_eq!(Pace::default().steadiness(), 0.0);
    }

    #[test]
    fn impatience_is_who_gave_up_over_how_long_all_waited() {
        let mut line = Line::default();
        assert_eq!(line.impatience(), 0.0);
        line.is_now(2, Timestamp(1_000));
        line.is_now(1, Timestamp(2_000));
        line.left(true);
        // Two for a second: one of them gave up.
        assert!((line.impatience() - 1.0 / 2_000.0).abs() < 5e-6, "{}", line.impatience());
        line.is_now(0, Timestamp(6_000));
        line.left(false);
        assert!((line.impatience() - 1.0 / 6_000.0).abs() < 5e-6, "{}", line.impatience());
    }
}
