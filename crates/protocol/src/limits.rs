//! Every bound that the server keeps, with the contract's defaults.

use serde::{Deserialize, Serialize};

/// So many in so long a time, after a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In how long a time.
    pub per_ms: u64,
    /// How many at once, after a rest.
    pub burst: u32,
}

impl Rate {
    /// So many a second.
    #[must_use]
    pub const fn per_second(count: u32, burst: u32) -> Self {
        Self { count, per_ms: 1_000, burst }
    }

    /// So many a minute.
    #[must_use]
    pub const fn per_minute(count: u32, burst: u32) -> Self {
        Self { count, per_ms: 60_000, burst }
    }
}

/// The bounds that differ between visitors and agents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonLimits {
    /// The largest message.
    pub message_bytes: usize,
    /// Messages of one session.
    pub messages: Option<Rate>,
    /// Opens of one person.
    pub opens: Option<Rate>,
    /// Open conversations of one person.
    pub open_conversations: Option<u32>,
    /// Live sessions of one person: the oldest goes.
    pub sessions: Option<u32>,
    /// What may wait to be read, before the socket is closed, 4002.
    pub outbox_bytes: usize,
    /// With nothing else to send, a heartbeat is sent within so long.
    pub heartbeat_ms: u64,
    /// A peer not heard for so long is dead.
    pub dead_after_ms: u64,
}

/// All bounds. Sizes and times always hold; what is an `Option` is a rate or a count, and `None`
/// is without bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// For visitors.
    pub visitor: PersonLimits,
    /// For agents, admins and API keys.
    pub agent: PersonLimits,
    /// The largest message before `hello` is answered.
    pub hello_bytes: usize,
    /// How long a socket may take to say `hello`.
    pub hello_timeout_ms: u64,
    /// The largest HTTP body.
    pub http_body_bytes: usize,
    /// Sockets of one address.
    pub sockets_per_address: Option<u32>,
    /// Handshakes of one address.
    pub handshakes_per_address: Option<Rate>,
    /// New visitors from one address.
    pub visitors_per_address: Option<Rate>,
    /// Sockets, in all, that have not said `hello` yet.
    pub unauthenticated_sockets: Option<u32>,
    /// Connections taken in by a listener, whatever they turn into; those over it wait.
    pub connections: Option<Rate>,
    /// Hellos let in, over all workspaces of a node.
    pub hellos: Option<Rate>,
    /// Attempts from one address to sign in, to join, or to set a password.
    pub sign_ins_per_address: Option<Rate>,
    /// Attempts to sign in as one agent, or to have it sent a link.
    pub sign_ins_per_account: Option<Rate>,
    /// Opens of one workspace.
    pub workspace_opens: Option<Rate>,
    /// So many refused by a rate within [`Limits::refused_window_ms`] close the socket, 4004.
    pub refused_before_close: u32,
    /// See [`Limits::refused_before_close`].
    pub refused_window_ms: u64,
    /// So many bad messages in a row close the socket, 4500.
    pub bad_messages_before_close: u32,
    /// How many answers of a session are kept for repeated `ref`s.
    pub answers_kept: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            visitor: PersonLimits {
                message_bytes: 4 * 1024,
                messages: Some(Rate::per_second(5, 20)),
                opens: Some(Rate::per_minute(3, 10)),
                open_conversations: Some(5),
                sessions: Some(8),
                outbox_bytes: 64 * 1024,
                heartbeat_ms: 30_000,
                dead_after_ms: 75_000,
            },
            agent: PersonLimits {
                message_bytes: 64 * 1024,
                messages: Some(Rate::per_second(50, 200)),
                opens: None,
                open_conversations: None,
                sessions: Some(8),
                outbox_bytes: 256 * 1024,
                heartbeat_ms: 15_000,
                dead_after_ms: 40_000,
            },
            hello_bytes: 8 * 1024,
            hello_timeout_ms: 5_000,
            http_body_bytes: 256 * 1024,
            sockets_per_address: Some(50),
            handshakes_per_address: Some(Rate::per_minute(120, 120)),
            visitors_per_address: Some(Rate::per_minute(60, 60)),
            unauthenticated_sockets: Some(1_000),
            // A burst is what those may have to wait for who are there.
            connections: Some(Rate::per_second(4_000, 64)),
            // A burst is less than a mailbox has room for before it refuses opens.
            hellos: Some(Rate::per_second(2_000, 1_000)),
            // People behind one address sign in together; who guesses does so for one account.
            sign_ins_per_address: Some(Rate::per_minute(30, 30)),
            sign_ins_per_account: Some(Rate::per_minute(5, 10)),
            workspace_opens: Some(Rate::per_second(200, 2_000)),
            refused_before_close: 50,
            refused_window_ms: 10_000,
            bad_messages_before_close: 10,
            answers_kept: 64,
        }
    }
}

impl Limits {
    /// The defaults without rates and counts, for load tests. Sizes and times stay.
    #[must_use]
    pub fn off() -> Self {
        Self::default().without_rates_and_counts()
    }

    /// The same bounds without rates and counts.
    #[must_use]
    pub fn without_rates_and_counts(mut self) -> Self {
        for person in [&mut self.visitor, &mut self.agent] {
            person.messages = None;
            person.opens = None;
            person.open_conversations = None;
            person.sessions = None;
        }
        self.sockets_per_address = None;
        self.handshakes_per_address = None;
        self.visitors_per_address = None;
        self.unauthenticated_sockets = None;
        self.connections = None;
        self.hellos = None;
        self.sign_ins_per_address = None;
        self.sign_ins_per_account = None;
        self.workspace_opens = None;
        self
    }
}
