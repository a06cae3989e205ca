//! A store that lives as long as the process: for tests, and for `--in-memory`.
//!
//! It is bounded. Of each workspace it keeps, for reading, the last [`RETAINED_EVENTS`] events,
//! the last [`RETAINED_ENDED`] conversations that ended and the last [`RETAINED_DECISION_BYTES`]
//! of decisions; what a restart of the actor needs, it keeps whole, in a snapshot and the batches
//! after it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use parking_lot::Mutex;
use switchboard_routing::{ConversationId, Decision, Record, VisitorId, WorkspaceId};

use crate::{
    Append, Archive, ArchiveFilter, Batch, Claim, Directory, DirectoryError, Ended, Entry, Log,
    LogError, Notify, Stored, Writer, decisions::Decisions, shelf::Shelf,
};

/// How many events of a workspace can be read back.
pub const RETAINED_EVENTS: usize = 100_000;
/// How many ended conversations of a workspace can be read back.
pub const RETAINED_ENDED: usize = 50_000;

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
}

#[derive(Debug, Default)]
struct Workspace {
    epoch: u64,
    number: u64,
    stored: Option<Stored>,
    tail: Vec<Batch>,
    since_snapshot: u64,
    events: VecDeque<Arc<Record>>,
    archive: Shelf,
    decisions: Decisions,
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
}

impl Log for Memory {
    fn claim(&self, workspace: &WorkspaceId, _: Notify) -> Result<Claim, LogError> {
        let workspace = self.workspace(workspace.as_str()).ok_or(LogError::Unknown)?;
        let mut kept = workspace.lock();
        kept.epoch += 1;
        let epoch = kept.epoch;
        let writer =
            Box::new(MemoryWriter { workspace: workspace.clone(), retained: self.retained, epoch });
        Ok(Claim { epoch, stored: kept.stored.clone(), tail: kept.tail.clone(), writer })
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
}

/// Appends at once: nothing is ever pending.
#[derive(Debug)]
struct MemoryWriter {
    workspace: Arc<Mutex<Workspace>>,
    retained: Retained,
    epoch: u64,
}

impl Writer for MemoryWriter {
    fn append(&mut self, mut batch: Batch) -> Append {
        let mut kept = self.workspace.lock();
        if kept.epoch != self.epoch {
            return Append::Fenced;
        }
        kept.since_snapshot += batch.size();
        kept.events.extend(batch.events.iter().cloned());
        let excess = kept.events.len().saturating_sub(self.retained.events);
        kept.events.drain(..excess);
        for reopened in &batch.reopened {
            kept.archive.take(&reopened.conversation.id);
        }
        for ended in &batch.ended {
            kept.archive.put(ended, self.retained.ended);
        }
        // They are not replayed, so they do not stay in the tail.
        for decision in std::mem::take(&mut batch.decisions) {
            kept.decisions.put(decision, self.retained.decision_bytes, RETAINED_DECISIONS_EACH);
        }
        if !batch.is_empty() {
            kept.tail.push(batch);
        }
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
            kept.since_snapshot = 0;
        }
        Ok(())
    }
}

impl Archive for Memory {
    fn find(&self, workspace: &WorkspaceId, id: &ConversationId) -> Option<Arc<Ended>> {
        let workspace = self.workspace(workspace.as_str())?;
        let kept = workspace.lock();
        kept.archive.find(id)
    }

    fn last_of(&self, workspace: &WorkspaceId, visitor: &VisitorId) -> Option<Arc<Ended>> {
        let workspace = self.workspace(workspace.as_str())?;
        let kept = workspace.lock();
        kept.archive.last_of(visitor)
    }

    fn list(
        &self,
        workspace: &WorkspaceId,
        filter: &ArchiveFilter,
        after: u64,
        limit: usize,
    ) -> Vec<Arc<Ended>> {
        let Some(workspace) = self.workspace(workspace.as_str()) else { return Vec::new() };
        let kept = workspace.lock();
        kept.archive
            .after(after)
            .filter(|ended| filter.admits(&ended.conversation))
            .take(limit)
            .cloned()
            .collect()
    }

    fn decisions(&self, workspace: &WorkspaceId, id: &ConversationId) -> Vec<Decision> {
        let Some(workspace) = self.workspace(workspace.as_str()) else { return Vec::new() };
        let kept = workspace.lock();
        kept.decisions.about(id)
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

    fn entry(&self, id: &str) -> Option<Entry> {
        let kept = self.kept.lock();
        let number = kept.workspaces.get(id)?.lock().number;
        kept.entries.get(&number).cloned()
    }

    fn entries(&self, after: u64, limit: usize) -> Vec<Entry> {
        let kept = self.kept.lock();
        let later = kept.entries.range(after.saturating_add(1)..);
        later.take(limit).map(|(_, entry)| entry.clone()).collect()
    }

    fn erase(&self, id: &str) -> Result<bool, DirectoryError> {
        let mut kept = self.kept.lock();
        let Some(workspace) = kept.workspaces.remove(id) else { return Ok(false) };
        let mut erased = workspace.lock();
        kept.entries.remove(&erased.number);
        // Whoever still writes to it is fenced off, and what it wrote is gone.
        *erased = Workspace { epoch: erased.epoch + 1, ..Workspace::default() };
        Ok(true)
    }
}
