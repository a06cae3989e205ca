//! The decisions about the conversations of one workspace in memory: the last so many bytes of
//! them, and of each conversation the last few.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use switchboard_routing::{Candidate, ConversationId, Decision};

/// What a decision costs besides its candidates: itself, in a tree whose nodes are little more
/// than half full, and its conversation's entry, in which most are alone.
const OVERHEAD_BYTES: usize = 2 * size_of::<Decision>() + 128;

/// See the module. What is oldest goes first.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    /// By the order of coming.
    all: BTreeMap<u64, Arc<Decision>>,
    of: HashMap<ConversationId, VecDeque<u64>>,
    last: u64,
    bytes: usize,
}

impl Decisions {
    /// Keeps a decision, and of all of them as many bytes, of its conversation's as many as
    /// this.
    pub(crate) fn put(&mut self, decision: Arc<Decision>, bytes: usize, each: usize) {
        self.last += 1;
        self.bytes += cost(&decision);
        let own = self.of.entry(decision.conversation_id.clone()).or_default();
        own.push_back(self.last);
        let excess = if own.len() > each { own.pop_front() } else { None };
        self.all.insert(self.last, decision);
        if let Some(number) = excess {
            self.remove(number);
        }
        while self.bytes > bytes {
            let Some((oldest, _)) = self.all.first_key_value() else { break };
            let oldest = *oldest;
            self.forget(oldest);
        }
    }

    /// Removes the oldest of all, which is the oldest of its conversation too.
    fn forget(&mut self, oldest: u64) {
        let Some(decision) = self.remove(oldest) else { return };
        if let Some(own) = self.of.get_mut(&decision.conversation_id) {
            own.pop_front();
            if own.is_empty() {
                self.of.remove(&decision.conversation_id);
            }
        }
    }

    fn remove(&mut self, number: u64) -> Option<Arc<Decision>> {
        let decision = self.all.remove(&number)?;
        self.bytes -= cost(&decision);
        Some(decision)
    }

    /// Those about a conversation, oldest first.
    pub(crate) fn about(&self, id: &ConversationId) -> Vec<Arc<Decision>> {
        let own = self.of.get(id).into_iter().flatten();
        own.filter_map(|number| self.all.get(number)).cloned().collect()
    }
}

/// What a decision costs, roughly. Ids are shared with the workspace.
fn cost(decision: &Decision) -> usize {
    OVERHEAD_BYTES + decision.candidates.capacity() * size_of::<Candidate>()
}
