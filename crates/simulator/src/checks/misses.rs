//! Rule 6: three offers missed in a row set an agent away, by `missed_offers`, and nothing less.

use std::sync::Arc;

use switchboard_routing::{Availability, By, Event, Record, WithdrawnReason};

use super::Verdict;
use crate::ledger::{Ledger, number};

const ENOUGH: u32 = 3;

pub(super) fn step(after: &Ledger, records: &[Arc<Record>]) -> Verdict {
    for record in records {
        match &record.event {
            Event::OfferEnded { agent_id, reason: WithdrawnReason::Expired, .. } => {
                let agent = after.agent(number(agent_id.as_str()));
                if agent.is_some_and(|agent| agent.misses >= ENOUGH && agent.online) {
                    return Err(format!("{agent_id} missed three in a row, and is online"));
                }
            }
            Event::AvailabilityChanged { agent_id, availability: Availability::Away }
                if record.origin.by == By::MissedOffers =>
            {
                let missed = |r: &Arc<Record>| {
                    matches!(&r.event, Event::OfferEnded { agent_id: own, reason, .. }
                        if own == agent_id && *reason == WithdrawnReason::Expired)
                };
                if !records.iter().any(missed) {
                    return Err(format!("{agent_id} is set away, and missed nothing just now"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}
