//! The live view: a snapshot, then what changed, at most ten times a second, encoded once for
//! all who may see the same.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use switchboard_protocol::{
    ServerMessage,
    model::{LiveDelta, LiveQueued, LiveRemoved, LiveSnapshot, LiveTotals},
};
use switchboard_routing::{
    Agent, AgentId, Conversation, Department, DepartmentId, Event, Notice, Person, Record,
    SessionId, State, Timestamp, Workspace,
};

use super::{commit::Effect, hello::is_back_end, totals::Totals, worker::Worker};
use crate::seam::SharedMessage;

/// At most one round of deltas in so long.
const ROUND_MS: u64 = 100;
/// So many of the queued are shown.
const QUEUED_SHOWN: usize = 100;

/// What a watcher may see: everything, or these departments and their people.
pub(crate) type Scope = Option<BTreeSet<DepartmentId>>;

#[derive(Debug)]
struct Watcher {
    agent: AgentId,
    /// What it was shown last: a change of its rights calls for a new snapshot.
    scope: Scope,
    /// It has had no snapshot, or missed a delta.
    behind: bool,
    /// Its session is on a socket.
    here: bool,
}

/// Who watches, and what changed since they were told.
#[derive(Debug, Default)]
pub(crate) struct Live {
    watchers: HashMap<SessionId, Watcher>,
    agents: BTreeSet<AgentId>,
    departments: BTreeSet<DepartmentId>,
    removed_agents: BTreeSet<AgentId>,
    removed_departments: BTreeSet<DepartmentId>,
    stirred: bool,
    last_round: Timestamp,
    totals: Totals,
}

impl Live {
    /// When the last hour will have been quiet; none: it was.
    pub(crate) fn quiet_at(&self) -> Option<Timestamp> {
        self.totals.over_at()
    }

    /// Notes an event, and the wait that it ended: in the totals always, for the watchers where
    /// there are any.
    pub(crate) fn observe(&mut self, record: &Record, wait_ms: Option<u64>, core: &Workspace) {
        self.totals.observe(record, wait_ms);
        if self.watchers.is_empty() {
            return;
        }
        self.stirred = true;
        if changes_scopes(&record.event) {
            // Who sees only some departments sees other people now: the whole, afresh.
            let scoped = self.watchers.values_mut().filter(|watcher| watcher.scope.is_some());
            scoped.for_each(|watcher| watcher.behind = true);
        }
        match &record.event {
            Event::AgentRemoved { agent_id } => {
                self.agents.remove(agent_id);
                self.removed_agents.insert(agent_id.clone());
            }
            Event::DepartmentDeleted { department_id } => {
                self.departments.remove(department_id);
                self.removed_departments.insert(department_id.clone());
                self.agents.extend(core.agents().map(|agent| agent.id.clone()));
            }
            Event::ConversationOpened { department_id, .. }
            | Event::ConversationQueued { department_id, .. }
            | Event::ConversationReopened { department_id, .. }
            | Event::ConversationRejected { department_id, .. }
            | Event::DepartmentCreated { department_id, .. }
            | Event::DepartmentUpdated { department_id, .. }
            | Event::DepartmentOpened { department_id }
            | Event::DepartmentClosed { department_id } => self.see_department(department_id),
            // An offer takes room as an assignment does.
            Event::ConversationAssigned { department_id, agent_id, .. }
            | Event::ConversationOffered { department_id, agent_id, .. }
            | Event::OfferEnded { department_id, agent_id, .. } => {
                self.see_department(department_id);
                self.see_agent(agent_id, core);
            }
            Event::ConversationTransferred {
                department_id,
                from_department_id,
                from_agent_id,
                ..
            } => {
                self.see_department(department_id);
                self.see_department(from_department_id);
                if let Some(giver) = from_agent_id {
                    self.see_agent(giver, core);
                }
            }
            Event::WrapUpEnded { agent_id, .. } => self.see_agent(agent_id, core),
            Event::ConversationRequeued { department_id, agent_id, passed, .. } => {
                self.see_department(department_id);
                passed.iter().for_each(|from| self.see_department(from));
                if let Some(agent) = agent_id {
                    self.see_agent(agent, core);
                }
            }
            Event::ConversationClosed { department_id, agent_id, .. } => {
                self.see_department(department_id);
                if let Some(agent) = agent_id {
                    self.see_agent(agent, core);
                }
            }
            Event::AgentAdded { agent_id, .. } | Event::AgentUpdated { agent_id, .. } => {
                self.see_agent(agent_id, core);
            }
            Event::AvailabilityChanged { agent_id, .. }
            | Event::PresenceChanged { agent_id, .. } => {
                self.see_agent(agent_id, core);
                self.see_departments_of(agent_id, core);
            }
            Event::MemberAdded { department_id, agent_id }
            | Event::MemberRemoved { department_id, agent_id } => {
                self.see_department(department_id);
                self.see_agent(agent_id, core);
            }
            Event::WorkspaceRecovered => {
                self.watchers.values_mut().for_each(|watcher| watcher.behind = true);
            }
            _ => {}
        }
    }

