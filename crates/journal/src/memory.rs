//! A store that lives as long as the process: for tests, and for `--in-memory`.
//!
//! It is bounded. Of each workspace it keeps, for reading, the last [`RETAINED_EVENTS`] events,
//! the last [`RETAINED_ENDED`] conversations that ended with what is known of their visitors,
//! the last [`RETAINED_DECISION_BYTES`] of decisions, and the figures of the last [`KEPT_HOURS`] in
//! which something happened; what a restart of the actor needs, it keeps
//! whole, in a snapshot and the events after it. The streams of sessions it does not keep.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use parking_lot::Mutex;
use switchboard_routing::{
    ConversationId, Decision, Event, Record, Timestamp, VisitorId, WorkspaceId,
};

use crate::{
    Answered, Append, Archive, ArchiveFilter, AuditEntry, Batch, Claim, Directory, DirectoryError,
    Ended, Entry, HourFigures, KEPT_HOURS, KeptAnswer, KeptKey, Keyed, Log, LogError, Notify,
    PersonalChange, Profiles, Recovered, Site, Stored, VisitorProfile, Writer, answers::Answers,
    decisions::Decisions, fold::Histories, shelf::Shelf,
};

/// How many events of a workspace can be read back.
pub const RETAINED_EVENTS: usize = 100_000;
/// How many ended conversations of a workspace can be read back.
pub const RETAINED_ENDED: usize = 50_000;
/// How many changes that people made in a workspace can be read back.
pub const RETAINED_AUDIT: usize = 10_000;

/// How many bytes of decisions about a workspace's conversations can be read back, roughly. One
/// with fifty candidates takes some 2.5 KB, so these are the last 14 000 of those, or 70 000 of
/// a small department's; the oldest go first. Counted in bytes, because a hundred thousand
/// conversations that arrive in one queue would take ten times as much.
pub const RETAINED_DECISION_BYTES: usize = 32 * 1024 * 1024;
/// How many decisions about one conversation can be read back: the last ones, so that one that
/// nobody takes does not push out all the others.
pub const RETAINED_DECISIONS_EACH: usize = 50;

/// See the module. Cheap to clone: clones share what is kept.
#[derive(Clone, Debug)]
pub struct Memory {
    kept: Arc<Mutex<Kept>>,
    retained: Retained,
}

/// How much of each workspace can be read back.
#[derive(Clone, Copy, Debug)]
struct Retained {
    events: usize,
    ended: usize,
    decision_bytes: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self::keeping(RETAINED_EVENTS, RETAINED_ENDED)
    }
}

#[derive(Debug, Default)]
struct Kept {
    workspaces: BTreeMap<WorkspaceId, Arc<Mutex<Workspace>>>,
    entries: BTreeMap<u64, Entry>,
    taken: BTreeSet<WorkspaceId>,
    last_number: u64,
    answers: Arc<Mutex<Answers>>,
}

#[derive(Debug, Default)]
struct Workspace {
    epoch: u64,
    number: u64,
    stored: Option<Stored>,
    tail: Vec<Arc<Record>>,
    /// What had happened to conversations that were reopened since the snapshot.
    earlier: Histories,
    since_snapshot: u64,
    events: VecDeque<Arc<Record>>,
    archive: Shelf,
    decisions: Decisions,
    hours: BTreeMap<u64, Arc<HourFigures>>,
    people: Profiles,
    audit: VecDeque<(u64, Arc<AuditEntry>)>,
    /// How many conversations each visitor has that have not ended.
    open: HashMap<VisitorId, u32>,
}

