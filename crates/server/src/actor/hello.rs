//! Hello: a socket gets a session, a new one or its old one.

use std::sync::{Arc, atomic::Ordering};

use switchboard_journal::VisitorProfile;
use switchboard_protocol::{CloseCode, Resume, ServerMessage, VisitorClaims, Welcome, model};
use switchboard_routing::{
    AgentId, Command, Person, SessionId, SessionState, Status, Timestamp, VisitorId,
};

use super::worker::Worker;
use crate::{
    convert::Reader,
    ids,
    metrics::SessionKind,
    seam::{Claims, Hello, Identity, Link, ToConnection},
};

/// A lost session may be resumed for so long.
pub(crate) const RESUME_WINDOW_MS: u64 = 120_000;

impl Worker {
    /// Answers a hello: the session, its welcome, and then what the hello set off.
    pub(crate) fn hello(&mut self, mut hello: Hello, link: Arc<dyn Link>) {
        self.identify(&mut hello.claims);
        let person = match &hello.claims {
            Claims::Agent { agent_id, .. } => Person::Agent(agent_id.clone()),
            Claims::ApiKey { key_id, .. } => back_end(key_id),
            Claims::Visitor { visitor_id, .. } => Person::Visitor(visitor_id.clone()),
        };
        if let Some(code) = self.turned_away(&person, &hello.claims) {
            return self.deliver(&link, ToConnection::Close(code));
        }
        if let Claims::ApiKey { key_id, .. } = &hello.claims {
            self.note_key_use(key_id);
        }
        let resumed = hello.resume.as_ref().and_then(|resume| self.resumable(resume, &person));
        let device_id = hello.device.as_ref().and_then(|device| device.id.clone());
        let replaced = self.replaced(&hello, &person, resumed.as_ref());
        let session_id = match &resumed {
            Some((session_id, _)) => session_id.clone(),
            None => self.new_session(&person),
        };
        self.live.fell_behind(&session_id);
        let welcome = self.welcome(&hello, &session_id, resumed.is_some());
        self.put_on(&session_id, link, &hello, device_id);
        let is_resumed = resumed.is_some();
        self.welcome_with(&session_id, welcome, resumed.map(|(_, seq)| seq));
        if !matches!(hello.claims, Claims::ApiKey { .. }) {
            let attach =
                Command::AttachSession { session_id: session_id.clone(), person: person.clone() };
            self.step_as_engine(attach);
        }
        for old in replaced {
            self.end_session(&old, Some(CloseCode::Replaced));
        }
        self.bound_sessions(&person);
        self.tell_positions_to(&session_id, is_resumed);
        self.live.set_here(&session_id, true);
    }

    /// Why somebody is not let in, if so.
    fn turned_away(&self, person: &Person, claims: &Claims) -> Option<CloseCode> {
        if self.core.config().status == Status::Suspended {
            return Some(CloseCode::Removed);
        }
        if let Claims::ApiKey { key_id, digest } = claims
            && !self.key_holds(key_id, digest)
        {
            return Some(CloseCode::Unauthenticated);
        }
        if let (Person::Agent(id), Claims::Agent { expires_at, proof, .. }) = (person, claims) {
            if self.core.agent(id.as_str()).is_none() {
                // The id was an agent's once: its token outlived it.
                let removed = self.core.is_agent_id_taken(id.as_str());
                return Some(if removed { CloseCode::Removed } else { CloseCode::Unauthenticated });
            }
            if !self.holds(id, proof) {
                return Some(CloseCode::Unauthenticated);
            }
            if *expires_at <= self.node.clock.now_ms() {
                return Some(CloseCode::TokenExpired);
            }
        }
        None
    }

    /// The session to continue and the last push that arrived, if it can be continued.
    fn resumable(&self, resume: &Resume, person: &Person) -> Option<(SessionId, u64)> {
        let session_id = SessionId::from(resume.session_id.as_str());
        let stream = self.streams.find(&session_id)?;
        let can = stream.person == *person
            && resume.epoch == stream.epoch.to_string()
            && stream.can_resume(resume.seq);
        can.then_some((session_id, resume.seq))
    }

