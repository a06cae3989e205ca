//! What happens to agents. Whatever changes whether, or in what order, an agent may be picked
//! ends in [`Workspace::refresh`].

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Agent, AgentId, Availability, DepartmentId, Record, Role, Workspace,
    agent::Membership,
    department::Department,
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
            lost: BTreeSet::new(),
            memberships: BTreeMap::new(),
            conversations: BTreeSet::new(),
            held: BTreeMap::new(),
            last_assigned: 0,
            last_active: 0,
        });
        let taken = self.agent_ids.insert(id.clone(), ix);
        assert!(taken.is_none(), "an agent's id is given once");
        self.seats += 1;
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
        assert!(agent.conversations.is_empty(), "a removed agent holds nothing");
        (agent.removed, agent.present) = (true, false);
        self.seats -= 1;
        self.admins -= u32::from(self.agents[ix].role == Role::Admin);
        let departments: Vec<_> = self.agents[ix].memberships.keys().copied().collect();
        for department in departments {
            self.leave_department(ix, department);
        }
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
        let membership = Membership { joined, rank: None, staff: false };
        self.agents[agent].memberships.insert(department, membership);
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
        room.staff -= u32::from(membership.staff);
        if let Some(rank) = membership.rank {
            room.ready.remove(rank, &self.agents[agent], agent);
        }
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
        self.refresh(ix);
    }

    pub(super) fn apply_presence(&mut self, id: &AgentId, present: bool) {
        let (ix, now) = (self.known_agent(id), self.clock);
        self.miss(ix, false);
        let agent = &mut self.agents[ix];
        (agent.present, agent.present_since) = (present, now);
        self.miss(ix, true);
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
        let reachable = agents[ix].is_reachable();
        let mut memberships = std::mem::take(&mut agents[ix].memberships);
        let agent = &agents[ix];
        for (department, membership) in &mut memberships {
            let room = &mut departments[*department];
            if membership.staff != reachable {
                membership.staff = reachable;
                room.staff = room.staff + u32::from(reachable) - u32::from(!reachable);
            }
            let rank = rank_in(agent, *department, room, membership);
            if rank == membership.rank {
                continue;
            }
            if let Some(old) = membership.rank {
                room.ready.remove(old, agent, ix);
            }
            if let Some(new) = rank {
                room.ready.insert(new, agent, ix);
                if membership.rank.is_none() && room.queued > 0 {
                    stirred.insert(*department);
                }
            }
            membership.rank = rank;
        }
        agents[ix].memberships = memberships;
    }

    /// Takes an agent out of every ready set, until the next refresh.
    fn withdraw(&mut self, ix: AgentIx) {
        let mut memberships = std::mem::take(&mut self.agents[ix].memberships);
        for (department, membership) in &mut memberships {
            if let Some(rank) = membership.rank.take() {
                self.departments[*department].ready.remove(rank, &self.agents[ix], ix);
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

/// An agent's rank in a department, if it may be picked there: online, present, with room. The
/// department's opening hours are looked at when somebody is picked.
fn rank_in(
    agent: &Agent,
    ix: DepartmentIx,
    department: &Department,
    membership: &Membership,
) -> Option<Rank> {
    let policy = &department.policy;
    let has_room = agent.load() < agent.capacity
        && policy.agent_capacity.is_none_or(|max| agent.held_in(ix) < max);
    (agent.is_reachable() && has_room).then(|| Rank::of(agent, membership.joined, policy.strategy))
}
