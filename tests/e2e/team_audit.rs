//! Who changed what: before and after, from where, and nothing where nothing changed.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    team::Office,
    ws::check_fields,
};

async fn last(workspace: &Workspace) -> Value {
    let entry = workspace.get("/audit?limit=1").await.items()[0].clone();
    check_fields_of(&entry);
    entry
}

#[track_caller]
fn check_fields_of(entry: &Value) {
    let mut fields = vec!["at", "by", "action", "target", "before", "after", "address"];
    if entry.get("by_id").is_some() {
        fields.push("by_id");
    }
    check_fields(entry, &fields);
    check_fields(&entry["target"], &["kind", "id"]);
}

/// The last change is this one.
async fn noted(workspace: &Workspace, action: &str, id: &str, before: Value, after: Value) {
    let entry = last(workspace).await;
    assert_eq!((&entry["action"], &entry["target"]["id"]), (&json!(action), &json!(id)), "{entry}");
    assert_eq!((&entry["before"], &entry["after"]), (&before, &after), "{entry}");
}

#[tokio::test]
async fn before_and_after_are_what_differs() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let ws = workspace.id.clone();
    workspace.department("help").await;
    workspace.agent("ann", &[]).await;
    workspace.admin("ada").await;
    workspace.patch("/agents/ann", json!({"role": "admin", "name": "ann"})).await;
    let (agent, admin) = (json!({"role": "agent"}), json!({"role": "admin"}));
    noted(&workspace, "agent.changed", "ann", agent, admin).await;
    workspace.patch("", json!({"limits": {"seats": 7}})).await;
    let seats = |seats: Value| json!({"limits": {"seats": seats}});
    noted(&workspace, "workspace.changed", &ws, seats(Value::Null), seats(json!(7))).await;
    workspace.patch("/departments/help", json!({"policy": {"max_queue": 3}})).await;
    let queue = |most: Value| json!({"policy": {"max_queue": most}});
    noted(&workspace, "department.changed", "help", queue(Value::Null), queue(json!(3))).await;
    workspace.root("PUT", "/departments/help/members/ann", Value::Null).await.expect(204);
    let (none, help) = (json!({"department_ids": []}), json!({"department_ids": ["help"]}));
    noted(&workspace, "member.added", "ann", none.clone(), help.clone()).await;
    workspace.root("DELETE", "/departments/help/members/ann", Value::Null).await.expect(204);
    noted(&workspace, "member.removed", "ann", help, none).await;
    let origins = json!(["https://example.org"]);
    workspace.patch("", json!({"settings": {"allowed_origins": origins}})).await;
    let settings = |origins: Value| json!({"settings": {"allowed_origins": origins}});
    noted(&workspace, "workspace.changed", &ws, settings(json!([])), settings(origins)).await;
    let rotated = workspace.root("POST", "/site_key/rotate", Value::Null).await.expect(200);
    let (old, new) = (json!({"site_key": workspace.site_key}), rotated.json["site_key"].clone());
    noted(&workspace, "site_key.rotated", &ws, old, json!({"site_key": new})).await;
    workspace.root("DELETE", "/agents/ann", Value::Null).await.expect(204);
    let removed = last(&workspace).await;
    assert_eq!((&removed["action"], &removed["after"]), (&json!("agent.removed"), &Value::Null));
    assert_eq!(removed["before"]["email"], "ann@example.org");
}

