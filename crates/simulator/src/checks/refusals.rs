//! A refusal does nothing.

use std::sync::Arc;

use switchboard_routing::Record;

use super::Verdict;

pub(super) fn step(refused: bool, records: &[Arc<Record>]) -> Verdict {
    match records.first() {
        Some(record) if refused => Err(format!("what was refused did {:?}", record.event)),
        _ => Ok(()),
    }
}
