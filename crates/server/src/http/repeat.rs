//! POST with an `Idempotency-Key`: done once, answered as often as it is sent.

use std::sync::Arc;

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
    response::Response,
};
use bytes::Bytes;
use serde_json::{Map, Value};
use switchboard_protocol::ErrorCode;

use super::{
    App,
    dispatch::{Reply, ask},
    failure::Failure,
    request::Request,
    route::Route,
};
use crate::{
    ask::{Caller, Question},
    auth::Bearer,
    idempotency::{Begin, MAX_KEY_BYTES, Scope, Ticket, digest},
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Tells a repeat from the first.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Does what a POST asks, unless it was done already.
pub(super) async fn perform(
    app: &Arc<App>,
    route: &'static Route,
    parts: &Parts,
    request: Request,
) -> Result<Response, Failure> {
    let Some(key) = key(&request.headers)? else {
        return Ok(Reply::from(ask(app, route, &request).await).into_response());
    };
    let scope = scope(parts, &request, &key);
    match app.idempotency.begin(scope, app.node.clock.now_ms()) {
        Begin::First(ticket) => first(app, route, request, ticket).await,
        Begin::Repeat(reply) => {
            still_let_in(app, &request).await?;
            let mut response = reply.into_response();
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(response)
        }
        Begin::Running => {
            Err(Failure::new(ErrorCode::Conflict, "the first request with this key still runs"))
        }
        Begin::Reused => {
            Err(Failure::new(ErrorCode::Conflict, "this key came with another request"))
        }
    }
}

/// What was answered before is for those who are still there, and let in.
async fn still_let_in(app: &App, request: &Request) -> Result<(), Failure> {
    if let Some(Bearer::Agent { workspace, agent_id }) = &request.caller {
        let caller = Caller::Agent(agent_id.as_str().into());
        app.workspaces.ask(workspace, caller, Question::Me).await?;
    }
    Ok(())
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let fits = |key: &&str| (1..=MAX_KEY_BYTES).contains(&key.len());
    let key = value.to_str().ok().filter(fits).ok_or_else(|| {
        let detail = format!("an Idempotency-Key has 1 to {MAX_KEY_BYTES} printable characters");
        Failure::new(ErrorCode::BadRequest, detail)
    })?;
    Ok(Some(key.to_owned()))
}

fn scope(parts: &Parts, request: &Request, key: &str) -> Scope {
    let credential = request.headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let shelf = match &request.caller {
        Some(Bearer::Agent { workspace, .. }) => workspace.clone(),
        // One credential, one space of keys, whatever workspace it asks.
        Some(Bearer::Root) | None => String::new(),
    };
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    Scope {
        shelf,
        key: digest(&[credential.unwrap_or_default(), key.as_bytes()]),
        request: digest(&[parts.method.as_str().as_bytes(), path.as_bytes(), &request.body]),
    }
}

/// The first of its key runs to its end even if its sender hangs up, so that the sender's next
/// try finds out what came of it.
async fn first(
    app: &Arc<App>,
    route: &'static Route,
    request: Request,
    ticket: Ticket<Reply>,
) -> Result<Response, Failure> {
    let app = Arc::clone(app);
    let running = tokio::spawn(async move {
        let reply = Reply::from(ask(&app, route, &request).await);
        if is_kept(&reply) {
            let kept = without_secret(reply.clone(), route.once);
            let bytes = size(&kept);
            ticket.answer(kept, bytes, app.node.clock.now_ms());
        }
        reply
    });
    let failed = |_| Failure::new(ErrorCode::Internal, "the server failed; the fault is noted");
    Ok(running.await.map_err(failed)?.into_response())
}

/// What says "not now" or "who are you" is no answer to the request: the same key may try again.
fn is_kept(reply: &Reply) -> bool {
    match reply {
        Reply::Done(..) => true,
        Reply::Failed(problem) => !matches!(
            problem.code,
            ErrorCode::RateLimited
                | ErrorCode::Overloaded
                | ErrorCode::Internal
                | ErrorCode::Unauthenticated
        ),
    }
}

/// A secret is shown once: it is not even kept.
fn without_secret(reply: Reply, field: Option<&str>) -> Reply {
    let (Reply::Done(status, Some(json)), Some(field)) = (&reply, field) else { return reply };
    let Ok(mut object) = serde_json::from_slice::<Map<String, Value>>(json) else {
        return Reply::Done(*status, None);
    };
    object.remove(field);
    Reply::Done(*status, serde_json::to_vec(&object).ok().map(Bytes::from))
}

fn size(reply: &Reply) -> usize {
    match reply {
        Reply::Done(_, json) => json.as_ref().map_or(0, Bytes::len),
        Reply::Failed(problem) => problem.json.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_tried_again_is_not_kept() {
        let failed = |code| Reply::from(Err(Failure::new(code, "detail")));
        for code in [
            ErrorCode::RateLimited,
            ErrorCode::Overloaded,
            ErrorCode::Internal,
            ErrorCode::Unauthenticated,
        ] {
            assert!(!is_kept(&failed(code)), "{code:?}");
        }
        for code in [ErrorCode::BadRequest, ErrorCode::Conflict, ErrorCode::NotFound] {
            assert!(is_kept(&failed(code)), "{code:?}");
        }
    }
}
