//! A second, naive implementation of the routing rules, over plain lists that are scanned, and
//! the core beside it under random commands: after every step both must be the same workspace,
//! must have told the same, and must have decided for the same reasons; and the promises that
//! hold for any routing must hold.
//!
//! `model*` shares no code with the core. Where the two differ, the contract says which is wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout)] // the script that fails

mod commands;
mod compare;
mod counts;
mod crowd;
mod decisions;
mod deeds;
mod model;
mod model_admin;
mod model_commands;
mod model_handover;
mod model_moves;
mod model_offers;
mod model_picking;
mod model_routing;
mod model_sessions;
mod model_time;
mod policies;
mod promises;
mod run;
mod shrink;
mod witness;
mod words;
