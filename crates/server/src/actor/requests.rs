//! What sessions ask.

use std::sync::atomic::Ordering;

use switchboard_protocol::{ClientBody, CloseCode, ErrorCode, OkAnswer, ServerMessage, model};
use switchboard_routing::{
    AgentId, By, Command, Conversation, ConversationId, Notice, Person, Refusal, SessionId,
};
use tokio::time::Instant;

use super::{
    commit::Effect,
    stream::Repeat,
    worker::{Step, Worker},
};
use crate::{
    ask::ApiError,
    convert::{Reader, ToCore, refused},
    seam::{Generation, ToConnection},
};

/// An answer, and what the step behind it has to tell others.
pub(super) type Answered = Result<(OkAnswer, Option<Step>), ApiError>;

impl Worker {
    /// Answers a message of a session, once for each `ref`.
    pub(crate) fn request(
        &mut self,
        session_id: &SessionId,
        generation: Generation,
        reference: Option<i64>,
        body: ClientBody,
        arrived: Instant,
    ) {
        let Some(person) = self.asked_first(session_id, generation, reference) else { return };
        let ends = body == ClientBody::SessionEnd;
        let answered = self.answer(session_id, &person, body);
        self.reply(session_id, reference, answered, arrived);
        if ends {
            self.drop_stream(session_id, Some(CloseCode::Normal));
        }
    }

    /// Who asks, where this `ref` was not asked before; else it is answered here, as it was.
    pub(super) fn asked_first(
        &mut self,
        session_id: &SessionId,
        generation: Generation,
        reference: Option<i64>,
    ) -> Option<Person> {
        let stream = self.streams.find(session_id)?;
        if stream.generation != generation {
            // Said on a socket that the session has left.
            return None;
        }
        match reference.map(|reference| stream.seen(reference)) {
            Some(Repeat::New) | None => Some(stream.person.clone()),
            Some(Repeat::Answered(answer)) => {
                self.send(session_id, *answer);
                None
            }
            Some(Repeat::TooOld) => {
                let message = "this ref is older than the answers that are kept";
                let error = ServerMessage::error(reference, ErrorCode::Conflict, message);
                self.send(session_id, error);
                None
            }
        }
    }

    /// A session's socket is gone: it can be resumed for a while.
    pub(crate) fn lost(&mut self, session_id: &SessionId, generation: Generation) {
        let Some(stream) = self.streams.find_mut(session_id) else { return };
        if stream.generation != generation || stream.link.take().is_none() {
            return;
        }
        let person = stream.person.clone();
        self.live.set_here(session_id, false);
        self.stats.sockets.fetch_sub(1, Ordering::Relaxed);
        self.session_gauge(&person).decrement(1);
        let until = self.now().plus_ms(super::hello::RESUME_WINDOW_MS);
        self.expiring.push_back((until, session_id.clone(), generation));
        self.step_as_engine(Command::LoseSession { session_id: session_id.clone() });
    }

    fn answer(&mut self, session: &SessionId, person: &Person, body: ClientBody) -> Answered {
        let plain = || Ok((OkAnswer::default(), None));
        match (person, body) {
            (_, ClientBody::Ping) => {
                let now = Some(self.node.clock.now_ms());
                Ok((OkAnswer { now, ..OkAnswer::default() }, None))
            }
            (_, ClientBody::SessionEnd) => {
                let command = Command::EndSession { session_id: session.clone() };
                let step = self.ask_core(session, person, command)?;
                Ok((OkAnswer::default(), Some(step)))
            }
            (_, ClientBody::ConversationClose { conversation_id }) => {
                self.close(session, person, &conversation_id)
            }
            (Person::Agent(agent), ClientBody::AvailabilitySet { availability }) => {
                self.set_own_availability(session, agent, availability)
            }
            (Person::Agent(agent), ClientBody::LiveSubscribe) => {
                self.subscribe(session, agent);
                plain()
            }
            (Person::Agent(_), ClientBody::LiveUnsubscribe) => {
                self.live.unsubscribe(session);
                plain()
            }
            (Person::Visitor(visitor), ClientBody::ConversationOpen(open)) => {
                self.open(session, visitor, *open)
            }
            (
                Person::Visitor(_),
                ClientBody::AvailabilitySet { .. } | ClientBody::LiveSubscribe,
            )
            | (Person::Visitor(_), ClientBody::LiveUnsubscribe)
            | (Person::Agent(_), ClientBody::ConversationOpen(_)) => {
                let message = "this message is not for this kind of session";
                Err(ApiError::new(ErrorCode::Forbidden, message))
            }
            (_, ClientBody::Hello(_)) => {
                Err(ApiError::new(ErrorCode::Conflict, "this socket has said hello already"))
            }
            (_, other) => {
                let message = format!("{} is not built yet", other.type_name());
                Err(ApiError::new(ErrorCode::Unsupported, message))
            }
        }
    }

    fn ask_core(
        &mut self,
        session: &SessionId,
        person: &Person,
        command: Command,
    ) -> Result<Step, ApiError> {
        self.step(Self::origin_of(person), Some(session), command).map_err(refused)
    }

