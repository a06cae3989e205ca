//! Which workspaces there are, and what must be known before one is loaded; and the answers to
//! requests that may be repeated, whichever workspace they went to.

use std::sync::Arc;

use switchboard_routing::{Timestamp, WorkspaceId};

use crate::Site;

/// A workspace in the directory.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: WorkspaceId,
    /// The public key that it began with.
    pub site_key: String,
    /// Signs its tokens.
    pub token_secret: [u8; 32],
    /// Its number in the order of creation.
    pub number: u64,
    /// What its widgets and its host may come in with.
    pub site: Arc<Site>,
}

impl Entry {
    /// A workspace of which nothing more is known yet.
    pub fn new(id: WorkspaceId, site_key: String, token_secret: [u8; 32]) -> Self {
        Self { id, site_key, token_secret, number: 0, site: Arc::default() }
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why the directory could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    /// The id is in use, or was.
    #[error("the id is in use or was")]
    Taken,
    /// The store failed.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// An answer that a request with an idempotency key was given.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// A digest of the credential and the key.
    pub key: [u8; 32],
    /// A digest of the request.
    pub request: [u8; 32],
    /// When it was given.
    pub at: Timestamp,
    /// What was answered.
    pub answered: Answered,
}

impl std::fmt::Debug for KeptAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptAnswer").field("at", &self.at).finish_non_exhaustive()
    }
}

/// A status and a body, without anything secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// The body, if there was one.
    pub body: Option<Vec<u8>>,
}

/// The workspaces of a store.
pub trait Directory: Send + Sync + std::fmt::Debug {
    /// Adds a workspace; gives back its entry, numbered.
    ///
    /// # Errors
    /// Where the id is in use or was, or the store failed.
    fn create(&self, entry: Entry) -> Result<Entry, DirectoryError>;

    /// Takes back a workspace in which nothing was ever written: its id is free again.
    fn abandon(&self, id: &str);

    /// One workspace.
    fn entry(&self, id: &str) -> Option<Entry>;

    /// Has it known what a workspace's widgets and host may come in with, which is written already.
    fn publish(&self, id: &str, site: Arc<Site>);

    /// Those created after a number, oldest first, at most `limit`.
    fn entries(&self, after: u64, limit: usize) -> Vec<Entry>;

    /// Those in which something may happen by itself: they are to be loaded at the start.
    fn awake(&self) -> Vec<WorkspaceId>;

    /// Erases a workspace and all that is kept of it but its id; whether it was there.
    ///
    /// # Errors
    /// Where the store failed.
    fn erase(&self, id: &str) -> Result<bool, DirectoryError>;

    /// Removes from the files what was erased before, also where it is written no longer but
    /// could still be read from them.
    ///
    /// # Errors
    /// Where the store failed.
    fn scrub(&self) -> Result<(), DirectoryError> {
        Ok(())
    }

    /// The answer that a request with this key was given, if that was within `since`.
    ///
    /// # Errors
    /// Where the store failed.
    fn answer(
        &self,
        key: &[u8; 32],
        since: Timestamp,
    ) -> Result<Option<KeptAnswer>, DirectoryError>;

    /// Keeps an answer that no workspace gave.
    ///
    /// # Errors
    /// Where the store failed.
    fn keep(&self, answer: KeptAnswer) -> Result<(), DirectoryError>;
}
