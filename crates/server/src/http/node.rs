//! Calls about the node itself, which take no credential: alive, ready, metrics, the document.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::Response,
};
use futures::future::{BoxFuture, ready};
use serde::Serialize;
use switchboard_protocol::ErrorCode;
use utoipa::ToSchema;

use super::{
    App,
    failure::{Failure, respond},
    request::Request,
    route::Route,
};
use crate::openapi;

/// The media type of Prometheus' text format.
const METRICS_MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
pub(super) const METRICS_PATH: &str = "/metrics";

/// The node is alive, or ready. Where it is not, the answer is a problem that says why.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    pub status: String,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("read_health", "/healthz", "Whether the process is alive")
            .for_anyone()
            .gives::<Health>()
            .raw(alive),
        Route::get("read_readiness", "/readyz", "Whether the node serves; 503 with why where not")
            .for_anyone()
            .gives::<Health>()
            .fails(&[ErrorCode::Overloaded])
            .raw(is_ready),
        Route::get("read_metrics", METRICS_PATH, "Metrics, as Prometheus reads them")
            .for_anyone()
            .gives_other("text/plain")
            .raw(metrics),
        Route::get("read_openapi", "/openapi.json", "This document")
            .for_anyone()
            .gives_other("application/json")
            .raw(document),
    ]
}

fn alive<'a>(_: &'a App, _: &'a Request) -> BoxFuture<'a, Response> {
    healthy()
}

fn is_ready<'a>(app: &'a App, _: &'a Request) -> BoxFuture<'a, Response> {
    let Some((status, reason)) = app.readiness.why_not() else {
        return healthy();
    };
    let detail = format!("{status}: {reason}");
    Box::pin(ready(respond(Failure::new(ErrorCode::Overloaded, detail))))
}

fn metrics<'a>(app: &'a App, _: &'a Request) -> BoxFuture<'a, Response> {
    // A value as of now: nothing tells it as time goes by.
    let oldest = Duration::from_millis(app.workspaces.oldest_wait_ms());
    app.node.metrics.queue_oldest_wait.set(oldest.as_secs_f64());
    plain(app.node.metrics.render(), METRICS_MEDIA_TYPE)
}

fn document<'a>(_: &'a App, _: &'a Request) -> BoxFuture<'a, Response> {
    plain(openapi::JSON.clone(), "application/json")
}

fn healthy<'a>() -> BoxFuture<'a, Response> {
    let health = Health { status: "ok".to_owned() };
    plain(serde_json::to_string(&health).unwrap_or_default(), "application/json")
}

fn plain<'a>(body: String, media_type: &'static str) -> BoxFuture<'a, Response> {
    Box::pin(ready(text(body, media_type)))
}

fn text(body: String, media_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
