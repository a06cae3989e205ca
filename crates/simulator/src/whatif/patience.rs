//! How long visitors would have waited: known of those who left, and at least as long as they did
//! wait of all others.
//!
//! What is not known is drawn from the estimate of Kaplan and Meier ("Nonparametric estimation
//! from incomplete observations", 1958) of all waits of a department, under the condition that it
//! is longer than the wait that was seen. Beyond the longest wait after which anybody left, nobody
//! ever leaves.

use crate::Rng;

/// How many must have left in a department for its own estimate; else all departments have one.
pub const ENOUGH: usize = 10;

/// The share of visitors who would still wait, by how long.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Patience {
    /// After this wait, this share.
    steps: Vec<(u64, f64)>,
    left: usize,
}

impl Patience {
    /// From waits, each with whether the visitor left then.
    pub fn of(mut waits: Vec<(u64, bool)>) -> Self {
        // Who left at the same moment as somebody was taken counts as having left before.
        waits.sort_unstable_by_key(|(wait, left)| (*wait, !left));
        let mut still = waits.len();
        let mut share = 1.0;
        let mut estimate = Self::default();
        for (wait, left) in waits {
            if left {
                share *= (still - 1) as f64 / still as f64;
                estimate.left += 1;
                match estimate.steps.last_mut().filter(|(last, _)| *last == wait) {
                    Some(last) => last.1 = share,
                    None => estimate.steps.push((wait, share)),
                }
            }
            still -= 1;
        }
        estimate
    }

    /// Whether so many left that it says something.
    pub fn is_enough(&self) -> bool {
        self.left >= ENOUGH
    }

    /// A patience longer than this wait; none: without end.
    pub fn longer_than(&self, wait: u64, rng: &mut Rng) -> Option<u64> {
        let seen = self.steps.partition_point(|(step, _)| *step <= wait);
        let here = seen.checked_sub(1).and_then(|last| self.steps.get(last));
        let share = here.map_or(1.0, |(_, share)| *share) * rng.unit();
        let rest = self.steps.get(seen..)?;
        rest.iter().find(|(_, after)| *after <= share).map(|(wait, _)| *wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estimate_is_the_textbooks() {
        // Of five, one leaves after 1, one is taken after 2, one leaves after 3; two remain.
        let patience = Patience::of(vec![(1, true), (2, false), (3, true), (4, false), (5, false)]);
        let expected = [(1, 4.0 / 5.0), (3, 4.0 / 5.0 * 2.0 / 3.0)];
        assert_eq!(patience.steps.len(), expected.len());
        for ((wait, share), (at, wanted)) in patience.steps.iter().zip(expected) {
            assert_eq!(*wait, at);
            assert!((share - wanted).abs() < 1e-12);
        }
    }

    #[test]
    fn what_is_drawn_is_longer_and_in_proportion() {
        let mut rng = Rng::new(1);
        let patience = Patience::of(vec![(1, true), (2, false), (3, true), (4, false), (5, false)]);
        let drawn: Vec<_> = (0..30_000).map(|_| patience.longer_than(2, &mut rng)).collect();
        let leave = drawn.iter().filter(|drawn| **drawn == Some(3)).count();
        assert!(drawn.iter().all(|drawn| matches!(drawn, None | Some(3))));
        assert!((9_700..10_300).contains(&leave), "a third: {leave}");
        assert_eq!(patience.longer_than(3, &mut rng), None);
        assert_eq!(Patience::of(vec![(7, false)]).longer_than(0, &mut rng), None);
    }
}
