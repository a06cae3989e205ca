//! Stable names and numbers of what goes wrong: error codes and close codes.

use crate::wire_enum::wire_enum;

wire_enum! {
    /// Why a request was refused: the `code` of an `error` message and of a problem document.
    pub enum ErrorCode {
        /// A WebSocket message that cannot be read.
        BadMessage = "bad_message",
        /// An HTTP request that cannot be read.
        BadRequest = "bad_request",
        /// No credential, or one that is unknown, expired or revoked.
        Unauthenticated = "unauthenticated",
        /// The sign-in failed.
        InvalidCredentials = "invalid_credentials",
        /// The plan has no seat left.
        SeatLimit = "seat_limit",
        /// The plan has no department left.
        DepartmentLimit = "department_limit",
        /// Visible, but not permitted.
        Forbidden = "forbidden",
        /// Does not exist, as far as the caller may know.
        NotFound = "not_found",
        /// The method is not one of this path's.
        MethodNotAllowed = "method_not_allowed",
        /// The state does not allow it.
        Conflict = "conflict",
        /// Somebody else took it first.
        AlreadyTaken = "already_taken",
        /// Nobody is there to take it.
        NoAgentsOnline = "no_agents_online",
        /// The queue is at its bound.
        QueueFull = "queue_full",
        /// The offer has ended.
        OfferExpired = "offer_expired",
        /// The agent holds as many as it may.
        AtCapacity = "at_capacity",
        /// The agent may not take it; the message says why.
        NotEligible = "not_eligible",
        /// The id is in use, or was.
        IdTaken = "id_taken",
        /// The address belongs to an agent already.
        AlreadyMember = "already_member",
        /// The address has a pending invite.
        AlreadyInvited = "already_invited",
        /// The limits are below what is in use.
        PlanTooSmall = "plan_too_small",
        /// A workspace keeps one admin at least.
        LastAdmin = "last_admin",
        /// The body is too large.
        TooLarge = "too_large",
        /// Too many in too short a time.
        RateLimited = "rate_limited",
        /// Not a message of this version.
        Unsupported = "unsupported",
        /// The server sheds load.
        Overloaded = "overloaded",
        /// A fault of the server's.
        Internal = "internal",
    }
}

impl ErrorCode {
    /// The HTTP status that goes with the code.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::BadMessage | Self::BadRequest | Self::Unsupported => 400,
            Self::Unauthenticated | Self::InvalidCredentials => 401,
            Self::SeatLimit | Self::DepartmentLimit => 402,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict
            | Self::AlreadyTaken
            | Self::NoAgentsOnline
            | Self::QueueFull
            | Self::OfferExpired
            | Self::AtCapacity
            | Self::NotEligible
            | Self::IdTaken
            | Self::AlreadyMember
            | Self::AlreadyInvited
            | Self::PlanTooSmall
            | Self::LastAdmin => 409,
            Self::TooLarge => 413,
            Self::RateLimited => 429,
            Self::Internal | Self::Other => 500,
            Self::Overloaded => 503,
        }
    }

    /// Whether the same request may succeed a little later.
    #[must_use]
    pub fn retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Overloaded | Self::Internal)
    }
}

/// Why the server closes a socket. The close frame's reason is [`CloseCode::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CloseCode {
    /// The session is over on purpose (`session.end`).
    Normal,
    /// The server drains: come back, to another node perhaps.
    GoingAway,
    /// A frame was larger than allowed.
    TooBig,
    /// The token ran out and was not renewed.
    TokenExpired,
    /// The outbox is full: the peer does not read.
    SlowReader,
    /// Nothing was heard for too long.
    Silent,
    /// Far too many messages were refused by a rate.
    TooFast,
    /// The workspace is served elsewhere, or restarts.
    WorkspaceMoved,
    /// What the peer speaks is not this protocol.
    BadProtocol,
    /// The credentials are wrong.
    Unauthenticated,
    /// Pages of this origin may not connect.
    OriginNotAllowed,
    /// The person was removed, or the workspace suspended or erased.
    Removed,
    /// The session goes on on another socket.
    Replaced,
    /// No `hello` came in time.
    HelloTimeout,
    /// The person has too many sessions: the oldest goes.
    TooManySessions,
}

impl CloseCode {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Normal,
        Self::GoingAway,
        Self::TooBig,
        Self::TokenExpired,
        Self::SlowReader,
        Self::Silent,
        Self::TooFast,
        Self::WorkspaceMoved,
        Self::BadProtocol,
        Self::Unauthenticated,
        Self::OriginNotAllowed,
        Self::Removed,
        Self::Replaced,
        Self::HelloTimeout,
        Self::TooManySessions,
    ];

    /// The number in the close frame.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::GoingAway => 1001,
            Self::TooBig => 1009,
            Self::TokenExpired => 4001,
            Self::SlowReader => 4002,
            Self::Silent => 4003,
            Self::TooFast => 4004,
            Self::WorkspaceMoved => 4005,
            Self::BadProtocol => 4500,
            Self::Unauthenticated => 4501,
            Self::OriginNotAllowed => 4502,
            Self::Removed => 4503,
            Self::Replaced => 4504,
            Self::HelloTimeout => 4505,
            Self::TooManySessions => 4506,
        }
    }

    /// The stable name: the close frame's reason, and a metric's label.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::GoingAway => "going_away",
            Self::TooBig => "too_big",
            Self::TokenExpired => "token_expired",
            Self::SlowReader => "slow_reader",
            Self::Silent => "silent",
            Self::TooFast => "too_fast",
            Self::WorkspaceMoved => "workspace_moved",
            Self::BadProtocol => "bad_protocol",
            Self::Unauthenticated => "unauthenticated",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::Removed => "removed",
            Self::Replaced => "replaced",
            Self::HelloTimeout => "hello_timeout",
            Self::TooManySessions => "too_many_sessions",
        }
    }

    /// The close code with this number, if it is one of ours.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.iter().copied().find(|close| close.code() == code)
    }

    /// Whether a client should come back after it.
    #[must_use]
    pub fn should_reconnect(self) -> bool {
        should_reconnect(self.code())
    }
}

/// As its number.
impl serde::Serialize for CloseCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.code())
    }
}

/// Whether a client should come back after a close with this number, known or not: after
/// everything but a session that ended on purpose and 4500–4999.
#[must_use]
pub fn should_reconnect(code: u16) -> bool {
    code != 1000 && !(4500..=4999).contains(&code)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn codes_read_back_as_themselves() {
        for code in ErrorCode::KNOWN {
            assert_eq!(code.as_str().parse::<ErrorCode>().unwrap(), *code);
            assert!((400..=503).contains(&code.status()));
        }
        for close in CloseCode::ALL {
            assert_eq!(CloseCode::from_code(close.code()), Some(*close));
            assert!(close.name().len() < 124);
        }
        assert_eq!(CloseCode::from_code(4999), None);
    }

    #[test]
    fn only_the_upper_range_stays_away() {
        assert!(CloseCode::GoingAway.should_reconnect());
        assert!(CloseCode::WorkspaceMoved.should_reconnect());
        assert!(!CloseCode::BadProtocol.should_reconnect());
        assert!(!should_reconnect(4999));
        assert!(should_reconnect(1006));
    }
}
