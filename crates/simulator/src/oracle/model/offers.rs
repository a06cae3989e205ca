//! The naive workspace: what follows from every change, and how offers end.

use switchboard_routing::{AssignmentCause, By, Kind, Refusal, WithdrawnReason};

use super::{Answer, Model, ModelConversation, ModelCooling, ModelOffer, picking::Aside};

impl Model {
    /// What follows: offers that no longer fit are withdrawn, and the queues are drained.
    pub(crate) fn settle(&mut self) {
        self.withdraw_unfit();
        self.drain();
        for id in std::mem::take(&mut self.waited_anew) {
            let Ok(c) = self.conversation(&id) else { continue };
            if c.is_queued() {
                self.unplaced.push(self.decision(c, None, c.next_cause));
            }
        }
    }

    /// First those that an agent may not take however much room it has, then the newest where it
    /// has more than its share of a department, then the newest as long as it has too much.
    fn withdraw_unfit(&mut self) {
        for at in 0..self.agents.len() {
            let offers = self.offered_to(at).into_iter().rev();
            for id in offers.collect::<Vec<_>>() {
                if let Some(reason) = self.unfit(at, &id) {
                    self.end_offer(&id, reason);
                }
            }
            for own in [false, true] {
                while let Some(id) = self.newest_too_much(at, own) {
                    self.end_offer(&id, WithdrawnReason::NotEligible);
                }
            }
        }
    }

    /// What an agent is offered, in the order of the offers.
    fn offered_to(&self, agent: usize) -> Vec<String> {
        let agent = &self.agents[agent].id;
        let offers = self.conversations.iter().filter(|c| c.is_offered_to(agent));
        let mut offers: Vec<_> = offers.collect();
        offers.sort_by_key(|c| c.offer.as_ref().map(|offer| offer.order));
        offers.into_iter().map(|c| c.id.clone()).collect()
    }

    /// The newest offer to an agent who has too much: of what it may have itself, or of what a
    /// department lets it have.
    fn newest_too_much(&self, at: usize, own: bool) -> Option<String> {
        let agent = &self.agents[at];
        let is_over = |id: &String| {
            let Ok(c) = self.conversation(id) else { return false };
            let most = self.departments[c.department].policy.agent_capacity;
            let over = match own {
                true => self.load(&agent.id) > agent.capacity as usize,
                false => most.is_some_and(|m| self.load_in(&agent.id, c.department) > m as usize),
            };
            over && c.offer.as_ref().is_some_and(|offer| !offer.forced)
        };
        self.offered_to(at).into_iter().rev().find(is_over)
    }

    /// Why an agent may no longer take what it is offered, room aside.
    fn unfit(&self, agent: usize, id: &str) -> Option<WithdrawnReason> {
        let (agent, c) = (&self.agents[agent], self.conversation(id).ok()?);
        let aside = Aside { own: true, capacity: true, cooling: false };
        self.bars(agent, c, aside)?;
        Some(match () {
            () if agent.removed => WithdrawnReason::Removed,
            () if !agent.online => WithdrawnReason::Away,
            () if !self.is_present(&agent.id) => WithdrawnReason::Lost,
            () => WithdrawnReason::NotEligible,
        })
    }

    /// The first of all who wait and can be taken is given or offered, again and again.
    fn drain(&mut self) {
        loop {
            let waiting = self.conversations.iter().filter(|c| c.is_queued());
            let taken = waiting.filter_map(|c| Some((c, *self.ranked(c).first()?)));
            let first = taken.min_by_key(|(c, _)| (-i64::from(c.priority), c.place));
            let Some((c, agent)) = first else { return };
            let (id, cause) = (c.id.clone(), c.next_cause);
            self.chose.push(self.decision(c, Some(agent), cause));
            self.hand(&id, agent, cause);
        }
    }

    /// The offer, if there is one, is over; the conversation waits as before.
    pub(crate) fn end_offer(&mut self, id: &str, reason: WithdrawnReason) {
        let offer = self.conversation_mut(id).and_then(|c| c.offer.take());
        let Some(offer) = offer else { return };
        self.tell(id, format!("no longer offered to {} {reason:?}", offer.agent));
        self.is_asked_no_more(&offer.agent, id, reason);
        self.waited_anew.push(id.into());
    }

    /// Whoever has it or is asked for it is not asked for a while.
    pub(crate) fn cool(&mut self, id: &str, agent: &str, gave_it: bool) {
        let Ok(department) = self.conversation(id).map(|c| c.department) else { return };
        let pause = self.departments[department].policy.decline_cooldown_ms.max(1);
        let until = self.clock.saturating_add(pause);
        let Some(c) = self.conversation_mut(id) else { return };
        c.cooling.retain(|cool| cool.agent != agent);
        c.cooling.push(ModelCooling { agent: agent.into(), until, gave_it });
    }

    /// Whether this agent has this very offer; else why not.
    fn answers(&self, id: &str, agent: &str, number: u64) -> Result<(), Refusal> {
        self.agent(agent)?;
        let c = self.conversation(id)?;
        match &c.offer {
            Some(offer) if offer.agent == agent && offer.number == number => Ok(()),
            _ if c.is_held_by(agent) || self.sees(agent, c) => Err(Refusal::OfferExpired),
            _ => Err(Refusal::NotFound(Kind::Conversation)),
        }
    }

    /// Whether a conversation is one of an agent's own departments.
    pub(crate) fn sees(&self, agent: &str, c: &ModelConversation) -> bool {
        self.is_colleague(agent, c.department)
    }

    pub(crate) fn is_colleague(&self, agent: &str, department: usize) -> bool {
        self.agent(agent).is_ok()
            && !self.departments[department].deleted
            && self.is_member(agent, department)
    }

    pub(crate) fn accept(&mut self, id: &str, agent: &str, number: u64) -> Answer {
        self.answers(id, agent, number)?;
        let taker = self.agent(agent)?;
        self.give(id, taker, AssignmentCause::Accepted);
        Ok(true)
    }

    pub(crate) fn decline(&mut self, id: &str, agent: &str, number: u64) -> Answer {
        self.answers(id, agent, number)?;
        let decliner = self.agent(agent)?;
        self.agents[decliner].misses = 0;
        self.end_offer(id, WithdrawnReason::Declined);
        self.cool(id, agent, false);
        Ok(true)
    }

    pub(crate) fn expire(&mut self, id: &str) {
        let offer = self.conversation(id).ok().and_then(|c| c.offer.clone());
        let Some(ModelOffer { agent, .. }) = offer else { return };
        self.end_offer(id, WithdrawnReason::Expired);
        self.cool(id, &agent, false);
        let Ok(at) = self.agent(&agent) else { return };
        self.agents[at].misses += 1;
        if self.agents[at].misses >= 3 {
            self.comes_to_say(at, false, By::MissedOffers);
        }
    }
}
