//! Conversations that ended, and who their visitors were: as the archive has them, and as it will
//! have them once what has just happened is written. Whoever looks one up looks here, never into
//! the store itself. Where the store cannot be read, what is asked gets no answer
//! ([`Worker::failed_to_read`]).

use std::{collections::VecDeque, sync::Arc};

use switchboard_journal::{
    ArchiveFilter, AuditEntry, Details, Ended, HourFigures, Keyed, LogError, PersonalChange, Store,
    VisitorProfile,
};
use switchboard_routing::{Conversation, ConversationId, Decision, VisitorId, WorkspaceId};

use super::worker::Worker;

/// What may not be in the store yet, by the position that it waits for.
#[derive(Debug, Default)]
pub(crate) struct Unwritten {
    ended: VecDeque<(u64, Arc<Ended>)>,
    decisions: VecDeque<(u64, Arc<Decision>)>,
    /// Visitors of whom something changed, or a conversation ended.
    touched: VecDeque<(u64, VisitorId)>,
    /// Visitors who were erased.
    erased: VecDeque<(u64, VisitorId)>,
    /// Changes that were noted, each by its own number.
    audit: VecDeque<(u64, Arc<AuditEntry>)>,
}

/// Hours, to be read outside of the actor: a year of them takes so long that everybody would wait.
#[derive(Debug)]
pub(crate) struct Hours {
    store: Arc<dyn Store>,
    id: WorkspaceId,
    from: u64,
    before: u64,
    /// The one that ran when they were asked for: nothing later is given.
    running: (u64, Arc<HourFigures>),
}

impl Hours {
    /// Reads them, oldest first.
    pub(crate) fn read(&self) -> Result<Vec<(u64, Arc<HourFigures>)>, LogError> {
        let (hour, running) = &self.running;
        let mut hours = self.store.hours(&self.id, self.from, self.before.min(*hour))?;
        if (self.from..self.before).contains(hour) {
            hours.push((*hour, running.clone()));
        }
        Ok(hours)
    }
}

impl Unwritten {
    fn find(&self, id: &ConversationId) -> Option<&Arc<Ended>> {
        let mut latest = self.ended.iter().rev().map(|(_, ended)| ended);
        latest.find(|ended| ended.conversation.id == *id)
    }

    /// A decision was made.
    pub(super) fn decided(&mut self, decision: &Arc<Decision>) {
        self.decisions.push_back((decision.position, decision.clone()));
    }

    /// Something of a visitor changed.
    pub(super) fn touched(&mut self, position: u64, visitor: &VisitorId) {
        self.touched.push_back((position, visitor.clone()));
    }

    /// A change was noted.
    pub(super) fn audited(&mut self, number: u64, entry: &Arc<AuditEntry>) {
        self.audit.push_back((number, entry.clone()));
    }

    /// A visitor was erased.
    pub(super) fn erased(&mut self, position: u64, visitor: &VisitorId) {
        self.erased.push_back((position, visitor.clone()));
        let own = |ended: &Ended| ended.conversation.visitor_id == *visitor;
        for (_, ended) in self.ended.iter_mut().filter(|(_, ended)| own(ended)) {
            Arc::make_mut(ended).details = None;
        }
    }
}

impl Worker {
    /// Everything up to a position is written, and every change up to a number. Of visitors who
    /// have nothing open, the store alone knows from now on.
    pub(super) fn written(&mut self, safe: u64, audited: u64) {
        self.has_written = true;
        let unwritten = &mut self.unwritten;
        while unwritten.audit.pop_front_if(|(number, _)| *number <= audited).is_some() {}
        while unwritten.ended.pop_front_if(|(position, _)| *position <= safe).is_some() {}
        while unwritten.decisions.pop_front_if(|(position, _)| *position <= safe).is_some() {}
        while unwritten.erased.pop_front_if(|(position, _)| *position <= safe).is_some() {}
        while let Some((_, visitor)) =
            self.unwritten.touched.pop_front_if(|(position, _)| *position <= safe)
        {
            let still = self.unwritten.touched.iter().any(|(_, other)| *other == visitor);
            if !still && self.core.opened_by(visitor.as_str()).next().is_none() {
                self.profiles.unload_visitor(&visitor);
            }
        }
    }

    /// What the store has; nothing where it cannot be read, and then what is asked is not
    /// answered.
    pub(crate) fn read<T: Default>(&self, read: Result<T, LogError>) -> T {
        read.unwrap_or_else(|error| {
            tracing::error!(workspace = %self.id, %error, "the store cannot be read");
            self.unread.set(true);
            T::default()
        })
    }

    /// Whether something that was asked for could not be read, since this was asked last.
    pub(crate) fn failed_to_read(&self) -> bool {
        self.unread.take()
    }

    /// What is known of a visitor.
    pub(crate) fn visitor(&self, id: &VisitorId) -> Option<Arc<VisitorProfile>> {
        if let Some(known) = self.profiles.visitors.get(id) {
            return Some(known.clone());
        }
        if self.unwritten.erased.iter().any(|(_, erased)| erased == id) {
            return None;
        }
        self.read(self.store.visitor(&self.id, id))
    }

