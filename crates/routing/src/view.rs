//! Looking at a workspace. Nothing here changes it.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    Agent, Config, Conversation, ConversationId, Department, DepartmentId, InviteId, Person,
    Session, SessionId, Timestamp, VisitorId, Workspace,
    conversation::Active,
    slab::{AgentIx, ConversationIx, DepartmentIx},
};

impl Workspace {
    /// Position of the last event; 0: nothing has happened.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The epoch under which events are written.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Workspace time: when the last event happened.
    pub fn clock(&self) -> Timestamp {
        self.clock
    }

    /// When the workspace was created.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Its own settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How many seats are taken: by agents, and by invites that are pending.
    pub fn seats(&self) -> u32 {
        let reserved = u32::try_from(self.reserved.len()).unwrap_or(u32::MAX);
        self.staff.saturating_add(reserved)
    }

    /// The pending invites that hold a seat, by id, each with until when.
    pub fn reserved_seats(&self) -> impl Iterator<Item = (&InviteId, Timestamp)> {
        self.reserved.iter().map(|(invite, until)| (invite, *until))
    }

    /// Until when a pending invite holds its seat.
    pub fn reserved_until(&self, invite: &str) -> Option<Timestamp> {
        self.reserved.get(invite).copied()
    }

    /// How many departments there are.
    pub fn department_count(&self) -> u32 {
        self.open_departments
    }

    /// An agent who was not removed.
    pub fn agent(&self, id: &str) -> Option<&Agent> {
        self.agent_ix(id).map(|ix| &self.agents[ix])
    }

