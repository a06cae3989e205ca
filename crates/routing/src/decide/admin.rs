//! The workspace and its departments.

use crate::{
    Config, DepartmentId, Done, Event, Kind, Policy, Refusal, RejectedReason, RequeuedReason,
    WithdrawnReason, Workspace, slab::DepartmentIx,
};

use super::{Plan, offer};

pub(super) fn configure(
    workspace: &Workspace,
    config: Box<Config>,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let fits = |limit: Option<u32>, used: u32| limit.is_none_or(|limit| limit >= used);
    if !fits(config.limits.seats, workspace.seats())
        || !fits(config.limits.departments, workspace.open_departments)
    {
        return Err(Refusal::PlanTooSmall);
    }
    if let Some(default) = &config.default_department_id {
        find(workspace, default)?;
    }
    if workspace.position == 0 || *config != workspace.config {
        plan.push(Event::WorkspaceConfigured { config });
    }
    Ok(Done::Done)
}

pub(super) fn recover(plan: &mut Plan) -> Done {
    plan.push_as_engine(Event::WorkspaceRecovered);
    Done::Done
}

pub(super) fn create_department(
    workspace: &Workspace,
    department_id: DepartmentId,
    name: String,
    policy: Box<Policy>,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    if workspace.department_ids.contains_key(&department_id) {
        return Err(Refusal::IdTaken(Kind::Department));
    }
    if workspace.config.limits.departments.is_some_and(|max| workspace.open_departments >= max) {
        return Err(Refusal::DepartmentLimit);
    }
    check_fallback(workspace, &policy)?;
    plan.push(Event::DepartmentCreated { department_id, name, policy });
    Ok(Done::Done)
}

pub(super) fn update_department(
    workspace: &Workspace,
    department_id: DepartmentId,
    name: String,
    policy: Box<Policy>,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let department = &workspace.departments[find(workspace, &department_id)?];
    if policy.fallback_department_id != department.policy.fallback_department_id {
        check_fallback(workspace, &policy)?;
    }
    if department.name != name || department.policy != *policy {
        plan.push(Event::DepartmentUpdated { department_id, name, policy });
    }
    Ok(Done::Done)
}

pub(super) fn set_open(
    workspace: &Workspace,
    department_id: DepartmentId,
    open: bool,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let department = &workspace.departments[find(workspace, &department_id)?];
    match (department.open, open) {
        (false, true) => plan.push(Event::DepartmentOpened { department_id }),
        (true, false) => plan.push(Event::DepartmentClosed { department_id }),
        _ => {}
    }
    Ok(Done::Done)
}

pub(super) fn delete_department(
    workspace: &Workspace,
    department_id: DepartmentId,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let department = &workspace.departments[find(workspace, &department_id)?];
    let fallback = department.policy.fallback_department_id.clone();
    let fallback = fallback.filter(|f| *f != department_id && find(workspace, f).is_ok());
    for conversation in workspace.queue(department) {
        let conversation_id = conversation.id.clone();
        if let Some(active) = workspace.active(&conversation_id) {
            let reason = WithdrawnReason::DepartmentDeleted;
            plan.events.extend(offer::ended(active, plan.origin.clone(), reason, None));
        }
        let mut passed = conversation.passed.clone();
        passed.push(department_id.clone());
        plan.push(match &fallback {
            Some(fallback) => Event::ConversationRequeued {
                conversation_id,
                department_id: fallback.clone(),
                agent_id: None,
                reason: RequeuedReason::DepartmentDeleted,
                passed,
            },
            None => Event::ConversationRejected {
                conversation_id,
                department_id: department_id.clone(),
                reason: RejectedReason::DepartmentDeleted,
            },
        });
    }
    plan.push(Event::DepartmentDeleted { department_id });
    Ok(Done::Done)
}

pub(super) fn find(workspace: &Workspace, id: &DepartmentId) -> Result<DepartmentIx, Refusal> {
    workspace.department_ix(id.as_str()).ok_or(Refusal::NotFound(Kind::Department))
}

fn check_fallback(workspace: &Workspace, policy: &Policy) -> Result<(), Refusal> {
    match &policy.fallback_department_id {
        Some(fallback) => find(workspace, fallback).map(|_| ()),
        None => Ok(()),
    }
}
