//! The naive workspace: where conversations go that arrive.

use switchboard_routing::{
    AssignmentCause, DepartmentId, Kind, MAX_QUEUE, Notice, OnUnstaffed, OpenConversation, Person,
    Refusal, RejectedReason, Status,
};

use super::{Answer, Model, ModelConversation, picking::Aside};

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
            arriving: true,
            attended: self.is_here(&Person::Visitor(visitor.into())),
            since: self.clock,
            waited: 0,
        };
        let route = self.route(&c, &[], Prefers::LastOfVisitor);
        self.visitor_hears(&c, Notice::ConversationOpened(id.into()), false);
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
        match living.as_slice() {
            [only] => self.department(&only.id),
            _ => Err(Refusal::DepartmentRequired),
        }
    }

    /// What arrives goes where it is led to.
    pub(crate) fn take_in(&mut self, mut c: ModelConversation, route: Route) {
        let id = c.id.clone();
        (c.department, c.passed, c.arriving) = (route.department, route.passed, true);
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
            let full = full >= room.policy.max_queue.unwrap_or(MAX_QUEUE).min(MAX_QUEUE) as usize;
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
                if sticky_ms == 0 || self.clock.saturating_sub(*closed_at) > sticky_ms {
                    return None;
                }
                (agent.clone(), AssignmentCause::Sticky)
            }
        };
        let at = self.agent(&agent).ok()?;
        let aside = Aside { own: true, ..Aside::default() };
        self.bars(&self.agents[at], c, aside).is_none().then_some((at, cause))
    }
}
