//! The naive workspace: who takes what, and what is due.

use std::cmp::Ordering;

use switchboard_routing::*;

use crate::model::{Model, ModelAgent, ModelConversation};

/// When something is due, which comes first of what is due together, and what it is.
type Due = (u64, u8, usize, u64, u64, String);

impl Model {
    pub(crate) fn open(&mut self, open: &OpenConversation) -> Result<(), Refusal> {
        if self.suspended {
            return Err(Refusal::Suspended);
        }
        let (visitor, id) = (open.visitor_id.as_str(), open.conversation_id.as_str());
        if let Some(key) = &open.key {
            let used = self.keys.iter().find(|(v, k, ..)| v == visitor && **k == *key.key);
            match used {
                Some((_, _, fingerprint, _)) if *fingerprint == key.fingerprint => return Ok(()),
                Some(_) => return Err(Refusal::KeyReused),
                None => {}
            }
        }
        if self.conversations.iter().any(|c| c.id == id) {
            return Err(Refusal::IdTaken(Kind::Conversation));
        }
        let department = self.asked_for(open.department_id.as_ref())?;
        if let Some(key) = &open.key {
            self.keys.push((visitor.into(), key.key.to_string(), key.fingerprint, id.into()));
        }
        self.arrivals += 1;
        self.conversations.push(ModelConversation {
            id: id.into(),
            department,
            visitor: visitor.into(),
            priority: open.priority,
            skills: open.skills.clone(),
            arrival: self.arrivals,
            agent: None,
            waits_since: self.clock,
            waited: 0,
        });
        self.arrive(id, department);
        Ok(())
    }

    fn asked_for(&self, named: Option<&DepartmentId>) -> Result<usize, Refusal> {
        if let Some(id) = named {
            return self.department(id.as_str());
        }
        if let Some(id) = &self.default_department {
            return self.department(id);
        }
        let living: Vec<_> = self.departments.iter().filter(|d| !d.deleted).collect();
        match living[..] {
            [only] => self.department(&only.id),
            _ => Err(Refusal::DepartmentRequired),
        }
    }

    /// Goes from department to department until it is taken, waits or is rejected.
    fn arrive(&mut self, id: &str, mut department: usize) {
        let mut visited = vec![department];
        let at = self.conversations.iter().position(|c| c.id == id).unwrap();
        loop {
            self.conversations[at].department = department;
            let others_waiting = self.queue(department).len() - 1;
            let room = &self.departments[department];
            let staffed = room.open && self.staff(department) > 0;
            if self.candidate(&self.conversations[at]).is_some() {
                return; // the drain gives it to whom the strategy says
            }
            let fallback = room.policy.fallback_department_id.as_ref();
            let fallback = fallback.and_then(|id| self.department(id.as_str()).ok());
            match (room.policy.on_unstaffed, fallback) {
                (OnUnstaffed::Fallback, Some(next)) if !staffed && !visited.contains(&next) => {
                    visited.push(next);
                    department = next;
                    continue;
                }
                (OnUnstaffed::Reject, _) if !staffed => return self.end(id, "no_agents_online"),
                _ => {}
            }
            if room.policy.max_queue.is_some_and(|max| others_waiting >= max as usize) {
                self.end(id, "queue_full");
            }
            return;
        }
    }

    pub(crate) fn staff(&self, department: usize) -> usize {
        let members = self.agents.iter().filter(|a| self.is_member(&a.id, department));
        members.filter(|a| a.online && self.is_present(&a.id)).count()
    }

    pub(crate) fn is_eligible(&self, agent: &ModelAgent, c: &ModelConversation) -> bool {
        let department = &self.departments[c.department];
        let below = |max: Option<u32>, load: usize| max.is_none_or(|max| load < max as usize);
        agent.online
            && !agent.removed
            && !department.deleted
            && department.open
            && self.is_present(&agent.id)
            && self.is_member(&agent.id, c.department)
            && below(Some(agent.capacity), self.load(&agent.id))
            && below(department.policy.agent_capacity, self.load_in(&agent.id, c.department))
            && c.skills.iter().all(|skill| agent.skills.contains(skill))
    }

    /// The place among the agents of whom the strategy takes.
    fn candidate(&self, c: &ModelConversation) -> Option<usize> {
        let eligible = |at: &usize| self.is_eligible(&self.agents[*at], c);
        let eligible = (0..self.agents.len()).filter(eligible);
        let strategy = self.departments[c.department].policy.strategy;
        eligible.min_by(|a, b| {
            let (a, b) = (&self.agents[*a], &self.agents[*b]);
            let by_strategy = match strategy {
                Strategy::LeastBusy => {
                    self.busier(a, b).then(a.last_assigned.cmp(&b.last_assigned))
                }
                Strategy::RoundRobin => {
                    self.turns_until(a, c.department).cmp(&self.turns_until(b, c.department))
                }
                Strategy::LongestIdle => a.last_active.cmp(&b.last_active),
            };
            by_strategy.then(a.id.cmp(&b.id))
        })
    }

