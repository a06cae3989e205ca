//! Reading one event more.

use switchboard_routing::{
    Availability, Conversation as Core, Event, Person, Policy, Record, RequeuedReason, SessionId,
    State, WithdrawnReason,
};

use super::{
    Agent, Conversation, Department, Ledger, Left, Offer, SessionIs, number, session, skills,
};

/// An element of a list that grows to have it.
fn grown<T: Default>(list: &mut Vec<T>, at: usize) -> &mut T {
    if list.len() <= at {
        list.resize_with(at + 1, T::default);
    }
    // It was just made long enough.
    #[allow(clippy::indexing_slicing)]
    &mut list[at]
}

impl Ledger {
    /// Reads an event.
    pub fn read(&mut self, record: &Record) {
        self.position = record.position;
        self.at = self.at.max(record.at.0);
        if let Some(id) = record.event.subject() {
            grown(&mut self.conversations, number(id.as_str())).changes += 1;
        }
        match &record.event {
            Event::WorkspaceConfigured { config } => self.config.clone_from(config),
            Event::WorkspaceRecovered => self.everybody_is_lost(),
            Event::DepartmentCreated { department_id, policy, .. } => {
                let department = grown(&mut self.departments, number(department_id.as_str()));
                *department = Department {
                    exists: true,
                    open: true,
                    policy: Policy::clone(policy),
                    ..Department::default()
                };
            }
            Event::DepartmentUpdated { department_id, policy, .. } => {
                let number = number(department_id.as_str());
                grown(&mut self.departments, number).policy.clone_from(policy);
                self.stir(number);
            }
            Event::DepartmentOpened { department_id } => self.set_open(department_id, true),
            Event::DepartmentClosed { department_id } => self.set_open(department_id, false),
            Event::DepartmentDeleted { department_id } => {
                self.department_deleted(number(department_id.as_str()));
            }
            Event::ConversationForgotten { visitor_id, key } => {
                self.keys.remove(&(number(visitor_id.as_str()), key_number(key)));
            }
            Event::SessionAttached { session_id, person } => self.attached(session_id, person),
            Event::SessionHeld { session_id, until, .. } => {
                self.set_session(session_id, SessionIs::Held(until.0));
            }
            Event::SessionLost { session_id } => self.set_session(session_id, SessionIs::Lost),
            Event::SessionEnded { session_id } => self.session_ended(session_id),
            Event::AgentActive { .. } | Event::PresenceChanged { .. } => {}
            event if is_about_an_agent(event) => self.read_agent(event),
            _ => self.read_conversation(record),
        }
    }

    fn read_agent(&mut self, event: &Event) {
        match event {
            Event::AgentAdded { agent_id, role, capacity, skills: names } => {
                *grown(&mut self.agents, number(agent_id.as_str())) = Agent {
                    was_added: true,
                    admin: *role == switchboard_routing::Role::Admin,
                    capacity: *capacity,
                    skills: skills(names),
                    ..Agent::default()
                };
            }
            Event::AgentUpdated { agent_id, role, capacity, skills: names } => {
                let agent = grown(&mut self.agents, number(agent_id.as_str()));
                agent.admin = *role == switchboard_routing::Role::Admin;
                agent.capacity = *capacity;
                agent.skills = skills(names);
                self.stir_agent(number(agent_id.as_str()));
            }
            Event::AgentRemoved { agent_id } => {
                let gone = number(agent_id.as_str());
                for department in &mut self.departments {
                    leave(department, gone);
                }
                let agent = grown(&mut self.agents, gone);
                agent.removed = true;
                agent.departments = 0;
                for (_, department, _) in std::mem::take(&mut agent.rests) {
                    agent.count(department, false);
                }
            }
            Event::MemberAdded { department_id, agent_id } => {
                let (department, agent) =
                    (number(department_id.as_str()), number(agent_id.as_str()));
                grown(&mut self.departments, department).joined.push(Some(agent));
                grown(&mut self.agents, agent).departments |= 1 << department;
                self.stir(department);
            }
            Event::MemberRemoved { department_id, agent_id } => {
                let (department, agent) =
                    (number(department_id.as_str()), number(agent_id.as_str()));
                leave(grown(&mut self.departments, department), agent);
                grown(&mut self.agents, agent).departments &= !(1 << department);
            }
            Event::AvailabilityChanged { agent_id, availability } => {
                let number = number(agent_id.as_str());
                let agent = grown(&mut self.agents, number);
                agent.online = *availability == Availability::Online;
                agent.misses = 0;
                self.stir_agent(number);
            }
            Event::WrapUpEnded { agent_id, conversation_id } => {
                self.rested(number(agent_id.as_str()), number(conversation_id.as_str()));
            }
            _ => {}
        }
    }

