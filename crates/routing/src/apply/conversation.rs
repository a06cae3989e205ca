//! What happens to conversations.

use crate::{
    AgentId, Assignment, AssignmentCause, Conversation, ConversationId, DepartmentId, Event, Pause,
    Record, State, Workspace,
    agent::tally,
    conversation::{Active, Cooling},
    returning::Memory,
    slab::{AgentIx, ConversationIx, DepartmentIx},
    visitor::Visitor,
    workspace::KeyEntry,
};

impl Workspace {
    /// Applies an event of a conversation; gives it back where that ended it.
    pub(super) fn apply_conversation(&mut self, record: &Record) -> Option<Conversation> {
        match &record.event {
            Event::ConversationOpened { .. } => self.apply_opened(record),
            Event::ConversationQueued { conversation_id, .. } => {
                let ix = self.known_conversation(conversation_id);
                self.wait(ix);
            }
            Event::ConversationAssigned { conversation_id, agent_id, cause, .. } => {
                self.apply_assigned(record, conversation_id, agent_id, *cause);
            }
            Event::ConversationRequeued {
                conversation_id,
                department_id,
                agent_id,
                passed,
                ..
            } => {
                let ix = self.leave(conversation_id);
                let conversation = &mut self.conversations[ix].conversation;
                conversation.passed.clone_from(passed);
                if agent_id.is_some() {
                    conversation.next_cause = AssignmentCause::Requeued;
                }
                if planted!(LosesPlace) {
                    (conversation.place, self.next_place) = (self.next_place, self.next_place + 1);
                }
                if !planted!(LosesRequeued) {
                    self.wait_in(ix, department_id);
                }
            }
            Event::ConversationTransferred { .. } => self.apply_transferred(record),
            Event::ConversationReopened { conversation, department_id } => {
                self.apply_reopened(conversation, department_id);
            }
            Event::ConversationClosed { conversation_id, agent_id, .. } => {
                let stays = planted!(ClosedStaysHeld) && agent_id.is_some();
                let mut ended = match stays {
                    true => self.active(conversation_id)?.conversation.clone(),
                    false => self.take_out(record, conversation_id),
                };
                ended.state = State::Closed;
                return Some(ended);
            }
            Event::ConversationRejected { conversation_id, reason, .. } => {
                let mut ended = self.take_out(record, conversation_id);
                (ended.state, ended.reason) = (State::Rejected, Some(*reason));
                (ended.agent_id, ended.assignment) = (None, None);
                return Some(ended);
            }
            Event::ConversationForgotten { visitor_id, key } => {
                self.keys.remove(&(visitor_id.clone(), key.clone()));
            }
            _ => {}
        }
        None
    }

    fn apply_opened(&mut self, record: &Record) {
        let Event::ConversationOpened {
            conversation_id: id,
            department_id,
            visitor_id,
            priority,
            skills,
            key,
            passed,
        } = &record.event
        else {
            return;
        };
        let conversation = Conversation {
            id: id.clone(),
            department_id: department_id.clone(),
            visitor_id: visitor_id.clone(),
            priority: *priority,
            skills: skills.clone(),
            state: State::Queued,
            revision: 1,
            number: self.next_place,
            place: self.next_place,
            agent_id: None,
            assignment: None,
            offer: None,
            attended: self.visitors.get(visitor_id).is_some_and(|v| !v.sessions.is_empty()),
            pauses: Vec::new(),
            last_agent_id: None,
            next_cause: AssignmentCause::Routed,
            passed: passed.clone(),
            reason: None,
            opened_at: record.at,
            queued_at: None,
            assigned_at: None,
            closed_at: None,
            closed_by: None,
            waited_ms: 0,
            key: key.clone(),
        };
        self.next_place += planted!(CountsForEverybody, crate::planted::next_of_all(), 1);
        if let Some(key) = key {
            let entry = KeyEntry { conversation_id: id.clone(), fingerprint: key.fingerprint };
            self.keys.insert((visitor_id.clone(), key.key.clone()), entry);
        }
        self.put_in(conversation, true);
    }

    /// Makes a conversation part of the workspace, with nobody and in no queue yet.
    pub(crate) fn put_in(&mut self, conversation: Conversation, arriving: bool) -> ConversationIx {
        let (id, visitor) = (conversation.id.clone(), conversation.visitor_id.clone());
        let skill_set = self.skills.hold(&conversation.skills);
        let department = self.known_department(&conversation.department_id);
        let active = Active {
            conversation,
            department,
            agent: None,
            offered_to: None,
            cooling: Vec::new(),
            skill_set,
            arriving,
        };
        let ix = self.conversations.insert(active);
        let taken = self.conversation_ids.insert(id, ix);
        assert!(taken.is_none(), "a conversation's id is given once");
        self.visitors.entry(visitor).or_default().conversations.insert(ix);
        ix
    }

