//! Answers to requests that may be repeated, in memory, within bounds: over them the oldest answers
//! of the workspace that keeps the most are forgotten early.

use std::collections::{HashMap, VecDeque};

use switchboard_routing::Timestamp;

use crate::KeptAnswer;

/// What is kept over all, in bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// What an answer takes besides its body.
const ENTRY_BYTES: usize = 256;

type Key = [u8; 32];

/// See the module.
#[derive(Debug)]
pub(crate) struct Answers {
    max_bytes: usize,
    bytes: usize,
    kept: HashMap<Key, KeptAnswer>,
    /// The keys of each workspace, oldest first; of the operator's own under 0.
    shelves: HashMap<u64, Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    order: VecDeque<Key>,
    bytes: usize,
}

impl Default for Answers {
    fn default() -> Self {
        Self::within(MAX_BYTES)
    }
}

impl Answers {
    /// Keeps so much at most.
    pub(crate) fn within(max_bytes: usize) -> Self {
        Self { max_bytes, bytes: 0, kept: HashMap::new(), shelves: HashMap::new() }
    }

    /// Keeps an answer, at the cost of this workspace.
    pub(crate) fn put(&mut self, workspace: u64, answer: KeptAnswer) {
        let (key, bytes) = (answer.key, cost(&answer));
        if let Some(old) = self.kept.insert(key, answer) {
            // Its place in the order stays: it is forgotten the earlier.
            self.bytes = self.bytes.saturating_sub(cost(&old));
        }
        self.bytes += bytes;
        let shelf = self.shelves.entry(workspace).or_default();
        shelf.order.push_back(key);
        shelf.bytes += bytes;
        while self.bytes > self.max_bytes && self.forget_one_of_the_most() {}
    }

    /// The answer with this key, if it was given after a time.
    pub(crate) fn find(&self, key: &Key, since: Timestamp) -> Option<&KeptAnswer> {
        self.kept.get(key).filter(|answer| answer.at > since)
    }

    /// Forgets a workspace's answers of before a time.
    pub(crate) fn expire(&mut self, workspace: u64, before: Timestamp) {
        loop {
            let oldest = self.shelves.get(&workspace).and_then(|shelf| shelf.order.front());
            let is_old = |key: &Key| self.kept.get(key).is_none_or(|answer| answer.at <= before);
            if !oldest.is_some_and(is_old) {
                return;
            }
            self.forget_oldest(workspace);
        }
    }

    /// Changes the answers of a workspace.
    pub(crate) fn change(&mut self, workspace: u64, mut change: impl FnMut(&mut KeptAnswer)) {
        let Some(shelf) = self.shelves.get(&workspace) else { return };
        for key in &shelf.order {
            if let Some(answer) = self.kept.get_mut(key) {
                change(answer);
            }
        }
    }

    fn forget_one_of_the_most(&mut self) -> bool {
        let most = self.shelves.iter().max_by_key(|(_, shelf)| shelf.bytes);
        let Some(workspace) = most.map(|(workspace, _)| *workspace) else { return false };
        self.forget_oldest(workspace)
    }

    fn forget_oldest(&mut self, workspace: u64) -> bool {
        let Some(shelf) = self.shelves.get_mut(&workspace) else { return false };
        let Some(key) = shelf.order.pop_front() else {
            self.shelves.remove(&workspace);
            return false;
        };
        let freed = self.kept.remove(&key).map_or(0, |answer| cost(&answer));
        shelf.bytes = shelf.bytes.saturating_sub(freed);
        self.bytes = self.bytes.saturating_sub(freed);
        true
    }
}

fn cost(answer: &KeptAnswer) -> usize {
    ENTRY_BYTES + answer.answered.body.as_ref().map_or(0, Vec::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Answered;

    fn answer(key: u8, at: u64, bytes: usize) -> KeptAnswer {
        let answered = Answered { status: 201, body: Some(vec![0; bytes]) };
        KeptAnswer { key: [key; 32], request: [0; 32], at: Timestamp(at), answered }
    }

    fn has(answers: &Answers, key: u8) -> bool {
        answers.find(&[key; 32], Timestamp(0)).is_some()
    }

    #[test]
    fn over_the_bound_the_oldest_of_who_keeps_the_most_go() {
        let mut answers = Answers::within(4 * (ENTRY_BYTES + 100));
        answers.put(1, answer(1, 1, 100));
        for key in 2..6 {
            answers.put(2, answer(key, 2, 100));
        }
        assert!(has(&answers, 1), "another's pays for what it kept");
        assert!(!has(&answers, 2) && has(&answers, 3) && has(&answers, 5));
    }

    #[test]
    fn what_is_old_goes_by_its_age_and_with_its_workspace() {
        let mut answers = Answers::default();
        answers.put(1, answer(1, 10, 1));
        answers.put(1, answer(2, 20, 1));
        answers.put(2, answer(3, 10, 1));
        assert!(answers.find(&[1; 32], Timestamp(10)).is_none());
        answers.expire(1, Timestamp(10));
        assert!(!has(&answers, 1) && has(&answers, 2) && has(&answers, 3));
        let mut changed = 0;
        answers.change(1, |_| changed += 1);
        assert_eq!(changed, 1);
    }
}
