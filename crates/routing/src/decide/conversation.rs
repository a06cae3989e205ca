//! Conversations: opening, closing and reopening.

use crate::{
    AgentId, AssignmentCause, By, Conversation, ConversationId, DepartmentId, Done, Event, Kind,
    OpenConversation, Origin, Pause, Refusal, Status, Timestamp, WithdrawnReason, Workspace,
    conversation::Cooling, skills::Asked, slab::DepartmentIx,
};

use super::{
    Plan, admin,
    eligible::Subject,
    offer,
    routing::{self, Prefer, Request},
};

pub(super) fn open(
    workspace: &Workspace,
    open: OpenConversation,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    if workspace.config.status == Status::Suspended {
        return Err(Refusal::Suspended);
    }
    if let Some(existing) = opened_before(workspace, &open)? {
        return Ok(Done::Existing(existing));
    }
    if workspace.conversation_ids.contains_key(&open.conversation_id) {
        return Err(Refusal::IdTaken(Kind::Conversation));
    }
    let department = department_of(workspace, open.department_id.as_ref())?;
    let request = Request {
        id: &open.conversation_id,
        subject: Subject { asked: Asked::Listed(&open.skills), cooling: &[] },
        cause: AssignmentCause::Routed,
        waits_in: None,
        prefer: Prefer::LastOf(&open.visitor_id),
    };
    let route = routing::arrive(workspace, department, &[], request, plan.now);
    let conversation_id = open.conversation_id;
    plan.push(Event::ConversationOpened {
        conversation_id: conversation_id.clone(),
        department_id: workspace.departments[route.department].id.clone(),
        visitor_id: open.visitor_id,
        priority: open.priority,
        skills: open.skills,
        key: open.key,
        passed: route.passed_ids(workspace),
    });
    route.settle(workspace, &conversation_id, plan);
    Ok(Done::Conversation(conversation_id))
}

/// Takes a conversation in again that ended: to who held it last, else as any other.
pub(super) fn reopen(
    workspace: &Workspace,
    mut conversation: Conversation,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    if workspace.config.status == Status::Suspended {
        return Err(Refusal::Suspended);
    }
    let here = workspace.conversation(conversation.id.as_str());
    if !planted!(StrangersReopen) {
        may_reopen(workspace, here.unwrap_or(&conversation), &plan.origin)?;
    }
    if here.is_some() {
        return Err(Refusal::NotEnded);
    }
    let known = workspace.department_ids.get(&conversation.department_id).copied();
    let department = known.and_then(|ix| workspace.living_department(ix));
    let department = department.ok_or(Refusal::NotFound(Kind::Department))?;
    let holder = conversation.last_agent_id.as_ref();
    let holder = holder.and_then(|id| workspace.agent_ix(id.as_str()));
    let cooling = still_cooling(workspace, &conversation.pauses, plan.now);
    let request = Request {
        id: &conversation.id,
        subject: Subject { asked: Asked::Listed(&conversation.skills), cooling: &cooling },
        cause: AssignmentCause::Reopened,
        waits_in: None,
        prefer: holder.map_or(Prefer::Nobody, |agent| {
            let wrapping = workspace.agents[agent].wrapping.get(&conversation.id);
            Prefer::Holder(agent, wrapping.map(|(department, _)| *department))
        }),
    };
    let route = routing::arrive(workspace, department, &[], request, plan.now);
    if let Some(refusal) = route.would_refuse() {
        return Err(refusal);
    }
    let id = conversation.id.clone();
    conversation.passed = route.passed_ids(workspace);
    plan.push(Event::ConversationReopened {
        conversation: Box::new(conversation),
        department_id: workspace.departments[route.department].id.clone(),
    });
    route.settle(workspace, &id, plan);
    Ok(Done::Conversation(id))
}

