//! The naive workspace: what there is, sessions and conversations. Everything is found by
//! scanning, and nothing is remembered that can be counted.

use switchboard_routing::*;

#[derive(Default)]
pub(crate) struct Model {
    pub(crate) clock: u64,
    pub(crate) limits: PlanLimits,
    pub(crate) suspended: bool,
    pub(crate) default_department: Option<String>,
    pub(crate) departments: Vec<ModelDepartment>,
    pub(crate) agents: Vec<ModelAgent>,
    pub(crate) conversations: Vec<ModelConversation>,
    pub(crate) sessions: Vec<ModelSession>,
    /// Visitors whose last session went, since when; while they have something open.
    pub(crate) gone: Vec<(String, u64)>,
    pub(crate) keys: Vec<(String, String, u64, String)>,
    /// Counts assignments and closes, to compare how recent they are.
    pub(crate) turn: u64,
    pub(crate) arrivals: u64,
    /// What ended, and how: `closed` or the reason of a rejection.
    pub(crate) ended: Vec<(String, String)>,
}

pub(crate) struct ModelDepartment {
    pub(crate) id: String,
    pub(crate) policy: Policy,
    pub(crate) open: bool,
    pub(crate) deleted: bool,
    /// Everybody who ever joined, in order; none: left since.
    pub(crate) joined: Vec<Option<String>>,
    /// The place in `joined` of whoever was assigned last.
    pub(crate) last: Option<usize>,
}

pub(crate) struct ModelAgent {
    pub(crate) id: String,
    pub(crate) role: Role,
    pub(crate) capacity: u32,
    pub(crate) skills: Vec<String>,
    pub(crate) online: bool,
    pub(crate) removed: bool,
    pub(crate) absent_since: u64,
    pub(crate) last_assigned: u64,
    pub(crate) last_active: u64,
}

#[derive(Clone)]
pub(crate) struct ModelConversation {
    pub(crate) id: String,
    pub(crate) department: usize,
    pub(crate) visitor: String,
    pub(crate) priority: i32,
    pub(crate) skills: Vec<String>,
    pub(crate) arrival: u64,
    pub(crate) agent: Option<String>,
    pub(crate) waits_since: u64,
    pub(crate) waited: u64,
}

pub(crate) struct ModelSession {
    pub(crate) id: String,
    pub(crate) person: Person,
    pub(crate) live: bool,
}

type Answer = Result<(), Refusal>;

impl Model {
    pub(crate) fn agent(&self, id: &str) -> Result<usize, Refusal> {
        let found = self.agents.iter().position(|a| a.id == id && !a.removed);
        found.ok_or(Refusal::NotFound(Kind::Agent))
    }

    pub(crate) fn department(&self, id: &str) -> Result<usize, Refusal> {
        let found = self.departments.iter().position(|d| d.id == id && !d.deleted);
        found.ok_or(Refusal::NotFound(Kind::Department))
    }

    pub(crate) fn is_here(&self, person: &Person) -> bool {
        self.sessions.iter().any(|s| s.live && s.person == *person)
    }

    pub(crate) fn is_present(&self, agent: &str) -> bool {
        self.is_here(&Person::Agent(agent.into()))
    }

    pub(crate) fn is_member(&self, agent: &str, department: usize) -> bool {
        self.departments[department].joined.iter().any(|a| a.as_deref() == Some(agent))
    }

    pub(crate) fn load(&self, agent: &str) -> usize {
        self.conversations.iter().filter(|c| c.agent.as_deref() == Some(agent)).count()
    }

    pub(crate) fn load_in(&self, agent: &str, department: usize) -> usize {
        let held = self.conversations.iter().filter(|c| c.agent.as_deref() == Some(agent));
        held.filter(|c| c.department == department).count()
    }

    /// Who waits in a department, in order.
    pub(crate) fn queue(&self, department: usize) -> Vec<&ModelConversation> {
        let waiting = self.conversations.iter().filter(|c| c.agent.is_none());
        let mut waiting: Vec<_> = waiting.filter(|c| c.department == department).collect();
        waiting.sort_by_key(|c| (-i64::from(c.priority), c.arrival));
        waiting
    }

    /// How long a conversation has waited until now.
    pub(crate) fn waited(&self, c: &ModelConversation) -> u64 {
        let waits = if c.agent.is_none() { self.clock - c.waits_since } else { 0 };
        c.waited + waits
    }

