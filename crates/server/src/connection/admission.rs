//! How fast hellos are let in, over all workspaces of a node, and when those come back who are
//! not.
//!
//! A crowd that returns at once is let in at a rate that leaves room for those who are there.
//! Whoever is too many is told a time of its own: one behind the other at the same rate, so that
//! the crowd comes back as fast as it is let in. Agents go first, for without them nobody is
//! served: the last quarter of the burst is theirs alone, and so is whatever the rate gives while
//! that is in use; they have a line of their own to come back in as well. Whose agent it is must be
//! known to be true before: what is asked for here would else be anybody's for the asking.

use parking_lot::Mutex;
use switchboard_protocol::Rate;

use super::gateway::Kind;
use crate::rate_limit::{Bucket, RateExceeded};

/// Which part of the burst is kept for agents: one in so many.
const KEPT_FOR_AGENTS: u32 = 4;
/// Nobody is told to come back sooner: a handshake costs both sides more than a wait.
const SOONEST_MS: u64 = 500;
/// Nobody is told to come back much later: until then the crowd may have thinned out.
const LATEST_MS: u64 = 60_000;
/// Two who are told the same time come so far apart.
const JITTER_MS: u64 = 500;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    hellos: Bucket,
    agents: Line,
    others: Line,
}

/// Who comes back: when, in microseconds, the last one does who was told to.
#[derive(Clone, Copy, Debug, Default)]
struct Line(u64);

impl Admission {
    /// Lets one more in, where the rate allows.
    pub(crate) fn admit(
        &self,
        rate: Option<&Rate>,
        kind: Kind,
        now_ms: u64,
    ) -> Result<(), RateExceeded> {
        let Some(rate) = rate else { return Ok(()) };
        let allowed = match kind {
            Kind::Agent => *rate,
            Kind::Visitor | Kind::Unknown => without_the_agents(rate),
        };
        let mut state = self.state.lock();
        if state.hellos.take(&allowed, now_ms).is_ok() {
            return Ok(());
        }
        let retry_after_ms = state.line(kind).join(rate, now_ms, chance());
        Err(RateExceeded { retry_after_ms })
    }

    /// When somebody comes back who cannot be let in for another reason, after those who were
    /// told before.
    pub(crate) fn later(&self, rate: Option<&Rate>, kind: Kind, now_ms: u64) -> u64 {
        match rate {
            None => SOONEST_MS + chance() % JITTER_MS,
            Some(rate) => self.state.lock().line(kind).join(rate, now_ms, chance()),
        }
    }
}

impl State {
    fn line(&mut self, kind: Kind) -> &mut Line {
        match kind {
            Kind::Agent => &mut self.agents,
            Kind::Visitor | Kind::Unknown => &mut self.others,
        }
    }
}

impl Line {
    /// One more; how long it is to stay away.
    fn join(&mut self, rate: &Rate, now_ms: u64, chance: u64) -> u64 {
        let now = now_ms.saturating_mul(1_000);
        let interval = rate.per_ms.saturating_mul(1_000) / u64::from(rate.count.max(1));
        let turn = self.0.max(now).saturating_add(interval);
        let wait_ms = (turn - now).div_ceil(1_000);
        if wait_ms > LATEST_MS {
            return LATEST_MS / 2 + chance % (LATEST_MS / 2);
        }
        self.0 = turn;
        SOONEST_MS + wait_ms + chance % JITTER_MS
    }
}

fn without_the_agents(rate: &Rate) -> Rate {
    Rate { burst: rate.burst - rate.burst / KEPT_FOR_AGENTS, ..*rate }
}

