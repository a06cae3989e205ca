//! Conversations: opening and closing.

use crate::{
    By, Conversation, ConversationId, DepartmentId, Done, Event, Kind, OpenConversation, Origin,
    Refusal, Status, Workspace, skills::Asked, slab::DepartmentIx,
};

use super::{Plan, admin, routing};

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
    let route = routing::arrive(workspace, department, Asked::Listed(&open.skills));
    let conversation_id = open.conversation_id;
    plan.push(Event::ConversationOpened {
        conversation_id: conversation_id.clone(),
        department_id: workspace.departments[route.department].id.clone(),
        visitor_id: open.visitor_id,
        priority: open.priority,
        skills: open.skills,
        key: open.key,
        passed: Vec::new(),
    });
    plan.push_as_engine(route.event(workspace, conversation_id.clone()));
    Ok(Done::Conversation(conversation_id))
}

/// What the same key opened before.
fn opened_before(
    workspace: &Workspace,
    open: &OpenConversation,
) -> Result<Option<ConversationId>, Refusal> {
    let Some(key) = &open.key else { return Ok(None) };
    match workspace.keys.get(&(open.visitor_id.clone(), key.key.clone())) {
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
    may_close(workspace, conversation, &plan.origin)?;
    plan.push(closed(conversation));
    Ok(Done::Conversation(conversation_id))
}

pub(super) fn closed(conversation: &Conversation) -> Event {
    Event::ConversationClosed {
        conversation_id: conversation.id.clone(),
        department_id: conversation.department_id.clone(),
        agent_id: conversation.agent_id.clone(),
    }
}

/// Visitors close their own, agents what they hold, all others any.
fn may_close(
    workspace: &Workspace,
    conversation: &Conversation,
    origin: &Origin,
) -> Result<(), Refusal> {
    let by_id = origin.by_id.as_deref();
    match origin.by {
        By::Visitor if by_id == Some(conversation.visitor_id.as_str()) => Ok(()),
        By::Visitor => Err(Refusal::NotFound(Kind::Conversation)),
        By::Agent => {
            let agent = by_id.unwrap_or_default();
            if conversation.agent_id.as_ref().is_some_and(|holder| holder.as_str() == agent) {
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
