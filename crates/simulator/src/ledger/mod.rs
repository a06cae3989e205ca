//! What a log says, read naively: who holds what, who waits where, who is there.
//!
//! It is folded from the events that are safe, in their order, and shares no code with the core:
//! only the words. The checks judge every event by the ledger as it was just before.
//!
//! Everything is found by number: `a3` is the fourth agent, `c17` the eighteenth conversation. A
//! simulated workspace has at most [`AGENTS`] agents and [`DEPARTMENTS`] departments in its whole
//! life, so that a set of them is one word.

mod agent;
mod conversation;
mod department;
mod eligible;
mod fold;

use std::collections::BTreeMap;

use switchboard_routing::{Config, State};

pub use agent::{Agent, SessionIs};
pub use conversation::{Conversation, Offer};
pub use department::Department;
pub use eligible::{Aside, Bar};

/// The most agents that are ever added to one simulated workspace.
pub const AGENTS: usize = 64;
/// The most departments that are ever created in one.
pub const DEPARTMENTS: usize = 16;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Position of the last event.
    pub position: u64,
    /// Its time, in milliseconds.
    pub at: u64,
    /// The workspace's settings.
    pub config: Config,
    /// By number; those that never were opened are [`Conversation::default`].
    pub conversations: Vec<Conversation>,
    /// By number.
    pub agents: Vec<Agent>,
    /// By number.
    pub departments: Vec<Department>,
    /// Conversations that have not ended, in no order.
    pub open: Vec<usize>,
    /// Conversations that ended, in the order of ending; one that was reopened may be in it.
    pub ended: Vec<usize>,
    /// By visitor and key: what it opened, and the content's fingerprint.
    pub keys: BTreeMap<(usize, u8), (usize, u64)>,
    /// Live and sleeping sessions of visitors: visitor, session, whether it is on a socket.
    pub visitor_sessions: BTreeMap<(usize, usize), bool>,
    /// By visitor: when its last live session went; while it has none.
    pub left: BTreeMap<usize, Left>,
    /// Invites that hold a seat, by number, each with until when.
    pub invites: BTreeMap<usize, u64>,
    /// Departments of which something changed in this step.
    pub stirred: u32,
    /// The place that the next conversation gets.
    next_place: u64,
    /// How many were opened or reopened, and how many ended.
    pub taken_in: u64,
    /// See `taken_in`.
    pub let_go: u64,
    /// By visitor: which agents closed something of it, as a set.
    served: Vec<u64>,
}

/// That a visitor left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// When.
    pub at: u64,
    /// At which event.
    pub position: u64,
}

impl Ledger {
    /// A conversation that was opened once.
    pub fn conversation(&self, number: usize) -> Option<&Conversation> {
        self.conversations.get(number).filter(|c| c.was_opened)
    }

    /// An agent that was not removed.
    pub fn agent(&self, number: usize) -> Option<&Agent> {
        self.agents.get(number).filter(|agent| agent.is_active())
    }

    /// A department that was not deleted.
    pub fn department(&self, number: usize) -> Option<&Department> {
        self.departments.get(number).filter(|department| department.exists)
    }

    /// Agents that were not removed, by number.
    pub fn active_agents(&self) -> impl Iterator<Item = (usize, &Agent)> {
        self.agents.iter().enumerate().filter(|(_, agent)| agent.is_active())
    }

    /// Departments that were not deleted, by number.
    pub fn existing_departments(&self) -> impl Iterator<Item = (usize, &Department)> {
        self.departments.iter().enumerate().filter(|(_, department)| department.exists)
    }

    /// How many seats are taken: by agents, and by invites.
    pub fn seats(&self) -> usize {
        self.active_agents().count() + self.invites.len()
    }

    /// Whether an agent had a conversation of this visitor's that was closed.
    pub fn served(&self, visitor: usize, agent: usize) -> bool {
        self.served.get(visitor).is_some_and(|served| served & 1 << agent != 0)
    }

    /// How many conversations wait, asked for or not.
    pub fn waiting(&self) -> usize {
        let waits = |c: &&usize| {
            self.conversations
                .get(**c)
                .is_some_and(|c| matches!(c.state, State::Queued | State::Offered))
        };
        self.open.iter().filter(waits).count()
    }
}

/// The number in an id: `a12` is 12. Ids of other forms are 0: the simulator makes none.
pub fn number(id: &str) -> usize {
    id.bytes()
        .skip(1)
        .take_while(u8::is_ascii_digit)
        .fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

/// Whose session it is, and which of theirs: `a3/17` is the session 17 of the agent 3.
pub fn session(id: &str) -> (usize, usize) {
    let (person, device) = id.split_once('/').unwrap_or((id, ""));
    let device = device.bytes().take_while(u8::is_ascii_digit);
    let device = device.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'));
    (number(person), device)
}

/// Skills as a set: `k3` is the fourth.
pub(crate) fn skills(names: &[String]) -> u32 {
    names.iter().fold(0, |set, name| set | 1 << (number(name) & 31))
}
