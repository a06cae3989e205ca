//! What the engine did in a rerun, in the words of a recording, so that both are measured alike.
//!
//! Owns the way from the engine's events to [`What`], as far as it is measured. That what the
//! server tells is read the same way is what the golden recording is for.

use switchboard_protocol::model;
use switchboard_routing::{
    AssignmentCause, Availability, By, Event, Record, RequeuedReason, WithdrawnReason,
};

use super::happening::{Came, Described, Happening, Request, Unaccepted, What};

/// What a record says.
pub(super) fn told(record: &Record) -> Happening {
    Happening { offset: record.position, at: record.at.0, what: what(record) }
}

fn what(record: &Record) -> What {
    match &record.event {
        Event::WorkspaceRecovered => What::Recovered,
        Event::AgentAdded { agent_id, capacity, skills, .. }
        | Event::AgentUpdated { agent_id, capacity, skills, .. } => {
            let is = Described { capacity: *capacity, skills: skills.clone() };
            What::Agent { id: agent_id.clone(), is }
        }
        Event::AgentRemoved { agent_id } => What::AgentRemoved { id: agent_id.clone() },
        Event::MemberAdded { department_id, agent_id } => {
            let (agent, department) = (agent_id.clone(), department_id.clone());
            What::Member { agent, department, member: true }
        }
        Event::MemberRemoved { department_id, agent_id } => {
            let (agent, department) = (agent_id.clone(), department_id.clone());
            What::Member { agent, department, member: false }
        }
        Event::AvailabilityChanged { agent_id, availability } => {
            let online = *availability == Availability::Online;
            let engine = record.origin.by == By::MissedOffers;
            What::Availability { id: agent_id.clone(), online, engine }
        }
        Event::PresenceChanged { agent_id, present } => {
            What::Presence { id: agent_id.clone(), present: *present }
        }
        Event::DepartmentCreated { department_id, .. } => {
            // How it routes is not measured.
            let policy = Box::<model::Policy>::default();
            What::Department { id: department_id.clone(), policy }
        }
        _ => conversation(record),
    }
}

fn conversation(record: &Record) -> What {
    let Some(id) = record.event.subject().cloned() else { return What::Nothing };
    match &record.event {
        Event::ConversationOpened { department_id, visitor_id, priority, skills, .. } => {
            let (visitor, skills) = (visitor_id.clone(), skills.clone());
            let request = Request { visitor, priority: *priority, skills, again: false };
            What::Opened { id, department: department_id.clone(), request }
        }
        Event::ConversationQueued { .. } => What::Queued { id },
        Event::ConversationOffered { department_id, agent_id, .. } => {
            What::Offered { id, department: department_id.clone(), agent: agent_id.clone() }
        }
        Event::OfferEnded { agent_id, reason, .. } => {
            What::OfferEnded { id, agent: agent_id.clone(), how: unaccepted(*reason) }
        }
        Event::ConversationAssigned { department_id, agent_id, cause, .. } => {
            let (department, agent) = (department_id.clone(), agent_id.clone());
            What::Assigned { id, department, agent, came: came(*cause) }
        }
        Event::ConversationRequeued { department_id, agent_id, reason, .. } => {
            let (department, agent) = (department_id.clone(), agent_id.clone());
            What::Requeued { id, department, agent, lost: *reason == RequeuedReason::AgentLost }
        }
        Event::ConversationTransferred { department_id, agent_id, .. } => {
            What::Transferred { id, department: department_id.clone(), to: agent_id.clone() }
        }
        Event::ConversationClosed { .. } => {
            What::Closed { id, by_agent: record.origin.by == By::Agent }
        }
        Event::ConversationRejected { .. } => What::Rejected { id },
        _ => What::Nothing,
    }
}

fn unaccepted(reason: WithdrawnReason) -> Unaccepted {
    match reason {
        WithdrawnReason::Declined => Unaccepted::Declined,
        WithdrawnReason::Expired => Unaccepted::Expired,
        WithdrawnReason::Away
        | WithdrawnReason::Lost
        | WithdrawnReason::Closed
        | WithdrawnReason::Removed
        | WithdrawnReason::Claimed
        | WithdrawnReason::AcceptedElsewhere
        | WithdrawnReason::Reassigned
        | WithdrawnReason::NotEligible
        | WithdrawnReason::DepartmentDeleted => Unaccepted::Withdrawn,
    }
}

fn came(cause: AssignmentCause) -> Came {
    match cause {
        AssignmentCause::Accepted => Came::Accepted,
        AssignmentCause::Claimed => Came::Claimed,
        AssignmentCause::Assigned => Came::Given,
        AssignmentCause::Routed
        | AssignmentCause::Transferred
        | AssignmentCause::Sticky
        | AssignmentCause::Requeued
        | AssignmentCause::Reopened => Came::Routed,
    }
}
