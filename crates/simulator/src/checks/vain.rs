//! Rule 2: after every step nobody waits whom somebody could take.

use super::Verdict;
use crate::ledger::Ledger;

pub(super) fn step(after: &Ledger, stirred: u32) -> Verdict {
    let mut rest = stirred;
    while rest != 0 {
        let number = rest.trailing_zeros() as usize;
        rest &= rest - 1;
        department(after, number)?;
    }
    Ok(())
}

/// The same of one department.
pub(super) fn department(after: &Ledger, number: usize) -> Verdict {
    let Some(room) = after.department(number).filter(|room| !room.line.is_empty()) else {
        return Ok(());
    };
    let free = after.free_in(number);
    if free == 0 {
        return Ok(());
    }
    for (_, waiting) in &room.line {
        let able = after.able(free, *waiting);
        if able != 0 {
            return Err(format!("c{waiting} waits, and a{} is free", able.trailing_zeros()));
        }
    }
    Ok(())
}
