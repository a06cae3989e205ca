//! Forgetting: once the archive no longer has a conversation, nothing else keeps its visitor's
//! name, or, after a day, its idempotency key. So nothing here only grows.

use std::{collections::VecDeque, sync::Arc};

use switchboard_journal::PersonalChange;
use switchboard_routing::{Command, Conversation, ConversationId, Timestamp, VisitorId};

use super::worker::Worker;

/// A key holds for so long at least.
const KEY_MS: u64 = 24 * 3_600_000;

/// What is to be forgotten one day, in the order in which it ended.
#[derive(Debug, Default)]
pub(crate) struct Retention {
    ended: VecDeque<(u64, ConversationId, VisitorId)>,
    keys: VecDeque<(Timestamp, ConversationId, VisitorId, Arc<str>)>,
}

impl Retention {
    /// Notes a conversation that ended at this position.
    pub(crate) fn note(&mut self, conversation: &Conversation, position: u64) {
        let (id, visitor) = (conversation.id.clone(), conversation.visitor_id.clone());
        if let (Some(key), Some(at)) = (&conversation.key, conversation.closed_at) {
            self.keys.push_back((at, id.clone(), visitor.clone(), key.key.clone()));
        }
        self.ended.push_back((position, id, visitor));
    }
}

impl Worker {
    /// Forgets what belongs to conversations that the archive has dropped.
    pub(crate) fn forget_old(&mut self) {
        while let Some(visitor) = self.next_dropped() {
            let remembered = self.store.last_of(&self.id, &visitor).is_some()
                || self.core.opened_by(visitor.as_str()).next().is_some();
            if !remembered && self.profiles.visitors.contains_key(&visitor) {
                self.change(PersonalChange::VisitorForgotten(visitor));
            }
        }
        while let Some((visitor_id, key)) = self.next_stale_key() {
            self.step_as_engine(Command::Forget { visitor_id, key });
        }
    }

    fn next_dropped(&mut self) -> Option<VisitorId> {
        let (position, id, _) = self.retention.ended.front()?;
        // Not written yet, it is not in the archive yet.
        if *position > self.safe || self.store.find(&self.id, id).is_some() {
            return None;
        }
        self.retention.ended.pop_front().map(|(.., visitor)| visitor)
    }

    fn next_stale_key(&mut self) -> Option<(VisitorId, Arc<str>)> {
        let (ended_at, id, ..) = self.retention.keys.front()?;
        if self.now().since_ms(*ended_at) < KEY_MS || self.store.find(&self.id, id).is_some() {
            return None;
        }
        let (.., visitor, key) = self.retention.keys.pop_front()?;
        Some((visitor, key))
    }
}