    /// The visitor to whom the host's back end gave this external id.
    pub(crate) fn vouched(&self, external_id: &str) -> Option<VisitorId> {
        if let Some(known) = self.profiles.vouched.get(external_id) {
            return Some(known.clone());
        }
        let id = self.read(self.store.vouched(&self.id, external_id))?;
        // It may have another by now, or be erased, and that not be written yet.
        let has = self.visitor(&id)?.external_id.as_deref() == Some(external_id);
        has.then_some(id)
    }

    /// What a visitor's key opened, where the core has forgotten the key and the archive has not.
    pub(crate) fn keyed(&self, visitor: &VisitorId, key: &str) -> Option<Keyed> {
        self.read(self.store.keyed(&self.id, visitor, key))
    }

    /// What was changed before the change of a number, the last first, also of this turn.
    pub(crate) fn changes(&self, before: u64, limit: usize) -> Vec<(u64, Arc<AuditEntry>)> {
        let fresh = self.unwritten.audit.iter().rev().filter(|(number, _)| *number < before);
        let mut changes: Vec<_> = fresh.take(limit).cloned().collect();
        let before = changes.last().map_or(before, |(number, _)| *number);
        if changes.len() < limit {
            let left = limit - changes.len();
            changes.extend(self.read(self.store.audit(&self.id, before, left)));
        }
        changes
    }

    /// The decisions about a conversation, also of this turn.
    pub(crate) fn decisions(&self, of: &Conversation) -> Vec<Arc<Decision>> {
        let mut decisions = self.read(self.store.decisions(&self.id, &of.id, of.number));
        let last = decisions.last().map_or(0, |decision| decision.position);
        let fresh = self.unwritten.decisions.iter().map(|(_, decision)| decision);
        let own = fresh.filter(|decision| decision.conversation_id == of.id);
        decisions.extend(own.filter(|decision| decision.position > last).cloned());
        decisions
    }

    /// Hands the hours that are over by now to the archive, with the next append.
    pub(super) fn finish_hours(&mut self) {
        self.figures.advance(self.now());
        self.batch.figures.extend(self.figures.take_finished());
    }

    /// The hours from one on and before another, as of now. Whoever asks for them is answered when
    /// all that happened until now is written, and reads them then.
    pub(crate) fn hours(&mut self, from: u64, before: u64) -> Hours {
        self.finish_hours();
        let (hour, running) = self.figures.running(self.now());
        let running = (hour, Arc::new(running));
        Hours { store: self.store.clone(), id: self.id.clone(), from, before, running }
    }

    /// Hands a conversation that ended to the archive.
    pub(super) fn archive(&mut self, conversation: Conversation) {
        let id = conversation.id.clone();
        let details = self.profiles.conversations.get(&id).cloned();
        if details.is_some() {
            self.change(PersonalChange::Archived(id.clone()));
        }
        let history = self.histories.remove(&id).unwrap_or_default();
        self.positions.forget(&id, self.clock.now());
        let ended = Arc::new(Ended { conversation, details, history });
        self.retention.note(&ended.conversation);
        self.unwritten.ended.push_back((self.core.position(), ended.clone()));
        self.unwritten.touched(self.core.position(), &ended.conversation.visitor_id);
        self.batch.ended.push(ended);
    }

    /// Takes a conversation that was reopened back from the archive: its history goes on, and what
    /// the host attached to it is there again. What was said when it was handed on told of an
    /// assignment that is over.
    pub(super) fn take_back(&mut self, id: &ConversationId) {
        let here = self.unwritten.find(id).cloned();
        let found = here.or_else(|| self.read(self.store.find(&self.id, id)));
        let Some(ended) = found else { return };
        self.unwritten.ended.retain(|(_, other)| other.conversation.id != *id);
        self.retention.reopened(&ended.conversation);
        self.load_visitor(&ended.conversation.visitor_id);
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
        let fresh = self.unwritten.find(id).cloned();
        fresh.or_else(|| self.read(self.store.find(&self.id, id)))
    }

    /// What is known of a visitor is at hand while it has something open.
    pub(super) fn load_visitor(&mut self, id: &VisitorId) {
        if !self.profiles.visitors.contains_key(id)
            && self.core.opened_by(id.as_str()).next().is_some()
            && let Some(known) = self.visitor(id)
        {
            self.profiles.load_visitor(id, known);
        }
    }

    /// The one of a visitor's that ended last.
    pub(crate) fn last_ended(&self, visitor: &VisitorId) -> Option<Arc<Ended>> {
        let mut latest = self.unwritten.ended.iter().rev().map(|(_, ended)| ended);
        let own = latest.find(|ended| ended.conversation.visitor_id == *visitor).cloned();
        let own = own.or_else(|| self.read(self.store.last_of(&self.id, visitor)))?;
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
        let fresh = self.unwritten.ended.iter().map(|(_, ended)| ended);
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
            let next = self.read(self.store.list(&self.id, filter, after, wanted));
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
