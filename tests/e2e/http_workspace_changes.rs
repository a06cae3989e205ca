//! `PATCH /v1/workspaces/{ws}`: who may change what, limits, suspension.

use serde_json::{Value, json};
use switchboard_client::{Client, Options};

use crate::{
    people::{closed, on_duty, sign_in, socket_url, visit},
    server::TestServer,
};

#[tokio::test]
async fn an_admin_changes_name_and_settings() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let admin = workspace.admin("ada").await;
    workspace.department("help").await;
    let body = json!({
        "name": "Renamed",
        "settings": {"absent_away_ms": 1_000, "default_department_id": "help"},
    });
    let changed = workspace.call("PATCH", "", &admin, body).await.expect(200);
    assert_eq!(changed.json["name"], "Renamed");
    assert_eq!(changed.json["settings"]["absent_away_ms"], 1_000);
    assert_eq!(changed.json["settings"]["mobile_hold_ms"], 0, "what is not named stays");
    let cleared = workspace.patch("", json!({"settings": {"absent_away_ms": null}})).await;
    assert_eq!(cleared.json["settings"]["absent_away_ms"], Value::Null);
    assert_eq!(cleared.json["settings"]["default_department_id"], "help");
    assert_eq!(workspace.get("").await.json, cleared.json);
}

#[tokio::test]
async fn settings_begin_with_their_defaults() {
    let server = TestServer::start().await;
    let settings = server.workspace().await.get("").await.json["settings"].clone();
    assert_eq!(settings["absent_away_ms"], 12 * 3_600_000);
    assert_eq!(settings["idle_away_ms"], Value::Null);
    assert_eq!(settings["mobile_hold_ms"], 0);
    assert_eq!(settings["default_department_id"], Value::Null);
}

#[tokio::test]
async fn plan_limits_and_status_are_roots() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let admin = workspace.admin("ada").await;
    let before = workspace.get("").await.json;
    for body in [
        json!({"plan": "pro"}),
        json!({"limits": {"seats": 3}}),
        json!({"status": "suspended"}),
        json!({"name": "Renamed", "plan": "pro"}),
    ] {
        workspace.call("PATCH", "", &admin, body).await.refused(403, "forbidden");
    }
    assert_eq!(workspace.get("").await.json, before, "refused means unchanged, all of it");
}

#[tokio::test]
async fn a_plain_agent_changes_nothing() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let agent = workspace.agent("ann", &[]).await;
    let body = json!({"name": "Mine"});
    workspace.call("PATCH", "", &agent, body).await.refused(403, "forbidden");
    assert_eq!(workspace.get("").await.json["name"], "A workspace");
}

#[tokio::test]
async fn a_plan_brings_its_limits_and_root_may_override_them() {
    let server = TestServer::start().await;
    let workspace = server.workspace_on("free").await;
    let changed = workspace.patch("", json!({"plan": "pro"})).await;
    assert_eq!(changed.json["limits"], json!({"seats": 5, "departments": 5}));
    let changed = workspace.patch("", json!({"limits": {"seats": 7}})).await;
    assert_eq!(changed.json["limits"], json!({"seats": 7, "departments": 5}));
    let changed = workspace.patch("", json!({"limits": {"seats": null}})).await;
    assert_eq!(changed.json["limits"], json!({"seats": null, "departments": 5}));
    let changed = workspace.patch("", json!({"limits": null})).await;
    assert_eq!(changed.json["limits"], json!({"seats": 5, "departments": 5}), "the plan's again");
}

#[tokio::test]
async fn limits_below_what_is_in_use_are_refused_with_both() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    for id in ["a", "b"] {
        workspace.department(id).await;
        workspace.agent(id, &[]).await;
    }
    let before = workspace.get("").await.json;
    for (body, limits) in [
        (json!({"plan": "free"}), json!({"seats": 1, "departments": 1})),
        (json!({"plan": "starter"}), json!({"seats": 3, "departments": 1})),
        (json!({"limits": {"seats": 1}}), json!({"seats": 1, "departments": null})),
        (json!({"limits": {"departments": 0}}), json!({"seats": null, "departments": 0})),
    ] {
        let refused = workspace.root("PATCH", "", body).await.refused(409, "plan_too_small");
        assert_eq!(refused.json["limits"], limits);
        assert_eq!(refused.json["usage"], json!({"seats": 2, "departments": 2}));
    }
    assert_eq!(workspace.get("").await.json, before);
    let exactly = json!({"limits": {"seats": 2, "departments": 2}});
    workspace.root("PATCH", "", exactly).await.expect(200);
}

#[tokio::test]
async fn what_cannot_be_taken_is_named() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    for (body, field) in [
        (json!({"name": ""}), "name"),
        (json!({"name": 1}), "name"),
        (json!({"plan": "gold"}), "plan"),
        (json!({"status": "asleep"}), "status"),
        (json!({"limits": {"seats": -1}}), "seats"),
        (json!({"limits": {"departments": 1.5}}), "departments"),
        (json!({"settings": {"absent_away_ms": "never"}}), "absent_away_ms"),
        (json!({"settings": {"mobile_hold_ms": -5}}), "mobile_hold_ms"),
    ] {
        let refused = workspace.root("PATCH", "", body).await.refused(400, "bad_request");
        assert!(refused.text_of("detail").contains(field), "{field}: {}", refused.text);
    }
    let unknown = json!({"settings": {"default_department_id": "nope"}});
    workspace.root("PATCH", "", unknown).await.refused(404, "not_found");
}

#[tokio::test]
async fn suspended_it_closes_its_sockets_and_lets_nobody_in() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    let admin = workspace.admin("ada").await;
    let mut agent = on_duty(&workspace, "ann", &token).await;
    let mut visitor = visit(&workspace).await;
    let held = workspace.open("help").await.text_of("id");
    workspace.patch("", json!({"status": "suspended"})).await;
    assert_eq!(closed(&mut agent).await.0, 4503);
    assert_eq!(closed(&mut visitor).await.0, 4503);
    for options in [
        Options::agent(socket_url(workspace.http), &token),
        Options::visitor(socket_url(workspace.http), &workspace.site_key),
    ] {
        let refused = Client::connect(options.once()).await.expect_err("nobody gets in");
        assert!(refused.to_string().contains("4503"), "{refused}");
    }
    for token in [&token, &admin] {
        let refused = workspace.call("GET", "/agents", token, Value::Null).await;
        refused.refused(403, "forbidden");
    }
    assert_eq!(workspace.get("").await.json["status"], "suspended", "root still sees it");

    workspace.patch("", json!({"status": "active"})).await;
    sign_in(&workspace, &token).await.ping().await.unwrap();
    assert_eq!(workspace.conversation(&held).await["id"], held.as_str(), "nothing was lost");
}
