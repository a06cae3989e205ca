//! Who may do what: every HTTP call and every message of a socket, by everybody who could try.
//! The lists of calls and messages are the code's own, so that a new one without a row is noticed.

mod calls;
mod messages;
mod outbox;
mod roles;
mod scene;
mod suspended;

pub use outbox::link_token;
pub use roles::turned_away;
pub use scene::{Scene, api_key, public_key};
