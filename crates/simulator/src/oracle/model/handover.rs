//! The naive workspace: conversations go to somebody because somebody says so.

use switchboard_routing::{
    AssignmentCause, By, Kind, Notice, Origin, Person, Refusal, ReleasedReason, RequeuedReason,
    Status, WithdrawnReason,
};

use super::{
    Answer, Model, ModelConversation, ModelCooling,
    picking::Aside,
    routing::{Outcome, Prefers},
};

impl Model {
    pub(crate) fn close(&mut self, id: &str, origin: &Origin) -> Answer {
        let c = self.conversation(id)?;
        self.may_act(c, c.holder.as_deref(), origin)?;
        self.end_by(id, origin.by);
        Ok(true)
    }

    fn may_act(
        &self,
        c: &ModelConversation,
        holder: Option<&str>,
        origin: &Origin,
    ) -> Result<(), Refusal> {
        let unknown = Refusal::NotFound(Kind::Conversation);
        let by_id = origin.by_id.as_deref().unwrap_or_default();
        match origin.by {
            By::Visitor if c.visitor != by_id => Err(unknown),
            By::Agent if holder == Some(by_id) => Ok(()),
            By::Agent if self.is_colleague(by_id, c.department) => Err(Refusal::Forbidden),
            By::Agent => Err(unknown),
            _ => Ok(()),
        }
    }

    pub(crate) fn claim(&mut self, id: &str, agent: &str) -> Answer {
        let taker = self.agent(agent)?;
        let c = self.conversation(id)?.clone();
        if c.is_held_by(agent) {
            return Ok(false);
        }
        if !self.sees(agent, &c) {
            return Err(Refusal::NotFound(Kind::Conversation));
        }
        if c.holder.is_some() {
            return Err(Refusal::AlreadyTaken);
        }
        if c.is_offered_to(agent) {
            self.give(id, taker, AssignmentCause::Accepted);
            return Ok(true);
        }
        let aside = Aside { cooling: true, ..Aside::default() };
        self.bars(&self.agents[taker], &c, aside).map_or(Ok(()), Err)?;
        self.chose.push(self.decision(&c, Some(taker), AssignmentCause::Claimed));
        self.end_offer(id, WithdrawnReason::Claimed);
        self.give(id, taker, AssignmentCause::Claimed);
        Ok(true)
    }

    pub(crate) fn assign(&mut self, id: &str, agent: &str, force: bool, origin: &Origin) -> Answer {
        let c = self.conversation(id)?.clone();
        match origin.by {
            By::Visitor => return Err(Refusal::NotFound(Kind::Conversation)),
            By::Agent => {
                self.may_act(&c, c.holder.as_deref(), origin)?;
                return Err(Refusal::Forbidden);
            }
            _ => {}
        }
        let taker = self.agent(agent)?;
        if c.is_held_by(agent) {
            return Ok(false);
        }
        let aside = Aside { capacity: force, own: true, cooling: false };
        self.bars(&self.agents[taker], &c, aside).map_or(Ok(()), Err)?;
        self.chose.push(self.decision(&c, Some(taker), AssignmentCause::Assigned));
        self.end_offer(id, WithdrawnReason::Reassigned);
        if self.is_awake(agent) {
            self.give(id, taker, AssignmentCause::Assigned);
        } else {
            if c.holder.is_some() {
                self.requeue(id, c.department, RequeuedReason::Reassigned);
            }
            self.hand_by(id, taker, AssignmentCause::Assigned, force);
        }
        Ok(true)
    }

    pub(crate) fn transfer(
        &mut self,
        id: &str,
        (department, agent): (Option<&str>, Option<&str>),
        force: bool,
        origin: &Origin,
    ) -> Answer {
        let c = self.conversation(id)?.clone();
        if origin.by == By::Visitor {
            return Err(Refusal::NotFound(Kind::Conversation));
        }
        self.may_act(&c, c.holder.as_deref(), origin)?;
        if force && origin.by == By::Agent {
            return Err(Refusal::Forbidden);
        }
        let department = match department {
            Some(id) => self.department(id)?,
            None if agent.is_none() => return Err(Refusal::DepartmentRequired),
            None => c.department,
        };
        match agent {
            Some(agent) => self.transfer_to_agent(c, department, agent, force),
            None => self.transfer_to_department(c, department),
        }
    }