impl Workspace {
    fn write(&mut self, batch: Batch, retained: Retained) {
        self.since_snapshot += batch.size();
        for record in &batch.events {
            if let Event::ConversationOpened { visitor_id, .. } = &record.event {
                *self.open.entry(visitor_id.clone()).or_default() += 1;
            }
        }
        self.events.extend(batch.events.iter().cloned());
        let excess = self.events.len().saturating_sub(retained.events);
        self.events.drain(..excess);
        self.tail.extend(batch.events);
        for change in &batch.personal {
            if let PersonalChange::VisitorErased(id) = change {
                self.archive.forget_details(id);
            }
            if let PersonalChange::Audit(number, entry) = change {
                self.audit.truncate(RETAINED_AUDIT - 1);
                self.audit.push_front((*number, entry.clone()));
            }
            self.people.apply(change);
        }
        for reopened in &batch.reopened {
            let of = &reopened.conversation;
            if self.archive.take(&of.id) {
                *self.open.entry(of.visitor_id.clone()).or_default() += 1;
            }
            self.earlier.insert(of.id.clone(), reopened.history.clone());
        }
        for ended in &batch.ended {
            self.close(&ended.conversation.visitor_id);
            for visitor in self.archive.put(ended, retained.ended) {
                self.forget(&visitor);
            }
        }
        // They are not replayed, so they do not stay in the tail.
        for (_, decision) in batch.decisions {
            self.decisions.put(decision, retained.decision_bytes, RETAINED_DECISIONS_EACH);
        }
        self.hours.extend(batch.figures);
        while self.hours.len() as u64 > KEPT_HOURS {
            self.hours.pop_first();
        }
    }

    fn close(&mut self, visitor: &VisitorId) {
        if let Some(open) = self.open.get_mut(visitor) {
            *open -= 1;
            if *open == 0 {
                self.open.remove(visitor);
            }
        }
    }

    /// Of a visitor without conversations nothing is kept.
    fn forget(&mut self, visitor: &VisitorId) {
        if !self.open.contains_key(visitor) && self.archive.last_of(visitor).is_none() {
            self.people.apply(&PersonalChange::VisitorForgotten(visitor.clone()));
        }
    }

    fn recover(&self) -> Result<(Recovered, Profiles), LogError> {
        let mut recovered = Recovered::fold(self.stored.clone(), &self.tail, self.epoch)?;
        let begun_earlier: Vec<_> = recovered.begun_earlier().cloned().collect();
        for id in begun_earlier {
            let earlier = self.earlier.get(&id).into_iter().flatten();
            let since = recovered.histories.remove(&id).unwrap_or_default();
            let first = since.first().map_or(0, |record| record.position);
            let before = earlier.filter(|record| record.position < first).cloned();
            recovered.histories.insert(id, before.chain(since).collect());
        }
        let mut profiles = self.people.clone();
        profiles.keep_visitors(|id| self.open.contains_key(id));
        Ok((recovered, profiles))
    }
}

impl Memory {
    /// A store of which so many events, and so many ended conversations, of each workspace can
    /// be read back.
    pub fn keeping(events: usize, ended: usize) -> Self {
        let retained = Retained { events, ended, decision_bytes: RETAINED_DECISION_BYTES };
        Self { kept: Arc::default(), retained }
    }

    /// The same store, with so many bytes of decisions.
    #[must_use]
    pub fn with_decision_bytes(mut self, bytes: usize) -> Self {
        self.retained.decision_bytes = bytes;
        self
    }

    fn workspace(&self, id: &str) -> Option<Arc<Mutex<Workspace>>> {
        self.kept.lock().workspaces.get(id).cloned()
    }

    fn of<A>(&self, id: &WorkspaceId, read: impl FnOnce(&Workspace) -> A) -> Option<A> {
        self.workspace(id.as_str()).map(|workspace| read(&workspace.lock()))
    }
}

impl Log for Memory {
    fn claim(&self, workspace: &WorkspaceId, _: Notify) -> Result<Claim, LogError> {
        let workspace = self.workspace(workspace.as_str()).ok_or(LogError::Unknown)?;
        let mut kept = workspace.lock();
        kept.epoch += 1;
        let (recovered, profiles) = kept.recover()?;
        let writer = MemoryWriter {
            workspace: workspace.clone(),
            answers: self.kept.lock().answers.clone(),
            retained: self.retained,
            epoch: kept.epoch,
        };
        Ok(Claim { recovered, profiles, sessions: Vec::new(), writer: Box::new(writer) })
    }

