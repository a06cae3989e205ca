//! `PATCH` and `DELETE …/agents/{id}`: who may change what, the last admin, and a removed agent.

use serde_json::{Value, json};
use switchboard_client::{Client, Options};

use crate::{
    people::{assigned, closed, on_duty, sign_in, socket_url},
    server::TestServer,
};

#[tokio::test]
async fn an_admin_changes_everything() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.department("sales").await;
    let admin = workspace.admin("ada").await;
    workspace.agent("ann", &["help"]).await;
    let body = json!({
        "email": "new@example.org", "name": "New", "role": "admin", "capacity": 9,
        "department_ids": ["sales"], "skills": ["de"], "external_id": "crm-7",
        "avatar_url": "https://example.org/ann.png",
    });
    let changed = workspace.call("PATCH", "/agents/ann", &admin, body.clone()).await.expect(200);
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(changed.json[field], *value, "{field}");
    }
    assert_eq!(workspace.get("/agents/ann").await.json, changed.json);
}

#[tokio::test]
async fn what_is_not_named_stays_and_null_clears() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let fields = json!({"skills": ["de", "fr"], "external_id": "crm-7", "capacity": 2});
    workspace.agent_with("ann", fields).await;
    let changed = workspace.patch("/agents/ann", json!({"name": "Ann"})).await.json;
    assert_eq!((&changed["capacity"], &changed["external_id"]), (&json!(2), &json!("crm-7")));
    let cleared = json!({"skills": ["fr"], "external_id": null, "capacity": null});
    let changed = workspace.patch("/agents/ann", cleared).await.json;
    assert_eq!(changed["skills"], json!(["fr"]), "arrays replace");
    assert_eq!((&changed["capacity"], changed.get("external_id")), (&json!(5), None));
}

#[tokio::test]
async fn an_agent_changes_its_own_name_and_picture() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let ann = workspace.agent("ann", &[]).await;
    let body = json!({"name": "Annie", "avatar_url": "https://example.org/a.png"});
    let changed = workspace.call("PATCH", "/agents/ann", &ann, body).await.expect(200);
    assert_eq!(changed.json["name"], "Annie");
    assert_eq!(changed.json["avatar_url"], "https://example.org/a.png");
    let cleared = workspace.call("PATCH", "/agents/ann", &ann, json!({"avatar_url": null})).await;
    assert!(cleared.expect(200).json.get("avatar_url").is_none());
    let script = json!({"avatar_url": "javascript:alert(1)"});
    let refused = workspace.call("PATCH", "/agents/ann", &ann, script).await;
    refused.refused(400, "bad_request");
}

#[tokio::test]
async fn an_agent_changes_nothing_else_of_itself_and_nothing_of_others() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let ann = workspace.agent("ann", &[]).await;
    workspace.agent("bob", &[]).await;
    let before = workspace.get("/agents/ann").await.json;
    for (field, value) in [
        ("role", json!("admin")),
        ("capacity", json!(99)),
        ("email", json!("other@example.org")),
        ("skills", json!(["de"])),
        ("department_ids", json!(["help"])),
        ("external_id", json!("crm-7")),
    ] {
        let body = json!({"name": "Annie", field: value});
        let refused = workspace.call("PATCH", "/agents/ann", &ann, body).await;
        refused.refused(403, "forbidden");
    }
    assert_eq!(workspace.get("/agents/ann").await.json, before);
    for (method, path, status, code) in [
        ("PATCH", "/agents/bob", 403, "forbidden"),
        ("PATCH", "/agents/nobody", 404, "not_found"),
        ("DELETE", "/agents/bob", 403, "forbidden"),
        ("DELETE", "/agents/ann", 403, "forbidden"),
    ] {
        let body = json!({"name": "Changed"});
        workspace.call(method, path, &ann, body).await.refused(status, code);
    }
}

#[tokio::test]
async fn an_address_in_use_is_refused_and_nothing_changes() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.agent("ann", &[]).await;
    workspace.agent("bob", &[]).await;
    let body = json!({"email": "bob@example.org", "name": "Changed"});
    let refused = workspace.root("PATCH", "/agents/ann", body).await;
    refused.refused(409, "already_member");
    assert_eq!(workspace.get("/agents/ann").await.json["name"], "ann");
    workspace.patch("/agents/ann", json!({"email": "Ann@example.org"})).await;
}

#[tokio::test]
async fn a_role_counts_from_the_moment_it_is_given() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.admin("ada").await;
    let ann = workspace.agent("ann", &[]).await;
    let read = || workspace.call("GET", "", &ann, Value::Null);
    read().await.refused(403, "forbidden");
    workspace.patch("/agents/ann", json!({"role": "admin"})).await;
    read().await.expect(200);
    workspace.patch("/agents/ann", json!({"role": "agent"})).await;
    read().await.refused(403, "forbidden");
}

