//! How often the rare things happened: a test that no longer reaches them tests nothing.

use std::collections::BTreeMap;

use switchboard_routing::*;

#[derive(Default)]
pub(crate) struct Counts(BTreeMap<String, usize>);

/// What must be reached, and how often at least.
pub(crate) const REACHED: &[(&str, usize)] = &[
    ("assigned Routed", 300),
    ("assigned Accepted", 200),
    ("assigned Claimed", 30),
    ("assigned Transferred", 50),
    ("assigned Assigned", 40),
    ("assigned Sticky", 8),
    ("assigned Requeued", 6),
    ("assigned Reopened", 50),
    ("led back to who had the last", 20),
    ("queued", 500),
    ("offered", 500),
    ("offered asleep", 15),
    ("offer Declined", 60),
    ("offer Expired", 200),
    ("offer Away", 20),
    ("offer Lost", 8),
    ("offer Closed", 40),
    ("offer Removed", 1),
    ("offer Claimed", 15),
    ("offer Reassigned", 25),
    ("offer NotEligible", 10),
    ("offer DepartmentDeleted", 4),
    ("requeued AgentLost", 30),
    ("requeued Removed", 15),
    ("requeued DepartmentDeleted", 6),
    ("requeued MaxWait", 20),
    ("requeued Reassigned", 1),
    ("rejected NoAgentsOnline", 50),
    ("rejected QueueFull", 50),
    ("rejected MaxWait", 100),
    ("rejected DepartmentDeleted", 30),
    ("transferred", 150),
    ("reopened", 200),
    ("reopened to who had it", 30),
    ("recovered while somebody slept", 10),
    ("wrap-up ended", 100),
    ("cooled down", 300),
    ("held", 80),
    ("closed by VisitorLeft", 40),
    ("away by MissedOffers", 30),
    ("away by Absence", 20),
    ("away by Idle", 50),
    ("force passed capacity", 15),
    ("given to who is asleep by name", 2),
    ("led on by fallbacks", 30),
    ("seat reserved", 300),
    ("seat extended", 10),
    ("seat taken back", 10),
    ("seat expired", 100),
    ("seat accepted", 8),
];

/// The same where a department has more members than a decision names.
pub(crate) const REACHED_IN_A_CROWD: &[(&str, usize)] =
    &[("left out", 5), ("left out, for several reasons", 40), ("chosen by name among many", 1)];

impl Counts {
    pub(crate) fn add(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    pub(crate) fn merge(&mut self, other: Self) {
        for (what, count) in other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    pub(crate) fn assert_reached(&self, wanted: &[(&str, usize)]) {
        let reached = |what: &str| self.0.get(what).copied().unwrap_or(0);
        let missed = wanted.iter().filter(|(what, least)| reached(what) < *least);
        let missed: Vec<_> = missed.collect();
        assert!(missed.is_empty(), "too little happened: {missed:?} of {:#?}", self.0);
    }

    /// Counts who is led back by a decision, and decisions that count members instead of naming
    /// them.
    pub(crate) fn see_decision(&mut self, decision: &Decision) {
        if !decision.left_out.is_empty() {
            let kinds = decision.left_out.len();
            self.add(if kinds > 1 { "left out, for several reasons" } else { "left out" });
            let by_name = matches!(
                decision.cause,
                AssignmentCause::Claimed | AssignmentCause::Assigned | AssignmentCause::Sticky
            );
            if by_name {
                self.add("chosen by name among many");
            }
        }
        if decision.chosen.is_some() && decision.cause == AssignmentCause::Sticky {
            self.add("led back to who had the last");
        }
    }

    /// Counts an event; the workspace is as it was just before.
    pub(crate) fn see(&mut self, before: &Workspace, record: &Record) {
        let by = record.origin.by;
        match &record.event {
            Event::ConversationAssigned { conversation_id, agent_id, cause, .. } => {
                self.add(format!("assigned {cause:?}"));
                let c = before.conversation(conversation_id.as_str());
                let last = c.and_then(|c| c.last_agent_id.clone());
                if *cause == AssignmentCause::Reopened && last.as_ref() == Some(agent_id) {
                    self.add("reopened to who had it");
                }
            }
            Event::ConversationQueued { .. } => self.add("queued"),
            Event::ConversationOpened { passed, .. } if !passed.is_empty() => {
                self.add("led on by fallbacks");
            }
            Event::ConversationOffered { agent_id, .. } => {
                self.add("offered");
                if before.agent(agent_id.as_str()).is_some_and(|agent| !agent.is_awake()) {
                    self.add("offered asleep");
                    if !matches!(by, By::Engine) {
                        self.add("given to who is asleep by name");
                    }
                }
            }
            Event::OfferEnded { reason, .. } => self.add(format!("offer {reason:?}")),
            Event::ConversationRequeued { reason, .. } => self.add(format!("requeued {reason:?}")),
            Event::ConversationRejected { reason, .. } => self.add(format!("rejected {reason:?}")),
            Event::ConversationTransferred { .. } => self.add("transferred"),
            Event::ConversationReopened { .. } => self.add("reopened"),
            Event::ConversationClosed { .. } => self.add(format!("closed by {by:?}")),
            Event::WorkspaceRecovered => {
                let mut sessions = before.sessions();
                if sessions.any(|(_, s)| matches!(s.state, SessionState::Held { .. })) {
                    self.add("recovered while somebody slept");
                }
            }
            Event::SeatReserved { .. } => self.add("seat reserved"),
            Event::SeatExtended { .. } => self.add("seat extended"),
            Event::SeatReleased { expired, .. } => {
                self.add(if *expired { "seat expired" } else { "seat taken back" });
            }
            Event::AgentAdded { invite_id: Some(_), .. } => self.add("seat accepted"),
            Event::WrapUpEnded { .. } => self.add("wrap-up ended"),
            Event::CooldownEnded { .. } => self.add("cooled down"),
            Event::SessionHeld { .. } => self.add("held"),
            Event::AvailabilityChanged { availability: Availability::Away, .. } => {
                self.add(format!("away by {by:?}"));
            }
            _ => {}
        }
    }
}
