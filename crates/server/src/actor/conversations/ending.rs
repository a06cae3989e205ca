//! Closing, and taking in again.

use switchboard_protocol::ErrorCode;
use switchboard_routing::{Command, Conversation, ConversationId, Kind, Refusal};

use super::{Asked, Asker, last_holder, not_found};
use crate::{actor::worker::Worker, ask::ApiError, convert::refused};

impl Worker {
    /// Closes a conversation.
    pub(in crate::actor) fn close(&mut self, asker: &Asker, id: &ConversationId) -> Asked {
        let origin = asker.origin_for(self.holder_of(id));
        let close = Command::CloseConversation { conversation_id: id.clone() };
        self.step(origin, asker.session.as_ref(), close).map_err(|refusal| {
            let may =
                |ended: &Conversation| asker.visitor.is_some() || asker.admin || asker.holds(ended);
            self.refused_unless_ended(refusal, id, asker, may)
        })
    }

    /// Takes a conversation that ended in again.
    pub(in crate::actor) fn reopen(&mut self, asker: &Asker, id: &ConversationId) -> Asked {
        if let Some(open) = self.core.conversation(id.as_str()) {
            return Err(self.not_reopened(asker, open));
        }
        let ended = self.ended(id).ok_or_else(not_found)?;
        let ended = &ended.conversation;
        if !self.sees(asker, ended) {
            return Err(not_found());
        }
        if let Some(visitor) = &asker.visitor {
            self.may_open(visitor)?;
        }
        let origin = asker.origin_for(last_holder(ended));
        let reopen = Command::ReopenConversation { conversation: Box::new(ended.clone()) };
        self.step(origin, asker.session.as_ref(), reopen).map_err(|refusal| match refusal {
            Refusal::NotFound(Kind::Department) => {
                ApiError::new(ErrorCode::Conflict, "its department is gone")
            }
            refusal => refused(refusal),
        })
    }

    /// What is said of reopening one that is open.
    fn not_reopened(&self, asker: &Asker, open: &Conversation) -> ApiError {
        if !self.sees(asker, open) {
            return not_found();
        }
        let may = asker.visitor.is_some() || asker.admin || asker.held(open);
        refused(if may { Refusal::NotEnded } else { Refusal::Forbidden })
    }
}
