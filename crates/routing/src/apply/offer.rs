//! What happens to offers, to what follows a refusal, and to what is left of a closed conversation.

use crate::{
    AgentId, ConversationId, Event, Offer, Record, State, Timestamp, WithdrawnReason, Workspace,
    slab::{AgentIx, ConversationIx},
};

impl Workspace {
    pub(super) fn apply_offered(&mut self, record: &Record) {
        let Event::ConversationOffered {
            conversation_id: id, agent_id, expires_at, forced, ..
        } = &record.event
        else {
            return;
        };
        let (ix, agent) = (self.known_conversation(id), self.known_agent(agent_id));
        let arriving = std::mem::take(&mut self.conversations[ix].arriving);
        if arriving {
            self.conversations[ix].conversation.queued_at = Some(self.clock);
            self.join_line(ix);
        } else {
            self.leave_wait(ix);
            if !planted!(OffersTwice) {
                self.unstand(ix);
            }
        }
        let conversation = &mut self.conversations[ix].conversation;
        conversation.state = State::Offered;
        conversation.revision += u64::from(!planted!(RevisionStays));
        conversation.offer = Some(Offer {
            number: record.position,
            agent_id: agent_id.clone(),
            expires_at: *expires_at,
            forced: *forced,
        });
        self.enter_wait(ix);
        if planted!(OffersSpendTurns) {
            self.spend_turn(self.conversations[ix].department, agent);
        }
        self.make_offer(ix, agent);
    }

    /// Notes an offer with whom it is made to.
    pub(crate) fn make_offer(&mut self, ix: ConversationIx, agent: AgentIx) {
        let active = &mut self.conversations[ix];
        let Some(offer) = &active.conversation.offer else { return };
        let (number, expires_at) = (offer.number, offer.expires_at);
        active.offered_to = Some(agent);
        let department = active.department;
        if !planted!(OfferNeverExpires) {
            self.deadlines.offers.insert((expires_at, number, ix));
        }
        let asked = &mut self.agents[agent];
        asked.offers.insert(number, ix);
        asked.count(department, true);
        self.refresh(agent);
    }

    pub(super) fn apply_offer_ended(&mut self, record: &Record) {
        let Event::OfferEnded { conversation_id, reason, cooling_until, .. } = &record.event else {
            return;
        };
        let ix = self.known_conversation(conversation_id);
        self.leave_wait(ix);
        let Some(agent) = self.end_offer(ix) else { return };
        match reason {
            WithdrawnReason::Expired => self.agents[agent].misses += 1,
            WithdrawnReason::Declined => self.agents[agent].misses = 0,
            _ => {}
        }
        if cooling_until.is_some() {
            self.cool(ix, agent, *cooling_until, false);
        }
        let conversation = &mut self.conversations[ix].conversation;
        conversation.state = State::Queued;
        conversation.revision += 1;
        self.enter_wait(ix);
        self.stand(ix);
        self.unplaced.push((conversation_id.clone(), record.position));
    }

    /// Takes a conversation's offer from whom it was made to, who is given back.
    pub(super) fn end_offer(&mut self, ix: ConversationIx) -> Option<AgentIx> {
        let active = &mut self.conversations[ix];
        let offer = active.conversation.offer.take()?;
        let agent = active.offered_to.take()?;
        let department = active.department;
        self.deadlines.offers.remove(&(offer.expires_at, offer.number, ix));
        let asked = &mut self.agents[agent];
        asked.offers.remove(&offer.number);
        asked.count(department, false);
        self.refresh(agent);
        Some(agent)
    }

    /// Notes that an agent is not asked for a conversation for a while, or may be again. Not
    /// while it stands in a part of the line.
    pub(crate) fn cool(
        &mut self,
        ix: ConversationIx,
        agent: AgentIx,
        until: Option<Timestamp>,
        giver: bool,
    ) {
        let active = &mut self.conversations[ix];
        let place = active.conversation.place;
        if let Some(old) = active.cooling.iter().find(|cooling| cooling.agent == agent) {
            self.deadlines.cooldowns.remove(&(old.until, place, agent, ix));
        }
        active.cool(agent, until, giver);
        if let Some(until) = until.filter(|_| !planted!(CooldownIsEndless)) {
            self.deadlines.cooldowns.insert((until, place, agent, ix));
        }
    }

    pub(super) fn apply_cooldown_ended(&mut self, id: &ConversationId, agent: &AgentId) {
        let (ix, agent) = (self.known_conversation(id), self.known_agent(agent));
        let stands = self.conversations[ix].conversation.state == State::Queued;
        if stands {
            self.unstand(ix);
        }
        self.cool(ix, agent, None, false);
        if stands {
            self.stand(ix);
        }
    }

    /// Forgets who is not asked for a conversation that ends.
    pub(super) fn forget_cooling(&mut self, ix: ConversationIx) {
        let active = &mut self.conversations[ix];
        let place = active.conversation.place;
        for cooling in std::mem::take(&mut active.cooling) {
            self.deadlines.cooldowns.remove(&(cooling.until, place, cooling.agent, ix));
        }
    }

    /// Lets a closed conversation go on counting against its agent's capacity, as long as its
    /// department's policy says.
    pub(super) fn begin_wrap_up(&mut self, ix: ConversationIx, agent: AgentIx) {
        let active = &self.conversations[ix];
        let department = active.department;
        let wrap_up_ms = self.departments[department].policy.wrap_up_ms;
        if wrap_up_ms > 0 {
            let until = self.clock.plus_ms(wrap_up_ms);
            let id = active.conversation.id.clone();
            self.wrap_up(agent, id, department, until);
        }
    }

    pub(crate) fn wrap_up(
        &mut self,
        agent: AgentIx,
        id: ConversationId,
        department: crate::slab::DepartmentIx,
        until: Timestamp,
    ) {
        if !planted!(WrapUpIsEndless) {
            self.deadlines.wrap_ups.insert((until, agent, id.clone()));
        }
        let holder = &mut self.agents[agent];
        holder.wrapping.insert(id, (department, until));
        holder.count(department, true);
        self.refresh(agent);
    }

    /// Ends a wrap-up, if there is one.
    pub(super) fn end_wrap_up(&mut self, agent: AgentIx, id: &ConversationId) {
        let holder = &mut self.agents[agent];
        let Some((department, until)) = holder.wrapping.remove(id) else { return };
        holder.count(department, false);
        self.deadlines.wrap_ups.remove(&(until, agent, id.clone()));
        self.refresh(agent);
    }
}
