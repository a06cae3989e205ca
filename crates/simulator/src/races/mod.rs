//! The races that matter, by name, and how often each was reached. What a counter does not show,
//! nobody has tried: the gate fails if one of them is reached too seldom.
//!
//! A race is two things about one conversation, agent or department that come in with one turn, so
//! that neither side knew of the other; or something that fails between two that belong together.

mod pairs;
mod seen;

use crate::{ledger::Ledger, node::Fate};

macro_rules! races {
    ($($(#[doc = $doc:literal])* $race:ident,)*) => {
        /// A race.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Race { $($(#[doc = $doc])* $race,)* }

        impl Race {
            /// All of them, each with what it is.
            pub const ALL: &[(Self, &str)] = &[$((Self::$race, concat!($($doc),*)),)*];
        }
    };
}

races! {
    /// An agent's last socket is lost while it is given something.
    LostAgainstAssign,
    /// An agent says it is away while it is offered something.
    AwayAgainstOffer,
    /// The close of an old socket comes in after the session was resumed on a new one.
    LateClose,
    /// An open is repeated with its key after the answer was lost.
    OpenAfterLostAnswer,
    /// A conversation is handed on and closed.
    TransferAgainstClose,
    /// Two agents claim one conversation.
    TwoClaims,
    /// An agent is removed while it is given something.
    RemovalAgainstAssign,
    /// An append is written, and the crash comes before anybody hears of it.
    CrashAfterAppend,
    /// An append fails, and what was asked with it never happened.
    CrashBeforeAppend,
    /// Appends are pending when the process dies.
    CrashWhilePending,
    /// An offer is open when the process dies: its time goes on.
    CrashDuringOffer,
    /// An agent is lost, within its grace, when the process dies.
    CrashDuringGrace,
    /// Another node takes the workspace over while something is asked of this one.
    FencedInFlight,
    /// An offer is accepted when it is over.
    AcceptAfterExpiry,
    /// An offer is accepted and declined, from two devices.
    AcceptAgainstDecline,
    /// An offer is accepted twice, from two devices.
    TwoAccepts,
    /// An offer is accepted while the conversation is closed.
    AcceptAgainstClose,
    /// An offer is accepted while a colleague claims the conversation.
    AcceptAgainstClaim,
    /// An offer is accepted while an admin gives the conversation to somebody.
    AcceptAgainstAssign,
    /// A conversation is reopened twice.
    TwoReopens,
    /// A conversation is closed and reopened.
    CloseAgainstReopen,
    /// Two close one conversation.
    TwoCloses,
    /// A department is deleted while something is opened in it or handed to it.
    DeletionAgainstArrival,
    /// A department's hours end while somebody is asked for it.
    ClosingAgainstOffer,
    /// An agent's capacity or skills change while it is given something.
    ChangeAgainstAssign,
    /// An agent leaves a department while it is asked or given something in it.
    LeavingAgainstOffer,
    /// An agent comes back in the very step in which its grace ends.
    ReturnAgainstGrace,
    /// The wait ends by its bound in the step in which somebody comes free.
    MaxWaitAgainstFree,
    /// Two are added or invited for the last seat.
    TwoForTheLastSeat,
    /// An invite is accepted, and holds no seat any more.
    InviteIsOver,
    /// A department's policy changes while somebody waits in it.
    PolicyAgainstLine,
    /// One of two devices is lost.
    OneOfTwoLost,
    /// A sleeping device's leave ends while it is asked.
    LeaveEndsWhileAsked,
    /// A conversation is taken from a live agent's hands while that agent closes it.
    AssignAgainstClose,
    /// A visitor comes back in the step in which its grace ends.
    VisitorReturnsLate,
}

/// How often each race was reached.
#[derive(Clone, Debug)]
pub struct Races {
    counts: [u64; Race::ALL.len()],
    /// Keys of opens that were not answered.
    unanswered: bool,
}

impl Default for Races {
    fn default() -> Self {
        Self { counts: [0; Race::ALL.len()], unanswered: false }
    }
}

impl Races {
    /// How often one was reached.
    pub fn count(&self, race: Race) -> u64 {
        self.counts.get(race as usize).copied().unwrap_or_default()
    }

    /// Each with its count.
    pub fn all(&self) -> impl Iterator<Item = (Race, &'static str, u64)> {
        Race::ALL.iter().map(|(race, what)| (*race, what.trim(), self.count(*race)))
    }

    /// Those that were reached less often than this.
    pub fn missed(&self, least: u64) -> impl Iterator<Item = (Race, u64)> {
        self.all().filter(move |(.., count)| *count < least).map(|(race, _, count)| (race, count))
    }

    /// Adds what was reached elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
    }

    pub(crate) fn reached(&mut self, race: Race) {
        if let Some(count) = self.counts.get_mut(race as usize) {
            *count += 1;
        }
    }

    /// The process dies.
    pub(crate) fn crash(&mut self, ledger: &Ledger, safe: bool) {
        if !safe {
            self.reached(Race::CrashWhilePending);
        }
        if ledger.open.iter().any(|id| ledger.conversation(*id).is_some_and(|c| c.offer.is_some()))
        {
            self.reached(Race::CrashDuringOffer);
        }
        if ledger.active_agents().any(|(_, agent)| agent.held > 0 && !agent.is_present()) {
            self.reached(Race::CrashDuringGrace);
        }
        self.unanswered = true;
    }

    /// An append goes like this.
    pub(crate) fn fate(&mut self, fate: Fate) {
        match fate {
            Fate::UnknownWritten => self.reached(Race::CrashAfterAppend),
            Fate::Failed | Fate::UnknownLost => self.reached(Race::CrashBeforeAppend),
            Fate::Fenced => self.reached(Race::FencedInFlight),
            Fate::Done | Fate::Pending => return,
        }
        self.unanswered = true;
    }
}