    fn set_own_availability(
        &mut self,
        session: &SessionId,
        agent: &AgentId,
        availability: model::Availability,
    ) -> Answered {
        let Some(said) = availability.to_core() else {
            return Err(ApiError::new(ErrorCode::BadMessage, "availability is online or away"));
        };
        let command = Command::SetAvailability { agent_id: agent.clone(), availability: said };
        let step = self.ask_core(session, &Person::Agent(agent.clone()), command)?;
        let answer = OkAnswer { availability: Some(availability), ..OkAnswer::default() };
        Ok((answer, Some(step)))
    }

    fn close(&mut self, session: &SessionId, person: &Person, id: &str) -> Answered {
        let id = ConversationId::from(id);
        let mut origin = Self::origin_of(person);
        if let Person::Agent(agent) = person
            && self.is_admin(agent)
            && self
                .core
                .conversation(id.as_str())
                .is_some_and(|c| c.agent_id.as_ref() != Some(agent))
        {
            origin.by = By::Admin;
        }
        let command = Command::CloseConversation { conversation_id: id.clone() };
        let step = self.step(origin, Some(session), command);
        let step = step.map_err(|refusal| self.not_open(refusal, person, &id))?;
        let reader = reader_of(person);
        let conversation = self.shown(&step, &id, reader);
        Ok((OkAnswer { conversation, ..OkAnswer::default() }, Some(step)))
    }

    fn not_open(&self, refusal: Refusal, person: &Person, id: &ConversationId) -> ApiError {
        let sees = |ended: &Conversation| match person {
            Person::Visitor(visitor) => ended.visitor_id == *visitor,
            Person::Agent(agent) => self.agent_sees(agent, ended),
        };
        let may = |ended: &Conversation| match person {
            Person::Visitor(_) => true,
            Person::Agent(agent) => self.is_admin(agent) || ended.agent_id.as_ref() == Some(agent),
        };
        self.refused_unless_ended(refusal, id, sees, may)
    }

    /// A conversation that is not there may have ended: who might have closed it is told so, who
    /// may only see it hears what it would have heard before.
    pub(super) fn refused_unless_ended(
        &self,
        refusal: Refusal,
        id: &ConversationId,
        sees: impl Fn(&Conversation) -> bool,
        may: impl Fn(&Conversation) -> bool,
    ) -> ApiError {
        let ended = self.store.find(&self.id, id).filter(|ended| sees(&ended.conversation));
        match (refusal, ended) {
            (Refusal::NotFound(_), Some(ended)) if may(&ended.conversation) => {
                ApiError::new(ErrorCode::Conflict, "it has ended already")
            }
            (Refusal::NotFound(_), Some(_)) => refused(Refusal::Forbidden),
            _ => refused(refusal),
        }
    }

    /// Answers a request, and then tells everybody else.
    pub(super) fn reply(
        &mut self,
        session_id: &SessionId,
        reference: Option<i64>,
        answered: Answered,
        arrived: Instant,
    ) {
        let (answer, step) = match answered {
            Ok((answer, step)) => (ServerMessage::Ok(OkAnswer { reference, ..answer }), step),
            Err(mut error) => {
                if error.code == ErrorCode::BadRequest {
                    // What HTTP calls a bad request, a socket calls a bad message.
                    error.code = ErrorCode::BadMessage;
                }
                self.node.metrics.messages_rejected(error.code);
                let mut answer = ServerMessage::error(reference, error.code, error.detail);
                if let ServerMessage::Error(answer) = &mut answer {
                    answer.retry_after_ms = error.retry_after_ms;
                }
                (answer, None)
            }
        };
        if let Some(reference) = reference
            && let Some(stream) = self.streams.find_mut(session_id)
        {
            stream.answered(reference, answer.clone(), self.node.limits.answers_kept);
        }
        self.send(session_id, answer);
        if let Some(step) = step {
            self.tell(&step);
            self.time(&step, arrived);
        }
    }

    /// Measures how long a conversation took from its arrival to the first frame on a socket of
    /// an agent: given to it, or offered.
    pub(crate) fn time(&mut self, step: &Step, arrived: Instant) {
        let Some(opened) = &step.opened else { return };
        let told = step.notices.iter().any(|(to, _, notice)| match notice {
            Notice::ConversationAssigned(id) | Notice::ConversationOffered(id) => {
                id == opened && matches!(to, Person::Agent(_)) && self.is_on_socket(to)
            }
            _ => false,
        });
        if told {
            self.effect(Effect::Latency(arrived));
        }
    }

    fn is_on_socket(&self, person: &Person) -> bool {
        let mut sessions = self.streams.of(person).iter();
        sessions.any(|session| self.streams.find(session).is_some_and(|s| s.link.is_some()))
    }

    fn send(&mut self, session_id: &SessionId, message: ServerMessage) {
        let link = self.streams.find(session_id).and_then(|stream| stream.link.clone());
        if let Some(link) = link {
            self.deliver(&link, ToConnection::Message(message));
        }
    }
}

/// Who reads what this person is shown.
fn reader_of(person: &Person) -> Reader {
    match person {
        Person::Agent(_) => Reader::Staff,
        Person::Visitor(_) => Reader::Visitor,
    }
}
