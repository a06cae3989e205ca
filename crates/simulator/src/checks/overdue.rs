//! Nothing that time was to do is left undone once its time has passed.

use switchboard_routing::State;

use super::Verdict;
use crate::ledger::{Ledger, SessionIs};

pub(super) fn scan(ledger: &Ledger, now: u64) -> Verdict {
    for id in &ledger.open {
        let Some(c) = ledger.conversation(*id) else { continue };
        if c.offer.is_some_and(|offer| offer.expires_at <= now) {
            return Err(format!("the offer of c{id} is over, and open"));
        }
        if let Some((agent, _)) = c.cooling.iter().find(|(_, until)| *until <= now) {
            return Err(format!("a{agent} has cooled down for c{id}, and is not asked"));
        }
        let longest = ledger.department(c.department).and_then(|d| d.policy.max_wait_ms);
        let waited = now.saturating_sub(c.queued_at);
        if c.state == State::Queued && longest.is_some_and(|longest| waited >= longest) {
            return Err(format!("c{id} waits in d{} for {waited} ms", c.department));
        }
    }
    if let Some((id, until)) = ledger.invites.iter().find(|(_, until)| **until <= now) {
        return Err(format!("the invite i{id} holds its seat after {until}"));
    }
    for (number, agent) in ledger.active_agents() {
        let over = |is: &SessionIs| matches!(is, SessionIs::Held(until) if *until <= now);
        if let Some((id, ..)) = agent.rests.iter().find(|(.., until)| *until <= now) {
            return Err(format!("a{number} rests from c{id} for longer than it is to"));
        }
        if agent.sessions.iter().any(|(_, is)| over(is)) {
            return Err(format!("a session of a{number} sleeps for longer than it has leave"));
        }
    }
    Ok(())
}
