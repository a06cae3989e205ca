//! What comes from outside: who arrives, when, what they need and how long they would wait; what
//! agents and admins do besides; and how an agent answers who is asked.

use switchboard_routing::{AgentId, Conversation, DepartmentId, Input, Timestamp, VisitorId};

/// Somebody who opens a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When; not before the arrival that was named before it.
    pub at: Timestamp,
    /// Who; none: somebody who was never here.
    pub visitor_id: Option<VisitorId>,
    /// Where; none: the workspace's default or only department.
    pub department_id: Option<DepartmentId>,
    /// Higher is served first.
    pub priority: i32,
    /// What its agent must be skilled in.
    pub skills: Vec<String>,
    /// How long an agent will have to serve it, whoever that is, in milliseconds.
    pub service_ms: u64,
    /// After how long a wait the visitor gives up, in milliseconds; none: never.
    pub patience_ms: Option<u64>,
}

impl Arrival {
    /// A patient stranger, who comes at this time and takes so long to serve.
    pub fn new(at: Timestamp, service_ms: u64) -> Self {
        Self {
            at,
            visitor_id: None,
            department_id: None,
            priority: 0,
            skills: Vec::new(),
            service_ms,
            patience_ms: None,
        }
    }
}

/// Something else that happens: an agent comes or goes, an admin changes a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When; not before the change that was named before it.
    pub at: Timestamp,
    /// What. Conversations are opened by arrivals alone: nobody serves what a change opens.
    pub input: Input,
}

/// How an agent answers an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Takes it, after so many milliseconds.
    Accept(u64),
    /// Declines it, after so many milliseconds.
    Decline(u64),
    /// Does not answer.
    Ignore,
}

/// What becomes of a conversation that has been served for as long as it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parting {
    /// Its agent closes it, once it is there to do so.
    AgentCloses,
    /// Its visitor closes it, or somebody else, whether its agent is there or not.
    OthersClose,
    /// Its agent hands it on, to be served for so long again. Where that is refused, or changes
    /// nothing, the same agent does that too.
    HandedOn {
        /// Where to; none: it stays in its department.
        department_id: Option<DepartmentId>,
        /// To whom; none: whom the department's strategy says.
        agent_id: Option<AgentId>,
        /// How long it will take there, in milliseconds.
        service_ms: u64,
    },
}

/// Where arrivals and changes come from. Both are asked for one at a time, the next one only when
/// the last has happened, so neither need be known in advance.
pub trait Traffic {
    /// The next arrival; none: nobody comes any more. The n-th that is named, from 0 on, opens
    /// the conversation with the number n ([`super::number_of`]).
    fn arrival(&mut self) -> Option<Arrival>;

    /// The next change; none: none comes any more.
    fn change(&mut self) -> Option<Change> {
        None
    }

    /// How an agent answers who is asked to take this conversation.
    fn answer(&mut self, _agent: &AgentId, _asked: &Conversation) -> Answer {
        Answer::Accept(0)
    }

    /// What becomes of the conversation with this number when it has been served, having been
    /// handed on so many times.
    fn parting(&mut self, _number: u64, _handed_on: u32) -> Parting {
        Parting::AgentCloses
    }
}

/// Traffic whose arrivals and changes are two lists, or two closures
/// ([`std::iter::from_fn`]), and whose agents accept whatever they are asked, at once.
#[derive(Debug)]
pub struct Script<A, C = std::iter::Empty<Change>> {
    arrivals: A,
    changes: C,
}

impl<A: Iterator<Item = Arrival>> Script<A> {
    /// Arrivals, and nothing else.
    pub fn new(arrivals: impl IntoIterator<IntoIter = A>) -> Self {
        Self { arrivals: arrivals.into_iter(), changes: std::iter::empty() }
    }
}

impl<A, C> Script<A, C> {
    /// With these changes.
    pub fn with_changes<D>(self, changes: impl IntoIterator<IntoIter = D>) -> Script<A, D> {
        Script { arrivals: self.arrivals, changes: changes.into_iter() }
    }
}

impl<A: Iterator<Item = Arrival>, C: Iterator<Item = Change>> Traffic for Script<A, C> {
    fn arrival(&mut self) -> Option<Arrival> {
        self.arrivals.next()
    }

    fn change(&mut self) -> Option<Change> {
        self.changes.next()
    }
}
