//! What is due.

use crate::{
    DeadlineKind, Origin, RequeuedReason, Workspace, deadline::Deadline, slab::DepartmentIx,
};

use super::{Plan, agent, conversation};

/// Does what a deadline was armed for: the first agent or conversation that it is about. The
/// next one has a deadline of its own afterwards.
pub(crate) fn due(workspace: &Workspace, deadline: Deadline) -> Plan {
    match deadline {
        (DeadlineKind::AgentLost, department) => agent_lost(workspace, department),
        (DeadlineKind::VisitorLeft, department) => visitor_left(workspace, department),
    }
}

fn agent_lost(workspace: &Workspace, department: DepartmentIx) -> Plan {
    let mut plan = Plan::new(Origin::ENGINE);
    if let Some((_, ix)) = workspace.departments[department].missing.first() {
        let reason = RequeuedReason::AgentLost;
        let agent = &workspace.agents[*ix];
        agent::requeue_held(workspace, agent, reason, &mut plan, |of| of == department);
    }
    plan
}

fn visitor_left(workspace: &Workspace, department: DepartmentIx) -> Plan {
    let mut plan = Plan::new(Origin::VISITOR_LEFT);
    if let Some((.., ix)) = workspace.departments[department].left.first() {
        plan.push(conversation::closed(&workspace.conversations[*ix].conversation));
    }
    plan
}
