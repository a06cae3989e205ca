//! The naive workspace: what is said of a step, and to whom.

use switchboard_routing::{Availability, By, Notice, Person, ReleasedReason, WithdrawnReason};

use super::{Model, ModelConversation};

/// Something that happened, in words, and of whom or what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) of: String,
    pub(crate) what: String,
}

/// Something that a person is told. Offers and revisions are numbered by the core alone: here they
/// are 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) to: Person,
    pub(crate) notice: Notice,
    /// Whether the session that asked hears it too.
    pub(crate) asker_too: bool,
}

impl Told {
    pub(crate) fn new(of: &str, what: impl Into<String>) -> Self {
        Self { of: of.into(), what: what.into() }
    }
}

impl Model {
    pub(super) fn tell(&mut self, of: &str, what: impl Into<String>) {
        self.told.push(Told::new(of, what));
    }

    /// What follows by itself is no answer to anybody: all hear it.
    pub(super) fn hears(&mut self, to: Person, notice: Notice, asker_too: bool) {
        let asker_too = asker_too || self.following;
        self.heard.push(Heard { to, notice, asker_too });
    }

    pub(super) fn agent_hears(&mut self, agent: &str, notice: Notice, asker_too: bool) {
        self.hears(Person::Agent(agent.into()), notice, asker_too);
    }

    pub(super) fn visitor_hears(&mut self, of: &ModelConversation, notice: Notice, asker: bool) {
        self.hears(Person::Visitor(of.visitor.as_str().into()), notice, asker);
    }

    /// An agent hears that it no longer has a conversation.
    pub(super) fn is_released(&mut self, agent: &str, id: &str, why: ReleasedReason, asker: bool) {
        let conversation_id = id.into();
        let notice = Notice::ConversationReleased { conversation_id, revision: 0, reason: why };
        self.agent_hears(agent, notice, asker);
    }

    /// An agent hears that it is no longer asked.
    pub(super) fn is_asked_no_more(&mut self, agent: &str, id: &str, reason: WithdrawnReason) {
        let conversation_id = id.into();
        let notice = Notice::OfferWithdrawn { conversation_id, revision: 0, offer: 0, reason };
        self.agent_hears(agent, notice, false);
    }

    pub(super) fn hears_what_it_says(&mut self, agent: &str, online: bool, by: By) {
        let says = if online { Availability::Online } else { Availability::Away };
        self.agent_hears(agent, Notice::AvailabilityChanged(says, by), false);
    }
}
