//! What the server measures: a catalogue of metrics as data, and a handle for each.
//!
//! A handle is a pointer to an atomic number (a histogram's to a list of samples, which
//! [`Metrics::upkeep`] empties): nothing is hashed, and nothing looked up by name, when something
//! is counted.

mod catalogue;
mod label;
mod register;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use metrics::{Counter, Gauge, Histogram};
use metrics_exporter_prometheus::PrometheusHandle;
use switchboard_protocol::{
    ErrorCode,
    model::{AssignmentCause, Availability, By, RejectedReason, WorkspaceStatus},
};

pub use catalogue::{CATALOGUE, Kind, LabelSpec, Metric};
pub use label::{MailOutcome, OfferOutcome, SessionKind};

use label::{AgentState, SocketCode};
use register::{Family, Registrar};

/// How often [`Metrics::upkeep`] wants to be called: samples pile up in between.
pub const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Handles of every metric of one node.
pub struct Metrics {
    /// Conversations opened.
    pub opened: Counter,
    /// Conversations that wait, over all workspaces: each adds and takes away its own.
    pub queued: Gauge,
    /// How long the oldest conversation in any queue has waited, in seconds.
    pub queue_oldest_wait: Gauge,
    /// How long conversations waited for their agent.
    pub queue_wait: Histogram,
    /// From a conversation's arrival to its agent's frame handed to the socket.
    pub routing_latency: Histogram,
    /// How long the core took for one input.
    pub decision: Histogram,
    /// Messages that wait in mailboxes.
    pub mailbox_depth: Gauge,
    /// Requests and hellos shed.
    pub overloaded: Counter,
    /// How long events took to be safe.
    pub journal_commit: Histogram,
    /// Broken invariants.
    pub invariant_violations: Counter,
    assigned: Family<Counter>,
    closed: Family<Counter>,
    rejected: Family<Counter>,
    offers: Family<Counter>,
    agents: Family<Gauge>,
    sessions: Family<Gauge>,
    sockets_closed: Family<Counter>,
    workspaces: Family<Gauge>,
    messages_rejected: Family<Counter>,
    mails: MailCounts,
    handle: PrometheusHandle,
}

impl Metrics {
    /// All of them, at zero.
    pub fn new() -> Self {
        let recorder = register::recorder();
        let register = Registrar(&recorder);
        register.info(catalogue::BUILD_INFO).set(1.0);
        Self {
            opened: register.counter(catalogue::OPENED),
            queued: register.gauge(catalogue::QUEUED),
            queue_oldest_wait: register.gauge(catalogue::QUEUE_OLDEST_WAIT),
            queue_wait: register.histogram(catalogue::QUEUE_WAIT),
            routing_latency: register.histogram(catalogue::ROUTING_LATENCY),
            decision: register.histogram(catalogue::DECISION),
            mailbox_depth: register.gauge(catalogue::MAILBOX_DEPTH),
            overloaded: register.counter(catalogue::OVERLOADED),
            journal_commit: register.histogram(catalogue::JOURNAL_COMMIT),
            invariant_violations: register.counter(catalogue::INVARIANT_VIOLATIONS),
            assigned: register.counters::<AssignmentCause>(catalogue::ASSIGNED),
            closed: register.counters::<By>(catalogue::CLOSED),
            rejected: register.counters::<RejectedReason>(catalogue::REJECTED),
            offers: register.counters::<OfferOutcome>(catalogue::OFFERS),
            agents: register.agents(catalogue::AGENTS),
            sessions: register.gauges::<SessionKind>(catalogue::SESSIONS),
            sockets_closed: register.counters::<SocketCode>(catalogue::SOCKETS_CLOSED),
            workspaces: register.gauges::<WorkspaceStatus>(catalogue::WORKSPACES),
            messages_rejected: register.counters::<ErrorCode>(catalogue::MESSAGES_REJECTED),
            mails: MailCounts(Some(register.counters::<MailOutcome>(catalogue::MAILS).into())),
            handle: recorder.handle(),
        }
    }

    /// Counts a conversation given to an agent.
    pub fn assigned(&self, cause: AssignmentCause) {
        count(self.assigned.of(cause));
    }

    /// Counts a conversation closed.
    pub fn closed(&self, by: By) {
        count(self.closed.of(by));
    }

    /// Counts a conversation rejected.
    pub fn rejected(&self, reason: RejectedReason) {
        count(self.rejected.of(reason));
    }

    /// Counts an offer that ended.
    pub fn offers(&self, outcome: OfferOutcome) {
        count(self.offers.of(outcome));
    }

    /// How many agents say this of themselves and are, or are not, there.
    pub fn agents(&self, availability: Availability, present: bool) -> Gauge {
        gauge(self.agents.of(AgentState { availability, present }))
    }

    /// How many sessions of this kind are on a socket.
    pub fn sessions(&self, kind: SessionKind) -> Gauge {
        gauge(self.sessions.of(kind))
    }

    /// Counts a socket closed with this number, ours or the peer's; 1006 without one.
    pub fn sockets_closed(&self, code: u16) {
        count(self.sockets_closed.of(SocketCode(code)));
    }

    /// How many workspaces have this status.
    pub fn workspaces(&self, status: WorkspaceStatus) -> Gauge {
        gauge(self.workspaces.of(status))
    }

    /// Counts a message answered with an error.
    pub fn messages_rejected(&self, code: ErrorCode) {
        count(self.messages_rejected.of(code));
    }

    /// What counts mails, for whoever sends them.
    pub fn mails(&self) -> MailCounts {
        self.mails.clone()
    }

    /// All of it as Prometheus reads it.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Sums up the samples since the last time, so that they don't pile up while nobody scrapes.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

/// Counts mails, apart from all else that is measured.
#[derive(Clone, Debug)]
pub struct MailCounts(Option<Arc<Family<Counter>>>);

impl MailCounts {
    /// What counts for nobody.
    pub fn none() -> Self {
        Self(None)
    }

    /// Counts what became of a mail.
    pub fn count(&self, outcome: MailOutcome) {
        count(self.0.as_ref().and_then(|mails| mails.of(outcome)));
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn count(counter: Option<&Counter>) {
    if let Some(counter) = counter {
        counter.increment(1);
    }
}

fn gauge(gauge: Option<&Gauge>) -> Gauge {
    gauge.cloned().unwrap_or_else(Gauge::noop)
}
