//! A digest of what a workspace did and said: two runs of one seed have the same.

use switchboard_routing::{Done, Event, Notice, Person, Record, Refusal, SessionId};

use crate::ledger::{number, session};

/// See the module. Not for strangers: it only tells runs apart.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Digest(u64);

impl Digest {
    /// What it is so far.
    pub(crate) fn value(self) -> u64 {
        self.0
    }

    /// A step of the mixer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
    fn mix(&mut self, value: u64) {
        let mut mixed = (self.0 ^ value).wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        self.0 = mixed ^ (mixed >> 31);
    }

    /// Something happened.
    pub(crate) fn record(&mut self, record: &Record) {
        self.mix(record.position ^ record.epoch << 48);
        self.mix(record.at.0 ^ (record.origin.by as u64) << 56);
        let (kind, what, whom) = gist(&record.event);
        self.mix(kind << 48 ^ what << 16 ^ whom);
    }

    /// Somebody is told something.
    pub(crate) fn notice(&mut self, to: &Person, except: Option<&SessionId>, notice: &Notice) {
        let to = match to {
            Person::Agent(id) => number(id.as_str()) as u64,
            Person::Visitor(id) => number(id.as_str()) as u64 | 1 << 40,
        };
        let except = except.map_or(0, |id| session(id.as_str()).1 as u64 + 1);
        let (kind, what) = match notice {
            Notice::ConversationOpened(id) => (1, number(id.as_str()) as u64),
            Notice::ConversationAssigned(id) => (2, number(id.as_str()) as u64),
            Notice::ConversationOffered(id) => (3, number(id.as_str()) as u64),
            Notice::OfferWithdrawn { offer, revision, .. } => (4, *offer ^ revision << 32),
            Notice::ConversationReleased { conversation_id, revision, .. } => {
                (5, number(conversation_id.as_str()) as u64 ^ revision << 32)
            }
            Notice::ConversationClosed(id, by) => {
                (6, number(id.as_str()) as u64 ^ (*by as u64) << 32)
            }
            Notice::ConversationRejected(id, why) => {
                (7, number(id.as_str()) as u64 ^ (*why as u64) << 32)
            }
            Notice::AvailabilityChanged(said, by) => (8, *said as u64 ^ (*by as u64) << 32),
            Notice::MembershipChanged => (9, 0),
            Notice::Removed => (10, 0),
        };
        self.mix(to << 8 ^ except << 20 ^ kind);
        self.mix(what);
    }

    /// Somebody is answered.
    pub(crate) fn answer(&mut self, ask: u64, answer: &Result<Done, Refusal>) {
        let what = match answer {
            Ok(Done::Done) => 1,
            Ok(Done::Conversation(id)) => number(id.as_str()) as u64 | 1 << 32,
            Ok(Done::Existing(id)) => number(id.as_str()) as u64 | 2 << 32,
            Ok(Done::HeldUntil(at)) => at.0 | 3 << 56,
            Err(refusal) => refused(*refusal),
        };
        self.mix(ask);
        self.mix(what);
    }
}

/// A refusal as a number, with what it is about.
fn refused(refusal: Refusal) -> u64 {
    let number = match refusal {
        Refusal::NotFound(kind) => 0x100 | kind as u64,
        Refusal::IdTaken(kind) => 0x200 | kind as u64,
        Refusal::NotEligible(why) => 0x300 | why as u64,
        Refusal::Forbidden => 1,
        Refusal::KeyReused => 2,
        Refusal::SeatLimit => 3,
        Refusal::DepartmentLimit => 4,
        Refusal::PlanTooSmall => 5,
        Refusal::LastAdmin => 6,
        Refusal::DepartmentRequired => 7,
        Refusal::OfferExpired => 8,
        Refusal::AlreadyTaken => 9,
        Refusal::AtCapacity => 10,
        Refusal::NoAgentsOnline => 11,
        Refusal::QueueFull => 12,
        Refusal::NotEnded => 13,
        Refusal::NoLeave => 14,
        Refusal::Suspended => 15,
    };
    number | 1 << 60
}