    fn apply_assigned(
        &mut self,
        record: &Record,
        id: &ConversationId,
        agent_id: &AgentId,
        cause: AssignmentCause,
    ) {
        let (ix, agent) = (self.known_conversation(id), self.known_agent(agent_id));
        self.leave_queue(ix);
        if !planted!(TwoHolders) {
            self.leave_agent(ix);
        }
        let active = &mut self.conversations[ix];
        active.arriving = false;
        let conversation = &mut active.conversation;
        conversation.end_wait(record.at);
        conversation.state = State::Assigned;
        conversation.revision += 1;
        conversation.agent_id = Some(agent_id.clone());
        conversation.assignment = Some(Assignment { cause, origin: record.origin.clone() });
        conversation.assigned_at = Some(record.at);
        conversation.last_agent_id = Some(agent_id.clone());
        conversation.passed.clear();
        let department = active.department;
        if matches!(cause, AssignmentCause::Accepted | AssignmentCause::Claimed) {
            self.agents[agent].misses = 0;
        }
        self.agents[agent].last_assigned = record.position;
        self.agents[agent].last_active = record.position;
        self.spend_turn(department, agent);
        self.give(ix, agent);
    }

    /// A department's round goes on after this agent.
    pub(super) fn spend_turn(&mut self, department: DepartmentIx, agent: AgentIx) {
        if let Some(membership) = self.agents[agent].memberships.get(&department) {
            self.departments[department].turn = membership.joined;
        }
    }

    fn apply_transferred(&mut self, record: &Record) {
        let Event::ConversationTransferred {
            conversation_id: id,
            department_id,
            cooling_until,
            passed,
            ..
        } = &record.event
        else {
            return;
        };
        let giver = self.active(id).and_then(|active| active.agent);
        let ix = self.leave(id);
        if let Some(giver) = giver.filter(|_| cooling_until.is_some()) {
            self.cool(ix, giver, *cooling_until, true);
        }
        let conversation = &mut self.conversations[ix].conversation;
        conversation.next_cause = AssignmentCause::Transferred;
        conversation.passed.clone_from(passed);
        self.wait_in(ix, department_id);
    }

    fn apply_reopened(&mut self, ended: &Conversation, department_id: &DepartmentId) {
        let mut conversation = ended.clone();
        if let Some(key) = &conversation.key {
            let id = conversation.id.clone();
            let entry = KeyEntry { conversation_id: id, fingerprint: key.fingerprint };
            // It may have been forgotten, and used again since: then it is the other's.
            let key = (conversation.visitor_id.clone(), key.key.clone());
            self.keys.entry(key).or_insert(entry);
        }
        let holder = conversation.last_agent_id.as_ref();
        if let Some(holder) = holder.and_then(|id| self.agent_ix(id.as_str())) {
            self.end_wrap_up(holder, &conversation.id);
        }
        conversation.department_id = department_id.clone();
        conversation.state = State::Queued;
        conversation.revision += 1;
        conversation.place = self.next_place;
        conversation.next_cause = AssignmentCause::Reopened;
        (conversation.agent_id, conversation.assignment) = (None, None);
        (conversation.offer, conversation.reason) = (None, None);
        (conversation.queued_at, conversation.assigned_at) = (None, None);
        (conversation.closed_at, conversation.closed_by) = (None, None);
        self.next_place += 1;
        let pauses = std::mem::take(&mut conversation.pauses);
        let (visitor, attended) = (conversation.visitor_id.clone(), conversation.attended);
        let ix = self.put_in(conversation, true);
        let now = self.clock;
        for pause in pauses.iter().filter(|pause| pause.until > now) {
            if let Some(agent) = self.agent_ix(pause.agent_id.as_str()) {
                self.cool(ix, agent, Some(pause.until), pause.giver);
            }
        }
        let gone = |v: &Visitor| v.sessions.is_empty() && v.left_at.is_none();
        if attended && self.visitors.get(&visitor).is_some_and(gone) {
            // It was there once, and is not there to see that it waits again.
            self.set_visitor_left(&visitor, Some(self.clock));
        }
    }

    /// Takes a conversation out of wherever it is: the line, or an agent's hands.
    fn leave(&mut self, id: &ConversationId) -> ConversationIx {
        let ix = self.known_conversation(id);
        self.leave_queue(ix);
        self.leave_agent(ix);
        ix
    }

