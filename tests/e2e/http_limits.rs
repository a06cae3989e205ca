//! Rates: what is too much is refused for a while, and says for how long.

use serde_json::{Value, json};
use switchboard_protocol::{Limits, Rate};

use crate::server::TestServer;

/// So slow that no test sees another one allowed.
const TWO: Rate = Rate { count: 1, per_ms: 3_600_000, burst: 2 };

async fn with_slow_opens() -> TestServer {
    let limits = Limits { workspace_opens: Some(TWO), ..Limits::off() };
    TestServer::start_with(|config| config.limits = limits).await
}

#[tokio::test]
async fn opens_over_the_workspaces_rate_are_refused_for_a_while() {
    let server = with_slow_opens().await;
    let (busy, neighbour) = (server.workspace().await, server.workspace().await);
    for workspace in [&busy, &neighbour] {
        workspace.department("help").await;
    }
    busy.open("help").await;
    busy.open("help").await;
    let refused = busy.root("POST", "/conversations", json!({})).await;
    let refused = refused.refused(429, "rate_limited");
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    let ms = refused.json["retry_after_ms"].as_u64().unwrap();
    assert!(seconds > 0 && seconds * 1_000 >= ms && ms > 0, "{seconds} s, {ms} ms");
    assert_eq!(busy.get("/conversations").await.items().len(), 2);
    neighbour.open("help").await;
}

#[tokio::test]
async fn a_repeat_costs_nothing() {
    let server = with_slow_opens().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let body = json!({"key": "k", "visitor": {"external_id": "zoe"}});
    let first = workspace.post("/conversations", body.clone()).await;
    workspace.open("help").await;
    let again = workspace.root("POST", "/conversations", body).await;
    assert_eq!(again.json["id"], first.json["id"], "{}", again.text);
}

#[tokio::test]
async fn what_was_refused_for_its_rate_may_be_tried_again_with_the_same_key() {
    let limits =
        Limits { workspace_opens: Some(Rate { count: 1, per_ms: 50, burst: 1 }), ..Limits::off() };
    let server = TestServer::start_with(|config| config.limits = limits).await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let path = workspace.path("/conversations");
    let send = || {
        let headers = [("idempotency-key", "k")];
        let (http, path, root) = (server.http(), path.clone(), server.root.clone());
        async move { http.send("POST", &path, &root, &headers, "{}").await }
    };
    workspace.open("help").await;
    let mut reply = send().await;
    while reply.status != 201 {
        reply.refused(429, "rate_limited");
        reply = send().await;
    }
    assert_eq!(workspace.get("/conversations").await.items().len(), 2);
}

#[tokio::test]
async fn with_limits_off_nothing_is_refused() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    for _ in 0..300 {
        workspace.open("help").await;
    }
    assert_eq!(workspace.get("/departments/help").await.json["queued"], 300);
    let reply = workspace.root("GET", "/conversations?limit=100", Value::Null).await;
    reply.expect(200);
}
