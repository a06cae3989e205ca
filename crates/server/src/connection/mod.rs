//! WebSockets: from the handshake to the last close frame.
//!
//! One task for each socket. It is in one of three phases: before its person is known (`hello`,
//! in a box of its own that is freed afterwards), with a session (`session`), and on its way out
//! (`ending`). In all of them the `pump` moves bytes between the `socket` and the `outbox`,
//! which is all that the rest of the server sees of a socket.
//!
//! It knows credentials only by asking an [`Authenticator`], workspaces only by their mailboxes,
//! and nothing of routing.

mod admission;
mod authenticate;
mod conduct;
mod ending;
mod forwarded;
mod frame;
mod gateway;
pub(crate) mod handshake;
mod hello;
mod message;
mod outbox;
mod pump;
mod queue;
mod session;
mod socket;
mod tenure;
#[cfg(test)]
mod tests;

pub use authenticate::{AuthRefusal, Authenticator, RecognisedVisitor, Widget};
pub use forwarded::{ClientAddress, client_address};
pub use gateway::{Gateway, SocketCounts};
pub use outbox::{Attachment, Outbox};

use std::{future::poll_fn, net::IpAddr, sync::Arc};

use switchboard_protocol::Encoding;
use tokio::net::TcpStream;

use self::pump::Pump;
pub(crate) use self::{
    gateway::Seat,
    socket::{Incoming, Socket, Stream},
};
use crate::addresses::Slot;

/// A socket after its handshake.
#[derive(Debug)]
pub(crate) struct Arrival<S = TcpStream> {
    /// The bare connection.
    pub(crate) stream: S,
    /// What the peer said after its handshake already.
    pub(crate) part: Vec<u8>,
    /// How messages are written.
    pub(crate) encoding: Encoding,
    /// Whose rates it counts by.
    pub(crate) address: IpAddr,
    /// Of which page it is, where that was said.
    pub(crate) origin: Option<Box<str>>,
    /// Its places among the counted.
    pub(crate) slot: Slot,
    pub(crate) seat: Seat,
}

/// Serves a socket from its handshake to its end.
pub(crate) async fn serve<S: Stream>(gateway: Arc<Gateway>, arrival: Arrival<S>) {
    let Arrival { stream, part, encoding, address, origin, slot, mut seat } = arrival;
    let outbox = Outbox::new(encoding, Arc::clone(&gateway.node), gateway.wheel.ticks().clone());
    let outbox = Arc::new(outbox);
    gateway.wheel.add(&outbox);
    let socket = Socket::new(stream, part, gateway.node.limits.hello_bytes);
    let mut pump = Pump::new(socket, outbox);
    if gateway.is_draining() {
        return;
    }
    let ending = match Box::pin(hello::greet(&gateway, &mut pump, address, origin)).await {
        Ok(mut session) => {
            seat.change(session.kind);
            let ending = poll_fn(|cx| session.poll(&mut pump, cx)).await;
            pump.take_rest(&ending);
            // The workspace hears of it now, not once the peer has said goodbye.
            drop(session);
            ending
        }
        Err(ending) => {
            pump.take_rest(&ending);
            ending
        }
    };
    gateway.node.metrics.sockets_closed(ending.code());
    tracing::debug!(code = ending.code(), "socket closed");
    Box::pin(ending::see_off(pump.into_socket(), ending)).await;
    drop((slot, seat));
}

/// The number of the close frame that such a failure ends a socket with.
pub(crate) fn closed_by(error: socket::SocketError) -> u16 {
    ending::Ending::from(error).code()
}