    fn read_conversation(&mut self, record: &Record) {
        let at = record.at.0;
        match &record.event {
            Event::ConversationOpened {
                conversation_id,
                department_id,
                visitor_id,
                priority,
                skills: names,
                key,
                ..
            } => {
                let own = number(conversation_id.as_str());
                let visitor = number(visitor_id.as_str());
                if let Some(key) = key {
                    let entry = (own, key.fingerprint);
                    self.keys.insert((visitor, key_number(&key.key)), entry);
                }
                let conversation = Conversation {
                    department: number(department_id.as_str()),
                    visitor,
                    priority: *priority,
                    skills: skills(names),
                    ..Conversation::default()
                };
                self.take_in(own, conversation);
            }
            Event::ConversationReopened { conversation, department_id } => {
                self.reopened(conversation, number(department_id.as_str()), at);
            }
            Event::ConversationQueued { conversation_id, department_id } => {
                self.wait_in(number(conversation_id.as_str()), number(department_id.as_str()), at);
            }
            Event::ConversationOffered {
                conversation_id, agent_id, expires_at, forced, ..
            } => {
                let (own, agent) = (number(conversation_id.as_str()), number(agent_id.as_str()));
                let waits = self.leave_line(own);
                let offer = Offer {
                    number: record.position,
                    agent,
                    expires_at: expires_at.0,
                    forced: *forced,
                };
                let conversation = grown(&mut self.conversations, own);
                conversation.offer = Some(offer);
                conversation.state = State::Offered;
                if !waits {
                    // It is offered as it arrives.
                    conversation.queued_at = at;
                }
                let department = conversation.department;
                let agent = grown(&mut self.agents, agent);
                agent.offers += 1;
                agent.count(department, true);
            }
            Event::OfferEnded { conversation_id, agent_id, reason, cooling_until, .. } => {
                let (own, agent) = (number(conversation_id.as_str()), number(agent_id.as_str()));
                self.end_offer(own);
                if let Some(until) = cooling_until {
                    self.cool(own, agent, until.0);
                }
                let who = grown(&mut self.agents, agent);
                match reason {
                    WithdrawnReason::Expired => who.misses += 1,
                    WithdrawnReason::Declined => who.misses = 0,
                    _ => {}
                }
                self.stand(own);
            }
            Event::ConversationTransferred {
                conversation_id,
                department_id,
                cooling_until,
                from_agent_id,
                ..
            } => {
                let own = number(conversation_id.as_str());
                self.leave_agent(own);
                if let (Some(giver), Some(until)) = (from_agent_id, cooling_until) {
                    self.cool(own, number(giver.as_str()), until.0);
                }
                grown(&mut self.conversations, own).passed = 0;
                self.wait_in(own, number(department_id.as_str()), at);
            }
            Event::ConversationRequeued { conversation_id, department_id, reason, .. } => {
                let own = number(conversation_id.as_str());
                self.leave_agent(own);
                let conversation = grown(&mut self.conversations, own);
                conversation.passed = match reason {
                    RequeuedReason::MaxWait => conversation.passed | 1 << conversation.department,
                    _ => 0,
                };
                self.wait_in(own, number(department_id.as_str()), at);
            }
            Event::ConversationAssigned { conversation_id, agent_id, cause, .. } => {
                let (own, agent) = (number(conversation_id.as_str()), number(agent_id.as_str()));
                self.assigned(own, agent, record.position);
                use switchboard_routing::AssignmentCause::{Accepted, Claimed};
                if matches!(cause, Accepted | Claimed) {
                    grown(&mut self.agents, agent).misses = 0;
                }
            }
            Event::CooldownEnded { conversation_id, agent_id } => {
                let (own, agent) = (number(conversation_id.as_str()), number(agent_id.as_str()));
                let conversation = grown(&mut self.conversations, own);
                conversation.cooling.retain(|(cooling, _)| *cooling != agent);
                let department = conversation.department;
                self.stir(department);
            }
            Event::ConversationClosed { conversation_id, .. } => {
                let own = number(conversation_id.as_str());
                let rests = self.leave_agent(own);
                if let Some(agent) = rests {
                    self.rest(own, agent, record.position);
                    let visitor = grown(&mut self.conversations, own).visitor;
                    *grown(&mut self.served, visitor) |= 1 << agent;
                }
                self.let_go(own, State::Closed);
            }
            Event::ConversationRejected { conversation_id, .. } => {
                let own = number(conversation_id.as_str());
                self.leave_agent(own);
                self.let_go(own, State::Rejected);
            }
            _ => {}
        }
    }

