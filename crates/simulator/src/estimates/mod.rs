//! Whether what is told of a wait comes true: the product's own estimate
//! ([`switchboard_routing::Eta`]) beside the wait that followed, in worlds of many kinds.
//!
//! Owns the [`World`]s, what is asked in them and when ([`Watch`]), and how far off the answers
//! were ([`Calibration`]). It asks as the server does: of whoever begins to wait, once the step is
//! over, and now and then of one who waits already.
//!
//! Who gives up never learns how long it would have been. So where visitors give up, one in ten
//! never does, and those alone are asked: what they wait is what the others would have.

mod calibration;
mod traffic;
mod watch;
mod worlds;

pub use calibration::{Calibration, Sample};
pub use traffic::{Service, Stream};
pub use watch::Watch;
pub use worlds::{World, worlds};
