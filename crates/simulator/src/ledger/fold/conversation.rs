//! What happens to conversations.

use switchboard_routing::{
    Conversation as Core, Event, Record, RequeuedReason, State, WithdrawnReason,
};

use super::{grown, key_number};
use crate::ledger::{Conversation, Ledger, Offer, number, skills};

impl Ledger {
    pub(super) fn read_conversation(&mut self, record: &Record) {
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

    pub(super) fn take_in(&mut self, own: usize, conversation: Conversation) {
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

    pub(super) fn reopened(&mut self, ended: &Core, department: usize, at: u64) {
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

    pub(super) fn assigned(&mut self, own: usize, agent: usize, position: u64) {
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
    pub(super) fn wait_in(&mut self, own: usize, department: usize, at: u64) {
        self.leave_line(own);
        self.end_offer(own);
        let conversation = grown(&mut self.conversations, own);
        conversation.department = department;
        conversation.queued_at = at;
        self.stand(own);
    }

    pub(super) fn stand(&mut self, own: usize) {
        let conversation = grown(&mut self.conversations, own);
        conversation.state = State::Queued;
        conversation.in_line = true;
        let (order, department) = (conversation.order(), conversation.department);
        grown(&mut self.departments, department).enter(order, own);
        self.stir(department);
    }

    /// Takes it out of its line; whether it was in one.
    pub(super) fn leave_line(&mut self, own: usize) -> bool {
        let conversation = grown(&mut self.conversations, own);
        let waited = std::mem::take(&mut conversation.in_line);
        if waited {
            let (order, department) = (conversation.order(), conversation.department);
            grown(&mut self.departments, department).leave(order, own);
        }
        waited
    }

    pub(super) fn end_offer(&mut self, own: usize) {
        let conversation = grown(&mut self.conversations, own);
        let Some(offer) = conversation.offer.take() else { return };
        let department = conversation.department;
        let asked = grown(&mut self.agents, offer.agent);
        asked.offers = asked.offers.saturating_sub(1);
        asked.count(department, false);
        self.stir_agent(offer.agent);
    }

    pub(super) fn leave_agent(&mut self, own: usize) -> Option<usize> {
        let conversation = grown(&mut self.conversations, own);
        let agent = conversation.agent.take()?;
        let department = conversation.department;
        let holder = grown(&mut self.agents, agent);
        holder.held = holder.held.saturating_sub(1);
        holder.count(department, false);
        self.stir_agent(agent);
        Some(agent)
    }

    pub(super) fn cool(&mut self, own: usize, agent: usize, until: u64) {
        let cooling = &mut grown(&mut self.conversations, own).cooling;
        cooling.retain(|(other, _)| *other != agent);
        cooling.push((agent, until));
    }

    pub(super) fn let_go(&mut self, own: usize, state: State) {
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
}