#[tokio::test]
async fn keys_and_invites_are_noted_without_their_secrets() {
    let mut office = Office::on("custom").await;
    let (invite, link) = office.invite("ann@example.org", json!({})).await;
    let id = invite["id"].as_str().unwrap();
    let made = last(&office.workspace).await;
    assert_eq!((&made["action"], &made["target"]["id"]), (&json!("invite.created"), &json!(id)));
    assert_eq!(made["before"], Value::Null);
    assert_eq!(made["after"]["email"], "ann@example.org");
    let joined = office.accept(&link, "Ann").await.expect(201);
    let accepted = last(&office.workspace).await;
    let agent = &joined.json["agent"]["id"];
    assert_eq!((&accepted["action"], &accepted["by_id"]), (&json!("invite.accepted"), agent));
    let body = json!({"name": "shop", "scopes": ["events:read"]});
    let key = office.workspace.post("/api_keys", body).await;
    let shown = json!({"name": "shop", "scopes": ["events:read"]});
    let id = key.text_of("id");
    noted(&office.workspace, "api_key.created", &id, Value::Null, shown.clone()).await;
    let path = format!("/api_keys/{id}");
    office.workspace.root("DELETE", &path, Value::Null).await.expect(204);
    noted(&office.workspace, "api_key.revoked", &id, shown, Value::Null).await;
    let path = format!("/agents/{}", agent.as_str().unwrap());
    office.workspace.patch(&path, json!({"password": "a brand new one"})).await;
    let id = agent.as_str().unwrap();
    noted(&office.workspace, "agent.password_changed", id, Value::Null, Value::Null).await;
    let all = office.workspace.get("/audit?limit=100").await.text;
    for secret in [link, key.text_of("secret"), joined.text_of("token"), "a brand new".into()] {
        assert!(!all.contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn forced_assignments_are_noted() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token =
        workspace.agent_with("ann", json!({"department_ids": ["help"], "capacity": 0})).await;
    let _ann = crate::people::on_duty(&workspace, "ann", &token).await;
    let id = workspace.open("help").await.text_of("id");
    let path = format!("/conversations/{id}/assign");
    let ada = workspace.admin("ada").await;
    let body = json!({"agent_id": "ann"});
    let before = workspace.get("/audit").await.items().len();
    workspace.call("POST", &path, &ada, body).await.refused(409, "at_capacity");
    assert_eq!(workspace.get("/audit").await.items().len(), before, "refused is not done");
    let body = json!({"agent_id": "ann", "force": true});
    workspace.call("POST", &path, &ada, body).await.expect(200);
    let (was, is) = (
        json!({"state": "queued", "agent_id": null}),
        json!({"state": "assigned", "agent_id": "ann"}),
    );
    noted(&workspace, "conversation.assigned_by_force", &id, was, is).await;
    let entry = last(&workspace).await;
    assert_eq!((&entry["by"], &entry["by_id"]), (&json!("admin"), &json!("ada")));
    let fields = json!({"department_ids": ["help"], "capacity": 0});
    let token = workspace.agent_with("bob", fields).await;
    let _bob = crate::people::on_duty(&workspace, "bob", &token).await;
    let path = format!("/conversations/{id}/transfer");
    let body = json!({"agent_id": "bob", "force": true});
    workspace.call("POST", &path, &ada, body).await.expect(200);
    let (was, is) = (json!({"agent_id": "ann"}), json!({"agent_id": "bob"}));
    noted(&workspace, "conversation.transferred_by_force", &id, was, is).await;
}

#[tokio::test]
async fn the_address_is_the_callers_through_a_proxy_that_is_trusted() {
    for (trusted, expected) in [(true, "203.0.113.9"), (false, "127.0.0.1")] {
        let server = TestServer::start_with(|config| {
            if trusted {
                config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
            }
        })
        .await;
        let workspace = server.workspace().await;
        let ada = workspace.admin("ada").await;
        let headers = [("x-forwarded-for", "198.51.100.1, 203.0.113.9")];
        let body = json!({"name": "Renamed"}).to_string();
        server.http().send("PATCH", &workspace.path(""), &ada, &headers, body).await.expect(200);
        let entry = last(&workspace).await;
        assert_eq!(entry["address"], expected);
        assert_eq!((&entry["by"], &entry["by_id"]), (&json!("admin"), &json!("ada")));
        let now = server.anyone("GET", "/healthz").await;
        assert_eq!(now.status, 200);
        assert!(entry["at"].as_u64().unwrap() > 1_600_000_000_000);
    }
}

#[tokio::test]
async fn what_changes_nothing_is_not_noted() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.agent("ann", &["help"]).await;
    let before = workspace.get("/audit").await.text;
    workspace.patch("", json!({"name": "A workspace", "settings": {}})).await;
    workspace.patch("/agents/ann", json!({"name": "ann", "skills": []})).await;
    workspace.patch("/departments/help", json!({"name": "help", "position": 1})).await;
    workspace.root("PUT", "/departments/help/members/ann", Value::Null).await.expect(204);
    workspace.set_availability("ann", "away").await;
    workspace.root("PATCH", "/agents/ann", json!({"email": "x"})).await.refused(400, "bad_request");
    workspace.root("DELETE", "/agents/nobody", Value::Null).await.refused(404, "not_found");
    assert_eq!(workspace.get("/audit").await.text, before);
}

#[tokio::test]
async fn pages_go_back_in_time_and_survive_a_restart() {
    let mut server = TestServer::start().await;
    let mut workspace = server.workspace().await;
    for nth in 0..7 {
        workspace.patch("", json!({"name": format!("Name {nth}")})).await;
    }
    let whole = workspace.get("/audit?limit=100").await;
    assert_eq!(whole.items().len(), 8);
    assert_eq!(whole.items()[0]["after"], json!({"name": "Name 6"}));
    assert_eq!(whole.items()[7]["action"], "workspace.created");
    let mut read = Vec::new();
    let mut path = "/audit?limit=3".to_owned();
    for page in 0.. {
        if page == 1 {
            server.restart().await;
            workspace.http = server.http();
            // What comes after is no part of the pages before.
            workspace.patch("", json!({"name": "Newest"})).await;
        }
        let reply = workspace.get(&path).await;
        read.extend_from_slice(reply.items());
        let Some(cursor) = reply.json["next_cursor"].as_str() else { break };
        path = format!("/audit?limit=3&cursor={cursor}");
    }
    assert_eq!(read, whole.items());
    let ann = workspace.agent("ann", &[]).await;
    workspace.call("GET", "/audit", &ann, Value::Null).await.refused(403, "forbidden");
    workspace.root("GET", "/audit?cursor=x", Value::Null).await.refused(400, "bad_request");
}
