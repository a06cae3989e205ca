//! Where to connect, and as whom.

use std::time::Duration;

use switchboard_protocol::{Encoding, Hello};

use crate::backoff::Backoff;

/// Where to connect, and as whom. Only `ws://` is spoken: TLS ends before the server.
#[derive(Clone, Debug)]
pub struct Options {
    /// The socket's address: `ws://host:port/v1/ws`.
    pub url: String,
    /// How messages are written.
    pub encoding: Encoding,
    /// Who is there. `resume` is the client's own business.
    pub hello: Hello,
    /// What an `Origin` header says, as a page's would.
    pub origin: Option<String>,
    /// How long a request waits for its answer.
    pub request_timeout: Duration,
    /// How long connecting may take, up to the welcome.
    pub connect_timeout: Duration,
    /// Whether to come back after a lost socket.
    pub reconnect: bool,
    /// How long to wait before that.
    pub backoff: Backoff,
}

impl Options {
    /// Anybody who says this hello.
    pub fn new(url: impl Into<String>, hello: Hello) -> Self {
        Self {
            url: url.into(),
            encoding: Encoding::Json,
            hello,
            origin: None,
            request_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(10),
            reconnect: true,
            backoff: Backoff::default(),
        }
    }

    /// An agent, by its token.
    pub fn agent(url: impl Into<String>, token: &str) -> Self {
        Self::new(url, Hello { token: Some(token.into()), ..Hello::default() })
    }

    /// A visitor, by the workspace's site key.
    pub fn visitor(url: impl Into<String>, site_key: &str) -> Self {
        Self::new(url, Hello { site_key: Some(site_key.to_owned()), ..Hello::default() })
    }

    /// The same in this encoding.
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.encoding = encoding;
        self
    }

    /// The same without coming back: the first lost socket is the end.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.reconnect = false;
        self
    }
}
