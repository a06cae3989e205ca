//! Where a conversation is, as the last event about it tells: for those who listen to events and
//! look at the workspace only once a step is over.

use crate::{DepartmentId, Event, Record, Timestamp};

/// Where a conversation is, as its events tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// In no line and with nobody: it is arriving, or over.
    Nowhere,
    /// In this department's line, and nobody is asked to take it.
    Queued(DepartmentId),
    /// In this department's line, and an agent is asked to take it.
    Offered(DepartmentId),
    /// With an agent, for this department, since then.
    Held(DepartmentId, Timestamp),
}

impl Whereabouts {
    /// Where an event left it.
    pub fn after(record: &Record) -> Self {
        match &record.event {
            Event::ConversationQueued { department_id, .. }
            | Event::OfferEnded { department_id, .. }
            | Event::ConversationRequeued { department_id, .. }
            | Event::ConversationTransferred { department_id, .. } => {
                Self::Queued(department_id.clone())
            }
            Event::ConversationOffered { department_id, .. } => {
                Self::Offered(department_id.clone())
            }
            Event::ConversationAssigned { department_id, .. } => {
                Self::Held(department_id.clone(), record.at)
            }
            _ => Self::Nowhere,
        }
    }

    /// The department in whose line it is.
    pub fn line(&self) -> Option<&DepartmentId> {
        match self {
            Self::Queued(department) | Self::Offered(department) => Some(department),
            Self::Nowhere | Self::Held(..) => None,
        }
    }
}
