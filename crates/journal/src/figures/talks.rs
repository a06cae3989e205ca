//! The conversations that have not ended: since when each waits, or who has it since when.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use switchboard_routing::{AgentId, ConversationId, DepartmentId, Event, Record, Timestamp};

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Talks(HashMap<ConversationId, Talk>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Talk {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waiting: Option<Waiting>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<Held>,
}

/// A wait that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Waiting {
    /// Since when, through however many departments and offers.
    since: Timestamp,
    /// It was handed to an agent, and nothing happened to it since: if it is assigned next, it did
    /// not wait at all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    handed_over: bool,
}

/// An assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    /// Whose it is.
    pub(super) agent_id: AgentId,
    /// For which department.
    pub(super) department_id: DepartmentId,
    /// Since when.
    pub(super) since: Timestamp,
}

/// What an event ended.
#[derive(Debug, Default)]
pub(super) struct Over {
    /// This assignment.
    pub(super) held: Option<Held>,
    /// By an assignment: a wait of so long.
    pub(super) waited_ms: Option<u64>,
}

impl Talks {
    /// Notes an event that happened at a time; gives what it ended.
    pub(super) fn follow(&mut self, event: &Event, at: Timestamp) -> Over {
        let Some(id) = event.subject() else { return Over::default() };
        match event {
            Event::ConversationClosed { .. } | Event::ConversationRejected { .. } => {
                let held = self.0.remove(id).and_then(|talk| talk.held);
                Over { held, waited_ms: None }
            }
            Event::ConversationAssigned { agent_id, department_id, .. } => {
                let (agent_id, department_id) = (agent_id.clone(), department_id.clone());
                let talk = self.talk(id);
                let waiting = talk.waiting.take().filter(|waiting| !waiting.handed_over);
                let held = talk.held.replace(Held { agent_id, department_id, since: at });
                Over { held, waited_ms: waiting.map(|waiting| at.since_ms(waiting.since)) }
            }
            Event::ConversationOffered { .. } | Event::OfferEnded { .. } => {
                if let Some(waiting) = self.0.get_mut(id).and_then(|talk| talk.waiting.as_mut()) {
                    waiting.handed_over = false;
                }
                Over::default()
            }
            // All the others that are about a conversation let it wait.
            _ => {
                let handed_over =
                    matches!(event, Event::ConversationTransferred { agent_id: Some(_), .. });
                let talk = self.talk(id);
                match &mut talk.waiting {
                    Some(waiting) => waiting.handed_over = false,
                    none => *none = Some(Waiting { since: at, handed_over }),
                }
                Over { held: talk.held.take(), waited_ms: None }
            }
        }
    }

    /// What agents hold.
    pub(super) fn held(&self) -> impl Iterator<Item = &Held> {
        self.0.values().filter_map(|talk| talk.held.as_ref())
    }

    /// Takes in what happened before, of conversations that have not ended.
    pub(super) fn recall<'r>(&mut self, history: impl Iterator<Item = &'r Record>) {
        for record in history {
            self.follow(&record.event, record.at);
        }
    }

    fn talk(&mut self, id: &ConversationId) -> &mut Talk {
        if !self.0.contains_key(id) {
            self.0.insert(id.clone(), Talk::default());
        }
        self.0.entry(id.clone()).or_default()
    }
}
