//! What happens to the seats that pending invites hold.

use crate::{InviteId, Timestamp, Workspace};

impl Workspace {
    /// Holds a seat for an invite until then, be it again.
    pub(crate) fn reserve_seat(&mut self, invite: &InviteId, until: Timestamp) {
        if let Some(earlier) = self.reserved.insert(invite.clone(), until) {
            self.deadlines.seats.remove(&(earlier, invite.clone()));
        }
        if !planted!(InviteIsEndless) {
            self.deadlines.seats.insert((until, invite.clone()));
        }
    }

    pub(super) fn apply_seat_extended(&mut self, invite: &InviteId, until: Timestamp) {
        assert!(self.reserved.contains_key(invite), "a pending invite is extended");
        self.reserve_seat(invite, until);
    }

    /// The invite holds its seat no longer: it is free, or has its agent.
    pub(super) fn release_seat(&mut self, invite: &InviteId) {
        let until = self.reserved.remove(invite);
        assert!(until.is_some(), "a seat that is given up or taken was held");
        if let Some(until) = until {
            self.deadlines.seats.remove(&(until, invite.clone()));
        }
    }
}