#[tokio::test]
async fn the_last_admin_is_neither_demoted_nor_removed() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let ada = workspace.admin("ada").await;
    for caller in [&ada, &server.root] {
        let demote = workspace.call("PATCH", "/agents/ada", caller, json!({"role": "agent"})).await;
        demote.refused(409, "last_admin");
        let remove = workspace.call("DELETE", "/agents/ada", caller, Value::Null).await;
        remove.refused(409, "last_admin");
    }
    workspace.admin("eve").await;
    workspace.patch("/agents/ada", json!({"role": "agent"})).await;
    workspace.root("DELETE", "/agents/eve", Value::Null).await.refused(409, "last_admin");
    workspace.root("DELETE", "/agents/ada", Value::Null).await.expect(204);
}

#[tokio::test]
async fn a_removed_agent_is_out_at_once_and_its_seat_is_free() {
    let server = TestServer::start().await;
    let workspace = server.workspace_on("free").await;
    let token = workspace.agent("ann", &[]).await;
    let mut ann = sign_in(&workspace, &token).await;
    workspace.root("DELETE", "/agents/ann", Value::Null).await.expect(204);
    assert_eq!(closed(&mut ann).await.0, 4503);
    let me = server.http().call("GET", "/v1/me", &token, Value::Null).await;
    me.refused(401, "unauthenticated");
    workspace.call("GET", "/agents", &token, Value::Null).await.refused(401, "unauthenticated");
    let again = Options::agent(socket_url(workspace.http), &token).once();
    Client::connect(again).await.expect_err("it does not get in any more");
    workspace.root("GET", "/agents/ann", Value::Null).await.refused(404, "not_found");
    workspace.root("DELETE", "/agents/ann", Value::Null).await.refused(404, "not_found");
    assert_eq!(workspace.get("/agents").await.items().len(), 0);
    workspace.agent("bob", &[]).await;
}

#[tokio::test]
async fn what_a_removed_agent_held_goes_to_another_or_waits_at_its_old_place() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let ann = workspace.agent_with("ann", json!({"department_ids": ["help"], "capacity": 2})).await;
    let mut ann = on_duty(&workspace, "ann", &ann).await;
    let first = workspace.open("help").await.text_of("id");
    let second = workspace.open("help").await.text_of("id");
    let third = workspace.open("help").await.text_of("id");
    let bob = workspace.agent_with("bob", json!({"department_ids": ["help"], "capacity": 1})).await;
    let mut bob = on_duty(&workspace, "bob", &bob).await;
    assert_eq!(assigned(&mut bob).await, third);
    workspace.root("DELETE", "/agents/ann", Value::Null).await.expect(204);
    assert_eq!(closed(&mut ann).await.0, 4503);
    for (position, id) in [&first, &second].into_iter().enumerate() {
        let waiting = workspace.conversation(id).await;
        assert_eq!((&waiting["state"], &waiting["agent"]), (&json!("queued"), &Value::Null));
        assert_eq!(waiting["position"], position + 1);
    }
    workspace.patch("/agents/bob", json!({"capacity": 3})).await;
    assert_eq!(assigned(&mut bob).await, first);
    assert_eq!(assigned(&mut bob).await, second);
}

#[tokio::test]
async fn more_capacity_a_new_skill_and_a_new_department_drain_the_queue_at_once() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let ann = workspace.agent_with("ann", json!({"department_ids": ["help"], "capacity": 0})).await;
    let mut ann = on_duty(&workspace, "ann", &ann).await;
    let plain = workspace.open("help").await.text_of("id");
    let body = json!({"department_id": "help", "skills": ["de"]});
    let skilled = workspace.post("/conversations", body).await.text_of("id");
    workspace.patch("/agents/ann", json!({"capacity": 2})).await;
    assert_eq!(workspace.conversation(&plain).await["state"], "assigned");
    assert_eq!(workspace.conversation(&skilled).await["state"], "queued");
    workspace.patch("/agents/ann", json!({"skills": ["de"]})).await;
    assert_eq!(workspace.conversation(&skilled).await["state"], "assigned");
    workspace.department("sales").await;
    let elsewhere = workspace.open("sales").await.text_of("id");
    let join = json!({"department_ids": ["sales"], "capacity": 3});
    workspace.patch("/agents/ann", join).await;
    assert_eq!(workspace.conversation(&elsewhere).await["state"], "assigned");
    for expected in [plain, skilled, elsewhere] {
        assert_eq!(assigned(&mut ann).await, expected);
    }
}

#[tokio::test]
async fn a_lowered_capacity_takes_nothing_away() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let id = workspace.open("help").await.text_of("id");
    workspace.patch("/agents/ann", json!({"capacity": 0})).await;
    assert_eq!(workspace.conversation(&id).await["agent"]["id"], "ann");
    assert_eq!(workspace.open("help").await.json["state"], "queued");
}
