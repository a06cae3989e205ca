//! The load: people and a back end that do things at random, as fast as they are answered.

mod agent;
mod backend;
mod clerk;
mod visitor;
mod watcher;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use switchboard_simulator::Rng;
use tokio::time::sleep;

pub(crate) use agent::Device;
pub(crate) use backend::{backend, conversation_in};
pub(crate) use clerk::{Clerk, clerk};
pub(crate) use visitor::Page;
pub(crate) use watcher::{line, watch};

/// Somebody's share of a round: what chance it draws, and when it is over without a kill.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    /// A stream of its own.
    pub(crate) rng: Rng,
    /// What `external_id`s and keys of it begin with.
    pub(crate) name: String,
    stop: Arc<AtomicBool>,
    made: u32,
}

impl Turn {
    /// A turn that ends when `stop` is set, or the server is gone.
    pub(crate) fn new(rng: Rng, name: String, stop: &Arc<AtomicBool>) -> Self {
        Self { rng, name, stop: Arc::clone(stop), made: 0 }
    }

    /// Whether to go on.
    pub(crate) fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// A name that nothing else has.
    pub(crate) fn fresh(&mut self) -> String {
        self.made += 1;
        format!("{}-{}", self.name, self.made)
    }

    /// One of these.
    pub(crate) fn pick<T: Clone>(&mut self, among: &[T]) -> T {
        self.rng.pick(among).expect("something to choose from").clone()
    }

    /// A person thinks for a while.
    pub(crate) async fn think(&mut self) {
        sleep(Duration::from_micros(500 + self.rng.below(9_500))).await;
    }
}

/// Departments that are there from the start: at once, offered, and of changing kind.
pub(crate) const DEPARTMENTS: [&str; 3] = ["sales", "help", "claims"];
/// Agents who are there from the start, and on sockets.
pub(crate) const AGENTS: [&str; 4] = ["ann", "bob", "cid", "dee"];
