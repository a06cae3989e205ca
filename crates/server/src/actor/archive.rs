//! Conversations that ended: as the archive has them, and as it will have them once what has just
//! happened is written. Whoever looks one up looks here, never into the store itself.

use std::{collections::VecDeque, sync::Arc};

use switchboard_journal::{ArchiveFilter, Details, Ended, PersonalChange};
use switchboard_routing::{Conversation, ConversationId, VisitorId};

use super::worker::Worker;

/// What ended and may not be in the store yet, by the position that its ending waits for.
#[derive(Debug, Default)]
pub(crate) struct Unwritten(VecDeque<(u64, Arc<Ended>)>);

impl Unwritten {
    fn find(&self, id: &ConversationId) -> Option<&Arc<Ended>> {
        let mut latest = self.0.iter().rev().map(|(_, ended)| ended);
        latest.find(|ended| ended.conversation.id == *id)
    }

    /// Everything up to a position is written.
    pub(super) fn written(&mut self, safe: u64) {
        while self.0.pop_front_if(|(position, _)| *position <= safe).is_some() {}
    }
}

impl Worker {
    /// Hands a conversation that ended to the archive.
    pub(super) fn archive(&mut self, conversation: Conversation) {
        let id = conversation.id.clone();
        let details = self.profiles.conversations.get(&id).cloned();
        if details.is_some() {
            self.change(PersonalChange::Archived(id.clone()));
        }
        let history = self.histories.remove(&id).unwrap_or_default();
        self.positions.forget(&id, self.node.clock.now());
        let ended = Arc::new(Ended { conversation, details, history });
        self.retention.note(&ended);
        self.unwritten.0.push_back((self.core.position(), ended.clone()));
        self.batch.ended.push(ended);
    }

    /// Takes a conversation that was reopened back from the archive: its history goes on, and what
    /// the host attached to it is there again. What was said when it was handed on told of an
    /// assignment that is over.
    pub(super) fn take_back(&mut self, id: &ConversationId) {
        let here = self.unwritten.find(id).cloned();
        let Some(ended) = here.or_else(|| self.store.find(&self.id, id)) else { return };
        self.unwritten.0.retain(|(_, other)| other.conversation.id != *id);
        self.retention.reopened(&ended);
        self.histories.insert(id.clone(), ended.history.clone());
        if let Some(details) = &ended.details {
            self.attach_details(id, Details { comment: None, ..(**details).clone() });
        }
        self.batch.reopen(ended);
    }

    /// A conversation that ended and was not reopened.
    pub(crate) fn ended(&self, id: &ConversationId) -> Option<Arc<Ended>> {
        if self.core.conversation(id.as_str()).is_some() {
            return None;
        }
        self.unwritten.find(id).cloned().or_else(|| self.store.find(&self.id, id))
    }

    /// The one of a visitor's that ended last.
    pub(crate) fn last_ended(&self, visitor: &VisitorId) -> Option<Arc<Ended>> {
        let mut latest = self.unwritten.0.iter().rev().map(|(_, ended)| ended);
        let own = latest.find(|ended| ended.conversation.visitor_id == *visitor).cloned();
        let own = own.or_else(|| self.store.last_of(&self.id, visitor))?;
        self.core.conversation(own.conversation.id.as_str()).is_none().then_some(own)
    }

    /// Those that a filter admits after a number, oldest first, at most `wanted` that pass.
    pub(crate) fn ended_after(
        &self,
        filter: &ArchiveFilter,
        mut after: u64,
        wanted: usize,
        passes: impl Fn(&Conversation) -> bool,
    ) -> Vec<Arc<Ended>> {
        let fresh = self.unwritten.0.iter().map(|(_, ended)| ended);
        let asked_for = |ended: &&Arc<Ended>| {
            let of = &ended.conversation;
            of.number > after && filter.admits(of) && passes(of)
        };
        let mut found: Vec<Arc<Ended>> = fresh.filter(asked_for).cloned().collect();
        let bound = found.len() + wanted;
        // The same may be in the store by now, or still be there although it is open again.
        let stale = |ended: &Arc<Ended>| {
            let id = &ended.conversation.id;
            self.unwritten.find(id).is_some() || self.core.conversation(id.as_str()).is_some()
        };
        loop {
            let next = self.store.list(&self.id, filter, after, wanted);
            let Some(last) = next.last() else { return found };
            after = last.conversation.number;
            let more = next.len() == wanted;
            found.extend(next.into_iter().filter(|e| passes(&e.conversation) && !stale(e)));
            if !more || found.len() >= bound {
                return found;
            }
        }
    }
}
