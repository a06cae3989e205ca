//! Rule 5: an agent is present while it has a session that is live or held, and is said to be so
//! when that changes.

use switchboard_routing::{Event, Record};

use super::Verdict;
use crate::ledger::{Ledger, number};

pub(super) fn event(before: &Ledger, record: &Record) -> Verdict {
    let Event::PresenceChanged { agent_id, present } = &record.event else { return Ok(()) };
    // The session's own event stands before it.
    let is = before.agent(number(agent_id.as_str())).is_some_and(|agent| agent.is_present());
    if is == *present {
        Ok(())
    } else {
        Err(format!("{agent_id} is said to be present: {present}; its sessions say {is}"))
    }
}
