//! Notices of the core, as messages to the sessions of whom they are for.

use std::sync::Arc;

use switchboard_protocol::{
    AvailabilityChanged, CloseCode, ConversationClosed, ConversationPush, ConversationRejected,
    ConversationReleased, DepartmentsChanged, MembershipChanged, OfferWithdrawn, ServerMessage,
    model::{self, PublicDepartment},
};
use switchboard_routing::{
    AgentId, Command, ConversationId, Event, Notice, Origin, Person, SessionId,
};

use super::worker::{Step, Worker};
use crate::{
    convert::{Reader, ToWire},
    seam::{LatestKind, SharedMessage, ToConnection},
};

/// Conversations shown in a step: one and the same for every session of a kind of reader.
type Shown = Vec<(ConversationId, Reader, Arc<model::Conversation>)>;

impl Worker {
    /// Tells everybody concerned what a step did.
    pub(crate) fn tell(&mut self, step: &Step) {
        let mut shown = Shown::new();
        for (to, except, notice) in &step.notices {
            if *notice == Notice::Removed {
                self.dismiss(to);
                continue;
            }
            let Some(push) = self.message_of(to, notice, &mut shown) else { continue };
            let sessions = self.streams.of(to).to_vec();
            for session in sessions.iter().filter(|session| except.as_ref() != Some(*session)) {
                self.push(session, push.clone());
            }
        }
    }

    /// The push of a notice; none where nobody would get it.
    fn message_of(&self, to: &Person, notice: &Notice, shown: &mut Shown) -> Option<ServerMessage> {
        if self.streams.of(to).is_empty() {
            return None;
        }
        // Numbered when it is pushed, for each session.
        let seq = 0;
        Some(match notice {
            Notice::ConversationOpened(id) => {
                let conversation = self.shown_to(id, to, shown)?;
                ServerMessage::ConversationOpened(ConversationPush { seq, conversation })
            }
            Notice::ConversationAssigned(id) => {
                let conversation = self.shown_to(id, to, shown)?;
                ServerMessage::ConversationAssigned(ConversationPush { seq, conversation })
            }
            Notice::ConversationOffered(id) => {
                let conversation = self.shown_to(id, to, shown)?;
                ServerMessage::ConversationOffered(ConversationPush { seq, conversation })
            }
            Notice::OfferWithdrawn { conversation_id, revision, offer, reason } => {
                let (offer_id, reason) = (self.public_ids().offer(*offer), reason.to_wire());
                let (conversation_id, revision) = (conversation_id.to_string(), *revision);
                let withdrawn = OfferWithdrawn { seq, conversation_id, revision, offer_id, reason };
                ServerMessage::OfferWithdrawn(withdrawn)
            }
            Notice::ConversationReleased { conversation_id: id, revision, reason } => {
                let (conversation_id, reason) = (id.to_string(), reason.to_wire());
                let revision = *revision;
                let released = ConversationReleased { seq, conversation_id, revision, reason };
                ServerMessage::ConversationReleased(released)
            }
            Notice::ConversationClosed(id, by) => {
                let by = by.to_wire();
                let (conversation_id, revision) = self.revision_of(id)?;
                let closed = ConversationClosed { seq, conversation_id, revision, by };
                ServerMessage::ConversationClosed(closed)
            }
            Notice::ConversationRejected(id, reason) => {
                let reason = reason.to_wire();
                let (conversation_id, revision) = self.revision_of(id)?;
                let rejected = ConversationRejected { seq, conversation_id, revision, reason };
                ServerMessage::ConversationRejected(rejected)
            }
            Notice::AvailabilityChanged(availability, by) => {
                let (availability, by) = (availability.to_wire(), by.to_wire());
                ServerMessage::AvailabilityChanged(AvailabilityChanged { seq, availability, by })
            }
            Notice::MembershipChanged => {
                let Person::Agent(agent) = to else { return None };
                let agent = self.core.agent(agent.as_str())?;
                let department_ids = self.view().department_ids(agent);
                ServerMessage::MembershipChanged(MembershipChanged { seq, department_ids })
            }
            Notice::Removed => return None,
        })
    }

    fn shown_to(
        &self,
        id: &ConversationId,
        to: &Person,
        shown: &mut Shown,
    ) -> Option<Arc<model::Conversation>> {
        let reader = match to {
            Person::Agent(_) => Reader::Staff,
            Person::Visitor(_) => Reader::Visitor,
        };
        if let Some((.., seen)) = shown.iter().find(|(own, by, _)| own == id && *by == reader) {
            return Some(seen.clone());
        }
        let seen = self.shown(id, reader)?;
        shown.push((id.clone(), reader, seen.clone()));
        Some(seen)
    }

