//! The naive workspace: seats, and the invites that hold one.

use switchboard_routing::{DeadlineKind, Kind, Refusal, SeatReservation};

use super::{Answer, Model, time::Due};

impl Model {
    /// Agents and pending invites, counted.
    pub(crate) fn seats(&self) -> u32 {
        let agents = self.agents.iter().filter(|a| !a.removed).count();
        (agents + self.invites.len()) as u32
    }

    pub(super) fn have_seats(&self, more: u32) -> Result<(), Refusal> {
        match self.config.limits.seats {
            Some(most) if self.seats() + more > most => Err(Refusal::SeatLimit),
            _ => Ok(()),
        }
    }

    /// One after the other; where one cannot be had, the step is undone.
    pub(super) fn reserve_seats(&mut self, seats: &[SeatReservation]) -> Answer {
        let mut fits = Ok(());
        for SeatReservation { invite_id, until } in seats {
            if self.invites.iter().any(|(id, _)| id == invite_id.as_str()) {
                return Err(Refusal::IdTaken(Kind::Invite));
            }
            fits = fits.and_then(|()| self.have_seats(1));
            self.invites.push((invite_id.to_string(), until.0));
        }
        fits.map(|()| !seats.is_empty())
    }

    pub(super) fn extend_seat(&mut self, invite: &str, until: u64) -> Answer {
        let pending = self.invites.iter_mut().find(|(id, _)| id == invite);
        let (_, held) = pending.ok_or(Refusal::NotFound(Kind::Invite))?;
        Ok(std::mem::replace(held, until) != until)
    }

    pub(super) fn release_seat(&mut self, invite: &str) -> Answer {
        let pending = self.invites.len();
        self.invites.retain(|(id, _)| id != invite);
        if self.invites.len() == pending {
            return Err(Refusal::NotFound(Kind::Invite));
        }
        Ok(true)
    }

    pub(super) fn seats_over(&self) -> Vec<Due> {
        let over = self
            .invites
            .iter()
            .map(|(invite, until)| (*until, DeadlineKind::SeatExpired, [0; 3], invite.clone()));
        over.collect()
    }
}
