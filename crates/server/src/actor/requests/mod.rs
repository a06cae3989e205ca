//! What sessions ask.

mod sessions;

use switchboard_protocol::{
    ClientBody, CloseCode, ConversationTransfer, ErrorCode, OkAnswer, ServerMessage, model,
};
use switchboard_routing::{AgentId, Command, ConversationId, Notice, Person, SessionId, VisitorId};
use tokio::time::Instant;

use super::{
    commit::Effect,
    conversations::{Asked, Asker, Transfer},
    stream::Repeat,
    worker::{Step, Worker},
};
use crate::{
    ask::ApiError,
    convert::refused,
    seam::{Generation, ToConnection},
};

/// The `ref` of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ref {
    pub(super) number: i64,
    /// Whether its answer is to be known after a restart too.
    pub(super) lasts: bool,
}

/// What changes nothing that lasts: done again after a restart, it is done as it was meant.
fn is_of_the_moment(body: &ClientBody) -> bool {
    matches!(body, ClientBody::Ping | ClientBody::LiveSubscribe | ClientBody::LiveUnsubscribe)
}

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
        let lasts = !is_of_the_moment(&body);
        let answered = self.answer(session_id, &person, body);
        let answered = self.unless_unread(answered, |(_, step)| step.is_some());
        self.reply(session_id, reference.map(|number| Ref { number, lasts }), answered, arrived);
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

    fn answer(&mut self, session: &SessionId, person: &Person, body: ClientBody) -> Answered {
        if let Some(key) = self.streams.find(session).and_then(|stream| stream.api_key.clone()) {
            return self.answer_back_end(session, person, &key, &body);
        }
        match body {
            ClientBody::Ping => {
                let now = Some(self.clock.now_ms());
                Ok((OkAnswer { now, ..OkAnswer::default() }, None))
            }
            ClientBody::SessionEnd => {
                let command = Command::EndSession { session_id: session.clone() };
                self.plain(session, person, command)
            }
            ClientBody::ConversationClose { conversation_id: id } => {
                self.with(session, person, id, Self::close)
            }
            ClientBody::ConversationReopen { conversation_id: id } => {
                self.with(session, person, id, Self::reopen)
            }
            ClientBody::Hello(_) => {
                Err(ApiError::new(ErrorCode::Conflict, "this socket has said hello already"))
            }
            ClientBody::EventsSubscribe { .. } => {
                let message = format!("{} is not built yet", body.type_name());
                Err(ApiError::new(ErrorCode::Unsupported, message))
            }
            // Taken out before, with its claims.
            ClientBody::TokenRenew { .. } => Err(ApiError::new(ErrorCode::Internal, "not renewed")),
            body => match person {
                Person::Agent(agent) => self.answer_agent(session, agent, body),
                Person::Visitor(visitor) => self.answer_visitor(session, visitor, body),
            },
        }
    }

    /// A back end watches; whatever it does, it does over HTTP.
    fn answer_back_end(
        &mut self,
        session: &SessionId,
        person: &Person,
        key: &str,
        body: &ClientBody,
    ) -> Answered {
        match (body, person) {
            (ClientBody::Ping, _) => {
                let now = Some(self.clock.now_ms());
                Ok((OkAnswer { now, ..OkAnswer::default() }, None))
            }
            (ClientBody::SessionEnd, _) => Ok((OkAnswer::default(), None)),
            (ClientBody::LiveSubscribe, Person::Agent(own)) => {
                if !self.key_has(key, model::Scope::LiveRead) {
                    let detail = "the key has not the scope live:read";
                    return Err(ApiError::new(ErrorCode::Forbidden, detail));
                }
                self.subscribe(session, own);
                Ok((OkAnswer::default(), None))
            }
            (ClientBody::LiveUnsubscribe, _) => {
                self.live.unsubscribe(session);
                Ok((OkAnswer::default(), None))
            }
            (ClientBody::EventsSubscribe { .. }, _) => {
                let message = format!("{} is not built yet", body.type_name());
                Err(ApiError::new(ErrorCode::Unsupported, message))
            }
            _ => Err(not_theirs()),
        }
    }

    fn answer_visitor(
        &mut self,
        session: &SessionId,
        visitor: &VisitorId,
        body: ClientBody,
    ) -> Answered {
        match body {
            ClientBody::ConversationOpen(open) => self.open(session, visitor, *open),
            // As of any conversation that a visitor may do nothing with, its own as well.
            ClientBody::ConversationAccept { .. }
            | ClientBody::ConversationDecline { .. }
            | ClientBody::ConversationClaim { .. }
            | ClientBody::ConversationTransfer(_) => Err(ApiError::not_found("conversation")),
            _ => Err(not_theirs()),
        }
    }

    fn answer_agent(&mut self, session: &SessionId, agent: &AgentId, body: ClientBody) -> Answered {
        let person = &Person::Agent(agent.clone());
        match body {
            ClientBody::AvailabilitySet { availability } => {
                self.set_own_availability(session, agent, availability)
            }
            ClientBody::ConversationAccept { conversation_id: id, offer_id } => {
                self.with(session, person, id, |worker, asker, id| {
                    worker.accept(asker, id, &offer_id)
                })
            }
            ClientBody::ConversationDecline { conversation_id, offer_id } => {
                let asker = self.asker_on(session, person);
                let step = self.decline(&asker, &conversation_id.into(), &offer_id)?;
                Ok((OkAnswer::default(), Some(step)))
            }
            ClientBody::ConversationClaim { conversation_id: id } => {
                self.with(session, person, id, Self::claim)
            }
            ClientBody::ConversationTransfer(transfer) => {
                let id = transfer.conversation_id.clone();
                self.with(session, person, id, |worker, asker, id| {
                    worker.transfer(asker, id, (*transfer).into())
                })
            }
            ClientBody::SessionHold { hold_ms } => self.hold(session, agent, hold_ms),
            ClientBody::SessionActivity => self.report_activity(session, agent),
            ClientBody::LiveSubscribe => {
                self.subscribe(session, agent);
                Ok((OkAnswer::default(), None))
            }
            ClientBody::LiveUnsubscribe => {
                self.live.unsubscribe(session);
                Ok((OkAnswer::default(), None))
            }
            _ => Err(not_theirs()),
        }
    }

    /// Does something with a conversation; the answer has it as it is then.
    fn with(
        &mut self,
        session: &SessionId,
        person: &Person,
        id: String,
        ask: impl FnOnce(&mut Self, &Asker, &ConversationId) -> Asked,
    ) -> Answered {
        let (id, asker) = (ConversationId::from(id), self.asker_on(session, person));
        let step = ask(self, &asker, &id)?;
        let conversation = self.shown(&id, asker.reader());
        if let Some(visitor) = &asker.visitor
            && let Some(position) = conversation.as_ref().and_then(|shown| shown.position)
        {
            self.answered_position(visitor, &id, position);
        }
        Ok((OkAnswer { conversation, ..OkAnswer::default() }, Some(step)))
    }

    fn ask_core(
        &mut self,
        session: &SessionId,
        person: &Person,
        command: Command,
    ) -> Result<Step, ApiError> {
        self.step(Self::origin_of(person), Some(session), command).map_err(refused)
    }

    /// Lets the core carry out a command whose answer is that it is done.
    fn plain(&mut self, session: &SessionId, person: &Person, command: Command) -> Answered {
        let step = self.ask_core(session, person, command)?;
        Ok((OkAnswer::default(), Some(step)))
    }

    /// Answers a request, and then tells everybody else.
    pub(super) fn reply(
        &mut self,
        session_id: &SessionId,
        asked: Option<Ref>,
        answered: Answered,
        arrived: Instant,
    ) {
        let reference = asked.map(|asked| asked.number);
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
        if let Some(Ref { number, lasts }) = asked
            && let Some(stream) = self.streams.find_mut(session_id)
        {
            stream.answered(number, answer.clone(), self.node.limits.answers_kept);
            if lasts {
                stream.lasts(number);
                self.session_log.answered(session_id, number, &answer);
            }
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

/// That agents can ask this and visitors cannot, or the other way round.
fn not_theirs() -> ApiError {
    ApiError::new(ErrorCode::Forbidden, "this message is not for this kind of session")
}

impl From<ConversationTransfer> for Transfer {
    fn from(request: ConversationTransfer) -> Self {
        Self {
            department_id: request.department_id.map(Into::into),
            agent_id: request.agent_id.map(Into::into),
            comment: request.comment,
            force: false,
        }
    }
}
