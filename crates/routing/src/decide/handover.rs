//! A conversation goes to somebody because somebody says so: claimed, assigned, transferred.

use crate::{
    AgentId, AssignmentCause, By, ConversationId, DepartmentId, Done, Event, Kind, Origin, Refusal,
    RequeuedReason, Timestamp, WithdrawnReason, Workspace,
    conversation::Active,
    skills::Asked,
    slab::{AgentIx, DepartmentIx},
};

use super::{
    Plan, admin,
    eligible::{Excuse, Subject, what_bars},
    explain, offer,
    routing::{self, Prefer, Request},
};

/// Where a conversation is handed to; one of the two at least.
pub(super) struct Target {
    pub(super) department_id: Option<DepartmentId>,
    pub(super) agent_id: Option<AgentId>,
}

pub(super) fn claim(
    workspace: &Workspace,
    conversation_id: ConversationId,
    agent_id: &AgentId,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let agent = find_agent(workspace, agent_id)?;
    let active = find(workspace, &conversation_id)?;
    if active.agent == Some(agent) {
        return Ok(Done::Conversation(conversation_id));
    }
    if !is_colleague(workspace, agent_id, active) {
        return Err(Refusal::NotFound(Kind::Conversation));
    }
    if active.agent.is_some() && !planted!(ClaimsHeld) {
        return Err(Refusal::AlreadyTaken);
    }
    let cause = match active.offered_to == Some(agent) {
        true => AssignmentCause::Accepted,
        false => AssignmentCause::Claimed,
    };
    if cause == AssignmentCause::Claimed {
        let excuse = Excuse { cooling: true, ..Excuse::default() };
        may_take(workspace, agent, active.department, active, excuse)?;
        let origin = plan.origin.clone();
        plan.events.extend(offer::ended(active, origin, WithdrawnReason::Claimed, None));
    }
    give(workspace, active, active.department, agent, cause, plan);
    Ok(Done::Conversation(conversation_id))
}

pub(super) fn assign(
    workspace: &Workspace,
    conversation_id: ConversationId,
    agent_id: &AgentId,
    force: bool,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let active = find(workspace, &conversation_id)?;
    match plan.origin.by {
        By::Visitor | By::Agent => {
            may_hand_on(workspace, active, &plan.origin)?;
            // What it holds it may hand on, not assign.
            return Err(Refusal::Forbidden);
        }
        _ => {}
    }
    let agent = find_agent(workspace, agent_id)?;
    if active.agent == Some(agent) {
        return Ok(Done::Conversation(conversation_id));
    }
    let department = active.department;
    let excuse = Excuse { capacity: force, ..counted(active, agent) };
    may_take(workspace, agent, department, active, excuse)?;
    let origin = plan.origin.clone();
    plan.events.extend(offer::ended(active, origin, WithdrawnReason::Reassigned, None));
    if let Some(timeout) = offer::asleep_timeout(workspace, department, agent) {
        if let Some(holder) = active.agent {
            plan.push(Event::ConversationRequeued {
                conversation_id: conversation_id.clone(),
                department_id: active.conversation.department_id.clone(),
                agent_id: Some(workspace.agents[holder].id.clone()),
                reason: RequeuedReason::Reassigned,
                passed: Vec::new(),
            });
        }
        let cause = AssignmentCause::Assigned;
        ask(workspace, active, department, (agent, timeout, force), cause, plan);
    } else {
        give(workspace, active, department, agent, AssignmentCause::Assigned, plan);
    }
    Ok(Done::Conversation(conversation_id))
}

pub(super) fn transfer(
    workspace: &Workspace,
    conversation_id: ConversationId,
    to: Target,
    force: bool,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let active = find(workspace, &conversation_id)?;
    may_hand_on(workspace, active, &plan.origin)?;
    if force && plan.origin.by == By::Agent {
        return Err(Refusal::Forbidden);
    }
    let department = match &to.department_id {
        Some(id) => admin::find(workspace, id)?,
        None if to.agent_id.is_none() => return Err(Refusal::DepartmentRequired),
        None => active.department,
    };
    match &to.agent_id {
        Some(agent) => to_agent(workspace, active, department, agent, force, plan)?,
        None => to_department(workspace, active, department, plan)?,
    }
    Ok(Done::Conversation(conversation_id))
}

fn to_agent(
    workspace: &Workspace,
    active: &Active,
    department: DepartmentIx,
    agent_id: &AgentId,
    force: bool,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let agent = find_agent(workspace, agent_id)?;
    if active.agent == Some(agent) && active.department == department {
        return Ok(());
    }
    let excuse = Excuse { capacity: force, ..counted(active, agent) };
    if !planted!(TransfersToAnybody) {
        may_take(workspace, agent, department, active, excuse)?;
    }
    let origin = plan.origin.clone();
    plan.events.extend(offer::ended(active, origin, WithdrawnReason::Reassigned, None));
    plan.push(Event::ConversationTransferred {
        conversation_id: active.conversation.id.clone(),
        department_id: workspace.departments[department].id.clone(),
        from_department_id: active.conversation.department_id.clone(),
        from_agent_id: active.agent.map(|ix| workspace.agents[ix].id.clone()),
        agent_id: Some(agent_id.clone()),
        cooling_until: None,
        passed: Vec::new(),
    });
    let cause = AssignmentCause::Transferred;
    // Explained with who gives it away.
    let given = without_giver(workspace, active, department, plan.now);
    match offer::asleep_timeout(workspace, department, agent) {
        Some(timeout) => ask(workspace, &given, department, (agent, timeout, force), cause, plan),
        None => give(workspace, &given, department, agent, cause, plan),
    }
    Ok(())
}

