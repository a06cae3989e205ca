//! Rights are a role's, and the role is looked up whenever something is asked: what was minted
//! before knows nothing of it.

use futures::future::join;
use serde_json::{Value, json};

use super::scene::{Scene, api_key};
use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Heard, Ws, in_both},
};

in_both![a_role_counts_from_the_next_word_on, who_is_removed_is_out_at_once];

async fn role(workspace: &Workspace, agent: &str, role: &str) {
    workspace.patch(&format!("/agents/{agent}"), json!({"role": role})).await;
}

async fn a_role_counts_from_the_next_word_on(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    workspace.admin("ada").await;
    let token = workspace.agent("ann", &[]).await;
    let mut ann = Ws::agent(server.addr, encoding, &token).await;
    let conversation = workspace.open("sales").await.text_of("id");
    let close = json!({"type": "conversation.close", "conversation_id": conversation});
    let audit = async || workspace.call("GET", "/audit", &token, Value::Null).await;
    for _ in 0..2 {
        audit().await.refused(403, "forbidden");
        ann.refused(close.clone(), "not_found").await;
        role(&workspace, "ann", "admin").await;
        audit().await.expect(200);
        ann.ok(close.clone()).await;
        let reopen = json!({"type": "conversation.reopen", "conversation_id": conversation});
        ann.ok(reopen).await;
        role(&workspace, "ann", "agent").await;
    }
    audit().await.refused(403, "forbidden");
    ann.refused(close, "not_found").await;
}

async fn who_is_removed_is_out_at_once(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.admin("ada").await;
    let token = workspace.admin("abe").await;
    let mut devices = [
        Ws::agent(server.addr, encoding, &token).await,
        Ws::agent(server.addr, encoding, &token).await,
    ];
    workspace.root("DELETE", "/agents/abe", Value::Null).await.expect(204);
    for device in &mut devices {
        device.expect_close(4503).await;
    }
    for (method, path) in [("GET", "/audit"), ("GET", "/agents"), ("POST", "/site_key/rotate")] {
        let body = if method == "POST" { json!({}) } else { Value::Null };
        workspace.call(method, path, &token, body).await.refused(401, "unauthenticated");
    }
    workspace.http.call("GET", "/v1/me", &token, Value::Null).await.refused(401, "unauthenticated");
    turned_away(&server, json!({"token": token}), 4503).await;
}

/// Says hello and is turned away.
pub async fn turned_away(server: &TestServer, mut hello: Value, code: u16) {
    let mut ws = Ws::connect(server.addr, Some(Encoding::Json.subprotocol())).await;
    hello["type"] = json!("hello");
    hello["ref"] = json!(1);
    ws.send(&hello).await;
    match ws.heard().await {
        Heard::Closed(seen, _) => assert_eq!(seen, code),
        other => panic!("not turned away: {other:?}"),
    }
}

#[tokio::test]
async fn the_last_admin_stays() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let ada = workspace.admin("ada").await;
    workspace.agent("ann", &[]).await;
    let (_, key) = api_key(&workspace, &["agents:write"]).await;
    let audit = workspace.get("/audit").await.json;
    for bearer in [&ada, &workspace.root, &key] {
        let demote = workspace.call("PATCH", "/agents/ada", bearer, json!({"role": "agent"}));
        demote.await.refused(409, "last_admin");
        let with_more = json!({"role": "agent", "name": "Other", "capacity": 1});
        let demote = workspace.call("PATCH", "/agents/ada", bearer, with_more);
        demote.await.refused(409, "last_admin");
        let remove = workspace.call("DELETE", "/agents/ada", bearer, Value::Null);
        remove.await.refused(409, "last_admin");
    }
    let leave =
        async |bearer: &str| workspace.http.call("DELETE", "/v1/me", bearer, Value::Null).await;
    leave(&ada).await.refused(409, "last_admin");
    let seen = workspace.get("/agents/ada").await.json;
    assert_eq!(
        (&seen["role"], &seen["name"], &seen["capacity"]),
        (&json!("admin"), &json!("ada"), &json!(5))
    );
    assert_eq!(workspace.get("/audit").await.json, audit, "a refusal is no change");
    // With another one there it may go, each way.
    role(&workspace, "ann", "admin").await;
    role(&workspace, "ada", "agent").await;
    role(&workspace, "ada", "admin").await;
    leave(&ada).await.expect(204);
    workspace.root("DELETE", "/agents/ann", Value::Null).await.refused(409, "last_admin");
}

