//! The naive workspace: what admins do.

use switchboard_routing::{
    By, Config, DepartmentId, Kind, Notice, Person, Policy, Refusal, RejectedReason,
    RequeuedReason, Role, WithdrawnReason,
};

use super::{Answer, Model, ModelAgent, ModelDepartment};

impl Model {
    pub(crate) fn configure(&mut self, config: &Config) -> Answer {
        let seats = self.seats();
        let departments = self.departments.iter().filter(|d| !d.deleted).count() as u32;
        if config.limits.seats.is_some_and(|limit| limit < seats)
            || config.limits.departments.is_some_and(|limit| limit < departments)
        {
            return Err(Refusal::PlanTooSmall);
        }
        if let Some(id) = &config.default_department_id {
            self.department(id.as_str())?;
        }
        if self.config.idle_away_ms.is_some() != config.idle_away_ms.is_some() {
            // What was not asked for until now counts from now on.
            self.agents.iter_mut().for_each(|agent| agent.did_at = self.clock);
        }
        let changed = self.config != *config;
        self.config = config.clone();
        Ok(changed)
    }

    fn check_fallback(&self, policy: &Policy) -> Result<(), Refusal> {
        match &policy.fallback_department_id {
            Some(id) => self.department(id.as_str()).map(|_| ()),
            None => Ok(()),
        }
    }

    pub(crate) fn update_department(&mut self, id: &str, name: &str, policy: &Policy) -> Answer {
        let at = self.department(id)?;
        if self.departments[at].policy.fallback_department_id != policy.fallback_department_id {
            self.check_fallback(policy)?;
        }
        let room = &mut self.departments[at];
        let changed = room.name != name || room.policy != *policy;
        (room.name, room.policy) = (name.into(), policy.clone());
        Ok(changed)
    }

    pub(crate) fn open_or_close(&mut self, id: &str, open: bool) -> Answer {
        let at = self.department(id)?;
        let changed = self.departments[at].open != open;
        self.departments[at].open = open;
        Ok(changed)
    }

    pub(crate) fn create_department(&mut self, id: &str, name: &str, policy: &Policy) -> Answer {
        if self.departments.iter().any(|d| d.id == id) {
            return Err(Refusal::IdTaken(Kind::Department));
        }
        let used = self.departments.iter().filter(|d| !d.deleted).count() as u32;
        if self.config.limits.departments.is_some_and(|most| used >= most) {
            return Err(Refusal::DepartmentLimit);
        }
        self.check_fallback(policy)?;
        self.departments.push(ModelDepartment {
            id: id.into(),
            name: name.into(),
            policy: policy.clone(),
            open: true,
            deleted: false,
            joined: Vec::new(),
            last: None,
        });
        Ok(true)
    }

    pub(crate) fn delete_department(&mut self, id: &str) -> Answer {
        let at = self.department(id)?;
        self.departments[at].deleted = true;
        for member in self.departments[at].joined.clone().into_iter().flatten() {
            self.leave(&member, at);
        }
        if self.config.default_department_id.as_ref().is_some_and(|default| default.as_str() == id)
        {
            self.config.default_department_id = None;
        }
        let fallback = self.departments[at].policy.fallback_department_id.clone();
        let fallback = fallback.and_then(|id| self.department(id.as_str()).ok());
        let line: Vec<_> = self.line(at).iter().map(|c| c.id.clone()).collect();
        for id in line {
            self.end_offer(&id, WithdrawnReason::DepartmentDeleted);
            match fallback {
                Some(fallback) => {
                    if let Some(c) = self.conversation_mut(&id) {
                        c.passed.push(at);
                    }
                    self.requeue(&id, fallback, RequeuedReason::DepartmentDeleted);
                }
                None => self.reject(&id, RejectedReason::DepartmentDeleted),
            }
        }
        Ok(true)
    }