    /// Who gave something to another by no event of its own holds less than it did.
    pub(crate) fn observe_notice(&mut self, to: &Person, notice: &Notice) {
        if let (Person::Agent(agent), Notice::ConversationReleased { .. }) = (to, notice) {
            self.changed(agent);
        }
    }

    fn see_department(&mut self, id: &DepartmentId) {
        self.departments.insert(id.clone());
    }

    fn see_agent(&mut self, id: &AgentId, core: &Workspace) {
        // A removed one's last events come before its removal, but are looked at after it.
        if core.agent(id.as_str()).is_some() {
            self.agents.insert(id.clone());
        }
    }

    fn see_departments_of(&mut self, id: &AgentId, core: &Workspace) {
        if let Some(agent) = core.agent(id.as_str()) {
            self.departments.extend(core.departments_of(agent).map(|d| d.id.clone()));
        }
    }

    /// An agent is not what it was, which no event says: its name, for one.
    pub(crate) fn changed(&mut self, id: &AgentId) {
        if !self.watchers.is_empty() {
            self.agents.insert(id.clone());
            self.stirred = true;
        }
    }

    /// A watcher missed something: its unsent delta was replaced by a newer one, or its socket
    /// by another. It gets a snapshot next.
    pub(crate) fn fell_behind(&mut self, session: &SessionId) {
        if let Some(watcher) = self.watchers.get_mut(session) {
            watcher.behind = true;
            self.stirred = true;
        }
    }

    pub(crate) fn unsubscribe(&mut self, session: &SessionId) {
        self.watchers.remove(session);
    }

    /// A watcher's session lost its socket, or has one again: then it sees the whole afresh.
    pub(crate) fn set_here(&mut self, session: &SessionId, here: bool) {
        if let Some(watcher) = self.watchers.get_mut(session) {
            (watcher.here, watcher.behind) = (here, true);
            self.stirred = true;
        }
    }

    /// When the next round is due.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let watched = self.stirred && self.watchers.values().any(|watcher| watcher.here);
        watched.then(|| self.last_round.plus_ms(ROUND_MS))
    }
}

impl Worker {
    /// A session of an agent's wants the live view from now on.
    pub(crate) fn subscribe(&mut self, session: &SessionId, agent: &AgentId) {
        let scope = self.scope_of(agent);
        let watcher = Watcher { agent: agent.clone(), scope, behind: true, here: true };
        self.live.watchers.insert(session.clone(), watcher);
        self.live.stirred = true;
    }

    /// What an agent may see of the live view, now: admins everything.
    pub(crate) fn scope_of(&self, agent: &AgentId) -> Scope {
        if self.is_admin(agent) || is_back_end(agent) {
            return None;
        }
        let own = self.core.agent(agent.as_str());
        let departments = own.into_iter().flat_map(|agent| self.core.departments_of(agent));
        Some(departments.map(|department| department.id.clone()).collect())
    }

    /// Sends what changed to everyone who watches, where a round is due.
    pub(crate) fn tell_live(&mut self) {
        let now = self.clock.now();
        if self.live.deadline().is_none_or(|due| due > now) {
            return;
        }
        self.live.last_round = now;
        self.live.stirred = false;
        let mut snapshots = Vec::new();
        let mut deltas = Vec::new();
        let here = self.live.watchers.iter().filter(|(_, watcher)| watcher.here);
        for session in here.map(|(session, _)| session.clone()).collect::<Vec<_>>() {
            // Who comes back is told the whole.
            let stream = self.streams.find(&session);
            let Some(link) = stream.and_then(|stream| stream.link.clone()) else { continue };
            let Some((scope, whole)) = self.next_for(&session) else { continue };
            let made = if whole { &mut snapshots } else { &mut deltas };
            let message = match made.iter().find(|(own, _)| *own == scope) {
                Some((_, message)) => SharedMessage::clone(message),
                None => {
                    let message = SharedMessage::new(if whole {
                        ServerMessage::LiveSnapshot(Arc::new(self.live_snapshot(&scope)))
                    } else {
                        ServerMessage::LiveDelta(Arc::new(self.live_delta(&scope)))
                    });
                    made.push((scope, message.clone()));
                    message
                }
            };
            self.effect(Effect::Watch(session, link, message));
        }
        self.live.agents.clear();
        self.live.departments.clear();
        self.live.removed_agents.clear();
        self.live.removed_departments.clear();
    }

