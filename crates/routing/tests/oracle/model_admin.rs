//! The naive workspace: commands, and what admins do.

use switchboard_routing::*;

use crate::model::{Model, ModelAgent, ModelDepartment};

type Answer = Result<(), Refusal>;

impl Model {
    /// Carries out a command; a refusal leaves everything as it is.
    pub(crate) fn step(&mut self, now: u64, origin: &Origin, command: &Command) -> Answer {
        self.clock = self.clock.max(now);
        if matches!(command, Command::Tick) {
            self.tick();
            return Ok(());
        }
        let answer = self.carry_out(origin, command);
        self.drain();
        answer
    }

    fn carry_out(&mut self, origin: &Origin, command: &Command) -> Answer {
        match command {
            Command::Configure(config) => self.configure(config),
            Command::Recover => {
                self.recover();
                Ok(())
            }
            Command::Tick => Ok(()),
            // Not among the random commands yet.
            Command::HoldSession { .. }
            | Command::ReportActivity { .. }
            | Command::AcceptOffer { .. }
            | Command::DeclineOffer { .. }
            | Command::ClaimConversation { .. }
            | Command::AssignConversation { .. }
            | Command::TransferConversation { .. }
            | Command::ReopenConversation { .. } => Ok(()),
            Command::CreateDepartment { department_id, policy, .. } => {
                self.create_department(department_id.as_str(), policy)
            }
            Command::UpdateDepartment { department_id, policy, .. } => {
                let at = self.department(department_id.as_str())?;
                let old = &self.departments[at].policy.fallback_department_id;
                if *old != policy.fallback_department_id {
                    self.check_fallback(policy)?;
                }
                self.departments[at].policy = policy.as_ref().clone();
                Ok(())
            }
            Command::SetDepartmentOpen { department_id, open } => {
                let at = self.department(department_id.as_str())?;
                self.departments[at].open = *open;
                Ok(())
            }
            Command::DeleteDepartment { department_id } => {
                self.delete_department(department_id.as_str())
            }
            Command::AddAgent { agent_id, role, capacity, skills, department_ids } => {
                self.add_agent(agent_id.as_str(), *role, *capacity, skills, department_ids)
            }
            Command::UpdateAgent { agent_id, role, capacity, skills, department_ids } => {
                let at = self.agent(agent_id.as_str())?;
                self.may_change(at, role.unwrap_or(self.agents[at].role))?;
                self.set_departments(agent_id.as_str(), department_ids.as_deref())?;
                let agent = &mut self.agents[at];
                agent.role = role.unwrap_or(agent.role);
                agent.capacity = capacity.unwrap_or(agent.capacity);
                agent.skills = skills.clone().unwrap_or(agent.skills.clone());
                Ok(())
            }
            Command::RemoveAgent { agent_id } => self.remove_agent(agent_id.as_str()),
            Command::AddMember { department_id, agent_id } => {
                let at = self.department(department_id.as_str())?;
                self.agent(agent_id.as_str())?;
                self.join(agent_id.as_str(), at);
                Ok(())
            }
            Command::RemoveMember { department_id, agent_id } => {
                let at = self.department(department_id.as_str())?;
                self.agent(agent_id.as_str())?;
                self.leave(agent_id.as_str(), at);
                Ok(())
            }
            Command::SetAvailability { agent_id, availability } => {
                let at = self.agent(agent_id.as_str())?;
                self.agents[at].online = *availability == Availability::Online;
                Ok(())
            }
            Command::AttachSession { session_id, person } => {
                self.attach(session_id.as_str(), person)
            }
            Command::LoseSession { session_id } => self.detach(session_id.as_str(), false),
            Command::EndSession { session_id } => self.detach(session_id.as_str(), true),
            Command::OpenConversation(open) => self.open(open),
            Command::CloseConversation { conversation_id } => {
                self.close(conversation_id.as_str(), origin)
            }
            Command::Forget { visitor_id, key } => {
                self.keys
                    .retain(|(v, k, ..)| (v.as_str(), k.as_str()) != (visitor_id.as_str(), key));
                Ok(())
            }
        }
    }

    fn configure(&mut self, config: &Config) -> Answer {
        let seats = self.agents.iter().filter(|a| !a.removed).count() as u32;
        let departments = self.departments.iter().filter(|d| !d.deleted).count() as u32;
        if config.limits.seats.is_some_and(|limit| limit < seats)
            || config.limits.departments.is_some_and(|limit| limit < departments)
        {
            return Err(Refusal::PlanTooSmall);
        }
        if let Some(id) = &config.default_department_id {
            self.department(id.as_str())?;
        }
        self.limits = config.limits;
        self.suspended = config.status == Status::Suspended;
        self.default_department = config.default_department_id.as_ref().map(|id| id.to_string());
        Ok(())
    }