    fn take_in(&mut self, own: usize, conversation: Conversation) {
        self.next_place += 1;
        self.taken_in += 1;
        let (place, slot) = (self.next_place, self.open.len());
        self.open.push(own);
        let changes = conversation.changes + 1;
        let taken_in_position = self.position;
        let state = State::Queued;
        let taken_in =
            Conversation { was_opened: true, state, place, slot, changes, ..conversation };
        *grown(&mut self.conversations, own) = Conversation { taken_in_position, ..taken_in };
    }

    fn reopened(&mut self, ended: &Core, department: usize, at: u64) {
        let own = number(ended.id.as_str());
        let visitor = number(ended.visitor_id.as_str());
        if let Some(key) = &ended.key {
            let entry = (own, key.fingerprint);
            self.keys.entry((visitor, key_number(&key.key))).or_insert(entry);
        }
        let last_agent = ended.last_agent_id.as_ref().map(|id| number(id.as_str()));
        if let Some(last) = last_agent {
            self.rested(last, own);
        }
        let later = ended.pauses.iter().filter(|pause| pause.until.0 > at);
        let cooling = later.map(|pause| (number(pause.agent_id.as_str()), pause.until.0));
        // Who was removed since pauses no more.
        let cooling = cooling.filter(|(agent, _)| self.agent(*agent).is_some()).collect();
        let conversation = Conversation {
            department,
            visitor,
            priority: ended.priority,
            skills: skills(&ended.skills),
            last_agent,
            cooling,
            changes: ended.revision,
            returns: true,
            ..Conversation::default()
        };
        self.take_in(own, conversation);
    }

    fn assigned(&mut self, own: usize, agent: usize, position: u64) {
        self.leave_line(own);
        self.end_offer(own);
        self.leave_agent(own);
        let conversation = grown(&mut self.conversations, own);
        conversation.agent = Some(agent);
        conversation.last_agent = Some(agent);
        conversation.state = State::Assigned;
        conversation.returns = false;
        conversation.passed = 0;
        let department = conversation.department;
        let who = grown(&mut self.agents, agent);
        who.held += 1;
        who.count(department, true);
        (who.last_assigned, who.last_active) = (position, position);
        let room = grown(&mut self.departments, department);
        let place = room.joined.iter().position(|member| *member == Some(agent));
        if let Some(place) = place {
            room.turn = place + 1;
        }
    }

    /// It waits in a department, from now on and at its place.
    fn wait_in(&mut self, own: usize, department: usize, at: u64) {
        self.leave_line(own);
        self.end_offer(own);
        let conversation = grown(&mut self.conversations, own);
        conversation.department = department;
        conversation.queued_at = at;
        self.stand(own);
    }

    fn stand(&mut self, own: usize) {
        let conversation = grown(&mut self.conversations, own);
        conversation.state = State::Queued;
        conversation.in_line = true;
        let (order, department) = (conversation.order(), conversation.department);
        grown(&mut self.departments, department).enter(order, own);
        self.stir(department);
    }

    /// Takes it out of its line; whether it was in one.
    fn leave_line(&mut self, own: usize) -> bool {
        let conversation = grown(&mut self.conversations, own);
        let waited = std::mem::take(&mut conversation.in_line);
        if waited {
            let (order, department) = (conversation.order(), conversation.department);
            grown(&mut self.departments, department).leave(order, own);
        }
        waited
    }

    fn end_offer(&mut self, own: usize) {
        let conversation = grown(&mut self.conversations, own);
        let Some(offer) = conversation.offer.take() else { return };
        let department = conversation.department;
        let asked = grown(&mut self.agents, offer.agent);
        asked.offers = asked.offers.saturating_sub(1);
        asked.count(department, false);
        self.stir_agent(offer.agent);
    }

    fn leave_agent(&mut self, own: usize) -> Option<usize> {
        let conversation = grown(&mut self.conversations, own);
        let agent = conversation.agent.take()?;
        let department = conversation.department;
        let holder = grown(&mut self.agents, agent);
        holder.held = holder.held.saturating_sub(1);
        holder.count(department, false);
        self.stir_agent(agent);
        Some(agent)
    }

    fn cool(&mut self, own: usize, agent: usize, until: u64) {
        let cooling = &mut grown(&mut self.conversations, own).cooling;
        cooling.retain(|(other, _)| *other != agent);
        cooling.push((agent, until));
    }

    /// What it closed still counts for a while.
    fn rest(&mut self, own: usize, agent: usize, position: u64) {
        let department = grown(&mut self.conversations, own).department;
        let rest = grown(&mut self.departments, department).policy.wrap_up_ms;
        let holder = grown(&mut self.agents, agent);
        holder.last_active = position;
        if rest > 0 {
            holder.rests.push((own, department, self.at.saturating_add(rest)));
            holder.count(department, true);
        }
    }

