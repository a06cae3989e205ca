//! Bodies of HTTP requests and answers.
//!
//! A request's body is read with [`decode_body`]: strict about kinds of values, silent about
//! fields it does not know, and every complaint names the field.

mod account;
mod agent;
mod body;
mod conversation;
mod department;
mod patch;
mod problem;
mod team;
mod workspace;

pub use account::{ForgotPassword, ResetPassword, SignIn, SignOut, SignedIn, SignedOut, Taken};
pub use agent::{CreateAgent, CreateToken, PatchAgent, SetAvailability, Token};
pub use body::{Body, decode_body};
pub use conversation::{
    AssignConversation, ConversationDetail, NoFields, OfferAnswer, OpenConversation, OpenVisitor,
    OpenedConversation, TransferConversation,
};
pub use department::{CreateDepartment, PatchBusinessHours, PatchDepartment, PatchPolicy, Site};
pub use patch::Patch;
pub use problem::{Page, Problem};
pub use team::{
    AcceptInvite, CreateApiKey, CreateInvite, CreateInvites, CreatePublicKey, Invites, Joined,
    MAX_INVITES, RotateSiteKey,
};
pub use workspace::{CreateWorkspace, PatchLimits, PatchSettings, PatchWorkspace};

/// The media type of a [`Problem`].
pub const PROBLEM_MEDIA_TYPE: &str = "application/problem+json";
/// How many entries a page has when nothing is asked.
pub const DEFAULT_PAGE: u32 = 50;
/// How many entries a page has at most.
pub const MAX_PAGE: u32 = 100;