/// To whom the department's strategy says, but for who gives it away; else into its queue.
fn to_department(
    workspace: &Workspace,
    active: &Active,
    department: DepartmentIx,
    plan: &mut Plan,
) -> Result<(), Refusal> {
    let cooling = without_giver(workspace, active, department, plan.now);
    let request = Request {
        id: &active.conversation.id,
        subject: Subject { asked: Asked::Known(active.skill_set), cooling: &cooling.cooling },
        cause: AssignmentCause::Transferred,
        waits_in: (active.agent.is_none() && active.conversation.offer.is_none())
            .then_some(active.department),
        prefer: Prefer::Nobody,
    };
    let route = routing::arrive(workspace, department, &[], request, plan.now);
    if let Some(refusal) = route.would_refuse() {
        return Err(refusal);
    }
    let origin = plan.origin.clone();
    plan.events.extend(offer::ended(active, origin, WithdrawnReason::Reassigned, None));
    let transferred = Event::ConversationTransferred {
        conversation_id: active.conversation.id.clone(),
        department_id: workspace.departments[route.department].id.clone(),
        from_department_id: active.conversation.department_id.clone(),
        from_agent_id: active.agent.map(|ix| workspace.agents[ix].id.clone()),
        agent_id: None,
        cooling_until: active
            .agent
            .map(|_| offer::cooling_until(workspace, route.department, plan.now)),
        passed: route.passed_ids(workspace),
    };
    let origin = plan.origin.clone();
    route.transfer(workspace, transferred, origin, plan);
    Ok(())
}

/// The same, but that who has it is not asked for it.
fn without_giver(
    workspace: &Workspace,
    active: &Active,
    department: DepartmentIx,
    now: Timestamp,
) -> Active {
    let mut given = active.clone();
    if let Some(giver) = active.agent {
        let until = offer::cooling_until(workspace, department, now);
        given.cool(giver, Some(until), true);
    }
    given
}

/// Makes it an agent's.
fn give(
    workspace: &Workspace,
    active: &Active,
    department: DepartmentIx,
    agent: AgentIx,
    cause: AssignmentCause,
    plan: &mut Plan,
) {
    let event = Event::ConversationAssigned {
        conversation_id: active.conversation.id.clone(),
        department_id: workspace.departments[department].id.clone(),
        agent_id: workspace.agents[agent].id.clone(),
        cause,
    };
    // An answer to an offer decides nothing: the offer did.
    let decision = (cause != AssignmentCause::Accepted)
        .then(|| decided(workspace, active, department, agent, cause))
        .flatten();
    plan.push_decided(plan.origin.clone(), event, decision);
}

/// Asks an agent who sleeps, for so long; `forced`: whatever room it has.
fn ask(
    workspace: &Workspace,
    active: &Active,
    department: DepartmentIx,
    (agent, timeout, forced): (AgentIx, u64, bool),
    cause: AssignmentCause,
    plan: &mut Plan,
) {
    let event = Event::ConversationOffered {
        conversation_id: active.conversation.id.clone(),
        department_id: workspace.departments[department].id.clone(),
        agent_id: workspace.agents[agent].id.clone(),
        expires_at: plan.now.plus_ms(timeout),
        forced,
    };
    let decision = decided(workspace, active, department, agent, cause);
    plan.push_decided(plan.origin.clone(), event, decision);
}

fn decided(
    workspace: &Workspace,
    active: &Active,
    department: DepartmentIx,
    agent: AgentIx,
    cause: AssignmentCause,
) -> Option<crate::Decision> {
    let id = &active.conversation.id;
    explain::capture(workspace, department, id, subject(active), Some(agent), cause)
}

fn subject(active: &Active) -> Subject<'_> {
    Subject { asked: Asked::Known(active.skill_set), cooling: &active.cooling }
}

/// A conversation that is an agent's already, or offered to it, takes no further room.
fn counted(active: &Active, agent: AgentIx) -> Excuse {
    let own = active.agent == Some(agent) || active.offered_to == Some(agent);
    Excuse { counted_in: own.then_some(active.department), ..Excuse::default() }
}

fn may_take(
    workspace: &Workspace,
    agent: AgentIx,
    department: DepartmentIx,
    active: &Active,
    excuse: Excuse,
) -> Result<(), Refusal> {
    what_bars(workspace, agent, department, subject(active), excuse).map_or(Ok(()), Err)
}

/// Agents hand on what they hold, all others but visitors any.
fn may_hand_on(workspace: &Workspace, active: &Active, origin: &Origin) -> Result<(), Refusal> {
    if origin.by == By::Visitor {
        return Err(Refusal::NotFound(Kind::Conversation));
    }
    if origin.by != By::Agent {
        return Ok(());
    }
    let own = AgentId::from(origin.by_id.as_deref().unwrap_or_default());
    if active.conversation.agent_id.as_ref() == Some(&own) {
        Ok(())
    } else if is_colleague(workspace, &own, active) {
        Err(Refusal::Forbidden)
    } else {
        Err(Refusal::NotFound(Kind::Conversation))
    }
}

/// Whether an agent is a member of the conversation's department, and so sees it.
pub(super) fn is_colleague(workspace: &Workspace, agent: &AgentId, active: &Active) -> bool {
    workspace.is_member(agent.as_str(), active.conversation.department_id.as_str())
}

fn find<'a>(workspace: &'a Workspace, id: &ConversationId) -> Result<&'a Active, Refusal> {
    workspace.active(id).ok_or(Refusal::NotFound(Kind::Conversation))
}

fn find_agent(workspace: &Workspace, id: &AgentId) -> Result<AgentIx, Refusal> {
    workspace.agent_ix(id.as_str()).ok_or(Refusal::NotFound(Kind::Agent))
}