    fn busier(&self, a: &ModelAgent, b: &ModelAgent) -> Ordering {
        let a_share = self.load(&a.id) as u64 * u64::from(b.capacity);
        let b_share = self.load(&b.id) as u64 * u64::from(a.capacity);
        a_share.cmp(&b_share)
    }

    /// How many come before an agent, from the one after the last assigned, once around.
    fn turns_until(&self, agent: &ModelAgent, department: usize) -> usize {
        let department = &self.departments[department];
        let everybody = department.joined.len();
        let place = department.joined.iter().position(|a| a.as_deref() == Some(&agent.id)).unwrap();
        let first = department.last.map_or(0, |last| last + 1);
        (place + everybody - first % everybody) % everybody
    }

    /// The first of all who wait and can be taken is assigned, again and again.
    pub(crate) fn drain(&mut self) {
        loop {
            let waiting = self.conversations.iter().filter(|c| c.agent.is_none());
            let taken = waiting.filter_map(|c| Some((c, self.candidate(c)?)));
            let first = taken.min_by_key(|(c, _)| (-i64::from(c.priority), c.arrival));
            let Some((conversation, agent)) = first else { return };
            let (id, department) = (conversation.id.clone(), conversation.department);
            self.turn += 1;
            self.agents[agent].last_assigned = self.turn;
            self.agents[agent].last_active = self.turn;
            let agent = self.agents[agent].id.clone();
            let room = &mut self.departments[department];
            room.last = room.joined.iter().position(|a| a.as_ref() == Some(&agent));
            let at = self.conversations.iter().position(|c| c.id == id).unwrap();
            self.conversations[at].waited = self.waited(&self.conversations[at]);
            self.conversations[at].agent = Some(agent);
        }
    }

    /// Takes what an agent holds of a department from it.
    pub(crate) fn take_from(&mut self, agent: &str, department: usize) {
        let held = self.conversations.iter().filter(|c| c.agent.as_deref() == Some(agent));
        let held = held.filter(|c| c.department == department).map(|c| c.id.clone());
        for id in held.collect::<Vec<_>>() {
            match self.heir(department) {
                Some(heir) => self.wait(&id, heir),
                None => self.end(&id, "department_deleted"),
            }
        }
    }

    /// The department, or whichever has inherited its queue.
    fn heir(&self, mut department: usize) -> Option<usize> {
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
        let at = self.conversations.iter().position(|c| c.id == id).unwrap();
        let waited = self.waited(&self.conversations[at]);
        let conversation = &mut self.conversations[at];
        conversation.department = department;
        conversation.agent = None;
        (conversation.waits_since, conversation.waited) = (self.clock, waited);
    }

    pub(crate) fn tick(&mut self) {
        while let Some(due) = self.due().filter(|due| due.0 <= self.clock) {
            match due {
                (_, 0, department, _, _, agent) => self.take_from(&agent, department),
                (_, _, _, _, _, conversation) => self.end(&conversation, "closed"),
            }
            self.drain();
        }
    }

    pub(crate) fn due(&self) -> Option<Due> {
        self.agents_due().into_iter().chain(self.visitors_due()).min()
    }

    fn agents_due(&self) -> Vec<Due> {
        let held = self.conversations.iter().filter_map(|c| Some((c, c.agent.as_ref()?)));
        let lost = held.filter(|(_, agent)| !self.is_present(agent)).filter_map(|(c, agent)| {
            let policy = &self.departments[c.department].policy;
            let at = self.agent(agent).unwrap();
            let since = self.agents[at].absent_since;
            let due = since + policy.reconnect_grace_ms;
            let stays = self.departments[c.department].deleted;
            (policy.on_agent_lost == OnAgentLost::Requeue && !stays)
                .then(|| (due, 0, c.department, since, at as u64, agent.clone()))
        });
        lost.collect()
    }

    fn visitors_due(&self) -> Vec<Due> {
        let waiting = self.conversations.iter().filter(|c| c.agent.is_none());
        let left = waiting.filter_map(|c| {
            let (_, left_at) = self.gone.iter().find(|(visitor, _)| *visitor == c.visitor)?;
            let since = c.waits_since.max(*left_at);
            let due = since + self.departments[c.department].policy.visitor_grace_ms;
            Some((due, 1, c.department, since, c.arrival, c.id.clone()))
        });
        left.collect()
    }
}
