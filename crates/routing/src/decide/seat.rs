//! Seats: who has one, and for whom one is held. Who is invited, and how, is the shell's.

use std::collections::BTreeSet;

use crate::{Done, Event, InviteId, Kind, Refusal, SeatReservation, Timestamp, Workspace};

use super::Plan;

pub(super) fn reserve(
    workspace: &Workspace,
    seats: Vec<SeatReservation>,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let mut named = BTreeSet::new();
    for SeatReservation { invite_id, .. } in &seats {
        if workspace.reserved.contains_key(invite_id) || !named.insert(invite_id) {
            return Err(Refusal::IdTaken(Kind::Invite));
        }
    }
    free(workspace, planted!(OneSeatForSeveral, seats.len().min(1), seats.len()))?;
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
    find(workspace, &invite_id)?;
    if workspace.reserved_until(invite_id.as_str()) != Some(until) {
        plan.push(Event::SeatExtended { invite_id, until });
    }
    Ok(Done::Done)
}

pub(super) fn release(
    workspace: &Workspace,
    invite_id: InviteId,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    find(workspace, &invite_id)?;
    plan.push(Event::SeatReleased { invite_id, expired: false });
    Ok(Done::Done)
}

/// Refuses an invite that holds no seat: it was accepted or taken back, its time is over, or it
/// never was.
pub(super) fn find(workspace: &Workspace, invite_id: &InviteId) -> Result<(), Refusal> {
    match workspace.reserved.contains_key(invite_id) {
        true => Ok(()),
        false => Err(Refusal::NotFound(Kind::Invite)),
    }
}

/// Refuses so many more seats where they do not all fit.
pub(super) fn free(workspace: &Workspace, more: usize) -> Result<(), Refusal> {
    let Some(most) = workspace.config.limits.seats.filter(|_| more > 0) else { return Ok(()) };
    let taken = workspace.seats().saturating_sub(u32::from(planted!(OneSeatTooMany)));
    let fits = most.checked_sub(taken).is_some_and(|left| more <= left as usize);
    if fits { Ok(()) } else { Err(Refusal::SeatLimit) }
}
