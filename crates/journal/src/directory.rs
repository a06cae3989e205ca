//! Which workspaces there are, and what must be known before one is loaded.

use serde::{Deserialize, Serialize};
use switchboard_routing::WorkspaceId;

/// A workspace in the directory.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id.
    pub id: WorkspaceId,
    /// Its public key.
    pub site_key: String,
    /// Signs its tokens.
    pub token_secret: [u8; 32],
    /// Its number in the order of creation.
    pub number: u64,
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

/// The workspaces of a store.
pub trait Directory: Send + Sync + std::fmt::Debug {
    /// Adds a workspace; gives back its entry, numbered.
    ///
    /// # Errors
    /// Where the id is in use or was, or the store failed.
    fn create(&self, entry: Entry) -> Result<Entry, DirectoryError>;

    /// One workspace.
    fn entry(&self, id: &str) -> Option<Entry>;

    /// Those created after a number, oldest first, at most `limit`.
    fn entries(&self, after: u64, limit: usize) -> Vec<Entry>;

    /// Erases a workspace and all that is kept of it but its id; whether it was there.
    ///
    /// # Errors
    /// Where the store failed.
    fn erase(&self, id: &str) -> Result<bool, DirectoryError>;
}