/// Any number. Without randomness all are 0, and whoever has no turn of its own comes with the
/// others, which is better than not at all.
pub(crate) fn chance() -> u64 {
    getrandom::u64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate::per_second(100, 40);

    fn admitted(admission: &Admission, kind: Kind, attempts: usize, now_ms: u64) -> usize {
        let admit = |_: &usize| admission.admit(Some(&RATE), kind, now_ms).is_ok();
        (0..attempts).filter(admit).count()
    }

    #[test]
    fn a_quarter_of_the_burst_is_the_agents() {
        let admission = Admission::default();
        assert_eq!(admitted(&admission, Kind::Visitor, 100, 0), 30);
        assert_eq!(admitted(&admission, Kind::Agent, 100, 0), 10);
        assert_eq!(admitted(&Admission::default(), Kind::Agent, 100, 0), 40, "or all of it");
    }

    #[test]
    fn agents_go_before_visitors_until_they_are_in() {
        let admission = Admission::default();
        admitted(&admission, Kind::Visitor, 100, 0);
        admitted(&admission, Kind::Agent, 100, 0);
        // What the rate gives is the agents', for as long as there are any.
        assert_eq!(admitted(&admission, Kind::Visitor, 100, 50), 0);
        assert_eq!(admitted(&admission, Kind::Agent, 100, 50), 5);
        assert_eq!(admitted(&admission, Kind::Visitor, 100, 150), 0);
        assert_eq!(admitted(&admission, Kind::Visitor, 100, 250), 10);
    }

    #[test]
    fn without_a_rate_everybody_is_let_in() {
        let admission = Admission::default();
        assert!((0..10_000).all(|_| admission.admit(None, Kind::Visitor, 0).is_ok()));
        assert!((SOONEST_MS..SOONEST_MS + JITTER_MS).contains(&admission.later(
            None,
            Kind::Visitor,
            0
        )));
    }

    /// When each of a crowd is told to come back that came at once.
    fn told(crowd: usize, kind: Kind) -> Vec<u64> {
        let admission = Admission::default();
        let admit = |_| admission.admit(Some(&RATE), kind, 1_000).err();
        (0..crowd).filter_map(admit).map(|refused| refused.retry_after_ms).collect()
    }

    #[test]
    fn a_crowd_comes_back_as_fast_as_it_is_let_in() {
        let waits = told(2_030, Kind::Visitor);
        assert_eq!(waits.len(), 2_000);
        let mut in_each_second = [0; 22];
        for wait in &waits {
            in_each_second[(wait - SOONEST_MS) as usize / 1_000] += 1;
        }
        // The jitter carries some over from each second into the next.
        for (second, count) in in_each_second[1..20].iter().enumerate() {
            assert!((60..=140).contains(count), "{count} in second {second}");
        }
        assert!(waits.iter().all(|wait| (SOONEST_MS..=21_000).contains(wait)));
    }

    #[test]
    fn who_comes_when_told_is_let_in() {
        let admission = Admission::default();
        let mut due: Vec<u64> = vec![0; 2_000];
        let mut tries = 0;
        while let Some(now_ms) = due.pop() {
            tries += 1;
            if let Err(refused) = admission.admit(Some(&RATE), Kind::Visitor, now_ms) {
                due.push(now_ms + refused.retry_after_ms);
                due.sort_unstable_by(|one, other| other.cmp(one));
            }
        }
        // Once in vain, and hardly anybody twice.
        assert!((3_900..4_100).contains(&tries), "{tries}");
    }

    #[test]
    fn agents_wait_behind_agents_alone() {
        let admission = Admission::default();
        admitted(&admission, Kind::Visitor, 2_000, 0);
        admitted(&admission, Kind::Agent, 10, 0);
        let refused = admission.admit(Some(&RATE), Kind::Agent, 0).unwrap_err();
        assert!(refused.retry_after_ms <= SOONEST_MS + JITTER_MS + 10, "{refused:?}");
        let refused = admission.admit(Some(&RATE), Kind::Visitor, 0).unwrap_err();
        assert!(refused.retry_after_ms > 19_000, "{refused:?}");
    }

    #[test]
    fn nobody_is_told_to_stay_away_for_ever_nor_all_the_same_time() {
        let waits = told(20_000, Kind::Visitor);
        assert!(waits.iter().all(|wait| *wait <= LATEST_MS + SOONEST_MS + JITTER_MS));
        let late = &waits[10_000..];
        for half_minute in [30_000..40_000, 40_000..50_000, 50_000..60_000] {
            let count = late.iter().filter(|wait| half_minute.contains(*wait)).count();
            assert!(count > late.len() / 4, "{count} in {half_minute:?}");
        }
    }

    #[test]
    fn a_line_that_has_come_back_is_forgotten() {
        let admission = Admission::default();
        admitted(&admission, Kind::Visitor, 1_000, 0);
        admitted(&admission, Kind::Visitor, 30, 60_000);
        let refused = admission.admit(Some(&RATE), Kind::Visitor, 60_000).unwrap_err();
        assert!(refused.retry_after_ms <= SOONEST_MS + JITTER_MS + 10, "{refused:?}");
    }

    #[test]
    fn odd_rates_do_not_panic() {
        for (count, per_ms, burst) in [(0, 1, 1), (1, 0, 0), (u32::MAX, u64::MAX, u32::MAX)] {
            let admission = Admission::default();
            let rate = Rate { count, per_ms, burst };
            for _ in 0..10 {
                let _ = admission.admit(Some(&rate), Kind::Agent, u64::MAX);
                let _ = admission.admit(Some(&rate), Kind::Visitor, 0);
            }
        }
    }
}
