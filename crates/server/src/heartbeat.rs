//! One coarse wheel for all sockets: who must hear something soon, and who was silent too long.
//!
//! A socket costs a weak pointer here and a look every heartbeat or so, instead of a timer. The
//! wheel counts its own ticks: time in which this process did not run is nobody's silence.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use switchboard_protocol::{Heartbeat, Limits, PersonLimits, ServerMessage};
use tokio::time::{MissedTickBehavior, interval};

use crate::{connection::Outbox, node::Clock, seam::SharedMessage};

/// How many ticks a turn has. What is due later is looked at once more in between.
const SLOTS: u32 = 128;
/// The longest tick.
const MAX_TICK_MS: u64 = 1_000;
/// The shortest.
const MIN_TICK_MS: u64 = 10;
/// How many ticks the shortest time has, where ticks can be so short.
const TICKS_PER_TIME: u64 = 8;

/// A count of ticks. Four billion seconds will do.
pub type Tick = u32;

/// The time of the wheel, read by every socket that says or hears something.
#[derive(Clone, Debug, Default)]
pub struct Ticks(Arc<AtomicU32>);

impl Ticks {
    /// The tick that it is now.
    pub fn now(&self) -> Tick {
        self.0.load(Ordering::Relaxed)
    }

    fn advance(&self) -> Tick {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// How often a kind of peer hears something, and how long it may be silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Nothing said for so long: say something.
    pub heartbeat: Tick,
    /// Nothing heard for so long: it is dead.
    pub dead_after: Tick,
}

impl Pace {
    /// Neither.
    pub const NONE: Self = Self { heartbeat: Tick::MAX, dead_after: Tick::MAX };
}

/// See the module.
#[derive(Debug)]
pub struct Wheel {
    ticks: Ticks,
    tick_ms: u64,
    first_look: Tick,
    slots: Mutex<Vec<Vec<Weak<Outbox>>>>,
}

impl Wheel {
    /// A wheel whose ticks are fine enough for these limits.
    pub fn new(limits: &Limits) -> Self {
        let people = [&limits.agent, &limits.visitor];
        let times = people.iter().flat_map(|person| [person.heartbeat_ms, person.dead_after_ms]);
        let shortest = times.min().unwrap_or(MAX_TICK_MS);
        let tick_ms = (shortest / TICKS_PER_TIME).clamp(MIN_TICK_MS, MAX_TICK_MS);
        let mut wheel = Self {
            ticks: Ticks::default(),
            tick_ms,
            first_look: 1,
            slots: Mutex::new((0..SLOTS).map(|_| Vec::new()).collect()),
        };
        let paces = people.map(|person| wheel.pace(person));
        let soonest = paces.iter().map(|pace| pace.heartbeat.min(pace.dead_after)).min();
        wheel.first_look = soonest.unwrap_or(1);
        wheel
    }

    /// Its time.
    pub fn ticks(&self) -> &Ticks {
        &self.ticks
    }

    /// These limits in ticks. What was said in a tick may have been said at its end and what was
    /// heard at its beginning, so heartbeats go out a tick early and deaths are found one late.
    pub fn pace(&self, person: &PersonLimits) -> Pace {
        let heartbeat = (person.heartbeat_ms / self.tick_ms).saturating_sub(1).max(1);
        let dead_after = person.dead_after_ms.div_ceil(self.tick_ms).saturating_add(1);
        Pace { heartbeat: to_tick(heartbeat), dead_after: to_tick(dead_after) }
    }

    /// Looks after a socket from now on, until it is gone.
    pub fn add(&self, outbox: &Arc<Outbox>) {
        let now = self.ticks.now();
        self.put([(now.saturating_add(self.first_look), Arc::downgrade(outbox))], now);
    }

    /// Every socket that is there.
    pub fn sockets(&self) -> Vec<Arc<Outbox>> {
        self.slots.lock().iter().flatten().filter_map(Weak::upgrade).collect()
    }

    /// One tick: looks at the sockets that are due, and says when each is due again.
    pub fn turn(&self, now_ms: u64) {
        let now = self.ticks.advance();
        let due = self.slots.lock().get_mut(slot(now)).map(std::mem::take).unwrap_or_default();
        let message = SharedMessage::new(ServerMessage::Heartbeat(Heartbeat { now: now_ms }));
        let again: Vec<_> = due
            .into_iter()
            .filter_map(|weak| {
                let next = weak.upgrade()?.beat(now, &message)?;
                Some((next, weak))
            })
            .collect();
        self.put(again, now);
    }

    fn put(&self, entries: impl IntoIterator<Item = (Tick, Weak<Outbox>)>, now: Tick) {
        let mut slots = self.slots.lock();
        for (due, weak) in entries {
            let due = due.clamp(now.saturating_add(1), now.saturating_add(SLOTS - 1));
            if let Some(entries) = slots.get_mut(slot(due)) {
                entries.push(weak);
            }
        }
    }
}

/// Turns a wheel until nobody else has it.
pub async fn keep_turning(wheel: Weak<Wheel>, clock: Clock) {
    let Some(tick_ms) = wheel.upgrade().map(|wheel| wheel.tick_ms) else { return };
    let mut ticks = interval(Duration::from_millis(tick_ms));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let Some(wheel) = wheel.upgrade() else { return };
        wheel.turn(clock.now_ms());
    }
}

