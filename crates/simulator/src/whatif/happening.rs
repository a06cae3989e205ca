//! What a recording says, in types: one event of `GET …/events`, as far as it matters here.
//!
//! Owns what a public event must have to be understood. It knows nothing of files, and nothing of
//! what follows from an event.

use serde::Deserialize;
use serde_json::Value;
use switchboard_protocol::model::{self, By, RequeuedReason};
use switchboard_routing::{AgentId, ConversationId, DepartmentId, VisitorId};

/// The capacity of an agent whose event says none.
const DEFAULT_CAPACITY: u32 = switchboard_routing::DEFAULT_CAPACITY;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// Its place in the workspace's order of events.
    pub offset: u64,
    /// When, in milliseconds.
    pub at: u64,
    /// What.
    pub what: What,
}

/// An agent as its events describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// How many conversations it holds at once.
    pub capacity: u32,
    /// What it is skilled in.
    pub skills: Vec<String>,
}

/// How an offer ended that nobody accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unaccepted {
    /// Who was asked declined.
    Declined,
    /// Who was asked did not answer in time.
    Expired,
    /// It was taken back before there was an answer.
    Withdrawn,
}

/// How a conversation came to its agent, as far as a rerun must tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// As routing decided, or as a transfer said that stands before it.
    Routed,
    /// The agent was asked, and accepted.
    Accepted,
    /// The agent took it.
    Claimed,
    /// An admin gave it.
    Given,
}

/// What can happen. Conversations come to wait by being opened, reopened, transferred or requeued.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // the fields name themselves; the variants are documented
pub enum What {
    /// The server came back: everybody is lost.
    Recovered,
    /// A department was created, or its policy is now this.
    Department { id: DepartmentId, policy: Box<model::Policy> },
    /// Opening hours began or ended.
    Hours { id: DepartmentId, open: bool },
    /// A department was deleted.
    DepartmentDeleted { id: DepartmentId },
    /// An agent was added, or is now so.
    Agent { id: AgentId, is: Described },
    /// An agent was removed.
    AgentRemoved { id: AgentId },
    /// An agent says it is online, or away; `engine`: it was set away by missed offers, which is
    /// routing's own doing.
    Availability { id: AgentId, online: bool, engine: bool },
    /// An agent came or went.
    Presence { id: AgentId, present: bool },
    /// An agent is a member of a department now, or is no longer.
    Member { agent: AgentId, department: DepartmentId, member: bool },
    /// A conversation was opened, or reopened.
    Opened { id: ConversationId, department: DepartmentId, request: Request },
    /// It waits.
    Queued { id: ConversationId },
    /// An agent is asked to take it.
    Offered { id: ConversationId, department: DepartmentId, agent: AgentId },
    /// An offer ended.
    OfferEnded { id: ConversationId, agent: AgentId, how: Unaccepted },
    /// It is an agent's.
    Assigned { id: ConversationId, department: DepartmentId, agent: AgentId, came: Came },
    /// It waits again; `lost`: because its agent was lost.
    Requeued { id: ConversationId, department: DepartmentId, agent: Option<AgentId>, lost: bool },
    /// It was handed on, and waits.
    Transferred { id: ConversationId, department: DepartmentId, to: Option<AgentId> },
    /// It is over.
    Closed { id: ConversationId, by_agent: bool },
    /// It was rejected.
    Rejected { id: ConversationId },
    /// Nothing that routing depends on.
    Nothing,
}

/// What a visitor asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub visitor: VisitorId,
    /// Higher is served first.
    pub priority: i32,
    /// What its agent must be skilled in.
    pub skills: Vec<String>,
    /// It had been here, and ended.
    pub again: bool,
}

/// Why an event cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It lacks an id that its type has.
    #[error("event {offset}, `{kind}`, has no `{field}`")]
    Lacks {
        /// Its offset.
        offset: u64,
        /// Its type.
        kind: String,
        /// What it lacks.
        field: &'static str,
    },
    /// Its `data` is not as its type's is.
    #[error("event {offset}, `{kind}`: `data` is not as it should be: {why}")]
    Data {
        /// Its offset.
        offset: u64,
        /// Its type.
        kind: String,
        /// What is wrong.
        why: String,
    },
}

/// What is in a public event. None: its type is not known here.
///
/// # Errors
/// Where a known type lacks what it always has.
pub fn understand(event: model::Event) -> Result<Option<Happening>, Unreadable> {
    let (offset, at) = (event.offset, event.at);
    let what = Reader(event).what()?;
    Ok(what.map(|what| Happening { offset, at, what }))
}

struct Reader(model::Event);

