//! Who had a visitor's last conversation with a department: a returning visitor is led there.
//!
//! Bounded: of the whole workspace the last [`REMEMBERED`] endings are known, and only as long as
//! their department's policy asks for.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    Timestamp, VisitorId,
    slab::{AgentIx, DepartmentIx},
};

/// How many endings a workspace remembers.
pub(crate) const REMEMBERED: usize = 100_000;

/// One conversation of a visitor with a department that was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    pub(crate) visitor_id: VisitorId,
    pub(crate) department: DepartmentIx,
    /// Who had it.
    pub(crate) agent: AgentIx,
    pub(crate) closed_at: Timestamp,
    /// Position of the event that closed it.
    pub(crate) position: u64,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Returning {
    /// In the order of closing.
    order: VecDeque<Memory>,
    latest: BTreeMap<(VisitorId, DepartmentIx), (u64, Timestamp, AgentIx)>,
}

impl Returning {
    pub(crate) fn remember(&mut self, memory: Memory) {
        let key = (memory.visitor_id.clone(), memory.department);
        self.latest.insert(key, (memory.position, memory.closed_at, memory.agent));
        self.order.push_back(memory);
        if self.order.len() > REMEMBERED {
            self.forget_oldest();
        }
    }

    /// Forgets what is over, from the oldest on. `is_over` is asked with a department and when
    /// a conversation with it was closed.
    pub(crate) fn prune(&mut self, is_over: impl Fn(DepartmentIx, Timestamp) -> bool) {
        while self.order.front().is_some_and(|first| is_over(first.department, first.closed_at)) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.order.pop_front() else { return };
        let key = (oldest.visitor_id, oldest.department);
        if self.latest.get(&key).is_some_and(|(position, ..)| *position == oldest.position) {
            self.latest.remove(&key);
        }
    }

    /// Who had the visitor's last conversation with a department, and when it was closed.
    pub(crate) fn last(
        &self,
        visitor: &VisitorId,
        department: DepartmentIx,
    ) -> Option<(Timestamp, AgentIx)> {
        let (_, closed_at, agent) = self.latest.get(&(visitor.clone(), department))?;
        Some((*closed_at, *agent))
    }

    /// Everything, in the order of closing.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Memory> {
        self.order.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slab::Handle;

    fn memory(visitor: &str, position: u64) -> Memory {
        Memory {
            visitor_id: visitor.into(),
            department: DepartmentIx::ZERO,
            agent: AgentIx::from_raw(position as u32),
            closed_at: Timestamp(position),
            position,
        }
    }

    #[test]
    fn the_latest_counts_and_the_oldest_go() {
        let mut returning = Returning::default();
        for (visitor, position) in [("v1", 1), ("v2", 2), ("v1", 3)] {
            returning.remember(memory(visitor, position));
        }
        let last = |r: &Returning, v: &str| r.last(&v.into(), DepartmentIx::ZERO).map(|l| l.0.0);
        assert_eq!(last(&returning, "v1"), Some(3));
        returning.prune(|_, at| at.0 <= 2);
        assert_eq!((last(&returning, "v1"), last(&returning, "v2")), (Some(3), None));
        assert_eq!(returning.iter().count(), 1);
    }

    #[test]
    fn no_more_is_remembered_than_the_bound() {
        let mut returning = Returning::default();
        for position in 0..REMEMBERED as u64 + 10 {
            returning.remember(memory(&format!("v{position}"), position));
        }
        assert_eq!((returning.order.len(), returning.latest.len()), (REMEMBERED, REMEMBERED));
    }
}
