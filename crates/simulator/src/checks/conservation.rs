//! Every conversation that was taken in is open or has ended: none is lost, none is there twice.

use switchboard_routing::{State, Workspace};

use super::Verdict;
use crate::ledger::Ledger;

pub(super) fn step(after: &Ledger) -> Verdict {
    let open = after.open.len() as u64;
    if after.taken_in == after.let_go + open {
        return Ok(());
    }
    let (taken_in, let_go) = (after.taken_in, after.let_go);
    Err(format!("{taken_in} were taken in, {let_go} ended, {open} are open"))
}

pub(super) fn scan(ledger: &Ledger, core: &Workspace) -> Verdict {
    if core.conversation_count() != ledger.open.len() {
        let (has, open) = (core.conversation_count(), ledger.open.len());
        return Err(format!("the workspace has {has} conversations, the log leaves {open} open"));
    }
    for id in &ledger.open {
        let Some(c) = ledger.conversation(*id) else { continue };
        let whose = match c.state {
            State::Assigned => c.agent.is_some() && c.offer.is_none() && !c.in_line,
            State::Offered => c.agent.is_none() && c.offer.is_some() && !c.in_line,
            State::Queued => c.agent.is_none() && c.offer.is_none() && c.in_line,
            State::Closed | State::Rejected => false,
        };
        if !whose {
            return Err(format!("c{id} is {:?}, and nowhere: {c:?}", c.state));
        }
    }
    Ok(())
}
