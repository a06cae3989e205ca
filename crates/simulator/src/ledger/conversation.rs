//! A conversation, as the log has it.

use switchboard_routing::State;

/// That an agent is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Position of the event that made it.
    pub number: u64,
    /// Who is asked.
    pub agent: usize,
    /// Until when.
    pub expires_at: u64,
    /// An admin insisted: room does not matter.
    pub forced: bool,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// It was opened once.
    pub was_opened: bool,
    /// Where it is in its life.
    pub state: State,
    /// It stands in its department's line: it waits, and is not just arriving.
    pub in_line: bool,
    /// The department it is for.
    pub department: usize,
    /// Whose it is.
    pub visitor: usize,
    /// Who has it.
    pub agent: Option<usize>,
    /// Who has it or had it last.
    pub last_agent: Option<usize>,
    /// Who is asked.
    pub offer: Option<Offer>,
    /// Higher is served first.
    pub priority: i32,
    /// In the order of arrival; another after a reopening.
    pub place: u64,
    /// The skills it asks for, as a set.
    pub skills: u32,
    /// Who is not asked for a while, and until when.
    pub cooling: Vec<(usize, u64)>,
    /// It was taken in again, and is nobody's yet.
    pub returns: bool,
    /// When it last began to wait in its department.
    pub queued_at: u64,
    /// How often it changed.
    pub changes: u64,
    /// Departments in which it waited too long since it last was somebody's, as a set.
    pub passed: u32,
    /// Position of the event that took it in.
    pub taken_in_position: u64,
    /// Where it stands in [`super::Ledger::open`].
    pub(super) slot: usize,
}

impl Default for Conversation {
    fn default() -> Self {
        Self {
            was_opened: false,
            state: State::Closed,
            in_line: false,
            department: 0,
            visitor: 0,
            agent: None,
            last_agent: None,
            offer: None,
            priority: 0,
            place: 0,
            skills: 0,
            cooling: Vec::new(),
            returns: false,
            queued_at: 0,
            changes: 0,
            passed: 0,
            taken_in_position: 0,
            slot: 0,
        }
    }
}

impl Conversation {
    /// It has not ended.
    pub fn is_open(&self) -> bool {
        self.was_opened && !matches!(self.state, State::Closed | State::Rejected)
    }

    /// Who comes first is the smaller: higher priority, then earlier.
    pub fn order(&self) -> (i64, u64) {
        (-i64::from(self.priority), self.place)
    }

    /// Whether an agent is not asked for it for a while.
    pub fn cools(&self, agent: usize) -> bool {
        self.cooling.iter().any(|(cooling, _)| *cooling == agent)
    }
}
