//! The naive workspace: conversations are given, offered, wait and end.

use switchboard_routing::{
    AssignmentCause, By, Notice, RejectedReason, ReleasedReason, RequeuedReason, WithdrawnReason,
};

use super::{Model, ModelConversation, ModelOffer, ModelWrapUp};

impl Model {
    /// An agent gets it, or is asked first.
    pub(crate) fn hand(&mut self, id: &str, agent: usize, cause: AssignmentCause) {
        self.hand_by(id, agent, cause, false);
    }

    pub(crate) fn hand_by(&mut self, id: &str, agent: usize, cause: AssignmentCause, forced: bool) {
        let Ok(c) = self.conversation(id) else { return };
        let asks = self.departments[c.department].policy.offer_timeout_ms;
        let awake = self.is_awake(&self.agents[agent].id);
        match asks.or((!awake).then_some(30_000)) {
            Some(timeout) => self.ask(id, agent, timeout, forced),
            None => self.give(id, agent, cause),
        }
    }

    fn ask(&mut self, id: &str, agent: usize, timeout: u64, forced: bool) {
        self.offers += 1;
        let agent = self.agents[agent].id.clone();
        self.tell(id, format!("offered to {agent}"));
        self.agent_hears(&agent, Notice::ConversationOffered(id.into()), true);
        let until = self.clock.saturating_add(timeout);
        let offer = ModelOffer { agent, until, order: self.offers, number: 0, forced };
        if let Some(c) = self.conversation_mut(id) {
            (c.offer, c.arriving) = (Some(offer), false);
        }
    }

    pub(crate) fn give(&mut self, id: &str, agent: usize, cause: AssignmentCause) {
        let Ok(c) = self.conversation(id).cloned() else { return };
        let waited = self.waited(&c);
        self.turn += 1;
        let taker = &mut self.agents[agent];
        (taker.last_assigned, taker.last_active) = (self.turn, self.turn);
        if matches!(cause, AssignmentCause::Accepted | AssignmentCause::Claimed) {
            taker.misses = 0;
        }
        let agent = taker.id.clone();
        self.tell(id, format!("assigned to {agent} {cause:?}"));
        self.tell_of_a_new_holder(&c, &agent, cause);
        let room = &mut self.departments[c.department];
        if let Some(joined) = room.joined.iter().position(|a| a.as_ref() == Some(&agent)) {
            room.last = Some(joined);
        }
        let Some(c) = self.conversation_mut(id) else { return };
        (c.waited, c.offer, c.cause, c.arriving) = (waited, None, Some(cause), false);
        (c.holder, c.last_holder) = (Some(agent.clone()), Some(agent));
        c.passed.clear();
    }

    fn tell_of_a_new_holder(&mut self, c: &ModelConversation, agent: &str, cause: AssignmentCause) {
        if let Some(holder) = &c.holder {
            self.is_released(holder, &c.id, ReleasedReason::Reassigned, false);
        }
        if let Some(offer) = &c.offer {
            self.is_asked_no_more(&offer.agent, &c.id, WithdrawnReason::AcceptedElsewhere);
        }
        // Whoever takes it hears so in the answer.
        let takes = matches!(
            cause,
            AssignmentCause::Accepted | AssignmentCause::Claimed | AssignmentCause::Reopened
        );
        let notice = || Notice::ConversationAssigned(c.id.as_str().into());
        self.agent_hears(agent, notice(), !takes);
        self.visitor_hears(c, notice(), !c.arriving);
    }

    /// Takes what an agent holds of a department from it.
    pub(crate) fn take_from(&mut self, agent: &str, department: usize, why: RequeuedReason) {
        let held = self.conversations.iter().filter(|c| c.is_held_by(agent));
        let held = held.filter(|c| c.department == department).map(|c| c.id.clone());
        for id in held.collect::<Vec<_>>() {
            match self.heir(department) {
                Some(heir) => self.requeue(&id, heir, why),
                None => self.reject(&id, RejectedReason::DepartmentDeleted),
            }
        }
    }

