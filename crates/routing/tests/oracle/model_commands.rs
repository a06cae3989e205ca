//! The naive workspace: commands.

use switchboard_routing::*;

use crate::model::{Answer, Model};

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
                let itself = matches!(origin.by, By::Agent | By::Admin);
                let own = origin.by_id.as_deref().filter(|_| happened && itself);
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
}
