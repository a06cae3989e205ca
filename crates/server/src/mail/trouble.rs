//! Why a mail was not sent this time: whether that lasts, and in which words an admin is told.
//! The log gets less than the admin: what a server says may have an address in it.

use std::{error::Error, io, time::Duration};

use lettre::transport::smtp;

use super::words::cut;

/// So much of what a server says is passed on.
const QUOTED_CHARS: usize = 200;

/// See the module.
#[derive(Debug)]
pub(super) struct Trouble {
    /// Trying again would not help.
    pub(super) lasts: bool,
    /// For an admin; holds no credential.
    pub(super) reason: String,
    /// For the log; holds nothing that anybody said.
    kind: &'static str,
    /// What the server answered, where it did.
    code: Option<u16>,
}

/// What was being done with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Connect,
    StartTls,
    SignIn,
    Sender,
    Recipient,
    Content,
}

impl Stage {
    /// What a refusal is of.
    fn refused(self) -> &'static str {
        match self {
            Self::Connect => "the mail server turned us away",
            Self::StartTls => "the mail server refused STARTTLS",
            Self::SignIn => "the mail server refused the user or password",
            Self::Sender => "the mail server refused the sender",
            Self::Recipient => "the mail server refused the address",
            Self::Content => "the mail server refused the mail",
        }
    }
}

impl Trouble {
    /// It will be no better next time.
    pub(super) fn lasting(kind: &'static str, reason: impl Into<String>) -> Self {
        Self { lasts: true, reason: reason.into(), kind, code: None }
    }

    /// It may be better next time.
    pub(super) fn passing(kind: &'static str, reason: impl Into<String>) -> Self {
        Self { lasts: false, ..Self::lasting(kind, reason) }
    }

    /// An attempt that took too long.
    pub(super) fn timeout(after: Duration) -> Self {
        let reason = format!("the mail server did not answer within {after:?}");
        Self::passing("timeout", reason)
    }

    /// What the SMTP client says.
    pub(super) fn of(stage: Stage, error: &smtp::Error) -> Self {
        if let Some(code) = error.status() {
            return Self {
                lasts: error.is_permanent(),
                reason: refusal(stage, u16::from(code), &said(error)),
                kind: stage.refused(),
                code: Some(u16::from(code)),
            };
        }
        if error.is_client() {
            return Self::lasting("unsuitable server", cut(&innermost(error), QUOTED_CHARS));
        }
        if error.is_response() {
            let reason = "the mail server broke off, or answered what makes no sense";
            return Self::passing("bad answer", reason);
        }
        let connecting = matches!(stage, Stage::Connect | Stage::StartTls);
        let what = if connecting { "cannot connect to" } else { "lost the connection to" };
        let why = cut(&innermost(error), QUOTED_CHARS);
        Self::passing("no connection", format!("{what} the mail server: {why}"))
    }

    /// The connection is of no use, and nothing came of it.
    pub(super) fn is_stale(&self, stage: Stage) -> bool {
        stage == Stage::Sender && !self.lasts && matches!(self.code, None | Some(421))
    }

    /// Tells the operator.
    pub(super) fn log(&self, attempt: u32, again_after: Option<Duration>) {
        let (kind, code) = (self.kind, self.code);
        match again_after {
            Some(delay) => {
                tracing::warn!(kind, code, attempt, ?delay, "a mail could not be sent yet");
            }
            None => tracing::error!(kind, code, attempt, "a mail could not be sent"),
        }
    }
}

/// What the server said goes with it, but not what it said of credentials: it might repeat them.
fn refusal(stage: Stage, code: u16, said: &str) -> String {
    let what = stage.refused();
    match stage {
        Stage::SignIn => format!("{what} ({code})"),
        _ if said.is_empty() => format!("{what}: {code}"),
        _ => format!("{what}: {code} {}", cut(said, QUOTED_CHARS)),
    }
}

fn said(error: &smtp::Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

/// What is at the bottom of it, in its own words.
fn innermost(error: &smtp::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    // An error of TLS is within one of the system, which does not call it its source.
    let system = cause.downcast_ref::<io::Error>();
    system.and_then(io::Error::get_ref).map_or_else(|| cause.to_string(), ToString::to_string)
}
