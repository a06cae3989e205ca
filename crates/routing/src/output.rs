//! What a step gives back, in the order in which it happened.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    Availability, By, Conversation, ConversationId, Decision, Person, Record, RejectedReason,
    ReleasedReason, SessionId, Timestamp, WithdrawnReason,
};

/// One output of a step. All of a step's outputs depend on its last event's position: nothing of
/// them is seen by anyone before that is safe.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// This happened; the log keeps it.
    Event(Arc<Record>),
    /// This person is to be told, on every session but one.
    Notice {
        /// Whom.
        to: Person,
        /// The session that asked for it, which gets the answer instead.
        except: Option<SessionId>,
        /// What.
        notice: Notice,
    },
    /// How routing decided about a conversation, and why so: for explaining it later.
    Decided(Box<Decision>),
    /// The last state of a conversation that ended in this step. The workspace no longer has it.
    Ended(Box<Conversation>),
}

/// What a person is told. The shell makes the message of it, from the workspace as the step
/// left it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Notice {
    /// A visitor: you opened this, on another device or through the host's back end.
    ConversationOpened(ConversationId),
    /// An agent: this is yours now. A visitor: this agent has it now.
    ConversationAssigned(ConversationId),
    /// An agent: you are asked to take this.
    ConversationOffered(ConversationId),
    /// An agent: you are no longer asked.
    OfferWithdrawn {
        /// About which.
        conversation_id: ConversationId,
        /// Its revision when this was so: later changes of the step have a later one.
        revision: u64,
        /// The offer's number.
        offer: u64,
        /// Why.
        reason: WithdrawnReason,
    },
    /// An agent: this is no longer yours.
    ConversationReleased {
        /// Which.
        conversation_id: ConversationId,
        /// Its revision when this was so.
        revision: u64,
        /// Why.
        reason: ReleasedReason,
    },
    /// Both: it is closed, by whom.
    ConversationClosed(ConversationId, By),
    /// A visitor: it is rejected, and why.
    ConversationRejected(ConversationId, RejectedReason),
    /// An agent: this is what you say of yourself now, and who said it.
    AvailabilityChanged(Availability, By),
    /// An agent: your departments changed.
    MembershipChanged,
    /// An agent: you were removed; your sessions are over.
    Removed,
}

/// What a command that was carried out has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing more.
    Done,
    /// This conversation was opened or changed.
    Conversation(ConversationId),
    /// The session sleeps with leave until then.
    HeldUntil(Timestamp),
    /// The key was used before: this is the conversation that was opened then.
    Existing(ConversationId),
}