#[tokio::test]
async fn of_two_last_admins_who_leave_at_once_one_stays() {
    let server = TestServer::start().await;
    for round in 0..20 {
        let workspace = server.workspace().await;
        let (ada, abe) = (workspace.admin("ada").await, workspace.admin("abe").await);
        let leave = |bearer: String| async move {
            workspace.http.call("DELETE", "/v1/me", &bearer, Value::Null).await
        };
        // One leaves, and the other is demoted by the first.
        let demote = workspace.call("PATCH", "/agents/abe", &ada, json!({"role": "agent"}));
        let (one, other) = match round % 2 {
            0 => join(leave(ada.clone()), leave(abe)).await,
            _ => join(leave(abe), demote).await,
        };
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        let first = if round % 2 == 0 { [204, 409] } else { [204, 404] };
        assert!(statuses == first || statuses == [200, 204], "{statuses:?}");
        let admins = workspace.get("/agents").await;
        let admins = admins.items().iter().filter(|agent| agent["role"] == "admin").count();
        assert_eq!(admins, 1, "{statuses:?}");
    }
}

#[tokio::test]
async fn an_agent_changes_of_itself_only_what_is_its_own() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let ann = workspace.agent("ann", &[]).await;
    let before = workspace.get("/agents/ann").await.json;
    for (field, value) in [
        ("email", json!("other@example.org")),
        ("role", json!("admin")),
        ("role", json!("agent")),
        ("department_ids", json!(["sales"])),
        ("department_ids", Value::Null),
        ("capacity", json!(100)),
        ("capacity", Value::Null),
        ("skills", json!(["all"])),
        ("external_id", json!("x")),
    ] {
        let patch = json!({"name": "Other", "password": "a new password", field: value});
        let refused = workspace.call("PATCH", "/agents/ann", &ann, patch).await;
        refused.refused(403, "forbidden");
    }
    assert_eq!(workspace.get("/agents/ann").await.json, before, "all of it or nothing");
    let own =
        json!({"name": "Anna", "avatar_url": "https://example.org/a.png", "password": "new words"});
    let changed = workspace.call("PATCH", "/agents/ann", &ann, own).await.expect(200).json;
    assert_eq!(changed["name"], "Anna");
    // With a new password the token that it was set with goes on.
    workspace.http.call("GET", "/v1/me", &ann, Value::Null).await.expect(200);
}

#[tokio::test]
async fn what_is_the_operators_no_admin_changes() {
    let server = TestServer::start().await;
    let workspace = server.workspace_on("pro").await;
    let ada = workspace.admin("ada").await;
    let (_, key) = api_key(&workspace, &["admin"]).await;
    let before = workspace.get("").await.json;
    for bearer in [&ada, &key] {
        for patch in [
            json!({"name": "Other", "plan": "custom"}),
            json!({"name": "Other", "plan": "pro"}),
            json!({"name": "Other", "limits": {"seats": 100}}),
            json!({"name": "Other", "limits": null}),
            json!({"name": "Other", "status": "suspended"}),
            json!({"name": "Other", "status": "active"}),
        ] {
            workspace.call("PATCH", "", bearer, patch).await.refused(403, "forbidden");
        }
    }
    assert_eq!(workspace.get("").await.json, before, "all of it or nothing");
}

#[tokio::test]
async fn by_force_gives_an_admin_alone() {
    let server = TestServer::start().await;
    let scene = Scene::set(&server).await;
    scene.workspace.patch("/agents/cole", json!({"capacity": 0})).await;
    let path = format!("/conversations/{}/transfer", scene.held);
    let body = json!({"agent_id": "cole", "force": true});
    let by = async |at: usize| {
        scene.workspace.call("POST", &path, &scene.bearers[at], body.clone()).await
    };
    by(5).await.refused(403, "forbidden");
    assert_eq!(scene.workspace.conversation(&scene.held).await["agent"]["id"], "hal");
    by(6).await.expect(200);
}
