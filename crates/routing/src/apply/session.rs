//! What happens to sessions. An agent's presence follows by an event of its own; a visitor's is
//! derived here, because nobody is told of it.

use crate::{
    AgentId, Person, Session, SessionId, SessionState, Timestamp, VisitorId, Workspace,
    slab::ConversationIx,
};

impl Workspace {
    pub(super) fn apply_session_attached(&mut self, id: &SessionId, person: &Person) {
        let session = Session { person: person.clone(), state: SessionState::Live };
        if let Some(before) = self.sessions.insert(id.clone(), session) {
            self.wake(id, before.state);
        }
        match person {
            Person::Agent(agent) => {
                let (ix, now) = (self.known_agent(agent), self.clock);
                let agent = &mut self.agents[ix];
                agent.lost.remove(id);
                agent.asleep.remove(id);
                agent.sessions.insert(id.clone());
                agent.active_at = now;
                self.refresh(ix);
            }
            Person::Visitor(visitor) => {
                let entry = self.visitors.entry(visitor.clone()).or_default();
                entry.sessions.insert(id.clone());
                for ix in &entry.conversations {
                    self.conversations[*ix].conversation.attended = true;
                }
                self.set_visitor_left(visitor, None);
            }
        }
    }

    pub(super) fn apply_session_lost(&mut self, id: &SessionId) {
        let lost = SessionState::Lost(self.clock);
        let Some(session) = self.sessions.get_mut(id) else { return };
        let before = std::mem::replace(&mut session.state, lost);
        let person = session.person.clone();
        self.wake(id, before);
        match person {
            Person::Agent(agent) => {
                let ix = self.known_agent(&agent);
                self.agents[ix].sessions.remove(id);
                self.agents[ix].asleep.remove(id);
                self.agents[ix].lost.insert(id.clone());
                self.refresh(ix);
            }
            Person::Visitor(visitor) => self.visitor_session_over(&visitor, id),
        }
    }

    pub(super) fn apply_session_ended(&mut self, id: &SessionId) {
        let Some(session) = self.sessions.remove(id) else { return };
        self.wake(id, session.state);
        match session.person {
            Person::Agent(agent) => {
                let ix = self.known_agent(&agent);
                self.agents[ix].sessions.remove(id);
                self.agents[ix].asleep.remove(id);
                self.agents[ix].lost.remove(id);
                self.refresh(ix);
            }
            Person::Visitor(visitor) => self.visitor_session_over(&visitor, id),
        }
    }

    pub(super) fn apply_session_held(&mut self, id: &SessionId, until: Timestamp, on_socket: bool) {
        let held = SessionState::Held { until, on_socket };
        let Some(session) = self.sessions.get_mut(id) else { return };
        let before = std::mem::replace(&mut session.state, held);
        let Person::Agent(agent) = session.person.clone() else { return };
        self.wake(id, before);
        if !planted!(HoldIsEndless) {
            self.deadlines.holds.insert((until, id.clone()));
        }
        let ix = self.known_agent(&agent);
        self.agents[ix].sessions.remove(id);
        self.agents[ix].asleep.insert(id.clone());
        self.refresh(ix);
    }

    /// Forgets until when a session had leave to sleep, if it had.
    fn wake(&mut self, id: &SessionId, before: SessionState) {
        if let SessionState::Held { until, .. } = before {
            self.deadlines.holds.remove(&(until, id.clone()));
        }
    }

    /// Everybody who was connected is lost since now, with the full grace.
    pub(super) fn apply_recovered(&mut self) {
        self.sessions.clear();
        self.deadlines.holds.clear();
        let visitors: Vec<VisitorId> = self.visitors.keys().cloned().collect();
        for visitor in visitors {
            let gone = self.visitors.get_mut(&visitor).is_some_and(|v| {
                let was_here = !v.sessions.is_empty();
                v.sessions.clear();
                was_here || v.left_at.is_some()
            });
            self.set_visitor_left(&visitor, gone.then_some(self.clock));
            self.forget_visitor(&visitor);
        }
        let agents: Vec<AgentId> = self.agents().map(|agent| agent.id.clone()).collect();
        for agent in agents {
            let ix = self.known_agent(&agent);
            self.agents[ix].sessions.clear();
            self.agents[ix].asleep.clear();
            self.agents[ix].lost.clear();
            if !planted!(RecoveredPresent) {
                self.apply_presence(&agent, false);
            }
        }
    }

    fn visitor_session_over(&mut self, visitor: &VisitorId, session: &SessionId) {
        let Some(entry) = self.visitors.get_mut(visitor) else { return };
        if entry.sessions.remove(session) && entry.sessions.is_empty() {
            self.set_visitor_left(visitor, Some(self.clock));
        }
        self.forget_visitor(visitor);
    }

    /// Notes since when a visitor is gone, for the conversations that wait.
    pub(super) fn set_visitor_left(&mut self, visitor: &VisitorId, left_at: Option<Timestamp>) {
        let waiting: Vec<ConversationIx> = match self.visitors.get(visitor) {
            Some(entry) => entry.conversations.iter().copied().collect(),
            None => return,
        };
        for ix in &waiting {
            self.leave_wait(*ix);
        }
        if let Some(entry) = self.visitors.get_mut(visitor) {
            entry.left_at = left_at;
        }
        for ix in &waiting {
            self.enter_wait(*ix);
        }
    }

    /// Drops what is known of a visitor who is gone and has nothing open.
    pub(super) fn forget_visitor(&mut self, visitor: &VisitorId) {
        if self.visitors.get(visitor).is_some_and(|entry| entry.is_over()) {
            self.visitors.remove(visitor);
        }
    }
}