impl Reader {
    fn what(&mut self) -> Result<Option<What>, Unreadable> {
        let kind = self.0.kind.clone();
        if let Some(of) = kind.strip_prefix("conversation.") {
            return self.conversation(of);
        }
        Ok(Some(match kind.as_str() {
            "offer.declined" => self.unaccepted(Unaccepted::Declined)?,
            "offer.expired" => self.unaccepted(Unaccepted::Expired)?,
            "offer.withdrawn" => self.unaccepted(Unaccepted::Withdrawn)?,
            "agent.added" | "agent.updated" => {
                What::Agent { id: self.agent()?, is: self.agent_data()? }
            }
            "agent.removed" => What::AgentRemoved { id: self.agent()? },
            "agent.availability_changed" => {
                let Availability { availability } = self.data()?;
                let online = availability == model::Availability::Online;
                let engine = self.0.by == By::MissedOffers;
                What::Availability { id: self.agent()?, online, engine }
            }
            "agent.presence_changed" => {
                let Presence { present } = self.data()?;
                What::Presence { id: self.agent()?, present }
            }
            "membership.changed" => {
                let Membership { member } = self.data()?;
                What::Member { agent: self.agent()?, department: self.department()?, member }
            }
            "department.created" | "department.updated" => {
                let Configured { policy } = self.data()?;
                What::Department { id: self.department()?, policy }
            }
            "department.opened" => What::Hours { id: self.department()?, open: true },
            "department.closed" => What::Hours { id: self.department()?, open: false },
            "department.deleted" => What::DepartmentDeleted { id: self.department()? },
            "workspace.recovered" => What::Recovered,
            "workspace.created" | "workspace.updated" => What::Nothing,
            _ => return Ok(None),
        }))
    }

    fn conversation(&mut self, of: &str) -> Result<Option<What>, Unreadable> {
        let id = self.conversation_id()?;
        Ok(Some(match of {
            "opened" | "reopened" => {
                let Asked { visitor_id, priority, skills } = self.data()?;
                let again = of == "reopened";
                let request = Request { visitor: visitor_id.into(), priority, skills, again };
                What::Opened { id, department: self.department()?, request }
            }
            "queued" => What::Queued { id },
            "offered" => What::Offered { id, department: self.department()?, agent: self.agent()? },
            "assigned" => {
                let Assigned { cause } = self.data()?;
                let came = came(cause);
                What::Assigned { id, department: self.department()?, agent: self.agent()?, came }
            }
            "requeued" => {
                let Requeued { reason } = self.data()?;
                let lost = reason == RequeuedReason::AgentLost;
                let agent = self.0.agent_id.take().map(Into::into);
                What::Requeued { id, department: self.department()?, agent, lost }
            }
            "transferred" => {
                let to = self.0.agent_id.take().map(Into::into);
                What::Transferred { id, department: self.department()?, to }
            }
            "closed" => What::Closed { id, by_agent: self.0.by == By::Agent },
            "rejected" => What::Rejected { id },
            _ => return Ok(None),
        }))
    }

    fn unaccepted(&mut self, how: Unaccepted) -> Result<What, Unreadable> {
        Ok(What::OfferEnded { id: self.conversation_id()?, agent: self.agent()?, how })
    }

    fn agent_data(&mut self) -> Result<Described, Unreadable> {
        let AgentData { capacity, skills } = self.data()?;
        Ok(Described { capacity, skills })
    }

    fn conversation_id(&mut self) -> Result<ConversationId, Unreadable> {
        let id = self.0.conversation_id.take();
        self.id(id, "conversation_id").map(Into::into)
    }

    fn agent(&mut self) -> Result<AgentId, Unreadable> {
        let id = self.0.agent_id.take();
        self.id(id, "agent_id").map(Into::into)
    }

    fn department(&mut self) -> Result<DepartmentId, Unreadable> {
        let id = self.0.department_id.take();
        self.id(id, "department_id").map(Into::into)
    }

    fn id(&self, id: Option<String>, field: &'static str) -> Result<String, Unreadable> {
        id.ok_or_else(|| Unreadable::Lacks {
            offset: self.0.offset,
            kind: self.0.kind.clone(),
            field,
        })
    }

    fn data<D: serde::de::DeserializeOwned>(&mut self) -> Result<D, Unreadable> {
        serde_json::from_value(std::mem::take(&mut self.0.data)).map_err(|error| Unreadable::Data {
            offset: self.0.offset,
            kind: self.0.kind.clone(),
            why: error.to_string(),
        })
    }
}

fn came(cause: model::AssignmentCause) -> Came {
    use model::AssignmentCause as Cause;
    match cause {
        Cause::Accepted => Came::Accepted,
        Cause::Claimed => Came::Claimed,
        Cause::Assigned => Came::Given,
        Cause::Routed
        | Cause::Transferred
        | Cause::Sticky
        | Cause::Requeued
        | Cause::Reopened
        | Cause::Other => Came::Routed,
    }
}

#[derive(Deserialize)]
struct AgentData {
    #[serde(default = "default_capacity")]
    capacity: u32,
    #[serde(default)]
    skills: Vec<String>,
}

fn default_capacity() -> u32 {
    DEFAULT_CAPACITY
}

#[derive(Deserialize)]
struct Availability {
    availability: model::Availability,
}

#[derive(Deserialize)]
struct Presence {
    present: bool,
}

#[derive(Deserialize)]
struct Membership {
    member: bool,
}

#[derive(Deserialize)]
struct Configured {
    policy: Box<model::Policy>,
}

#[derive(Deserialize)]
struct Asked {
    visitor_id: String,
    #[serde(default)]
    priority: i32,
    #[serde(default)]
    skills: Vec<String>,
}

#[derive(Deserialize)]
struct Assigned {
    cause: model::AssignmentCause,
}

#[derive(Deserialize)]
struct Requeued {
    reason: RequeuedReason,
}

/// What an event's `data` is where it has none.
pub(super) fn no_data() -> Value {
    Value::Object(serde_json::Map::new())
}
