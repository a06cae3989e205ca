//! Every metric as data: name, kind, unit, help, labels. The documentation is made from it.

use switchboard_protocol::{
    ErrorCode,
    model::{AssignmentCause, By, RejectedReason, WorkspaceStatus},
};

use super::label::{AgentState, Label, MailOutcome, OfferOutcome, SessionKind, SocketCode};

/// What sort of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only rises.
    Counter,
    /// A value as of now.
    Gauge,
    /// How often a value was at most so much, for each of these bounds.
    Histogram(&'static [f64]),
}

impl Kind {
    /// Its name in Prometheus.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// One label of a metric.
#[derive(Clone, Copy, Debug)]
pub struct LabelSpec {
    /// Its name.
    pub name: &'static str,
    /// What it may say.
    pub values: fn() -> Vec<String>,
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What sort of number it is.
    pub kind: Kind,
    /// What it counts, in base units.
    pub unit: &'static str,
    /// What it says, in a sentence.
    pub help: &'static str,
    /// Its labels.
    pub labels: &'static [LabelSpec],
}

const fn counter(name: &'static str, unit: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, unit, help, labels: &[] }
}

const fn gauge(name: &'static str, unit: &'static str, help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, unit, help, labels: &[] }
}

const fn seconds(name: &'static str, bounds: &'static [f64], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Histogram(bounds), unit: "seconds", help, labels: &[] }
}

impl Metric {
    const fn by(self, labels: &'static [LabelSpec]) -> Self {
        Self { labels, ..self }
    }
}

fn texts<L: Label>() -> Vec<String> {
    L::all().into_iter().map(Label::text).collect()
}

fn availabilities() -> Vec<String> {
    let mut texts: Vec<String> =
        AgentState::all().into_iter().map(AgentState::availability_text).collect();
    texts.dedup();
    texts
}

fn presences() -> Vec<String> {
    vec!["false".to_owned(), "true".to_owned()]
}

fn version() -> Vec<String> {
    vec![env!("CARGO_PKG_VERSION").to_owned()]
}

/// What the engine itself takes: 1 µs to 1 s.
const FAST: &[f64] = &[
    0.000_001, 0.000_002, 0.000_005, 0.000_01, 0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5,
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0,
];
/// What people wait: 1 ms to 1 h.
const WAITS: &[f64] = &[
    0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0,
    1_200.0, 1_800.0, 3_600.0,
];

pub(super) const OPENED: Metric =
    counter("switchboard_conversations_opened_total", "conversations", "Conversations opened.");
pub(super) const ASSIGNED: Metric = counter(
    "switchboard_conversations_assigned_total",
    "conversations",
    "Conversations given to an agent, by how they came to it.",
)
.by(&[LabelSpec { name: "cause", values: texts::<AssignmentCause> }]);
pub(super) const CLOSED: Metric = counter(
    "switchboard_conversations_closed_total",
    "conversations",
    "Conversations closed, by who closed them.",
)
.by(&[LabelSpec { name: "by", values: texts::<By> }]);
pub(super) const REJECTED: Metric = counter(
    "switchboard_conversations_rejected_total",
    "conversations",
    "Conversations that nobody could take, by why.",
)
.by(&[LabelSpec { name: "reason", values: texts::<RejectedReason> }]);
pub(super) const OFFERS: Metric = counter(
    "switchboard_offers_total",
    "offers",
    "Offers that ended, by how. Misses are `expired`; what anything else ended is `withdrawn`.",
)
.by(&[LabelSpec { name: "outcome", values: texts::<OfferOutcome> }]);
pub(super) const QUEUED: Metric = gauge(
    "switchboard_queued_conversations",
    "conversations",
    "Conversations that wait now, in all queues; not those that somebody is asked to take.",
);
pub(super) const QUEUE_OLDEST_WAIT: Metric = gauge(
    "switchboard_queue_oldest_wait_seconds",
    "seconds",
    "How long the oldest conversation in any queue has waited, offered or not.",
);
pub(super) const QUEUE_WAIT: Metric = seconds(
    "switchboard_queue_wait_seconds",
    WAITS,
    "How long conversations waited until an agent had them: each wait once, none where one agent hands it to another.",
);
pub(super) const ROUTING_LATENCY: Metric = seconds(
    "switchboard_routing_latency_seconds",
    FAST,
    "From a conversation's arrival to its agent's frame, given or offered, handed to the socket, where an agent was eligible.",
);
pub(super) const DECISION: Metric = seconds(
    "switchboard_decision_seconds",
    FAST,
    "How long the routing core took for one input, queues drained.",
);
pub(super) const AGENTS: Metric = gauge(
    "switchboard_agents",
    "agents",
    "Agents, by what they say of themselves and whether they are there.",
)
.by(&[
    LabelSpec { name: "availability", values: availabilities },
    LabelSpec { name: "present", values: presences },
]);
pub(super) const SESSIONS: Metric =
    gauge("switchboard_sessions", "sessions", "Sessions on a socket now, by whose they are.")
        .by(&[LabelSpec { name: "kind", values: texts::<SessionKind> }]);