/// The kind of an event, what it is about, and whom.
fn gist(event: &Event) -> (u64, u64, u64) {
    let n = |id: &str| number(id) as u64;
    match event {
        Event::WorkspaceConfigured { .. } => (1, 0, 0),
        Event::WorkspaceRecovered => (2, 0, 0),
        Event::DepartmentCreated { department_id, .. } => (3, n(department_id.as_str()), 0),
        Event::DepartmentUpdated { department_id, .. } => (4, n(department_id.as_str()), 0),
        Event::DepartmentOpened { department_id } => (5, n(department_id.as_str()), 0),
        Event::DepartmentClosed { department_id } => (6, n(department_id.as_str()), 0),
        Event::DepartmentDeleted { department_id } => (7, n(department_id.as_str()), 0),
        Event::AgentAdded { agent_id, capacity, .. } => {
            (8, u64::from(*capacity), n(agent_id.as_str()))
        }
        Event::AgentUpdated { agent_id, capacity, .. } => {
            (9, u64::from(*capacity), n(agent_id.as_str()))
        }
        Event::AgentRemoved { agent_id } => (10, 0, n(agent_id.as_str())),
        Event::MemberAdded { department_id, agent_id } => {
            (11, n(department_id.as_str()), n(agent_id.as_str()))
        }
        Event::MemberRemoved { department_id, agent_id } => {
            (12, n(department_id.as_str()), n(agent_id.as_str()))
        }
        Event::AvailabilityChanged { agent_id, availability } => {
            (13, *availability as u64, n(agent_id.as_str()))
        }
        Event::PresenceChanged { agent_id, present } => {
            (14, u64::from(*present), n(agent_id.as_str()))
        }
        Event::SessionAttached { session_id, .. } => (15, device(session_id), 0),
        Event::SessionHeld { session_id, until, .. } => (16, device(session_id), until.0 & 0xFFFF),
        Event::AgentActive { agent_id } => (17, 0, n(agent_id.as_str())),
        Event::WrapUpEnded { agent_id, conversation_id } => {
            (18, n(conversation_id.as_str()), n(agent_id.as_str()))
        }
        Event::CooldownEnded { conversation_id, agent_id } => {
            (19, n(conversation_id.as_str()), n(agent_id.as_str()))
        }
        Event::SessionLost { session_id } => (20, device(session_id), 0),
        Event::SessionEnded { session_id } => (21, device(session_id), 0),
        Event::ConversationOpened { conversation_id, visitor_id, .. } => {
            (22, n(conversation_id.as_str()), n(visitor_id.as_str()))
        }
        Event::ConversationQueued { conversation_id, department_id } => {
            (23, n(conversation_id.as_str()), n(department_id.as_str()))
        }
        Event::ConversationOffered { conversation_id, agent_id, .. } => {
            (24, n(conversation_id.as_str()), n(agent_id.as_str()))
        }
        Event::OfferEnded { conversation_id, agent_id, reason, .. } => {
            (25 + ((*reason as u64) << 8), n(conversation_id.as_str()), n(agent_id.as_str()))
        }
        Event::ConversationTransferred { conversation_id, department_id, .. } => {
            (26, n(conversation_id.as_str()), n(department_id.as_str()))
        }
        Event::ConversationReopened { conversation, department_id } => {
            (27, n(conversation.id.as_str()), n(department_id.as_str()))
        }
        Event::ConversationAssigned { conversation_id, agent_id, cause, .. } => {
            (28 + ((*cause as u64) << 8), n(conversation_id.as_str()), n(agent_id.as_str()))
        }
        Event::ConversationRequeued { conversation_id, department_id, reason, .. } => {
            (29 + ((*reason as u64) << 8), n(conversation_id.as_str()), n(department_id.as_str()))
        }
        Event::ConversationClosed { conversation_id, .. } => (30, n(conversation_id.as_str()), 0),
        Event::ConversationRejected { conversation_id, reason, .. } => {
            (31, n(conversation_id.as_str()), *reason as u64)
        }
        Event::ConversationForgotten { visitor_id, .. } => (32, n(visitor_id.as_str()), 0),
        Event::SeatReserved { invite_id, until } => (33, n(invite_id.as_str()), until.0),
        Event::SeatExtended { invite_id, until } => (34, n(invite_id.as_str()), until.0),
        Event::SeatReleased { invite_id, expired } => {
            (35, n(invite_id.as_str()), u64::from(*expired))
        }
    }
}

fn device(id: &SessionId) -> u64 {
    let (person, device) = session(id.as_str());
    (person as u64) << 20 ^ device as u64
}
