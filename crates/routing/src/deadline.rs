//! Everything that happens because time passes. Every deadline says why it is there.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Config, ConversationId, InviteId, SessionId, Timestamp,
    slab::{AgentIx, ConversationIx, DepartmentIx},
};

/// Why a workspace wants to be woken. What is due at the same moment is done in this order: what
/// gives agents room comes before what takes from those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeadlineKind {
    /// A closed conversation has cost its agent's capacity for as long as the policy says.
    WrapUpOver,
    /// An agent who declined, missed or gave away a conversation may be asked for it again.
    CooledDown,
    /// An offer was not answered in time.
    OfferExpired,
    /// An agent has been lost for as long as a department's grace allows.
    AgentLost,
    /// A visitor who waits has been gone for as long as a department's grace allows.
    VisitorLeft,
    /// A session's leave to sleep is over.
    HoldOver,
    /// A conversation has waited for as long as its department allows.
    MaxWait,
    /// An agent who says it is online has been absent for as long as the workspace allows.
    AgentAbsent,
    /// An agent who is online and there has done nothing for as long as the workspace allows.
    AgentIdle,
    /// An invite was not accepted in time: the seat that it holds is free.
    SeatExpired,
}

/// What is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deadline {
    WrapUpOver(AgentIx, ConversationId),
    CooledDown(ConversationIx, AgentIx),
    OfferExpired(ConversationIx),
    AgentLost(DepartmentIx),
    VisitorLeft(DepartmentIx),
    HoldOver(SessionId),
    MaxWait(DepartmentIx),
    AgentAbsent(AgentIx),
    AgentIdle(AgentIx),
    SeatExpired(InviteId),
}

/// The armed deadlines. Those that follow from a policy are armed once for each department and
/// kind, the earliest, or kept by when they began: a changed policy then moves one entry and not
/// one for each conversation. The others stand here one by one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deadlines {
    by_time: BTreeSet<(Timestamp, DeadlineKind, DepartmentIx)>,
    armed: BTreeMap<(DeadlineKind, DepartmentIx), Timestamp>,
    /// By the agent and conversation that they are about.
    pub(crate) wrap_ups: BTreeSet<(Timestamp, AgentIx, ConversationId)>,
    /// By place: what is due at once is in the order of arrival, whatever handles were given.
    pub(crate) cooldowns: BTreeSet<(Timestamp, u64, AgentIx, ConversationIx)>,
    /// By the offer's number.
    pub(crate) offers: BTreeSet<(Timestamp, u64, ConversationIx)>,
    pub(crate) holds: BTreeSet<(Timestamp, SessionId)>,
    /// Absent agents who say they are online, by since when both is so.
    pub(crate) absent: BTreeSet<(Timestamp, AgentIx)>,
    /// Agents who are online and awake, by when they last did something. Kept only while the
    /// workspace has a bound.
    pub(crate) idle: BTreeSet<(Timestamp, AgentIx)>,
    /// The seats that pending invites hold, by until when.
    pub(crate) seats: BTreeSet<(Timestamp, InviteId)>,
}

impl Deadlines {
    /// Arms, moves or disarms a department's deadline.
    pub(crate) fn set(&mut self, kind: DeadlineKind, ix: DepartmentIx, at: Option<Timestamp>) {
        if self.armed.get(&(kind, ix)).copied() == at {
            return;
        }
        if let Some(old) = self.armed.remove(&(kind, ix)) {
            self.by_time.remove(&(old, kind, ix));
        }
        if let Some(at) = at {
            self.armed.insert((kind, ix), at);
            self.by_time.insert((at, kind, ix));
        }
    }

    /// When something is due, and of what kind the first of it is.
    pub(crate) fn next(&self, config: &Config) -> Option<(Timestamp, DeadlineKind)> {
        let seats = self.seats.first().map(|(at, _)| (*at, DeadlineKind::SeatExpired));
        self.next_pressing(config).into_iter().chain(seats).min()
    }

    /// The same of what must be done when it is due. A seat need not be: whoever could take it
    /// asks first, and what is overdue is done before anything that is asked.
    pub(crate) fn next_pressing(&self, config: &Config) -> Option<(Timestamp, DeadlineKind)> {
        use DeadlineKind::{
            AgentAbsent, AgentIdle, CooledDown, HoldOver, OfferExpired, WrapUpOver,
        };
        let bounded = |set: &BTreeSet<(Timestamp, AgentIx)>, bound: Option<u64>| {
            Some(set.first()?.0.plus_ms(bound?))
        };
        let first = [
            self.by_time.first().map(|(at, kind, _)| (*at, *kind)),
            self.wrap_ups.first().map(|(at, ..)| (*at, WrapUpOver)),
            self.cooldowns.first().map(|(at, ..)| (*at, CooledDown)),
            self.offers.first().map(|(at, ..)| (*at, OfferExpired)),
            self.holds.first().map(|(at, _)| (*at, HoldOver)),
            bounded(&self.absent, config.absent_away_ms).map(|at| (at, AgentAbsent)),
            bounded(&self.idle, config.idle_away_ms).map(|at| (at, AgentIdle)),
        ];
        first.into_iter().flatten().min()
    }

    /// The first of what is due at `now`.
    pub(crate) fn due(&self, now: Timestamp, config: &Config) -> Option<Deadline> {
        let (at, kind) = self.next(config)?;
        if at > now {
            return None;
        }
        let department = || self.by_time.first().map(|(.., ix)| *ix);
        match kind {
            DeadlineKind::WrapUpOver => {
                self.wrap_ups.first().map(|(_, agent, id)| Deadline::WrapUpOver(*agent, id.clone()))
            }
            DeadlineKind::CooledDown => {
                self.cooldowns.first().map(|(.., agent, ix)| Deadline::CooledDown(*ix, *agent))
            }
            DeadlineKind::OfferExpired => {
                self.offers.first().map(|(.., ix)| Deadline::OfferExpired(*ix))
            }
            DeadlineKind::AgentLost => department().map(Deadline::AgentLost),
            DeadlineKind::VisitorLeft => department().map(Deadline::VisitorLeft),
            DeadlineKind::HoldOver => {
                self.holds.first().map(|(_, id)| Deadline::HoldOver(id.clone()))
            }
            DeadlineKind::MaxWait => department().map(Deadline::MaxWait),
            DeadlineKind::AgentAbsent => {
                self.absent.first().map(|(_, ix)| Deadline::AgentAbsent(*ix))
            }
            DeadlineKind::AgentIdle => self.idle.first().map(|(_, ix)| Deadline::AgentIdle(*ix)),
            DeadlineKind::SeatExpired => {
                self.seats.first().map(|(_, invite)| Deadline::SeatExpired(invite.clone()))
            }
        }
    }
}
