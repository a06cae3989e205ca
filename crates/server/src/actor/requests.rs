//! What sessions ask.

use std::sync::atomic::Ordering;

use sha2::{Digest, Sha256};
use switchboard_journal::{Details, PersonalChange, VisitorProfile};
use switchboard_protocol::{
    ClientBody, CloseCode, ConversationOpen, ErrorCode, OkAnswer, ServerMessage, VisitorClaims,
    model,
};
use switchboard_routing::{
    AgentId, By, Command, ConversationId, Done, Key, OpenConversation, Person, Refusal, SessionId,
    VisitorId,
};
use tokio::time::Instant;

use super::{
    stream::Repeat,
    worker::{Effect, Step, Worker},
};
use crate::{
    ask::ApiError,
    convert::{Reader, ToCore, attributes_from_wire, refused},
    ids,
    seam::{Claims, Generation, ToConnection},
};

/// An answer, and what the step behind it has to tell others.
type Answered = Result<(OkAnswer, Option<Step>), ApiError>;

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
        let Some(stream) = self.streams.find(session_id) else { return };
        if stream.generation != generation {
            // Said on a socket that the session has left.
            return;
        }
        match reference.map(|reference| stream.seen(reference)) {
            Some(Repeat::Answered(answer)) => return self.send(session_id, *answer),
            Some(Repeat::TooOld) => {
                let message = "this ref is older than the answers that are kept";
                let error = ServerMessage::error(reference, ErrorCode::Conflict, message);
                return self.send(session_id, error);
            }
            Some(Repeat::New) | None => {}
        }
        let person = stream.person.clone();
        let ends = body == ClientBody::SessionEnd;
        let answered = self.answer(session_id, &person, body);
        self.reply(session_id, reference, answered, arrived);
        if ends {
            self.drop_stream(session_id, Some(CloseCode::Normal));
        }
    }

    /// A token of the same person takes the place of the session's own.
    pub(crate) fn renewed(
        &mut self,
        session_id: &SessionId,
        generation: Generation,
        reference: Option<i64>,
        claims: Claims,
    ) {
        let Some(stream) = self.streams.find(session_id) else { return };
        if stream.generation != generation {
            return;
        }
        let answered = match (&stream.person, claims) {
            (Person::Agent(own), Claims::Agent { agent_id, expires_at }) if *own == agent_id => {
                self.set_expiry(session_id, switchboard_routing::Timestamp(expires_at));
                Ok((OkAnswer { expires_at: Some(expires_at), ..OkAnswer::default() }, None))
            }
            // Nothing of a visitor's ends with its token: it is only let in by it.
            (Person::Visitor(own), Claims::Visitor { visitor_id, expires_at, .. })
                if *own == visitor_id =>
            {
                Ok((OkAnswer { expires_at: Some(expires_at), ..OkAnswer::default() }, None))
            }
            _ => Err(ApiError::new(ErrorCode::Unauthenticated, "this token is somebody else's")),
        };
        self.reply(session_id, reference, answered, Instant::now());
    }

    /// A session's socket is gone: it can be resumed for a while.
    pub(crate) fn lost(&mut self, session_id: &SessionId, generation: Generation) {
        let Some(stream) = self.streams.find_mut(session_id) else { return };
        if stream.generation != generation || stream.link.take().is_none() {
            return;
        }
        let person = stream.person.clone();
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

    /// A conversation that is not there may have ended: who might have closed it is told so, who
    /// may only see it hears what it would have heard before.
    fn not_open(&self, refusal: Refusal, person: &Person, id: &ConversationId) -> ApiError {
        let ended = self.store.find(&self.id, id);
        let (Refusal::NotFound(_), Some(ended)) = (refusal, ended) else { return refused(refusal) };
        let ended = &ended.conversation;
        let (sees, may) = match person {
            Person::Visitor(visitor) => (ended.visitor_id == *visitor, true),
            Person::Agent(agent) => {
                let may = self.is_admin(agent) || ended.agent_id.as_ref() == Some(agent);
                (self.agent_sees(agent, ended), may)
            }
        };
        match (sees, may) {
            (true, true) => ApiError::new(ErrorCode::Conflict, "it has ended already"),
            (true, false) => refused(Refusal::Forbidden),
            (false, _) => refused(refusal),
        }
    }

    fn open(
        &mut self,
        session: &SessionId,
        visitor: &VisitorId,
        open: ConversationOpen,
    ) -> Answered {
        let key = open.key.as_ref().map(|key| Key {
            key: key.as_str().into(),
            fingerprint: fingerprint(&(&open.department_id, &open.attributes, &open.external_id)),
        });
        let repeats = key.as_ref().is_some_and(|key| self.core.knows_key(visitor, &key.key));
        if !repeats {
            self.may_open(visitor)?;
        }
        let id = ConversationId::from(ids::fresh("cnv"));
        let command = Command::OpenConversation(OpenConversation {
            conversation_id: id.clone(),
            visitor_id: visitor.clone(),
            department_id: open.department_id.map(Into::into),
            priority: 0,
            skills: Vec::new(),
            key,
        });
        let details = Details {
            attributes: open.attributes.map(attributes_from_wire).unwrap_or_default(),
            external_id: open.external_id,
        };
        let step = self.open_with(
            Self::origin_of(&Person::Visitor(visitor.clone())),
            Some(session),
            command,
            details,
        )?;
        if let Done::Conversation(_) = step.done
            && let Some(claims) =
                self.streams.find(session).and_then(|stream| stream.claims.clone())
        {
            self.remember_visitor(visitor, &claims);
        }
        let opened = match &step.done {
            Done::Conversation(id) | Done::Existing(id) => id.clone(),
            Done::Done => id,
        };
        let conversation = self.shown(&step, &opened, Reader::Visitor);
        if let Some(position) = conversation.as_ref().and_then(|shown| shown.position) {
            self.positions.told(&opened, position);
        }
        Ok((OkAnswer { conversation, ..OkAnswer::default() }, Some(step)))
    }

    /// Opens, with what the host attached in the same transaction. Where the open was rejected
    /// or is a repeat, that is settled here too.
    pub(crate) fn open_with(
        &mut self,
        origin: switchboard_routing::Origin,
        session: Option<&SessionId>,
        command: Command,
        details: Details,
    ) -> Result<Step, ApiError> {
        let Command::OpenConversation(open) = &command else {
            return Err(ApiError::new(ErrorCode::Internal, "not an open"));
        };
        let id = open.conversation_id.clone();
        // Before the step: what ends in it goes to the archive with its details.
        let attached = details != Details::default();
        if attached {
            self.profiles.apply(&PersonalChange::Conversation(id.clone(), details.clone()));
        }
        let step = self.step(origin, session, command);
        let opened = matches!(&step, Ok(Step { done: Done::Conversation(_), .. }));
        if attached && opened && self.core.conversation(id.as_str()).is_some() {
            self.attach_details(&id, details);
        } else if attached {
            self.profiles.apply(&PersonalChange::Archived(id));
        }
        step.map_err(refused)
    }

    fn may_open(&mut self, visitor: &VisitorId) -> Result<(), ApiError> {
        let open = self.core.opened_by(visitor.as_str()).count();
        if self.opens.open_conversations.is_some_and(|most| open >= most as usize) {
            let message = "this visitor has as many open conversations as are allowed";
            return Err(ApiError::new(ErrorCode::Conflict, message));
        }
        self.opens.take(visitor, self.node.clock.now_ms()).map_err(too_many_opens)
    }

    /// Keeps what a visitor said of itself, from its first conversation on.
    pub(crate) fn remember_visitor(&mut self, visitor: &VisitorId, claims: &VisitorClaims) {
        let known = self.profiles.visitors.get(visitor).map(|known| (**known).clone());
        let profile = merged(known.clone().unwrap_or_default(), claims);
        if known.as_ref() != Some(&profile) {
            self.change(PersonalChange::Visitor(visitor.clone(), profile));
        }
    }

    /// Notes what a visitor says of itself, where anything is kept of it.
    pub(crate) fn update_visitor(&mut self, visitor: &VisitorId, claims: &VisitorClaims) {
        if self.profiles.visitors.contains_key(visitor) {
            self.remember_visitor(visitor, claims);
        }
    }

    /// Answers a request, and then tells everybody else.
    fn reply(
        &mut self,
        session_id: &SessionId,
        reference: Option<i64>,
        answered: Answered,
        arrived: Instant,
    ) {
        let (answer, step) = match answered {
            Ok((answer, step)) => (ServerMessage::Ok(OkAnswer { reference, ..answer }), step),
            Err(error) => {
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

    /// Measures how long a conversation took from its arrival to its agent.
    pub(crate) fn time(&mut self, step: &Step, arrived: Instant) {
        if let Done::Conversation(id) = &step.done
            && let Some(conversation) = self.core.conversation(id.as_str())
            && conversation.revision == 2
            && conversation.agent_id.is_some()
        {
            self.effect(Effect::Latency(arrived));
        }
    }

    fn send(&mut self, session_id: &SessionId, message: ServerMessage) {
        let link = self.streams.find(session_id).and_then(|stream| stream.link.clone());
        if let Some(link) = link {
            self.deliver(&link, ToConnection::Message(message));
        }
    }

    /// Warns of tokens that end, and closes the sockets of those that ended.
    pub(crate) fn check_tokens(&mut self) {
        let now = self.node.clock.now();
        while let Some((at, session_id)) = self.warnings.pop_first() {
            if at > now {
                self.warnings.insert((at, session_id));
                break;
            }
            let expires_at = at.plus_ms(super::hello::TOKEN_WARNING_MS).0;
            let warning = switchboard_protocol::TokenExpiring { expires_at };
            let message = ServerMessage::TokenExpiring(warning);
            let message = crate::seam::SharedMessage::new(message);
            self.send_latest(&session_id, crate::seam::LatestKind::TokenExpiring, &message);
        }
        while let Some((at, session_id)) = self.tokens.pop_first() {
            if at > now {
                self.tokens.insert((at, session_id));
                break;
            }
            let Some(stream) = self.streams.find(&session_id) else { continue };
            let (link, generation) = (stream.link.clone(), stream.generation);
            if let Some(link) = link {
                self.deliver(&link, ToConnection::Close(CloseCode::TokenExpired));
                self.lost(&session_id, generation);
            }
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

/// What is known of a visitor, with what it says now.
fn merged(mut profile: VisitorProfile, claims: &VisitorClaims) -> VisitorProfile {
    if profile.verified {
        // A signed identity is not overwritten by anybody's word.
        return profile;
    }
    let take = |field: &mut Option<String>, said: &Option<String>| {
        if said.is_some() {
            field.clone_from(said);
        }
    };
    take(&mut profile.name, &claims.name);
    take(&mut profile.email, &claims.email);
    if !profile.vouched {
        take(&mut profile.external_id, &claims.external_id);
    }
    profile
}

/// What a caller is told who opens too often.
pub(crate) fn too_many_opens(exceeded: crate::rate_limit::RateExceeded) -> ApiError {
    let error = ApiError::new(ErrorCode::RateLimited, "too many conversations are being opened");
    ApiError { retry_after_ms: Some(exceeded.retry_after_ms), ..error }
}

/// A digest of what was asked for, the same on every machine and in every release.
pub(crate) fn fingerprint<T: serde::Serialize>(content: &T) -> u64 {
    let bytes = serde_json::to_vec(content).unwrap_or_default();
    let digest = Sha256::digest(&bytes);
    digest.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}
