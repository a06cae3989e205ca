//! All sockets of a node: what they share, how many there are, and how they are sent away.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use ipnet::IpNet;
use switchboard_protocol::{CloseCode, GoingAway, Limits, PersonLimits, Rate, ServerMessage};
use tokio::{sync::Notify, time::timeout};

use super::{
    Authenticator,
    admission::{Admission, chance},
    outbox::Outbox,
    tenure::{Losses, keep_telling},
};
use crate::{
    addresses::{Addresses, Slot},
    heartbeat::{Wheel, keep_turning},
    node::Node,
    rate_limit::RateExceeded,
    registry::Workspaces,
    seam::{LatestKind, Link, SharedMessage, ToConnection},
};

/// How long a drain waits for the last socket.
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// Clients come back after a drain within this span, each at a time of its own; where there are
/// more than are let in meanwhile, the span is longer, but not so long that agents whose sockets
/// wait for it lose what they hold.
const COME_BACK_FROM_MS: u64 = 500;
const COME_BACK_UNTIL_MS: u64 = 5_000;
const COME_BACK_LATEST_MS: u64 = 20_000;

/// See the module.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) node: Arc<Node>,
    pub(crate) workspaces: Workspaces,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) addresses: Arc<Addresses>,
    admission: Admission,
    pub(crate) wheel: Arc<Wheel>,
    pub(crate) losses: Arc<Losses>,
    counts: Counts,
    draining: AtomicBool,
}

/// Whose a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nobody's yet.
    Unknown,
    /// An agent's.
    Agent,
    /// A visitor's.
    Visitor,
}

/// How many sockets there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketCounts {
    /// That have not said hello.
    pub unidentified: u32,
    /// Of agents.
    pub agents: u32,
    /// Of visitors.
    pub visitors: u32,
}

#[derive(Debug, Default)]
struct Counts {
    unidentified: AtomicU32,
    agents: AtomicU32,
    visitors: AtomicU32,
    fewer: Notify,
}

impl Kind {
    /// What holds for it. Who is not known is treated as a visitor.
    pub(crate) fn limits(self, limits: &Limits) -> &PersonLimits {
        match self {
            Self::Agent => &limits.agent,
            Self::Visitor | Self::Unknown => &limits.visitor,
        }
    }
}

impl Gateway {
    /// A gateway to these workspaces, and the tasks that look after its sockets; they end with
    /// it. To be called within a runtime.
    pub fn new(
        node: Arc<Node>,
        workspaces: Workspaces,
        authenticator: Arc<dyn Authenticator>,
        trusted_proxies: Vec<IpNet>,
    ) -> Arc<Self> {
        let wheel = Arc::new(Wheel::new(&node.limits));
        let losses = Arc::new(Losses::default());
        tokio::spawn(keep_turning(Arc::downgrade(&wheel), node.clock));
        tokio::spawn(keep_telling(Arc::downgrade(&losses)));
        Arc::new(Self {
            node,
            workspaces,
            authenticator,
            trusted_proxies,
            addresses: Arc::default(),
            admission: Admission::default(),
            wheel,
            losses,
            counts: Counts::default(),
            draining: AtomicBool::new(false),
        })
    }

    /// How many sockets there are now.
    pub fn sockets(&self) -> SocketCounts {
        SocketCounts {
            unidentified: self.counts.unidentified.load(Ordering::Relaxed),
            agents: self.counts.agents.load(Ordering::Relaxed),
            visitors: self.counts.visitors.load(Ordering::Relaxed),
        }
    }

