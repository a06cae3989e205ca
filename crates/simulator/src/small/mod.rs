//! Small worlds, every order: two agents with room for one conversation each, three conversations,
//! and whatever people, time and crashes can do to them, in **every** order, with the real decide
//! and apply. What is rare in a large world drawn by chance is common in a small one, and nothing
//! in it is left to chance.
//!
//! A world goes from state to state by a [`Deed`]. All that can be done in a state is done, breadth
//! first, from the state in which both agents are online and nothing is open; every step is judged
//! by all the checks of [`crate::checks`], the full scan included, against a ledger folded from its
//! events, every crash by what the log and a snapshot make of the state (the latter is gone on
//! from), and a part of all states by the naive oracle. Where a promise is broken, the way there is
//! a shortest one.
//!
//! *Time* passes by a deed too, a unit at a time, and bounds are a few units long: whatever is due
//! comes before, between and after whatever is done, and at once with what else is due. People do
//! things at whole units only. *A crash* finds the log at the end of a step, since a step is one
//! append: that an append is lost is the same as that the crash came before it, and that an answer
//! is lost as that it was after it and its asker is gone.
//!
//! A state that was seen before, by its key (`key/`), is not gone on from again. By hand and not
//! with a crate for it: what such a crate does (a queue, a set of keys, ways back) is the small
//! part of this, and the small part of what there is to get wrong; and it would keep whatever it has
//! not looked at yet whole, thousands of bytes each, where this keeps a way to it.

mod asks;
mod deed;
mod explore;
mod key;
mod setting;
mod start;
mod twins;
mod way;
mod world;

pub use deed::Deed;
pub use explore::{Closeness, Counterexample, Report, explore};
pub use setting::{AGENTS, CONVERSATIONS, Setting, UNIT};
