//! A workspace as plain data, so that a log need not be replayed from its beginning.
//!
//! Sets and indices are rebuilt from it. Sessions are in it although whoever takes a workspace up
//! again finds everybody lost: the events that follow a snapshot are about them.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Availability, Config, Conversation, ConversationId, DepartmentId, InviteId, Origin,
    Person, Policy, Record, Role, Session, SessionId, SessionState, Timestamp, VERSION, VisitorId,
    Workspace,
    agent::{Agent, Membership},
    department::Department,
    returning::Memory,
    skills::Skills,
    slab::{AgentIx, DepartmentIx},
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
    /// The seats that pending invites hold, and until when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seats: Vec<(InviteId, Timestamp)>,
    /// Who is not asked for which conversation, until when, and whether for having given it away.
    #[serde(default)]
    cooling: Vec<CoolingState>,
    /// Who had which visitor's conversations, in the order of closing.
    #[serde(default)]
    returning: Vec<ReturningState>,
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
    #[serde(default)]
    misses: u32,
    #[serde(default)]
    active_at: Timestamp,
    #[serde(default)]
    wrapping: Vec<WrapUpState>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct WrapUpState {
    conversation_id: ConversationId,
    department_id: DepartmentId,
    until: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct CoolingState {
    conversation_id: ConversationId,
    agent_id: AgentId,
    until: Timestamp,
    giver: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ReturningState {
    visitor_id: VisitorId,
    department_id: DepartmentId,
    agent_id: AgentId,
    closed_at: Timestamp,
    position: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SessionEntry {
    id: SessionId,
    person: Person,
    /// Since when it is without a socket; none: it is on one, or sleeps.
    lost: Option<Timestamp>,
    /// Until when it sleeps, and whether its socket is still there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<(Timestamp, bool)>,
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
            agents: self.agents.iter().map(|(_, agent)| self.agent_state(agent)).collect(),
            conversations: self.conversations().cloned().collect(),
            sessions: self.sessions.iter().map(session_entry).collect(),
            seats: self.reserved_seats().map(|(invite, until)| (invite.clone(), until)).collect(),
            cooling: self.cooling_states(),
            returning: self.returning.iter().map(|memory| self.returning_state(memory)).collect(),
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
            turn: planted!(SnapshotWithoutTurns, 0, department.turn),
            members: department.members.iter().map(id_of).collect(),
        }
    }

    fn agent_state(&self, agent: &Agent) -> AgentState {
        let wrap_up = |(id, (department, until)): (&ConversationId, &(DepartmentIx, Timestamp))| {
            let department_id = self.departments[*department].id.clone();
            WrapUpState { conversation_id: id.clone(), department_id, until: *until }
        };
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
            misses: agent.misses,
            active_at: agent.active_at,
            wrapping: agent.wrapping.iter().map(wrap_up).collect(),
        }
    }

    fn cooling_states(&self) -> Vec<CoolingState> {
        let active = self.conversation_ids.values().map(|ix| &self.conversations[*ix]);
        active
            .flat_map(|active| active.cooling.iter().map(move |c| (active, c)))
            .map(|(active, cooling)| CoolingState {
                conversation_id: active.conversation.id.clone(),
                agent_id: self.agents[cooling.agent].id.clone(),
                until: cooling.until,
                giver: cooling.giver,
            })
            .collect()
    }

    fn returning_state(&self, memory: &Memory) -> ReturningState {
        ReturningState {
            visitor_id: memory.visitor_id.clone(),
            department_id: self.departments[memory.department].id.clone(),
            agent_id: self.agents[memory.agent].id.clone(),
            closed_at: memory.closed_at,
            position: memory.position,
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
        for (invite, until) in &snapshot.seats {
            workspace.reserve_seat(invite, *until);
        }
        for (visitor, left_at) in &snapshot.gone {
            workspace.visitors.entry(visitor.clone()).or_default().left_at = Some(*left_at);
        }
        let mut cooling: BTreeMap<&ConversationId, Vec<&CoolingState>> = BTreeMap::new();
        for state in &snapshot.cooling {
            cooling.entry(&state.conversation_id).or_default().push(state);
        }
        for conversation in &snapshot.conversations {
            let cooling = cooling.remove(&conversation.id).unwrap_or_default();
            workspace.restore_conversation(conversation, &cooling);
        }
        snapshot.agents.iter().for_each(|state| workspace.restore_wrap_ups(state));
        snapshot.returning.iter().for_each(|state| workspace.restore_returning(state));
        for state in &snapshot.keys {
            let entry = KeyEntry {
                conversation_id: state.conversation_id.clone(),
                fingerprint: state.fingerprint,
            };
            workspace.keys.insert((state.visitor_id.clone(), state.key.clone()), entry);
        }
        workspace.come_to_rest();
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
        self.staff += u32::from(!state.removed);
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
            asleep: Default::default(),
            offers: Default::default(),
            wrapping: Default::default(),
            load_in: Default::default(),
            misses: state.misses,
            active_at: state.active_at,
            serves: false,
            noted: None,
            lost: Default::default(),
            memberships: Default::default(),
            conversations: Default::default(),
            held: Default::default(),
            last_assigned: state.last_assigned,
            last_active: state.last_active,
        });
        self.agent_ids.insert(state.id.clone(), ix);
        self.refresh(ix);
    }

    fn restore_wrap_ups(&mut self, state: &AgentState) {
        let Some(agent) = self.agent_ids.get(&state.id).copied() else { return };
        for WrapUpState { conversation_id, department_id, until } in &state.wrapping {
            let Some(department) = self.department_ids.get(department_id).copied() else {
                continue;
            };
            self.wrap_up(agent, conversation_id.clone(), department, *until);
        }
    }

    fn restore_returning(&mut self, state: &ReturningState) {
        let department = self.department_ids.get(&state.department_id).copied();
        let agent = self.agent_ids.get(&state.agent_id).copied();
        if let Some((department, agent)) = department.zip(agent) {
            self.returning.remember(Memory {
                visitor_id: state.visitor_id.clone(),
                department,
                agent,
                closed_at: state.closed_at,
                position: state.position,
            });
        }
    }

    fn restore_members(&mut self, state: &DepartmentState) {
        let Some(department) = self.department_ids.get(&state.id).copied() else { return };
        for (joined, agent) in &state.members {
            let Some(agent) = self.agent_ids.get(agent).copied() else { continue };
            self.departments[department].members.insert(*joined, agent);
            self.agents[agent].memberships.insert(department, Membership::new(*joined));
            self.refresh(agent);
        }
    }

    fn restore_session(&mut self, entry: &SessionEntry) {
        let state = match (entry.lost, entry.held) {
            (Some(since), _) => SessionState::Lost(since),
            (None, Some((until, on_socket))) => SessionState::Held { until, on_socket },
            (None, None) => SessionState::Live,
        };
        match &entry.person {
            Person::Agent(agent) => {
                let Some(ix) = self.agent_ids.get(agent).copied() else { return };
                let agent = &mut self.agents[ix];
                let sessions = match state {
                    SessionState::Live => &mut agent.sessions,
                    SessionState::Held { .. } => &mut agent.asleep,
                    SessionState::Lost(_) => &mut agent.lost,
                };
                sessions.insert(entry.id.clone());
                if let SessionState::Held { until, .. } = state {
                    self.deadlines.holds.insert((until, entry.id.clone()));
                }
                self.refresh(ix);
            }
            Person::Visitor(visitor) if state == SessionState::Live => {
                let visitor = self.visitors.entry(visitor.clone()).or_default();
                visitor.sessions.insert(entry.id.clone());
            }
            Person::Visitor(_) => {}
        }
        self.sessions.insert(entry.id.clone(), Session { person: entry.person.clone(), state });
    }

    fn restore_conversation(&mut self, conversation: &Conversation, cooling: &[&CoolingState]) {
        let ix = self.put_in(conversation.clone(), false);
        for state in cooling {
            if let Some(agent) = self.agent_ids.get(&state.agent_id).copied() {
                self.cool(ix, agent, Some(state.until), state.giver);
            }
        }
        let known = |id: &AgentId| self.agent_ids.get(id).copied();
        let holder = conversation.agent_id.as_ref().and_then(known);
        let asked = conversation.offer.as_ref().and_then(|offer| known(&offer.agent_id));
        match (holder, asked) {
            (Some(agent), _) => self.give(ix, agent),
            (None, Some(agent)) => {
                self.join_line(ix);
                self.enter_wait(ix);
                self.make_offer(ix, agent);
            }
            (None, None) => self.enter_queue(ix),
        }
    }
}

fn session_entry((id, session): (&SessionId, &Session)) -> SessionEntry {
    let (lost, held) = match session.state {
        SessionState::Live => (None, None),
        SessionState::Held { until, on_socket } => (None, Some((until, on_socket))),
        SessionState::Lost(since) => (Some(since), None),
    };
    SessionEntry { id: id.clone(), person: session.person.clone(), lost, held }
}

fn key_state(((visitor_id, key), entry): (&(VisitorId, Arc<str>), &KeyEntry)) -> KeyState {
    KeyState {
        visitor_id: visitor_id.clone(),
        key: key.clone(),
        conversation_id: entry.conversation_id.clone(),
        fingerprint: entry.fingerprint,
    }
}
