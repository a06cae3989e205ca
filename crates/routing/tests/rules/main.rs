//! Every routing rule as a script in the domain's words and what is to come of it: no I/O, no
//! sleeping, no look inside. The language is in `script`; who has read one file can write another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod assigning;
mod capacity;
mod claims;
mod commands;
mod cooling;
mod crowded;
mod departments;
mod draining;
mod eligibility;
mod explained;
mod grace;
mod held;
mod held_given;
mod idempotency;
mod limits;
mod max_wait;
mod misses;
mod needs;
mod offers;
mod presence;
mod queue;
mod recovery;
mod reopening;
mod reopening_on;
mod resting;
mod returning;
mod script;
mod skills;
mod strategy;
mod transfers;
mod transfers_on;
mod unfit;
mod unstaffed;
mod visitors;
mod withdrawals;
mod words;
mod wrap_up;
