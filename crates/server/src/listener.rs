//! The accept loop: HTTP and WebSocket on one port.
//!
//! A connection begins as HTTP. `GET /v1/ws` leaves hyper with the bare stream and nothing else;
//! every other request is the router's. Whatever a connection does, it is bounded: the time to
//! say something, the time between two requests, the time of one, and how many an address has.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use parking_lot::Mutex;
use switchboard_protocol::{Encoding, ErrorCode, Rate, http::Problem};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream, lookup_host},
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until, timeout},
};
use tower::ServiceExt;

use crate::{
    addresses::Slot,
    connection::{
        Arrival, ClientAddress, Gateway, Seat, Stream, client_address,
        handshake::{self, HandshakeError},
        serve as serve_socket,
    },
    node::{Clock, Node},
    rate_limit::Bucket,
};

/// Where WebSockets begin.
const SOCKET_PATH: &str = "/v1/ws";
/// How many connections wait to be taken in, where the system allows so many. Whom there is no
/// room for tries again by itself, after 1 s, 3 s, 7 s.
const QUEUE: u32 = 4_096;
/// How long a new connection may take to say what it wants.
const FIRST_REQUEST_TIME: Duration = Duration::from_secs(5);
/// How long a connection may take from one request to the next. Longer than the usual pool of a
/// proxy keeps its own, so that it is the proxy that closes.
const IDLE_TIME: Duration = Duration::from_secs(75);
/// How long one request may take, its body included.
const REQUEST_TIME: Duration = Duration::from_secs(30);
/// How long a connection may take to end once it was asked to.
const GRACE_TIME: Duration = Duration::from_secs(5);
/// The largest head of a request.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// After an error of `accept`: at first, and at most.
const FIRST_BACKOFF: Duration = Duration::from_millis(10);
const LONGEST_BACKOFF: Duration = Duration::from_secs(1);
/// Errors of `accept` are logged so often at most.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// Accepts connections, and serves each.
#[derive(Debug)]
pub struct Listener;

