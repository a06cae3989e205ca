//! Rule 7: whoever waited too long goes on along the fallbacks, and never back to where it did so
//! before.

use switchboard_routing::{Event, Record, RequeuedReason};

use super::Verdict;
use crate::ledger::{Ledger, number};

pub(super) fn event(before: &Ledger, record: &Record) -> Verdict {
    let Event::ConversationRequeued {
        conversation_id,
        department_id,
        reason: RequeuedReason::MaxWait,
        ..
    } = &record.event
    else {
        return Ok(());
    };
    let Some(c) = before.conversation(number(conversation_id.as_str())) else { return Ok(()) };
    let passed = c.passed | 1 << c.department;
    if passed & 1 << number(department_id.as_str()) == 0 {
        return Ok(());
    }
    Err(format!("{conversation_id} waited in {department_id} before, and goes there again"))
}
