//! Races that show in what happened.

use switchboard_routing::{AgentId, By, Event, Record, RejectedReason, RequeuedReason};

use super::{Race, Races};
use crate::{
    ledger::{Ledger, SessionIs, number},
    node::Turn,
    swarm::Kind,
};

impl Races {
    /// Something is asked about an agent in the turn in which it is given something.
    pub(super) fn seen(&mut self, before: &Ledger, turn: &Turn) {
        for record in &turn.records {
            if let Some((agent, offered)) = given(&record.event) {
                for answer in &turn.answers {
                    if answer.asked.agent == Some(agent) && answer.answer.is_ok() {
                        self.about(answer.asked.kind, offered);
                    }
                }
            }
            match &record.event {
                Event::OfferEnded { agent_id, .. } => self.offer_ended(turn, record, agent_id),
                Event::ConversationRequeued { agent_id: Some(agent), reason, .. }
                    if *reason == RequeuedReason::AgentLost =>
                {
                    let agent = number(agent.as_str());
                    let returns = |kind| matches!(kind, Kind::Resume | Kind::Connect);
                    if asked(turn, |a| a.agent == Some(agent) && returns(a.kind)) {
                        self.reached(Race::ReturnAgainstGrace);
                    }
                }
                Event::ConversationRequeued { reason: RequeuedReason::MaxWait, .. }
                | Event::ConversationRejected { reason: RejectedReason::MaxWait, .. } => {
                    let frees = |kind| {
                        matches!(kind, Kind::Online | Kind::Close | Kind::Connect | Kind::Resume)
                    };
                    if asked(turn, |a| frees(a.kind)) {
                        self.reached(Race::MaxWaitAgainstFree);
                    }
                }
                Event::ConversationClosed { .. } if record.origin.by == By::VisitorLeft => {
                    let returns = |kind| matches!(kind, Kind::Return | Kind::Arrive);
                    if asked(turn, |a| returns(a.kind)) {
                        self.reached(Race::VisitorReturnsLate);
                    }
                }
                Event::SessionLost { session_id } if record.origin.by == By::Engine => {
                    let (agent, device) = crate::ledger::session(session_id.as_str());
                    let slept = before.agent(agent).is_some_and(|who| {
                        who.offers > 0 && matches!(who.session(device), Some(SessionIs::Held(_)))
                    });
                    if slept {
                        self.reached(Race::LeaveEndsWhileAsked);
                    }
                }
                _ => {}
            }
        }
    }

    fn about(&mut self, kind: Kind, offered: bool) {
        match kind {
            Kind::Lose | Kind::End => self.reached(Race::LostAgainstAssign),
            Kind::Away if offered => self.reached(Race::AwayAgainstOffer),
            Kind::Fire => self.reached(Race::RemovalAgainstAssign),
            Kind::Change => self.reached(Race::ChangeAgainstAssign),
            Kind::Part => self.reached(Race::LeavingAgainstOffer),
            _ => {}
        }
    }

    /// An offer ends by what is asked about its agent or its department.
    fn offer_ended(&mut self, turn: &Turn, record: &Record, agent: &AgentId) {
        use switchboard_routing::WithdrawnReason::{Away, Lost, NotEligible, Removed};
        let Event::OfferEnded { reason, .. } = &record.event else { return };
        let agent = number(agent.as_str());
        let own = |kind: Kind| asked(turn, |a| a.agent == Some(agent) && a.kind == kind);
        match reason {
            Away => self.reached(Race::AwayAgainstOffer),
            Lost => self.reached(Race::LostAgainstAssign),
            Removed => self.reached(Race::RemovalAgainstAssign),
            NotEligible if own(Kind::Part) => self.reached(Race::LeavingAgainstOffer),
            NotEligible if own(Kind::Change) => self.reached(Race::ChangeAgainstAssign),
            NotEligible if asked(turn, |a| a.kind == Kind::Hours) => {
                self.reached(Race::ClosingAgainstOffer);
            }
            _ => {}
        }
    }
}

fn asked(turn: &Turn, like: impl Fn(crate::node::Asked) -> bool) -> bool {
    turn.answers.iter().any(|answer| like(answer.asked))
}

/// To whom an event gives something, and whether it only asks.
fn given(event: &Event) -> Option<(usize, bool)> {
    match event {
        Event::ConversationAssigned { agent_id, .. } => Some((number(agent_id.as_str()), false)),
        Event::ConversationOffered { agent_id, .. } => Some((number(agent_id.as_str()), true)),
        _ => None,
    }
}
