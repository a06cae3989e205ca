//! Who is invited, and what becomes of it.

use switchboard_routing::{Command, InviteId, Origin, SeatReservation, Timestamp};

use super::Tenant;
use crate::{
    node::Asked,
    swarm::{Kind, span},
};

/// For how long an invite holds its seat, in milliseconds.
const HELD: [u64; 5] = [0, 200, 2_000, 20_000, 200_000];
/// So many are invited at once at most.
const TOGETHER: usize = 3;

impl Tenant {
    pub(super) fn invites(&mut self, kind: Kind) {
        match kind {
            Kind::Invite => {
                self.invite();
                // There may be one seat left, and not two.
                if self.ledger.config.limits.seats.is_some() && self.rng.permille(500) {
                    self.invite();
                }
            }
            Kind::TakeSeat => {
                let Some(invite_id) = self.some_invite() else { return };
                self.hire(Some(invite_id));
            }
            _ => {
                let Some(invite_id) = self.some_invite() else { return };
                let command = match kind {
                    Kind::Resend => Command::ExtendSeat { invite_id, until: self.later() },
                    _ => Command::ReleaseSeat { invite_id },
                };
                self.ask(of(kind), Origin::ROOT, command);
            }
        }
    }

    /// Several at once now and then, of whom one may be invited already.
    fn invite(&mut self) {
        let many = 1 + self.rng.index(TOGETHER);
        let until = self.later();
        let mut seats = Vec::new();
        for _ in 0..many {
            let again = self.rng.permille(40).then(|| self.some_invite()).flatten();
            let invite_id = again.unwrap_or_else(|| {
                self.invites += 1;
                invite(self.invites - 1)
            });
            seats.push(SeatReservation { invite_id, until });
        }
        self.ask(of(Kind::Invite), Origin::ROOT, Command::ReserveSeats { seats });
    }

    fn later(&mut self) -> Timestamp {
        Timestamp(self.now).plus_ms(span(&mut self.rng, &HELD))
    }

    /// An invite, mostly one that is pending.
    fn some_invite(&mut self) -> Option<InviteId> {
        let pending = self.ledger.invites.len();
        if pending > 0 && self.rng.permille(850) {
            let at = self.rng.index(pending);
            return self.ledger.invites.keys().nth(at).map(|number| invite(*number));
        }
        (self.invites > 0).then(|| invite(self.rng.index(self.invites)))
    }
}

fn invite(number: usize) -> InviteId {
    format!("i{number}").into()
}

fn of(kind: Kind) -> Asked {
    Asked { kind, conversation: None, agent: None, department: None }
}