    /// Tells every client to come back elsewhere or later, each after a time of its own, closes
    /// all sockets, and takes no more. Returns once they are gone, or too slow in going.
    pub async fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
        let sockets = self.wheel.sockets();
        tracing::info!(sockets = sockets.len(), "draining sockets");
        let hellos = self.node.limits.hellos.as_ref();
        let until_ms = come_back_until_ms(sockets.len(), hellos);
        for socket in sockets {
            send_away(&socket, until_ms);
        }
        if timeout(DRAIN_TIME, self.counts.none_left()).await.is_err() {
            tracing::warn!(left = ?self.sockets(), "some sockets did not go in time");
        }
    }

    /// Whether no sockets are taken any more.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// What a socket is closed with whose workspace's mailbox is no more: it is gone for good, or
    /// its actor was replaced.
    pub(crate) fn without_mailbox(&self, workspace: &str) -> CloseCode {
        match self.workspaces.keys(workspace) {
            Some(_) => CloseCode::WorkspaceMoved,
            None => CloseCode::Removed,
        }
    }

    /// Lets one more hello in, of somebody whose credentials hold.
    pub(crate) fn let_in(&self, kind: Kind) -> Result<(), RateExceeded> {
        let node = &self.node;
        self.admission
            .admit(node.limits.hellos.as_ref(), kind, node.clock.now_ms())
            .inspect_err(|_| node.metrics.overloaded.increment(1))
    }

    /// When one comes back for whom there is no room, after those who were told before.
    pub(crate) fn come_back_after_ms(&self, kind: Kind) -> u64 {
        let node = &self.node;
        self.admission.later(node.limits.hellos.as_ref(), kind, node.clock.now_ms())
    }

    /// A place for one more socket of this address.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<(Slot, Seat), RateExceeded> {
        let slot = self.addresses.socket(address, &self.node.limits, self.node.clock.now_ms())?;
        let limit = self.node.limits.unauthenticated_sockets.unwrap_or(u32::MAX);
        let one_more = |count: u32| (count < limit).then_some(count + 1);
        self.counts
            .unidentified
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more)
            .map_err(|_| self.crowded())?;
        Ok((slot, Seat { gateway: Arc::clone(self), kind: Kind::Unknown }))
    }

    /// Too many have not said hello yet.
    fn crowded(&self) -> RateExceeded {
        self.node.metrics.overloaded.increment(1);
        RateExceeded { retry_after_ms: self.come_back_after_ms(Kind::Unknown) }
    }
}

impl Counts {
    fn of(&self, kind: Kind) -> &AtomicU32 {
        match kind {
            Kind::Unknown => &self.unidentified,
            Kind::Agent => &self.agents,
            Kind::Visitor => &self.visitors,
        }
    }

    async fn none_left(&self) {
        loop {
            let fewer = self.fewer.notified();
            let kinds = [Kind::Unknown, Kind::Agent, Kind::Visitor];
            if kinds.iter().all(|kind| self.of(*kind).load(Ordering::SeqCst) == 0) {
                return;
            }
            fewer.await;
        }
    }
}

/// One socket among the counted; given back when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    gateway: Arc<Gateway>,
    kind: Kind,
}

impl Seat {
    /// The socket's person is known now.
    pub(crate) fn change(&mut self, kind: Kind) {
        self.gateway.counts.of(kind).fetch_add(1, Ordering::SeqCst);
        self.leave();
        self.kind = kind;
    }

    fn leave(&self) {
        self.gateway.counts.of(self.kind).fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.leave();
        self.gateway.counts.fewer.notify_one();
    }
}

fn send_away(socket: &Outbox, until_ms: u64) {
    // Without randomness they come back all at once, which is better than not at all.
    let retry_after_ms = COME_BACK_FROM_MS + chance() % (until_ms - COME_BACK_FROM_MS);
    let message = SharedMessage::new(ServerMessage::GoingAway(GoingAway { retry_after_ms }));
    socket.deliver(ToConnection::Latest(LatestKind::GoingAway, message));
    socket.deliver(ToConnection::Close(CloseCode::GoingAway));
}

/// By when so many are to be back, at the rate at which a node like this one lets them in.
fn come_back_until_ms(sockets: usize, hellos: Option<&Rate>) -> u64 {
    let sockets = u64::try_from(sockets).unwrap_or(u64::MAX);
    let span =
        hellos.map_or(0, |rate| sockets.saturating_mul(rate.per_ms) / u64::from(rate.count.max(1)));
    COME_BACK_FROM_MS.saturating_add(span).clamp(COME_BACK_UNTIL_MS, COME_BACK_LATEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_there_are_the_longer_a_drain_sends_them_away() {
        let rate = Rate::per_second(2_000, 1_000);
        for (sockets, until_ms) in
            [(0, 5_000), (9_000, 5_000), (10_000, 5_500), (30_000, 15_500), (1_000_000, 20_000)]
        {
            assert_eq!(come_back_until_ms(sockets, Some(&rate)), until_ms, "{sockets}");
            assert_eq!(come_back_until_ms(sockets, None), 5_000);
        }
    }
}
