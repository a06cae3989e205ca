//! The values that a label takes: a closed list for each, known before anything is counted.

use switchboard_protocol::{
    CloseCode, ErrorCode,
    model::{AssignmentCause, Availability, By, RejectedReason, WorkspaceStatus},
};

/// A label's values, each with a place in a table of handles.
pub(super) trait Label: Copy + 'static {
    /// Every value, in the order of [`Label::index`].
    fn all() -> Vec<Self>;
    /// Its place; one beyond the last where it is not counted.
    fn index(self) -> usize;
    /// What the label says.
    fn text(self) -> String;
}

/// Enums of the wire list what they know in the order of their declaration.
macro_rules! wire_labels {
    ($($name:ident)*) => {$(
        impl Label for $name {
            fn all() -> Vec<Self> {
                Self::KNOWN.to_vec()
            }

            fn index(self) -> usize {
                self as usize
            }

            fn text(self) -> String {
                self.as_str().to_owned()
            }
        }
    )*};
}

wire_labels! { AssignmentCause By RejectedReason ErrorCode WorkspaceStatus }

/// How an offer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferOutcome {
    /// The agent took it.
    Accepted,
    /// The agent would not.
    Declined,
    /// The agent did not answer in time.
    Expired,
    /// Something else ended it: the agent went away, the conversation closed.
    Withdrawn,
}

impl Label for OfferOutcome {
    fn all() -> Vec<Self> {
        vec![Self::Accepted, Self::Declined, Self::Expired, Self::Withdrawn]
    }

    fn index(self) -> usize {
        self as usize
    }

    fn text(self) -> String {
        let text = match self {
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        };
        text.to_owned()
    }
}

/// Whose session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// An agent's or admin's.
    Agent,
    /// A visitor's.
    Visitor,
}

impl Label for SessionKind {
    fn all() -> Vec<Self> {
        vec![Self::Agent, Self::Visitor]
    }

    fn index(self) -> usize {
        self as usize
    }

    fn text(self) -> String {
        let text = match self {
            Self::Agent => "agent",
            Self::Visitor => "visitor",
        };
        text.to_owned()
    }
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailOutcome {
    /// The server took it.
    Sent,
    /// It is tried again.
    Retried,
    /// It is given up.
    Failed,
}

impl Label for MailOutcome {
    fn all() -> Vec<Self> {
        vec![Self::Sent, Self::Retried, Self::Failed]
    }

    fn index(self) -> usize {
        self as usize
    }

    fn text(self) -> String {
        let text = match self {
            Self::Sent => "sent",
            Self::Retried => "retried",
            Self::Failed => "failed",
        };
        text.to_owned()
    }
}

/// Who an agent is to routing: what it says, and whether it is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct AgentState {
    pub(super) availability: Availability,
    pub(super) present: bool,
}

impl AgentState {
    pub(super) fn availability_text(self) -> String {
        self.availability.as_str().to_owned()
    }

    pub(super) fn present_text(self) -> String {
        self.present.to_string()
    }
}

impl Label for AgentState {
    fn all() -> Vec<Self> {
        let both =
            |availability| [false, true].map(|present| Self { availability, present }).to_vec();
        Availability::KNOWN.iter().copied().flat_map(both).collect()
    }

    fn index(self) -> usize {
        2 * self.availability as usize + usize::from(self.present)
    }

    fn text(self) -> String {
        self.availability_text()
    }
}

/// The number in a socket's close frame. Peers may send any: those that mean nothing here count
/// as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SocketCode(pub(super) u16);

/// A peer's normal goodbye, its page's end, a frame without a number, no frame at all.
const PEER_CODES: [u16; 4] = [1000, 1001, 1005, 1006];
/// Stands for every other number.
const OTHER_CODE: u16 = 0;

impl Label for SocketCode {
    fn all() -> Vec<Self> {
        let ours = CloseCode::ALL.iter().map(|close| close.code());
        let mut codes: Vec<u16> = PEER_CODES.into_iter().chain(ours).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.push(OTHER_CODE);
        codes.into_iter().map(Self).collect()
    }

    fn index(self) -> usize {
        // A close is rare, and the list short.
        let all = Self::all();
        all.iter().position(|code| *code == self).unwrap_or(all.len() - 1)
    }

    fn text(self) -> String {
        if self.0 == OTHER_CODE { "other".to_owned() } else { self.0.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places_match<L: Label>() {
        for (place, value) in L::all().into_iter().enumerate() {
            assert_eq!(value.index(), place, "{}", value.text());
        }
    }

    #[test]
    fn every_value_knows_its_place() {
        places_match::<AssignmentCause>();
        places_match::<By>();
        places_match::<RejectedReason>();
        places_match::<ErrorCode>();
        places_match::<WorkspaceStatus>();
        places_match::<OfferOutcome>();
        places_match::<SessionKind>();
        places_match::<MailOutcome>();
        places_match::<AgentState>();
        places_match::<SocketCode>();
    }

    #[test]
    fn a_strange_close_code_is_counted_as_other() {
        assert_eq!(SocketCode(3999).index(), SocketCode(OTHER_CODE).index());
        assert_ne!(SocketCode(4002).index(), SocketCode(OTHER_CODE).index());
    }
}
