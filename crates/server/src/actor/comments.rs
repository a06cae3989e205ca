//! What an agent says of a conversation that it hands on. Personal data, so it is kept beside the
//! log, and only as long as it tells something of who has the conversation: the assignment that
//! the transfer leads to has it, whenever that comes, and no other.

use switchboard_journal::{Details, PersonalChange};
use switchboard_routing::{ConversationId, Event};

use super::worker::Worker;

impl Worker {
    /// Keeps what was said of a conversation that was handed on.
    pub(super) fn keep_comment(&mut self, id: &ConversationId, comment: String) {
        let details = self.profiles.conversations.get(id).map(|known| (**known).clone());
        let details = Details { comment: Some(comment), ..details.unwrap_or_default() };
        self.change(PersonalChange::Conversation(id.clone(), details));
    }

    /// Drops what was said of a conversation where an event makes it a thing of the past.
    pub(super) fn drop_comment(&mut self, event: &Event) {
        let id = match event {
            Event::ConversationTransferred { conversation_id, .. }
            | Event::ConversationRequeued { conversation_id, agent_id: Some(_), .. }
            | Event::ConversationAssigned { conversation_id, .. } => conversation_id,
            _ => return,
        };
        let Some(details) = self.profiles.conversations.get(id) else { return };
        let is_first = matches!(event, Event::ConversationAssigned { .. }) && self.is_first(id);
        if details.comment.is_none() || is_first {
            return;
        }
        let details = Details { comment: None, ..(**details).clone() };
        self.change(PersonalChange::Conversation(id.clone(), details));
    }

    /// Whether the assignment that was noted just now is the first since the last transfer.
    fn is_first(&self, id: &ConversationId) -> bool {
        let history = self.histories.get(id).map(Vec::as_slice).unwrap_or_default();
        let earlier = history.iter().rev().skip(1).map(|record| &record.event);
        let mut hands = earlier.filter_map(|event| match event {
            Event::ConversationAssigned { .. } => Some(false),
            Event::ConversationTransferred { .. } => Some(true),
            _ => None,
        });
        hands.next().unwrap_or(false)
    }
}
