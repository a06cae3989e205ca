//! The naive oracle beside the core, also across what the store does: where the state is dropped,
//! the oracle goes back to what was safe, or on to what turned out to have been written.

use switchboard_routing::{Done, Input, Output, Refusal, Timestamp};

use super::{Fate, Node};
use crate::{
    checks::{ORACLE, Violation},
    oracle::{Oracle, Step},
};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Beside {
    now: Oracle,
    /// As it was after what was released last; none: as it is now.
    safe: Option<Box<Oracle>>,
    /// The first difference.
    differs: Option<String>,
}

impl Node {
    /// A turn begins, of which it may turn out that it never was.
    pub(super) fn may_go_back(&mut self, fate: Fate) {
        let Some(beside) = &mut self.beside else { return };
        if fate != Fate::Done && beside.safe.is_none() {
            beside.safe = Some(Box::new(beside.now.clone()));
        }
    }

    /// The oracle does what the core was asked to do.
    pub(super) fn follow(
        &mut self,
        now: u64,
        input: &Input,
        answer: &Result<Done, Refusal>,
        out: &[Output],
    ) {
        let Some(beside) = &mut self.beside else { return };
        if beside.differs.is_none() {
            let did = Step { answer, out, explains: self.explains };
            let differs = beside.now.follow(Timestamp(now), input, did, &self.core);
            beside.differs = differs.map(|what| format!("after {:?}: {what}", input.command));
        }
    }

    /// Core and oracle were of one mind so far.
    pub(super) fn agrees(&self) -> Result<(), Violation> {
        let differs = self.beside.as_ref().and_then(|beside| beside.differs.clone());
        differs.map_or(Ok(()), |what| {
            let position = self.core.position();
            Err(Violation { check: ORACLE, what, position })
        })
    }

    /// The oracle as it is after a turn that is not safe.
    pub(super) fn as_followed(&self) -> Option<Box<Oracle>> {
        self.beside.as_ref().map(|beside| Box::new(beside.now.clone()))
    }

    /// What the oracle followed up to here is safe; none: everything that it followed.
    pub(super) fn is_safe_now(&mut self, followed: Option<Box<Oracle>>) {
        if let Some(beside) = &mut self.beside {
            beside.safe = followed;
        }
    }

    /// The state is what was safe.
    pub(super) fn go_back(&mut self) {
        if let Some(beside) = &mut self.beside
            && let Some(safe) = beside.safe.take()
        {
            beside.now = *safe;
        }
    }
}
