//! The naive workspace: conversations are given, offered, wait and end.

use switchboard_routing::*;

use crate::model::{Model, ModelOffer, ModelWrapUp};

impl Model {
    /// An agent gets it, or is asked first.
    pub(crate) fn hand(&mut self, id: &str, agent: usize, cause: AssignmentCause) {
        self.hand_by(id, agent, cause, false);
    }

    pub(crate) fn hand_by(&mut self, id: &str, agent: usize, cause: AssignmentCause, forced: bool) {
        let at = self.conversation(id).unwrap();
        let asks = self.departments[self.conversations[at].department].policy.offer_timeout_ms;
        let awake = self.is_awake(&self.agents[agent].id);
        match asks.or((!awake).then_some(30_000)) {
            Some(timeout) => self.ask(id, agent, timeout, forced),
            None => self.give(id, agent, cause),
        }
    }

    fn ask(&mut self, id: &str, agent: usize, timeout: u64, forced: bool) {
        self.offers += 1;
        let at = self.conversation(id).unwrap();
        let agent = self.agents[agent].id.clone();
        self.told.push(format!("{id} offered to {agent}"));
        let until = self.clock + timeout;
        let offer = ModelOffer { agent, until, order: self.offers, number: 0, forced };
        self.conversations[at].offer = Some(offer);
    }

    pub(crate) fn give(&mut self, id: &str, agent: usize, cause: AssignmentCause) {
        let at = self.conversation(id).unwrap();
        let waited = self.waited(&self.conversations[at]);
        self.turn += 1;
        let taker = &mut self.agents[agent];
        (taker.last_assigned, taker.last_active) = (self.turn, self.turn);
        if matches!(cause, AssignmentCause::Accepted | AssignmentCause::Claimed) {
            taker.misses = 0;
        }
        let agent = taker.id.clone();
        self.told.push(format!("{id} assigned to {agent} {cause:?}"));
        let c = &mut self.conversations[at];
        let room = &mut self.departments[c.department];
        room.last = room.joined.iter().position(|a| a.as_ref() == Some(&agent));
        (c.waited, c.offer, c.cause) = (waited, None, Some(cause));
        (c.holder, c.last_holder) = (Some(agent.clone()), Some(agent));
        c.passed.clear();
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
        self.told.push(format!("{id} requeued {why:?} in {}", self.departments[department].id));
        let at = self.conversation(id).unwrap();
        if self.conversations[at].holder.is_some() {
            self.conversations[at].next_cause = AssignmentCause::Requeued;
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
        let at = self.conversation(id).unwrap();
        let waited = self.waited(&self.conversations[at]);
        let c = &mut self.conversations[at];
        (c.department, c.holder, c.cause, c.offer) = (department, None, None, None);
        (c.since, c.waited) = (self.clock, waited);
        self.waited_anew.push(id.into());
    }

    pub(crate) fn reject(&mut self, id: &str, reason: RejectedReason) {
        self.told.push(format!("{id} rejected {reason:?}"));
        self.end(id);
    }

    pub(crate) fn end_by(&mut self, id: &str, by: By) {
        self.end_offer(id, WithdrawnReason::Closed);
        self.told.push(format!("{id} closed by {by:?}"));
        let c = self.conversations[self.conversation(id).unwrap()].clone();
        if let Some(agent) = c.holder {
            self.turn += 1;
            let at = self.agent(&agent).unwrap();
            self.agents[at].last_active = self.turn;
            self.closes.push((c.visitor, c.department, agent.clone(), self.clock));
            let wrap_up_ms = self.departments[c.department].policy.wrap_up_ms;
            if wrap_up_ms > 0 {
                let until = self.clock + wrap_up_ms;
                let (conversation, department) = (c.id, c.department);
                self.wrap_ups.push(ModelWrapUp { agent, conversation, department, until });
            }
        }
        self.end(id);
    }

    fn end(&mut self, id: &str) {
        let at = self.conversation(id).unwrap();
        let waited = self.waited(&self.conversations[at]);
        let mut ended = self.conversations.remove(at);
        ended.waited = waited;
        self.archive.retain(|c| c.id != id);
        self.archive.push(ended);
        self.forget_the_gone();
    }
}