impl Listener {
    /// Listens on the first of the addresses that this name stands for that is free.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn bind(address: &str) -> io::Result<TcpListener> {
        let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in lookup_host(address).await? {
            match bind_to(address) {
                Ok(listener) => return Ok(listener),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Serves until `shutdown` says true, or nobody can say so any more. Then no connection is
    /// accepted, and those that speak HTTP are given a little time to end; sockets are the
    /// gateway's to drain.
    pub async fn run(
        listener: TcpListener,
        gateway: Arc<Gateway>,
        router: Router,
        mut shutdown: watch::Receiver<bool>,
    ) {
        let (alive, mut all_gone) = mpsc::channel::<Infallible>(1);
        let mut troubles = Troubles::default();
        let mut pace = Pace::default();
        loop {
            let accepted = tokio::select! {
                biased;
                _ = shutdown.wait_for(|stop| *stop) => break,
                accepted = pace.accept(&listener, &gateway.node) => accepted,
            };
            match accepted {
                Ok((tcp, peer)) => {
                    troubles.backoff = None;
                    let (gateway, router) = (Arc::clone(&gateway), router.clone());
                    let guest = Guest { gateway, router, peer: peer.ip() };
                    guest.receive(tcp, shutdown.clone(), alive.clone());
                }
                Err(error) => troubles.wait_out(&error).await,
            }
        }
        drop((listener, alive));
        let _ = timeout(GRACE_TIME, all_gone.recv()).await;
    }
}

fn bind_to(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // What the server had open before it was started again keeps nobody from listening.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

/// How fast connections are taken in. What each sets off is soon done, but thousands at once would
/// stand before everything that those want who are there; in the system's queue they stand before
/// nobody.
#[derive(Debug, Default)]
struct Pace(Bucket);

impl Pace {
    async fn accept(
        &mut self,
        listener: &TcpListener,
        node: &Node,
    ) -> io::Result<(TcpStream, SocketAddr)> {
        self.wait(node.limits.connections.as_ref(), &node.clock).await;
        listener.accept().await
    }

    async fn wait(&mut self, rate: Option<&Rate>, clock: &Clock) {
        while let Err(exceeded) = self.0.take_of(rate, clock.now_ms()) {
            sleep(Duration::from_millis(exceeded.retry_after_ms)).await;
        }
    }
}

/// Errors of `accept`: of one connection, or of the process, which may have no descriptors left.
#[derive(Debug, Default)]
struct Troubles {
    backoff: Option<Duration>,
    logged: Option<Instant>,
}

impl Troubles {
    async fn wait_out(&mut self, error: &io::Error) {
        if matches!(
            error.kind(),
            io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionRefused
        ) {
            return;
        }
        if self.logged.is_none_or(|at| at.elapsed() >= LOG_EVERY) {
            self.logged = Some(Instant::now());
            tracing::warn!(%error, "cannot accept connections");
        }
        let backoff = self.backoff.map_or(FIRST_BACKOFF, |last| (2 * last).min(LONGEST_BACKOFF));
        self.backoff = Some(backoff);
        sleep(backoff).await;
    }
}

/// One connection while it speaks HTTP.
#[derive(Clone)]
struct Guest {
    gateway: Arc<Gateway>,
    router: Router,
    peer: IpAddr,
}

/// A handshake that succeeded; the stream follows once the answer is written.
struct Upgrade {
    stream: hyper::upgrade::OnUpgrade,
    encoding: Encoding,
    address: IpAddr,
    origin: Option<Box<str>>,
    slot: Slot,
    seat: Seat,
}

/// What a connection's requests leave behind: when the last one began, and an upgrade.
struct Visit {
    last_request: Option<Instant>,
    upgrade: Option<Upgrade>,
}

impl Guest {
    /// Serves a connection in a task of its own, if its address may have one more.
    fn receive(
        self,
        tcp: TcpStream,
        shutdown: watch::Receiver<bool>,
        alive: mpsc::Sender<Infallible>,
    ) {
        let proxied = self.gateway.trusted_proxies.iter().any(|net| net.contains(&self.peer));
        let node = &self.gateway.node;
        let now_ms = node.clock.now_ms();
        let slot = (!proxied)
            .then(|| self.gateway.addresses.connection(self.peer, &node.limits, now_ms))
            .transpose();
        let Ok(slot) = slot else { return };
        let _ = tcp.set_nodelay(true);
        tokio::spawn(async move {
            let gateway = Arc::clone(&self.gateway);
            let upgrade = Box::pin(self.serve(tcp, shutdown)).await;
            drop((slot, alive));
            if let Some(arrival) = arrive::<TcpStream>(upgrade).await {
                // A task of its own, so that nothing of HTTP stays alive with it.
                tokio::spawn(serve_socket(gateway, arrival));
            }
        });
    }

    /// Answers requests until the connection ends, or becomes a socket.
    async fn serve<S: Stream>(
        self,
        stream: S,
        mut shutdown: watch::Receiver<bool>,
    ) -> Option<Upgrade> {
        let opened = Instant::now();
        let visit = Arc::new(Mutex::new(Visit { last_request: None, upgrade: None }));
        let service = service_fn(|request| self.clone().answer(request, Arc::clone(&visit)));
        let mut server = http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(IDLE_TIME).max_buf_size(MAX_HEAD_BYTES);
        let connection = server.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let mut connection = pin!(connection);
        loop {
            let deadline = match visit.lock().last_request {
                None => opened + FIRST_REQUEST_TIME,
                Some(last) => last + IDLE_TIME,
            };
            tokio::select! {
                biased;
                // Peers that break HTTP or go away are their own affair.
                _ = connection.as_mut() => break,
                () = sleep_until(deadline) => {
                    let last = visit.lock().last_request;
                    match last {
                        Some(last) if last + IDLE_TIME > Instant::now() => continue,
                        Some(_) => {}
                        None => return None,
                    }
                }
                _ = shutdown.wait_for(|stop| *stop) => {}
            }
            connection.as_mut().graceful_shutdown();
            let _ = timeout(GRACE_TIME, connection.as_mut()).await;
            break;
        }
        visit.lock().upgrade.take()
    }

    async fn answer(
        self,
        mut request: Request<Incoming>,
        visit: Arc<Mutex<Visit>>,
    ) -> Result<Response<Body>, Infallible> {
        visit.lock().last_request = Some(Instant::now());
        let trusted = &self.gateway.trusted_proxies;
        let address = client_address(self.peer, request.headers(), trusted);
        if request.uri().path() == SOCKET_PATH {
            let answer = self.shake_hands(&mut request, address, &visit);
            return Ok(answer.unwrap_or_else(HandshakeError::response));
        }
        request.extensions_mut().insert(ClientAddress(address));
        let answer = self.router.oneshot(request.map(Body::new));
        match timeout(REQUEST_TIME, answer).await {
            Ok(answer) => answer,
            Err(_) => {
                let problem = Problem::new(ErrorCode::Overloaded, "the request took too long");
                Ok(handshake::respond(&problem, None))
            }
        }
    }

    fn shake_hands(
        &self,
        request: &mut Request<Incoming>,
        address: IpAddr,
        visit: &Mutex<Visit>,
    ) -> Result<Response<Body>, HandshakeError> {
        let agreement = handshake::agree(request)?;
        if self.gateway.is_draining() {
            return Err(HandshakeError::Draining);
        }
        let (slot, seat) = self.gateway.admit(address)?;
        let stream = hyper::upgrade::on(request);
        let (encoding, response) = (agreement.encoding, agreement.response());
        let origin = agreement.origin;
        visit.lock().upgrade = Some(Upgrade { stream, encoding, address, origin, slot, seat });
        Ok(response)
    }
}

/// Takes the bare stream out of hyper.
async fn arrive<S: Stream>(upgrade: Option<Upgrade>) -> Option<Arrival<S>> {
    let Upgrade { stream, encoding, address, origin, slot, seat } = upgrade?;
    let upgraded = stream.await.ok()?;
    let parts = upgraded.downcast::<TokioIo<S>>().ok()?;
    let part = parts.read_buf.to_vec();
    let stream = parts.io.into_inner();
    Some(Arrival { stream, part, encoding, address, origin, slot, seat })
}

/// Serves one connection over any stream, from its first request to the end of its socket.
pub(crate) async fn receive_one<S: Stream>(
    stream: S,
    peer: IpAddr,
    gateway: Arc<Gateway>,
    router: Router,
    shutdown: watch::Receiver<bool>,
) {
    let guest = Guest { gateway: Arc::clone(&gateway), router, peer };
    let upgrade = Box::pin(guest.serve(stream, shutdown)).await;
    if let Some(arrival) = arrive::<S>(upgrade).await {
        serve_socket(gateway, arrival).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn without_descriptors_it_waits_longer_and_longer() {
        let no_descriptors = io::Error::from_raw_os_error(24);
        let mut troubles = Troubles::default();
        let mut waits = Vec::new();
        for _ in 0..9 {
            let begun = Instant::now();
            troubles.wait_out(&no_descriptors).await;
            waits.push(begun.elapsed().as_millis());
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn connections_are_taken_in_after_a_burst_at_their_rate() {
        let (clock, begun) = (Clock::start(), Instant::now());
        let (mut pace, rate) = (Pace::default(), Rate::per_second(1_000, 50));
        for _ in 0..50 {
            pace.wait(Some(&rate), &clock).await;
        }
        assert_eq!(begun.elapsed(), Duration::ZERO);
        for _ in 0..500 {
            pace.wait(Some(&rate), &clock).await;
        }
        let took = begun.elapsed().as_millis();
        // Timers ring within a millisecond of their time.
        assert!((500..=1_000).contains(&took), "{took} ms");
        let at_rest = Instant::now();
        for _ in 0..10_000 {
            pace.wait(None, &clock).await;
        }
        assert_eq!(at_rest.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn one_connection_that_broke_off_delays_nobody() {
        let begun = Instant::now();
        Troubles::default().wait_out(&io::ErrorKind::ConnectionAborted.into()).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}
