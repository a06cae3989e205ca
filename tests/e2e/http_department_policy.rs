//! The policy of a department: merged field by field, and checked before anything changes.

use serde_json::{Value, json};

use crate::{
    people::{assigned, on_duty},
    server::TestServer,
};

#[tokio::test]
async fn a_patch_merges_and_null_clears() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let policy = json!({"max_queue": 3, "sticky_ms": 0, "strategy": "longest_idle"});
    workspace.department_with("help", policy).await;
    let patch = json!({"name": "Help", "policy": {"max_wait_ms": 500}});
    let changed = workspace.patch("/departments/help", patch).await.json;
    assert_eq!(changed["name"], "Help");
    let policy = &changed["policy"];
    assert_eq!((&policy["max_queue"], &policy["max_wait_ms"]), (&json!(3), &json!(500)));
    assert_eq!((&policy["sticky_ms"], &policy["strategy"]), (&json!(0), &json!("longest_idle")));

    let clear = json!({"policy": {"max_queue": null, "max_wait_ms": null, "sticky_ms": null}});
    let policy = workspace.patch("/departments/help", clear).await.json["policy"].clone();
    assert_eq!((&policy["max_queue"], &policy["max_wait_ms"]), (&Value::Null, &Value::Null));
    assert_eq!(policy["sticky_ms"], 86_400_000, "cleared is the default");
    assert_eq!(policy["strategy"], "longest_idle");
    assert_eq!(workspace.get("/departments/help").await.json["policy"], policy);
}

#[tokio::test]
async fn an_array_replaces_the_one_before() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let hours = |days: &[&str]| {
        let day = |day: &&str| json!({"day": day, "from": "09:00", "to": "17:00"});
        let weekly: Vec<Value> = days.iter().map(day).collect();
        json!({"time_zone": "UTC", "weekly": weekly, "holidays": []})
    };
    let patch = |hours: Value| json!({"policy": {"business_hours": hours}});
    workspace.patch("/departments/help", patch(hours(&["mon", "tue"]))).await;
    let changed = workspace.patch("/departments/help", patch(hours(&["wed"]))).await;
    assert_eq!(changed.json["policy"]["business_hours"], hours(&["wed"]));
    let changed = workspace.patch("/departments/help", patch(Value::Null)).await;
    assert_eq!(changed.json["policy"]["business_hours"], Value::Null);
}

#[tokio::test]
async fn every_range_is_kept_and_the_field_is_named() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let before = workspace.get("/departments/help").await.json;
    for (field, value) in [
        ("strategy", json!("fastest")),
        ("strategy", json!(1)),
        ("offer_timeout_ms", json!(99)),
        ("offer_timeout_ms", json!(3_600_001)),
        ("decline_cooldown_ms", json!(-1)),
        ("decline_cooldown_ms", json!(3_600_001)),
        ("on_unstaffed", json!("shrug")),
        ("max_queue", json!(-1)),
        ("max_queue", json!("many")),
        ("max_wait_ms", json!(99)),
        ("on_agent_lost", json!("forget")),
        ("reconnect_grace_ms", json!(-1)),
        ("agent_capacity", json!(1.5)),
        ("sticky_ms", json!(-1)),
        ("wrap_up_ms", json!(true)),
        ("visitor_grace_ms", json!([])),
        ("fallback_department_id", json!(7)),
    ] {
        let body = json!({"name": "Changed", "policy": {field: value}});
        for (method, path) in [("POST", "/departments"), ("PATCH", "/departments/help")] {
            let refused = workspace.root(method, path, body.clone()).await;
            let refused = refused.refused(400, "bad_request");
            assert!(refused.text_of("detail").contains(field), "{field}: {}", refused.text);
        }
    }
    assert_eq!(workspace.get("/departments/help").await.json, before);
    assert_eq!(workspace.get("").await.json["usage"]["departments"], 1);
}

#[tokio::test]
async fn the_ends_of_each_range_are_in_it() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    for (field, value) in [
        ("offer_timeout_ms", 100),
        ("offer_timeout_ms", 3_600_000),
        ("decline_cooldown_ms", 0),
        ("decline_cooldown_ms", 3_600_000),
        ("max_queue", 0),
        ("max_wait_ms", 100),
        ("reconnect_grace_ms", 0),
        ("agent_capacity", 0),
        ("sticky_ms", 0),
        ("wrap_up_ms", 0),
        ("visitor_grace_ms", 0),
    ] {
        let changed = workspace.patch("/departments/help", json!({"policy": {field: value}})).await;
        assert_eq!(changed.json["policy"][field], value, "{field}");
    }
}

#[tokio::test]
async fn a_fallback_must_be_there() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let body = json!({"name": "x", "policy": {"fallback_department_id": "nope"}});
    for (method, path) in [("POST", "/departments"), ("PATCH", "/departments/help")] {
        workspace.root(method, path, body.clone()).await.refused(404, "not_found");
    }
    workspace.department("sales").await;
    let patch = json!({"policy": {"fallback_department_id": "sales"}});
    workspace.patch("/departments/help", patch).await;
}

#[tokio::test]
async fn a_raised_agent_capacity_drains_the_queue_at_once() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("help", json!({"agent_capacity": 1})).await;
    let token = workspace.agent("ann", &["help"]).await;
    let mut ann = on_duty(&workspace, "ann", &token).await;
    let first = workspace.open("help").await.text_of("id");
    assert_eq!(assigned(&mut ann).await, first);
    let second = workspace.open("help").await;
    assert_eq!(second.json["state"], "queued");
    workspace.patch("/departments/help", json!({"policy": {"agent_capacity": 2}})).await;
    assert_eq!(assigned(&mut ann).await, second.text_of("id"));
}
