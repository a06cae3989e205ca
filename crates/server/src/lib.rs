//! The Switchboard server: the shell around the routing core. Sockets, HTTP, one actor for each
//! workspace.

mod actor;
pub mod addresses;
pub mod ask;
pub mod auth;
pub mod cli;
pub mod config;
pub mod connection;
mod convert;
pub mod demo;
#[doc(hidden)]
pub mod fuzzing;
pub mod heartbeat;
mod hours;
pub mod http;
pub mod idempotency;
pub mod ids;
pub mod listener;
pub mod logging;
pub mod mail;
pub mod metrics;
pub mod node;
mod openapi;
pub mod rate_limit;
pub mod readiness;
pub mod registry;
pub mod seam;
pub mod server;
mod upkeep;
