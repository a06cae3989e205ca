//! The oracle, a second, naive implementation of the routing rules, and the core beside it under
//! random commands: after every step both must be the same workspace, must have told the same,
//! and must have decided for the same reasons; and the promises that hold for any routing must
//! hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout)] // the script that fails

mod commands;
mod counts;
mod crowd;
mod deeds;
mod planted;
mod policies;
mod promises;
mod run;
mod shrink;
mod witness;
