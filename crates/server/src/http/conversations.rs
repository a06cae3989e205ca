//! `…/conversations`: the list, each one, and what can be done with it.

use switchboard_protocol::{
    ErrorCode, FieldError,
    http::{
        AssignConversation, ConversationDetail, NoFields, OfferAnswer, OpenConversation,
        OpenedConversation, TransferConversation,
    },
    model::{Conversation, ConversationState, Explanation},
};

use super::{
    failure::Failure,
    request::Request,
    route::{QueryParameter, Route, integer, text},
};
use crate::ask::{ConversationFilter, Question};

const ALL: &str = "/v1/workspaces/{ws}/conversations";

const FILTER: &[QueryParameter] = &[
    text("state", "Only those in this state."),
    text("department_id", "Only those of this department."),
    text("agent_id", "Only those of this agent."),
    integer("limit", "How many at most: 1 … 100, by default 50."),
    text("cursor", "Where the page before ended: its `next_cursor`."),
];

pub(super) fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::get("list_conversations", ALL, "List the conversations that the caller may see")
            .gives_page::<Conversation>()
            .query(FILTER)
            .asks(|request| Ok(Question::Conversations(filter(request)?, request.page()?))),
        Route::post("open_conversation", ALL, "Open a conversation for a visitor")
            .takes::<OpenConversation>()
            .makes::<OpenedConversation>()
            .asks(open),
        Route::get(
            "read_conversation",
            "/v1/workspaces/{ws}/conversations/{id}",
            "Read a conversation and its history",
        )
        .gives::<ConversationDetail>()
        .asks(|request| Ok(Question::Conversation(request.parameter("id")))),
        Route::post(
            "close_conversation",
            "/v1/workspaces/{ws}/conversations/{id}/close",
            "Close a conversation",
        )
        .gives::<Conversation>()
        .asks(|request| {
            let NoFields {} = request.body()?;
            Ok(Question::CloseConversation(request.parameter("id")))
        }),
        Route::post(
            "reopen_conversation",
            "/v1/workspaces/{ws}/conversations/{id}/reopen",
            "Reopen a conversation",
        )
        .gives::<Conversation>()
        .fails(&[ErrorCode::NoAgentsOnline, ErrorCode::QueueFull])
        .asks(|request| {
            let NoFields {} = request.body()?;
            Ok(Question::ReopenConversation(request.parameter("id")))
        }),
        Route::get(
            "explain_conversation",
            "/v1/workspaces/{ws}/conversations/{id}/explain",
            "Explain how a conversation was routed, and what it waits for",
        )
        .gives::<Explanation>()
        .asks(|request| Ok(Question::Explain(request.parameter("id")))),
    ];
    routes.extend(giving());
    routes.extend(answering());
    routes
}

/// What gives a conversation to somebody.
fn giving() -> Vec<Route> {
    vec![
        Route::post(
            "assign_conversation",
            "/v1/workspaces/{ws}/conversations/{id}/assign",
            "Give a conversation to an agent",
        )
        .takes::<AssignConversation>()
        .gives::<Conversation>()
        .fails(&[ErrorCode::AtCapacity, ErrorCode::NotEligible])
        .asks(|request| Ok(Question::AssignConversation(request.parameter("id"), request.body()?))),
        Route::post(
            "transfer_conversation",
            "/v1/workspaces/{ws}/conversations/{id}/transfer",
            "Give a conversation to a department or another agent",
        )
        .takes::<TransferConversation>()
        .gives::<Conversation>()
        .fails(&[
            ErrorCode::AtCapacity,
            ErrorCode::NotEligible,
            ErrorCode::NoAgentsOnline,
            ErrorCode::QueueFull,
        ])
        .asks(|request| {
            let transfer = Box::new(request.body()?);
            Ok(Question::TransferConversation(request.parameter("id"), transfer))
        }),
    ]
}

/// What agents alone can do, without a socket.
fn answering() -> Vec<Route> {
    vec![
        Route::post(
            "accept_conversation",
            "/v1/workspaces/{ws}/conversations/{id}/accept",
            "Accept an offer",
        )
        .takes::<OfferAnswer>()
        .gives::<Conversation>()
        .fails(&[ErrorCode::OfferExpired])
        .asks(|request| {
            let OfferAnswer { offer_id } = request.body()?;
            Ok(Question::AcceptOffer { conversation_id: request.parameter("id"), offer_id })
        }),
        Route::post(
            "decline_conversation",
            "/v1/workspaces/{ws}/conversations/{id}/decline",
            "Decline an offer",
        )
        .takes::<OfferAnswer>()
        .gives::<Conversation>()
        .fails(&[ErrorCode::OfferExpired])
        .asks(|request| {
            let OfferAnswer { offer_id } = request.body()?;
            Ok(Question::DeclineOffer { conversation_id: request.parameter("id"), offer_id })
        }),
        Route::post(
            "claim_conversation",
            "/v1/workspaces/{ws}/conversations/{id}/claim",
            "Take a conversation from the queue",
        )
        .gives::<Conversation>()
        .fails(&[ErrorCode::AlreadyTaken, ErrorCode::NotEligible, ErrorCode::AtCapacity])
        .asks(|request| {
            let NoFields {} = request.body()?;
            Ok(Question::ClaimConversation(request.parameter("id")))
        }),
    ]
}

fn open(request: &Request) -> Result<Question, Failure> {
    Ok(Question::OpenConversation(Box::new(request.body::<OpenConversation>()?)))
}

fn filter(request: &Request) -> Result<ConversationFilter, FieldError> {
    Ok(ConversationFilter {
        state: request.parsed::<ConversationState>("state", "not a state of a conversation")?,
        department_id: request.id("department_id")?,
        agent_id: request.id("agent_id")?,
    })
}
