//! The public feed: mapped by hand from what the log keeps, never the same type.

use serde_json::{Value, json};
use switchboard_protocol::model;
use switchboard_routing::{ConversationId, Event, Record, WithdrawnReason};

use super::{ToWire, policy_to_wire};

/// The conversation that an event is about.
pub(crate) fn subject_of(event: &Event) -> Option<&ConversationId> {
    match event {
        Event::ConversationOpened { conversation_id, .. }
        | Event::ConversationQueued { conversation_id, .. }
        | Event::ConversationAssigned { conversation_id, .. }
        | Event::ConversationOffered { conversation_id, .. }
        | Event::OfferEnded { conversation_id, .. }
        | Event::ConversationTransferred { conversation_id, .. }
        | Event::ConversationRequeued { conversation_id, .. }
        | Event::ConversationClosed { conversation_id, .. }
        | Event::ConversationRejected { conversation_id, .. } => Some(conversation_id),
        Event::ConversationReopened { conversation, .. } => Some(&conversation.id),
        _ => None,
    }
}

/// What the feed says of a record; nothing of those that are the engine's own business. `id` is
/// the event's public id.
pub(crate) fn event_of(record: &Record, id: impl FnOnce() -> String) -> Option<model::Event> {
    let mut event = model::Event {
        offset: record.position,
        id: String::new(),
        kind: String::new(),
        at: record.at.0,
        by: record.origin.by.to_wire(),
        by_id: record.origin.by_id.as_ref().map(ToString::to_string),
        conversation_id: subject_of(&record.event).map(ToString::to_string),
        agent_id: None,
        department_id: None,
        data: json!({}),
    };
    describe(&record.event, &mut event)?;
    if record.position == 1 {
        // A workspace begins with its first configuration.
        event.kind = "workspace.created".to_owned();
    }
    event.id = id();
    Some(event)
}

fn describe(event: &Event, out: &mut model::Event) -> Option<()> {
    let mut is = |kind: &str, data: Value| (out.kind, out.data) = (kind.to_owned(), data);
    let none = || json!({});
    let (agent, department) = match event {
        Event::WorkspaceConfigured { config } => {
            let limits = json!({
                "seats": config.limits.seats, "departments": config.limits.departments,
            });
            is(
                "workspace.updated",
                json!({
                    "name": config.name, "plan": config.plan, "limits": limits,
                    "status": config.status.to_wire(),
                }),
            );
            (None, None)
        }
        Event::WorkspaceRecovered => {
            is("workspace.recovered", none());
            (None, None)
        }
        Event::DepartmentCreated { department_id, name, policy } => {
            is("department.created", json!({ "name": name, "policy": policy_to_wire(policy) }));
            (None, Some(department_id))
        }
        Event::DepartmentUpdated { department_id, name, policy } => {
            is("department.updated", json!({ "name": name, "policy": policy_to_wire(policy) }));
            (None, Some(department_id))
        }
        Event::DepartmentOpened { department_id } => {
            is("department.opened", none());
            (None, Some(department_id))
        }
        Event::DepartmentClosed { department_id } => {
            is("department.closed", none());
            (None, Some(department_id))
        }
        Event::DepartmentDeleted { department_id } => {
            is("department.deleted", none());
            (None, Some(department_id))
        }
        Event::AgentAdded { agent_id, role, capacity, skills } => {
            let role = role.to_wire();
            is("agent.added", json!({ "role": role, "capacity": capacity, "skills": skills }));
            (Some(agent_id), None)
        }
        Event::AgentUpdated { agent_id, role, capacity, skills } => {
            let role = role.to_wire();
            is("agent.updated", json!({ "role": role, "capacity": capacity, "skills": skills }));
            (Some(agent_id), None)
        }
        Event::AgentRemoved { agent_id } => {
            is("agent.removed", none());
            (Some(agent_id), None)
        }
        Event::MemberAdded { department_id, agent_id } => {
            is("membership.changed", json!({ "member": true }));
            (Some(agent_id), Some(department_id))
        }
        Event::MemberRemoved { department_id, agent_id } => {
            is("membership.changed", json!({ "member": false }));
            (Some(agent_id), Some(department_id))
        }
        Event::AvailabilityChanged { agent_id, availability } => {
            let availability = availability.to_wire();
            is("agent.availability_changed", json!({ "availability": availability }));
            (Some(agent_id), None)
        }
        Event::PresenceChanged { agent_id, present } => {
            is("agent.presence_changed", json!({ "present": present }));
            (Some(agent_id), None)
        }
        Event::ConversationOpened { department_id, visitor_id, priority, skills, .. } => {
            is(
                "conversation.opened",
                json!({
                    "visitor_id": visitor_id, "priority": priority, "skills": skills,
                }),
            );
            (None, Some(department_id))
        }
        Event::ConversationQueued { department_id, .. } => {
            is("conversation.queued", none());
            (None, Some(department_id))
        }
        Event::ConversationAssigned { department_id, agent_id, cause, .. } => {
            is("conversation.assigned", json!({ "cause": cause.to_wire() }));
            (Some(agent_id), Some(department_id))
        }
        Event::ConversationRequeued { department_id, agent_id, reason, .. } => {
            is("conversation.requeued", json!({ "reason": reason }));
            (agent_id.as_ref(), Some(department_id))
        }
        Event::ConversationClosed { department_id, agent_id, .. } => {
            is("conversation.closed", none());
            (agent_id.as_ref(), Some(department_id))
        }
        Event::ConversationRejected { department_id, reason, .. } => {
            is("conversation.rejected", json!({ "reason": reason.to_wire() }));
            (None, Some(department_id))
        }
        Event::ConversationOffered { department_id, agent_id, expires_at, .. } => {
            is("conversation.offered", json!({ "expires_at": expires_at.0 }));
            (Some(agent_id), Some(department_id))
        }
        Event::OfferEnded { department_id, agent_id, reason, .. } => {
            let kind = match reason {
                WithdrawnReason::Declined => "offer.declined",
                WithdrawnReason::Expired => "offer.expired",
                _ => "offer.withdrawn",
            };
            is(kind, json!({ "reason": reason.to_wire() }));
            (Some(agent_id), Some(department_id))
        }
        Event::ConversationTransferred {
            department_id,
            from_department_id,
            from_agent_id,
            agent_id,
            ..
        } => {
            is(
                "conversation.transferred",
                json!({ "from_department_id": from_department_id, "from_agent_id": from_agent_id }),
            );
            (agent_id.as_ref(), Some(department_id))
        }
        Event::ConversationReopened { department_id, .. } => {
            is("conversation.reopened", none());
            (None, Some(department_id))
        }
        Event::SessionHeld { .. }
        | Event::AgentActive { .. }
        | Event::WrapUpEnded { .. }
        | Event::CooldownEnded { .. }
        | Event::SessionAttached { .. }
        | Event::SessionLost { .. }
        | Event::SessionEnded { .. }
        | Event::ConversationForgotten { .. } => return None,
    };
    out.agent_id = agent.map(ToString::to_string);
    out.department_id = department.map(ToString::to_string);
    Some(())
}