    /// Every agent who was not removed, in the order of adding.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.iter().map(|(_, agent)| agent).filter(|agent| !agent.removed)
    }

    /// Whether an agent's id is in use or was.
    pub fn is_agent_id_taken(&self, id: &str) -> bool {
        self.agent_ids.contains_key(id)
    }

    /// A department that was not deleted.
    pub fn department(&self, id: &str) -> Option<&Department> {
        self.department_ix(id).map(|ix| &self.departments[ix])
    }

    /// Every department that was not deleted, in the order of creation.
    pub fn departments(&self) -> impl Iterator<Item = &Department> {
        self.departments.iter().map(|(_, department)| department).filter(|d| !d.deleted)
    }

    /// The members of a department, in joining order.
    pub fn members<'a>(&'a self, department: &DepartmentId) -> impl Iterator<Item = &'a Agent> {
        let members =
            self.department_ix(department.as_str()).map(|ix| &self.departments[ix].members);
        members.into_iter().flat_map(|m| m.values()).map(|agent| &self.agents[*agent])
    }

    /// The departments an agent is a member of, in the order of their creation.
    pub fn departments_of<'a>(&'a self, agent: &'a Agent) -> impl Iterator<Item = &'a Department> {
        agent.memberships.keys().map(|ix| &self.departments[*ix])
    }

    /// Whether an agent is a member of a department.
    pub fn is_member(&self, agent: &str, department: &str) -> bool {
        match (self.agent_ix(agent), self.department_ix(department)) {
            (Some(agent), Some(department)) => {
                self.agents[agent].memberships.contains_key(&department)
            }
            _ => false,
        }
    }

    /// A conversation that has not ended.
    pub fn conversation(&self, id: &str) -> Option<&Conversation> {
        let ix = self.conversation_ids.get(id)?;
        Some(&self.conversations[*ix].conversation)
    }

    /// Every conversation that has not ended, by id.
    pub fn conversations(&self) -> impl Iterator<Item = &Conversation> {
        self.conversation_ids.values().map(|ix| &self.conversations[*ix].conversation)
    }

    /// How many conversations have not ended.
    pub fn conversation_count(&self) -> usize {
        self.conversations.len()
    }

    /// How many conversations wait, in all departments.
    pub fn queued(&self) -> usize {
        self.waiting.queued
    }

    /// Since when whoever has waited longest, in any department, has waited.
    pub fn waiting_since(&self) -> Option<Timestamp> {
        self.waiting.since()
    }

    /// What an agent holds.
    pub fn held_by(&self, agent: &str) -> impl Iterator<Item = &Conversation> {
        let held = self.agent_ix(agent).map(|ix| &self.agents[ix].conversations);
        held.into_iter().flatten().map(|ix| &self.conversations[*ix].conversation)
    }

    /// What an agent is asked to take, in the order of asking.
    pub fn offered_to(&self, agent: &str) -> impl Iterator<Item = &Conversation> {
        let offers = self.agent_ix(agent).map(|ix| &self.agents[ix].offers);
        offers.into_iter().flat_map(|o| o.values()).map(|ix| &self.conversations[*ix].conversation)
    }

    /// What a visitor has open.
    pub fn opened_by(&self, visitor: &str) -> impl Iterator<Item = &Conversation> {
        let open = self.visitors.get(visitor).map(|visitor| &visitor.conversations);
        open.into_iter().flatten().map(|ix| &self.conversations[*ix].conversation)
    }

    /// The place of a waiting conversation in its department's queue; 1 is next.
    pub fn queue_position(&self, conversation: &Conversation) -> Option<u64> {
        if !conversation.is_waiting() {
            return None;
        }
        let department = self.department_ix(conversation.department_id.as_str())?;
        Some(self.departments[department].ahead_of(conversation.queue_key()) as u64 + 1)
    }

    /// The conversations that wait in a department, in the order in which they are served but
    /// for skills that nobody has.
    pub fn queue<'a>(
        &'a self,
        department: &'a Department,
    ) -> impl Iterator<Item = &'a Conversation> {
        department.line.iter().map(|(_, ix)| &self.conversations[ix].conversation)
    }

    /// Whether a visitor has used an idempotency key.
    pub fn knows_key(&self, visitor: &VisitorId, key: &Arc<str>) -> bool {
        self.keys.contains_key(&(visitor.clone(), key.clone()))
    }

    /// Every idempotency key that is kept: whose, which, and what it opened.
    pub fn keys(&self) -> impl Iterator<Item = (&VisitorId, &Arc<str>, &ConversationId)> {
        self.keys.iter().map(|((visitor, key), entry)| (visitor, key, &entry.conversation_id))
    }

    /// Agents who were not removed and were added after this one, in that order; none for an id
    /// that never was an agent's. Without an id: all.
    pub fn agents_after<'a>(&'a self, id: Option<&str>) -> Option<impl Iterator<Item = &'a Agent>> {
        let after = id.map(|id| self.agent_ids.get(id).copied().ok_or(())).transpose().ok()?;
        let later = move |(ix, agent): &(AgentIx, &Agent)| Some(*ix) > after && !agent.removed;
        Some(self.agents.iter().filter(later).map(|(_, agent)| agent))
    }

    /// Departments that were not deleted and were created after this one, as with agents.
    pub fn departments_after<'a>(
        &'a self,
        id: Option<&str>,
    ) -> Option<impl Iterator<Item = &'a Department>> {
        let after = id.map(|id| self.department_ids.get(id).copied().ok_or(())).transpose().ok()?;
        let later = move |(ix, d): &(DepartmentIx, &Department)| Some(*ix) > after && !d.deleted;
        Some(self.departments.iter().filter(later).map(|(_, department)| department))
    }

    /// A session that is not over.
    pub fn session(&self, id: &SessionId) -> Option<&Session> {
        self.sessions.get(id)
    }

    /// Every session that is not over.
    pub fn sessions(&self) -> impl Iterator<Item = (&SessionId, &Session)> {
        self.sessions.iter()
    }

    /// Whether a person has a live session.
    pub fn is_here(&self, person: &Person) -> bool {
        match person {
            Person::Agent(id) => self.agent(id.as_str()).is_some_and(|a| !a.sessions.is_empty()),
            Person::Visitor(id) => self.visitors.get(id).is_some_and(|v| !v.sessions.is_empty()),
        }
    }

    /// Whether nothing need happen here unless somebody asks: nobody is connected, nothing is
    /// due. Such a workspace need not be in memory. The seats that pending invites hold do not
    /// keep it there: nobody can take one without asking, and whoever asks finds done what is
    /// overdue.
    pub fn is_dormant(&self) -> bool {
        self.sessions.is_empty() && self.deadlines.next_pressing(&self.config).is_none()
    }

    pub(crate) fn agent_ix(&self, id: &str) -> Option<AgentIx> {
        self.agent_ids.get(id).copied().filter(|ix| !self.agents[*ix].removed)
    }

    pub(crate) fn department_ix(&self, id: &str) -> Option<DepartmentIx> {
        self.department_ids.get(id).copied().filter(|ix| !self.departments[*ix].deleted)
    }

    pub(crate) fn conversation_ix(&self, id: &ConversationId) -> Option<ConversationIx> {
        self.conversation_ids.get(id).copied()
    }

    pub(crate) fn active(&self, id: &ConversationId) -> Option<&Active> {
        self.conversation_ix(id).map(|ix| &self.conversations[ix])
    }

    /// The department, or where its queue would be by now: the fallback it had when it was
    /// deleted, or that one's if it was deleted too.
    pub(crate) fn living_department(&self, mut ix: DepartmentIx) -> Option<DepartmentIx> {
        let mut visited = BTreeSet::new();
        while self.departments[ix].deleted {
            if !visited.insert(ix) {
                return None;
            }
            let fallback = self.departments[ix].policy.fallback_department_id.as_ref()?;
            ix = *self.department_ids.get(fallback)?;
        }
        Some(ix)
    }
}
