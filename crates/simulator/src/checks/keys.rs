//! Rule 8: the same key from the same visitor is the same conversation.

use switchboard_routing::{Done, Event, OpenConversation, Record, Refusal};

use super::Verdict;
use crate::ledger::{Ledger, number};

pub(super) fn event(before: &Ledger, record: &Record) -> Verdict {
    let Event::ConversationOpened { conversation_id, visitor_id, key: Some(key), .. } =
        &record.event
    else {
        return Ok(());
    };
    let letter = key.key.bytes().next().unwrap_or_default();
    match before.keys.get(&(number(visitor_id.as_str()), letter)) {
        Some((known, _)) => Err(format!("{conversation_id} is opened with the key of c{known}")),
        None => Ok(()),
    }
}

/// What an open with a key was answered, by the ledger that it is read with.
/// Wrong is that the key had opened something else, or was refused without reason.
pub(super) fn answered(
    ledger: &Ledger,
    open: &OpenConversation,
    answer: &Result<Done, Refusal>,
) -> Verdict {
    let Some(key) = &open.key else { return Ok(()) };
    let letter = key.key.bytes().next().unwrap_or_default();
    let known = ledger.keys.get(&(number(open.visitor_id.as_str()), letter));
    match (answer, known) {
        (Ok(Done::Existing(id)), Some((own, fingerprint))) => {
            let same = number(id.as_str()) == *own && *fingerprint == key.fingerprint;
            if same { Ok(()) } else { Err(format!("{id} is not what the key opened: c{own}")) }
        }
        (Ok(Done::Existing(id)), None) => Err(format!("{id} was not opened with this key")),
        (Err(Refusal::KeyReused), Some((own, fingerprint))) if *fingerprint == key.fingerprint => {
            Err(format!("the key of c{own} is refused to its own repeat"))
        }
        _ => Ok(()),
    }
}
