//! Everything that happens because time passes. Every deadline says why it is there.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Timestamp, slab::DepartmentIx};

/// Why a workspace wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeadlineKind {
    /// An agent has been lost for as long as a department's grace allows.
    AgentLost,
    /// A visitor who waits has been gone for as long as a department's grace allows.
    VisitorLeft,
}

/// One deadline for each department and kind: the earliest. What it is for is looked up when it
/// is due, so a changed policy moves one entry and not one for each conversation.
pub(crate) type Deadline = (DeadlineKind, DepartmentIx);

/// The armed deadlines.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deadlines {
    by_time: BTreeSet<(Timestamp, DeadlineKind, DepartmentIx)>,
    armed: BTreeMap<Deadline, Timestamp>,
}

impl Deadlines {
    /// Arms, moves or disarms a deadline.
    pub(crate) fn set(&mut self, deadline: Deadline, at: Option<Timestamp>) {
        if self.armed.get(&deadline).copied() == at {
            return;
        }
        if let Some(old) = self.armed.remove(&deadline) {
            self.by_time.remove(&(old, deadline.0, deadline.1));
        }
        if let Some(at) = at {
            self.armed.insert(deadline, at);
            self.by_time.insert((at, deadline.0, deadline.1));
        }
    }

    pub(crate) fn first(&self) -> Option<(Timestamp, Deadline)> {
        self.by_time.first().map(|(at, kind, department)| (*at, (*kind, *department)))
    }
}
