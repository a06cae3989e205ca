//! Whether this node serves: what `/readyz` says, and what keeps new sockets out.

use std::sync::atomic::{AtomicU8, Ordering};

const STARTING: u8 = 0;
const READY: u8 = 1;
const DRAINING: u8 = 2;

/// Where the node is in its life. Goes forward only.
#[derive(Debug, Default)]
pub struct Readiness(AtomicU8);

impl Readiness {
    /// All is recovered, and served.
    pub fn ready(&self) {
        self.0.fetch_max(READY, Ordering::AcqRel);
    }

    /// The node is about to stop.
    pub fn drain(&self) {
        self.0.fetch_max(DRAINING, Ordering::AcqRel);
    }

    /// Whether the node is about to stop.
    pub fn is_draining(&self) -> bool {
        self.0.load(Ordering::Acquire) == DRAINING
    }

    /// What it is instead of ready, and why.
    pub fn why_not(&self) -> Option<(&'static str, &'static str)> {
        match self.0.load(Ordering::Acquire) {
            READY => None,
            STARTING => Some(("starting", "the workspaces are being recovered")),
            _ => Some(("draining", "the server is stopping; clients are told to go elsewhere")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draining_node_is_never_ready_again() {
        let readiness = Readiness::default();
        assert_eq!(readiness.why_not().unwrap().0, "starting");
        readiness.ready();
        assert_eq!(readiness.why_not(), None);
        readiness.drain();
        readiness.ready();
        assert_eq!(readiness.why_not().unwrap().0, "draining");
    }
}