    pub(crate) fn add_agent(
        &mut self,
        id: &str,
        role: Role,
        capacity: u32,
        skills: &[String],
        departments: &[DepartmentId],
        invite: Option<&str>,
    ) -> Answer {
        if self.agents.iter().any(|a| a.id == id) {
            return Err(Refusal::IdTaken(Kind::Agent));
        }
        if let Some(invite) = invite {
            // Its seat comes free first, and is taken at once.
            self.release_seat(invite)?;
        }
        self.have_seats(1)?;
        for department in departments {
            self.department(department.as_str())?;
        }
        self.agents.push(ModelAgent {
            id: id.into(),
            role,
            capacity,
            skills: skills.to_vec(),
            online: false,
            said_by: By::Root,
            said_at: self.clock,
            removed: false,
            present_since: self.clock,
            did_at: self.clock,
            misses: 0,
            last_assigned: 0,
            last_active: 0,
        });
        self.set_departments(id, Some(departments))?;
        Ok(true)
    }

    pub(crate) fn update_agent(
        &mut self,
        id: &str,
        role: Option<Role>,
        (capacity, skills): (Option<u32>, Option<&[String]>),
        departments: Option<&[DepartmentId]>,
    ) -> Answer {
        let at = self.agent(id)?;
        self.may_change(at, role.unwrap_or(self.agents[at].role))?;
        let moved = self.set_departments(id, departments)?;
        let agent = &mut self.agents[at];
        let is = |agent: &ModelAgent| (agent.role, agent.capacity, agent.skills.clone());
        let was = is(agent);
        agent.role = role.unwrap_or(agent.role);
        agent.capacity = capacity.unwrap_or(agent.capacity);
        if let Some(skills) = skills {
            agent.skills = skills.to_vec();
        }
        Ok(moved || is(agent) != was)
    }

    fn set_departments(&mut self, agent: &str, wanted: Option<&[DepartmentId]>) -> Answer {
        let Some(wanted) = wanted else { return Ok(false) };
        for id in wanted {
            self.department(id.as_str())?;
        }
        let mut moved = false;
        for at in 0..self.departments.len() {
            if !wanted.iter().any(|id| id.as_str() == self.departments[at].id) {
                moved |= self.leave(agent, at);
            } else if !self.departments[at].deleted {
                moved |= self.join(agent, at);
            }
        }
        Ok(moved)
    }

    /// Whether it was no member before.
    pub(crate) fn join(&mut self, agent: &str, department: usize) -> bool {
        let joins = !self.is_member(agent, department);
        if joins {
            self.departments[department].joined.push(Some(agent.into()));
            self.agent_hears(agent, Notice::MembershipChanged, true);
        }
        joins
    }

    /// Whether it was a member.
    pub(crate) fn leave(&mut self, agent: &str, department: usize) -> bool {
        let leaves = self.is_member(agent, department);
        if leaves {
            self.leave_unheard(agent, department);
            self.agent_hears(agent, Notice::MembershipChanged, true);
        }
        leaves
    }

    fn leave_unheard(&mut self, agent: &str, department: usize) {
        for member in &mut self.departments[department].joined {
            member.take_if(|id| id == agent);
        }
    }

    pub(crate) fn remove_agent(&mut self, id: &str) -> Answer {
        let at = self.agent(id)?;
        self.may_change(at, Role::Agent)?;
        let offered = self.conversations.iter().filter(|c| c.is_offered_to(id));
        for offered in offered.map(|c| c.id.clone()).collect::<Vec<_>>() {
            self.end_offer(&offered, WithdrawnReason::Removed);
        }
        for department in 0..self.departments.len() {
            self.take_from(id, department, RequeuedReason::Removed);
            self.leave_unheard(id, department);
        }
        self.agent_hears(id, Notice::Removed, true);
        self.wrap_ups.retain(|wrap| wrap.agent != id);
        self.sessions.retain(|s| s.person != Person::Agent(id.into()));
        self.agents[at].removed = true;
        Ok(true)
    }

    /// The last admin stays one.
    pub(crate) fn may_change(&self, at: usize, role: Role) -> Result<(), Refusal> {
        let is_other = |other: &&ModelAgent| other.id != self.agents[at].id;
        let mut others = self.agents.iter().filter(is_other);
        let another = others.any(|other| other.role == Role::Admin && !other.removed);
        if self.agents[at].role == Role::Admin && role != Role::Admin && !another {
            return Err(Refusal::LastAdmin);
        }
        Ok(())
    }
}