    /// Lets a conversation wait in a department, from now on and at its place.
    fn wait_in(&mut self, ix: ConversationIx, department_id: &DepartmentId) {
        let to = self.known_department(department_id);
        let active = &mut self.conversations[ix];
        active.department = to;
        let conversation = &mut active.conversation;
        conversation.department_id = department_id.clone();
        conversation.end_wait(self.clock);
        conversation.agent_id = None;
        conversation.assignment = None;
        conversation.assigned_at = None;
        self.wait(ix);
    }

    /// Ends a conversation and takes it out of the workspace.
    fn take_out(&mut self, record: &Record, id: &ConversationId) -> Conversation {
        let ix = self.known_conversation(id);
        self.leave_queue(ix);
        let holder = self.leave_agent(ix);
        if let (Some(agent), Event::ConversationClosed { .. }) = (holder, &record.event) {
            self.agents[agent].last_active = record.position;
            self.begin_wrap_up(ix, agent);
            self.refresh(agent);
            self.remember(record, ix, agent);
        }
        self.conversations[ix].conversation.pauses = self.pauses(ix);
        self.forget_cooling(ix);
        let Active { conversation: mut ended, skill_set, .. } = self.conversations.remove(ix);
        self.skills.release(skill_set);
        self.conversation_ids.remove(id);
        if let Some(key) = ended.key.as_ref().filter(|_| planted!(ForgetsKeys)) {
            self.keys.remove(&(ended.visitor_id.clone(), key.key.clone()));
        }
        if let Some(visitor) = self.visitors.get_mut(&ended.visitor_id) {
            visitor.conversations.remove(&ix);
        }
        self.forget_visitor(&ended.visitor_id);
        ended.end_wait(record.at);
        ended.revision += 1;
        ended.closed_at = Some(record.at);
        ended.closed_by = Some(record.origin.clone());
        ended
    }

    fn pauses(&self, ix: ConversationIx) -> Vec<Pause> {
        let pause = |cooling: &Cooling| Pause {
            agent_id: self.agents[cooling.agent].id.clone(),
            until: cooling.until,
            giver: cooling.giver,
        };
        self.conversations[ix].cooling.iter().map(pause).collect()
    }

    /// Notes who had a conversation that is closed now, for when its visitor returns.
    fn remember(&mut self, record: &Record, ix: ConversationIx, agent: AgentIx) {
        let active = &self.conversations[ix];
        if self.departments[active.department].policy.sticky_ms == 0 {
            return;
        }
        self.returning.remember(Memory {
            visitor_id: active.conversation.visitor_id.clone(),
            department: active.department,
            agent,
            closed_at: record.at,
            position: record.position,
        });
        let departments = &self.departments;
        self.returning.prune(|department, closed_at| {
            let sticky_ms = departments[department].policy.sticky_ms;
            closed_at.plus_ms(sticky_ms) < record.at
        });
    }

    /// Makes a conversation an agent's.
    pub(crate) fn give(&mut self, ix: ConversationIx, agent: AgentIx) {
        let department = self.conversations[ix].department;
        self.conversations[ix].agent = Some(agent);
        self.miss(agent, false);
        let holder = &mut self.agents[agent];
        holder.conversations.insert(ix);
        tally(&mut holder.held, department, true);
        holder.count(department, true);
        let serves = u32::from(holder.serves);
        self.departments[department].assigned += 1;
        self.departments[department].serving += serves;
        self.miss(agent, true);
        self.refresh(agent);
    }

    /// Takes a conversation from its agent, who is given back.
    fn leave_agent(&mut self, ix: ConversationIx) -> Option<AgentIx> {
        let agent = self.conversations[ix].agent.take()?;
        let department = self.conversations[ix].department;
        self.miss(agent, false);
        let holder = &mut self.agents[agent];
        holder.conversations.remove(&ix);
        tally(&mut holder.held, department, false);
        holder.count(department, false);
        let serves = u32::from(holder.serves);
        self.departments[department].assigned -= 1;
        self.departments[department].serving -= serves;
        self.miss(agent, true);
        self.refresh(agent);
        Some(agent)
    }

    /// The place of a conversation that an event names.
    #[allow(clippy::panic)] // see the module: events name what exists
    pub(super) fn known_conversation(&self, id: &ConversationId) -> ConversationIx {
        match self.conversation_ids.get(id) {
            Some(ix) => *ix,
            None => panic!("an event names a conversation that is not there"),
        }
    }
}
