//! What happens to agents. Whatever changes whether, or in what order, an agent may be picked
//! ends in [`Workspace::refresh`].

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Agent, AgentId, Availability, By, ConversationId, DepartmentId, Event, Record, Role, Workspace,
    agent::{Membership, Noted, Standing},
    ready::Rank,
    skills::Skills,
    slab::{AgentIx, DepartmentIx},
};

impl Workspace {
    pub(super) fn apply_agent_added(
        &mut self,
        record: &Record,
        id: &AgentId,
        role: Role,
        capacity: u32,
        skills: &[String],
    ) {
        let skill_set = self.skills.hold(skills);
        let ix = self.agents.insert(Agent {
            id: id.clone(),
            role,
            capacity,
            skills: skills.to_vec(),
            availability: Availability::Away,
            availability_since: record.at,
            availability_by: record.origin.clone(),
            present: false,
            present_since: record.at,
            removed: false,
            skill_set,
            sessions: BTreeSet::new(),
            asleep: BTreeSet::new(),
            lost: BTreeSet::new(),
            memberships: BTreeMap::new(),
            conversations: BTreeSet::new(),
            held: BTreeMap::new(),
            offers: BTreeMap::new(),
            wrapping: BTreeMap::new(),
            load_in: BTreeMap::new(),
            misses: 0,
            active_at: record.at,
            serves: false,
            noted: None,
            last_assigned: 0,
            last_active: 0,
        });
        let taken = self.agent_ids.insert(id.clone(), ix);
        assert!(taken.is_none(), "an agent's id is given once");
        self.staff += 1;
        self.admins += u32::from(role == Role::Admin);
    }

    pub(super) fn apply_agent_updated(
        &mut self,
        id: &AgentId,
        role: Role,
        capacity: u32,
        skills: &[String],
    ) {
        let ix = self.known_agent(id);
        let skill_set = self.skills.hold(skills);
        if skill_set != self.agents[ix].skill_set {
            // It stands in the ready sets under its old skills.
            self.withdraw(ix);
        }
        self.skills.release(self.agents[ix].skill_set);
        let agent = &mut self.agents[ix];
        self.admins -= u32::from(agent.role == Role::Admin);
        self.admins += u32::from(role == Role::Admin);
        (agent.role, agent.capacity) = (role, capacity);
        (agent.skills, agent.skill_set) = (skills.to_vec(), skill_set);
        self.refresh(ix);
    }

    pub(super) fn apply_agent_removed(&mut self, id: &AgentId) {
        let ix = self.known_agent(id);
        let agent = &mut self.agents[ix];
        let free = agent.conversations.is_empty() && agent.offers.is_empty();
        assert!(free, "a removed agent holds nothing, and is asked for nothing");
        (agent.removed, agent.present) = (true, false);
        let wrapping: Vec<ConversationId> = agent.wrapping.keys().cloned().collect();
        for id in wrapping {
            self.end_wrap_up(ix, &id);
        }
        self.staff -= 1;
        self.admins -= u32::from(self.agents[ix].role == Role::Admin);
        let departments: Vec<_> = self.agents[ix].memberships.keys().copied().collect();
        for department in departments {
            self.leave_department(ix, department);
        }
        self.refresh(ix);
        // Its tombstone is asked for nothing any more.
        let skill_set = std::mem::replace(&mut self.agents[ix].skill_set, Skills::none());
        self.skills.release(skill_set);
    }

    pub(super) fn apply_member_added(&mut self, department: &DepartmentId, agent: &AgentId) {
        let (department, agent) = (self.known_department(department), self.known_agent(agent));
        let room = &mut self.departments[department];
        let joined = room.next_joined;
        room.next_joined += 1;
        room.members.insert(joined, agent);
        self.agents[agent].memberships.insert(department, Membership::new(joined));
        self.refresh(agent);
    }

    pub(super) fn apply_member_removed(&mut self, department: &DepartmentId, agent: &AgentId) {
        let (department, agent) = (self.known_department(department), self.known_agent(agent));
        self.leave_department(agent, department);
    }

    pub(super) fn leave_department(&mut self, agent: AgentIx, department: DepartmentIx) {
        let Some(membership) = self.agents[agent].memberships.remove(&department) else { return };
        let room = &mut self.departments[department];
        room.members.remove(&membership.joined);
        if let Some(standing) = membership.standing {
            room.count(standing, false);
            if let Some(rank) = membership.rank {
                room.pickable(standing).remove(rank, &self.agents[agent], agent);
            }
        }
        self.suspect(agent);
    }

    pub(super) fn apply_availability(
        &mut self,
        record: &Record,
        id: &AgentId,
        availability: Availability,
    ) {
        let ix = self.known_agent(id);
        let agent = &mut self.agents[ix];
        agent.availability = availability;
        agent.availability_since = record.at;
        agent.availability_by = record.origin.clone();
        agent.misses = 0;
        self.refresh(ix);
    }

    pub(super) fn apply_presence(&mut self, id: &AgentId, present: bool) {
        let (ix, now) = (self.known_agent(id), self.clock);
        self.miss(ix, false);
        let agent = &mut self.agents[ix];
        (agent.present, agent.present_since) = (present, now);
        if !planted!(GraceNotStarted) {
            self.miss(ix, true);
        }
        self.refresh(ix);
    }

