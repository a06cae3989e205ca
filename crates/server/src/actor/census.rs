//! What a workspace adds to the node's metrics, from its events. Metrics are the journal, counted.

use std::collections::{BTreeMap, HashMap};

use switchboard_protocol::model;
use switchboard_routing::{AgentId, AssignmentCause, Event, Record, WithdrawnReason, Workspace};

use crate::{
    convert::ToWire,
    metrics::{Metrics, OfferOutcome},
};

/// What of this workspace stands in the node's gauges, so that it can be taken out again.
#[derive(Debug, Default)]
pub(crate) struct Census {
    agents: HashMap<AgentId, (model::Availability, bool)>,
    queued: usize,
}

/// The agents of a workspace that sleeps: they stand in the node's gauges all the same.
#[derive(Debug, Default)]
pub(crate) struct Dozing {
    agents: BTreeMap<(model::Availability, bool), u32>,
}

impl Dozing {
    /// Takes them out of the gauges.
    pub(crate) fn retire(&mut self, metrics: &Metrics) {
        for ((availability, present), count) in std::mem::take(&mut self.agents) {
            metrics.agents(availability, present).decrement(f64::from(count));
        }
    }
}

impl Census {
    /// Counts a workspace that was loaded.
    pub(crate) fn load(&mut self, core: &Workspace, metrics: &Metrics) {
        for agent in core.agents() {
            self.place(&agent.id, core, metrics);
        }
        self.count_queued(core, metrics);
    }

    /// Counts an event.
    pub(crate) fn observe(&mut self, record: &Record, core: &Workspace, metrics: &Metrics) {
        match &record.event {
            Event::ConversationOpened { .. } => metrics.opened.increment(1),
            Event::ConversationAssigned { cause, .. } => {
                metrics.assigned(cause.to_wire());
                if *cause == AssignmentCause::Accepted {
                    metrics.offers(OfferOutcome::Accepted);
                }
            }
            Event::OfferEnded { reason, .. } => metrics.offers(outcome_of(*reason)),
            Event::ConversationClosed { .. } => metrics.closed(record.origin.by.to_wire()),
            Event::ConversationRejected { reason, .. } => metrics.rejected(reason.to_wire()),
            Event::AgentAdded { agent_id, .. }
            | Event::AgentRemoved { agent_id }
            | Event::AvailabilityChanged { agent_id, .. }
            | Event::PresenceChanged { agent_id, .. } => self.place(agent_id, core, metrics),
            _ => {}
        }
        self.count_queued(core, metrics);
    }

    /// Leaves the agents in the gauges, for as long as the workspace sleeps. Nobody waits in it.
    pub(crate) fn doze(&mut self) -> Dozing {
        let mut dozing = Dozing::default();
        for state in std::mem::take(&mut self.agents).into_values() {
            *dozing.agents.entry(state).or_default() += 1;
        }
        dozing
    }

    /// Takes the workspace out of the gauges.
    pub(crate) fn retire(&mut self, metrics: &Metrics) {
        for (availability, present) in std::mem::take(&mut self.agents).into_values() {
            metrics.agents(availability, present).decrement(1);
        }
        metrics.queued.decrement(self.queued as f64);
        self.queued = 0;
    }

    fn place(&mut self, id: &AgentId, core: &Workspace, metrics: &Metrics) {
        let now = core.agent(id.as_str()).map(|a| (a.availability.to_wire(), a.present));
        let before = match now {
            Some(now) => self.agents.insert(id.clone(), now),
            None => self.agents.remove(id),
        };
        if before == now {
            return;
        }
        if let Some((availability, present)) = before {
            metrics.agents(availability, present).decrement(1);
        }
        if let Some((availability, present)) = now {
            metrics.agents(availability, present).increment(1);
        }
    }

    fn count_queued(&mut self, core: &Workspace, metrics: &Metrics) {
        let queued = core.queued();
        if queued > self.queued {
            metrics.queued.increment((queued - self.queued) as f64);
        } else if queued < self.queued {
            metrics.queued.decrement((self.queued - queued) as f64);
        }
        self.queued = queued;
    }
}

/// How an offer that was not accepted counts.
fn outcome_of(reason: WithdrawnReason) -> OfferOutcome {
    match reason {
        WithdrawnReason::Declined => OfferOutcome::Declined,
        WithdrawnReason::Expired => OfferOutcome::Expired,
        WithdrawnReason::Away
        | WithdrawnReason::Lost
        | WithdrawnReason::Closed
        | WithdrawnReason::Removed
        | WithdrawnReason::Claimed
        | WithdrawnReason::AcceptedElsewhere
        | WithdrawnReason::Reassigned
        | WithdrawnReason::NotEligible
        | WithdrawnReason::DepartmentDeleted => OfferOutcome::Withdrawn,
    }
}