    fn transfer_to_agent(
        &mut self,
        mut c: ModelConversation,
        department: usize,
        agent: &str,
        force: bool,
    ) -> Answer {
        let taker = self.agent(agent)?;
        if c.is_held_by(agent) && c.department == department {
            return Ok(false);
        }
        let id = c.id.clone();
        c.department = department;
        let aside = Aside { capacity: force, own: true, cooling: false };
        self.bars(&self.agents[taker], &c, aside).map_or(Ok(()), Err)?;
        let awake = self.is_awake(agent);
        let cause = AssignmentCause::Transferred;
        self.chose.push(self.decision(&without_giver(&c), Some(taker), cause));
        self.end_offer(&id, WithdrawnReason::Reassigned);
        self.move_to(&id, department, Vec::new());
        match awake {
            true => self.give(&id, taker, cause),
            false => self.hand_by(&id, taker, cause, force),
        }
        Ok(true)
    }

    fn transfer_to_department(&mut self, c: ModelConversation, department: usize) -> Answer {
        let mut asks = without_giver(&c);
        (asks.department, asks.next_cause) = (department, AssignmentCause::Transferred);
        let route = self.route(&asks, &[], Prefers::Nobody);
        if let Some(refusal) = route.refusal() {
            return Err(refusal);
        }
        self.end_offer(&c.id, WithdrawnReason::Reassigned);
        self.move_to(&c.id, route.department, route.passed);
        if let Some(giver) = &c.holder {
            self.cool(&c.id, giver, true);
        }
        if let Outcome::Taken(agent, cause) = route.outcome {
            self.hand(&c.id, agent, cause);
        }
        Ok(true)
    }

    fn move_to(&mut self, id: &str, department: usize, passed: Vec<usize>) {
        self.tell(id, format!("transferred to {}", self.departments[department].id));
        let Some(c) = self.conversation_mut(id) else { return };
        (c.next_cause, c.passed) = (AssignmentCause::Transferred, passed);
        if let Some(giver) = c.holder.clone() {
            self.is_released(&giver, id, ReleasedReason::Transferred, false);
        }
        self.wait(id, department);
    }

    pub(crate) fn reopen(&mut self, id: &str, origin: &Origin) -> Answer {
        if self.config.status == Status::Suspended {
            return Err(Refusal::Suspended);
        }
        let here = self.conversations.iter().find(|c| c.id == id);
        let ended = self.archive.iter().find(|c| c.id == id);
        let c = here.or(ended).ok_or(Refusal::NotFound(Kind::Conversation))?;
        self.may_act(c, c.last_holder.as_deref(), origin)?;
        if here.is_some() {
            return Err(Refusal::NotEnded);
        }
        let mut c = c.clone();
        c.department = self.heir(c.department).ok_or(Refusal::NotFound(Kind::Department))?;
        (c.holder, c.cause, c.offer) = (None, None, None);
        (c.since, c.next_cause) = (self.clock, AssignmentCause::Reopened);
        (c.place, c.passed) = (self.places + 1, Vec::new());
        c.cooling.retain(|cool| cool.until > self.clock && self.agent(&cool.agent).is_ok());
        let route = self.route(&c, &[], Prefers::LastHolder);
        if let Some(refusal) = route.refusal() {
            return Err(refusal);
        }
        self.places += 1;
        self.archive.retain(|other| other.id != id);
        self.wrap_ups.retain(|wrap| wrap.conversation != id);
        if let Some((key, fingerprint)) = &c.key
            && !self.keys.iter().any(|(v, k, ..)| (v, k) == (&c.visitor, key))
        {
            self.keys.push((c.visitor.clone(), key.clone(), *fingerprint, id.into()));
        }
        self.tell(id, format!("reopened in {}", self.departments[route.department].id));
        self.visitor_hears(&c, Notice::ConversationOpened(id.into()), false);
        let here = self.is_here(&Person::Visitor(c.visitor.as_str().into()));
        if c.attended && !here && !self.gone.iter().any(|(visitor, _)| *visitor == c.visitor) {
            self.gone.push((c.visitor.clone(), self.clock));
        }
        self.take_in(c, route);
        Ok(true)
    }
}

/// A conversation for which who holds it is not asked.
fn without_giver(c: &ModelConversation) -> ModelConversation {
    let mut asks = c.clone();
    if let Some(giver) = &c.holder {
        asks.cooling.retain(|cool| cool.agent != *giver);
        let (agent, gave_it) = (giver.clone(), true);
        asks.cooling.push(ModelCooling { agent, until: 0, gave_it });
    }
    asks
}
