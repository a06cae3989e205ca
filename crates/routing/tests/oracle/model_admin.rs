//! The naive workspace: commands, and what admins do.

use switchboard_routing::*;

use crate::model::{Answer, Model, ModelAgent, ModelDepartment};

impl Model {
    /// Carries out a command; a refusal leaves everything as it is.
    pub(crate) fn step(
        &mut self,
        now: u64,
        origin: &Origin,
        command: &Command,
    ) -> Result<(), Refusal> {
        self.clock = self.clock.max(now);
        self.told.clear();
        self.chose.clear();
        self.passed_by.clear();
        self.unplaced.clear();
        if matches!(command, Command::Tick) {
            self.tick();
            return Ok(());
        }
        let before = self.clone();
        match self.carry_out(origin, command) {
            Ok(happened) => {
                let own = origin.by_id.as_deref().filter(|_| happened && origin.by == By::Agent);
                if let Some(at) = own.and_then(|id| self.agent(id).ok()) {
                    self.agents[at].did_at = self.clock;
                }
                self.settle();
                Ok(())
            }
            Err(refusal) => {
                *self = before;
                Err(refusal)
            }
        }
    }

    fn carry_out(&mut self, origin: &Origin, command: &Command) -> Answer {
        match command {
            Command::Configure(config) => self.configure(config),
            Command::Recover => self.recover(),
            Command::Tick => Ok(false),
            Command::CreateDepartment { department_id, policy, .. } => {
                self.create_department(department_id.as_str(), policy)
            }
            Command::UpdateDepartment { department_id, policy, .. } => {
                self.update_department(department_id.as_str(), policy)
            }
            Command::SetDepartmentOpen { department_id, open } => {
                let at = self.department(department_id.as_str())?;
                self.departments[at].open = *open;
                Ok(true)
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
                Ok(true)
            }
            Command::RemoveAgent { agent_id } => self.remove_agent(agent_id.as_str()),
            Command::AddMember { department_id, agent_id } => {
                let at = self.department(department_id.as_str())?;
                self.agent(agent_id.as_str())?;
                self.join(agent_id.as_str(), at);
                Ok(true)
            }
            Command::RemoveMember { department_id, agent_id } => {
                let at = self.department(department_id.as_str())?;
                self.agent(agent_id.as_str())?;
                self.leave(agent_id.as_str(), at);
                Ok(true)
            }
            Command::SetAvailability { agent_id, availability } => {
                self.says(agent_id.as_str(), *availability == Availability::Online, origin.by)
            }
            Command::Forget { visitor_id, key } => {
                self.keys
                    .retain(|(v, k, ..)| (v.as_str(), k.as_str()) != (visitor_id.as_str(), key));
                Ok(true)
            }
            Command::AttachSession { .. }
            | Command::LoseSession { .. }
            | Command::EndSession { .. }
            | Command::HoldSession { .. }
            | Command::ReportActivity { .. } => self.carry_out_presence(command),
            _ => self.carry_out_conversation(origin, command),
        }
    }

    fn carry_out_presence(&mut self, command: &Command) -> Answer {
        match command {
            Command::AttachSession { session_id, person } => {
                self.attach(session_id.as_str(), person)
            }
            Command::LoseSession { session_id } => self.lose(session_id.as_str()),
            Command::EndSession { session_id } => self.end_session(session_id.as_str()),
            Command::HoldSession { session_id, hold_ms } => {
                self.hold(session_id.as_str(), *hold_ms)
            }
            Command::ReportActivity { agent_id } => {
                let at = self.agent(agent_id.as_str())?;
                // As exactly as it matters, and where it does.
                let ago = self.clock - self.agents[at].did_at;
                let noted = self.config.idle_away_ms.is_some_and(|idle| ago > idle / 20);
                if noted {
                    self.agents[at].did_at = self.clock;
                }
                Ok(noted)
            }
            other => panic!("not about who is there: {other:?}"),
        }
    }

