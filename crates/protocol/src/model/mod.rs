//! What the wire talks about, as its readers see it.
//!
//! These are views, made for one reader each; the engine's own types are elsewhere and are
//! converted by hand. Times are integer milliseconds since the Unix epoch, durations integer
//! milliseconds.

mod agent;
mod attributes;
mod conversation;
mod department;
mod event;
mod explanation;
mod hours;
mod live;
mod policy;
mod report;
mod team;
mod visitor;
mod workspace;

pub use agent::{Agent, AgentRef, AgentSummary, Availability, Role, RoutableReason};
pub use attributes::{
    AttributeValue, Attributes, MAX_ATTRIBUTE_KEY_BYTES, MAX_ATTRIBUTE_TEXT_BYTES, MAX_ATTRIBUTES,
};
pub use conversation::{
    Assignment, AssignmentCause, By, Conversation, ConversationState, Offer, RejectedReason,
    ReleasedReason, RequeuedReason, WithdrawnReason,
};
pub use department::{Department, PublicDepartment};
pub use event::Event;
pub use explanation::{Candidate, CandidateReason, Decision, Explanation, Need, WaitsFor};
pub use hours::{BusinessHours, Date, Day, Opening, TimeOfDay};
pub use live::{
    LiveAgent, LiveDelta, LiveDepartment, LiveQueued, LiveRemoved, LiveSnapshot, LiveTotals,
};
pub use policy::{MAX_DURATION_MS, OnAgentLost, OnUnstaffed, Policy, Strategy};
pub use report::{Report, ReportBucket, ReportFigures, ReportGroup, ReportItem};
pub use team::{ApiKey, AuditEntry, AuditTarget, Invite, InviteState, PublicKey, Scope};
pub use visitor::{Visitor, VisitorSelf};
pub use workspace::{
    MissingOrigin, OldSiteKey, Plan, PlanLimits, PlanUsage, Settings, Workspace, WorkspaceEntry,
    WorkspaceRef, WorkspaceStatus,
};
