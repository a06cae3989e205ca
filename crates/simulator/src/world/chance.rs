//! What chance brings a workspace: how time passes, what goes wrong, and who is back in time.

use switchboard_routing::DeadlineKind;

use super::Tenant;
use crate::{
    node::Fate,
    swarm::{Fault, Kind},
};

impl Tenant {
    /// What goes wrong in this turn.
    pub(super) fn fault(&mut self) -> Option<Fault> {
        let lots = self.lots();
        let mut lot = self.rng.below(lots) as u32;
        for (fault, often) in &self.swarm.faults {
            if lot < *often {
                return Some(*fault);
            }
            lot -= often;
        }
        None
    }

    /// A fault hits so many turns of so many. It is worth most where something is under way.
    fn lots(&self) -> u64 {
        if !self.node.is_safe() {
            return 10_000;
        }
        let agents = || self.ledger.active_agents().map(|(_, agent)| agent);
        match () {
            () if agents().any(|agent| agent.held > 0 && !agent.is_present()) => 5_000,
            () if agents().any(|agent| agent.offers > 0) => 25_000,
            () => 50_000,
        }
    }

    /// Somebody comes back just when time is up.
    pub(super) fn just_in_time(&mut self) {
        let due = self.node.core().next_deadline().filter(|(at, _)| at.0 <= self.now);
        match due.map(|(_, kind)| kind) {
            Some(DeadlineKind::AgentLost) => {
                let lost = |a: &crate::ledger::Agent| a.held > 0 && !a.is_present();
                let lost = self.ledger.active_agents().find(|(_, agent)| lost(agent));
                self.focus.agent = lost.map(|(number, _)| number);
                self.presence(Kind::Resume);
            }
            Some(DeadlineKind::VisitorLeft) => self.presence(Kind::Return),
            _ => {}
        }
    }

    /// Time passes: not at all, a little, or just until something is due.
    pub(super) fn pass(&mut self) {
        let due = self.node.core().next_deadline().map(|(at, _)| at.0);
        self.now = match (self.rng.below(16), due) {
            (0..=5, _) => self.now,
            (6..=11, _) => self.now + 1 + self.rng.below(20),
            (12, _) | (_, None) => self.now + self.rng.below(1_000),
            (13, Some(due)) => self.now.max(due.saturating_sub(1)),
            (14, Some(due)) => self.now.max(due + self.rng.below(3)),
            (_, Some(due)) => self.now.max(due),
        };
        if self.swarm.faults.iter().any(|(f, _)| *f == Fault::ClockJump)
            && self.rng.below(2_000) == 0
        {
            let by = 1 + self.rng.below(7_200_000);
            let back = self.rng.permille(700);
            self.now = if back { self.now.saturating_sub(by).max(1) } else { self.now + by };
        }
    }
}

/// What becomes of the append of a turn with a fault.
pub(super) fn fate(fault: Option<Fault>) -> Fate {
    match fault {
        Some(Fault::Failed) => Fate::Failed,
        Some(Fault::UnknownWritten) => Fate::UnknownWritten,
        Some(Fault::UnknownLost) => Fate::UnknownLost,
        Some(Fault::Slow) => Fate::Pending,
        Some(Fault::Fenced) => Fate::Fenced,
        _ => Fate::Done,
    }
}
