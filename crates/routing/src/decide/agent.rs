//! Agents: who they are, where they belong, what they say of themselves.

use crate::{
    Agent, AgentId, Availability, DepartmentId, Done, Event, Kind, Origin, Refusal, RejectedReason,
    RequeuedReason, Role, WithdrawnReason, Workspace,
    slab::{AgentIx, DepartmentIx},
};

use super::{Plan, admin, offer, seat};

/// What is to change of an agent; none: as it is.
pub(super) struct Change {
    pub(super) role: Option<Role>,
    pub(super) capacity: Option<u32>,
    pub(super) skills: Option<Vec<String>>,
    pub(super) department_ids: Option<Vec<DepartmentId>>,
}

pub(super) fn add(
    workspace: &Workspace,
    added: Event,
    mut department_ids: Vec<DepartmentId>,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let Event::AgentAdded { agent_id, invite_id, .. } = &added else { return Ok(Done::Done) };
    if workspace.is_agent_id_taken(agent_id.as_str()) {
        return Err(Refusal::IdTaken(Kind::Agent));
    }
    match invite_id {
        // The seat is taken already, by the invite.
        Some(invite_id) => seat::find(workspace, invite_id)?,
        None => seat::free(workspace, 1)?,
    }
    let agent_id = agent_id.clone();
    plan.push(added);
    department_ids.sort_unstable();
    department_ids.dedup();
    for department_id in department_ids {
        admin::find(workspace, &department_id)?;
        plan.push(Event::MemberAdded { department_id, agent_id: agent_id.clone() });
    }
    Ok(Done::Done)
}

pub(super) fn update(
    workspace: &Workspace,
    agent_id: AgentId,
    change: Change,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let agent = &workspace.agents[find(workspace, &agent_id)?];
    let role = change.role.unwrap_or(agent.role);
    if role != Role::Admin {
        keep_an_admin(workspace, agent)?;
    }
    let capacity = change.capacity.unwrap_or(agent.capacity);
    let skills = change.skills.unwrap_or_else(|| agent.skills.clone());
    if (role, capacity, &skills) != (agent.role, agent.capacity, &agent.skills) {
        plan.push(Event::AgentUpdated { agent_id: agent_id.clone(), role, capacity, skills });
    }
    match change.department_ids {
        Some(wanted) => set_departments(workspace, agent, wanted, plan),
        None => Ok(Done::Done),
    }
}

fn set_departments(
    workspace: &Workspace,
    agent: &Agent,
    wanted: Vec<DepartmentId>,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    for department in workspace.departments_of(agent) {
        if !wanted.contains(&department.id) {
            let department_id = department.id.clone();
            plan.push(Event::MemberRemoved { department_id, agent_id: agent.id.clone() });
        }
    }
    let mut added = wanted;
    added.sort_unstable();
    added.dedup();
    for department_id in added {
        add_member(workspace, department_id, agent.id.clone(), plan)?;
    }
    Ok(Done::Done)
}

pub(super) fn remove(
    workspace: &Workspace,
    agent_id: AgentId,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let agent = &workspace.agents[find(workspace, &agent_id)?];
    keep_an_admin(workspace, agent)?;
    for conversation in agent.offers.values().map(|ix| &workspace.conversations[*ix]) {
        let reason = WithdrawnReason::Removed;
        plan.events.extend(offer::ended(conversation, Origin::ENGINE, reason, None));
    }
    requeue_held(workspace, agent, RequeuedReason::Removed, plan, |_| true);
    let sessions = agent.sessions.iter().chain(&agent.asleep).chain(&agent.lost);
    for session_id in sessions.cloned() {
        plan.push(Event::SessionEnded { session_id });
    }
    plan.push(Event::AgentRemoved { agent_id });
    Ok(Done::Done)
}

/// Sends what an agent holds, of the departments asked for, back to its queue, in the order of
/// arrival. What belongs to a department that was deleted meanwhile goes to that one's fallback,
/// or is rejected where nobody is left to hold it.
pub(super) fn requeue_held(
    workspace: &Workspace,
    agent: &Agent,
    reason: RequeuedReason,
    plan: &mut Plan,
    wanted: impl Fn(DepartmentIx) -> bool,
) {
    let held = agent.conversations.iter().map(|ix| &workspace.conversations[*ix]);
    let mut held: Vec<_> = held.filter(|active| wanted(active.department)).collect();
    held.sort_unstable_by_key(|active| active.conversation.place);
    for active in held {
        let conversation_id = active.conversation.id.clone();
        let department_id = active.conversation.department_id.clone();
        match workspace.living_department(active.department) {
            Some(living) => plan.push_as_engine(Event::ConversationRequeued {
                conversation_id,
                department_id: workspace.departments[living].id.clone(),
                agent_id: Some(agent.id.clone()),
                reason,
                passed: Vec::new(),
            }),
            None => plan.push_as_engine(Event::ConversationRejected {
                conversation_id,
                department_id,
                reason: RejectedReason::DepartmentDeleted,
            }),
        }
    }
}

pub(super) fn add_member(
    workspace: &Workspace,
    department_id: DepartmentId,
    agent_id: AgentId,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let department = admin::find(workspace, &department_id)?;
    let agent = &workspace.agents[find(workspace, &agent_id)?];
    if !agent.memberships.contains_key(&department) {
        plan.push(Event::MemberAdded { department_id, agent_id });
    }
    Ok(Done::Done)
}

pub(super) fn remove_member(
    workspace: &Workspace,
    department_id: DepartmentId,
    agent_id: AgentId,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let department = admin::find(workspace, &department_id)?;
    let agent = &workspace.agents[find(workspace, &agent_id)?];
    if agent.memberships.contains_key(&department) {
        plan.push(Event::MemberRemoved { department_id, agent_id });
    }
    Ok(Done::Done)
}

pub(super) fn set_availability(
    workspace: &Workspace,
    agent_id: AgentId,
    availability: Availability,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let agent = &workspace.agents[find(workspace, &agent_id)?];
    if agent.availability != availability {
        plan.push(Event::AvailabilityChanged { agent_id, availability });
    }
    Ok(Done::Done)
}

/// How exactly an agent's activity is noted: to one part in so many of what makes it idle.
const ACTIVITY_PARTS: u64 = 20;

pub(super) fn report_activity(
    workspace: &Workspace,
    agent_id: AgentId,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let agent = &workspace.agents[find(workspace, &agent_id)?];
    // Where nobody is idle, nothing is noted.
    let idle_ms = workspace.config.idle_away_ms.unwrap_or(u64::MAX);
    if plan.now.since_ms(agent.active_at) > idle_ms / ACTIVITY_PARTS {
        plan.push(Event::AgentActive { agent_id });
    }
    Ok(Done::Done)
}

/// Refuses to demote or remove the last admin.
fn keep_an_admin(workspace: &Workspace, agent: &Agent) -> Result<(), Refusal> {
    if agent.role == Role::Admin && workspace.admins == 1 && !planted!(LastAdminGoes) {
        return Err(Refusal::LastAdmin);
    }
    Ok(())
}

fn find(workspace: &Workspace, id: &AgentId) -> Result<AgentIx, Refusal> {
    workspace.agent_ix(id.as_str()).ok_or(Refusal::NotFound(Kind::Agent))
}
