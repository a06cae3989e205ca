//! What a world is made of, drawn from its seed: how many of everything, which policies, and which
//! kinds of things happen in it at all.
//!
//! Every kind of event and of fault is switched on or off for each world. A run in which everything
//! happens hides what only shows where something never does: a queue that is never drained by a
//! close, an agent that is never away. Groce et al., "Swarm testing", ISSTA 2012.

use switchboard_routing::{OnAgentLost, OnUnstaffed, Policy, Strategy};

use crate::Rng;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $weight:literal,)*) => {
        /// Something that people do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind { $($(#[$doc])* $kind,)* }

        impl Kind {
            /// All of them, with how often they happen beside each other.
            pub const ALL: &[(Self, u32)] = &[$((Self::$kind, $weight),)*];
        }
    };
}

kinds! {
    /// A visitor opens a conversation.
    Open = 150,
    /// A visitor opens again with a key that was used, or repeats what it was not answered.
    OpenAgain = 6,
    /// Somebody closes one.
    Close = 120,
    /// An agent accepts what is offered, or was.
    Accept = 110,
    /// An agent declines.
    Decline = 14,
    /// An agent claims one that waits.
    Claim = 20,
    /// An admin assigns one.
    Assign = 9,
    /// Somebody hands one on.
    Transfer = 18,
    /// Somebody takes an ended one in again.
    Reopen = 12,
    /// An agent says it is online.
    Online = 20,
    /// An agent says it is away.
    Away = 10,
    /// An agent's device connects anew.
    Connect = 10,
    /// A device loses its socket.
    Lose = 12,
    /// A device resumes.
    Resume = 16,
    /// The close of a socket comes in when its session is on another already.
    LateClose = 4,
    /// A device signs out.
    End = 3,
    /// A device asks for leave to sleep.
    Hold = 26,
    /// An agent does something.
    Activity = 3,
    /// A visitor's page connects.
    Arrive = 8,
    /// A visitor's page loses its socket.
    Leave = 6,
    /// A visitor's page comes back.
    Return = 6,
    /// An agent is added.
    Hire = 3,
    /// An agent's role, capacity, skills or departments change.
    Change = 6,
    /// An agent is removed.
    Fire = 1,
    /// An agent joins a department.
    Join = 3,
    /// An agent leaves a department.
    Part = 2,
    /// A department is created.
    Create = 1,
    /// A department's policy changes.
    Policy = 4,
    /// A department is deleted.
    Delete = 1,
    /// Opening hours begin or end.
    Hours = 4,
    /// The workspace's settings change.
    Configure = 2,
    /// A key is forgotten.
    Forget = 2,
    /// People are invited: a seat is held for each of them.
    Invite = 4,
    /// An invite is sent again.
    Resend = 1,
    /// An invite is taken back.
    Revoke = 1,
    /// Somebody accepts an invite.
    TakeSeat = 3,
}

