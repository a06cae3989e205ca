//! Two asks of one turn about the same thing.

use switchboard_routing::{Done, Refusal};

use super::{Race, Races};
use crate::{
    ledger::Ledger,
    node::{Answered, Turn},
    swarm::Kind,
};

impl Races {
    /// A turn is over; the ledger is as it was before.
    pub(crate) fn turn(&mut self, before: &Ledger, turn: &Turn) {
        for (at, answer) in turn.answers.iter().enumerate() {
            self.alone(before, answer);
            for earlier in turn.answers.get(..at).unwrap_or_default() {
                self.pair(before, earlier, answer);
            }
        }
        self.seen(before, turn);
    }

    fn alone(&mut self, before: &Ledger, answer: &Answered) {
        let asked = answer.asked;
        match asked.kind {
            Kind::Accept if answer.answer == Err(Refusal::OfferExpired) => {
                self.reached(Race::AcceptAfterExpiry);
            }
            Kind::TakeSeat
                if answer.answer == Err(Refusal::NotFound(switchboard_routing::Kind::Invite)) =>
            {
                self.reached(Race::InviteIsOver);
            }
            Kind::LateClose => self.reached(Race::LateClose),
            Kind::Open if matches!(answer.answer, Ok(Done::Existing(_))) && self.unanswered => {
                self.reached(Race::OpenAfterLostAnswer);
            }
            Kind::Policy => {
                let room = asked.department.and_then(|number| before.department(number));
                if room.is_some_and(|room| !room.line.is_empty()) {
                    self.reached(Race::PolicyAgainstLine);
                }
            }
            Kind::Lose => {
                let agent = asked.agent.and_then(|number| before.agent(number));
                if agent.is_some_and(|agent| agent.sessions.len() > 1 && agent.online) {
                    self.reached(Race::OneOfTwoLost);
                }
            }
            _ => {}
        }
    }

    fn pair(&mut self, before: &Ledger, one: &Answered, other: &Answered) {
        use Kind::{Accept, Assign, Claim, Close, Decline, Hire, Reopen, Transfer};
        let (a, b) = (one.asked, other.asked);
        let both = |first: Kind, second: Kind| {
            (a.kind, b.kind) == (first, second) || (a.kind, b.kind) == (second, first)
        };
        let takes_a_seat = |kind| matches!(kind, Hire | Kind::Invite);
        if takes_a_seat(a.kind) && takes_a_seat(b.kind) {
            let refused = |answer: &Answered| answer.answer == Err(Refusal::SeatLimit);
            if refused(one) != refused(other) {
                self.reached(Race::TwoForTheLastSeat);
            }
        }
        if both(Kind::Delete, Kind::Open) || both(Kind::Delete, Transfer) {
            if a.department.is_some() && a.department == b.department {
                self.reached(Race::DeletionAgainstArrival);
            }
            return;
        }
        if a.conversation.is_none() || a.conversation != b.conversation {
            return;
        }
        let offered = || {
            a.conversation.and_then(|id| before.conversation(id)).is_some_and(|c| c.offer.is_some())
        };
        let race = match () {
            () if both(Transfer, Close) => Race::TransferAgainstClose,
            () if both(Claim, Claim) && a.agent != b.agent => Race::TwoClaims,
            () if both(Reopen, Reopen) => Race::TwoReopens,
            () if both(Close, Reopen) => Race::CloseAgainstReopen,
            () if both(Close, Close) => Race::TwoCloses,
            () if both(Assign, Close) => Race::AssignAgainstClose,
            () if !offered() => return,
            () if both(Accept, Decline) => Race::AcceptAgainstDecline,
            () if both(Accept, Accept) => Race::TwoAccepts,
            () if both(Accept, Close) => Race::AcceptAgainstClose,
            () if both(Accept, Claim) && a.agent != b.agent => Race::AcceptAgainstClaim,
            () if both(Accept, Assign) => Race::AcceptAgainstAssign,
            () => return,
        };
        self.reached(race);
    }
}
