//! What a workspace's actor keeps its events in, behind three small traits.
//!
//! [`Log`]: one writer for each workspace, fenced by an epoch; append at a position, load, release.
//! [`Archive`]: conversations that ended and decisions about conversations, for reading. [`Directory`]: which workspaces there are.
//! [`Memory`] implements all three and keeps nothing across a restart; it is bounded, see there.
//!
//! A [`Batch`] is one transaction: events, the conversations they ended, how routing decided, and
//! the personal data that goes with them, which sits beside the log so that it can be erased.

mod batch;
mod decisions;
mod directory;
mod memory;
mod personal;
mod shelf;

pub use batch::{Batch, Ended, Stored};
pub use directory::{Directory, DirectoryError, Entry};
pub use memory::{
    Memory, RETAINED_DECISION_BYTES, RETAINED_DECISIONS_EACH, RETAINED_ENDED, RETAINED_EVENTS,
};
pub use personal::{AgentProfile, Attribute, Details, PersonalChange, Profiles, VisitorProfile};

use std::sync::Arc;

use switchboard_routing::{
    ConversationId, Decision, Record, State, VisitorId, Workspace, WorkspaceId,
};

/// Why a log could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// There is no such workspace in it.
    #[error("no such workspace")]
    Unknown,
    /// What is stored cannot be read.
    #[error("damaged at position {position}: {what}")]
    Damaged {
        /// The last position before the damage.
        position: u64,
        /// What is wrong.
        what: String,
    },
    /// The store failed.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// What became of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Append {
    /// It is safe.
    Done,
    /// It will be reported to [`Notify`].
    Pending,
    /// Another writer has a later epoch: this one is over.
    Fenced,
    /// Nothing of it was written. Never retried blindly.
    Failed(LogError),
    /// It may or may not have been written: only a load tells.
    Unknown,
}

/// Told of appends that were [`Append::Pending`]: the last position of the batch, and the outcome.
pub type Notify = Arc<dyn Fn(u64, Append) + Send + Sync>;

/// The right to write a workspace's log, and what is in it.
#[derive(Debug)]
pub struct Claim {
    /// Higher than every epoch before.
    pub epoch: u64,
    /// The latest snapshot, if there is one.
    pub stored: Option<Stored>,
    /// The batches after it, in order.
    pub tail: Vec<Batch>,
    /// Where to append.
    pub writer: Box<dyn Writer>,
}

impl Claim {
    /// The routing state that the log gives: the fold of its events onto the latest snapshot. It
    /// writes under this claim's epoch; who had a session is not lost yet.
    pub fn workspace(&self) -> Workspace {
        let mut workspace = match &self.stored {
            Some(stored) => Workspace::restore(&stored.snapshot, &[]),
            None => Workspace::new(self.epoch),
        };
        for record in self.tail.iter().flat_map(|batch| &batch.events) {
            workspace.replay(record);
        }
        workspace.begin_epoch(self.epoch);
        workspace
    }
}

/// The events of workspaces.
pub trait Log: Send + Sync + std::fmt::Debug {
    /// Takes a workspace's log over: whoever had it before is fenced off.
    ///
    /// # Errors
    /// Where there is no such workspace, or its log cannot be read.
    fn claim(&self, workspace: &WorkspaceId, notify: Notify) -> Result<Claim, LogError>;

    /// Public reading: events after a position, oldest first, at most `limit`.
    ///
    /// # Errors
    /// Where the log cannot be read.
    fn read(
        &self,
        workspace: &WorkspaceId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, LogError>;
}

/// The one writer of one workspace's log.
pub trait Writer: Send + std::fmt::Debug {
    /// Appends a batch, whole or not at all, behind what was appended before.
    fn append(&mut self, batch: Batch) -> Append;

    /// How much was appended since the last snapshot: [`Batch::size`] of it all.
    fn since_snapshot(&self) -> u64;

    /// Stores a snapshot; what is before it need not be replayed any more.
    ///
    /// # Errors
    /// Where the store failed. The log is as good as before.
    fn snapshot(&mut self, stored: Stored) -> Result<(), LogError>;
}

/// Which ended conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchiveFilter {
    /// Closed, or rejected.
    pub state: Option<State>,
    /// Of this department.
    pub department_id: Option<String>,
    /// Held last by this agent.
    pub agent_id: Option<String>,
}

impl ArchiveFilter {
    /// Whether a conversation is one of them.
    pub fn admits(&self, conversation: &switchboard_routing::Conversation) -> bool {
        let agent = conversation.agent_id.as_ref().map(|id| id.as_str());
        self.state.is_none_or(|state| conversation.state == state)
            && self
                .department_id
                .as_deref()
                .is_none_or(|d| conversation.department_id.as_str() == d)
            && self.agent_id.as_deref().is_none_or(|a| agent == Some(a))
    }
}

/// What is kept for reading alone: conversations that ended, and how routing decided.
pub trait Archive: Send + Sync + std::fmt::Debug {
    /// One of them.
    fn find(&self, workspace: &WorkspaceId, id: &ConversationId) -> Option<Arc<Ended>>;

    /// The one of a visitor that ended last.
    fn last_of(&self, workspace: &WorkspaceId, visitor: &VisitorId) -> Option<Arc<Ended>>;

    /// Those after a place in the order of arrival, oldest first, at most `limit`.
    fn list(
        &self,
        workspace: &WorkspaceId,
        filter: &ArchiveFilter,
        after: u64,
        limit: usize,
    ) -> Vec<Arc<Ended>>;

    /// The decisions about a conversation, open or ended, that are still kept; oldest first.
    fn decisions(&self, workspace: &WorkspaceId, id: &ConversationId) -> Vec<Decision>;
}

/// A store that is all three.
pub trait Store: Log + Archive + Directory {}

impl<T: Log + Archive + Directory> Store for T {}