    /// The person's sessions that a hello takes the place of: those on the same device, and the
    /// one that was to go on and cannot, unless it is on a socket.
    fn replaced(
        &self,
        hello: &Hello,
        person: &Person,
        resumed: Option<&(SessionId, u64)>,
    ) -> Vec<SessionId> {
        let device = hello.device.as_ref().and_then(|device| device.id.as_deref());
        let named = hello.resume.as_ref().map(|resume| resume.session_id.as_str());
        let is_old = |session: &&SessionId| {
            let Some(stream) = self.streams.find(session) else { return false };
            let given_up = named == Some(session.as_str()) && stream.link.is_none();
            let same = device.is_some() && stream.device_id.as_deref() == device;
            (same || given_up) && resumed.is_none_or(|(resumed, _)| resumed != *session)
        };
        self.streams.of(person).iter().filter(is_old).cloned().collect()
    }

    fn new_session(&mut self, person: &Person) -> SessionId {
        let session_id = SessionId::from(ids::fresh("ses"));
        self.streams.insert(session_id.clone(), person.clone(), self.core.epoch());
        session_id
    }

    /// Connects a session's stream to a socket; one that it was on is closed.
    fn put_on(
        &mut self,
        session_id: &SessionId,
        link: Arc<dyn Link>,
        hello: &Hello,
        device_id: Option<String>,
    ) {
        let number = self.streams.next_number();
        let Some(stream) = self.streams.find_mut(session_id) else { return };
        let old = stream.link.replace(link);
        stream.generation += 1;
        stream.number = number;
        stream.device_id = device_id.or(stream.device_id.take());
        self.session_log.began(session_id, stream);
        let person = stream.person.clone();
        match &hello.claims {
            Claims::Visitor { claims, identity, .. } => {
                stream.claims = Some(claims.clone());
                stream.identity.clone_from(identity);
            }
            Claims::Agent { proof, .. } => stream.proof = Some(*proof),
            Claims::ApiKey { key_id, .. } => stream.api_key = Some(key_id.as_str().into()),
        }
        match old {
            Some(old) => self.part(old, CloseCode::Replaced),
            None => {
                self.stats.sockets.fetch_add(1, Ordering::Relaxed);
                self.session_gauge(&person).increment(1);
            }
        }
        if let Claims::Agent { expires_at, .. } = &hello.claims {
            self.set_expiry(session_id, Timestamp(*expires_at));
        }
        if let Claims::Visitor { visitor_id, claims, identity, .. } = &hello.claims {
            self.update_visitor(visitor_id, claims, identity.as_ref());
        }
    }

    /// The welcome, with the workspace as it is before the hello changes anything.
    fn welcome(&self, hello: &Hello, session_id: &SessionId, resumed: bool) -> Welcome {
        let (view, stream) = (self.view(), self.streams.find(session_id));
        let mut welcome = Welcome {
            reference: hello.reference,
            session_id: session_id.to_string(),
            epoch: stream.map_or(0, |stream| stream.epoch).to_string(),
            seq: stream.map_or(0, |stream| stream.seq),
            resumed,
            heartbeat_ms: self.node.limits.agent.heartbeat_ms,
            resume_window_ms: RESUME_WINDOW_MS,
            server_time: self.clock.now_ms(),
            workspace: model::WorkspaceRef {
                id: self.id.to_string(),
                name: self.core.config().name.clone(),
            },
            agent: None,
            visitor: None,
            visitor_token: None,
            departments: None,
            conversations: Vec::new(),
        };
        match &hello.claims {
            Claims::ApiKey { .. } => {}
            Claims::Agent { agent_id, .. } => {
                let agent = self.core.agent(agent_id.as_str());
                welcome.agent = agent.map(|agent| Arc::new(view.agent_arriving(agent)));
                let held = self.core.held_by(agent_id.as_str());
                let own = held.chain(self.core.offered_to(agent_id.as_str()));
                let shown = own.map(|c| Arc::new(view.conversation(c, Reader::Staff)));
                welcome.conversations = shown.collect();
            }
            Claims::Visitor { visitor_id, claims, identity, token, .. } => {
                welcome.heartbeat_ms = self.node.limits.visitor.heartbeat_ms;
                let known = self.visitor(visitor_id);
                let known = known.as_deref();
                welcome.visitor = Some(self_of(visitor_id, claims, identity.as_ref(), known));
                welcome.visitor_token = Some(token.clone());
                welcome.departments = Some(view.public_departments().into());
                let open = self.core.opened_by(visitor_id.as_str());
                let shown = open.map(|c| view.conversation(c, Reader::Visitor));
                let last = self.last_ended(visitor_id);
                let last = last.map(|ended| view.ended(&ended, Reader::Visitor));
                welcome.conversations = shown.chain(last).map(Arc::new).collect();
            }
        }
        welcome
    }

