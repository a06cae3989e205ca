//! A waiting line in which the place of anybody is found without walking it.
//!
//! A treap (Seidel and Aragon, "Randomized search trees", 1996) whose nodes count what is below
//! them: insert, remove, first and rank are O(log n). Heap priorities are a hash of the place
//! number, so the same arrivals always give the same tree.
#![allow(clippy::indexing_slicing)] // links are made here alone; a wrong one is a bug

use crate::slab::ConversationIx;

/// The order in which conversations are served: higher priority first, then earlier arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct QueueKey {
    /// The negated priority.
    pub(crate) urgency: i64,
    /// The number in the order of arrival; unique in the workspace.
    pub(crate) place: u64,
}

const NIL: u32 = u32::MAX;

#[derive(Clone, Debug)]
struct Node {
    key: QueueKey,
    conversation: ConversationIx,
    heap: u64,
    size: u32,
    left: u32,
    right: u32,
}

/// Conversations in the order in which they are to be served.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    nodes: Vec<Node>,
    free: Vec<u32>,
    root: u32,
}

impl Default for Queue {
    fn default() -> Self {
        Self { nodes: Vec::new(), free: Vec::new(), root: NIL }
    }
}

impl Queue {
    #[cfg(test)]
    fn len(&self) -> usize {
        self.size(self.root) as usize
    }

    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.root == NIL
    }

    pub(crate) fn insert(&mut self, key: QueueKey, conversation: ConversationIx) {
        let node = self.allocate(key, conversation);
        let (before, after) = self.split(self.root, key, false);
        let before = self.merge(before, node);
        self.root = self.merge(before, after);
    }

    /// Takes a conversation out; whether it was there.
    pub(crate) fn remove(&mut self, key: QueueKey) -> bool {
        let (before, rest) = self.split(self.root, key, false);
        let (found, after) = self.split(rest, key, true);
        self.root = self.merge(before, after);
        if found == NIL {
            return false;
        }
        self.free.push(found);
        if self.root == NIL {
            // An empty line gives its memory back.
            *self = Self::default();
        }
        true
    }

    /// Who is served next.
    pub(crate) fn first(&self) -> Option<(QueueKey, ConversationIx)> {
        let mut at = self.root;
        if at == NIL {
            return None;
        }
        while self.nodes[at as usize].left != NIL {
            at = self.nodes[at as usize].left;
        }
        let node = &self.nodes[at as usize];
        Some((node.key, node.conversation))
    }

    /// How many are served before `key`.
    pub(crate) fn ahead_of(&self, key: QueueKey) -> usize {
        let (mut at, mut ahead) = (self.root, 0);
        while at != NIL {
            let node = &self.nodes[at as usize];
            if node.key < key {
                ahead += self.size(node.left) as usize + 1;
                at = node.right;
            } else {
                at = node.left;
            }
        }
        ahead
    }

    /// Everybody, in order.
    pub(crate) fn iter(&self) -> Iter<'_> {
        let mut iter = Iter { queue: self, path: Vec::new() };
        iter.descend(self.root);
        iter
    }

    fn size(&self, at: u32) -> u32 {
        if at == NIL { 0 } else { self.nodes[at as usize].size }
    }

    fn allocate(&mut self, key: QueueKey, conversation: ConversationIx) -> u32 {
        let node = Node { key, conversation, heap: mix(key.place), size: 1, left: NIL, right: NIL };
        if let Some(at) = self.free.pop() {
            self.nodes[at as usize] = node;
            return at;
        }
        self.nodes.push(node);
        (self.nodes.len() - 1) as u32
    }

    fn recount(&mut self, at: u32) {
        let Node { left, right, .. } = self.nodes[at as usize];
        self.nodes[at as usize].size = 1 + self.size(left) + self.size(right);
    }

    /// Those before `key` (with `inclusive`: up to and with it), and the others.
    fn split(&mut self, at: u32, key: QueueKey, inclusive: bool) -> (u32, u32) {
        if at == NIL {
            return (NIL, NIL);
        }
        let node = &self.nodes[at as usize];
        let (left, right) = (node.left, node.right);
        if node.key < key || (inclusive && node.key == key) {
            let (near, far) = self.split(right, key, inclusive);
            self.nodes[at as usize].right = near;
            self.recount(at);
            (at, far)
        } else {
            let (far, near) = self.split(left, key, inclusive);
            self.nodes[at as usize].left = near;
            self.recount(at);
            (far, at)
        }
    }

    /// Joins two trees of which the first is wholly before the second.
    fn merge(&mut self, before: u32, after: u32) -> u32 {
        if before == NIL {
            return after;
        }
        if after == NIL {
            return before;
        }
        if self.nodes[before as usize].heap > self.nodes[after as usize].heap {
            let right = self.nodes[before as usize].right;
            self.nodes[before as usize].right = self.merge(right, after);
            self.recount(before);
            before
        } else {
            let left = self.nodes[after as usize].left;
            self.nodes[after as usize].left = self.merge(before, left);
            self.recount(after);
            after
        }
    }
}

/// Walks a queue in order.
pub(crate) struct Iter<'a> {
    queue: &'a Queue,
    path: Vec<u32>,
}

impl Iter<'_> {
    fn descend(&mut self, mut at: u32) {
        while at != NIL {
            self.path.push(at);
            at = self.queue.nodes[at as usize].left;
        }
    }
}

impl Iterator for Iter<'_> {
    type Item = (QueueKey, ConversationIx);

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.path.pop()?;
        let node = &self.queue.nodes[at as usize];
        self.descend(node.right);
        Some((node.key, node.conversation))
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): spreads consecutive numbers.
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slab::Handle;
    use proptest::prelude::*;

    fn key(urgency: i64, place: u64) -> QueueKey {
        QueueKey { urgency, place }
    }

    proptest! {
        #[test]
        fn agrees_with_a_sorted_list(ops in prop::collection::vec((any::<bool>(), 0i64..3, 0u64..60), 0..400)) {
            let (mut queue, mut list) = (Queue::default(), Vec::<QueueKey>::new());
            for (insert, urgency, place) in ops {
                let key = key(urgency, place);
                let at = list.binary_search(&key);
                match (insert, at) {
                    (true, Err(at)) => {
                        list.insert(at, key);
                        queue.insert(key, ConversationIx::from_raw(place as u32));
                    }
                    (false, Ok(at)) => {
                        list.remove(at);
                        prop_assert!(queue.remove(key));
                    }
                    (false, Err(_)) => prop_assert!(!queue.remove(key)),
                    (true, Ok(_)) => {}
                }
                prop_assert_eq!(queue.len(), list.len());
                prop_assert_eq!(queue.first().map(|f| f.0), list.first().copied());
                prop_assert_eq!(queue.ahead_of(key), list.iter().filter(|k| **k < key).count());
            }
            prop_assert_eq!(queue.iter().map(|e| e.0).collect::<Vec<_>>(), list);
        }
    }

    #[test]
    fn an_emptied_queue_keeps_no_memory() {
        let mut queue = Queue::default();
        for place in 0..1_000 {
            queue.insert(key(0, place), ConversationIx::from_raw(0));
        }
        for place in 0..1_000 {
            assert!(queue.remove(key(0, place)));
        }
        assert!(queue.is_empty());
        assert_eq!(queue.nodes.capacity(), 0);
    }
}
