//! A workspace: the state, and the two calls that move it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Command, Conversation, ConversationId, DeadlineKind, Decision, DepartmentId, Done,
    Event, Input, InviteId, Origin, Output, Person, Record, Refusal, SessionId, Timestamp,
    VisitorId,
    agent::Agent,
    announce,
    conversation::Active,
    deadline::Deadlines,
    decide::{self, Plan, Planned},
    department::Department,
    returning::Returning,
    skills::Skills,
    slab::{AgentIx, ConversationIx, DepartmentIx, Slab},
    visitor::Visitor,
    waiting::Waiting,
};

/// What a workspace's plan allows; none: unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLimits {
    /// Agents, pending invites included.
    pub seats: Option<u32>,
    /// Departments.
    pub departments: Option<u32>,
}

/// Whether a workspace is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is.
    #[default]
    Active,
    /// The operator stopped it: nothing is lost, nothing is done.
    Suspended,
}

/// A workspace's own settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// What people call it.
    pub name: String,
    /// The plan's name; it means nothing here, the limits do.
    pub plan: String,
    /// What the plan allows.
    pub limits: PlanLimits,
    /// Whether it is served.
    pub status: Status,
    /// Where conversations go that name no department.
    pub default_department_id: Option<DepartmentId>,
    /// An agent absent for so long is set away, in milliseconds; none: never.
    pub absent_away_ms: Option<u64>,
    /// An agent without activity for so long is set away, in milliseconds; none: never.
    pub idle_away_ms: Option<u64>,
    /// The longest leave a sleeping phone may ask for, in milliseconds; 0: none.
    pub mobile_hold_ms: u64,
}

/// A session: a signed-in device. It outlives its socket.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose.
    pub person: Person,
    /// Whether it is on a socket.
    pub state: SessionState,
}

/// Whether a session is on a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// It is.
    Live,
    /// It sleeps with leave.
    Held {
        /// Until when.
        until: Timestamp,
        /// Whether its socket is still there: then it is live again at the end.
        on_socket: bool,
    },
    /// It is not, since then.
    Lost(Timestamp),
}

/// The fingerprint of the open that first used an idempotency key, and what it opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyEntry {
    pub(crate) conversation_id: ConversationId,
    pub(crate) fingerprint: u64,
}

/// A pure, synchronous, deterministic state machine: see the crate's page.
#[derive(Clone, Debug)]
pub struct Workspace {
    pub(crate) epoch: u64,
    pub(crate) position: u64,
    pub(crate) clock: Timestamp,
    pub(crate) created_at: Timestamp,
    pub(crate) config: Config,
    pub(crate) departments: Slab<DepartmentIx, Department>,
    pub(crate) department_ids: BTreeMap<DepartmentId, DepartmentIx>,
    pub(crate) agents: Slab<AgentIx, Agent>,
    pub(crate) agent_ids: BTreeMap<AgentId, AgentIx>,
    pub(crate) visitors: BTreeMap<VisitorId, Visitor>,
    pub(crate) conversations: Slab<ConversationIx, Active>,
    pub(crate) conversation_ids: BTreeMap<ConversationId, ConversationIx>,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) returning: Returning,
    pub(crate) keys: BTreeMap<(VisitorId, Arc<str>), KeyEntry>,
    pub(crate) skills: Skills,
    pub(crate) deadlines: Deadlines,
    pub(crate) waiting: Waiting,
    pub(crate) next_place: u64,
    /// Agents who were not removed.
    pub(crate) staff: u32,
    /// Until when which pending invite holds a seat.
    pub(crate) reserved: BTreeMap<InviteId, Timestamp>,
    pub(crate) admins: u32,
    pub(crate) open_departments: u32,
    /// Departments in whose queue somebody may be servable since the last drain.
    pub(crate) stirred: BTreeSet<DepartmentIx>,
    /// Agents who may no longer be able to take what they are offered.
    pub(crate) suspects: BTreeSet<AgentIx>,
    /// Conversations that came to wait in this step, by the position of the event that made them.
    pub(crate) unplaced: Vec<(ConversationId, u64)>,
    /// Whether decisions are explained.
    pub(crate) explains: bool,
    /// How many decisions this step has explained.
    pub(crate) explained: usize,
}

/// How many decisions of one step are explained at most: an agent with room for very many, a
/// department that opens on a long queue, must not make the step much longer, nor its outputs
/// many times as large.
pub(crate) const EXPLAINED: usize = 5_000;

/// So many deadlines may be due at once in the smallest workspace.
const DUE_AT_LEAST: usize = 64;

impl Workspace {
    /// A workspace in which nothing has happened, written by the node with this epoch.
    pub fn new(epoch: u64) -> Self {
        Self {
            epoch,
            position: 0,
            clock: Timestamp::default(),
            created_at: Timestamp::default(),
            config: Config::default(),
            departments: Slab::default(),
            department_ids: BTreeMap::new(),
            agents: Slab::default(),
            agent_ids: BTreeMap::new(),
            visitors: BTreeMap::new(),
            conversations: Slab::default(),
            conversation_ids: BTreeMap::new(),
            sessions: BTreeMap::new(),
            returning: Returning::default(),
            keys: BTreeMap::new(),
            skills: Skills::default(),
            deadlines: Deadlines::default(),
            waiting: Waiting::default(),
            next_place: 1,
            staff: 0,
            reserved: BTreeMap::new(),
            admins: 0,
            open_departments: 0,
            stirred: BTreeSet::new(),
            suspects: BTreeSet::new(),
            unplaced: Vec::new(),
            explains: true,
            explained: 0,
        }
    }

