//! Seats that are kept for invites. A seat is an agent, or an invite that is pending: there are
//! never more than the limit.

use std::collections::BTreeSet;

use crate::{
    DepartmentId, Done, Event, InviteId, Kind, Refusal, SeatReservation, Timestamp, Workspace,
};

use super::{Plan, agent};

pub(super) fn reserve(
    workspace: &Workspace,
    seats: Vec<SeatReservation>,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let mut asked = BTreeSet::new();
    for SeatReservation { invite_id, .. } in &seats {
        if workspace.reserved.contains_key(invite_id) || !asked.insert(invite_id.clone()) {
            return Err(Refusal::IdTaken(Kind::Invite));
        }
    }
    let more = u32::try_from(seats.len()).unwrap_or(u32::MAX);
    let free = |max: u32| max.saturating_sub(workspace.seats());
    if workspace.config.limits.seats.is_some_and(|max| more > free(max)) {
        return Err(Refusal::SeatLimit);
    }
    for SeatReservation { invite_id, until } in seats {
        plan.push(Event::SeatReserved { invite_id, until });
    }
    Ok(Done::Done)
}

pub(super) fn extend(
    workspace: &Workspace,
    invite_id: InviteId,
    until: Timestamp,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    pending(workspace, &invite_id)?;
    plan.push(Event::SeatReserved { invite_id, until });
    Ok(Done::Done)
}

pub(super) fn release(
    workspace: &Workspace,
    invite_id: InviteId,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    pending(workspace, &invite_id)?;
    plan.push(Event::SeatReleased { invite_id, expired: false });
    Ok(Done::Done)
}

pub(super) fn take(
    workspace: &Workspace,
    invite_id: InviteId,
    added: Event,
    department_ids: Vec<DepartmentId>,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let Event::AgentAdded { agent_id, .. } = &added else { return Ok(Done::Done) };
    pending(workspace, &invite_id)?;
    plan.push(Event::SeatTaken { invite_id, agent_id: agent_id.clone() });
    agent::seat(workspace, added, department_ids, plan)
}

fn pending(workspace: &Workspace, invite_id: &InviteId) -> Result<(), Refusal> {
    match workspace.reserved.contains_key(invite_id) {
        true => Ok(()),
        false => Err(Refusal::NotFound(Kind::Invite)),
    }
}