    fn check_fallback(&self, policy: &Policy) -> Answer {
        match &policy.fallback_department_id {
            Some(id) => self.department(id.as_str()).map(|_| ()),
            None => Ok(()),
        }
    }

    fn create_department(&mut self, id: &str, policy: &Policy) -> Answer {
        if self.departments.iter().any(|d| d.id == id) {
            return Err(Refusal::IdTaken(Kind::Department));
        }
        let used = self.departments.iter().filter(|d| !d.deleted).count() as u32;
        if self.limits.departments == Some(used) {
            return Err(Refusal::DepartmentLimit);
        }
        self.check_fallback(policy)?;
        self.departments.push(ModelDepartment {
            id: id.into(),
            policy: policy.clone(),
            open: true,
            deleted: false,
            joined: Vec::new(),
            last: None,
        });
        Ok(())
    }

    fn delete_department(&mut self, id: &str) -> Answer {
        let at = self.department(id)?;
        self.departments[at].deleted = true;
        self.departments[at].joined.iter_mut().for_each(|member| *member = None);
        if self.default_department.as_deref() == Some(id) {
            self.default_department = None;
        }
        let fallback = self.departments[at].policy.fallback_department_id.clone();
        let fallback = fallback.and_then(|id| self.department(id.as_str()).ok());
        let queue: Vec<_> = self.queue(at).iter().map(|c| c.id.clone()).collect();
        for id in queue {
            match fallback {
                Some(fallback) => self.wait(&id, fallback),
                None => self.end(&id, "department_deleted"),
            }
        }
        Ok(())
    }

    fn add_agent(
        &mut self,
        id: &str,
        role: Role,
        capacity: u32,
        skills: &[String],
        departments: &[DepartmentId],
    ) -> Answer {
        if self.agents.iter().any(|a| a.id == id) {
            return Err(Refusal::IdTaken(Kind::Agent));
        }
        let used = self.agents.iter().filter(|a| !a.removed).count() as u32;
        if self.limits.seats == Some(used) {
            return Err(Refusal::SeatLimit);
        }
        for department in departments {
            self.department(department.as_str())?;
        }
        self.agents.push(ModelAgent {
            id: id.into(),
            role,
            capacity,
            skills: skills.to_vec(),
            online: false,
            removed: false,
            absent_since: self.clock,
            last_assigned: 0,
            last_active: 0,
        });
        self.set_departments(id, Some(departments))
    }

    fn set_departments(&mut self, agent: &str, wanted: Option<&[DepartmentId]>) -> Answer {
        let Some(wanted) = wanted else { return Ok(()) };
        for id in wanted {
            self.department(id.as_str())?;
        }
        for at in 0..self.departments.len() {
            if !wanted.iter().any(|id| id.as_str() == self.departments[at].id) {
                self.leave(agent, at);
            } else if !self.departments[at].deleted {
                self.join(agent, at);
            }
        }
        Ok(())
    }

    fn join(&mut self, agent: &str, department: usize) {
        if !self.is_member(agent, department) {
            self.departments[department].joined.push(Some(agent.into()));
        }
    }

    fn leave(&mut self, agent: &str, department: usize) {
        for member in &mut self.departments[department].joined {
            member.take_if(|id| id == agent);
        }
    }

    fn remove_agent(&mut self, id: &str) -> Answer {
        let at = self.agent(id)?;
        self.may_change(at, Role::Agent)?;
        for department in 0..self.departments.len() {
            self.take_from(id, department);
            self.leave(id, department);
        }
        self.sessions.retain(|s| s.person != Person::Agent(id.into()));
        self.agents[at].removed = true;
        Ok(())
    }

    /// The last admin stays one.
    fn may_change(&self, at: usize, role: Role) -> Answer {
        let is_other = |other: &&ModelAgent| other.id != self.agents[at].id;
        let mut others = self.agents.iter().filter(is_other);
        let another = others.any(|other| other.role == Role::Admin && !other.removed);
        if self.agents[at].role == Role::Admin && role != Role::Admin && !another {
            return Err(Refusal::LastAdmin);
        }
        Ok(())
    }
}