macro_rules! faults {
    ($($(#[$doc:meta])* $fault:ident = $permille:literal,)*) => {
        /// Something that goes wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault { $($(#[$doc])* $fault,)* }

        impl Fault {
            /// All of them, with how many turns of a hundred thousand they hit.
            pub const ALL: &[(Self, u32)] = &[$((Self::$fault, $permille),)*];
        }
    };
}

faults! {
    /// The process dies in the middle of a turn.
    Crash = 40,
    /// An append fails.
    Failed = 20,
    /// Nobody knows what became of an append; it was written.
    UnknownWritten = 25,
    /// Nobody knows what became of an append; it was not written.
    UnknownLost = 20,
    /// Appends are slow.
    Slow = 1_000,
    /// Another node takes the workspace over.
    Fenced = 25,
    /// The engine panics in the middle of a turn: its state is dropped.
    Panic = 15,
    /// The wall clock jumps, back or ahead.
    ClockJump = 50,
    /// More is asked at once than is taken in.
    Overload = 100,
    /// The workspace is put away in order, as one that sleeps, and taken up when asked.
    Unload = 30,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Swarm {
    /// What happens, each as often as its weight says.
    pub kinds: Vec<Kind>,
    /// Which faults happen, in how many turns of a hundred thousand.
    pub faults: Vec<(Fault, u32)>,
    /// How many agents there are at the beginning.
    pub agents: usize,
    /// How many departments there are at the beginning.
    pub departments: usize,
    /// How many visitors there are.
    pub visitors: usize,
    /// The most asks of one turn.
    pub asks: usize,
    /// Whether somebody sees to it that there are agents at work; else a workspace may end up empty.
    pub tended: bool,
    /// The most conversations that are open at once, roughly.
    pub open: usize,
    /// The highest capacity of an agent.
    pub capacity: u32,
    /// Whether conversations ask for skills.
    pub skills: bool,
    /// Whether conversations differ in priority.
    pub priorities: bool,
    /// Whether agents are asked before they are given anything.
    pub offers: bool,
    /// Whether policies have limits: of waiting, of queues, of what an agent has of a department.
    pub limits: bool,
    /// Whether decisions are explained.
    pub explains: bool,
    /// A snapshot is stored after so many events.
    pub snapshot_every: u64,
}

impl Swarm {
    /// What the world of a seed is made of.
    pub fn draw(rng: &mut Rng) -> Self {
        let mut kinds = Vec::new();
        for (kind, weight) in Kind::ALL {
            let always = matches!(kind, Kind::Open | Kind::Close | Kind::Online | Kind::Connect);
            if always || rng.permille(750) {
                let weight = weight << rng.below(3);
                kinds.extend(std::iter::repeat_n(*kind, weight as usize));
            }
        }
        let mut faults = Vec::new();
        for (fault, often) in Fault::ALL {
            if rng.permille(400) {
                faults.push((*fault, often << rng.below(3)));
            }
        }
        Self {
            kinds,
            faults,
            agents: 1 + rng.index(8),
            departments: 1 + rng.index(4),
            visitors: 2 + rng.index(16),
            asks: 1 + rng.index(10),
            tended: rng.permille(850),
            open: 4 + rng.index(36),
            capacity: 1 + rng.below(4) as u32,
            skills: rng.permille(400),
            priorities: rng.permille(500),
            offers: rng.permille(550),
            limits: rng.permille(600),
            explains: rng.permille(60),
            snapshot_every: 50 << rng.below(5),
        }
    }

    /// The same without faults.
    pub fn without_faults(mut self) -> Self {
        self.faults.clear();
        self
    }

    /// A policy of this world.
    pub fn policy(&self, rng: &mut Rng, departments: usize) -> Policy {
        let strategies = [Strategy::LeastBusy, Strategy::RoundRobin, Strategy::LongestIdle];
        let mut policy = Policy {
            strategy: rng.pick(&strategies).copied().unwrap_or_default(),
            reconnect_grace_ms: span(rng, &[0, 500, 2_000, 30_000]),
            visitor_grace_ms: span(rng, &[0, 1_000, 5_000, 300_000]),
            decline_cooldown_ms: span(rng, &[0, 100, 1_000, 5_000]),
            sticky_ms: span(rng, &[0, 10_000, 86_400_000]),
            ..Policy::default()
        };
        if rng.permille(250) {
            policy.on_agent_lost = OnAgentLost::Keep;
        }
        if self.offers && rng.permille(700) {
            policy.offer_timeout_ms = Some(span(rng, &[100, 500, 2_000, 10_000, 30_000]));
        }
        if rng.permille(250) {
            policy.on_unstaffed =
                if rng.permille(500) { OnUnstaffed::Reject } else { OnUnstaffed::Fallback };
        }
        if rng.permille(500) {
            let other = rng.index(departments.max(1));
            policy.fallback_department_id = Some(format!("d{other}").into());
        }
        if rng.permille(300) {
            policy.wrap_up_ms = span(rng, &[1, 100, 1_000, 5_000]);
        }
        if self.limits {
            policy.max_queue = rng.permille(300).then(|| rng.below(10) as u32);
            policy.max_wait_ms = rng.permille(300).then(|| span(rng, &[100, 1_000, 5_000, 30_000]));
            policy.agent_capacity = rng.permille(250).then(|| rng.below(4) as u32);
        }
        policy
    }
}

/// One of these durations, in milliseconds.
pub(crate) fn span(rng: &mut Rng, among: &[u64]) -> u64 {
    rng.pick(among).copied().unwrap_or_default()
}
