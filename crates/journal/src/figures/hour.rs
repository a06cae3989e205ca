//! What an hour came to, by department and by agent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use switchboard_routing::{AgentId, DepartmentId};

use super::waits::{EXACT_WAITS_TOGETHER, Waits};

/// The figures of one hour. Whoever nothing happened to is not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourFigures {
    /// By department.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub departments: BTreeMap<DepartmentId, Tally>,
    /// By agent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub agents: BTreeMap<AgentId, Tally>,
}

impl HourFigures {
    /// Whether nothing happened in it.
    pub fn is_empty(&self) -> bool {
        self.departments.is_empty() && self.agents.is_empty()
    }

    pub(super) fn department(&mut self, id: &DepartmentId) -> &mut Tally {
        of(&mut self.departments, id)
    }

    pub(super) fn agent(&mut self, id: &AgentId) -> &mut Tally {
        of(&mut self.agents, id)
    }
}

fn of<'m, K: Ord + Clone>(all: &'m mut BTreeMap<K, Tally>, id: &K) -> &'m mut Tally {
    all.entry(id.clone()).or_default()
}

/// The figures of one department or agent. What each counts is in `docs/reports.md`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tally {
    /// Conversations that arrived.
    #[serde(skip_serializing_if = "is_zero")]
    pub opened: u64,
    /// Assignments.
    #[serde(skip_serializing_if = "is_zero")]
    pub assigned: u64,
    /// Conversations that were closed.
    #[serde(skip_serializing_if = "is_zero")]
    pub closed: u64,
    /// Conversations that were rejected.
    #[serde(skip_serializing_if = "is_zero")]
    pub rejected: u64,
    /// Of those closed, the ones that their visitors gave up while they waited.
    #[serde(skip_serializing_if = "is_zero")]
    pub abandoned: u64,
    /// How long those assignments took that ended, together.
    #[serde(skip_serializing_if = "is_zero")]
    pub handle_ms: u64,
    /// How many assignments ended.
    #[serde(skip_serializing_if = "is_zero")]
    pub handled: u64,
    /// Offers that nobody answered in time.
    #[serde(skip_serializing_if = "is_zero")]
    pub missed_offers: u64,
    /// How long agents were online and present, together.
    #[serde(skip_serializing_if = "is_zero")]
    pub online_ms: u64,
    /// For how much of that they held something.
    #[serde(skip_serializing_if = "is_zero")]
    pub busy_ms: u64,
    /// How long those waited who were assigned.
    #[serde(skip_serializing_if = "Waits::is_empty")]
    pub waits: Waits,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's form
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Tally {
    /// An assignment, which ended a wait of so long.
    pub(super) fn take(&mut self, waited_ms: Option<u64>) {
        self.assigned += 1;
        if let Some(ms) = waited_ms {
            self.waits.note(ms);
        }
    }

    /// The end of an assignment that took so long.
    pub(super) fn finish(&mut self, took_ms: u64) {
        self.handled += 1;
        self.handle_ms = self.handle_ms.saturating_add(took_ms);
    }

    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        let sums = [
            (&mut self.opened, other.opened),
            (&mut self.assigned, other.assigned),
            (&mut self.closed, other.closed),
            (&mut self.rejected, other.rejected),
            (&mut self.abandoned, other.abandoned),
            (&mut self.handle_ms, other.handle_ms),
            (&mut self.handled, other.handled),
            (&mut self.missed_offers, other.missed_offers),
            (&mut self.online_ms, other.online_ms),
            (&mut self.busy_ms, other.busy_ms),
        ];
        for (sum, more) in sums {
            *sum = sum.saturating_add(more);
        }
        self.waits.add(&other.waits, EXACT_WAITS_TOGETHER);
    }

    /// Of the time online, the share in which something was held; none where nobody was online.
    pub fn occupancy(&self) -> Option<f64> {
        (self.online_ms > 0).then(|| self.busy_ms as f64 / self.online_ms as f64)
    }
}