    /// What a watcher is to be sent: its scope, and whether it is the whole.
    fn next_for(&mut self, session: &SessionId) -> Option<(Scope, bool)> {
        let agent = self.live.watchers.get(session)?.agent.clone();
        let scope = self.scope_of(&agent);
        let watcher = self.live.watchers.get_mut(session)?;
        let whole = std::mem::take(&mut watcher.behind) || watcher.scope != scope;
        watcher.scope.clone_from(&scope);
        Some((scope, whole))
    }

    /// The live view as a whole.
    pub(crate) fn live_snapshot(&self, scope: &Scope) -> LiveSnapshot {
        let view = self.view();
        let agents = self.core.agents().filter(|agent| self.covers(scope, agent));
        let departments = self.core.departments().filter(|d| includes(scope, &d.id));
        LiveSnapshot {
            at: view.now.0,
            agents: agents.map(|agent| view.live_agent(agent)).collect(),
            departments: departments.map(|department| view.live_department(department)).collect(),
            totals: self.totals(scope),
            queued: self.first_queued(scope),
        }
    }

    fn live_delta(&self, scope: &Scope) -> LiveDelta {
        let view = self.view();
        let agents = self.live.agents.iter().filter_map(|id| self.core.agent(id.as_str()));
        let agents = agents.filter(|agent| self.covers(scope, agent));
        let departments = self.live.departments.iter();
        let departments = departments.filter_map(|id| self.core.department(id.as_str()));
        let departments = departments.filter(|department| includes(scope, &department.id));
        let gone = self.live.removed_departments.iter();
        LiveDelta {
            at: view.now.0,
            agents: agents.map(|agent| view.live_agent(agent)).collect(),
            departments: departments.map(|department| view.live_department(department)).collect(),
            totals: self.totals(scope),
            queued: self.first_queued(scope),
            removed: LiveRemoved {
                agent_ids: self.live.removed_agents.iter().map(ToString::to_string).collect(),
                department_ids: gone.map(ToString::to_string).collect(),
            },
        }
    }

    fn totals(&self, scope: &Scope) -> LiveTotals {
        let waiting = |d: &Department| if includes(scope, &d.id) { d.queued() as u64 } else { 0 };
        let waiting = self.core.departments().map(waiting).sum();
        self.live.totals.of_last_hour(self.now(), scope, waiting)
    }

    /// Those who wait and whom nobody is asked to take. Their places count those who are offered.
    fn first_queued(&self, scope: &Scope) -> Vec<LiveQueued> {
        let now = self.now();
        let departments = self.core.departments().filter(|d| includes(scope, &d.id));
        let queued = |(conversation, _): &(&Conversation, u64)| conversation.state == State::Queued;
        let places = departments
            .flat_map(|d| self.core.queue(d).zip(1u64..).filter(queued).take(QUEUED_SHOWN));
        let mut places: Vec<_> = places.collect();
        places.sort_by_key(|(conversation, _)| (-conversation.priority, conversation.place));
        let shown = places.into_iter().take(QUEUED_SHOWN);
        shown
            .map(|(conversation, position)| LiveQueued {
                conversation_id: conversation.id.to_string(),
                department_id: conversation.department_id.to_string(),
                position,
                waited_ms: conversation.waited_ms(now),
            })
            .collect()
    }

    fn covers(&self, scope: &Scope, agent: &Agent) -> bool {
        scope.is_none() || self.core.departments_of(agent).any(|d| includes(scope, &d.id))
    }
}

/// Whether somebody may have come into, or gone out of, what a department's people see.
fn changes_scopes(event: &Event) -> bool {
    matches!(
        event,
        Event::MemberAdded { .. }
            | Event::MemberRemoved { .. }
            | Event::AgentRemoved { .. }
            | Event::DepartmentDeleted { .. }
    )
}

fn includes(scope: &Scope, department: &DepartmentId) -> bool {
    scope.as_ref().is_none_or(|own| own.contains(department))
}