    fn carry_out_conversation(&mut self, origin: &Origin, command: &Command) -> Answer {
        match command {
            Command::OpenConversation(open) => self.open(open),
            Command::CloseConversation { conversation_id } => {
                self.close(conversation_id.as_str(), origin)
            }
            Command::AcceptOffer { conversation_id, agent_id, offer } => {
                self.accept(conversation_id.as_str(), agent_id.as_str(), *offer)
            }
            Command::DeclineOffer { conversation_id, agent_id, offer } => {
                self.decline(conversation_id.as_str(), agent_id.as_str(), *offer)
            }
            Command::ClaimConversation { conversation_id, agent_id } => {
                self.claim(conversation_id.as_str(), agent_id.as_str())
            }
            Command::AssignConversation { conversation_id, agent_id, force } => {
                self.assign(conversation_id.as_str(), agent_id.as_str(), *force, origin)
            }
            Command::TransferConversation { conversation_id, department_id, agent_id, force } => {
                let department = department_id.as_ref().map(|id| id.as_str());
                let to = (department, agent_id.as_ref().map(|id| id.as_str()));
                self.transfer(conversation_id.as_str(), to, *force, origin)
            }
            Command::ReopenConversation { conversation } => {
                self.reopen(conversation.id.as_str(), origin)
            }
            other => panic!("not about a conversation: {other:?}"),
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
        if self.config.idle_away_ms.is_some() != config.idle_away_ms.is_some() {
            // What was not asked for until now counts from now on.
            self.agents.iter_mut().for_each(|agent| agent.did_at = self.clock);
        }
        self.config = config.clone();
        Ok(true)
    }

    fn check_fallback(&self, policy: &Policy) -> Result<(), Refusal> {
        match &policy.fallback_department_id {
            Some(id) => self.department(id.as_str()).map(|_| ()),
            None => Ok(()),
        }
    }

    fn update_department(&mut self, id: &str, policy: &Policy) -> Answer {
        let at = self.department(id)?;
        if self.departments[at].policy.fallback_department_id != policy.fallback_department_id {
            self.check_fallback(policy)?;
        }
        self.departments[at].policy = policy.clone();
        Ok(true)
    }

    fn create_department(&mut self, id: &str, policy: &Policy) -> Answer {
        if self.departments.iter().any(|d| d.id == id) {
            return Err(Refusal::IdTaken(Kind::Department));
        }
        let used = self.departments.iter().filter(|d| !d.deleted).count() as u32;
        if self.config.limits.departments == Some(used) {
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
        Ok(true)
    }

    fn delete_department(&mut self, id: &str) -> Answer {
        let at = self.department(id)?;
        self.departments[at].deleted = true;
        self.departments[at].joined.iter_mut().for_each(|member| *member = None);
        let fallback = self.departments[at].policy.fallback_department_id.clone();
        let fallback = fallback.and_then(|id| self.department(id.as_str()).ok());
        let line: Vec<_> = self.line(at).iter().map(|c| c.id.clone()).collect();
        for id in line {
            self.end_offer(&id, WithdrawnReason::DepartmentDeleted);
            match fallback {
                Some(fallback) => {
                    let c = self.conversation(&id)?;
                    self.conversations[c].passed.push(at);
                    self.requeue(&id, fallback, RequeuedReason::DepartmentDeleted);
                }
                None => self.reject(&id, RejectedReason::DepartmentDeleted),
            }
        }
        Ok(true)
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
        if self.config.limits.seats == Some(used) {
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

    fn set_departments(
        &mut self,
        agent: &str,
        wanted: Option<&[DepartmentId]>,
    ) -> Result<(), Refusal> {
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
        let offered = self.conversations.iter().filter(|c| c.is_offered_to(id));
        for offered in offered.map(|c| c.id.clone()).collect::<Vec<_>>() {
            self.end_offer(&offered, WithdrawnReason::Removed);
        }
        for department in 0..self.departments.len() {
            self.take_from(id, department, RequeuedReason::Removed);
            self.leave(id, department);
        }
        self.wrap_ups.retain(|wrap| wrap.agent != id);
        self.sessions.retain(|s| s.person != Person::Agent(id.into()));
        self.agents[at].removed = true;
        Ok(true)
    }

    /// The last admin stays one.
    fn may_change(&self, at: usize, role: Role) -> Result<(), Refusal> {
        let is_other = |other: &&ModelAgent| other.id != self.agents[at].id;
        let mut others = self.agents.iter().filter(is_other);
        let another = others.any(|other| other.role == Role::Admin && !other.removed);
        if self.agents[at].role == Role::Admin && role != Role::Admin && !another {
            return Err(Refusal::LastAdmin);
        }
        Ok(())
    }
}
