//! What can be done in a small world: by people, by time, and by a crash.

use std::fmt;

/// One thing that somebody does, or that happens. Agents, conversations and devices are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// The next visitor opens the next conversation.
    Open,
    /// The open of this conversation is sent once more, with its key.
    Repeat(usize),
    /// The host closes a conversation.
    Close(usize),
    /// Its visitor opens again what was closed.
    Reopen(usize),
    /// An agent says it is away.
    Away(usize),
    /// An agent says it is online.
    Online(usize),
    /// A device of an agent loses its socket.
    Disconnect(usize, usize),
    /// A device of an agent is on a socket, again or for the first time.
    Resume(usize, usize),
    /// A device of an agent sleeps with leave.
    Sleep(usize, usize),
    /// An agent signs out on a device.
    SignOut(usize, usize),
    /// Who is asked takes it.
    Accept(usize),
    /// Who is asked declines.
    Decline(usize),
    /// Who is asked accepts an earlier offer: to be refused.
    AcceptLate(usize),
    /// Its holder hands it to the department.
    HandBack(usize),
    /// Its holder hands it to an agent.
    HandTo(usize, usize),
    /// An agent takes it: conversation, agent.
    Claim(usize, usize),
    /// An admin gives it to an agent: conversation, agent.
    Assign(usize, usize),
    /// An admin gives it to an agent, whatever room that one has: conversation, agent.
    Insist(usize, usize),
    /// The department's hours begin, or end.
    Hours,
    /// A visitor is on a socket.
    Arrive(usize),
    /// A visitor loses its socket.
    Leave(usize),
    /// A unit of time passes, and what is due is done.
    Wait,
    /// The process dies. The fold of the whole log must be what was, and so must a snapshot of
    /// this moment, which is gone on from: it has no sets or indices but what it can rebuild.
    Crash,
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => write!(f, "the next conversation is opened"),
            Self::Repeat(c) => write!(f, "the open of c{c} is repeated"),
            Self::Close(c) => write!(f, "c{c} is closed"),
            Self::Reopen(c) => write!(f, "c{c} is reopened by its visitor"),
            Self::Away(a) => write!(f, "a{a} goes away"),
            Self::Online(a) => write!(f, "a{a} comes online"),
            Self::Disconnect(a, d) => write!(f, "a{a} loses the socket of device {d}"),
            Self::Resume(a, d) => write!(f, "a{a} is on a socket with device {d}"),
            Self::Sleep(a, d) => write!(f, "a{a} lets device {d} sleep"),
            Self::SignOut(a, d) => write!(f, "a{a} signs out on device {d}"),
            Self::Accept(c) => write!(f, "c{c} is accepted by who is asked"),
            Self::Decline(c) => write!(f, "c{c} is declined by who is asked"),
            Self::AcceptLate(c) => {
                write!(f, "c{c} is accepted with the number of an earlier offer")
            }
            Self::HandBack(c) => write!(f, "c{c} is handed to the department by its holder"),
            Self::HandTo(c, a) => write!(f, "c{c} is handed to a{a} by its holder"),
            Self::Claim(c, a) => write!(f, "a{a} claims c{c}"),
            Self::Assign(c, a) => write!(f, "an admin assigns c{c} to a{a}"),
            Self::Insist(c, a) => write!(f, "an admin assigns c{c} to a{a}, by force"),
            Self::Hours => write!(f, "the department's hours begin or end"),
            Self::Arrive(v) => write!(f, "v{v} is on a socket"),
            Self::Leave(v) => write!(f, "v{v} loses the socket"),
            Self::Wait => write!(f, "a unit of time passes"),
            Self::Crash => write!(f, "a crash, and a recovery"),
        }
    }
}
