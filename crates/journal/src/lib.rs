//! What a workspace's actor keeps its events in, behind three small traits.
//!
//! [`Log`]: one writer for each workspace, fenced by an epoch; append, load, snapshot.
//! [`Archive`]: what is kept for reading alone: conversations that ended, who their visitors were,
//! how routing decided, what each hour came to ([`Figures`]). [`Directory`]: which workspaces there are, and the answers to requests that
//! may be repeated.
//! [`Memory`] implements all three and keeps nothing across a restart; it is bounded, see there.
//! `Sqlite` implements them in a file, and loses nothing that it acknowledged.
//!
//! A [`Batch`] is one transaction: events, the conversations they ended, how routing decided, and
//! the personal data that goes with them, which sits beside the log so that it can be erased.
//! Both stores recover a workspace with the same code, [`Recovered::fold`].

mod answers;
mod archive;
mod batch;
mod decisions;
mod directory;
mod figures;
mod fold;
mod memory;
mod personal;
mod shelf;
#[cfg(feature = "sqlite")]
mod sqlite;
mod team;

pub use archive::{Archive, ArchiveFilter, KeptKey, Keyed};
pub use batch::{Batch, Ended, Opaque, Stored};
pub use directory::{Answered, Directory, DirectoryError, Entry, KeptAnswer};
pub use figures::{
    EXACT_WAITS, EXACT_WAITS_TOGETHER, Figures, HOUR_MS, HourFigures, KEPT_HOURS, Tally, Waits,
    hour_of,
};
pub use fold::{Histories, Recovered, remember};
pub use memory::{
    Memory, RETAINED_AUDIT, RETAINED_DECISION_BYTES, RETAINED_DECISIONS_EACH, RETAINED_ENDED,
    RETAINED_EVENTS,
};
pub use personal::{AgentProfile, Attribute, Details, PersonalChange, Profiles, VisitorProfile};

pub use team::{
    Account, ApiKey, AuditEntry, HostKey, Invite, InviteEnd, MailState, Reset, SecretDigest, Site,
    TokenId,
};

#[cfg(feature = "sqlite")]
pub use sqlite::*;

use std::sync::Arc;

use switchboard_routing::{Record, WorkspaceId};

/// The answer to a request with an idempotency key is kept for so long, in milliseconds.
pub const KEPT_MS: u64 = 24 * 3_600_000;
/// The status of an answer that told of somebody who was erased since: what it was about is not
/// found.
pub const ERASED_STATUS: u16 = 404;

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

/// Told of appends that were [`Append::Pending`]: how many of the writer's there were up to this
/// one, and its outcome. Being done, it says so of all before it too. Called from any thread, and
/// never to wait there.
pub type Notify = Arc<dyn Fn(u64, Append) + Send + Sync>;

/// The right to write a workspace's log, and what is in it.
#[derive(Debug)]
pub struct Claim {
    /// What the log, and what is beside it, give. It writes under this claim's epoch; who had a
    /// session is not lost yet.
    pub recovered: Recovered,
    /// The personal data of agents, of conversations that have not ended, and of their visitors.
    pub profiles: Profiles,
    /// What was written of the streams of sessions, oldest first.
    pub sessions: Vec<Vec<u8>>,
    /// Where to append.
    pub writer: Box<dyn Writer>,
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

    /// Why nothing can be written just now, if so.
    fn trouble(&self) -> Option<String>;

    /// Waits until everything that was asked so far is done.
    fn flush(&self) {}
}

/// The one writer of one workspace's log.
pub trait Writer: Send + std::fmt::Debug {
    /// Appends a batch, whole or not at all, behind what was appended before.
    fn append(&mut self, batch: Batch) -> Append;

    /// Waits until everything that was appended has an outcome, which is reported as ever.
    fn settle(&mut self) {}

    /// How much was appended since the last snapshot: [`Batch::size`] of it all.
    fn since_snapshot(&self) -> u64;

    /// Stores a snapshot, behind what was appended before, and not at all where that failed; what
    /// is before it need not be replayed any more.
    ///
    /// # Errors
    /// Where the store failed. The log is as good as before.
    fn snapshot(&mut self, stored: Stored) -> Result<(), LogError>;
}

/// A store that is all three.
pub trait Store: Log + Archive + Directory {}

impl<T: Log + Archive + Directory> Store for T {}