/// Who is not to be asked yet for a conversation that ended meanwhile; sorted.
fn still_cooling(workspace: &Workspace, pauses: &[Pause], now: Timestamp) -> Vec<Cooling> {
    let later = pauses.iter().filter(|pause| pause.until > now);
    let cooling = later.filter_map(|pause| {
        let agent = workspace.agent_ix(pause.agent_id.as_str())?;
        Some(Cooling { agent, until: pause.until, giver: pause.giver })
    });
    let mut cooling: Vec<_> = cooling.collect();
    cooling.sort_unstable_by_key(|cooling| cooling.agent);
    cooling
}

/// Visitors reopen their own, agents what they held last, all others any.
fn may_reopen(
    workspace: &Workspace,
    conversation: &Conversation,
    origin: &Origin,
) -> Result<(), Refusal> {
    may_act(workspace, conversation, conversation.last_agent_id.as_ref(), origin)
}

/// What the same key opened before.
fn opened_before(
    workspace: &Workspace,
    open: &OpenConversation,
) -> Result<Option<ConversationId>, Refusal> {
    let Some(key) = &open.key else { return Ok(None) };
    let keys = &workspace.keys;
    let known = planted!(
        KeysOfAnybody,
        keys.iter().find(|((_, other), _)| *other == key.key).map(|(_, entry)| entry),
        keys.get(&(open.visitor_id.clone(), key.key.clone()))
    );
    match known {
        None => Ok(None),
        Some(entry) if entry.fingerprint == key.fingerprint => {
            Ok(Some(entry.conversation_id.clone()))
        }
        Some(_) => Err(Refusal::KeyReused),
    }
}

/// The department named, else the default one, else the only one.
fn department_of(
    workspace: &Workspace,
    named: Option<&DepartmentId>,
) -> Result<DepartmentIx, Refusal> {
    let default = workspace.config.default_department_id.as_ref();
    if let Some(id) = named {
        return admin::find(workspace, id);
    }
    if let Some(ix) = default.and_then(|id| workspace.department_ix(id.as_str())) {
        return Ok(ix);
    }
    let mut all = workspace.departments();
    match (all.next(), all.next()) {
        (Some(only), None) => admin::find(workspace, &only.id),
        _ => Err(Refusal::DepartmentRequired),
    }
}

pub(super) fn close(
    workspace: &Workspace,
    conversation_id: ConversationId,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let conversation = workspace
        .conversation(conversation_id.as_str())
        .ok_or(Refusal::NotFound(Kind::Conversation))?;
    let holder = conversation.agent_id.as_ref();
    may_act(workspace, conversation, holder, &plan.origin)?;
    end(workspace, conversation, plan.origin.clone(), plan);
    Ok(Done::Conversation(conversation_id))
}

/// Closes a conversation, whose open offer is over with it.
pub(super) fn end(
    workspace: &Workspace,
    conversation: &Conversation,
    origin: Origin,
    plan: &mut Plan,
) {
    if let Some(active) = workspace.active(&conversation.id) {
        plan.events.extend(offer::ended(active, origin.clone(), WithdrawnReason::Closed, None));
    }
    let closed = Event::ConversationClosed {
        conversation_id: conversation.id.clone(),
        department_id: conversation.department_id.clone(),
        agent_id: conversation.agent_id.clone(),
    };
    plan.push_as(origin, closed);
}

/// Visitors close and reopen their own, agents what they hold or held last, all others any.
fn may_act(
    workspace: &Workspace,
    conversation: &Conversation,
    holder: Option<&AgentId>,
    origin: &Origin,
) -> Result<(), Refusal> {
    let by_id = origin.by_id.as_deref();
    match origin.by {
        By::Visitor if by_id == Some(conversation.visitor_id.as_str()) => Ok(()),
        By::Visitor => Err(Refusal::NotFound(Kind::Conversation)),
        By::Agent => {
            let agent = by_id.unwrap_or_default();
            if holder.is_some_and(|holder| holder.as_str() == agent) {
                Ok(())
            } else if workspace.is_member(agent, conversation.department_id.as_str()) {
                Err(Refusal::Forbidden)
            } else {
                Err(Refusal::NotFound(Kind::Conversation))
            }
        }
        _ => Ok(()),
    }
}
