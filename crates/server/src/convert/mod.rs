//! Between the wire and the core, by hand. Neither knows the other; a new value on either side
//! stops the build here.

mod enums;
mod event;
mod explanation;
mod policy;
mod refusal;
mod report;
mod view;

pub(crate) use enums::{ToCore, ToWire};
pub(crate) use event::event_of;
pub(crate) use explanation::explanation_of;
pub(crate) use policy::{policy_from_wire, policy_to_wire};
pub(crate) use refusal::refused;
pub(crate) use report::Report;
pub(crate) use view::{People, Reader, View, attributes_from_wire, plan_of};
