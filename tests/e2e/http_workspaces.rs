//! `/v1/workspaces`: made, listed, read and erased.

use serde_json::{Value, json};

use crate::{
    people::{closed, sign_in, visit},
    server::TestServer,
};

const ALL: &str = "/v1/workspaces";

#[tokio::test]
async fn root_makes_one_with_an_id_of_its_choice() {
    let server = TestServer::start().await;
    let body = json!({"id": "acme", "name": "  Acme ", "plan": "pro"});
    let made = server.root("POST", ALL, body).await.expect(201);
    assert_eq!(made.header("content-type"), "application/json");
    let acme = &made.json;
    assert_eq!(
        (&acme["id"], &acme["name"], &acme["plan"]),
        (&json!("acme"), &json!("Acme"), &json!("pro"))
    );
    assert_eq!(acme["limits"], json!({"seats": 5, "departments": 5}));
    assert_eq!(acme["usage"], json!({"seats": 0, "departments": 0}));
    assert_eq!(acme["status"], "active");
    assert!(acme["settings"].is_object() && acme["created_at"].is_u64());
    assert!(acme["site_key"].as_str().unwrap().starts_with("pk_"));
    let read = server.root("GET", "/v1/workspaces/acme", Value::Null).await.expect(200);
    assert_eq!(read.json, *acme);
}

#[tokio::test]
async fn each_plan_sets_its_limits() {
    let server = TestServer::start().await;
    for (plan, seats, departments) in [
        ("free", json!(1), json!(1)),
        ("starter", json!(3), json!(1)),
        ("pro", json!(5), json!(5)),
        ("enterprise", json!(20), json!(20)),
        ("custom", Value::Null, Value::Null),
    ] {
        let made = server.root("POST", ALL, json!({"name": "w", "plan": plan})).await.expect(201);
        assert_eq!(made.json["limits"], json!({"seats": seats, "departments": departments}));
    }
}

#[tokio::test]
async fn without_an_id_the_server_makes_one() {
    let server = TestServer::start().await;
    let (one, other) = (server.workspace().await, server.workspace().await);
    assert_ne!(one.id, other.id);
    assert_ne!(one.site_key, other.site_key);
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    assert!((1..=64).contains(&one.id.len()) && one.id.chars().all(fits), "{}", one.id);
}

#[tokio::test]
async fn an_id_is_given_once_even_after_it_is_erased() {
    let server = TestServer::start().await;
    let body = json!({"id": "acme", "name": "Acme", "plan": "free"});
    server.root("POST", ALL, body.clone()).await.expect(201);
    server.root("POST", ALL, body.clone()).await.refused(409, "id_taken");
    server.root("DELETE", "/v1/workspaces/acme", Value::Null).await.expect(204);
    server.root("POST", ALL, body).await.refused(409, "id_taken");
}

#[tokio::test]
async fn what_cannot_be_taken_is_named() {
    let server = TestServer::start().await;
    for (body, field) in [
        (json!({"id": "a b", "name": "x", "plan": "pro"}), "id"),
        (json!({"id": "", "name": "x", "plan": "pro"}), "id"),
        (json!({"id": "x".repeat(65), "name": "x", "plan": "pro"}), "id"),
        (json!({"id": 7, "name": "x", "plan": "pro"}), "id"),
        (json!({"plan": "pro"}), "name"),
        (json!({"name": " ", "plan": "pro"}), "name"),
        (json!({"name": "x".repeat(101), "plan": "pro"}), "name"),
        (json!({"name": "x"}), "plan"),
        (json!({"name": "x", "plan": "gold"}), "plan"),
    ] {
        let refused = server.root("POST", ALL, body).await.refused(400, "bad_request");
        assert!(refused.text_of("detail").contains(field), "{field}: {}", refused.text);
    }
}

