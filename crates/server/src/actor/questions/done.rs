//! What HTTP asks to be done with a conversation.

use switchboard_protocol::http;
use switchboard_routing::ConversationId;

use super::{Answered, Rights};
use crate::{
    actor::{
        conversations::{Asked, Asker, Transfer},
        worker::Worker,
    },
    ask::{Answer, ApiError},
};

impl Worker {
    /// Does something with a conversation; the answer is how it is then.
    pub(super) fn done(
        &mut self,
        rights: &Rights,
        id: String,
        ask: impl FnOnce(&mut Self, &Asker, &ConversationId) -> Asked,
    ) -> Answered {
        let (id, asker) = (ConversationId::from(id), rights.asker());
        let step = ask(self, &asker, &id)?;
        let conversation = self.shown(&id, asker.reader());
        let conversation = conversation.ok_or_else(|| ApiError::not_found("conversation"))?;
        Ok((Answer::ok(conversation), Some(step)))
    }
}

impl Rights {
    fn asker(&self) -> Asker {
        Asker {
            origin: self.origin.clone(),
            session: None,
            agent: self.agent.clone(),
            visitor: None,
            admin: self.admin,
        }
    }
}

impl From<http::TransferConversation> for Transfer {
    fn from(request: http::TransferConversation) -> Self {
        Self {
            department_id: request.department_id.map(Into::into),
            agent_id: request.agent_id.map(Into::into),
            comment: request.comment,
            force: request.force,
        }
    }
}