    /// Whether [`Output::Decided`] comes with every decision; it does unless this says otherwise.
    #[must_use]
    pub fn explaining(mut self, explains: bool) -> Self {
        self.explains = explains;
        self
    }

    /// Carries out one input, at `now`: decides, applies, and drains the queues until nobody
    /// waits whom somebody could take. What happened, and who is to be told, goes to `out`.
    ///
    /// # Errors
    /// A refusal changes nothing and puts nothing into `out`.
    pub fn handle(
        &mut self,
        now: Timestamp,
        input: Input,
        out: &mut Vec<Output>,
    ) -> Result<Done, Refusal> {
        let now = self.clock.max(now);
        if planted!(KeepsTimeUnlogged) {
            self.clock = now;
        }
        self.explained = 0;
        if matches!(input.command, Command::Tick) {
            self.tick(now, out);
            return Ok(Done::Done);
        }
        let mut plan = Plan::new(input.origin, now);
        let decided = decide::decide(self, input.command, &mut plan);
        if planted!(RefusesAndDoes) && decided.is_err() {
            self.carry_out(plan, input.session.as_ref(), out);
            return decided;
        }
        let done = decided?;
        self.carry_out(plan, input.session.as_ref(), out);
        self.settle(now, out);
        Ok(done)
    }

    /// When the workspace next wants [`Command::Tick`], and why.
    pub fn next_deadline(&self) -> Option<(Timestamp, DeadlineKind)> {
        self.deadlines.next(&self.config)
    }

    /// Does again what a log says was done; for recovery. The events of a whole log, in order,
    /// give the workspace that wrote them.
    pub fn replay(&mut self, record: &Record) {
        self.apply(record);
        self.come_to_rest();
    }

    /// From now on, events are written under this epoch.
    pub fn begin_epoch(&mut self, epoch: u64) {
        self.epoch = epoch;
    }

    fn tick(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        let mut left = self.most_due();
        while let Some(deadline) = self.deadlines.due(now, &self.config) {
            assert!(left > 0, "what is due at once comes to an end");
            left -= 1;
            let plan = decide::due(self, deadline, now);
            assert!(!plan.events.is_empty(), "a deadline that is due must do something");
            self.carry_out(plan, None, out);
            self.settle(now, out);
        }
    }

    /// More deadlines than this are never due at once, not even after a long sleep: each is of
    /// something that there is, and comes again at most in the department that it leads to.
    fn most_due(&self) -> usize {
        let wrap_ups = self.deadlines.wrap_ups.len();
        let (waits, pauses) = (self.conversations.len(), self.deadlines.cooldowns.len());
        let people = self.agents.len() + self.sessions.len() + self.reserved.len();
        DUE_AT_LEAST + (wrap_ups + waits + pauses + people) * (1 + self.departments.len())
    }

    /// Everything that follows from what was done: offers that no longer fit are withdrawn, then
    /// everybody who waits and can be taken goes to whom the strategy says, highest priority
    /// first, then oldest, over all departments in which something changed.
    fn settle(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        while let Some(agent) = self.suspects.pop_first() {
            let plan = decide::withdraw_unfit(self, agent, now);
            self.carry_out(plan, None, out);
        }
        let mut left = self.conversations.len();
        while let Some(plan) = decide::drain_one(self, now) {
            assert!(left > 0, "nobody is taken twice while the queues drain");
            left -= 1;
            self.carry_out(plan, None, out);
        }
        for (id, position) in std::mem::take(&mut self.unplaced) {
            if let Some(decision) = decide::unplaced(self, &id) {
                self.explained += 1;
                out.push(decided(decision, position, now));
            }
        }
        self.come_to_rest();
    }

    /// The step is over.
    pub(crate) fn come_to_rest(&mut self) {
        self.stirred.clear();
        self.suspects.clear();
        self.unplaced.clear();
    }

    fn carry_out(&mut self, plan: Plan, session: Option<&SessionId>, out: &mut Vec<Output>) {
        for Planned { origin, event, decisions } in plan.events {
            self.commit(plan.now, origin, event, session, out);
            self.explained += decisions.len();
            let made = decisions.into_iter().map(|d| decided(d, self.position, plan.now));
            out.extend(made);
        }
    }

    fn commit(
        &mut self,
        at: Timestamp,
        origin: Origin,
        event: Event,
        session: Option<&SessionId>,
        out: &mut Vec<Output>,
    ) {
        let record = Record { position: self.position + 1, epoch: self.epoch, at, origin, event };
        let first = out.len();
        announce::announce(self, &record, session, out);
        let ended = self.apply(&record);
        out.push(Output::Event(Arc::new(record)));
        // The event stands before what follows from it.
        out.get_mut(first..).unwrap_or_default().rotate_right(1);
        out.extend(ended.map(|c: Conversation| Output::Ended(Box::new(c))));
    }
}

/// A decision, once it is known to what it led.
fn decided(mut decision: Decision, position: u64, at: Timestamp) -> Output {
    (decision.position, decision.at) = (position, at);
    Output::Decided(Box::new(decision))
}
