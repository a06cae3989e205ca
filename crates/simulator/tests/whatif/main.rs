//! What-if, from outside: recordings of the real server and of the real engine, run again.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what it found")]

mod again;
mod broken;
mod command;
mod golden;
mod publish;
