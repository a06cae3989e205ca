//! What is written at once.

use std::{fmt, sync::Arc};

use switchboard_routing::{Conversation, Decision, Record, Snapshot, VisitorId};

use crate::{Details, Figures, Histories, HourFigures, KeptAnswer, PersonalChange};

/// One transaction of one workspace.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// What happened, in order.
    pub events: Vec<Arc<Record>>,
    /// What it changed of personal data.
    pub personal: Vec<PersonalChange>,
    /// The conversations that had ended and were reopened in it, as they had ended: the archive
    /// gives them up.
    pub reopened: Vec<Arc<Ended>>,
    /// The conversations that ended in it. One that was reopened in it too ended after that.
    pub ended: Vec<Arc<Ended>>,
    /// How routing decided in it, each with the number of the conversation. For explaining only:
    /// nothing is replayed from them.
    pub decisions: Vec<(u64, Arc<Decision>)>,
    /// Conversations that ended and are kept no longer.
    pub dropped: Vec<Arc<Ended>>,
    /// What is older than everything from this position on needs no keeping; none: all stays.
    pub keep_from: Option<u64>,
    /// Answers to requests that may be repeated.
    pub answers: Vec<KeptAnswer>,
    /// The figures of hours that were over before it, each whole: they take the place of what is
    /// there.
    pub figures: Vec<(u64, Arc<HourFigures>)>,
    /// What happened to the streams of sessions, in the shell's own form.
    pub sessions: Option<Opaque>,
}

impl Batch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
            && self.personal.is_empty()
            && self.decisions.is_empty()
            && self.dropped.is_empty()
            && self.answers.is_empty()
            && self.figures.is_empty()
            && self.sessions.is_none()
    }

    /// How much there is to replay: every event, change, reopened and ended conversation,
    /// and what happened to sessions.
    pub fn size(&self) -> u64 {
        let conversations = self.reopened.len() + self.ended.len();
        let sessions = usize::from(self.sessions.is_some());
        (self.events.len() + self.personal.len() + conversations + sessions) as u64
    }

    /// What it would write of a visitor's conversations that ended goes, but for their lives.
    pub fn forget(&mut self, visitor: &VisitorId) {
        let own = |ended: &Ended| ended.conversation.visitor_id == *visitor;
        for ended in self.ended.iter_mut().filter(|ended| own(ended)) {
            Arc::make_mut(ended).details = None;
        }
    }

    /// Takes a conversation back that ended, in this batch or in one before.
    pub fn reopen(&mut self, ended: Arc<Ended>) {
        let id = &ended.conversation.id;
        self.ended.retain(|other| other.conversation.id != *id);
        if self.reopened.iter().all(|other| other.conversation.id != *id) {
            self.reopened.push(ended);
        }
    }
}

/// A conversation that ended, with all that is shown of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Its last state.
    pub conversation: Conversation,
    /// What the host attached.
    pub details: Option<Arc<Details>>,
    /// Its events.
    pub history: Vec<Arc<Record>>,
}

/// A workspace at a position.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The routing state.
    pub snapshot: Snapshot,
    /// The events of each conversation that has not ended.
    pub histories: Histories,
    /// The figures of the hour that runs, and all that the next ones depend on; none: nobody kept
    /// any.
    pub figures: Option<Figures>,
    /// The streams of its sessions, in the shell's own form.
    pub sessions: Option<Opaque>,
    /// Whether nothing can happen in it by itself: it need not be loaded before somebody asks.
    pub dormant: bool,
}

/// Bytes that mean something to the shell alone, made when they are written, by whoever writes.
#[derive(Clone)]
pub struct Opaque(Arc<dyn Fn() -> Vec<u8> + Send + Sync>);

impl Opaque {
    /// Bytes that this makes.
    pub fn new(make: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    /// The bytes.
    pub fn bytes(&self) -> Vec<u8> {
        (self.0)()
    }
}

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opaque")
    }
}
