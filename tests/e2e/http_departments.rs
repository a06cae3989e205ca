//! `…/departments`: made, listed, read, changed.

use serde_json::{Value, json};

use crate::server::TestServer;

/// Section 6 of the contract, with its defaults.
fn default_policy() -> Value {
    json!({
        "strategy": "least_busy", "offer_timeout_ms": null, "decline_cooldown_ms": 5_000,
        "on_unstaffed": "queue", "max_queue": null, "max_wait_ms": null,
        "fallback_department_id": null, "on_agent_lost": "requeue", "reconnect_grace_ms": 30_000,
        "agent_capacity": null, "sticky_ms": 86_400_000, "wrap_up_ms": 0,
        "visitor_grace_ms": 300_000, "business_hours": null,
    })
}

#[tokio::test]
async fn one_is_made_with_the_default_policy() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let made = workspace.post("/departments", json!({"id": "help", "name": " Help desk "})).await;
    assert_eq!((&made.json["id"], &made.json["name"]), (&json!("help"), &json!("Help desk")));
    assert_eq!(made.json["policy"], default_policy());
    assert_eq!(workspace.get("/departments/help").await.json, made.json);
    assert_eq!(workspace.get("").await.json["usage"]["departments"], 1);
    let nameless = workspace.post("/departments", json!({"name": "Sales"})).await;
    assert!(!nameless.text_of("id").is_empty());
}

#[tokio::test]
async fn one_is_made_with_a_policy_of_its_own() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let policy = json!({"strategy": "round_robin", "max_queue": 0, "on_unstaffed": "reject"});
    let body = json!({"id": "help", "name": "Help", "policy": policy});
    let mut expected = default_policy();
    for (field, value) in policy.as_object().unwrap() {
        expected[field] = value.clone();
    }
    assert_eq!(workspace.post("/departments", body).await.json["policy"], expected);
}

#[tokio::test]
async fn an_id_is_given_once_even_after_it_is_deleted() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let body = json!({"id": "help", "name": "Help"});
    workspace.post("/departments", body.clone()).await;
    workspace.root("POST", "/departments", body.clone()).await.refused(409, "id_taken");
    workspace.root("DELETE", "/departments/help", Value::Null).await.expect(204);
    workspace.root("POST", "/departments", body).await.refused(409, "id_taken");
}

#[tokio::test]
async fn there_are_as_many_as_the_plan_allows() {
    let server = TestServer::start().await;
    let workspace = server.workspace_on("free").await;
    workspace.department("one").await;
    let second = json!({"id": "two", "name": "Two"});
    let refused = workspace.root("POST", "/departments", second.clone()).await;
    refused.refused(402, "department_limit");
    workspace.patch("", json!({"limits": {"departments": 2}})).await;
    workspace.post("/departments", second).await;
    workspace.root("DELETE", "/departments/one", Value::Null).await.expect(204);
    workspace.department("three").await;
    let refused = workspace.root("POST", "/departments", json!({"name": "Four"})).await;
    refused.refused(402, "department_limit");
}

#[tokio::test]
async fn agents_see_the_list_and_admins_do_the_rest() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let (admin, agent) = (workspace.admin("ada").await, workspace.agent("ann", &[]).await);
    let seen = workspace.call("GET", "/departments", &agent, Value::Null).await.expect(200);
    assert_eq!(seen.ids(), ["help"]);
    for (method, path, body) in [
        ("POST", "/departments", json!({"name": "Mine"})),
        ("GET", "/departments/help", Value::Null),
        ("PATCH", "/departments/help", json!({"name": "Mine"})),
        ("DELETE", "/departments/help", Value::Null),
    ] {
        let refused = workspace.call(method, path, &agent, body.clone()).await;
        refused.refused(403, "forbidden");
        workspace.call(method, path, "", body.clone()).await.refused(401, "unauthenticated");
        let done = workspace.call(method, path, &admin, body).await;
        assert!((200..300).contains(&done.status), "{method} {path}: {}", done.text);
    }
}

#[tokio::test]
async fn the_list_comes_in_pages_in_one_order() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    for id in ["e", "d", "c", "b", "a"] {
        workspace.department(id).await;
    }
    let mut seen = Vec::new();
    let mut path = "/departments?limit=2".to_owned();
    loop {
        let page = workspace.get(&path).await;
        seen.extend(page.ids());
        let Some(cursor) = page.json["next_cursor"].as_str() else { break };
        path = format!("/departments?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["e", "d", "c", "b", "a"], "oldest first");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    for (method, body) in [("GET", Value::Null), ("PATCH", json!({})), ("DELETE", Value::Null)] {
        for path in ["/departments/nope", "/departments/a%20b", "/departments/%2e%2e"] {
            workspace.root(method, path, body.clone()).await.refused(404, "not_found");
        }
    }
}
