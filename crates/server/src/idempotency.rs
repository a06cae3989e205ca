//! `Idempotency-Key`: a request that is repeated is answered, not done again.
//!
//! Kept in memory, within bounds: over them the oldest answers of the shelf that keeps the most
//! are forgotten early. The journal may take this over; nobody outside would notice.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

/// The longest key.
pub const MAX_KEY_BYTES: usize = 128;
/// How long an answer is kept.
pub const KEPT_MS: u64 = 24 * 3_600_000;
/// What is kept over all, in bytes.
const MAX_TOTAL_BYTES: usize = 64 * 1024 * 1024;
/// What an entry takes besides its body.
const ENTRY_BYTES: usize = 256;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Whose share of the room it takes: a workspace's, or with an empty name the operator's.
    pub shelf: String,
    /// A digest of credential and key.
    pub key: Digest,
    /// A digest of method, path and body.
    pub request: Digest,
}

/// What comes of a request with a key.
#[derive(Debug)]
pub enum Begin<A> {
    /// It is the first: do it, and say what came of it.
    First(Ticket<A>),
    /// It was done: this was its answer.
    Repeat(A),
    /// It is being done.
    Running,
    /// The key was another request's.
    Reused,
}

/// Answers by scope; `A` is an answer.
#[derive(Debug)]
pub struct Idempotency<A> {
    max_bytes: usize,
    inner: Mutex<Inner<A>>,
}

#[derive(Debug)]
struct Inner<A> {
    shelves: HashMap<String, Shelf<A>>,
    bytes: usize,
}

/// One share's answers.
#[derive(Debug)]
struct Shelf<A> {
    entries: HashMap<Digest, Entry<A>>,
    /// The answered ones, oldest first.
    order: VecDeque<(u64, Digest)>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry<A> {
    request: Digest,
    answer: Option<(A, usize)>,
}

/// Holds a key while its first request is being done. Dropped without an answer, it forgets it.
#[derive(Debug)]
pub struct Ticket<A> {
    store: Arc<Idempotency<A>>,
    scope: Scope,
    answered: bool,
}

impl<A: Clone> Default for Idempotency<A> {
    fn default() -> Self {
        Self::within(MAX_TOTAL_BYTES)
    }
}

impl<A: Clone> Idempotency<A> {
    /// Keeps so much at most.
    pub fn within(max_bytes: usize) -> Self {
        Self { max_bytes, inner: Mutex::new(Inner { shelves: HashMap::new(), bytes: 0 }) }
    }

    /// Looks a request up; where it is the first, its key is taken.
    pub fn begin(self: &Arc<Self>, scope: Scope, now_ms: u64) -> Begin<A> {
        let mut inner = self.inner.lock();
        inner.expire(&scope.shelf, now_ms);
        let shelf = inner.shelves.entry(scope.shelf.clone()).or_default();
        match shelf.entries.get(&scope.key) {
            Some(entry) if entry.request != scope.request => Begin::Reused,
            Some(Entry { answer: Some((answer, _)), .. }) => Begin::Repeat(answer.clone()),
            Some(_) => Begin::Running,
            None => {
                let entry = Entry { request: scope.request, answer: None };
                shelf.entries.insert(scope.key, entry);
                Begin::First(Ticket { store: Arc::clone(self), scope, answered: false })
            }
        }
    }

    fn keep(&self, scope: &Scope, answer: A, body_bytes: usize, now_ms: u64) {
        let mut inner = self.inner.lock();
        let bytes = ENTRY_BYTES + body_bytes;
        let Some(shelf) = inner.shelves.get_mut(&scope.shelf) else { return };
        let Some(entry) = shelf.entries.get_mut(&scope.key) else { return };
        entry.answer = Some((answer, bytes));
        shelf.order.push_back((now_ms, scope.key));
        shelf.bytes += bytes;
        inner.bytes += bytes;
        while inner.bytes > self.max_bytes && inner.forget_one_of_the_most() {}
    }
}

impl<A> Default for Shelf<A> {
    fn default() -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new(), bytes: 0 }
    }
}

impl<A> Shelf<A> {
    /// Forgets the oldest answer; says how much that frees.
    fn forget_oldest(&mut self) -> Option<usize> {
        let (_, key) = self.order.pop_front()?;
        let (_, bytes) = self.entries.remove(&key)?.answer?;
        self.bytes = self.bytes.saturating_sub(bytes);
        Some(bytes)
    }
}

