//! The expected ways in which a command is not carried out. A refusal changes nothing.

use thiserror::Error;

/// Why a command was refused. `Copy`, so that refusing costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is no such thing, or it may not be seen by who asks.
    #[error("there is no such {0}")]
    NotFound(Kind),
    /// It may be seen, not done.
    #[error("you may see this, not change it")]
    Forbidden,
    /// The idempotency key was used for an open with other content.
    #[error("this key was used for another conversation")]
    KeyReused,
    /// The id is in use, or was and is not given again.
    #[error("this {0} id is in use or was")]
    IdTaken(Kind),
    /// The workspace has as many agents and pending invites as its plan allows.
    #[error("every seat of the plan is taken")]
    SeatLimit,
    /// The workspace has as many departments as its plan allows.
    #[error("the plan allows no further department")]
    DepartmentLimit,
    /// The limits asked for are below what is in use.
    #[error("more is in use than these limits allow")]
    PlanTooSmall,
    /// A workspace never loses its last admin.
    #[error("a workspace keeps at least one admin")]
    LastAdmin,
    /// No department was named, and the workspace has neither a default nor exactly one.
    #[error("name a department: the workspace has no default one")]
    DepartmentRequired,
    /// The offer is over: accepted, declined, expired or withdrawn.
    #[error("this offer is over")]
    OfferExpired,
    /// Somebody else has it.
    #[error("somebody else has it")]
    AlreadyTaken,
    /// The agent, or its share of the department, has no room.
    #[error("the agent holds as many conversations as it may")]
    AtCapacity,
    /// The agent may not take it: why.
    #[error("the agent cannot take it: {0}")]
    NotEligible(Ineligible),
    /// The department is unstaffed and rejects.
    #[error("nobody is there to take it")]
    NoAgentsOnline,
    /// The department's queue is as long as it may be.
    #[error("the queue is as long as it may be")]
    QueueFull,
    /// It has not ended.
    #[error("it is open")]
    NotEnded,
    /// The workspace grants no leave to sleep.
    #[error("this workspace grants no leave to sleep")]
    NoLeave,
    /// The workspace is suspended.
    #[error("the workspace is suspended")]
    Suspended,
}

/// Why an agent cannot take a conversation, room aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ineligible {
    /// It says that it is away.
    Away,
    /// It is not there.
    Absent,
    /// It is no member of the department.
    NotAMember,
    /// The department is closed.
    DepartmentClosed,
    /// It has not all the skills asked for.
    MissingSkill,
    /// It declined, missed or gave this away just now.
    CoolingDown,
}

impl std::fmt::Display for Ineligible {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Away => "it is away",
            Self::Absent => "it is absent",
            Self::NotAMember => "it is not a member of the department",
            Self::DepartmentClosed => "the department is closed",
            Self::MissingSkill => "it has not all the skills asked for",
            Self::CoolingDown => "it declined, missed or gave it away just now",
        })
    }
}

/// A kind of thing, in refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An agent.
    Agent,
    /// A department.
    Department,
    /// A conversation.
    Conversation,
    /// A session.
    Session,
    /// A pending invite.
    Invite,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Agent => "agent",
            Self::Department => "department",
            Self::Conversation => "conversation",
            Self::Session => "session",
            Self::Invite => "invite",
        })
    }
}
