//! Keys of back ends: what each scope does, how often a key is shown, and when it ends.

use futures::future::join;
use serde_json::{Value, json};

use crate::{
    http::Reply,
    people::on_duty,
    server::{TestServer, Workspace},
    ws::check_fields,
};

struct Key {
    id: String,
    secret: String,
}

async fn key(workspace: &Workspace, scopes: &[&str]) -> Key {
    let made = workspace.post("/api_keys", json!({"name": "shop", "scopes": scopes})).await;
    Key { id: made.text_of("id"), secret: made.text_of("secret") }
}

#[tokio::test]
async fn each_scope_does_its_thing_in_the_keys_name_and_nothing_else() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let open = json!({"department_id": "help"});
    let calls = [
        ("conversations:write", "POST", "/conversations", open),
        ("agents:write", "POST", "/departments", json!({"name": "More"})),
        ("tokens:mint", "POST", "/agents/ann/tokens", json!({})),
        ("events:read", "GET", "/events", Value::Null),
        ("live:read", "GET", "/live", Value::Null),
        ("admin", "GET", "/audit", Value::Null),
    ];
    for (own, ..) in &calls {
        let key = key(&workspace, &[own]).await;
        for (scope, method, path, body) in &calls {
            let reply = workspace.call(method, path, &key.secret, body.clone()).await;
            if scope == own || *own == "admin" {
                assert!(reply.status < 300, "{own} {path}: {}", reply.text);
            } else {
                let detail = reply.refused(403, "forbidden").text_of("detail");
                assert!(detail.contains(scope), "{own} {path}: {detail}");
            }
        }
    }
}

#[tokio::test]
async fn what_a_key_does_is_told_by_its_id() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let key = key(&workspace, &["agents:write", "conversations:write"]).await;
    let call = |method: &'static str, path: &'static str, body: Value| {
        let (workspace, secret) = (workspace.clone(), key.secret.clone());
        async move { workspace.call(method, path, &secret, body).await }
    };
    call("POST", "/departments", json!({"id": "help", "name": "Help"})).await.expect(201);
    let opened = call("POST", "/conversations", json!({"department_id": "help"})).await.expect(201);
    let path = format!("/conversations/{}/close", opened.text_of("id"));
    workspace.call("POST", &path, &key.secret, Value::Null).await.expect(200);
    let events = workspace.get("/events").await;
    for kind in ["department.created", "conversation.opened", "conversation.closed"] {
        let event = events.items().iter().find(|event| event["type"] == kind);
        let event = event.unwrap_or_else(|| panic!("no {kind} in {}", events.text));
        assert_eq!((&event["by"], &event["by_id"]), (&json!("api"), &json!(key.id)), "{event}");
    }
    let noted = workspace.get("/audit?limit=1").await.items()[0].clone();
    assert_eq!((&noted["by"], &noted["by_id"]), (&json!("api"), &json!(key.id)), "{noted}");
}

async fn make(workspace: &Workspace, idempotency_key: &str) -> Reply {
    let headers = [("idempotency-key", idempotency_key)];
    let body = json!({"name": "shop", "scopes": ["admin", "admin"]}).to_string();
    let path = workspace.path("/api_keys");
    workspace.http.send("POST", &path, &workspace.root, &headers, body).await
}

#[tokio::test]
async fn it_is_shown_once() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let made = make(&workspace, "k").await.expect(201);
    check_fields(
        &made.json,
        &["id", "name", "scopes", "created_at", "created_by", "last_used_at", "secret"],
    );
    assert_eq!(made.json["scopes"], json!(["admin"]));
    let secret = made.text_of("secret");
    assert!(secret.starts_with(&format!("sk_{}.", workspace.id)), "{secret}");
    let again = make(&workspace, "k").await.expect(201);
    assert_eq!(again.json["id"], made.json["id"]);
    assert!(!again.text.contains("sk_"), "{}", again.text);
    let list = workspace.get("/api_keys").await;
    assert_eq!(list.items().len(), 1);
    assert!(!list.text.contains("sk_") && !list.text.contains("secret"), "{}", list.text);
    assert_eq!(list.items()[0]["last_used_at"], Value::Null);
    workspace.call("GET", "", &secret, Value::Null).await.expect(200);
    let used = workspace.get("/api_keys").await.items()[0]["last_used_at"].as_u64().unwrap();
    assert!(used >= made.json["created_at"].as_u64().unwrap());
}

#[tokio::test]
async fn a_revoked_key_does_nothing_more_also_where_it_repeats_itself() {
    let mut server = TestServer::start().await;
    let mut workspace = server.workspace().await;
    let key = key(&workspace, &["agents:write"]).await;
    let body = json!({"name": "Help"}).to_string();
    let path = workspace.path("/departments");
    let repeat = || {
        let (http, path, body, secret) =
            (server.http(), path.clone(), body.clone(), key.secret.clone());
        async move { http.send("POST", &path, &secret, &[("idempotency-key", "k")], body).await }
    };
    repeat().await.expect(201);
    repeat().await.expect(201);
    let revoke = format!("/api_keys/{}", key.id);
    workspace.root("DELETE", &revoke, Value::Null).await.expect(204);
    repeat().await.refused(401, "unauthenticated");
    workspace
        .call("GET", "/agents", &key.secret, Value::Null)
        .await
        .refused(401, "unauthenticated");
    workspace.root("DELETE", &revoke, Value::Null).await.refused(404, "not_found");
    assert_eq!(workspace.get("/departments").await.items().len(), 1);
    server.restart().await;
    workspace.http = server.http();
    workspace
        .call("GET", "/agents", &key.secret, Value::Null)
        .await
        .refused(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_that_is_revoked_while_it_is_used_has_done_its_work_or_not() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    for round in 0..10 {
        let key = key(&workspace, &["agents:write"]).await;
        let path = format!("/api_keys/{}", key.id);
        let id = format!("d{round}");
        let make =
            workspace.call("POST", "/departments", &key.secret, json!({"id": id, "name": "x"}));
        let revoke = workspace.root("DELETE", &path, Value::Null);
        let (made, revoked) = join(make, revoke).await;
        revoked.expect(204);
        let there = workspace.root("GET", &format!("/departments/{id}"), Value::Null).await.status;
        assert!(matches!((made.status, there), (201, 200) | (401, 404)), "{}", made.text);
    }
}

#[tokio::test]
async fn a_key_is_of_one_workspace_and_no_operators() {
    let server = TestServer::start().await;
    let (workspace, other) = (server.workspace().await, server.workspace().await);
    let key = key(&workspace, &["admin"]).await;
    workspace.call("GET", "", &key.secret, Value::Null).await.expect(200);
    other.call("GET", "", &key.secret, Value::Null).await.refused(404, "not_found");
    let operators = json!({"plan": "free"});
    workspace.call("PATCH", "", &key.secret, operators).await.refused(403, "forbidden");
    server
        .http()
        .call("GET", "/v1/workspaces", &key.secret, Value::Null)
        .await
        .refused(403, "forbidden");
    server.http().call("GET", "/v1/me", &key.secret, Value::Null).await.refused(403, "forbidden");
}