    /// It waits again; what an agent had comes back as such.
    pub(crate) fn requeue(&mut self, id: &str, department: usize, why: RequeuedReason) {
        self.tell(id, format!("requeued {why:?} in {}", self.departments[department].id));
        let Some(c) = self.conversation_mut(id) else { return };
        if let Some(holder) = c.holder.clone() {
            c.next_cause = AssignmentCause::Requeued;
            let reason = match why {
                RequeuedReason::AgentLost => ReleasedReason::AgentLost,
                RequeuedReason::Removed => ReleasedReason::Removed,
                _ => ReleasedReason::Reassigned,
            };
            self.is_released(&holder, id, reason, true);
        }
        self.wait(id, department);
    }

    /// The department, or whichever has inherited its queue.
    pub(crate) fn heir(&self, mut department: usize) -> Option<usize> {
        for _ in 0..=self.departments.len() {
            if !self.departments[department].deleted {
                return Some(department);
            }
            let fallback = self.departments[department].policy.fallback_department_id.as_ref()?;
            department = self.departments.iter().position(|d| d.id == fallback.as_str())?;
        }
        None
    }

    pub(crate) fn wait(&mut self, id: &str, department: usize) {
        let Ok(waited) = self.conversation(id).map(|c| self.waited(c)) else { return };
        let clock = self.clock;
        let Some(c) = self.conversation_mut(id) else { return };
        (c.department, c.holder, c.cause, c.offer) = (department, None, None, None);
        (c.since, c.waited, c.arriving) = (clock, waited, false);
        self.waited_anew.push(id.into());
    }

    pub(crate) fn reject(&mut self, id: &str, reason: RejectedReason) {
        self.tell(id, format!("rejected {reason:?}"));
        if let Ok(c) = self.conversation(id).cloned() {
            let notice = Notice::ConversationRejected(id.into(), reason);
            self.visitor_hears(&c, notice, !c.arriving);
            if let Some(holder) = &c.holder {
                self.is_released(holder, id, ReleasedReason::Removed, true);
            }
        }
        self.end(id);
    }

    pub(crate) fn end_by(&mut self, id: &str, by: By) {
        self.end_offer(id, WithdrawnReason::Closed);
        self.tell(id, format!("closed by {by:?}"));
        let Ok(c) = self.conversation(id).cloned() else { return };
        let notice = || Notice::ConversationClosed(id.into(), by);
        if let Some(agent) = &c.holder {
            self.agent_hears(agent, notice(), false);
        }
        self.visitor_hears(&c, notice(), false);
        if let Some(agent) = c.holder {
            self.turn += 1;
            if let Ok(at) = self.agent(&agent) {
                self.agents[at].last_active = self.turn;
            }
            self.remember(c.visitor, c.department, agent.clone());
            let wrap_up_ms = self.departments[c.department].policy.wrap_up_ms;
            if wrap_up_ms > 0 {
                let until = self.clock.saturating_add(wrap_up_ms);
                let (conversation, department) = (c.id, c.department);
                self.wrap_ups.push(ModelWrapUp { agent, conversation, department, until });
            }
        }
        self.end(id);
    }

    /// Remembers who had it for when the visitor comes again, unless the department says not to.
    /// What is over by the policy of the day is forgotten, from the oldest on: a longer memory
    /// that is wanted later begins then.
    fn remember(&mut self, visitor: String, department: usize, agent: String) {
        let sticky_ms = |at: usize| self.departments[at].policy.sticky_ms;
        if sticky_ms(department) == 0 {
            return;
        }
        let is_over = |(_, at, _, closed): &(String, usize, String, u64)| {
            closed.saturating_add(sticky_ms(*at)) < self.clock
        };
        let over = self.closes.iter().take_while(|close| is_over(close)).count();
        self.closes.drain(..over);
        self.closes.push((visitor, department, agent, self.clock));
    }

    fn end(&mut self, id: &str) {
        let Some(at) = self.conversations.iter().position(|c| c.id == id) else { return };
        let mut ended = self.conversations.remove(at);
        ended.waited = self.waited(&ended);
        self.archive.retain(|c| c.id != id);
        self.archive.push(ended);
        self.forget_the_gone();
    }
}
