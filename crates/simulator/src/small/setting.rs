//! The settings that are looked at: each is two agents, three conversations, one department, its
//! policy, and what can be done. Durations are few units long, so that every order of what is due
//! and what is done comes up.

use switchboard_routing::{Config, Policy, Strategy};

use super::Deed;

/// How long a unit of time is, in milliseconds. Everything happens at whole units.
pub const UNIT: u64 = 1_000;
/// How many agents there are.
pub const AGENTS: usize = 2;
/// How many conversations are ever opened.
pub const CONVERSATIONS: usize = 3;

/// See the module.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What it is called in reports.
    pub name: &'static str,
    /// How the one department routes.
    pub policy: Policy,
    /// The workspace's settings.
    pub config: Config,
    /// What can be done, wherever it makes sense.
    pub deeds: Vec<Deed>,
    /// How many devices each agent has.
    pub devices: usize,
    /// Whether all conversations are one visitor's; else each is somebody else's.
    pub one_visitor: bool,
    /// The priorities of the conversations, in the order of opening.
    pub priorities: [i32; CONVERSATIONS],
    /// Whether conversations are opened with a key.
    pub keyed: bool,
}

impl Setting {
    fn new(name: &'static str, strategy: Strategy, offers: bool) -> Self {
        let policy = Policy {
            strategy,
            offer_timeout_ms: offers.then_some(2 * UNIT),
            decline_cooldown_ms: 2 * UNIT,
            reconnect_grace_ms: 2 * UNIT,
            visitor_grace_ms: 2 * UNIT,
            sticky_ms: 0,
            ..Policy::default()
        };
        Self {
            name,
            policy,
            config: Config::default(),
            deeds: usual(offers),
            devices: 1,
            one_visitor: false,
            priorities: [0; CONVERSATIONS],
            keyed: false,
        }
    }

    /// All settings: each strategy with offers and without, then what else may come together.
    pub fn all() -> Vec<Self> {
        use Strategy::{LeastBusy, LongestIdle, RoundRobin};
        vec![
            Self::new("least_busy", LeastBusy, false),
            Self::new("round_robin", RoundRobin, false),
            Self::new("longest_idle", LongestIdle, false),
            Self::new("least_busy, offers", LeastBusy, true),
            Self::new("round_robin, offers", RoundRobin, true),
            Self::new("longest_idle, offers", LongestIdle, true),
            Self::by_name(),
            Self::returning(),
            Self::visitors(),
            Self::asleep(),
        ]
    }

    /// Agents claim, admins assign and insist, hours begin and end, and one conversation comes
    /// before those that were there before it.
    fn by_name() -> Self {
        let mut setting = Self::new("by name, hours, priority", Strategy::LeastBusy, true);
        setting.priorities = [0, 0, 1];
        setting.deeds.push(Deed::Hours);
        for c in 0..CONVERSATIONS {
            for a in 0..AGENTS {
                setting.deeds.extend([Deed::Claim(c, a), Deed::Assign(c, a), Deed::Insist(c, a)]);
            }
        }
        setting
    }

    /// One visitor, who is led back to the same agent and reopens; what is closed counts yet.
    fn returning() -> Self {
        let mut setting = Self::new("returning, wrap-up", Strategy::RoundRobin, false);
        setting.one_visitor = true;
        setting.policy.sticky_ms = 2 * UNIT;
        setting.policy.wrap_up_ms = UNIT;
        setting.deeds.extend((0..CONVERSATIONS).map(Deed::Reopen));
        setting
    }

    /// Visitors come and go, wait no longer than they may, and repeat themselves.
    fn visitors() -> Self {
        let mut setting = Self::new("visitors, bounds, keys", Strategy::LongestIdle, false);
        setting.keyed = true;
        setting.policy.max_wait_ms = Some(3 * UNIT);
        setting.policy.max_queue = Some(1);
        for c in 0..CONVERSATIONS {
            setting.deeds.extend([Deed::Repeat(c), Deed::Arrive(c), Deed::Leave(c)]);
        }
        setting
    }

    /// Two devices each, which sleep with leave and sign out; who is long absent is set away.
    fn asleep() -> Self {
        let mut setting = Self::new("two devices, asleep", Strategy::LeastBusy, false);
        setting.devices = 2;
        setting.config.mobile_hold_ms = 2 * UNIT;
        setting.config.absent_away_ms = Some(3 * UNIT);
        setting.deeds.extend((0..AGENTS).map(|a| Deed::Disconnect(a, 1)));
        setting.deeds.extend((0..AGENTS).map(|a| Deed::Resume(a, 1)));
        setting.deeds.extend((0..CONVERSATIONS).flat_map(answers));
        for (a, d) in (0..AGENTS).flat_map(|a| [(a, 0), (a, 1)]) {
            setting.deeds.extend([Deed::Sleep(a, d), Deed::SignOut(a, d)]);
        }
        setting
    }

    /// Whether what has ended may come back.
    pub(super) fn reopens(&self) -> bool {
        self.deeds.iter().any(|deed| matches!(deed, Deed::Reopen(_)))
    }

    /// Whose a conversation is.
    pub(super) fn visitor_of(&self, conversation: usize) -> usize {
        if self.one_visitor { 0 } else { conversation }
    }

    /// Something that began longer ago has no effect any more, but for having begun.
    pub(super) fn horizon_ms(&self) -> u64 {
        let Policy { reconnect_grace_ms, visitor_grace_ms, max_wait_ms, sticky_ms, .. } =
            self.policy;
        let bounds = [max_wait_ms, self.config.absent_away_ms, self.config.idle_away_ms];
        let bounds = bounds.into_iter().flatten();
        let longest = bounds.chain([reconnect_grace_ms, visitor_grace_ms, sticky_ms]).max();
        longest.unwrap_or_default() + UNIT
    }
}

/// What can be done in every setting.
fn usual(offers: bool) -> Vec<Deed> {
    let mut deeds = vec![Deed::Open, Deed::Wait, Deed::Crash];
    for a in 0..AGENTS {
        let presence = [Deed::Disconnect(a, 0), Deed::Resume(a, 0)];
        deeds.extend([Deed::Away(a), Deed::Online(a)].into_iter().chain(presence));
    }
    for c in 0..CONVERSATIONS {
        deeds.extend([Deed::Close(c), Deed::HandBack(c)]);
        deeds.extend((0..AGENTS).map(|a| Deed::HandTo(c, a)));
        if offers {
            deeds.extend(answers(c));
        }
    }
    deeds
}

fn answers(c: usize) -> [Deed; 3] {
    [Deed::Accept(c), Deed::Decline(c), Deed::AcceptLate(c)]
}