    fn read(
        &self,
        workspace: &WorkspaceId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, LogError> {
        let workspace = self.workspace(workspace.as_str()).ok_or(LogError::Unknown)?;
        let kept = workspace.lock();
        let first = kept.events.partition_point(|record| record.position <= after);
        Ok(kept.events.iter().skip(first).take(limit).cloned().collect())
    }

    fn trouble(&self) -> Option<String> {
        None
    }
}

/// Appends at once: nothing is ever pending.
#[derive(Debug)]
struct MemoryWriter {
    workspace: Arc<Mutex<Workspace>>,
    answers: Arc<Mutex<Answers>>,
    retained: Retained,
    epoch: u64,
}

impl Writer for MemoryWriter {
    fn append(&mut self, mut batch: Batch) -> Append {
        let mut kept = self.workspace.lock();
        if kept.epoch != self.epoch {
            return Append::Fenced;
        }
        let erased = batch.personal.iter().filter_map(|change| match change {
            PersonalChange::VisitorErased(id) => Some(id),
            _ => None,
        });
        let mut answers = self.answers.lock();
        for visitor in erased {
            answers.change(kept.number, |answer| {
                if tells_of(answer, visitor) {
                    blank(answer);
                }
            });
        }
        for answer in std::mem::take(&mut batch.answers) {
            answers.expire(kept.number, Timestamp(answer.at.0.saturating_sub(crate::KEPT_MS)));
            answers.put(kept.number, answer);
        }
        kept.write(batch, self.retained);
        Append::Done
    }

    fn since_snapshot(&self) -> u64 {
        self.workspace.lock().since_snapshot
    }

    fn snapshot(&mut self, stored: Stored) -> Result<(), LogError> {
        let mut kept = self.workspace.lock();
        if kept.epoch == self.epoch {
            kept.stored = Some(stored);
            kept.tail = Vec::new();
            kept.earlier = Histories::new();
            kept.since_snapshot = 0;
        }
        Ok(())
    }
}

fn tells_of(answer: &KeptAnswer, visitor: &VisitorId) -> bool {
    let id = visitor.as_str().as_bytes();
    let body = answer.answered.body.as_deref().unwrap_or_default();
    body.windows(id.len()).any(|part| part == id)
}

/// An answer about what was erased is an answer no more: it is not found.
fn blank(answer: &mut KeptAnswer) {
    answer.answered = Answered { status: crate::ERASED_STATUS, body: None };
}

impl Archive for Memory {
    fn find(
        &self,
        workspace: &WorkspaceId,
        id: &ConversationId,
    ) -> Result<Option<Arc<Ended>>, LogError> {
        Ok(self.of(workspace, |kept| kept.archive.find(id)).flatten())
    }

    fn last_of(
        &self,
        workspace: &WorkspaceId,
        visitor: &VisitorId,
    ) -> Result<Option<Arc<Ended>>, LogError> {
        Ok(self.of(workspace, |kept| kept.archive.last_of(visitor)).flatten())
    }

