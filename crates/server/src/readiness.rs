//! Whether this node serves: what `/readyz` says, and what keeps new sockets out.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use switchboard_journal::Store;

const STARTING: u8 = 0;
const READY: u8 = 1;
const DRAINING: u8 = 2;

/// Where the node is in its life, which goes forward only, and whether its store can be written.
#[derive(Debug)]
pub struct Readiness {
    life: AtomicU8,
    store: Arc<dyn Store>,
}

impl Readiness {
    /// Of a node that starts, with this store.
    pub fn of(store: Arc<dyn Store>) -> Self {
        Self { life: AtomicU8::new(STARTING), store }
    }

    /// All is recovered, and served.
    pub fn ready(&self) {
        self.life.fetch_max(READY, Ordering::AcqRel);
    }

    /// The node is about to stop.
    pub fn drain(&self) {
        self.life.fetch_max(DRAINING, Ordering::AcqRel);
    }

    /// Whether the node is about to stop.
    pub fn is_draining(&self) -> bool {
        self.life.load(Ordering::Acquire) == DRAINING
    }

    /// What it is instead of ready, and why.
    pub fn why_not(&self) -> Option<(&'static str, String)> {
        let said = |status, why: &str| Some((status, why.to_owned()));
        match self.life.load(Ordering::Acquire) {
            READY => self
                .store
                .trouble()
                .map(|why| ("failing", format!("nothing can be written: {why}"))),
            STARTING => said("starting", "the workspaces are being recovered"),
            _ => said("draining", "the server is stopping; clients are told to go elsewhere"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use switchboard_journal::Memory;

    use super::*;

    #[test]
    fn a_draining_node_is_never_ready_again() {
        let readiness = Readiness::of(Arc::new(Memory::default()));
        assert_eq!(readiness.why_not().unwrap().0, "starting");
        readiness.ready();
        assert_eq!(readiness.why_not(), None);
        readiness.drain();
        readiness.ready();
        assert_eq!(readiness.why_not().unwrap().0, "draining");
    }
}
