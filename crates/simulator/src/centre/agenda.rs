//! What is to come, by time; what falls on the same moment in the order in which it was planned.

use std::{cmp::Ordering, collections::BinaryHeap};

use switchboard_routing::Timestamp;

/// See the module.
#[derive(Debug)]
pub(super) struct Agenda<T> {
    heap: BinaryHeap<Entry<T>>,
    planned: u64,
}

#[derive(Debug)]
struct Entry<T> {
    at: Timestamp,
    sequence: u64,
    what: T,
}

impl<T> Agenda<T> {
    pub(super) fn new() -> Self {
        Self { heap: BinaryHeap::new(), planned: 0 }
    }

    pub(super) fn plan(&mut self, at: Timestamp, what: T) {
        self.heap.push(Entry { at, sequence: self.planned, what });
        self.planned += 1;
    }

    /// When the next thing is planned for.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.heap.peek().map(|entry| entry.at)
    }

    pub(super) fn pop(&mut self) -> Option<(Timestamp, T)> {
        self.heap.pop().map(|entry| (entry.at, entry.what))
    }
}

// The heap gives the greatest first: the earliest is the greatest.
impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.sequence).cmp(&(self.at, self.sequence))
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T> Eq for Entry<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_comes_first_then_the_order_of_planning() {
        let mut agenda = Agenda::new();
        for (at, what) in [(2, "c"), (1, "a"), (2, "d"), (1, "b")] {
            agenda.plan(Timestamp(at), what);
        }
        assert_eq!(agenda.next_at(), Some(Timestamp(1)));
        let order: Vec<_> = std::iter::from_fn(|| agenda.pop()).map(|(_, what)| what).collect();
        assert_eq!(order, ["a", "b", "c", "d"]);
    }
}
