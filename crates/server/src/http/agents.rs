//! `…/agents`, their availability and tokens.

use switchboard_protocol::{
    ErrorCode,
    http::{CreateAgent, CreateToken, PatchAgent, SetAvailability, Token},
    model::{Agent, AgentSummary},
};

use super::{PAGE, accounts, failure::Failure, request::Request, route::Route};
use crate::{ask::Question, auth};

const ALL: &str = "/v1/workspaces/{ws}/agents";
const ONE: &str = "/v1/workspaces/{ws}/agents/{id}";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("list_agents", ALL, "List the agents; colleagues see less of them than admins")
            .gives_page::<Agent>()
            .or_page::<AgentSummary>()
            .query(PAGE)
            .asks(|request| Ok(Question::Agents(request.page()?))),
        Route::post("create_agent", ALL, "Create an active agent")
            .takes::<CreateAgent>()
            .makes::<Agent>()
            .fails(&[ErrorCode::SeatLimit, ErrorCode::IdTaken, ErrorCode::AlreadyMember])
            .asks(|request| Ok(Question::CreateAgent(request.body::<CreateAgent>()?))),
        Route::get("read_agent", ONE, "Read an agent")
            .gives::<Agent>()
            .asks(|request| Ok(Question::Agent(request.parameter("id")))),
        Route::patch("change_agent", ONE, "Change an agent")
            .takes::<PatchAgent>()
            .gives::<Agent>()
            .fails(&[ErrorCode::AlreadyMember, ErrorCode::LastAdmin])
            .calls(accounts::change_agent),
        Route::delete("remove_agent", ONE, "Remove an agent; what it holds waits again")
            .fails(&[ErrorCode::LastAdmin])
            .asks(|request| Ok(Question::DeleteAgent(request.parameter("id")))),
        Route::put(
            "set_availability",
            "/v1/workspaces/{ws}/agents/{id}/availability",
            "Set an agent online or away",
        )
        .takes::<SetAvailability>()
        .gives::<Agent>()
        .asks(|request| {
            let body = request.body::<SetAvailability>()?;
            Ok(Question::SetAvailability(request.parameter("id"), body.availability))
        }),
        Route::post(
            "create_token",
            "/v1/workspaces/{ws}/agents/{id}/tokens",
            "Mint an agent token, shown this once",
        )
        .takes::<CreateToken>()
        .makes::<Token>()
        .shows_once("token")
        .asks(create_token),
    ]
}

fn create_token(request: &Request) -> Result<Question, Failure> {
    let asked = request.body::<CreateToken>()?.ttl_ms;
    let ttl_ms = Some(auth::agent_token_ttl_ms(asked)?);
    Ok(Question::CreateToken(request.parameter("id"), CreateToken { ttl_ms }))
}