    pub(crate) fn attach(&mut self, id: &str, person: &Person) -> Answer {
        if self.sessions.iter().any(|s| s.id == id && s.person != *person) {
            return Err(Refusal::NotFound(Kind::Session));
        }
        match person {
            Person::Agent(agent) => self.agent(agent.as_str()).map(|_| ())?,
            Person::Visitor(visitor) => self.gone.retain(|(v, _)| v != visitor.as_str()),
        }
        self.sessions.retain(|s| s.id != id);
        self.sessions.push(ModelSession { id: id.into(), person: person.clone(), live: true });
        Ok(())
    }

    pub(crate) fn detach(&mut self, id: &str, on_purpose: bool) -> Answer {
        let found = self.sessions.iter().position(|s| s.id == id);
        let at = found.ok_or(Refusal::NotFound(Kind::Session))?;
        let person = self.sessions[at].person.clone();
        let was_live = std::mem::replace(&mut self.sessions[at].live, false);
        if on_purpose {
            self.sessions.remove(at);
        }
        if was_live && !self.is_here(&person) {
            self.leaves(&person, on_purpose);
        }
        Ok(())
    }

    fn leaves(&mut self, person: &Person, on_purpose: bool) {
        match person {
            Person::Agent(id) => {
                let agent = self.agent(id.as_str()).unwrap();
                self.agents[agent].absent_since = self.clock;
                for department in 0..self.departments.len() {
                    let room = &self.departments[department];
                    let takes = room.policy.on_agent_lost == OnAgentLost::Requeue;
                    if on_purpose && takes && !room.deleted {
                        self.take_from(id.as_str(), department);
                    }
                }
            }
            Person::Visitor(id) => {
                self.gone.push((id.to_string(), self.clock));
                if on_purpose {
                    let waiting = self.conversations.iter().filter(|c| c.agent.is_none());
                    let waiting = waiting.filter(|c| c.visitor == id.as_str());
                    let waiting: Vec<_> = waiting.map(|c| c.id.clone()).collect();
                    waiting.iter().for_each(|id| self.end(id, "closed"));
                }
                self.forget_the_gone();
            }
        }
    }

    /// Everybody is lost since now; visitors who were here once are gone since now.
    pub(crate) fn recover(&mut self) {
        for session in std::mem::take(&mut self.sessions) {
            if let Person::Visitor(id) = session.person
                && session.live
                && !self.gone.iter().any(|(visitor, _)| visitor == id.as_str())
            {
                self.gone.push((id.to_string(), self.clock));
            }
        }
        self.gone.iter_mut().for_each(|(_, since)| *since = self.clock);
        self.agents.iter_mut().for_each(|agent| agent.absent_since = self.clock);
        self.forget_the_gone();
    }

    pub(crate) fn close(&mut self, id: &str, origin: &Origin) -> Answer {
        let unknown = Refusal::NotFound(Kind::Conversation);
        let found = self.conversations.iter().find(|c| c.id == id);
        let conversation = found.ok_or(unknown)?;
        let by_id = origin.by_id.as_deref().unwrap_or_default();
        match origin.by {
            By::Visitor if conversation.visitor != by_id => return Err(unknown),
            By::Agent if conversation.agent.as_deref() != Some(by_id) => {
                let sees = self.agent(by_id).is_ok()
                    && !self.departments[conversation.department].deleted
                    && self.is_member(by_id, conversation.department);
                return Err(if sees { Refusal::Forbidden } else { unknown });
            }
            _ => {}
        }
        self.end(id, "closed");
        Ok(())
    }

    pub(crate) fn end(&mut self, id: &str, how: &str) {
        let at = self.conversations.iter().position(|c| c.id == id).unwrap();
        let ended = self.conversations.remove(at);
        if let (Some(agent), "closed") = (ended.agent, how) {
            self.turn += 1;
            let agent = self.agent(&agent).unwrap();
            self.agents[agent].last_active = self.turn;
        }
        self.ended.push((id.into(), how.into()));
        self.forget_the_gone();
    }

    fn forget_the_gone(&mut self) {
        let open = &self.conversations;
        self.gone.retain(|(visitor, _)| open.iter().any(|c| c.visitor == *visitor));
    }
}
