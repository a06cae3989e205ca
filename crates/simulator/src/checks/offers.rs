//! An offer ends exactly once, and nothing happens to what is offered before it has.

use switchboard_routing::{AssignmentCause, Command, Done, Event, Record, Refusal};

use super::Verdict;
use crate::ledger::{Ledger, number};

pub(super) fn event(before: &Ledger, record: &Record) -> Verdict {
    let open = |id: usize| before.conversation(id).and_then(|c| c.offer);
    match &record.event {
        Event::OfferEnded { conversation_id, agent_id, offer, .. } => {
            let id = number(conversation_id.as_str());
            let ends = open(id).map(|offer| (offer.number, offer.agent));
            if ends != Some((*offer, number(agent_id.as_str()))) {
                return Err(format!("offer {offer} of c{id} to {agent_id} ends; open is {ends:?}"));
            }
            Ok(())
        }
        Event::ConversationAssigned { conversation_id, cause, .. }
            if *cause == AssignmentCause::Accepted =>
        {
            let id = number(conversation_id.as_str());
            match open(id) {
                Some(offer) if offer.expires_at <= record.at.0 => {
                    Err(format!("c{id} is accepted when the offer is over"))
                }
                _ => Ok(()),
            }
        }
        Event::ConversationClosed { conversation_id, .. }
        | Event::ConversationRejected { conversation_id, .. }
        | Event::ConversationTransferred { conversation_id, .. }
        | Event::ConversationRequeued { conversation_id, .. } => {
            let id = number(conversation_id.as_str());
            open(id).map_or(Ok(()), |offer| {
                Err(format!("c{id} goes on while a{} is asked for it", offer.agent))
            })
        }
        _ => Ok(()),
    }
}

/// What an answer to an offer was answered, by the ledger that it is read with.
/// Wrong is that it counted for another offer than the one that it is to.
pub(super) fn answered(
    ledger: &Ledger,
    command: &Command,
    answer: &Result<Done, Refusal>,
) -> Verdict {
    let (Command::AcceptOffer { conversation_id, offer, .. }
    | Command::DeclineOffer { conversation_id, offer, .. }) = command
    else {
        return Ok(());
    };
    let open = ledger.conversation(number(conversation_id.as_str())).and_then(|c| c.offer);
    match open {
        Some(open) if open.number != *offer && answer.is_ok() => {
            Err(format!("offer {offer} of {conversation_id} is answered: open is {}", open.number))
        }
        _ => Ok(()),
    }
}
