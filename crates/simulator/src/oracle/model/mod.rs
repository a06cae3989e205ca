//! The naive workspace: what there is. Everything is found by scanning, and nothing is
//! remembered that can be counted.
//!
//! Nothing here stops a run: what is not found is left undone, and is then seen as a difference.

mod admin;
mod commands;
mod handover;
mod list;
mod moves;
mod offers;
mod picking;
mod routing;
mod seats;
mod sessions;
mod tell;
mod time;

use switchboard_routing::{
    AssignmentCause, By, Config, Decision, Kind, Person, Policy, Refusal, Role,
};

use list::List;
pub(crate) use tell::{Heard, Told};

#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    /// When the last step was.
    pub(crate) clock: u64,
    /// When something last happened: time may be said to run backwards until something does.
    pub(crate) last: u64,
    pub(crate) config: Config,
    pub(crate) departments: List<ModelDepartment>,
    pub(crate) agents: List<ModelAgent>,
    pub(crate) conversations: Vec<ModelConversation>,
    /// As they ended; of those of the same id the last one counts.
    pub(crate) archive: Vec<ModelConversation>,
    pub(crate) sessions: Vec<ModelSession>,
    /// The invites that hold a seat, and until when.
    pub(crate) invites: Vec<(String, u64)>,
    /// Visitors whose last session went, since when; while they have something open.
    pub(crate) gone: Vec<(String, u64)>,
    pub(crate) keys: Vec<(String, String, u64, String)>,
    pub(crate) wrap_ups: Vec<ModelWrapUp>,
    /// Who closed what with whom: visitor, department, agent, when.
    pub(crate) closes: Vec<(String, usize, String, u64)>,
    /// Counts assignments and closes, to compare how recent they are.
    pub(crate) turn: u64,
    pub(crate) places: u64,
    pub(crate) offers: u64,
    /// What the step did, in words.
    pub(crate) told: Vec<Told>,
    /// Whether the command is done, and what follows from it is under way.
    pub(crate) following: bool,
    /// Who is told of it.
    pub(crate) heard: Vec<Heard>,
    /// How somebody was chosen in the step.
    pub(crate) chose: Vec<Decision>,
    /// Why nobody was on the way, and why nobody was in the end.
    pub(crate) passed_by: Vec<Decision>,
    pub(crate) unplaced: Vec<Decision>,
    /// Who came to wait since the queues were drained last.
    pub(crate) waited_anew: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct ModelDepartment {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) policy: Policy,
    pub(crate) open: bool,
    pub(crate) deleted: bool,
    /// Everybody who ever joined, in order; none: left since.
    pub(crate) joined: Vec<Option<String>>,
    /// The place in `joined` of whoever was assigned last.
    pub(crate) last: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct ModelAgent {
    pub(crate) id: String,
    pub(crate) role: Role,
    pub(crate) capacity: u32,
    pub(crate) skills: Vec<String>,
    pub(crate) online: bool,
    pub(crate) said_by: By,
    pub(crate) said_at: u64,
    pub(crate) removed: bool,
    /// Since when it is there, or is not.
    pub(crate) present_since: u64,
    /// When it last did something itself.
    pub(crate) did_at: u64,
    pub(crate) misses: u32,
    pub(crate) last_assigned: u64,
    pub(crate) last_active: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct ModelConversation {
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) department: usize,
    pub(crate) visitor: String,
    pub(crate) priority: i32,
    pub(crate) skills: Vec<String>,
    pub(crate) key: Option<(String, u64)>,
    pub(crate) place: u64,
    pub(crate) holder: Option<String>,
    pub(crate) cause: Option<AssignmentCause>,
    pub(crate) offer: Option<ModelOffer>,
    pub(crate) last_holder: Option<String>,
    pub(crate) next_cause: AssignmentCause,
    pub(crate) passed: Vec<usize>,
    pub(crate) cooling: Vec<ModelCooling>,
    /// Whether it is just being opened: who opens it hears in the answer what comes of it.
    pub(crate) arriving: bool,
    /// Whether its visitor was there at any time while it was open.
    pub(crate) attended: bool,
    pub(crate) since: u64,
    pub(crate) waited: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct ModelOffer {
    pub(crate) agent: String,
    pub(crate) until: u64,
    /// Its number in the order of offers.
    pub(crate) order: u64,
    /// What the core calls it.
    pub(crate) number: u64,
    /// Whether the agent's room did not matter, and does not.
    pub(crate) forced: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ModelCooling {
    pub(crate) agent: String,
    pub(crate) until: u64,
    pub(crate) gave_it: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct ModelWrapUp {
    pub(crate) agent: String,
    pub(crate) conversation: String,
    pub(crate) department: usize,
    pub(crate) until: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct ModelSession {
    pub(crate) id: String,
    pub(crate) person: Person,
    pub(crate) state: ModelSessionState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ModelSessionState {
    Live,
    Held { until: u64, on_socket: bool },
    Lost,
}

/// Whether anything happened.
pub(crate) type Answer = Result<bool, Refusal>;

impl ModelConversation {
    pub(crate) fn is_waiting(&self) -> bool {
        self.holder.is_none()
    }

    pub(crate) fn is_queued(&self) -> bool {
        self.holder.is_none() && self.offer.is_none()
    }

    pub(crate) fn is_offered_to(&self, agent: &str) -> bool {
        self.offer.as_ref().is_some_and(|offer| offer.agent == agent)
    }

    pub(crate) fn is_held_by(&self, agent: &str) -> bool {
        self.holder.as_deref() == Some(agent)
    }
}

impl Model {
    pub(crate) fn agent(&self, id: &str) -> Result<usize, Refusal> {
        let found = self.agents.iter().position(|a| a.id == id && !a.removed);
        found.ok_or(Refusal::NotFound(Kind::Agent))
    }

    pub(crate) fn department(&self, id: &str) -> Result<usize, Refusal> {
        let found = self.departments.iter().position(|d| d.id == id && !d.deleted);
        found.ok_or(Refusal::NotFound(Kind::Department))
    }

    pub(crate) fn conversation(&self, id: &str) -> Result<&ModelConversation, Refusal> {
        let found = self.conversations.iter().find(|c| c.id == id);
        found.ok_or(Refusal::NotFound(Kind::Conversation))
    }

    pub(crate) fn conversation_mut(&mut self, id: &str) -> Option<&mut ModelConversation> {
        self.conversations.iter_mut().find(|c| c.id == id)
    }

    /// Until when a session sleeps.
    pub(crate) fn held_until(&self, session: &str) -> Option<u64> {
        self.sessions.iter().filter(|s| s.id == session).find_map(|s| match s.state {
            ModelSessionState::Held { until, .. } => Some(until),
            _ => None,
        })
    }

    /// Whether somebody has a session that is on a socket or sleeps with leave.
    pub(crate) fn is_here(&self, person: &Person) -> bool {
        let mut own = self.sessions.iter().filter(|s| s.person == *person);
        own.any(|s| s.state != ModelSessionState::Lost)
    }

    pub(crate) fn is_present(&self, agent: &str) -> bool {
        self.is_here(&Person::Agent(agent.into()))
    }

    pub(crate) fn is_awake(&self, agent: &str) -> bool {
        let person = Person::Agent(agent.into());
        let mut own = self.sessions.iter().filter(|s| s.person == person);
        own.any(|s| s.state == ModelSessionState::Live)
    }

    pub(crate) fn is_reachable(&self, agent: &ModelAgent) -> bool {
        agent.online && !agent.removed && self.is_present(&agent.id)
    }

    pub(crate) fn is_member(&self, agent: &str, department: usize) -> bool {
        self.departments[department].joined.iter().any(|a| a.as_deref() == Some(agent))
    }

    /// What counts against an agent's capacity: the conversation, and its department.
    pub(crate) fn burdens(&self, agent: &str) -> Vec<(&str, usize)> {
        let own = |c: &&ModelConversation| c.is_held_by(agent) || c.is_offered_to(agent);
        let own = self.conversations.iter().filter(own).map(|c| (&*c.id, c.department));
        let wraps = self.wrap_ups.iter().filter(|wrap| wrap.agent == agent);
        own.chain(wraps.map(|wrap| (&*wrap.conversation, wrap.department))).collect()
    }

    pub(crate) fn load(&self, agent: &str) -> usize {
        self.burdens(agent).len()
    }

    pub(crate) fn load_in(&self, agent: &str, department: usize) -> usize {
        self.burdens(agent).iter().filter(|(_, of)| *of == department).count()
    }

    /// Who waits in a department, asked for or not, in order.
    pub(crate) fn line(&self, department: usize) -> Vec<&ModelConversation> {
        let waiting = self.conversations.iter().filter(|c| c.is_waiting());
        let mut waiting: Vec<_> = waiting.filter(|c| c.department == department).collect();
        waiting.sort_by_key(|c| (-i64::from(c.priority), c.place));
        waiting
    }

    /// How long a conversation has waited until now.
    pub(crate) fn waited(&self, c: &ModelConversation) -> u64 {
        let waits = if c.is_waiting() { self.clock.saturating_sub(c.since) } else { 0 };
        c.waited.saturating_add(waits)
    }

    pub(crate) fn staff(&self, department: usize) -> usize {
        let members = self.agents.iter().filter(|a| self.is_member(&a.id, department));
        members.filter(|a| self.is_reachable(a)).count()
    }
}
