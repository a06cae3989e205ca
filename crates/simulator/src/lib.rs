//! Proof: the real routing engine under virtual time, in worlds that are drawn from a seed.
//!
//! Everything here is deterministic: one seed gives one run, to the last event. Nothing here
//! knows a clock, a thread or a socket; the routing is the product's own, never a copy of it.

pub mod centre;
pub mod checks;
pub mod cli;
mod digest;
pub mod estimates;
pub mod judge;
pub mod ledger;
pub mod node;
pub mod oracle;
pub mod races;
mod rng;
pub mod shrink;
pub mod small;
pub mod swarm;
pub mod theory;
pub mod whatif;
pub mod world;

pub use rng::Rng;