fn slot(tick: Tick) -> usize {
    (tick % SLOTS) as usize
}

fn to_tick(ticks: u64) -> Tick {
    Tick::try_from(ticks).unwrap_or(Tick::MAX)
}

#[cfg(test)]
mod tests {
    use switchboard_protocol::{CloseCode, Encoding};

    use super::*;
    use crate::node::Node;

    fn node() -> Arc<Node> {
        let (limits, metrics) = (Limits::default(), Default::default());
        Arc::new(Node {
            limits,
            clock: Clock::start(),
            metrics,
            mailer: crate::mail::Mailer::nowhere(),
            mail_reports: crate::node::MailReports::nowhere(),
        })
    }

    /// A socket of an agent: a heartbeat every 15 s, dead after 40 s.
    fn agent(wheel: &Wheel, node: &Arc<Node>) -> Arc<Outbox> {
        let outbox = Outbox::new(Encoding::Json, Arc::clone(node), wheel.ticks().clone());
        outbox.set_limits(1_000, wheel.pace(&node.limits.agent));
        let outbox = Arc::new(outbox);
        wheel.add(&outbox);
        outbox
    }

    fn heartbeats(outbox: &Outbox) -> bool {
        let mut out = Vec::new();
        outbox.take(&mut out);
        String::from_utf8_lossy(&out).contains("heartbeat")
    }

    #[test]
    fn a_heartbeat_goes_out_before_its_time_is_over() {
        let (node, wheel) = (node(), Wheel::new(&Limits::default()));
        let outbox = agent(&wheel, &node);
        let mut last = 0;
        for second in 1..200 {
            outbox.heard();
            wheel.turn(0);
            if heartbeats(&outbox) {
                assert!((13..15).contains(&(second - last)), "{second} after {last}");
                last = second;
            }
        }
        assert!(last > 180, "and again and again");
    }

    #[test]
    fn what_was_said_puts_it_off() {
        let (node, wheel) = (node(), Wheel::new(&Limits::default()));
        let outbox = agent(&wheel, &node);
        for _ in 0..100 {
            outbox.heard();
            outbox.answer(&ServerMessage::Unknown);
            assert!(!heartbeats(&outbox));
            wheel.turn(0);
        }
    }

    #[test]
    fn who_is_silent_is_dead_but_not_too_soon() {
        let (node, wheel) = (node(), Wheel::new(&Limits::default()));
        let outbox = agent(&wheel, &node);
        for _ in 0..40 {
            wheel.turn(0);
            assert_eq!(outbox.closing(), None);
        }
        wheel.turn(0);
        assert_eq!(outbox.closing(), Some(CloseCode::Silent));
    }

    #[test]
    fn who_is_not_known_yet_is_left_alone() {
        let (node, wheel) = (node(), Wheel::new(&Limits::default()));
        let outbox = Outbox::new(Encoding::Json, Arc::clone(&node), wheel.ticks().clone());
        let outbox = Arc::new(outbox);
        wheel.add(&outbox);
        (0..1_000).for_each(|_| wheel.turn(0));
        assert_eq!((outbox.closing(), heartbeats(&outbox)), (None, false));
        assert_eq!(wheel.sockets().len(), 1);
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let (node, wheel) = (node(), Wheel::new(&Limits::default()));
        let held: Vec<_> = (0..100).map(|_| agent(&wheel, &node)).collect();
        drop(held);
        (0..SLOTS).for_each(|_| wheel.turn(0));
        assert_eq!(wheel.slots.lock().iter().map(Vec::len).sum::<usize>(), 0);
    }

    #[test]
    fn ticks_are_as_fine_as_the_limits_need() {
        let mut limits = Limits::default();
        assert_eq!(Wheel::new(&limits).tick_ms, 1_000);
        limits.agent.heartbeat_ms = 200;
        let wheel = Wheel::new(&limits);
        assert_eq!(wheel.tick_ms, 25);
        assert_eq!(wheel.pace(&limits.agent), Pace { heartbeat: 7, dead_after: 1_601 });
    }

    #[tokio::test(start_paused = true)]
    async fn it_turns_by_itself_until_it_is_dropped() {
        let (node, wheel) = (node(), Arc::new(Wheel::new(&Limits::default())));
        let outbox = agent(&wheel, &node);
        let turning = tokio::spawn(keep_turning(Arc::downgrade(&wheel), node.clock));
        tokio::time::sleep(Duration::from_millis(39_500)).await;
        assert_eq!(outbox.closing(), None);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(outbox.closing(), Some(CloseCode::Silent));
        drop(wheel);
        turning.await.unwrap();
    }
}