pub(super) const SOCKETS_CLOSED: Metric = counter(
    "switchboard_sockets_closed_total",
    "sockets",
    "Sockets closed, by the number in the close frame; 1006 is without one.",
)
.by(&[LabelSpec { name: "code", values: texts::<SocketCode> }]);
pub(super) const WORKSPACES: Metric =
    gauge("switchboard_workspaces", "workspaces", "Workspaces on this node, by status.")
        .by(&[LabelSpec { name: "status", values: texts::<WorkspaceStatus> }]);
pub(super) const MAILBOX_DEPTH: Metric = gauge(
    "switchboard_mailbox_depth",
    "messages",
    "Messages that wait in the mailboxes of all workspaces.",
);
pub(super) const OVERLOADED: Metric = counter(
    "switchboard_overloaded_total",
    "requests",
    "Requests and hellos shed: a mailbox was full, or too many came at once.",
);
pub(super) const JOURNAL_COMMIT: Metric = seconds(
    "switchboard_journal_commit_seconds",
    FAST,
    "How long events took to be safe, from append to commit.",
);
pub(super) const INVARIANT_VIOLATIONS: Metric = counter(
    "switchboard_invariant_violations_total",
    "violations",
    "Broken invariants found in a workspace, each contained and rebuilt. Anything above zero is a bug.",
);
pub(super) const MESSAGES_REJECTED: Metric = counter(
    "switchboard_messages_rejected_total",
    "messages",
    "Messages answered with an error, by its code.",
)
.by(&[LabelSpec { name: "code", values: texts::<ErrorCode> }]);
pub(super) const MAILS: Metric = counter(
    "switchboard_mails_total",
    "mails",
    "Mails, by what became of them: each that was not sent yet and is tried again counts as `retried`, however often.",
)
.by(&[LabelSpec { name: "outcome", values: texts::<MailOutcome> }]);
pub(super) const BUILD_INFO: Metric =
    gauge("switchboard_build_info", "", "Which build this is; always 1.")
        .by(&[LabelSpec { name: "version", values: version }]);

/// Every metric there is.
pub const CATALOGUE: &[Metric] = &[
    OPENED,
    ASSIGNED,
    CLOSED,
    REJECTED,
    OFFERS,
    QUEUED,
    QUEUE_OLDEST_WAIT,
    QUEUE_WAIT,
    ROUTING_LATENCY,
    DECISION,
    AGENTS,
    SESSIONS,
    SOCKETS_CLOSED,
    WORKSPACES,
    MAILBOX_DEPTH,
    OVERLOADED,
    JOURNAL_COMMIT,
    INVARIANT_VIOLATIONS,
    MESSAGES_REJECTED,
    MAILS,
    BUILD_INFO,
];
