//! What is closed or rejected stays so, but for being reopened; an id is given once.

use switchboard_routing::{Event, Record};

use super::Verdict;
use crate::ledger::{Ledger, number};

pub(super) fn event(before: &Ledger, record: &Record) -> Verdict {
    let open = |id: usize| before.conversation(id).is_some_and(|c| c.is_open());
    match &record.event {
        Event::ConversationOpened { conversation_id, .. } => {
            let id = number(conversation_id.as_str());
            match before.conversation(id) {
                Some(_) => Err(format!("c{id} is opened twice")),
                None => Ok(()),
            }
        }
        Event::ConversationReopened { conversation, .. } => {
            let id = number(conversation.id.as_str());
            match before.conversation(id) {
                Some(c) if !c.is_open() => Ok(()),
                _ => Err(format!("c{id} is reopened, and has not ended")),
            }
        }
        Event::ConversationQueued { conversation_id, .. }
        | Event::ConversationOffered { conversation_id, .. }
        | Event::OfferEnded { conversation_id, .. }
        | Event::ConversationAssigned { conversation_id, .. }
        | Event::ConversationRequeued { conversation_id, .. }
        | Event::ConversationTransferred { conversation_id, .. }
        | Event::ConversationClosed { conversation_id, .. }
        | Event::ConversationRejected { conversation_id, .. } => {
            let id = number(conversation_id.as_str());
            let is_open = open(id);
            if is_open { Ok(()) } else { Err(format!("c{id} has ended: {:?}", record.event)) }
        }
        _ => Ok(()),
    }
}