impl<A> Inner<A> {
    fn expire(&mut self, name: &str, now_ms: u64) {
        let Some(shelf) = self.shelves.get_mut(name) else { return };
        let old = |(at, _): &(u64, Digest)| at.saturating_add(KEPT_MS) <= now_ms;
        while shelf.order.front().is_some_and(old) {
            self.bytes = self.bytes.saturating_sub(shelf.forget_oldest().unwrap_or_default());
        }
        self.tidy(name);
    }

    fn forget_one_of_the_most(&mut self) -> bool {
        let most = self.shelves.iter_mut().max_by_key(|(_, shelf)| shelf.bytes);
        let Some((name, shelf)) = most else { return false };
        let Some(bytes) = shelf.forget_oldest() else { return false };
        let name = name.clone();
        self.bytes = self.bytes.saturating_sub(bytes);
        self.tidy(&name);
        true
    }

    fn tidy(&mut self, name: &str) {
        if self.shelves.get(name).is_some_and(|shelf| shelf.entries.is_empty()) {
            self.shelves.remove(name);
        }
    }
}

impl<A: Clone> Ticket<A> {
    /// The request was done, and this is its answer.
    pub fn answer(mut self, answer: A, body_bytes: usize, now_ms: u64) {
        self.answered = true;
        self.store.keep(&self.scope, answer, body_bytes, now_ms);
    }
}

impl<A> Drop for Ticket<A> {
    fn drop(&mut self) {
        if !self.answered {
            let mut inner = self.store.inner.lock();
            if let Some(shelf) = inner.shelves.get_mut(&self.scope.shelf) {
                shelf.entries.remove(&self.scope.key);
            }
            inner.tidy(&self.scope.shelf);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Store = Arc<Idempotency<&'static str>>;

    fn scope(key: &str, request: &str) -> Scope {
        Scope {
            shelf: "acme".into(),
            key: digest(&[b"credential", key.as_bytes()]),
            request: digest(&[request.as_bytes()]),
        }
    }

    fn first(store: &Store, scope: Scope, now_ms: u64) -> Ticket<&'static str> {
        match store.begin(scope, now_ms) {
            Begin::First(ticket) => ticket,
            other => panic!("not the first: {other:?}"),
        }
    }

    #[test]
    fn a_repeat_gets_the_first_answer() {
        let store = Store::default();
        first(&store, scope("k", "open"), 0).answer("done", 4, 0);
        assert!(matches!(store.begin(scope("k", "open"), 1), Begin::Repeat("done")));
        assert!(matches!(store.begin(scope("k", "other"), 1), Begin::Reused));
        assert!(matches!(store.begin(scope("other", "open"), 1), Begin::First(_)));
    }

    #[test]
    fn while_the_first_runs_a_repeat_is_told_so() {
        let store = Store::default();
        let ticket = first(&store, scope("k", "open"), 0);
        assert!(matches!(store.begin(scope("k", "open"), 0), Begin::Running));
        assert!(matches!(store.begin(scope("k", "other"), 0), Begin::Reused));
        ticket.answer("done", 4, 0);
        assert!(matches!(store.begin(scope("k", "open"), 0), Begin::Repeat("done")));
    }

    #[test]
    fn a_request_that_came_to_nothing_may_be_tried_again() {
        let store = Store::default();
        drop(first(&store, scope("k", "open"), 0));
        drop(first(&store, scope("k", "other"), 0));
        assert!(store.inner.lock().shelves.is_empty());
    }

    #[test]
    fn an_answer_is_kept_for_a_day() {
        let store = Store::default();
        first(&store, scope("k", "open"), 5).answer("done", 4, 5);
        assert!(matches!(store.begin(scope("k", "open"), 4 + KEPT_MS), Begin::Repeat(_)));
        assert!(matches!(store.begin(scope("k", "open"), 5 + KEPT_MS), Begin::First(_)));
        assert_eq!(store.inner.lock().bytes, 0);
    }

    #[test]
    fn over_the_bound_who_keeps_most_forgets_the_oldest() {
        let store: Store = Arc::new(Idempotency::within(4 * (ENTRY_BYTES + 10)));
        let other = Scope { shelf: "other".into(), ..scope("k", "r") };
        first(&store, other.clone(), 0).answer("theirs", 10, 0);
        for key in ["1", "2", "3", "4"] {
            first(&store, scope(key, "r"), 0).answer("ours", 10, 0);
        }
        assert!(matches!(store.begin(other, 0), Begin::Repeat("theirs")));
        assert!(matches!(store.begin(scope("4", "r"), 0), Begin::Repeat("ours")));
        assert!(matches!(store.begin(scope("1", "r"), 0), Begin::First(_)));
    }

    #[test]
    fn digests_keep_their_parts_apart() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    }
}
