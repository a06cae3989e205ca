//! `Idempotency-Key`: a POST that is sent again is answered again, and done once.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    http::Reply,
    server::{TestServer, Workspace},
};

async fn post(workspace: &Workspace, path: &str, bearer: &str, key: &str, body: &Value) -> Reply {
    let headers = [("idempotency-key", key), ("content-type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    workspace.http.send("POST", &workspace.path(path), bearer, &headers, body).await
}

#[tokio::test]
async fn a_repeat_gets_the_first_status_and_body() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let body = json!({"department_id": "help"});
    let first = post(&workspace, "/conversations", &server.root, "k", &body).await.expect(201);
    let again = post(&workspace, "/conversations", &server.root, "k", &body).await.expect(201);
    assert_eq!(again.text, first.text, "with the visitor's token, too");
    assert_eq!(workspace.get("/conversations").await.items().len(), 1);
    let other = post(&workspace, "/conversations", &server.root, "l", &body).await.expect(201);
    assert_ne!(other.json["id"], first.json["id"]);
}

#[tokio::test]
async fn every_post_honours_it() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let agent = json!({"name": "Ann", "email": "ann@example.org"});
    for (path, body) in [("/departments", json!({"name": "Help"})), ("/agents", agent)] {
        let first = post(&workspace, path, &server.root, path, &body).await.expect(201);
        let again = post(&workspace, path, &server.root, path, &body).await.expect(201);
        assert_eq!(again.text, first.text, "{path}");
        assert_eq!(workspace.get(path).await.items().len(), 1, "{path}");
    }
    let id = workspace.post("/conversations", json!({})).await.text_of("id");
    let close = format!("/conversations/{id}/close");
    let first = post(&workspace, &close, &server.root, "c", &Value::Null).await.expect(200);
    let again = post(&workspace, &close, &server.root, "c", &Value::Null).await.expect(200);
    assert_eq!(again.text, first.text, "not a conflict: it is the same close");
    post(&workspace, &close, &server.root, "d", &Value::Null).await.refused(409, "conflict");

    let (body, key) =
        (json!({"name": "w", "plan": "free"}).to_string(), [("idempotency-key", "w")]);
    let create = || server.http().send("POST", "/v1/workspaces", &server.root, &key, body.clone());
    let first = create().await.expect(201);
    assert_eq!(create().await.expect(201).text, first.text);
}

#[tokio::test]
async fn an_agent_token_is_not_told_again() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.agent("ann", &[]).await;
    let body = json!({"ttl_ms": 60_000});
    let first = post(&workspace, "/agents/ann/tokens", &server.root, "k", &body).await.expect(201);
    let again = post(&workspace, "/agents/ann/tokens", &server.root, "k", &body).await.expect(201);
    assert!(first.json["token"].is_string());
    assert_eq!(again.json, json!({"expires_at": first.json["expires_at"]}));
    assert!(!again.text.contains(&first.text_of("token")));
}

#[tokio::test]
async fn the_same_key_with_something_else_is_a_conflict() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (one, other) = (json!({"name": "One"}), json!({"name": "Other"}));
    let first = post(&workspace, "/departments", &server.root, "k", &one).await.expect(201);
    let refused = post(&workspace, "/departments", &server.root, "k", &other).await;
    refused.refused(409, "conflict");
    let again = post(&workspace, "/departments", &server.root, "k", &one).await.expect(201);
    assert_eq!(again.text, first.text, "the first answer is kept");
    assert_eq!(workspace.get("/departments").await.items().len(), 1);
}

#[tokio::test]
async fn a_refusal_is_repeated_like_any_answer() {
    let server = TestServer::start().await;
    let workspace = server.workspace_on("free").await;
    let body = json!({"name": "Two"});
    workspace.department("one").await;
    let first = post(&workspace, "/departments", &server.root, "k", &body).await;
    let first = first.refused(402, "department_limit");
    workspace.patch("", json!({"plan": "pro"})).await;
    let again = post(&workspace, "/departments", &server.root, "k", &body).await;
    assert_eq!(again.refused(402, "department_limit").text, first.text);
    post(&workspace, "/departments", &server.root, "new", &body).await.expect(201);
}

