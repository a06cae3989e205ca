//! Black-box tests over real sockets: a whole server in this process, and clients that know of it
//! no more than its address and its keys. What is expected is the contract's word, not the code's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod http;
mod server;