    /// Enters an absent agent among those whom the departments of what it holds miss, or takes
    /// it out again. To be called around every change of its presence and of what it holds.
    pub(super) fn miss(&mut self, ix: AgentIx, enter: bool) {
        let agent = &self.agents[ix];
        if agent.present {
            return;
        }
        let entry = (agent.present_since, ix);
        let departments: Vec<DepartmentIx> = agent.held.keys().copied().collect();
        for department in departments {
            let missing = &mut self.departments[department].missing;
            if enter {
                missing.insert(entry)
            } else {
                missing.remove(&entry)
            };
            self.rearm(department);
        }
    }

    /// Brings an agent's places among the ready ones in line with what it is now. Where it can
    /// be picked and could not before, that department's queue is drained at the step's end.
    pub(crate) fn refresh(&mut self, ix: AgentIx) {
        let Self { agents, departments, stirred, .. } = self;
        let mut memberships = std::mem::take(&mut agents[ix].memberships);
        let agent = &agents[ix];
        for (department, membership) in &mut memberships {
            let room = &mut departments[*department];
            let standing = agent.standing(*department, room.policy.agent_capacity);
            let rank = matches!(standing, Standing::Ready | Standing::Asleep)
                .then(|| Rank::of(agent, membership.joined, room.policy.strategy));
            if (Some(standing), rank) == (membership.standing, membership.rank) {
                continue;
            }
            if let Some(old) = membership.standing {
                room.count(old, false);
                if let Some(rank) = membership.rank {
                    room.pickable(old).remove(rank, agent, ix);
                }
            }
            room.count(standing, true);
            if let Some(rank) = rank {
                room.pickable(standing).insert(rank, agent, ix);
                if membership.rank.is_none() && room.queued > 0 && !planted!(FreedNotServed) {
                    stirred.insert(*department);
                }
            }
            (membership.standing, membership.rank) = (Some(standing), rank);
        }
        agents[ix].memberships = memberships;
        self.note_serving(ix);
        self.note_times(ix);
        self.suspect(ix);
    }

    /// Lets an agent's offers be looked at before the step is over.
    pub(super) fn suspect(&mut self, ix: AgentIx) {
        if !self.agents[ix].offers.is_empty() {
            self.suspects.insert(ix);
        }
    }

    /// Counts what an agent holds as served while it is reachable.
    fn note_serving(&mut self, ix: AgentIx) {
        let agent = &mut self.agents[ix];
        let serves = agent.is_reachable();
        if serves == agent.serves {
            return;
        }
        agent.serves = serves;
        for (department, held) in &self.agents[ix].held {
            let serving = &mut self.departments[*department].serving;
            *serving = if serves { *serving + held } else { *serving - held };
        }
    }

    /// Keeps an agent among those whom time sets away, where it is one of them.
    pub(super) fn note_times(&mut self, ix: AgentIx) {
        let agent = &self.agents[ix];
        let online = agent.availability == Availability::Online && !agent.removed;
        let since = agent.present_since.max(agent.availability_since);
        let noted = match (online, agent.present) {
            (true, false) => Some(Noted::Absent(since)),
            (true, true) if agent.is_awake() && self.config.idle_away_ms.is_some() => {
                Some(Noted::Idle(since.max(agent.active_at)))
            }
            _ => None,
        };
        if noted == agent.noted {
            return;
        }
        match std::mem::replace(&mut self.agents[ix].noted, noted) {
            Some(Noted::Absent(since)) => self.deadlines.absent.remove(&(since, ix)),
            Some(Noted::Idle(since)) => self.deadlines.idle.remove(&(since, ix)),
            None => false,
        };
        match noted {
            Some(Noted::Absent(since)) => self.deadlines.absent.insert((since, ix)),
            Some(Noted::Idle(since)) => self.deadlines.idle.insert((since, ix)),
            None => false,
        };
    }

    /// Whatever an agent does itself shows that it is not idle.
    pub(super) fn note_activity(&mut self, record: &Record) {
        let doer = match (&record.event, record.origin.by) {
            (Event::AgentActive { agent_id }, _) => Some(agent_id.as_str()),
            // An admin is an agent too, whatever it does as the one or the other.
            (_, By::Agent | By::Admin) => record.origin.by_id.as_deref(),
            _ => None,
        };
        if let Some(ix) = doer.and_then(|id| self.agent_ix(id)) {
            self.agents[ix].active_at = self.clock;
            self.note_times(ix);
        }
    }

    /// Takes an agent out of every ready set, until the next refresh.
    fn withdraw(&mut self, ix: AgentIx) {
        let mut memberships = std::mem::take(&mut self.agents[ix].memberships);
        for (department, membership) in &mut memberships {
            let standing = membership.standing.zip(membership.rank.take());
            if let Some((standing, rank)) = standing {
                let room = &mut self.departments[*department];
                room.pickable(standing).remove(rank, &self.agents[ix], ix);
            }
        }
        self.agents[ix].memberships = memberships;
    }

    /// The place of an agent that an event names, removed or not.
    #[allow(clippy::panic)] // see the module: events name what exists
    pub(super) fn known_agent(&self, id: &AgentId) -> AgentIx {
        match self.agent_ids.get(id) {
            Some(ix) => *ix,
            None => panic!("an event names an agent that never was"),
        }
    }
}
