//! What can be done with a conversation, whoever asks and whichever way: sessions ask in
//! `requests`, HTTP in `questions`. The core says what may be done; here is what of it an asker
//! is told, and what is the archive's to know.

mod ending;
mod handover;
mod offers;

pub(super) use handover::Transfer;

use switchboard_protocol::ErrorCode;
use switchboard_routing::{
    AgentId, By, Conversation, ConversationId, Origin, Person, Refusal, SessionId, VisitorId,
};

use super::worker::{Step, Worker};
use crate::{
    ask::ApiError,
    convert::{Reader, refused},
};

/// What asking comes to.
pub(super) type Asked = Result<Step, ApiError>;

/// Who asks for something to be done with a conversation.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    /// As what it is written down, unless it acts on what it holds.
    pub(super) origin: Origin,
    /// The session on which it asks: it gets the answer, and nothing else of it.
    pub(super) session: Option<SessionId>,
    /// Which agent it is.
    pub(super) agent: Option<AgentId>,
    /// Which visitor it is.
    pub(super) visitor: Option<VisitorId>,
    /// Whether it may do what an admin may.
    pub(super) admin: bool,
}

impl Asker {
    /// As what it acts, where somebody has, or had, the conversation.
    fn origin_for(&self, holder: Option<&AgentId>) -> Origin {
        match &self.agent {
            Some(own) if holder == Some(own) => Origin::new(By::Agent, own.as_str()),
            Some(own) if self.admin => Origin::new(By::Admin, own.as_str()),
            _ => self.origin.clone(),
        }
    }

    /// The agent that asks, for what agents alone can do.
    fn as_agent(&self) -> Result<AgentId, ApiError> {
        self.agent.clone().ok_or_else(|| {
            ApiError::new(ErrorCode::Forbidden, "only the agent concerned can do this")
        })
    }

    /// As what an agent acts for itself.
    fn as_itself(&self) -> Origin {
        match &self.agent {
            Some(own) => Origin::new(By::Agent, own.as_str()),
            None => self.origin.clone(),
        }
    }

    /// Whether it is the agent who has a conversation, or had it when it ended.
    fn holds(&self, conversation: &Conversation) -> bool {
        self.agent.is_some() && self.agent == conversation.agent_id
    }

    /// Whether it is the agent who held a conversation last.
    fn held(&self, conversation: &Conversation) -> bool {
        self.agent.is_some() && self.agent.as_ref() == last_holder(conversation)
    }

    pub(super) fn reader(&self) -> Reader {
        if self.visitor.is_some() { Reader::Visitor } else { Reader::Staff }
    }
}

/// Who has a conversation, or had it last, also where it waited when it ended.
fn last_holder(conversation: &Conversation) -> Option<&AgentId> {
    conversation.agent_id.as_ref().or(conversation.last_agent_id.as_ref())
}

impl Worker {
    /// Who asks on a session.
    pub(super) fn asker_on(&self, session: &SessionId, person: &Person) -> Asker {
        let (agent, visitor) = match person {
            Person::Agent(agent) => (Some(agent.clone()), None),
            Person::Visitor(visitor) => (None, Some(visitor.clone())),
        };
        Asker {
            origin: Self::origin_of(person),
            session: Some(session.clone()),
            admin: agent.as_ref().is_some_and(|agent| self.is_admin(agent)),
            agent,
            visitor,
        }
    }

    /// Whether an asker may see a conversation.
    fn sees(&self, asker: &Asker, conversation: &Conversation) -> bool {
        match (&asker.visitor, &asker.agent) {
            (Some(visitor), _) => conversation.visitor_id == *visitor,
            (None, Some(agent)) => self.agent_sees(agent, conversation),
            (None, None) => asker.admin,
        }
    }

    /// Whether an asker may see this conversation, open or ended.
    fn sees_any(&self, asker: &Asker, id: &ConversationId) -> bool {
        match self.core.conversation(id.as_str()) {
            Some(open) => self.sees(asker, open),
            None => self.ended(id).is_some_and(|ended| self.sees(asker, &ended.conversation)),
        }
    }

    /// Who has an open conversation.
    fn holder_of(&self, id: &ConversationId) -> Option<&AgentId> {
        self.core.conversation(id.as_str())?.agent_id.as_ref()
    }

    /// A conversation that is not there may have ended: who might have done this while it was open
    /// is told so, who may only see it hears what it would have heard before.
    fn refused_unless_ended(
        &self,
        refusal: Refusal,
        id: &ConversationId,
        asker: &Asker,
        may: impl Fn(&Conversation) -> bool,
    ) -> ApiError {
        let ended = self.ended(id).filter(|ended| self.sees(asker, &ended.conversation));
        match (refusal, ended) {
            (Refusal::NotFound(_), Some(ended)) if may(&ended.conversation) => {
                ApiError::new(ErrorCode::Conflict, "it has ended already")
            }
            (Refusal::NotFound(_), Some(_)) => refused(Refusal::Forbidden),
            _ => refused(refusal),
        }
    }
}

/// That there is no such conversation, for who asks.
fn not_found() -> ApiError {
    ApiError::not_found("conversation")
}
