//! `/v1/site`: what the public may know, for pages of any origin.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use data_encoding::BASE64URL_NOPAD;
use futures::future::BoxFuture;
use sha2::{Digest, Sha256};
use switchboard_protocol::{ErrorCode, http::Site};

use super::{
    App,
    failure::{Failure, respond},
    request::Request,
    route::{QueryParameter, Route, text},
};
use crate::ask::{Caller, Question};

/// How long a page may go on with what it was told: about what a queue's change may take to show.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=5");
/// How much of the digest makes a tag.
const TAG_BYTES: usize = 12;

const QUERY: &[QueryParameter] = &[text("site_key", "The workspace's public key.")];
pub(super) const PATH: &str = "/v1/site";

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("read_site", PATH, "The departments that a visitor may ask")
            .for_anyone()
            .query(QUERY)
            .gives::<Site>()
            .raw(site),
    ]
}

fn site<'a>(app: &'a App, request: &'a Request) -> BoxFuture<'a, Response> {
    Box::pin(async move {
        let mut response = match read(app, request).await {
            Ok(json) => cacheable(request, json),
            Err(failure) => respond(failure),
        };
        allow_any_origin(&mut response);
        response
    })
}

async fn read(app: &App, request: &Request) -> Result<Vec<u8>, Failure> {
    let site_key = request.query("site_key")?.unwrap_or_default();
    let (workspace, _) = app.gate.site(site_key).map_err(|_| Failure::not_found("site"))?;
    let answer = app.workspaces.ask(&workspace, Caller::Site, Question::Site).await?;
    let json = answer.body.map(|body| body.to_json()).transpose();
    json.map(Option::unwrap_or_default)
        .map_err(|_| Failure::new(ErrorCode::Internal, "the site has no JSON form"))
}

fn cacheable(request: &Request, json: Vec<u8>) -> Response {
    let digest = Sha256::digest(&json);
    let tag = BASE64URL_NOPAD.encode(digest.get(..TAG_BYTES).unwrap_or_default());
    let tag = format!("\"{tag}\"");
    let known = request.headers.get(header::IF_NONE_MATCH);
    let known = known.and_then(|known| known.to_str().ok()).unwrap_or_default();
    let unchanged = known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag);
    let mut response = Response::new(if unchanged { Body::empty() } else { Body::from(json) });
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, CACHE);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// The answer to a browser that asks before it asks.
pub(super) fn preflight() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    allow_any_origin(&mut response);
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}

pub(super) fn allow_any_origin(response: &mut Response) {
    let any = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
}
