//! A second, naive implementation of the routing rules, over plain lists that are scanned, and
//! the core beside it under random commands: after every step both must be the same workspace,
//! and the promises that hold for any routing must hold.
//!
//! `model*` shares no code with the core. Where the two differ, the contract says which is wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod commands;
mod compare;
mod model;
mod model_admin;
mod model_routing;
mod promises;
mod run;
