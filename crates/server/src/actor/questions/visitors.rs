//! Erasing a visitor: what is known of it goes, everywhere; that there was somebody stays.

use switchboard_journal::PersonalChange;
use switchboard_protocol::CloseCode;
use switchboard_routing::{Command, ConversationId, Person, VisitorId};

use super::{Answered, Rights, audit::Target};
use crate::{
    actor::worker::Worker,
    ask::{Answer, ApiError},
};

impl Worker {
    /// Closes what a visitor has open, ends its sessions, and erases its personal data: its name
    /// and addresses, what was attached to its conversations, and what repeats would be told.
    pub(super) fn erase_visitor(&mut self, rights: &Rights, id: &str) -> Answered {
        rights.admin()?;
        let id = VisitorId::from(id);
        if !self.knows(&id) {
            return Err(ApiError::not_found("visitor"));
        }
        let open = self.core.opened_by(id.as_str()).map(|open| open.id.clone());
        for conversation_id in open.collect::<Vec<ConversationId>>() {
            let close = Command::CloseConversation { conversation_id };
            let step = self.carry_out_for(rights.origin.clone(), close)?;
            self.tell(&step);
        }
        let person = Person::Visitor(id.clone());
        for session in self.streams.of(&person).to_vec() {
            self.end_session(&session, Some(CloseCode::Removed));
        }
        for (_, stream) in self.streams.all_mut() {
            stream.forget(&id);
        }
        self.session_log.forget(&id);
        self.batch.forget(&id);
        self.note_secret(rights, "visitor.erased", Target::Visitor, id.as_str());
        self.change(PersonalChange::VisitorErased(id));
        Ok((Answer::empty(), None))
    }
}
