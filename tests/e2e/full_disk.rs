//! A disk that is full: nothing is acknowledged that is not written, the node says that it cannot
//! write and why, and once there is room again it serves again. The fault is SQLite's own: the
//! database may take no more than so many bytes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws},
};

const DEADLINE: Duration = Duration::from_secs(20);

/// A workspace with a large text in each conversation, and another that can be erased for room.
async fn nearly_full() -> (TestServer, Workspace, Workspace) {
    let server = TestServer::start_with(|config| config.max_database_bytes = Some(900_000)).await;
    let (ballast, workspace) = (server.workspace().await, server.workspace().await);
    for one in [&ballast, &workspace] {
        one.department("sales").await;
    }
    for _ in 0..300 {
        ballast.open("sales").await;
    }
    (server, ballast, workspace)
}

async fn open(workspace: &Workspace) -> crate::http::Reply {
    let text = "x".repeat(200);
    let attributes: serde_json::Map<String, Value> =
        (0..20).map(|n| (format!("a{n}"), json!(text))).collect();
    let body = json!({"department_id": "sales", "attributes": attributes});
    workspace.root("POST", "/conversations", body).await
}

async fn ready(server: &TestServer) -> (u16, String) {
    let reply = server.anyone("GET", "/readyz").await;
    (reply.status, reply.text)
}

#[tokio::test]
async fn what_cannot_be_written_is_not_acknowledged_and_later_it_serves_again() {
    let (server, ballast, workspace) = nearly_full().await;
    let token =
        workspace.agent_with("ann", json!({"department_ids": ["sales"], "capacity": 1_000})).await;
    let _ann = Ws::online(server.addr, Encoding::Json, &token).await;
    let mut acknowledged = Vec::new();
    let refused = loop {
        let reply = open(&workspace).await;
        match reply.status {
            201 => acknowledged.push(reply.text_of("id")),
            _ => break reply,
        }
    };
    let problem = refused.refused(500, "internal");
    assert!(problem.json["retry_after_ms"].is_number(), "{}", problem.text);
    let (status, why) = ready(&server).await;
    assert_eq!(status, 503, "{why}");
    assert!(why.contains("full"), "it says why: {why}");
    // What was said before is there, and nothing else.
    let begun = Instant::now();
    let listed = loop {
        let reply = workspace.root("GET", "/conversations?limit=100", Value::Null).await;
        if reply.status == 200 {
            break reply.ids();
        }
        assert!(begun.elapsed() < DEADLINE, "{}", reply.text);
    };
    assert_eq!(listed, acknowledged);
    // Room is made: it is found without anybody's help.
    let begun = Instant::now();
    server.root("DELETE", &ballast.path(""), Value::Null).await.expect(204);
    while ready(&server).await.0 != 200 || open(&workspace).await.status != 201 {
        assert!(begun.elapsed() < DEADLINE, "it serves again");
    }
    let (status, why) = ready(&server).await;
    assert_eq!(status, 200, "{why}");
}

#[tokio::test]
async fn a_socket_is_told_and_may_come_back() {
    let (server, ballast, workspace) = nearly_full().await;
    let mut visitor = Ws::visitor(server.addr, Encoding::Json, &workspace.site_key).await;
    while open(&ballast).await.status == 201 {}
    let attributes = json!({"a": "x".repeat(250), "b": "y".repeat(250)});
    let ask = json!({"type": "conversation.open", "department_id": "sales", "key": "k",
        "attributes": attributes});
    // The last free bytes may hold some yet.
    let refused = loop {
        let mut ask = ask.clone();
        ask["key"] = json!(format!("k{}", visitor.seq));
        let answer = visitor.request(ask).await;
        if answer["type"] == "error" {
            break answer;
        }
        visitor.seq += 1;
    };
    assert_eq!((&refused["code"], &refused["retryable"]), (&json!("internal"), &json!(true)));
    assert!(refused["retry_after_ms"].is_number(), "{refused}");
    visitor.expect_close(4005).await;
}
