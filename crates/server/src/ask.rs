//! What HTTP asks a workspace: a closed set of questions, and an answer that is turned to JSON
//! outside of the actor.

use serde::Serialize;
use switchboard_protocol::{ErrorCode, http, model};
use switchboard_routing::AgentId;

/// Who asks, by credentials that were checked. Rights are looked up in the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The operator.
    Root,
    /// An agent; an admin where its role says so now.
    Agent(AgentId),
    /// Anyone with the site key.
    Site,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageQuery {
    /// How many at most, 1–100.
    pub limit: usize,
    /// Where the last page ended; opaque to callers.
    pub cursor: Option<String>,
}

/// Which conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    /// In this state.
    pub state: Option<model::ConversationState>,
    /// Of this department.
    pub department_id: Option<String>,
    /// Of this agent.
    pub agent_id: Option<String>,
}

/// Which report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportQuery {
    /// From when, in milliseconds since the epoch; none: a day before the end.
    pub from: Option<u64>,
    /// Until when; none: now.
    pub to: Option<u64>,
    /// By what it is grouped.
    pub group: model::ReportGroup,
    /// By what spans of time.
    pub bucket: model::ReportBucket,
}

/// Everything HTTP can ask a workspace. Bodies are decoded and checked already.
#[derive(Debug)]
pub enum Question {
    /// `POST /v1/workspaces`, once the workspace is in the directory
    CreateWorkspace(http::CreateWorkspace),
    /// `GET /v1/workspaces/{ws}`
    Workspace,
    /// `PATCH /v1/workspaces/{ws}`
    PatchWorkspace(http::PatchWorkspace),
    /// `GET /v1/site`
    Site,
    /// `GET …/departments`
    Departments(PageQuery),
    /// `POST …/departments`
    CreateDepartment(http::CreateDepartment),
    /// `GET …/departments/{id}`
    Department(String),
    /// `PATCH …/departments/{id}`
    PatchDepartment(String, Box<http::PatchDepartment>),
    /// `DELETE …/departments/{id}`
    DeleteDepartment(String),
    /// `PUT …/departments/{id}/members/{agent}`
    AddMember {
        /// The department.
        department_id: String,
        /// The agent.
        agent_id: String,
    },
    /// `DELETE …/departments/{id}/members/{agent}`
    RemoveMember {
        /// The department.
        department_id: String,
        /// The agent.
        agent_id: String,
    },
    /// `GET …/agents`
    Agents(PageQuery),
    /// `POST …/agents`
    CreateAgent(http::CreateAgent),
    /// `GET …/agents/{id}`
    Agent(String),
    /// `GET /v1/me`
    Me,
    /// `PATCH …/agents/{id}`
    PatchAgent(String, http::PatchAgent),
    /// `DELETE …/agents/{id}`
    DeleteAgent(String),
    /// `PUT …/agents/{id}/availability`
    SetAvailability(String, model::Availability),
    /// `POST …/agents/{id}/tokens`
    CreateToken(String, http::CreateToken),
    /// `GET …/conversations`
    Conversations(ConversationFilter, PageQuery),
    /// `POST …/conversations`
    OpenConversation(Box<http::OpenConversation>),
    /// `GET …/conversations/{id}`
    Conversation(String),
    /// `GET …/conversations/{id}/explain`
    Explain(String),
    /// `POST …/conversations/{id}/close`
    CloseConversation(String),
    /// `POST …/conversations/{id}/reopen`
    ReopenConversation(String),
    /// `POST …/conversations/{id}/assign`
    AssignConversation(String, http::AssignConversation),
    /// `POST …/conversations/{id}/transfer`
    TransferConversation(String, Box<http::TransferConversation>),
    /// `POST …/conversations/{id}/accept`
    AcceptOffer {
        /// The conversation.
        conversation_id: String,
        /// The offer.
        offer_id: String,
    },
    /// `POST …/conversations/{id}/decline`
    DeclineOffer {
        /// The conversation.
        conversation_id: String,
        /// The offer.
        offer_id: String,
    },
    /// `POST …/conversations/{id}/claim`
    ClaimConversation(String),
    /// `DELETE …/visitors/{id}`
    EraseVisitor(String),
    /// `GET …/live`
    Live,
    /// `GET …/events?after=`
    Events {
        /// The last offset that is known already; the page's cursor goes before it.
        after: Option<u64>,
        /// The page.
        page: PageQuery,
    },
    /// `GET …/reports`
    Reports(ReportQuery),
}

/// What HTTP answers: a status, and a body that is turned to JSON by whoever sends it.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; none with 204.
    pub body: Option<Box<dyn Payload>>,
}

impl Answer {
    /// An answer with a body.
    pub fn new(status: u16, body: impl Payload + 'static) -> Self {
        Self { status, body: Some(Box::new(body)) }
    }

    /// 200 with a body.
    pub fn ok(body: impl Payload + 'static) -> Self {
        Self::new(200, body)
    }

    /// 201 with a body.
    pub fn created(body: impl Payload + 'static) -> Self {
        Self::new(201, body)
    }

    /// 204.
    pub fn empty() -> Self {
        Self { status: 204, body: None }
    }
}

/// Something that can be sent as JSON.
pub trait Payload: Send + std::fmt::Debug {
    /// The JSON.
    ///
    /// # Errors
    /// Where the value has no JSON form, which is a bug.
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error>;
}

impl<T: Serialize + Send + std::fmt::Debug> Payload for T {
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}

/// Why a question has no answer. Becomes `application/problem+json`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{code:?}: {detail}")]
pub struct ApiError {
    /// The stable code; it decides the status.
    pub code: ErrorCode,
    /// What happened, in a sentence.
    pub detail: String,
    /// When to try again.
    pub retry_after_ms: Option<u64>,
    /// For `plan_too_small`: what is asked for and what is in use.
    pub plan: Option<(model::PlanLimits, model::PlanUsage)>,
}

impl ApiError {
    /// An error with nothing but its code and a sentence.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), retry_after_ms: None, plan: None }
    }

    /// The thing is not there, or not for this caller to see.
    pub fn not_found(what: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("there is no such {what}"))
    }
}
