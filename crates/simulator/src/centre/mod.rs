//! A contact centre under virtual time: visitors come, wait, give up or are served, around the
//! product's own [`Workspace`](switchboard_routing::Workspace). Who takes a conversation is never
//! decided here.
//!
//! Owns what the people do and when. [`Traffic`] says who comes, how long each will take to serve
//! and how long each would wait; [`Centre`] carries that out, one command at a time, in the order
//! of time, and wakes the workspace for its own deadlines. What is to be measured reads the
//! outputs of each [`Step`]; [`Tally`] does so for waits, abandonment and occupancy.
//!
//! **What people do.** An agent closes what it holds once it has been served for as long as it
//! takes. One who is away goes on serving what it holds; one who is absent closes nothing until it
//! is back. Service that was begun and lost with its agent counts: the next one does the rest. A
//! visitor whose patience is at its end closes the conversation, where it still waits: being asked
//! whether an agent will take it is waiting too, being served is not. Whoever waits a second time
//! has only the patience that is left. [`Traffic::parting`] may have it otherwise: that a visitor
//! closes what is served, or that an agent hands it on.
//!
//! **Time** is the core's: whole milliseconds. Nothing here reads them as such, so a caller who
//! wants no rounding takes a finer unit: theory has a thousand million of them to the mean service.
//! What falls on the same one is done in this order: the workspace's own deadlines, then
//! everything else, in the order in which it was planned.
//!
//! ```
//! use switchboard_routing::{Event, Output, Policy, Timestamp};
//! use switchboard_simulator::centre::{Arrival, Centre, Floor, Script};
//!
//! // Two come at once, and there is one agent with room for one.
//! let arrivals = (0..2).map(|_| Arrival::new(Timestamp(1_000), 60_000));
//! let floor = Floor::alike(1, 1, Policy::default()).open(Timestamp(0))?;
//! let mut centre = Centre::new(floor, Script::new(arrivals));
//! let mut assigned = Vec::new();
//! while let Some(step) = centre.step() {
//!     assigned.extend(step.records().filter_map(|record| match &record.event {
//!         Event::ConversationAssigned { .. } => Some(record.at.0),
//!         _ => None,
//!     }));
//! }
//! assert_eq!(assigned, [1_000, 61_000]);
//! # Ok::<(), switchboard_routing::Refusal>(())
//! ```

mod agenda;
mod drive;
mod floor;
mod lives;
mod numbered;
mod quantiles;
mod tally;
#[cfg(test)]
mod tests;
mod traffic;

pub use drive::{Centre, Step};
pub use floor::{Desk, Floor, Room};
pub use lives::number_of;
pub use quantiles::Quantiles;
pub use tally::{Batch, Tally};
pub use traffic::{Answer, Arrival, Change, Parting, Script, Traffic};
