//! Giving a conversation to somebody else.

use switchboard_routing::{
    AgentId, Command, Conversation, ConversationId, DepartmentId, Kind, Refusal,
};

use super::{Asked, Asker, not_found};
use crate::{actor::worker::Worker, convert::refused};

/// Where a conversation is handed to, and what is said of it.
#[derive(Clone, Debug, Default)]
pub(in crate::actor) struct Transfer {
    pub(in crate::actor) department_id: Option<DepartmentId>,
    pub(in crate::actor) agent_id: Option<AgentId>,
    pub(in crate::actor) comment: Option<String>,
    pub(in crate::actor) force: bool,
}

impl Worker {
    /// Gives a conversation to an agent: an admin's to do.
    pub(in crate::actor) fn assign(
        &mut self,
        asker: &Asker,
        id: &ConversationId,
        agent_id: AgentId,
        force: bool,
    ) -> Asked {
        if !asker.admin {
            let seen = self.sees_any(asker, id);
            return Err(if seen { refused(Refusal::Forbidden) } else { not_found() });
        }
        let conversation_id = id.clone();
        let assign = Command::AssignConversation { conversation_id, agent_id, force };
        self.step(asker.origin.clone(), asker.session.as_ref(), assign)
            .map_err(|refusal| self.not_handed_on(refusal, asker, id))
    }

    /// Hands a conversation on.
    pub(in crate::actor) fn transfer(
        &mut self,
        asker: &Asker,
        id: &ConversationId,
        to: Transfer,
    ) -> Asked {
        let Transfer { department_id, agent_id, comment, force } = to;
        // Who has it gives it away as its agent; only an admin can force it on somebody.
        let holder = self.holder_of(id).filter(|_| !(force && asker.admin));
        let origin = asker.origin_for(holder);
        let before = self.revision(id);
        let conversation_id = id.clone();
        let transfer =
            Command::TransferConversation { conversation_id, department_id, agent_id, force };
        let step = self.step(origin, asker.session.as_ref(), transfer);
        let step = step.map_err(|refusal| self.not_handed_on(refusal, asker, id))?;
        if let Some(comment) = comment.filter(|_| self.revision(id) != before) {
            self.keep_comment(id, comment);
        }
        Ok(step)
    }

    fn not_handed_on(
        &self,
        refusal: Refusal,
        asker: &Asker,
        id: &ConversationId,
    ) -> crate::ask::ApiError {
        match refusal {
            Refusal::NotFound(Kind::Conversation) => {
                let may = |ended: &Conversation| asker.admin || asker.holds(ended);
                self.refused_unless_ended(refusal, id, asker, may)
            }
            refusal => refused(refusal),
        }
    }

    fn revision(&self, id: &ConversationId) -> Option<u64> {
        Some(self.core.conversation(id.as_str())?.revision)
    }
}
