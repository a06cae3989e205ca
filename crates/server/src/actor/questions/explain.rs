//! Why a conversation is where it is.

use switchboard_routing::{Conversation, ConversationId};

use super::{Rights, forbidden};
use crate::{
    actor::worker::Worker,
    ask::{Answer, ApiError},
    convert::explanation_of,
};

impl Worker {
    pub(super) fn explain(&self, rights: &Rights, id: &str) -> Result<Answer, ApiError> {
        let id = ConversationId::from(id);
        if let Some(open) = self.core.conversation(id.as_str()) {
            self.may_explain(rights, open)?;
            let waits_for = open.is_waiting().then(|| self.core.waits_for(open));
            let opens_at = self.timetable.opens_at(&open.department_id);
            let explanation = explanation_of(open, &self.decisions(open), waits_for, opens_at);
            return Ok(Answer::ok(explanation));
        }
        let ended = self.ended(&id);
        let ended = ended.ok_or_else(|| ApiError::not_found("conversation"))?;
        self.may_explain(rights, &ended.conversation)?;
        let decisions = self.decisions(&ended.conversation);
        Ok(Answer::ok(explanation_of(&ended.conversation, &decisions, None, None)))
    }

    /// An explanation names the colleagues and what they were doing: that is for admins.
    fn may_explain(&self, rights: &Rights, of: &Conversation) -> Result<(), ApiError> {
        match rights.admin {
            true => Ok(()),
            false if self.may_see(rights, of) => Err(forbidden()),
            false => Err(ApiError::not_found("conversation")),
        }
    }
}
