//! Who may: visitors close and reopen their own; agents close and hand on what they hold, claim
//! and accept for themselves, and reopen what they held last; others any.

use switchboard_routing::{AssignmentCause, By, ConversationId, Event, Record};

use super::Verdict;
use crate::ledger::{Conversation, Ledger, number};

pub(super) fn event(before: &Ledger, record: &Record) -> Verdict {
    match &record.event {
        Event::ConversationClosed { conversation_id, .. } => {
            let is_own = |c: &Conversation, agent| c.agent == Some(agent);
            may(before, record, conversation_id, is_own)
        }
        Event::ConversationTransferred { conversation_id, .. } => {
            let is_own = |c: &Conversation, agent| c.agent == Some(agent);
            may(before, record, conversation_id, is_own)
        }
        Event::ConversationReopened { conversation, .. } => {
            let is_own = |c: &Conversation, agent| c.last_agent == Some(agent);
            may(before, record, &conversation.id, is_own)
        }
        Event::ConversationAssigned { conversation_id, agent_id, cause, .. } => {
            let itself = matches!(cause, AssignmentCause::Accepted | AssignmentCause::Claimed);
            let by = record.origin.by_id.as_deref();
            if itself && record.origin.by == By::Agent && by != Some(agent_id.as_str()) {
                return Err(format!("{by:?} takes {conversation_id} for {agent_id}"));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn may(
    before: &Ledger,
    record: &Record,
    id: &ConversationId,
    is_own: impl Fn(&Conversation, usize) -> bool,
) -> Verdict {
    let Some(c) = before.conversation(number(id.as_str())) else { return Ok(()) };
    let who = record.origin.by_id.as_deref().map_or(usize::MAX, number);
    let may = match record.origin.by {
        By::Visitor => c.visitor == who,
        By::Agent => is_own(c, who),
        _ => true,
    };
    if may { Ok(()) } else { Err(format!("{id} is not {:?}'s", record.origin)) }
}
