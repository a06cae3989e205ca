//! A store whose appends fail, wait, and get lost as the world wills.

use std::{collections::VecDeque, sync::Arc};

use switchboard_journal::{Append, Batch, Ended, LogError, Stored, Writer};
use switchboard_routing::ConversationId;

/// What becomes of an append.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// It is written at once.
    #[default]
    Done,
    /// It is written later, or not.
    Pending,
    /// Nothing of it is written.
    Failed,
    /// Nobody knows; it is written.
    UnknownWritten,
    /// Nobody knows; it is not written.
    UnknownLost,
    /// Somebody else writes this log by now.
    Fenced,
}

/// See the module. It fails before it asks the writer that it wraps, or after.
#[derive(Debug)]
pub struct FaultyWriter {
    inner: Box<dyn Writer>,
    /// What becomes of the next append.
    pub next: Fate,
    pending: VecDeque<Batch>,
}

impl FaultyWriter {
    /// Nothing fails until [`Self::next`] says so.
    pub fn new(inner: Box<dyn Writer>) -> Self {
        Self { inner, next: Fate::Done, pending: VecDeque::new() }
    }

    /// A conversation that ended in what is pending, as it did last.
    pub fn ended(&self, id: &ConversationId) -> Option<Arc<Ended>> {
        let ended = self.pending.iter().rev().flat_map(|batch| batch.ended.iter().rev());
        ended.into_iter().find(|ended| ended.conversation.id == *id).cloned()
    }

    /// The append that is pending longest is written, or whatever its fate is; none is pending.
    pub fn settle(&mut self, fate: Fate) -> Option<Append> {
        let batch = self.pending.pop_front()?;
        Some(self.write(batch, fate))
    }

    /// Whoever wrote is dead; of what is pending so many are written, in order.
    pub fn die(&mut self, written: usize) {
        for batch in self.pending.drain(..).take(written) {
            let _ = self.inner.append(batch);
        }
        self.pending.clear();
    }

    fn write(&mut self, batch: Batch, fate: Fate) -> Append {
        match fate {
            Fate::Done | Fate::Pending | Fate::Fenced => self.inner.append(batch),
            Fate::Failed => Append::Failed(LogError::Failed("no space left".into())),
            Fate::UnknownLost => Append::Unknown,
            Fate::UnknownWritten => {
                let _ = self.inner.append(batch);
                Append::Unknown
            }
        }
    }
}

impl Writer for FaultyWriter {
    fn append(&mut self, batch: Batch) -> Append {
        let fate = std::mem::take(&mut self.next);
        // Appends are in order: nothing overtakes what is pending.
        if fate == Fate::Pending || !self.pending.is_empty() && fate == Fate::Done {
            self.pending.push_back(batch);
            return Append::Pending;
        }
        if self.pending.is_empty() {
            return self.write(batch, fate);
        }
        // The store fails with several in its hands: what came before is written or is not.
        if fate == Fate::UnknownWritten {
            self.die(usize::MAX);
        }
        self.pending.clear();
        self.write(batch, fate)
    }

    fn since_snapshot(&self) -> u64 {
        self.inner.since_snapshot()
    }

    fn snapshot(&mut self, stored: Stored) -> Result<(), LogError> {
        if self.pending.is_empty() { self.inner.snapshot(stored) } else { Ok(()) }
    }
}
