//! What is written at once.

use std::{collections::HashMap, sync::Arc};

use switchboard_routing::{Conversation, ConversationId, Decision, Record, Snapshot};

use crate::{Details, PersonalChange, Profiles};

/// One transaction of one workspace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// What happened, in order.
    pub events: Vec<Arc<Record>>,
    /// What it changed of personal data.
    pub personal: Vec<PersonalChange>,
    /// The conversations that had ended and were reopened in it, as they had ended: the archive
    /// gives them up.
    pub reopened: Vec<Arc<Ended>>,
    /// The conversations that ended in it. One that was reopened in it too ended after that.
    pub ended: Vec<Arc<Ended>>,
    /// How routing decided in it. For explaining only: nothing is replayed from them.
    pub decisions: Vec<Decision>,
}

impl Batch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.personal.is_empty() && self.decisions.is_empty()
    }

    /// How much there is to replay: every event, change, reopened and ended conversation.
    pub fn size(&self) -> u64 {
        let conversations = self.reopened.len() + self.ended.len();
        (self.events.len() + self.personal.len() + conversations) as u64
    }

    /// Takes a conversation back that ended, in this batch or in one before.
    pub fn reopen(&mut self, ended: Arc<Ended>) {
        let id = &ended.conversation.id;
        self.ended.retain(|other| other.conversation.id != *id);
        if self.reopened.iter().all(|other| other.conversation.id != *id) {
            self.reopened.push(ended);
        }
    }
}

/// A conversation that ended, with all that is shown of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Its last state.
    pub conversation: Conversation,
    /// What the host attached.
    pub details: Option<Arc<Details>>,
    /// Its events.
    pub history: Vec<Arc<Record>>,
}

/// A workspace at a position.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The routing state.
    pub snapshot: Snapshot,
    /// The personal data.
    pub profiles: Profiles,
    /// The events of each conversation that has not ended.
    pub histories: HashMap<ConversationId, Vec<Arc<Record>>>,
}
