//! The naive workspace: who is there.

use switchboard_routing::{By, Kind, OnAgentLost, Person, Refusal, RequeuedReason};

use super::{Answer, Model, ModelSession, ModelSessionState as State};

impl Model {
    pub(crate) fn attach(&mut self, id: &str, person: &Person) -> Answer {
        if self.sessions.iter().any(|s| s.id == id && s.person != *person) {
            return Err(Refusal::NotFound(Kind::Session));
        }
        if let Person::Agent(agent) = person {
            self.agent(agent.as_str())?;
        }
        if self.sessions.iter().any(|s| s.id == id && s.state == State::Live) {
            return Ok(false);
        }
        self.is_here_again(id, person);
        Ok(true)
    }

    fn is_here_again(&mut self, id: &str, person: &Person) {
        match person {
            Person::Agent(agent) => {
                let Ok(at) = self.agent(agent.as_str()) else { return };
                if !self.is_present(agent.as_str()) {
                    self.agents[at].present_since = self.clock;
                }
                self.agents[at].did_at = self.clock;
            }
            Person::Visitor(visitor) => {
                self.gone.retain(|(v, _)| v != visitor.as_str());
                let open = self.conversations.iter_mut();
                open.filter(|c| c.visitor == visitor.as_str()).for_each(|c| c.attended = true);
            }
        }
        self.sessions.retain(|s| s.id != id);
        self.sessions.push(ModelSession {
            id: id.into(),
            person: person.clone(),
            state: State::Live,
        });
    }

    fn session(&self, id: &str) -> Result<&ModelSession, Refusal> {
        let found = self.sessions.iter().find(|s| s.id == id);
        found.ok_or(Refusal::NotFound(Kind::Session))
    }

    pub(crate) fn lose(&mut self, id: &str) -> Answer {
        match self.session(id)?.state {
            State::Live => self.put(id, State::Lost),
            State::Held { until, on_socket: true } => {
                self.put(id, State::Held { until, on_socket: false });
            }
            State::Held { .. } | State::Lost => return Ok(false),
        }
        Ok(true)
    }

    pub(crate) fn hold(&mut self, id: &str, hold_ms: u64) -> Answer {
        let session = self.session(id)?;
        if matches!(session.person, Person::Visitor(_)) {
            return Err(Refusal::Forbidden);
        }
        let on_socket = match session.state {
            State::Live => true,
            State::Held { on_socket, .. } => on_socket,
            State::Lost => return Err(Refusal::NotFound(Kind::Session)),
        };
        if self.config.mobile_hold_ms == 0 {
            return Err(Refusal::NoLeave);
        }
        let until = self.clock.saturating_add(hold_ms.min(self.config.mobile_hold_ms));
        self.put(id, State::Held { until, on_socket });
        Ok(true)
    }

    pub(crate) fn hold_over(&mut self, id: &str) {
        let Ok(ModelSession { person, state, .. }) = self.session(id).cloned() else { return };
        match state {
            State::Held { on_socket: true, .. } => self.is_here_again(id, &person),
            _ => self.put(id, State::Lost),
        }
    }

    /// A session is in another state; whoever has no other is gone.
    fn put(&mut self, id: &str, state: State) {
        let Some(session) = self.sessions.iter().position(|s| s.id == id) else { return };
        let mut session = self.sessions.remove(session);
        let person = session.person.clone();
        let was_here = session.state != State::Lost || self.is_here(&person);
        session.state = state;
        self.sessions.push(session);
        if was_here && !self.is_here(&person) {
            self.leaves(&person, false);
        }
    }

    pub(crate) fn end_session(&mut self, id: &str) -> Answer {
        let person = self.session(id)?.person.clone();
        let was_here = self.is_here(&person);
        self.sessions.retain(|s| s.id != id);
        if was_here && !self.is_here(&person) {
            self.leaves(&person, true);
        }
        Ok(true)
    }

    fn leaves(&mut self, person: &Person, on_purpose: bool) {
        match person {
            Person::Agent(id) => {
                let Ok(agent) = self.agent(id.as_str()) else { return };
                self.agents[agent].present_since = self.clock;
                for department in 0..self.departments.len() {
                    let room = &self.departments[department];
                    let takes = room.policy.on_agent_lost == OnAgentLost::Requeue;
                    if on_purpose && takes && !room.deleted {
                        self.take_from(id.as_str(), department, RequeuedReason::AgentLost);
                    }
                }
            }
            Person::Visitor(id) => {
                self.gone.push((id.to_string(), self.clock));
                if on_purpose {
                    let waiting = self.conversations.iter().filter(|c| c.is_waiting());
                    let waiting = waiting.filter(|c| c.visitor == id.as_str());
                    let waiting: Vec<_> = waiting.map(|c| c.id.clone()).collect();
                    waiting.iter().for_each(|id| self.end_by(id, By::VisitorLeft));
                }
                self.forget_the_gone();
            }
        }
    }

    /// Everybody is lost since now; visitors who were here once are gone since now.
    pub(crate) fn recover(&mut self) -> Answer {
        for session in std::mem::take(&mut self.sessions) {
            if let Person::Visitor(id) = session.person
                && session.state == State::Live
                && !self.gone.iter().any(|(visitor, _)| visitor == id.as_str())
            {
                self.gone.push((id.to_string(), self.clock));
            }
        }
        self.gone.iter_mut().for_each(|(_, since)| *since = self.clock);
        self.agents.iter_mut().for_each(|agent| agent.present_since = self.clock);
        self.forget_the_gone();
        Ok(true)
    }

    pub(crate) fn forget_the_gone(&mut self) {
        let open = &self.conversations;
        self.gone.retain(|(visitor, _)| open.iter().any(|c| c.visitor == *visitor));
    }

    pub(crate) fn says(&mut self, agent: &str, online: bool, by: By) -> Answer {
        let at = self.agent(agent)?;
        let changes = self.agents[at].online != online;
        self.comes_to_say(at, online, by);
        Ok(changes)
    }

    pub(crate) fn comes_to_say(&mut self, at: usize, online: bool, by: By) {
        let clock = self.clock;
        let agent = &mut self.agents[at];
        if agent.online == online {
            return;
        }
        (agent.online, agent.said_by, agent.said_at) = (online, by, clock);
        if online {
            agent.misses = 0;
        }
        let (id, word) = (agent.id.clone(), if online { "online" } else { "away" });
        self.tell(&id, format!("{word} by {by:?}"));
        self.hears_what_it_says(&id, online, by);
    }
}
