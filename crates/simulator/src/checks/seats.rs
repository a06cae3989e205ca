//! Never more seats or departments than the plan allows, an invite's seat its own until it is
//! accepted, taken back or over, never a workspace that had an admin without one.

use switchboard_routing::{Event, InviteId, Record, Role};

use super::Verdict;
use crate::ledger::{Ledger, number};

pub(super) fn event(before: &Ledger, record: &Record) -> Verdict {
    match &record.event {
        Event::AgentAdded { agent_id, invite_id: None, .. } => {
            within(before.seats(), before.config.limits.seats, || format!("{agent_id} has no seat"))
        }
        Event::AgentAdded { invite_id: Some(invite_id), .. }
        | Event::SeatExtended { invite_id, .. } => pending(before, invite_id).map(|_| ()),
        Event::SeatReserved { invite_id, .. } => {
            if pending(before, invite_id).is_ok() {
                return Err(format!("{invite_id} holds a seat already"));
            }
            within(before.seats(), before.config.limits.seats, || {
                format!("{invite_id} has no seat")
            })
        }
        Event::SeatReleased { invite_id, expired } => {
            let until = pending(before, invite_id)?;
            if *expired && record.at.0 < until {
                return Err(format!("{invite_id} expires before {until}"));
            }
            Ok(())
        }
        Event::DepartmentCreated { department_id, .. } => {
            let taken = before.existing_departments().count();
            let most = before.config.limits.departments;
            within(taken, most, || format!("{department_id} is one too many"))
        }
        Event::WorkspaceConfigured { config } => {
            let (seats, departments) = (before.seats(), before.existing_departments().count());
            let fits =
                |used: usize, most: Option<u32>| most.is_none_or(|most| used <= most as usize);
            if fits(seats, config.limits.seats) && fits(departments, config.limits.departments) {
                return Ok(());
            }
            Err(format!("{:?} is below {seats} and {departments}", config.limits))
        }
        Event::AgentRemoved { agent_id } => keeps_an_admin(before, number(agent_id.as_str())),
        Event::AgentUpdated { agent_id, role: Role::Agent, .. } => {
            keeps_an_admin(before, number(agent_id.as_str()))
        }
        _ => Ok(()),
    }
}

/// Until when an invite holds its seat.
fn pending(before: &Ledger, invite: &InviteId) -> Result<u64, String> {
    let until = before.invites.get(&number(invite.as_str())).copied();
    until.ok_or_else(|| format!("{invite} holds no seat"))
}

fn within(taken: usize, most: Option<u32>, what: impl Fn() -> String) -> Verdict {
    match most {
        Some(most) if taken >= most as usize => Err(what()),
        _ => Ok(()),
    }
}

fn keeps_an_admin(before: &Ledger, loses: usize) -> Verdict {
    let mut admins = before.active_agents().filter(|(_, agent)| agent.admin);
    let was_last =
        admins.next().map(|(number, _)| number) == Some(loses) && admins.next().is_none();
    if was_last { Err(format!("a{loses} was the last admin")) } else { Ok(()) }
}