#[tokio::test]
async fn a_body_that_was_refused_is_mended_under_another_key() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (bad, mended) = (json!({"name": 7}), json!({"name": "Help"}));
    let first = post(&workspace, "/departments", &server.root, "k", &bad).await;
    let first = first.refused(400, "bad_request");
    let again = post(&workspace, "/departments", &server.root, "k", &bad).await;
    assert_eq!(again.refused(400, "bad_request").text, first.text);
    let other = post(&workspace, "/departments", &server.root, "k", &mended).await;
    other.refused(409, "conflict");
    post(&workspace, "/departments", &server.root, "l", &mended).await.expect(201);
    assert_eq!(workspace.get("/departments").await.items().len(), 1);
}

#[tokio::test]
async fn the_operators_keys_are_one_space_over_all_workspaces() {
    let server = TestServer::start().await;
    let (one, other) = (server.workspace().await, server.workspace().await);
    let body = json!({"name": "Help"});
    post(&one, "/departments", &server.root, "k", &body).await.expect(201);
    post(&other, "/departments", &server.root, "k", &body).await.refused(409, "conflict");
    assert_eq!(other.get("/departments").await.items().len(), 0);
}

#[tokio::test]
async fn each_credential_has_keys_of_its_own() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (ada, eve) = (workspace.admin("ada").await, workspace.admin("eve").await);
    for bearer in [&ada, &eve, &server.root] {
        post(&workspace, "/departments", bearer, "k", &json!({"name": "Mine"})).await.expect(201);
    }
    assert_eq!(workspace.get("/departments").await.items().len(), 3);
    // A role that is gone is gone: no old answer is shown in its stead.
    workspace.patch("/agents/eve", json!({"role": "agent"})).await;
    let refused = post(&workspace, "/departments", &eve, "new", &json!({"name": "Mine"})).await;
    refused.refused(403, "forbidden");
}

#[tokio::test]
async fn who_is_out_is_answered_nothing_again() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (ada, _) = (workspace.admin("ada").await, workspace.admin("eve").await);
    let body = json!({"name": "Help"});
    let first = post(&workspace, "/departments", &ada, "k", &body).await.expect(201);
    workspace.patch("", json!({"status": "suspended"})).await;
    post(&workspace, "/departments", &ada, "k", &body).await.refused(403, "forbidden");
    workspace.patch("", json!({"status": "active"})).await;
    let again = post(&workspace, "/departments", &ada, "k", &body).await.expect(201);
    assert_eq!(again.text, first.text);
    workspace.root("DELETE", "/agents/ada", Value::Null).await.expect(204);
    post(&workspace, "/departments", &ada, "k", &body).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn sent_many_times_at_once_it_is_done_once() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let body = json!({"department_id": "help"});
    let sending = (0..50).map(|_| post(&workspace, "/conversations", &server.root, "k", &body));
    let replies = join_all(sending).await;
    let (made, running): (Vec<Reply>, Vec<Reply>) =
        replies.into_iter().partition(|reply| reply.status == 201);
    assert!(!made.is_empty());
    assert!(made.iter().all(|reply| reply.text == made[0].text));
    for reply in running {
        reply.refused(409, "conflict");
    }
    assert_eq!(workspace.get("/conversations").await.items().len(), 1);
}

#[tokio::test]
async fn a_key_that_cannot_be_one_is_refused() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    for key in ["", &"k".repeat(129)] {
        let reply =
            post(&workspace, "/departments", &server.root, key, &json!({"name": "x"})).await;
        let reply = reply.refused(400, "bad_request");
        assert!(reply.text_of("detail").contains("Idempotency-Key"), "{}", reply.text);
    }
    assert_eq!(workspace.get("/departments").await.items().len(), 0);
}