#[tokio::test]
async fn the_list_shows_who_is_there_and_who_waits() {
    let server = TestServer::start().await;
    let (busy, idle) = (server.workspace().await, server.workspace().await);
    busy.department("help").await;
    let _visitor = visit(&busy).await;
    busy.open("help").await;
    busy.open("help").await;
    let list = server.root("GET", ALL, Value::Null).await.expect(200);
    assert_eq!(list.ids(), [busy.id.as_str(), idle.id.as_str()]);
    assert_eq!(list.json["next_cursor"], Value::Null);
    let (busy, idle) = (&list.items()[0], &list.items()[1]);
    assert_eq!((&busy["sockets"], &busy["queued"]), (&json!(1), &json!(2)));
    assert!(busy["oldest_wait_ms"].is_u64(), "{busy}");
    assert_eq!((&idle["sockets"], &idle["queued"]), (&json!(0), &json!(0)));
    assert_eq!(idle["oldest_wait_ms"], Value::Null);
    for field in ["name", "plan", "limits", "usage", "site_key", "settings", "status"] {
        assert!(!idle[field].is_null(), "{field}");
    }
}

#[tokio::test]
async fn the_list_comes_in_pages_oldest_first() {
    let server = TestServer::start().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(server.workspace().await.id);
    }
    let mut seen = Vec::new();
    let mut path = format!("{ALL}?limit=2");
    loop {
        let page = server.root("GET", &path, Value::Null).await.expect(200);
        seen.extend(page.ids());
        let Some(cursor) = page.json["next_cursor"].as_str() else { break };
        assert_eq!(page.items().len(), 2);
        path = format!("{ALL}?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, made);
}

#[tokio::test]
async fn only_root_makes_lists_and_erases_them() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let admin = workspace.admin("ada").await;
    for (method, path) in [("POST", ALL), ("GET", ALL), ("DELETE", workspace.path("").as_str())] {
        let body = json!({"name": "x", "plan": "pro"});
        server.http().call(method, path, &admin, body).await.refused(403, "forbidden");
        server.http().call(method, path, "", Value::Null).await.refused(401, "unauthenticated");
    }
    workspace.get("").await;
}

#[tokio::test]
async fn an_admin_reads_its_own_and_no_other() {
    let server = TestServer::start().await;
    let (own, other) = (server.workspace().await, server.workspace().await);
    let admin = own.admin("ada").await;
    let agent = own.agent("ann", &[]).await;
    let read = own.call("GET", "", &admin, Value::Null).await.expect(200);
    assert_eq!(read.json["usage"], json!({"seats": 2, "departments": 0}));
    own.call("GET", "", &agent, Value::Null).await.refused(403, "forbidden");
    let foreign = other.call("GET", "", &admin, Value::Null).await.refused(404, "not_found");
    let unknown = server.http().call("GET", "/v1/workspaces/nope", &admin, Value::Null).await;
    let unknown = unknown.refused(404, "not_found");
    assert_eq!(foreign.json, unknown.json, "foreign and unknown ones cannot be told apart");
    server.root("GET", "/v1/workspaces/nope", Value::Null).await.refused(404, "not_found");
}

#[tokio::test]
async fn erasing_closes_every_socket_and_leaves_nothing() {
    let server = TestServer::start().await;
    let (workspace, neighbour) = (server.workspace().await, server.workspace().await);
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    let theirs = neighbour.agent("ann", &[]).await;
    let mut agent = sign_in(&workspace, &token).await;
    let mut visitor = visit(&workspace).await;
    let neighbours = sign_in(&neighbour, &theirs).await;
    workspace.root("DELETE", "", Value::Null).await.expect(204);
    assert_eq!(closed(&mut agent).await.0, 4503);
    assert_eq!(closed(&mut visitor).await.0, 4503);
    neighbours.ping().await.expect("a neighbour notices nothing");
    workspace.root("GET", "", Value::Null).await.refused(404, "not_found");
    workspace.root("DELETE", "", Value::Null).await.refused(404, "not_found");
    let me = server.http().call("GET", "/v1/me", &token, Value::Null).await;
    me.refused(401, "unauthenticated");
    let site = format!("/v1/site?site_key={}", workspace.site_key);
    server.anyone("GET", &site).await.refused(404, "not_found");
    assert_eq!(server.root("GET", ALL, Value::Null).await.ids(), [neighbour.id]);
}
