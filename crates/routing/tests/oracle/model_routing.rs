//! The naive workspace: where conversations come from, wait and go.

use switchboard_routing::*;

use crate::{
    model::{Answer, Model, ModelConversation, ModelOffer, ModelWrapUp},
    model_picking::Aside,
};

/// Where an arrival goes.
pub(crate) struct Route {
    pub(crate) department: usize,
    pub(crate) passed: Vec<usize>,
    pub(crate) outcome: Outcome,
}

pub(crate) enum Outcome {
    Taken(usize, AssignmentCause),
    Waits,
    Rejected(RejectedReason),
}

/// Who comes before whomever the strategy takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prefers {
    Nobody,
    LastHolder,
    LastOfVisitor,
}

impl Route {
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self.outcome {
            Outcome::Rejected(RejectedReason::QueueFull) => Some(Refusal::QueueFull),
            Outcome::Rejected(_) => Some(Refusal::NoAgentsOnline),
            _ => None,
        }
    }
}

impl Model {
    pub(crate) fn open(&mut self, open: &OpenConversation) -> Answer {
        if self.config.status == Status::Suspended {
            return Err(Refusal::Suspended);
        }
        let (visitor, id) = (open.visitor_id.as_str(), open.conversation_id.as_str());
        if let Some(key) = &open.key {
            let used = self.keys.iter().find(|(v, k, ..)| v == visitor && **k == *key.key);
            match used {
                Some((_, _, fingerprint, _)) if *fingerprint == key.fingerprint => {
                    return Ok(false);
                }
                Some(_) => return Err(Refusal::KeyReused),
                None => {}
            }
        }
        if self.conversation(id).is_ok() {
            return Err(Refusal::IdTaken(Kind::Conversation));
        }
        let department = self.asked_for(open.department_id.as_ref())?;
        if let Some(key) = &open.key {
            self.keys.push((visitor.into(), key.key.to_string(), key.fingerprint, id.into()));
        }
        self.places += 1;
        let c = ModelConversation {
            id: id.into(),
            number: self.places,
            department,
            visitor: visitor.into(),
            priority: open.priority,
            skills: open.skills.clone(),
            key: open.key.as_ref().map(|key| (key.key.to_string(), key.fingerprint)),
            place: self.places,
            holder: None,
            cause: None,
            offer: None,
            last_holder: None,
            next_cause: AssignmentCause::Routed,
            passed: Vec::new(),
            cooling: Vec::new(),
            since: self.clock,
            waited: 0,
        };
        let route = self.route(&c, &[], Prefers::LastOfVisitor);
        self.take_in(c, route);
        Ok(true)
    }

    fn asked_for(&self, named: Option<&DepartmentId>) -> Result<usize, Refusal> {
        if let Some(id) = named {
            return self.department(id.as_str());
        }
        let default = self.config.default_department_id.as_ref();
        if let Some(at) = default.and_then(|id| self.department(id.as_str()).ok()) {
            return Ok(at);
        }
        let living: Vec<_> = self.departments.iter().filter(|d| !d.deleted).collect();
        match living[..] {
            [only] => self.department(&only.id),
            _ => Err(Refusal::DepartmentRequired),
        }
    }

    /// What arrives goes where it is led to.
    pub(crate) fn take_in(&mut self, mut c: ModelConversation, route: Route) {
        let id = c.id.clone();
        (c.department, c.passed) = (route.department, route.passed);
        self.conversations.push(c);
        match route.outcome {
            Outcome::Taken(agent, cause) => self.hand(&id, agent, cause),
            Outcome::Waits => self.wait(&id, route.department),
            Outcome::Rejected(reason) => self.reject(&id, reason),
        }
    }

    /// Looks from department to department for one that takes it.
    pub(crate) fn route(
        &mut self,
        arriving: &ModelConversation,
        passed: &[usize],
        prefers: Prefers,
    ) -> Route {
        let (mut c, mut passed) = (arriving.clone(), passed.to_vec());
        loop {
            let preferred = self.preferred(&c, prefers);
            let ranked = self.ranked(&c).first().map(|at| (*at, c.next_cause));
            let taken = preferred.or(ranked);
            let room = &self.departments[c.department];
            let staffed = room.open && self.staff(c.department) > 0;
            let unstaffed = room.policy.on_unstaffed;
            let full = self.others_queued(&c);
            let full = room.policy.max_queue.is_some_and(|max| full >= max as usize);
            let fallback = room.policy.fallback_department_id.as_ref();
            let fallback = fallback.and_then(|id| self.department(id.as_str()).ok());
            let fallback = fallback.filter(|at| *at != c.department && !passed.contains(at));
            if let Some((agent, cause)) = taken {
                self.chose.push(self.decision(&c, Some(agent), cause));
                let outcome = Outcome::Taken(agent, cause);
                return Route { department: c.department, passed, outcome };
            }
            let why = self.decision(&c, None, c.next_cause);
            self.passed_by.push(why);
            if let (OnUnstaffed::Fallback, false, Some(next)) = (unstaffed, staffed, fallback) {
                passed.push(c.department);
                c.department = next;
                continue;
            }
            let outcome = match (unstaffed, staffed) {
                (OnUnstaffed::Reject, false) => Outcome::Rejected(RejectedReason::NoAgentsOnline),
                _ if full => Outcome::Rejected(RejectedReason::QueueFull),
                _ => Outcome::Waits,
            };
            return Route { department: c.department, passed, outcome };
        }
    }

    fn others_queued(&self, c: &ModelConversation) -> usize {
        let line = self.line(c.department);
        line.iter().filter(|other| other.is_queued() && other.id != c.id).count()
    }

    fn preferred(
        &self,
        c: &ModelConversation,
        prefers: Prefers,
    ) -> Option<(usize, AssignmentCause)> {
        let (agent, cause) = match prefers {
            Prefers::Nobody => return None,
            Prefers::LastHolder => (c.last_holder.clone()?, AssignmentCause::Reopened),
            Prefers::LastOfVisitor => {
                let own = |(visitor, at, ..): &&(String, usize, String, u64)| {
                    *visitor == c.visitor && *at == c.department
                };
                let (_, _, agent, closed_at) = self.closes.iter().rev().find(own)?;
                let sticky_ms = self.departments[c.department].policy.sticky_ms;
                if sticky_ms == 0 || self.clock - closed_at > sticky_ms {
                    return None;
                }
                (agent.clone(), AssignmentCause::Sticky)
            }
        };
        let at = self.agent(&agent).ok()?;
        let aside = Aside { own: true, ..Aside::default() };
        self.bars(&self.agents[at], c, aside).is_none().then_some((at, cause))
    }

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
