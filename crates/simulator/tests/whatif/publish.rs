//! What the server would tell of the engine's records: its own mapping, written down once more by
//! hand, so that a recording of the engine can be read back.

use serde_json::{Value, json};
use switchboard_protocol::model;
use switchboard_routing::{Event, Policy, Record};

/// One event of the feed, as JSON; none: it is the engine's own business.
pub(crate) fn publish(record: &Record) -> Option<Value> {
    let mut told = json!({
        "offset": record.position,
        "id": format!("evt_{}", record.position),
        "at": record.at.0,
        "by": record.origin.by,
        "data": {},
    });
    if let Some(id) = record.event.subject() {
        told["conversation_id"] = json!(id);
    }
    let (kind, agent, department, data) = described(&record.event)?;
    told["type"] = json!(kind);
    if let Some(agent) = agent {
        told["agent_id"] = json!(agent);
    }
    if let Some(department) = department {
        told["department_id"] = json!(department);
    }
    told["data"] = data;
    Some(told)
}

type Told = (&'static str, Option<String>, Option<String>, Value);

fn described(event: &Event) -> Option<Told> {
    let some = |id: &dyn ToString| Some(id.to_string());
    Some(match event {
        Event::WorkspaceConfigured { .. } => ("workspace.updated", None, None, json!({})),
        Event::WorkspaceRecovered => ("workspace.recovered", None, None, json!({})),
        Event::DepartmentCreated { department_id, name, policy } => {
            let data = json!({ "name": name, "policy": policy_of(policy) });
            ("department.created", None, some(department_id), data)
        }
        Event::DepartmentUpdated { department_id, name, policy } => {
            let data = json!({ "name": name, "policy": policy_of(policy) });
            ("department.updated", None, some(department_id), data)
        }
        Event::DepartmentOpened { department_id } => {
            ("department.opened", None, some(department_id), json!({}))
        }
        Event::DepartmentClosed { department_id } => {
            ("department.closed", None, some(department_id), json!({}))
        }
        Event::DepartmentDeleted { department_id } => {
            ("department.deleted", None, some(department_id), json!({}))
        }
        Event::AgentAdded { agent_id, role, capacity, skills, .. } => {
            let data = json!({ "role": role, "capacity": capacity, "skills": skills });
            ("agent.added", some(agent_id), None, data)
        }
        Event::AgentUpdated { agent_id, role, capacity, skills } => {
            let data = json!({ "role": role, "capacity": capacity, "skills": skills });
            ("agent.updated", some(agent_id), None, data)
        }
        Event::AgentRemoved { agent_id } => ("agent.removed", some(agent_id), None, json!({})),
        Event::MemberAdded { department_id, agent_id } => {
            ("membership.changed", some(agent_id), some(department_id), json!({ "member": true }))
        }
        Event::MemberRemoved { department_id, agent_id } => {
            ("membership.changed", some(agent_id), some(department_id), json!({ "member": false }))
        }
        Event::AvailabilityChanged { agent_id, availability } => {
            let data = json!({ "availability": availability });
            ("agent.availability_changed", some(agent_id), None, data)
        }
        Event::PresenceChanged { agent_id, present } => {
            ("agent.presence_changed", some(agent_id), None, json!({ "present": present }))
        }
        other => return conversation(other),
    })
}

fn conversation(event: &Event) -> Option<Told> {
    let some = |id: &dyn ToString| Some(id.to_string());
    Some(match event {
        Event::ConversationOpened { department_id, visitor_id, priority, skills, .. } => {
            let data = json!({ "visitor_id": visitor_id, "priority": priority, "skills": skills });
            ("conversation.opened", None, some(department_id), data)
        }
        Event::ConversationReopened { conversation, department_id } => {
            let data = json!({
                "visitor_id": conversation.visitor_id, "priority": conversation.priority,
                "skills": conversation.skills, "last_agent_id": conversation.last_agent_id,
            });
            ("conversation.reopened", None, some(department_id), data)
        }
        Event::ConversationQueued { department_id, .. } => {
            ("conversation.queued", None, some(department_id), json!({}))
        }
        Event::ConversationOffered { department_id, agent_id, expires_at, .. } => {
            let data = json!({ "offer_id": "off_1", "expires_at": expires_at });
            ("conversation.offered", some(agent_id), some(department_id), data)
        }
        Event::OfferEnded { department_id, agent_id, reason, cooling_until, .. } => {
            let data =
                json!({ "offer_id": "off_1", "reason": reason, "cooling_until": cooling_until });
            let kind = match json!(reason).as_str() {
                Some("declined") => "offer.declined",
                Some("expired") => "offer.expired",
                _ => "offer.withdrawn",
            };
            (kind, some(agent_id), some(department_id), data)
        }
        Event::ConversationAssigned { department_id, agent_id, cause, .. } => {
            let data = json!({ "cause": cause });
            ("conversation.assigned", some(agent_id), some(department_id), data)
        }
        Event::ConversationRequeued { department_id, agent_id, reason, .. } => {
            let agent = agent_id.as_ref().map(ToString::to_string);
            ("conversation.requeued", agent, some(department_id), json!({ "reason": reason }))
        }
        Event::ConversationTransferred { department_id, agent_id, from_department_id, .. } => {
            let agent = agent_id.as_ref().map(ToString::to_string);
            let data = json!({
                "from_department_id": from_department_id, "to_department_id": department_id,
            });
            ("conversation.transferred", agent, some(department_id), data)
        }
        Event::ConversationClosed { department_id, agent_id, .. } => {
            let agent = agent_id.as_ref().map(ToString::to_string);
            ("conversation.closed", agent, some(department_id), json!({}))
        }
        Event::ConversationRejected { department_id, reason, .. } => {
            ("conversation.rejected", None, some(department_id), json!({ "reason": reason }))
        }
        _ => return None,
    })
}

fn policy_of(policy: &Policy) -> model::Policy {
    // Both are written alike, which the server's own tests hold; here a mistake only fails a test.
    serde_json::from_value(serde_json::to_value(policy).unwrap()).unwrap()
}
