//! Who takes what: the only place where an agent is chosen.

use std::collections::BTreeSet;

use crate::{
    AssignmentCause, ConversationId, Event, OnUnstaffed, Origin, RejectedReason, Workspace,
    queue::QueueKey,
    skills::Asked,
    slab::{AgentIx, ConversationIx, DepartmentIx},
};

use super::Plan;

/// Where a conversation goes at its arrival.
pub(super) struct Route {
    /// The department that has it: the one asked for, or a fallback.
    pub(super) department: DepartmentIx,
    outcome: Outcome,
}

enum Outcome {
    Assigned(AgentIx),
    Queued,
    Rejected(RejectedReason),
}

impl Route {
    /// What happens to the conversation.
    pub(super) fn event(&self, workspace: &Workspace, conversation_id: ConversationId) -> Event {
        let department_id = workspace.departments[self.department].id.clone();
        match self.outcome {
            Outcome::Assigned(agent) => Event::ConversationAssigned {
                conversation_id,
                department_id,
                agent_id: workspace.agents[agent].id.clone(),
                cause: AssignmentCause::Routed,
            },
            Outcome::Queued => Event::ConversationQueued { conversation_id, department_id },
            Outcome::Rejected(reason) => {
                Event::ConversationRejected { conversation_id, department_id, reason }
            }
        }
    }
}

/// Routes a new conversation: to whom the strategy says, else as the policy says, through a
/// chain of fallbacks that visits no department twice.
pub(super) fn arrive(
    workspace: &Workspace,
    mut department: DepartmentIx,
    asked: Asked<'_>,
) -> Route {
    let mut visited = BTreeSet::new();
    loop {
        if let Some(agent) = pick(workspace, department, asked) {
            return Route { department, outcome: Outcome::Assigned(agent) };
        }
        visited.insert(department);
        match fallback(workspace, department).filter(|next| !visited.contains(next)) {
            Some(next) => department = next,
            None => return Route { department, outcome: unassigned(workspace, department) },
        }
    }
}

/// Where an unstaffed department sends those who arrive, if its policy does so.
fn fallback(workspace: &Workspace, department: DepartmentIx) -> Option<DepartmentIx> {
    let department = &workspace.departments[department];
    let policy = &department.policy;
    if department.is_staffed() || policy.on_unstaffed != OnUnstaffed::Fallback {
        return None;
    }
    workspace.department_ix(policy.fallback_department_id.as_ref()?.as_str())
}

fn unassigned(workspace: &Workspace, department: DepartmentIx) -> Outcome {
    let department = &workspace.departments[department];
    if department.policy.on_unstaffed == OnUnstaffed::Reject && !department.is_staffed() {
        return Outcome::Rejected(RejectedReason::NoAgentsOnline);
    }
    if department.is_full() {
        return Outcome::Rejected(RejectedReason::QueueFull);
    }
    Outcome::Queued
}

/// The agent whom the department's strategy takes for somebody who asks for these skills.
fn pick(workspace: &Workspace, department: DepartmentIx, asked: Asked<'_>) -> Option<AgentIx> {
    let department = &workspace.departments[department];
    if !department.is_picking() {
        return None;
    }
    department.ready.pick(&department.policy, department.turn, asked, &workspace.skills)
}

/// The next assignment from the queues, over all departments in which something changed.
pub(crate) fn drain_one(workspace: &Workspace) -> Option<Plan> {
    let first_of = |ix: &DepartmentIx| first_servable(workspace, *ix);
    let first = workspace.stirred.iter().filter_map(first_of).min_by_key(|(key, ..)| *key);
    let (_, conversation, agent) = first?;
    Some(assign(workspace, conversation, agent))
}

/// The first in a department's line whom somebody can take, and who.
fn first_servable(
    workspace: &Workspace,
    ix: DepartmentIx,
) -> Option<(QueueKey, ConversationIx, AgentIx)> {
    let department = &workspace.departments[ix];
    if !department.is_picking() {
        return None;
    }
    department.heads().find_map(|(key, asked, conversation)| {
        Some((key, conversation, pick(workspace, ix, Asked::Known(asked))?))
    })
}

fn assign(workspace: &Workspace, conversation: ConversationIx, agent: AgentIx) -> Plan {
    let conversation = &workspace.conversations[conversation].conversation;
    let cause = match conversation.last_agent_id.is_some() {
        true => AssignmentCause::Requeued,
        false => AssignmentCause::Routed,
    };
    let mut plan = Plan::new(Origin::ENGINE);
    plan.push(Event::ConversationAssigned {
        conversation_id: conversation.id.clone(),
        department_id: conversation.department_id.clone(),
        agent_id: workspace.agents[agent].id.clone(),
        cause,
    });
    plan
}