    fn revision_of(&self, id: &ConversationId) -> Option<(String, u64)> {
        let revision = match self.core.conversation(id.as_str()) {
            Some(conversation) => conversation.revision,
            None => self.ended(id)?.conversation.revision,
        };
        Some((id.to_string(), revision))
    }

    /// Ends every session of somebody who was removed, for good.
    fn dismiss(&mut self, person: &Person) {
        for session in self.streams.of(person).to_vec() {
            self.drop_stream(&session, Some(CloseCode::Removed));
        }
    }

    /// Forgets a session's stream, closing the socket that it is on.
    pub(crate) fn drop_stream(&mut self, session: &SessionId, code: Option<CloseCode>) {
        self.live.unsubscribe(session);
        let Some(stream) = self.streams.remove(session) else { return };
        self.session_log.ended(session);
        if let Some(at) = stream.expires_at {
            self.tokens.remove(&(at, session.clone()));
            self.warnings.remove(&(super::tokens::warning(at), session.clone()));
        }
        if let Some(link) = &stream.link {
            self.stats.sockets.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
            self.session_gauge(&stream.person).decrement(1);
            if let Some(code) = code {
                self.part(link.clone(), code);
            }
        }
    }

    /// Ends a session, in the core as well.
    pub(crate) fn end_session(&mut self, session: &SessionId, code: Option<CloseCode>) {
        self.drop_stream(session, code);
        self.step_as_engine(Command::EndSession { session_id: session.clone() });
    }

    /// Tells visitors which departments are staffed now, where that changed.
    pub(crate) fn tell_departments(&mut self) {
        if !std::mem::take(&mut self.departments_stirred) {
            return;
        }
        let now: Arc<[PublicDepartment]> = self.view().public_departments().into();
        if self.departments_told.as_ref() == Some(&now) {
            return;
        }
        let first = self.departments_told.replace(now.clone()).is_none();
        if first {
            return;
        }
        let changed = DepartmentsChanged { departments: now };
        let message = SharedMessage::new(ServerMessage::DepartmentsChanged(changed));
        let visitors: Vec<_> = self
            .streams
            .live()
            .filter(|(_, stream)| matches!(stream.person, Person::Visitor(_)))
            .filter_map(|(_, stream)| stream.link.clone())
            .collect();
        for link in visitors {
            self.deliver(&link, ToConnection::Latest(LatestKind::Departments, message.clone()));
        }
    }

    /// The origin of what a session asks: for itself, a visitor or an agent.
    pub(crate) fn origin_of(person: &Person) -> Origin {
        match person {
            Person::Agent(id) => Origin::new(switchboard_routing::By::Agent, id.as_str()),
            Person::Visitor(id) => Origin::new(switchboard_routing::By::Visitor, id.as_str()),
        }
    }

    /// Whether an event can change what the public sees of departments.
    pub(crate) fn stirs_departments(event: &Event) -> bool {
        matches!(
            event,
            Event::DepartmentCreated { .. }
                | Event::DepartmentUpdated { .. }
                | Event::DepartmentOpened { .. }
                | Event::DepartmentClosed { .. }
                | Event::DepartmentDeleted { .. }
                | Event::AgentRemoved { .. }
                | Event::MemberAdded { .. }
                | Event::MemberRemoved { .. }
                | Event::AvailabilityChanged { .. }
                | Event::PresenceChanged { .. }
        )
    }

    /// Whether an event can change what the operator's list shows of the workspace.
    pub(crate) fn stirs_summary(event: &Event) -> bool {
        matches!(
            event,
            Event::WorkspaceConfigured { .. }
                | Event::DepartmentCreated { .. }
                | Event::DepartmentDeleted { .. }
                | Event::SeatReserved { .. }
                | Event::SeatExtended { .. }
                | Event::SeatReleased { .. }
                | Event::AgentAdded { .. }
                | Event::AgentRemoved { .. }
        )
    }

    /// Whether this agent is an admin, now.
    pub(crate) fn is_admin(&self, agent: &AgentId) -> bool {
        let agent = self.core.agent(agent.as_str());
        agent.is_some_and(|agent| agent.role == switchboard_routing::Role::Admin)
    }
}
