//! What the live view and HTTP say of room that is taken by offers and by what rests.

use serde_json::{Value, json};

use crate::{
    live::{admin, entry, until, watch},
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, in_both},
};

in_both![
    offers_and_wrap_ups_are_load,
    an_offer_that_ends_is_told,
    who_hands_one_on_is_told_of_as_well,
    a_move_to_another_department_is_told_of_both,
];

async fn with(policy: Value) -> (TestServer, Workspace) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("sales", policy).await;
    (server, workspace)
}

/// An agent of `sales` with room for one, online.
async fn agent(server: &TestServer, workspace: &Workspace, encoding: Encoding, id: &str) -> Ws {
    let token = workspace.agent(id, &["sales"]).await;
    workspace.patch(&format!("/agents/{id}"), json!({"capacity": 1})).await;
    Ws::online(server.addr, encoding, &token).await
}

fn load(delta: &Value, id: &str) -> Option<u64> {
    entry(&delta["agents"], id)?["load"].as_u64()
}

fn of_offer(kind: &str, offered: &Value) -> Value {
    json!({"type": kind, "conversation_id": offered["id"], "offer_id": offered["offer"]["id"]})
}

async fn offers_and_wrap_ups_are_load(encoding: Encoding) {
    let (server, workspace) = with(json!({"offer_timeout_ms": 60_000, "wrap_up_ms": 400})).await;
    let mut ann = agent(&server, &workspace, encoding, "ann").await;
    let mut boss = admin(&server, &workspace, encoding).await;
    watch(&mut boss).await;
    workspace.open("sales").await;
    let delta = until(&mut boss, |delta| load(delta, "ann") == Some(1)).await;
    let sales = entry(&delta["departments"], "sales").unwrap();
    assert_eq!((&sales["queued"], &sales["assigned"]), (&json!(0), &json!(0)));
    assert!(sales["oldest_wait_ms"].is_u64(), "who is offered waits: {sales}");
    assert_eq!((&delta["queued"], &delta["totals"]["waiting"]), (&json!([]), &json!(0)));
    let shown = workspace.get("/agents/ann").await.json;
    let routable = (&shown["load"], &shown["routable"], &shown["routable_reason"]);
    assert_eq!(routable, (&json!(1), &json!(false), &json!("at_capacity")));
    // One that is queued stands behind the one that is offered.
    workspace.open("sales").await;
    let delta = until(&mut boss, |delta| delta["queued"][0]["position"] == 2).await;
    assert_eq!(delta["queued"].as_array().unwrap().len(), 1);
    let second = delta["queued"][0]["conversation_id"].clone();
    workspace
        .root("POST", &format!("/conversations/{}/close", second.as_str().unwrap()), json!({}))
        .await
        .expect(200);
    let offered = ann.push("conversation.offered").await["conversation"].clone();
    ann.ok(of_offer("conversation.accept", &offered)).await;
    let taken = |delta: &Value| {
        entry(&delta["departments"], "sales").is_some_and(|sales| sales["assigned"] == 1)
    };
    let delta = until(&mut boss, taken).await;
    assert_eq!(entry(&delta["departments"], "sales").unwrap()["oldest_wait_ms"], Value::Null);
    ann.close(&offered).await;
    let rests = |delta: &Value| {
        entry(&delta["departments"], "sales").is_some_and(|sales| sales["assigned"] == 0)
    };
    let delta = until(&mut boss, rests).await;
    assert_eq!(load(&delta, "ann"), Some(1), "what was closed rests: {delta}");
    until(&mut boss, |delta| load(delta, "ann") == Some(0)).await;
    assert_eq!(workspace.get("/agents/ann").await.json["routable"], true);
}

async fn an_offer_that_ends_is_told(encoding: Encoding) {
    let policy = json!({"offer_timeout_ms": 60_000, "decline_cooldown_ms": 60_000});
    let (server, workspace) = with(policy).await;
    let mut ann = agent(&server, &workspace, encoding, "ann").await;
    let mut boss = admin(&server, &workspace, encoding).await;
    watch(&mut boss).await;
    workspace.open("sales").await;
    let offered = ann.push("conversation.offered").await["conversation"].clone();
    ann.ok(of_offer("conversation.decline", &offered)).await;
    let delta = until(&mut boss, |delta| delta["queued"][0]["position"] == 1).await;
    assert_eq!(load(&delta, "ann"), Some(0));
    assert_eq!(entry(&delta["departments"], "sales").unwrap()["queued"], 1);
}

async fn who_hands_one_on_is_told_of_as_well(encoding: Encoding) {
    let (server, workspace) = with(json!({})).await;
    let _ann = agent(&server, &workspace, encoding, "ann").await;
    let opened = workspace.open("sales").await;
    let _bob = agent(&server, &workspace, encoding, "bob").await;
    let mut boss = admin(&server, &workspace, encoding).await;
    watch(&mut boss).await;
    let assign = format!("/conversations/{}/assign", opened.text_of("id"));
    workspace.root("POST", &assign, json!({"agent_id": "bob"})).await.expect(200);
    let delta = until(&mut boss, |delta| load(delta, "bob") == Some(1)).await;
    assert_eq!(load(&delta, "ann"), Some(0));
}

async fn a_move_to_another_department_is_told_of_both(encoding: Encoding) {
    let (server, workspace) = with(json!({})).await;
    workspace.department("night").await;
    let mut boss = admin(&server, &workspace, encoding).await;
    watch(&mut boss).await;
    let policy = json!({"max_wait_ms": 300, "fallback_department_id": "night"});
    workspace.patch("/departments/sales", json!({"policy": policy})).await;
    workspace.open("sales").await;
    let waits = |delta: &Value, id: &str| Some(entry(&delta["departments"], id)?["queued"].clone());
    until(&mut boss, |delta| waits(delta, "sales") == Some(json!(1))).await;
    let delta = until(&mut boss, |delta| waits(delta, "night") == Some(json!(1))).await;
    assert_eq!(waits(&delta, "sales"), Some(json!(0)));
    assert_eq!(delta["queued"][0]["department_id"], "night");
}
