//! POST with an `Idempotency-Key`: done once, answered as often as it is sent.

use std::sync::Arc;

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use bytes::Bytes;
use serde_json::{Map, Value};
use switchboard_journal::{Answered, DirectoryError, ERASED_STATUS};
use switchboard_protocol::{ErrorCode, http::PROBLEM_MEDIA_TYPE};

use super::{
    App,
    dispatch::{Reply, ask},
    failure::Failure,
    request::Request,
    route::Route,
};
use crate::{
    ask::{Answer, ApiError, Question},
    auth::{Bearer, mint_visitor, visitor_expiry},
    idempotency::{Begin, Keep, MAX_KEY_BYTES, Scope, Ticket, digest},
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
    if !route.keeps {
        return Ok(Reply::from(ask(app, route, &request).await).into_response());
    }
    let scope = scope(parts, &request, &key);
    match app.idempotency.begin(scope, app.node.clock.now_ms()).map_err(unreadable)? {
        Begin::First(ticket) => {
            let keep = Keep { scope, once: route.once, render: kept };
            first(app, route, Request { keep: Some(keep), ..request }, ticket).await
        }
        Begin::Repeat(answered) => {
            still_let_in(app, &request).await?;
            let answered = unsealed(app, &request.parameter("ws"), answered);
            let mut response = again(answered)?;
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

fn unreadable(error: DirectoryError) -> Failure {
    Failure::new(ErrorCode::Internal, format!("the keys cannot be read: {error}"))
}

/// An answer that was given before.
fn again(answered: Answered) -> Result<Response, Failure> {
    let Answered { status, body } = answered;
    let Ok(code) = StatusCode::from_u16(status) else {
        return Err(Failure::new(ErrorCode::Internal, "an answer that was kept cannot be read"));
    };
    if status == ERASED_STATUS && body.is_none() {
        return Err(Failure::new(ErrorCode::NotFound, "what this was about has been erased"));
    }
    let problem = code.is_client_error() || code.is_server_error();
    let mut response = Reply::Done(status, body.map(Bytes::from)).into_response();
    if problem {
        let media_type = HeaderValue::from_static(PROBLEM_MEDIA_TYPE);
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    }
    Ok(response)
}

/// What was answered before is for those who are still there, and let in.
async fn still_let_in(app: &App, request: &Request) -> Result<(), Failure> {
    let Some((bearer, workspace)) =
        request.caller.as_ref().and_then(|bearer| Some((bearer, bearer.workspace()?)))
    else {
        return Ok(());
    };
    let allowed = app.workspaces.ask(workspace, bearer.into(), Question::Me).await;
    match (bearer, allowed) {
        // A key is nobody's own; that it was not revoked is all that counts.
        (Bearer::ApiKey { .. }, Err(error)) if error.code == ErrorCode::Forbidden => Ok(()),
        (_, allowed) => Ok(allowed.map(drop)?),
    }
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
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
    Scope {
        key: digest(&[credential.unwrap_or_default(), key.as_bytes()]),
        request: digest(&[
            parts.method.as_str().as_bytes(),
            path.as_bytes(),
            &without_password(&request.body),
        ]),
    }
}

/// A password is not in what is kept of a request, not even as a digest, from which it could be
/// guessed.
fn without_password(body: &Bytes) -> Bytes {
    const PASSWORD: &str = "password";
    let Ok(Value::Object(mut object)) = serde_json::from_slice::<Value>(body) else {
        return body.clone();
    };
    match object.remove(PASSWORD) {
        Some(_) => serde_json::to_vec(&object).unwrap_or_default().into(),
        None => body.clone(),
    }
}

/// The first of its key runs to its end even if its sender hangs up, so that the sender's next
/// try finds out what came of it.
async fn first(
    app: &Arc<App>,
    route: &'static Route,
    request: Request,
    ticket: Ticket,
) -> Result<Response, Failure> {
    let app = Arc::clone(app);
    let running = tokio::spawn(async move {
        let outcome = ask(&app, route, &request).await;
        let reply = match outcome {
            // Whoever answered has kept it.
            Ok(answer) => Reply::from(Ok(answer)),
            Err(failure) => refused(&app, &request, failure),
        };
        drop(ticket);
        reply
    });
    let failed = |_| Failure::new(ErrorCode::Internal, "the server failed; the fault is noted");
    Ok(running.await.map_err(failed)?.into_response())
}

/// A refusal: a workspace that gave it has kept it, but it may have been given at the door.
fn refused(app: &App, request: &Request, failure: Failure) -> Reply {
    let at = switchboard_routing::Timestamp(app.node.clock.now_ms());
    let reply = Reply::from(Err(failure));
    if let (Reply::Failed(problem), Some(keep)) = (&reply, &request.keep)
        && is_kept(problem.code)
    {
        let Scope { key, request } = keep.scope;
        let answered = Answered { status: problem.code.status(), body: Some(problem.json.clone()) };
        let kept = switchboard_journal::KeptAnswer { key, request, at, answered };
        if let Err(error) = app.idempotency.keep(kept) {
            tracing::warn!(%error, "a refusal could not be kept for its repeats");
        }
    }
    reply
}

/// What an answer of a workspace is kept as.
fn kept(answer: &Result<Answer, ApiError>, once: Option<&'static str>) -> Option<Answered> {
    // A refusal changed nothing: whoever sends it keeps it.
    let answer = answer.as_ref().ok()?;
    let json = answer.body.as_ref().map(|body| body.to_json()).transpose();
    let body = json.inspect_err(|error| tracing::error!(%error, "an answer has no JSON form"));
    let body = sealed(without_secret(body.ok()?, once));
    Some(Answered { status: answer.status, body })
}

/// What stands before a visitor's token in an answer; it is the last of its fields.
const VISITOR_TOKEN: &str = "\"visitor_token\":";

/// A visitor's token is not kept either, but when it ends: of that and whose it is the same one is
/// made again. All else stays as it was, byte for byte.
fn sealed(body: Option<Vec<u8>>) -> Option<Vec<u8>> {
    let json = body?;
    let seal = |text: &str| {
        let (before, rest) = text.rsplit_once(VISITOR_TOKEN)?;
        let (token, after) = rest.strip_prefix('"')?.split_once('"')?;
        let expires_at = visitor_expiry(token)?;
        Some(format!("{before}{VISITOR_TOKEN}{expires_at}{after}"))
    };
    match std::str::from_utf8(&json).ok().and_then(seal) {
        Some(sealed) => Some(sealed.into_bytes()),
        None => Some(json),
    }
}

/// The answer as it was given.
fn unsealed(app: &App, workspace: &str, answered: Answered) -> Answered {
    let unseal = |json: &[u8]| {
        let (before, rest) = std::str::from_utf8(json).ok()?.rsplit_once(VISITOR_TOKEN)?;
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (expires_at, after) = rest.split_at(digits);
        let object = serde_json::from_slice::<Map<String, Value>>(json).ok()?;
        let visitor = object.get("visitor")?.get("id")?.as_str()?;
        let keys = app.workspaces.keys(workspace)?;
        let (secret, expires_at) = (&keys.token_secret, expires_at.parse().ok()?);
        let token = mint_visitor(workspace, secret, visitor, expires_at);
        Some(format!("{before}{VISITOR_TOKEN}\"{}\"{after}", token.expose()).into_bytes())
    };
    match answered.body.as_deref().and_then(unseal) {
        Some(body) => Answered { body: Some(body), ..answered },
        None => answered,
    }
}

/// What says "not now" or "who are you" is no answer to the request: the same key may try again.
fn is_kept(code: ErrorCode) -> bool {
    !matches!(
        code,
        ErrorCode::RateLimited
            | ErrorCode::Overloaded
            | ErrorCode::Internal
            | ErrorCode::Unauthenticated
    )
}

/// A secret is shown once: it is not even kept.
fn without_secret(body: Option<Vec<u8>>, field: Option<&str>) -> Option<Vec<u8>> {
    let (Some(json), Some(field)) = (&body, field) else { return body };
    let mut object = serde_json::from_slice::<Map<String, Value>>(json).ok()?;
    object.remove(field);
    serde_json::to_vec(&object).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_tried_again_is_not_kept() {
        for code in [
            ErrorCode::RateLimited,
            ErrorCode::Overloaded,
            ErrorCode::Internal,
            ErrorCode::Unauthenticated,
        ] {
            assert!(!is_kept(code), "{code:?}");
        }
        for code in [ErrorCode::BadRequest, ErrorCode::Conflict, ErrorCode::NotFound] {
            assert!(is_kept(code), "{code:?}");
        }
    }
}
