//! Calls about the node itself, which take no credential: alive, ready, metrics, the document.

use std::time::Duration;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use futures::future::{BoxFuture, ready};
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, request::Request, route::Route};
use crate::openapi;

/// The media type of Prometheus' text format.
const METRICS_MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
pub(super) const METRICS_PATH: &str = "/metrics";

/// Whether the node is alive or ready.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`, or `draining`, or `starting`.
    pub status: String,
    /// Why it is not `ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
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
    respond(StatusCode::OK, &Health { status: "ok".to_owned(), reason: None })
}

fn is_ready<'a>(app: &'a App, _: &'a Request) -> BoxFuture<'a, Response> {
    let (status, health) = match app.readiness.why_not() {
        None => (StatusCode::OK, Health { status: "ok".to_owned(), reason: None }),
        Some((status, reason)) => {
            let health = Health { status: status.to_owned(), reason: Some(reason.to_owned()) };
            (StatusCode::SERVICE_UNAVAILABLE, health)
        }
    };
    respond(status, &health)
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

fn respond<'a>(status: StatusCode, health: &Health) -> BoxFuture<'a, Response> {
    let json = serde_json::to_string(health).unwrap_or_default();
    let mut response = text(json, "application/json");
    *response.status_mut() = status;
    Box::pin(ready(response))
}

fn plain<'a>(body: String, media_type: &'static str) -> BoxFuture<'a, Response> {
    Box::pin(ready(text(body, media_type)))
}

fn text(body: String, media_type: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