    fn rested(&mut self, agent: usize, conversation: usize) {
        let holder = grown(&mut self.agents, agent);
        let Some(at) = holder.rests.iter().position(|(own, ..)| *own == conversation) else {
            return;
        };
        let (_, department, _) = holder.rests.swap_remove(at);
        holder.count(department, false);
        self.stir_agent(agent);
    }

    fn let_go(&mut self, own: usize, state: State) {
        self.leave_line(own);
        self.end_offer(own);
        let conversation = grown(&mut self.conversations, own);
        conversation.state = state;
        conversation.cooling.clear();
        let slot = conversation.slot;
        self.let_go += 1;
        if self.open.get(slot) == Some(&own) {
            self.open.swap_remove(slot);
            if let Some(moved) = self.open.get(slot).copied() {
                grown(&mut self.conversations, moved).slot = slot;
            }
        }
        self.ended.push(own);
    }

    fn set_open(&mut self, department: &switchboard_routing::DepartmentId, open: bool) {
        let number = number(department.as_str());
        grown(&mut self.departments, number).open = open;
        self.stir(number);
    }

    fn department_deleted(&mut self, number: usize) {
        let department = grown(&mut self.departments, number);
        department.exists = false;
        department.joined.clear();
        for agent in &mut self.agents {
            agent.departments &= !(1 << number);
        }
        if self
            .config
            .default_department_id
            .as_ref()
            .is_some_and(|id| super::number(id.as_str()) == number)
        {
            self.config.default_department_id = None;
        }
    }

    fn attached(&mut self, id: &SessionId, person: &Person) {
        let (who, device) = session(id.as_str());
        match person {
            Person::Agent(_) => {
                let agent = grown(&mut self.agents, who);
                agent.set_session(device, SessionIs::Live);
                agent.left_on_purpose = false;
                self.stir_agent(who);
            }
            Person::Visitor(_) => {
                self.visitor_sessions.insert((who, device), true);
                self.left.remove(&who);
            }
        }
    }

    fn set_session(&mut self, id: &SessionId, is: SessionIs) {
        let (who, device) = session(id.as_str());
        if id.as_str().starts_with('v') {
            self.visitor_sessions.insert((who, device), is == SessionIs::Live);
            self.visitor_goes(who);
        } else {
            let (at, agent) = (self.at, grown(&mut self.agents, who));
            let was = agent.is_present();
            agent.set_session(device, is);
            agent.goes(was, at, false);
        }
    }

    fn session_ended(&mut self, id: &SessionId) {
        let (who, device) = session(id.as_str());
        if id.as_str().starts_with('v') {
            self.visitor_sessions.remove(&(who, device));
            self.visitor_goes(who);
        } else {
            let (at, agent) = (self.at, grown(&mut self.agents, who));
            let was = agent.is_present();
            agent.sessions.retain(|(own, _)| *own != device);
            agent.goes(was, at, true);
        }
    }

    /// It may have been the last session of a visitor's that was on a socket.
    fn visitor_goes(&mut self, visitor: usize) {
        let mut own = self.visitor_sessions.range((visitor, 0)..=(visitor, usize::MAX));
        if !own.any(|(_, live)| *live) {
            let left = Left { at: self.at, position: self.position };
            self.left.entry(visitor).or_insert(left);
        }
    }

    fn everybody_is_lost(&mut self) {
        for agent in &mut self.agents {
            for (_, is) in &mut agent.sessions {
                *is = SessionIs::Lost;
            }
            agent.absent_since = self.at;
            agent.left_on_purpose = false;
        }
        // Who was gone before has the full grace again.
        for left in self.left.values_mut() {
            left.at = self.at;
        }
        for ((visitor, _), on_socket) in &mut self.visitor_sessions {
            if std::mem::take(on_socket) {
                let left = Left { at: self.at, position: self.position };
                self.left.insert(*visitor, left);
            }
        }
    }

    fn stir(&mut self, department: usize) {
        self.stirred |= 1 << department;
    }

    fn stir_agent(&mut self, agent: usize) {
        self.stirred |= grown(&mut self.agents, agent).departments;
    }
}

fn is_about_an_agent(event: &Event) -> bool {
    matches!(
        event,
        Event::AgentAdded { .. }
            | Event::AgentUpdated { .. }
            | Event::AgentRemoved { .. }
            | Event::MemberAdded { .. }
            | Event::MemberRemoved { .. }
            | Event::AvailabilityChanged { .. }
            | Event::WrapUpEnded { .. }
    )
}

/// The place in the order of joining stands, so that turns go on where they were.
fn leave(department: &mut Department, agent: usize) {
    for member in &mut department.joined {
        if *member == Some(agent) {
            *member = None;
        }
    }
}

/// Keys are single letters.
fn key_number(key: &str) -> u8 {
    key.bytes().next().unwrap_or_default()
}
