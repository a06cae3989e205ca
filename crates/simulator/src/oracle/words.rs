//! What a step of the core did, in the words of the model. What happened to one conversation, or
//! to one agent, is in order; what happened to two has none between them.

use switchboard_routing::{Availability, Event, Output, Record};

use super::{compare, model::Told};

/// What happened otherwise than it should have.
pub(super) fn differ(out: &[Output], expected: &[Told]) -> Option<String> {
    let events = out.iter().filter_map(|output| match output {
        Output::Event(record) => tell(record),
        _ => None,
    });
    compare::lines(in_order(events.collect()), in_order(expected.to_vec()))
}

fn in_order(mut told: Vec<Told>) -> Vec<String> {
    // Stable.
    told.sort_by(|a, b| a.of.cmp(&b.of));
    told.into_iter().map(|told| format!("{} {}", told.of, told.what)).collect()
}

fn tell(record: &Record) -> Option<Told> {
    let by = record.origin.by;
    Some(match &record.event {
        Event::AvailabilityChanged { agent_id, availability: Availability::Online } => {
            Told::new(agent_id.as_str(), format!("online by {by:?}"))
        }
        Event::AvailabilityChanged { agent_id, .. } => {
            Told::new(agent_id.as_str(), format!("away by {by:?}"))
        }
        Event::ConversationOffered { conversation_id, agent_id, .. } => {
            Told::new(conversation_id.as_str(), format!("offered to {agent_id}"))
        }
        Event::OfferEnded { conversation_id, agent_id, reason, .. } => {
            let what = format!("no longer offered to {agent_id} {reason:?}");
            Told::new(conversation_id.as_str(), what)
        }
        Event::ConversationTransferred { conversation_id, department_id, .. } => {
            Told::new(conversation_id.as_str(), format!("transferred to {department_id}"))
        }
        Event::ConversationReopened { conversation, department_id } => {
            Told::new(conversation.id.as_str(), format!("reopened in {department_id}"))
        }
        Event::ConversationAssigned { conversation_id, agent_id, cause, .. } => {
            Told::new(conversation_id.as_str(), format!("assigned to {agent_id} {cause:?}"))
        }
        Event::ConversationRequeued { conversation_id, department_id, reason, .. } => {
            let what = format!("requeued {reason:?} in {department_id}");
            Told::new(conversation_id.as_str(), what)
        }
        Event::ConversationClosed { conversation_id, .. } => {
            Told::new(conversation_id.as_str(), format!("closed by {by:?}"))
        }
        Event::ConversationRejected { conversation_id, reason, .. } => {
            Told::new(conversation_id.as_str(), format!("rejected {reason:?}"))
        }
        _ => return None,
    })
}
