//! From a request to its response: who is it, may it be asked, was it asked before, ask.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use axum::{
    body::{Body, HttpBody},
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use bytes::Bytes;
use futures::FutureExt;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use switchboard_protocol::{ErrorCode, text};

use super::{
    App,
    failure::{Failure, ProblemBody, respond},
    repeat,
    request::Request,
    route::{Access, Action, Route},
};
use crate::{
    ask::{Answer, Asking, Caller},
    auth::Bearer,
    connection::ClientAddress,
    ids,
};

/// How long a body may take to arrive: less than the listener gives a whole request.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers a request; a panic on the way costs that request alone.
pub(super) async fn dispatch(
    app: Arc<App>,
    route: &'static Route,
    request: axum::extract::Request,
) -> Response {
    let request_id = ids::fresh("req");
    let answering = AssertUnwindSafe(answer(&app, route, request)).catch_unwind();
    let mut response = answering.await.unwrap_or_else(|_| respond(panicked()));
    if response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(%request_id, ?route, "a request failed");
    }
    tracing::debug!(%request_id, ?route, status = response.status().as_u16(), "answered");
    finish(&mut response, &request_id);
    response
}

/// A response that nobody was asked for.
pub(super) fn finished(mut response: Response) -> Response {
    finish(&mut response, &ids::fresh("req"));
    response
}

/// What every response carries.
fn finish(response: &mut Response, request_id: &str) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

fn panicked() -> Failure {
    Failure::new(ErrorCode::Internal, "the server failed; the fault has been noted")
}

async fn answer(
    app: &Arc<App>,
    route: &'static Route,
    request: axum::extract::Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(app, route, &mut parts).await {
        Ok(request) => match route.action {
            Action::Raw(raw) => raw(app, &request).await,
            Action::Ask(_) | Action::Call(_) => match read(app, body).await {
                Ok(body) => perform(app, route, &parts, Request { body, ..request }).await,
                Err(failure) => respond(failure),
            },
        },
        Err(failure) => respond(failure),
    }
}

/// Who it is, and whether what it asks for is there for it to see.
async fn admit(app: &App, route: &Route, parts: &mut Parts) -> Result<Request, Failure> {
    let caller = match route.access {
        Access::Public => None,
        Access::Bearer | Access::Root => Some(authenticate(app, &parts.headers)?),
    };
    let parameters = path_parameters(parts).await?;
    let workspace = parameters.iter().find(|(name, _)| name == "ws").map(|(_, value)| value);
    let own = caller.as_ref().and_then(Bearer::workspace);
    if let (Some(own), Some(workspace)) = (own, workspace)
        && own != workspace
    {
        return Err(Failure::not_found("workspace"));
    }
    if route.access == Access::Root && caller != Some(Bearer::Root) {
        return Err(Failure::new(ErrorCode::Forbidden, "only the operator may do this"));
    }
    let query = query(parts)?;
    let headers = std::mem::take(&mut parts.headers);
    let address = parts.extensions.get::<ClientAddress>().map(|address| address.0);
    Ok(Request { caller, headers, parameters, query, address, body: Bytes::new(), keep: None })
}

fn authenticate(app: &App, headers: &HeaderMap) -> Result<Bearer, Failure> {
    let refuse = |detail: &str| Failure::new(ErrorCode::Unauthenticated, detail);
    let token = bearer_token(headers).ok_or_else(|| refuse("a bearer token is needed"))?;
    let caller = app.gate.bearer(token).map_err(|rejected| refuse(&rejected.to_string()))?;
    if caller == Bearer::Root && !app.surface.takes_root() {
        return Err(refuse("the credential is not valid"));
    }
    Ok(caller)
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let value = given.next()?.to_str().ok()?;
    if given.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

/// The parameters of the path. One that cannot be an id names nothing that there is.
async fn path_parameters(parts: &mut Parts) -> Result<Vec<(String, String)>, Failure> {
    let raw = RawPathParams::from_request_parts(parts, &()).await;
    let raw = raw.map_err(|_| Failure::not_found("resource"))?;
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let parameters: Vec<(String, String)> = raw.iter().map(owned).collect();
    match parameters.iter().find(|(_, value)| !text::valid_id(value)) {
        Some((name, _)) if name == "ws" => Err(Failure::not_found("workspace")),
        Some(_) => Err(Failure::not_found("resource")),
        None => Ok(parameters),
    }
}

fn query(parts: &Parts) -> Result<Vec<(String, String)>, Failure> {
    let query = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let unreadable = |_| Failure::new(ErrorCode::BadRequest, "the query cannot be read");
    query.map(|query| query.0).map_err(unreadable)
}

async fn read(app: &App, body: Body) -> Result<Bytes, Failure> {
    let limit = app.node.limits.http_body_bytes;
    let too_large =
        || Failure::new(ErrorCode::TooLarge, format!("a body has at most {limit} bytes"));
    // One that announces too much is not waited for.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let collecting = Limited::new(body, limit).collect();
    match tokio::time::timeout(BODY_TIMEOUT, collecting).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Failure::new(ErrorCode::BadRequest, "the body ended too early")),
        Err(_) => Err(Failure::new(ErrorCode::BadRequest, "the body took too long to arrive")),
    }
}

async fn perform(
    app: &Arc<App>,
    route: &'static Route,
    parts: &Parts,
    request: Request,
) -> Response {
    if route.method != Method::POST {
        return Reply::from(ask(app, route, &request).await).into_response();
    }
    match repeat::perform(app, route, parts, request).await {
        Ok(response) => response,
        Err(failure) => respond(failure),
    }
}

/// Asks whoever knows.
pub(super) async fn ask(app: &App, route: &Route, request: &Request) -> Result<Answer, Failure> {
    match route.action {
        Action::Ask(question) => {
            let workspace = request.parameter("ws");
            let question = question(request)?;
            Ok(app.workspaces.ask_as(&workspace, asking(request)?, question).await?)
        }
        Action::Call(call) => call(app, request).await,
        Action::Raw(_) => Err(Failure::new(ErrorCode::Internal, "this is answered elsewhere")),
    }
}

/// Who asks a workspace.
pub(super) fn asking(request: &Request) -> Result<Asking, Failure> {
    let bearer = request.caller.as_ref();
    let nobody = || Failure::new(ErrorCode::Unauthenticated, "a bearer token is needed");
    let caller = Caller::from(bearer.ok_or_else(nobody)?);
    Ok(Asking { caller, address: request.address, keep: request.keep })
}

/// What was answered, in bytes.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// A status, and JSON where there is any.
    Done(u16, Option<Bytes>),
    /// A problem.
    Failed(ProblemBody),
}

impl From<Result<Answer, Failure>> for Reply {
    fn from(outcome: Result<Answer, Failure>) -> Self {
        let Answer { status, body, .. } = match outcome {
            Ok(answer) => answer,
            Err(failure) => return Self::Failed(failure.into()),
        };
        match body.map(|body| body.to_json()).transpose() {
            Ok(json) => Self::Done(status, json.map(Bytes::from)),
            Err(error) => {
                tracing::error!(%error, "an answer has no JSON form");
                Self::Failed(panicked().into())
            }
        }
    }
}

impl Reply {
    pub(super) fn into_response(self) -> Response {
        let (status, json) = match self {
            Self::Done(status, json) => (status, json),
            Self::Failed(problem) => return problem.into_response(),
        };
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(json) = json {
            *response.body_mut() = Body::from(json);
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, json);
        }
        response
    }
}
