//! After a crash: what was shown must be there, and of what nobody knows the log tells.

use switchboard_journal::Log;
use switchboard_routing::Snapshot;

use super::{Node, Turn};
use crate::checks::{FOLD, Violation};

pub(super) fn violation(what: String, position: u64) -> Violation {
    Violation { check: "nothing shown is lost", what, position }
}

/// A state that was taken up is the one that the log was written from.
pub(crate) fn is_as_it_was(was: &Snapshot, is: &Snapshot) -> Result<(), Violation> {
    if is == was {
        return Ok(());
    }
    let what = format!("taken up: {is:?}\nwas: {was:?}");
    Err(Violation { check: FOLD, what, position: was.position })
}

impl Node {
    /// Everything that was released is in the log, as it was.
    pub(super) fn nothing_released_is_lost(&self) -> Result<(), Violation> {
        let Some(last) = &self.released else { return Ok(()) };
        let at = self.core.position();
        if at < last.position {
            let what = format!("event {} was shown, and the log ends at {at}", last.position);
            return Err(violation(what, last.position));
        }
        let read = self.memory.read(&self.id, last.position - 1, 1);
        let kept = read.ok().and_then(|records| records.into_iter().next());
        match kept {
            Some(kept) if kept != *last => {
                let what = format!("shown was {last:?}, the log has {kept:?}");
                Err(violation(what, last.position))
            }
            _ => Ok(()),
        }
    }

    /// Turns whose fate was unknown happened where the log has them. Nobody was answered.
    pub(super) fn find_out(&mut self, seen: &mut Vec<Turn>) -> Result<(), Violation> {
        let at = self.core.position();
        for turn in std::mem::take(&mut self.limbo) {
            let Some(last) = turn.records.last() else { continue };
            let kept = self.memory.read(&self.id, last.position - 1, 1);
            let kept = kept.ok().and_then(|records| records.into_iter().next());
            let happened = last.position <= at && kept.as_ref() == Some(last);
            if happened {
                self.release(turn.unanswered(), seen);
            }
        }
        let known = self.released.as_ref().map_or(0, |record| record.position);
        if known == at {
            return Ok(());
        }
        let what = format!("the log goes on to {at}, of which nothing is known after {known}");
        Err(violation(what, at))
    }
}
