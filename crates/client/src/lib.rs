//! The reference client of Switchboard: connect, say hello, ask, listen, and come back.
//!
//! One task owns the socket. It numbers requests, matches answers, keeps the place in the
//! session's stream of pushes, notices silence, and after a lost socket comes back with jittered
//! backoff and resumes: pushes that were missed follow, requests without an answer are sent again
//! with the same `ref`, which the server carries out once. Where resuming cannot be had it starts
//! a fresh session and says so by [`Push::Resumed`].
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use switchboard_client::{Client, Options, Push};
//!
//! let options = Options::visitor("ws://127.0.0.1:8080/v1/ws", "pk_…");
//! let mut client = Client::connect(options).await?;
//! let conversation = client.open(Default::default()).await?;
//! while let Some(push) = client.next_push().await {
//!     if let Push::Message(message) = push {
//!         println!("{}: {}", conversation.id, message.type_name());
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod backoff;
mod client;
mod error;
mod options;
mod requests;
mod session;
mod socket;
mod task;

pub use backoff::Backoff;
pub use client::{Answer, Client, Handle, Push};
pub use error::{ConnectError, End, RequestError};
pub use options::Options;
