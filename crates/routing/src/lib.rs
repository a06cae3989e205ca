//! The routing engine of Switchboard: a workspace as a **pure, synchronous, deterministic state
//! machine**. It decides who takes a conversation; everything else carries messages to it and
//! away from it.
//!
//! [`Workspace::handle`] takes an [`Input`] and the time, and nothing else changes a workspace.
//! Inside, *decide* (pure, may refuse) gives events; *apply* (total, cannot fail) is the only
//! mutation; then the queues drain until quiescent, in the same call. What comes out are
//! [`Output`]s in the caller's buffer: the events, and who is to be told what.
//! [`Workspace::next_deadline`] says when it wants to be woken, and why.
//!
//! No clock, randomness, I/O, task, log or lock is in here, and no collection whose order is
//! not its own: equal inputs give equal outputs, byte for byte.
//!
//! ```
//! use switchboard_routing::*;
//!
//! let mut workspace = Workspace::new(1);
//! let mut out = Vec::new();
//! let mut ask = |command| workspace.handle(Timestamp(1), Input::new(Origin::ROOT, command), &mut out);
//! ask(Command::CreateDepartment {
//!     department_id: "sales".into(),
//!     name: "Sales".into(),
//!     policy: Box::default(),
//! })?;
//! ask(Command::AddAgent {
//!     agent_id: "ann".into(),
//!     role: Role::Agent,
//!     capacity: 3,
//!     skills: vec![],
//!     department_ids: vec!["sales".into()],
//!     invite_id: None,
//! })?;
//! ask(Command::AttachSession { session_id: "s1".into(), person: Person::Agent("ann".into()) })?;
//! ask(Command::SetAvailability { agent_id: "ann".into(), availability: Availability::Online })?;
//! ask(Command::OpenConversation(OpenConversation {
//!     conversation_id: "c1".into(),
//!     visitor_id: "v1".into(),
//!     department_id: None,
//!     priority: 0,
//!     skills: vec![],
//!     key: None,
//! }))?;
//! let conversation = workspace.conversation("c1").expect("it was opened");
//! assert_eq!(conversation.agent_id, Some("ann".into()));
//! # Ok::<(), Refusal>(())
//! ```

// First: its macro is used by all the others.
#[macro_use]
#[cfg_attr(not(feature = "planted"), doc(hidden))]
pub mod planted;

mod agent;
mod announce;
mod apply;
mod conversation;
mod deadline;
mod decide;
mod department;
mod eta;
mod event;
mod explain;
mod id;
mod input;
mod output;
mod policy;
mod queue;
mod ready;
mod refusal;
mod returning;
mod skills;
mod slab;
mod snapshot;
mod time;
mod view;
mod visitor;
mod waiting;
mod waits_for;
mod whereabouts;
mod workspace;

pub use agent::{Agent, DEFAULT_CAPACITY, MAX_CAPACITY};
pub use conversation::{Assignment, Conversation, Offer, Pause, State};
pub use deadline::DeadlineKind;
pub use department::Department;
pub use eta::{Estimate, Eta};
pub use event::{
    AssignmentCause, Availability, By, Event, Key, Origin, Person, Record, RejectedReason,
    ReleasedReason, RequeuedReason, Role, VERSION, WithdrawnReason,
};
pub use explain::{Candidate, CandidateReason, Decision, NAMED_CANDIDATES, Need, WaitsFor};
pub use id::{AgentId, ConversationId, DepartmentId, InviteId, SessionId, VisitorId, WorkspaceId};
pub use input::{Command, Input, OpenConversation, SeatReservation};
pub use output::{Done, Notice, Output};
pub use policy::{BusinessHours, OnAgentLost, OnUnstaffed, OpeningTime, Policy, Strategy};
pub use refusal::{Ineligible, Kind, Refusal};
pub use snapshot::Snapshot;
pub use time::Timestamp;
pub use whereabouts::Whereabouts;
pub use workspace::{Config, PlanLimits, Session, SessionState, Status, Workspace};

pub(crate) use slab::AgentIx;

/// The longest queue of any department, whatever its policy allows.
pub const MAX_QUEUE: u32 = 100_000;
