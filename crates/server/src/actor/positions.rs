//! Telling visitors their place in the queue: whenever it changed, at most once a second, and
//! the last one right.

use std::collections::{BTreeSet, HashMap};

use switchboard_protocol::{ConversationQueued, ServerMessage};
use switchboard_routing::{ConversationId, DepartmentId, Event, Person, SessionId, Timestamp};

use super::worker::Worker;
use crate::seam::{LatestKind, SharedMessage, ToConnection};

/// At most one round of positions in so long.
const ROUND_MS: u64 = 1_000;

/// What visitors know of their places.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    /// The place that each waiting conversation's visitor was told.
    told: HashMap<ConversationId, u64>,
    /// Departments in which places may have changed.
    stirred: BTreeSet<DepartmentId>,
    last_round: Timestamp,
}

impl Positions {
    pub(crate) fn observe(&mut self, event: &Event) {
        match event {
            Event::ConversationQueued { department_id, .. }
            | Event::ConversationClosed { department_id, .. }
            | Event::ConversationRejected { department_id, .. }
            | Event::ConversationReopened { department_id, .. } => {
                self.stirred.insert(department_id.clone());
            }
            Event::ConversationRequeued { department_id, passed, .. } => {
                self.stirred.insert(department_id.clone());
                self.stirred.extend(passed.iter().cloned());
            }
            Event::ConversationTransferred { department_id, from_department_id, .. } => {
                self.stirred.insert(department_id.clone());
                self.stirred.insert(from_department_id.clone());
            }
            // Assigned at its arrival, it never had a place.
            Event::ConversationAssigned { conversation_id, department_id, .. }
                if self.told.remove(conversation_id).is_some() =>
            {
                self.stirred.insert(department_id.clone());
            }
            _ => {}
        }
    }

    /// Notes the place that an answer told.
    pub(crate) fn told(&mut self, id: &ConversationId, position: u64) {
        self.told.insert(id.clone(), position);
    }

    pub(crate) fn forget(&mut self, id: &ConversationId) {
        self.told.remove(id);
    }

    /// When the next round is due.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        (!self.stirred.is_empty()).then(|| self.last_round.plus_ms(ROUND_MS))
    }
}

impl Worker {
    /// Tells everyone whose place changed, where a round is due.
    pub(crate) fn tell_positions(&mut self) {
        let now = self.node.clock.now();
        if self.positions.deadline().is_none_or(|due| due > now) {
            return;
        }
        self.positions.last_round = now;
        for department in std::mem::take(&mut self.positions.stirred) {
            for (id, visitor, revision, position) in self.moved(&department) {
                self.positions.told(&id, position);
                let message = queued(&id, revision, position);
                for session in self.streams.of(&Person::Visitor(visitor)).to_vec() {
                    self.send_latest(&session, LatestKind::Queued(id.as_str().into()), &message);
                }
            }
        }
    }

    /// The places of a visitor who came back, afresh.
    pub(crate) fn tell_positions_to(&mut self, session: &SessionId) {
        let Some(stream) = self.streams.find(session) else { return };
        let Person::Visitor(visitor) = &stream.person else { return };
        let waiting: Vec<_> = self
            .core
            .opened_by(visitor.as_str())
            .filter_map(|c| Some((c.id.clone(), c.revision, self.core.queue_position(c)?)))
            .collect();
        for (id, revision, position) in waiting {
            self.positions.told(&id, position);
            let message = queued(&id, revision, position);
            self.send_latest(session, LatestKind::Queued(id.as_str().into()), &message);
        }
    }

    /// Those of a department's queue whose place is not what they were told.
    fn moved(
        &self,
        department: &DepartmentId,
    ) -> Vec<(ConversationId, switchboard_routing::VisitorId, u64, u64)> {
        let Some(department) = self.core.department(department.as_str()) else { return Vec::new() };
        let places = self.core.queue(department).zip(1u64..);
        let moved = places.filter(|(c, place)| self.positions.told.get(&c.id) != Some(place));
        moved.map(|(c, place)| (c.id.clone(), c.visitor_id.clone(), c.revision, place)).collect()
    }

    /// A latest value for one session, where it is live.
    pub(crate) fn send_latest(
        &mut self,
        session: &SessionId,
        kind: LatestKind,
        message: &SharedMessage,
    ) {
        let link = self.streams.find(session).and_then(|stream| stream.link.clone());
        if let Some(link) = link {
            self.deliver(&link, ToConnection::Latest(kind, message.clone()));
        }
    }
}

fn queued(id: &ConversationId, revision: u64, position: u64) -> SharedMessage {
    SharedMessage::new(ServerMessage::ConversationQueued(ConversationQueued {
        conversation_id: id.to_string(),
        revision,
        position: Some(position),
        eta_ms: None,
    }))
}
