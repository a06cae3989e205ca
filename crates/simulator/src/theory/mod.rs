//! Queueing theory as an oracle: where arrivals are Poisson, service and patience exponential and
//! servers all alike, what the engine must come to is known in closed form.
//!
//! Owns the formulas ([`erlang_b`], [`erlang_c`], [`erlang_a`]), the cases of the reference table
//! ([`table`]), the run of a [`Case`] by the real engine, and the [`Interval`] in which what it
//! measured has to contain what theory says. The formulas know nothing of the engine.
//!
//! Whoever serves is chosen by the strategy, but the probability of waiting is the same for every
//! rule that lets nobody wait while a server is free: so every strategy is held to the same row.
//! Agents with room for several at once, each served as fast as if it were alone, are as many
//! servers as they have room together.

mod case;
mod erlang;
mod interval;
pub mod table;

pub use case::{Case, Figure, Length, Measured, What};
pub use erlang::{ErlangA, ErlangC, Offered, erlang_a, erlang_b, erlang_c};
pub use interval::{Interval, student_t};
