//! Sockets over real connections, against real workspaces in memory.

mod conduct;
mod hello;
mod lifecycle;
mod outbox;
mod world;
