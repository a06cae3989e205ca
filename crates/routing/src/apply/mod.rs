//! Applying: the only thing that changes a workspace. It cannot fail; what does not hold here is
//! a bug, and the assertions are on in release.

mod agent;
mod conversation;
mod department;
mod line;
mod offer;
mod seat;
mod session;

use crate::{Conversation, Event, Record, Workspace};

impl Workspace {
    /// Applies one event; gives back the conversation that it ended.
    pub(crate) fn apply(&mut self, record: &Record) -> Option<Conversation> {
        let ended = self.apply_event(record);
        self.note_activity(record);
        ended
    }

    fn apply_event(&mut self, record: &Record) -> Option<Conversation> {
        assert_eq!(record.position, self.position + 1, "events are applied in order, each once");
        self.position = record.position;
        self.clock = self.clock.max(record.at);
        match &record.event {
            Event::ConversationOpened { .. }
            | Event::ConversationQueued { .. }
            | Event::ConversationAssigned { .. }
            | Event::ConversationRequeued { .. }
            | Event::ConversationTransferred { .. }
            | Event::ConversationReopened { .. }
            | Event::ConversationClosed { .. }
            | Event::ConversationRejected { .. }
            | Event::ConversationForgotten { .. } => return self.apply_conversation(record),
            Event::ConversationOffered { .. } => self.apply_offered(record),
            Event::OfferEnded { .. } => self.apply_offer_ended(record),
            Event::CooldownEnded { conversation_id, agent_id } => {
                self.apply_cooldown_ended(conversation_id, agent_id);
            }
            Event::WrapUpEnded { agent_id, conversation_id } => {
                let agent = self.known_agent(agent_id);
                self.end_wrap_up(agent, conversation_id);
            }
            // Noted below, as whatever an agent does itself.
            Event::AgentActive { .. } => {}
            Event::SessionHeld { session_id, until, on_socket } => {
                self.apply_session_held(session_id, *until, *on_socket);
            }
            Event::WorkspaceConfigured { config } => self.apply_configured(config),
            Event::WorkspaceRecovered => self.apply_recovered(),
            Event::DepartmentCreated { department_id, name, policy } => {
                self.apply_department_created(department_id, name, policy);
            }
            Event::DepartmentUpdated { department_id, name, policy } => {
                self.apply_department_updated(department_id, name, policy);
            }
            Event::DepartmentOpened { department_id } => self.apply_open(department_id, true),
            Event::DepartmentClosed { department_id } => self.apply_open(department_id, false),
            Event::DepartmentDeleted { department_id } => {
                self.apply_department_deleted(department_id);
            }
            Event::SeatReserved { invite_id, until } => {
                assert!(!self.reserved.contains_key(invite_id), "an invite holds one seat");
                self.reserve_seat(invite_id, *until);
            }
            Event::SeatExtended { invite_id, until } => {
                self.apply_seat_extended(invite_id, *until);
            }
            Event::SeatReleased { invite_id, .. } => self.release_seat(invite_id),
            Event::AgentAdded { agent_id, role, capacity, skills, invite_id } => {
                if let Some(invite_id) = invite_id
                    && !planted!(AcceptedKeepsInvite)
                {
                    self.release_seat(invite_id);
                }
                self.apply_agent_added(record, agent_id, *role, *capacity, skills);
            }
            Event::AgentUpdated { agent_id, role, capacity, skills } => {
                self.apply_agent_updated(agent_id, *role, *capacity, skills);
            }
            Event::AgentRemoved { agent_id } => self.apply_agent_removed(agent_id),
            Event::MemberAdded { department_id, agent_id } => {
                self.apply_member_added(department_id, agent_id);
            }
            Event::MemberRemoved { department_id, agent_id } => {
                self.apply_member_removed(department_id, agent_id);
            }
            Event::AvailabilityChanged { agent_id, availability } => {
                self.apply_availability(record, agent_id, *availability);
            }
            Event::PresenceChanged { agent_id, present } => {
                self.apply_presence(agent_id, *present);
            }
            Event::SessionAttached { session_id, person } => {
                self.apply_session_attached(session_id, person);
            }
            Event::SessionLost { session_id } => self.apply_session_lost(session_id),
            Event::SessionEnded { session_id } => self.apply_session_ended(session_id),
        }
        None
    }
}
