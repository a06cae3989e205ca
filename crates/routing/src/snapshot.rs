//! A workspace as plain data, so that a log need not be replayed from its beginning.
//!
//! Sets and indices are rebuilt from it. Sessions are in it although whoever takes a workspace up
//! again finds everybody lost: the events that follow a snapshot are about them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Availability, Config, Conversation, ConversationId, DepartmentId, Origin, Person,
    Policy, Record, Role, Session, SessionId, SessionState, Timestamp, VERSION, VisitorId,
    Workspace,
    agent::{Agent, Membership},
    department::Department,
    skills::Skills,
    slab::AgentIx,
    visitor::Visitor,
    workspace::KeyEntry,
};

/// The whole of a workspace at a position, in a form that is a promise: [`VERSION`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The version of this form.
    pub version: u16,
    /// Position of the last event in it.
    pub position: u64,
    epoch: u64,
    clock: Timestamp,
    created_at: Timestamp,
    config: Config,
    next_place: u64,
    departments: Vec<DepartmentState>,
    agents: Vec<AgentState>,
    conversations: Vec<Conversation>,
    sessions: Vec<SessionEntry>,
    /// Visitors who are gone, since when.
    gone: Vec<(VisitorId, Timestamp)>,
    keys: Vec<KeyState>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct DepartmentState {
    id: DepartmentId,
    name: String,
    policy: Policy,
    open: bool,
    deleted: bool,
    created_at: Timestamp,
    next_joined: u64,
    turn: u64,
    members: Vec<(u64, AgentId)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct AgentState {
    id: AgentId,
    role: Role,
    capacity: u32,
    skills: Vec<String>,
    availability: Availability,
    availability_since: Timestamp,
    availability_by: Origin,
    present: bool,
    present_since: Timestamp,
    removed: bool,
    last_assigned: u64,
    last_active: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SessionEntry {
    id: SessionId,
    person: Person,
    /// Since when it is without a socket; none: it is on one.
    lost: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeyState {
    visitor_id: VisitorId,
    key: Arc<str>,
    conversation_id: ConversationId,
    fingerprint: u64,
}

impl Workspace {
    /// The workspace as plain data.
    pub fn snapshot(&self) -> Snapshot {
        let gone = |(id, visitor): (&VisitorId, &Visitor)| Some((id.clone(), visitor.left_at?));
        Snapshot {
            version: VERSION,
            position: self.position,
            epoch: self.epoch,
            clock: self.clock,
            created_at: self.created_at,
            config: self.config.clone(),
            next_place: self.next_place,
            departments: self.departments.iter().map(|(_, d)| self.department_state(d)).collect(),
            agents: self.agents.iter().map(|(_, agent)| agent_state(agent)).collect(),
            conversations: self.conversations().cloned().collect(),
            sessions: self.sessions.iter().map(session_entry).collect(),
            gone: self.visitors.iter().filter_map(gone).collect(),
            keys: self.keys.iter().map(key_state).collect(),
        }
    }

    fn department_state(&self, department: &Department) -> DepartmentState {
        let id_of = |(joined, ix): (&u64, &AgentIx)| (*joined, self.agents[*ix].id.clone());
        DepartmentState {
            id: department.id.clone(),
            name: department.name.clone(),
            policy: department.policy.clone(),
            open: department.open,
            deleted: department.deleted,
            created_at: department.created_at,
            next_joined: department.next_joined,
            turn: department.turn,
            members: department.members.iter().map(id_of).collect(),
        }
    }

    /// The workspace that a snapshot and the events after it make. Follow it with
    /// [`crate::Command::Recover`], since nobody is connected.
    pub fn restore(snapshot: &Snapshot, tail: &[Record]) -> Self {
        let mut workspace = Self::new(snapshot.epoch);
        workspace.position = snapshot.position;
        workspace.clock = snapshot.clock;
        workspace.created_at = snapshot.created_at;
        workspace.config = snapshot.config.clone();
        workspace.next_place = snapshot.next_place;
        snapshot.departments.iter().for_each(|state| workspace.restore_department(state));
        snapshot.agents.iter().for_each(|state| workspace.restore_agent(state));
        snapshot.departments.iter().for_each(|state| workspace.restore_members(state));
        snapshot.sessions.iter().for_each(|entry| workspace.restore_session(entry));
        for (visitor, left_at) in &snapshot.gone {
            workspace.visitors.entry(visitor.clone()).or_default().left_at = Some(*left_at);
        }
        for conversation in &snapshot.conversations {
            workspace.restore_conversation(conversation);
        }
        for state in &snapshot.keys {
            let entry = KeyEntry {
                conversation_id: state.conversation_id.clone(),
                fingerprint: state.fingerprint,
            };
            workspace.keys.insert((state.visitor_id.clone(), state.key.clone()), entry);
        }
        workspace.stirred.clear();
        tail.iter().for_each(|record| workspace.replay(record));
        workspace
    }

    fn restore_department(&mut self, state: &DepartmentState) {
        let mut department = Department::new(
            state.id.clone(),
            state.name.clone(),
            state.policy.clone(),
            state.created_at,
        );
        (department.open, department.deleted) = (state.open, state.deleted);
        (department.next_joined, department.turn) = (state.next_joined, state.turn);
        self.open_departments += u32::from(!state.deleted);
        let ix = self.departments.insert(department);
        self.department_ids.insert(state.id.clone(), ix);
    }

    fn restore_agent(&mut self, state: &AgentState) {
        let skill_set = match state.removed {
            true => Skills::none(),
            false => self.skills.hold(&state.skills),
        };
        self.seats += u32::from(!state.removed);
        self.admins += u32::from(!state.removed && state.role == Role::Admin);
        let ix = self.agents.insert(Agent {
            id: state.id.clone(),
            role: state.role,
            capacity: state.capacity,
            skills: state.skills.clone(),
            availability: state.availability,
            availability_since: state.availability_since,
            availability_by: state.availability_by.clone(),
            present: state.present,
            present_since: state.present_since,
            removed: state.removed,
            skill_set,
            sessions: Default::default(),
            lost: Default::default(),
            memberships: Default::default(),
            conversations: Default::default(),
            held: Default::default(),
            last_assigned: state.last_assigned,
            last_active: state.last_active,
        });
        self.agent_ids.insert(state.id.clone(), ix);
    }

    fn restore_members(&mut self, state: &DepartmentState) {
        let Some(department) = self.department_ids.get(&state.id).copied() else { return };
        for (joined, agent) in &state.members {
            let Some(agent) = self.agent_ids.get(agent).copied() else { continue };
            self.departments[department].members.insert(*joined, agent);
            let membership = Membership { joined: *joined, rank: None, staff: false };
            self.agents[agent].memberships.insert(department, membership);
            self.refresh(agent);
        }
    }

    fn restore_session(&mut self, entry: &SessionEntry) {
        let state = entry.lost.map_or(SessionState::Live, SessionState::Lost);
        match &entry.person {
            Person::Agent(agent) => {
                let Some(ix) = self.agent_ids.get(agent).copied() else { return };
                let agent = &mut self.agents[ix];
                let sessions = match state {
                    SessionState::Live | SessionState::Held { .. } => &mut agent.sessions,
                    SessionState::Lost(_) => &mut agent.lost,
                };
                sessions.insert(entry.id.clone());
            }
            Person::Visitor(visitor) if state == SessionState::Live => {
                let visitor = self.visitors.entry(visitor.clone()).or_default();
                visitor.sessions.insert(entry.id.clone());
            }
            Person::Visitor(_) => {}
        }
        self.sessions.insert(entry.id.clone(), Session { person: entry.person.clone(), state });
    }

    fn restore_conversation(&mut self, conversation: &Conversation) {
        let ix = self.put_in(conversation.clone(), false);
        let holder = conversation.agent_id.as_ref().and_then(|id| self.agent_ids.get(id).copied());
        match holder {
            Some(agent) => self.give(ix, agent),
            None => self.enter_queue(ix),
        }
    }
}

fn agent_state(agent: &Agent) -> AgentState {
    AgentState {
        id: agent.id.clone(),
        role: agent.role,
        capacity: agent.capacity,
        skills: agent.skills.clone(),
        availability: agent.availability,
        availability_since: agent.availability_since,
        availability_by: agent.availability_by.clone(),
        present: agent.present,
        present_since: agent.present_since,
        removed: agent.removed,
        last_assigned: agent.last_assigned,
        last_active: agent.last_active,
    }
}

fn session_entry((id, session): (&SessionId, &Session)) -> SessionEntry {
    let lost = match session.state {
        SessionState::Live | SessionState::Held { .. } => None,
        SessionState::Lost(since) => Some(since),
    };
    SessionEntry { id: id.clone(), person: session.person.clone(), lost }
}

fn key_state(((visitor_id, key), entry): (&(VisitorId, Arc<str>), &KeyEntry)) -> KeyState {
    KeyState {
        visitor_id: visitor_id.clone(),
        key: key.clone(),
        conversation_id: entry.conversation_id.clone(),
        fingerprint: entry.fingerprint,
    }
}
