//! The naive workspace: commands.

use switchboard_routing::{Availability, By, Command, Origin, Refusal};

use super::{Answer, Model};

impl Model {
    /// Carries out a command; a refusal leaves everything as it is.
    pub(crate) fn step(
        &mut self,
        now: u64,
        origin: &Origin,
        command: &Command,
    ) -> Result<(), Refusal> {
        self.clock = self.last.max(now);
        self.following = false;
        self.told.clear();
        self.heard.clear();
        self.chose.clear();
        self.passed_by.clear();
        self.unplaced.clear();
        if matches!(command, Command::Tick) {
            self.following = true;
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
                self.following = true;
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
            Command::CreateDepartment { department_id, name, policy } => {
                self.create_department(department_id.as_str(), name, policy)
            }
            Command::UpdateDepartment { department_id, name, policy } => {
                self.update_department(department_id.as_str(), name, policy)
            }
            Command::SetDepartmentOpen { department_id, open } => {
                self.open_or_close(department_id.as_str(), *open)
            }
            Command::DeleteDepartment { department_id } => {
                self.delete_department(department_id.as_str())
            }
            Command::ReserveSeats { seats } => self.reserve_seats(seats),
            Command::ExtendSeat { invite_id, until } => {
                self.extend_seat(invite_id.as_str(), until.0)
            }
            Command::ReleaseSeat { invite_id } => self.release_seat(invite_id.as_str()),
            Command::AddAgent { agent_id, role, capacity, skills, department_ids, invite_id } => {
                let invite = invite_id.as_ref().map(|id| id.as_str());
                let id = agent_id.as_str();
                self.add_agent(id, *role, *capacity, skills, department_ids, invite)
            }
            Command::UpdateAgent { agent_id, role, capacity, skills, department_ids } => {
                let has = (*capacity, skills.as_deref());
                self.update_agent(agent_id.as_str(), *role, has, department_ids.as_deref())
            }
            Command::RemoveAgent { agent_id } => self.remove_agent(agent_id.as_str()),
            Command::AddMember { department_id, agent_id } => {
                let at = self.department(department_id.as_str())?;
                self.agent(agent_id.as_str())?;
                Ok(self.join(agent_id.as_str(), at))
            }
            Command::RemoveMember { department_id, agent_id } => {
                let at = self.department(department_id.as_str())?;
                self.agent(agent_id.as_str())?;
                Ok(self.leave(agent_id.as_str(), at))
            }
            Command::SetAvailability { agent_id, availability } => {
                self.says(agent_id.as_str(), *availability == Availability::Online, origin.by)
            }
            Command::Forget { visitor_id, key } => {
                let keys = self.keys.len();
                self.keys
                    .retain(|(v, k, ..)| (v.as_str(), k.as_str()) != (visitor_id.as_str(), key));
                Ok(self.keys.len() < keys)
            }
            Command::AttachSession { .. }
            | Command::LoseSession { .. }
            | Command::EndSession { .. }
            | Command::HoldSession { .. }
            | Command::ReportActivity { .. } => self.carry_out_presence(command),
            Command::OpenConversation(_)
            | Command::CloseConversation { .. }
            | Command::AcceptOffer { .. }
            | Command::DeclineOffer { .. }
            | Command::ClaimConversation { .. }
            | Command::AssignConversation { .. }
            | Command::TransferConversation { .. }
            | Command::ReopenConversation { .. } => self.carry_out_conversation(origin, command),
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
                let ago = self.clock.saturating_sub(self.agents[at].did_at);
                let noted = self.config.idle_away_ms.is_some_and(|idle| ago > idle / 20);
                if noted {
                    self.agents[at].did_at = self.clock;
                }
                Ok(noted)
            }
            // Not about who is there.
            _ => Ok(false),
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
            // Not about a conversation.
            _ => Ok(false),
        }
    }
}
