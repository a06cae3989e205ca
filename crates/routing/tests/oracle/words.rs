//! What a step of the core did, in the words of the model.

use switchboard_routing::*;

/// What happened to conversations and agents.
pub(crate) fn told(out: &[Output]) -> Vec<String> {
    let events = out.iter().filter_map(|output| match output {
        Output::Event(record) => tell(record),
        _ => None,
    });
    crate::compare::sorted(events)
}

fn tell(record: &Record) -> Option<String> {
    let by = record.origin.by;
    Some(match &record.event {
        Event::AvailabilityChanged { agent_id, availability: Availability::Online } => {
            format!("{agent_id} online by {by:?}")
        }
        Event::AvailabilityChanged { agent_id, .. } => format!("{agent_id} away by {by:?}"),
        Event::ConversationOffered { conversation_id, agent_id, .. } => {
            format!("{conversation_id} offered to {agent_id}")
        }
        Event::OfferEnded { conversation_id, agent_id, reason, .. } => {
            format!("{conversation_id} no longer offered to {agent_id} {reason:?}")
        }
        Event::ConversationTransferred { conversation_id, department_id, .. } => {
            format!("{conversation_id} transferred to {department_id}")
        }
        Event::ConversationReopened { conversation, department_id } => {
            format!("{} reopened in {department_id}", conversation.id)
        }
        Event::ConversationAssigned { conversation_id, agent_id, cause, .. } => {
            format!("{conversation_id} assigned to {agent_id} {cause:?}")
        }
        Event::ConversationRequeued { conversation_id, department_id, reason, .. } => {
            format!("{conversation_id} requeued {reason:?} in {department_id}")
        }
        Event::ConversationClosed { conversation_id, .. } => {
            format!("{conversation_id} closed by {by:?}")
        }
        Event::ConversationRejected { conversation_id, reason, .. } => {
            format!("{conversation_id} rejected {reason:?}")
        }
        _ => return None,
    })
}
