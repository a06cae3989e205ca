//! Who waits in the whole workspace: how many, and since when whoever has waited longest. Kept
//! along, so that asking costs nothing however many departments there are.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Timestamp, slab::DepartmentIx};

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    /// How many wait.
    pub(crate) queued: usize,
    /// Departments in which somebody waits, by since when the first of them has.
    by_time: BTreeSet<(Timestamp, DepartmentIx)>,
    since: BTreeMap<DepartmentIx, Timestamp>,
}

impl Waiting {
    /// Notes since when whoever has waited longest in a department has waited.
    pub(crate) fn set(&mut self, department: DepartmentIx, since: Option<Timestamp>) {
        if self.since.get(&department).copied() == since {
            return;
        }
        if let Some(old) = self.since.remove(&department) {
            self.by_time.remove(&(old, department));
        }
        if let Some(since) = since {
            self.since.insert(department, since);
            self.by_time.insert((since, department));
        }
    }

    /// Since when whoever has waited longest has waited.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(since, _)| *since)
    }
}
