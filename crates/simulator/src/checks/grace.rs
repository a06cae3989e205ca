//! Rules 5 and 9: what a lost agent holds is taken from it once the grace is over, and not before;
//! at once only from one who left on purpose.

use switchboard_routing::{Event, OnAgentLost, Record, RequeuedReason, State};

use super::Verdict;
use crate::ledger::{Ledger, number};

pub(super) fn event(before: &Ledger, record: &Record) -> Verdict {
    let Event::ConversationRequeued {
        conversation_id,
        agent_id: Some(agent_id),
        reason: RequeuedReason::AgentLost,
        ..
    } = &record.event
    else {
        return Ok(());
    };
    let Some(c) = before.conversation(number(conversation_id.as_str())) else { return Ok(()) };
    let (Some(agent), Some(room)) =
        (before.agent(number(agent_id.as_str())), before.department(c.department))
    else {
        return Ok(());
    };
    let over = agent.absent_since.saturating_add(room.policy.reconnect_grace_ms);
    let gone = !agent.is_present() && (agent.left_on_purpose || over <= record.at.0);
    if gone { Ok(()) } else { Err(format!("{conversation_id} is taken from {agent_id} too early")) }
}

/// What the grace was to end has ended.
pub(super) fn scan(ledger: &Ledger, now: u64) -> Verdict {
    for id in &ledger.open {
        let Some(c) = ledger.conversation(*id) else { continue };
        let Some(room) = ledger.department(c.department) else { continue };
        let policy = &room.policy;
        if let Some(agent) = c.agent.and_then(|agent| ledger.agent(agent)) {
            let over = agent.absent_since.saturating_add(policy.reconnect_grace_ms);
            let takes = policy.on_agent_lost == OnAgentLost::Requeue;
            if takes && !agent.is_present() && over <= now {
                return Err(format!("c{id} stays with an agent who is lost since {over}"));
            }
        }
        // A visitor who was there once, and left while it waited or before.
        let left = ledger.left.get(&c.visitor).filter(|left| left.position >= c.taken_in_position);
        let Some(left) = left else { continue };
        let since = left.at.max(c.queued_at);
        let waits = matches!(c.state, State::Queued | State::Offered);
        if waits && since.saturating_add(policy.visitor_grace_ms) <= now {
            return Err(format!("c{id} waits for v{}, who left at {}", c.visitor, left.at));
        }
    }
    Ok(())
}
