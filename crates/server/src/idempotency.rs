//! `Idempotency-Key`: a request that is repeated is answered, not done again.
//!
//! An answer is kept in the same transaction as what it tells of, by the workspace that gave it:
//! neither is there without the other, also after a crash. Here is only what runs just now.

use std::{collections::HashMap, fmt, sync::Arc};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use switchboard_journal::{Answered, DirectoryError, KEPT_MS, KeptAnswer, Store};
use switchboard_routing::Timestamp;

use crate::ask::{Answer, ApiError};

/// The longest key.
pub const MAX_KEY_BYTES: usize = 128;

/// A digest: of a credential, or of a request.
pub type Digest = [u8; 32];

/// Digests texts; no two lists of texts have the same digest.
pub fn digest(parts: &[&[u8]]) -> Digest {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part);
    }
    sha.finalize().into()
}

/// Which request: who sent it, and the key it came with. No credential is kept, only digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// A digest of credential and key.
    pub key: Digest,
    /// A digest of method, path and body.
    pub request: Digest,
}

/// What an answer is kept as; none: the request may be tried again.
pub type Render = fn(&Result<Answer, ApiError>, Option<&'static str>) -> Option<Answered>;

/// How a workspace keeps the answer that it gives.
#[derive(Clone, Copy)]
pub struct Keep {
    /// Of which request.
    pub scope: Scope,
    /// A field that is shown once, and not kept.
    pub once: Option<&'static str>,
    /// As what.
    pub render: Render,
}

impl fmt::Debug for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keep")
    }
}

impl Keep {
    /// An answer as it is to be kept; none: the request may be tried again.
    pub fn kept(&self, answer: &Result<Answer, ApiError>, at: Timestamp) -> Option<KeptAnswer> {
        let answered = (self.render)(answer, self.once)?;
        let Scope { key, request } = self.scope;
        Some(KeptAnswer { key, request, at, answered })
    }
}

/// What comes of a request with a key.
#[derive(Debug)]
pub enum Begin {
    /// It is the first: do it.
    First(Ticket),
    /// It was done: this was its answer.
    Repeat(Answered),
    /// It is being done.
    Running,
    /// The key was another request's.
    Reused,
}

/// The requests with keys that run just now.
#[derive(Debug)]
pub struct Idempotency {
    store: Arc<dyn Store>,
    running: Arc<Mutex<HashMap<Digest, Digest>>>,
}

/// Holds a key while its request is being done.
#[derive(Debug)]
pub struct Ticket {
    running: Arc<Mutex<HashMap<Digest, Digest>>>,
    key: Digest,
}

impl Idempotency {
    /// Requests whose answers are kept in a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, running: Arc::default() }
    }

    /// Looks a request up; where it is the first, its key is taken.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn begin(&self, scope: Scope, now_ms: u64) -> Result<Begin, DirectoryError> {
        let ticket = {
            let mut running = self.running.lock();
            match running.get(&scope.key) {
                Some(request) if *request == scope.request => return Ok(Begin::Running),
                Some(_) => return Ok(Begin::Reused),
                None => running.insert(scope.key, scope.request),
            };
            Ticket { running: Arc::clone(&self.running), key: scope.key }
        };
        // Only now: whoever ran before has been written by the time it ran no more.
        let since = Timestamp(now_ms.saturating_sub(KEPT_MS));
        Ok(match self.store.answer(&scope.key, since)? {
            Some(kept) if kept.request != scope.request => Begin::Reused,
            Some(kept) => Begin::Repeat(kept.answered),
            None => Begin::First(ticket),
        })
    }

    /// Keeps an answer that no workspace gave.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn keep(&self, answer: KeptAnswer) -> Result<(), DirectoryError> {
        self.store.keep(answer)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.running.lock().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use switchboard_journal::Memory;

    use super::*;

    fn scope(key: &str, request: &str) -> Scope {
        Scope {
            key: digest(&[b"credential", key.as_bytes()]),
            request: digest(&[request.as_bytes()]),
        }
    }

    fn answered(store: &Idempotency, scope: Scope, at: u64) {
        let Scope { key, request } = scope;
        let answered = Answered { status: 201, body: Some(b"done".to_vec()) };
        store.keep(KeptAnswer { key, request, at: Timestamp(at), answered }).unwrap();
    }

    fn idempotency() -> Idempotency {
        Idempotency::new(Arc::new(Memory::default()))
    }

    #[test]
    fn a_repeat_gets_the_first_answer() {
        let kept = idempotency();
        let ticket = kept.begin(scope("k", "open"), 0).unwrap();
        assert!(matches!(ticket, Begin::First(_)));
        answered(&kept, scope("k", "open"), 1);
        drop(ticket);
        let repeat = kept.begin(scope("k", "open"), 1).unwrap();
        assert!(matches!(repeat, Begin::Repeat(Answered { status: 201, .. })));
        assert!(matches!(kept.begin(scope("k", "other"), 1).unwrap(), Begin::Reused));
        assert!(matches!(kept.begin(scope("other", "open"), 1).unwrap(), Begin::First(_)));
    }

    #[test]
    fn while_the_first_runs_a_repeat_is_told_so() {
        let kept = idempotency();
        let ticket = kept.begin(scope("k", "open"), 0).unwrap();
        assert!(matches!(kept.begin(scope("k", "open"), 0).unwrap(), Begin::Running));
        assert!(matches!(kept.begin(scope("k", "other"), 0).unwrap(), Begin::Reused));
        // It came to nothing: it may be tried again.
        drop(ticket);
        assert!(matches!(kept.begin(scope("k", "open"), 0).unwrap(), Begin::First(_)));
    }

    #[test]
    fn an_answer_is_kept_for_a_day() {
        let kept = idempotency();
        answered(&kept, scope("k", "open"), 1_000);
        let at = |now| kept.begin(scope("k", "open"), now).unwrap();
        assert!(matches!(at(1_000 + KEPT_MS - 1), Begin::Repeat(_)));
        assert!(matches!(at(1_000 + KEPT_MS), Begin::First(_)));
    }

    #[test]
    fn digests_keep_their_parts_apart() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    }
}