    /// Sends the welcome, and to who comes back what was missed.
    fn welcome_with(&mut self, session_id: &SessionId, welcome: Welcome, seen: Option<u64>) {
        let Some(stream) = self.streams.find(session_id) else { return };
        let Some(link) = stream.link.clone() else { return };
        let generation = stream.generation;
        let missed: Vec<ServerMessage> = match seen {
            Some(seen) => stream.missed(seen, self.now()).collect(),
            None => Vec::new(),
        };
        let welcome = ServerMessage::Welcome(Box::new(welcome));
        let session_id = session_id.clone();
        self.deliver(&link, ToConnection::Attached { session_id, generation, welcome });
        for push in missed {
            self.deliver(&link, ToConnection::Missed(push));
        }
    }

    /// Ends the oldest of a person's sessions where too many are on a socket, or too many sleep.
    pub(super) fn bound_sessions(&mut self, person: &Person) {
        let limits = match person {
            Person::Agent(_) => &self.node.limits.agent,
            Person::Visitor(_) => &self.node.limits.visitor,
        };
        let Some(bound) = limits.sessions else { return };
        for on_socket in [true, false] {
            let counted = |id: &SessionId| {
                let stream = self.streams.find(id)?;
                let counts = stream.link.is_some() == on_socket
                    && (on_socket || self.held_until(id).is_some());
                counts.then(|| (stream.number, id.clone()))
            };
            let mut counted: Vec<_> = self.streams.of(person).iter().filter_map(counted).collect();
            counted.sort_unstable();
            let excess = counted.len().saturating_sub(bound as usize);
            for (_, oldest) in counted.into_iter().take(excess) {
                self.end_session(&oldest, Some(CloseCode::TooManySessions));
            }
        }
    }

    /// Until when a session sleeps with leave, if it does.
    pub(crate) fn held_until(&self, id: &SessionId) -> Option<Timestamp> {
        match self.core.session(id)?.state {
            SessionState::Held { until, .. } => Some(until),
            SessionState::Live | SessionState::Lost(_) => None,
        }
    }

    /// The gauge in which a person's live sessions are counted.
    pub(crate) fn session_gauge(&self, person: &Person) -> metrics::Gauge {
        self.node.metrics.sessions(match person {
            Person::Agent(_) => SessionKind::Agent,
            Person::Visitor(_) => SessionKind::Visitor,
        })
    }
}

/// A visitor, told who it is: by what its host says, else by what is known, else by its own word.
fn self_of(
    id: &VisitorId,
    claims: &VisitorClaims,
    identity: Option<&Identity>,
    known: Option<&VisitorProfile>,
) -> model::VisitorSelf {
    let verified = identity.is_some() || known.is_some_and(|known| known.verified);
    let said = claims.name.clone().filter(|_| !verified);
    let name = identity.and_then(|identity| identity.name.clone()).or(said);
    let name = name.or_else(|| known.and_then(|known| known.name.clone()));
    model::VisitorSelf { id: id.to_string(), name, verified }
}

/// As whom a back end has sessions. It is nobody to the core, which knows no such agent and never
/// will: no id has a colon.
pub(crate) fn back_end(key_id: &str) -> Person {
    Person::Agent(AgentId::from(format!("{BACK_END}{key_id}")))
}

/// Whether that is a back end.
pub(crate) fn is_back_end(agent: &AgentId) -> bool {
    agent.as_str().starts_with(BACK_END)
}

/// What the names of back ends begin with.
const BACK_END: &str = "key:";
