//! The public feed: mapped by hand from what the log keeps, never the same type.

use serde_json::{Value, json};
use switchboard_protocol::model;
use switchboard_routing::{Event, Record, WithdrawnReason};

use super::{ToWire, policy_to_wire};
use crate::ids::PublicIds;

/// What the feed says of a record; nothing of those that are the engine's own business.
pub(crate) fn event_of(record: &Record, ids: PublicIds<'_>) -> Option<model::Event> {
    let mut event = model::Event {
        offset: record.position,
        id: String::new(),
        kind: String::new(),
        at: record.at.0,
        by: record.origin.by.to_wire(),
        by_id: record.origin.by_id.as_ref().map(ToString::to_string),
        conversation_id: record.event.subject().map(ToString::to_string),
        agent_id: None,
        department_id: None,
        data: json!({}),
    };
    describe(&record.event, record.position, ids, &mut event)?;
    if record.position == 1 {
        // A workspace begins with its first configuration.
        event.kind = "workspace.created".to_owned();
    }
    event.id = ids.event(record.position);
    Some(event)
}

fn describe(
    event: &Event,
    position: u64,
    ids: PublicIds<'_>,
    out: &mut model::Event,
) -> Option<()> {
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
        Event::SeatReserved { invite_id, until } => {
            is("invite.created", json!({ "invite_id": invite_id, "expires_at": until.0 }));
            (None, None)
        }
        Event::SeatExtended { invite_id, until } => {
            is("invite.extended", json!({ "invite_id": invite_id, "expires_at": until.0 }));
            (None, None)
        }
        Event::SeatReleased { invite_id, expired } => {
            let kind = if *expired { "invite.expired" } else { "invite.revoked" };
            is(kind, json!({ "invite_id": invite_id }));
            (None, None)
        }
        Event::AgentAdded { agent_id, role, capacity, skills, invite_id } => {
            let role = role.to_wire();
            let mut data = json!({ "role": role, "capacity": capacity, "skills": skills });
            // Only where there is one, unlike what is not known elsewhere: most join without.
            if let (Some(fields), Some(invite_id)) = (data.as_object_mut(), invite_id) {
                fields.insert("invite_id".to_owned(), json!(invite_id));
            }
            is("agent.added", data);
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
            is("conversation.requeued", json!({ "reason": reason.to_wire() }));
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
            // The offer's number is the position of its event.
            let offer_id = ids.offer(position);
            is("conversation.offered", json!({ "offer_id": offer_id, "expires_at": expires_at.0 }));
            (Some(agent_id), Some(department_id))
        }
        Event::OfferEnded { department_id, agent_id, offer, reason, cooling_until, .. } => {
            let kind = match reason {
                WithdrawnReason::Declined => "offer.declined",
                WithdrawnReason::Expired => "offer.expired",
                WithdrawnReason::Away
                | WithdrawnReason::Lost
                | WithdrawnReason::Closed
                | WithdrawnReason::Removed
                | WithdrawnReason::Claimed
                | WithdrawnReason::AcceptedElsewhere
                | WithdrawnReason::Reassigned
                | WithdrawnReason::NotEligible
                | WithdrawnReason::DepartmentDeleted => "offer.withdrawn",
            };
            is(
                kind,
                json!({
                    "offer_id": ids.offer(*offer), "reason": reason.to_wire(),
                    "cooling_until": cooling_until.map(|at| at.0),
                }),
            );
            (Some(agent_id), Some(department_id))
        }
        Event::ConversationTransferred {
            department_id,
            from_department_id,
            from_agent_id,
            agent_id,
            cooling_until,
            ..
        } => {
            is(
                "conversation.transferred",
                json!({
                    "from_department_id": from_department_id, "from_agent_id": from_agent_id,
                    "to_department_id": department_id, "to_agent_id": agent_id,
                    "cooling_until": cooling_until.map(|at| at.0),
                }),
            );
            (agent_id.as_ref(), Some(department_id))
        }
        Event::ConversationReopened { conversation, department_id } => {
            let last = conversation.last_agent_id.as_ref().or(conversation.agent_id.as_ref());
            is(
                "conversation.reopened",
                json!({
                    "visitor_id": conversation.visitor_id, "priority": conversation.priority,
                    "skills": conversation.skills, "last_agent_id": last,
                }),
            );
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// Every type that the feed may tell is in `docs/events.md`, and nothing else is.
    #[test]
    fn the_documentation_lists_the_types() {
        let source = include_str!("event.rs");
        let code = source.split("#[cfg(test)]").next().unwrap();
        let kinds = |text: &'static str, quote: char| -> BTreeSet<&'static str> {
            let quoted = text.split(quote).skip(1).step_by(2);
            quoted.filter(|word| is_kind(word)).collect()
        };
        let page = include_str!("../../../../docs/events.md");
        assert_eq!(kinds(page, '`'), kinds(code, '"'));
        assert!(kinds(page, '`').len() > 20);
    }

    fn is_kind(word: &str) -> bool {
        let Some((of, what)) = word.split_once('.') else { return false };
        let plain = |part: &str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        };
        plain(of) && plain(what)
    }
}