    fn list(
        &self,
        workspace: &WorkspaceId,
        filter: &ArchiveFilter,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Arc<Ended>>, LogError> {
        let list = |kept: &Workspace| {
            let later = kept.archive.after(after);
            later.filter(|ended| filter.admits(&ended.conversation)).take(limit).cloned().collect()
        };
        Ok(self.of(workspace, list).unwrap_or_default())
    }

    fn decisions(
        &self,
        workspace: &WorkspaceId,
        id: &ConversationId,
        _: u64,
    ) -> Result<Vec<Arc<Decision>>, LogError> {
        Ok(self.of(workspace, |kept| kept.decisions.about(id)).unwrap_or_default())
    }

    fn visitor(
        &self,
        workspace: &WorkspaceId,
        id: &VisitorId,
    ) -> Result<Option<Arc<VisitorProfile>>, LogError> {
        Ok(self.of(workspace, |kept| kept.people.visitors.get(id).cloned()).flatten())
    }

    fn vouched(
        &self,
        workspace: &WorkspaceId,
        external_id: &str,
    ) -> Result<Option<VisitorId>, LogError> {
        Ok(self.of(workspace, |kept| kept.people.vouched.get(external_id).cloned()).flatten())
    }

    fn keyed(
        &self,
        workspace: &WorkspaceId,
        visitor: &VisitorId,
        key: &str,
    ) -> Result<Option<Keyed>, LogError> {
        Ok(self.of(workspace, |kept| kept.archive.keyed(visitor, key)).flatten())
    }

    fn keys_since(
        &self,
        workspace: &WorkspaceId,
        after: Timestamp,
    ) -> Result<Vec<KeptKey>, LogError> {
        Ok(self.of(workspace, |kept| kept.archive.keys_since(after)).unwrap_or_default())
    }

    fn audit(
        &self,
        workspace: &WorkspaceId,
        before: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Arc<AuditEntry>)>, LogError> {
        let list = |kept: &Workspace| {
            let earlier = kept.audit.iter().filter(|(number, _)| *number < before);
            earlier.take(limit).cloned().collect()
        };
        Ok(self.of(workspace, list).unwrap_or_default())
    }

    /// None: what is over the bound goes as soon as something ends.
    fn expired(
        &self,
        _: &WorkspaceId,
        _: Timestamp,
        _: usize,
    ) -> Result<Vec<Arc<Ended>>, LogError> {
        Ok(Vec::new())
    }

    fn hours(
        &self,
        workspace: &WorkspaceId,
        from: u64,
        before: u64,
    ) -> Result<Vec<(u64, Arc<HourFigures>)>, LogError> {
        let read = |kept: &Workspace| {
            let those = kept.hours.range(from..before.max(from));
            those.map(|(hour, figures)| (*hour, figures.clone())).collect()
        };
        Ok(self.of(workspace, read).unwrap_or_default())
    }
}

impl Directory for Memory {
    fn create(&self, mut entry: Entry) -> Result<Entry, DirectoryError> {
        let mut kept = self.kept.lock();
        if !kept.taken.insert(entry.id.clone()) {
            return Err(DirectoryError::Taken);
        }
        kept.last_number += 1;
        entry.number = kept.last_number;
        let workspace = Workspace { number: entry.number, ..Workspace::default() };
        kept.workspaces.insert(entry.id.clone(), Arc::new(Mutex::new(workspace)));
        kept.entries.insert(entry.number, entry.clone());
        Ok(entry)
    }

    fn abandon(&self, id: &str) {
        if matches!(self.erase(id), Ok(true)) {
            self.kept.lock().taken.remove(id);
        }
    }

    fn entry(&self, id: &str) -> Option<Entry> {
        let kept = self.kept.lock();
        let number = kept.workspaces.get(id)?.lock().number;
        kept.entries.get(&number).cloned()
    }

    fn publish(&self, id: &str, site: Arc<Site>) {
        let mut kept = self.kept.lock();
        let Some(number) = kept.workspaces.get(id).map(|of| of.lock().number) else { return };
        if let Some(entry) = kept.entries.get_mut(&number) {
            entry.site = site;
        }
    }

    fn entries(&self, after: u64, limit: usize) -> Vec<Entry> {
        let kept = self.kept.lock();
        let later = kept.entries.range(after.saturating_add(1)..);
        later.take(limit).map(|(_, entry)| entry.clone()).collect()
    }

    fn awake(&self) -> Vec<WorkspaceId> {
        Vec::new()
    }

    fn erase(&self, id: &str) -> Result<bool, DirectoryError> {
        let mut kept = self.kept.lock();
        let Some(workspace) = kept.workspaces.remove(id) else { return Ok(false) };
        let mut erased = workspace.lock();
        kept.entries.remove(&erased.number);
        kept.answers.lock().change(erased.number, blank);
        // Whoever still writes to it is fenced off, and what it wrote is gone.
        *erased = Workspace { epoch: erased.epoch + 1, ..Workspace::default() };
        Ok(true)
    }

    fn answer(
        &self,
        key: &[u8; 32],
        since: Timestamp,
    ) -> Result<Option<KeptAnswer>, DirectoryError> {
        let answers = self.kept.lock().answers.clone();
        Ok(answers.lock().find(key, since).cloned())
    }

    fn keep(&self, answer: KeptAnswer) -> Result<(), DirectoryError> {
        let answers = self.kept.lock().answers.clone();
        let mut answers = answers.lock();
        answers.expire(0, Timestamp(answer.at.0.saturating_sub(crate::KEPT_MS)));
        answers.put(0, answer);
        Ok(())
    }
}
