//! The live view: a snapshot, then what changed.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, check_fields, in_both},
};

in_both![
    a_snapshot_comes_first,
    a_snapshot_is_what_http_says,
    deltas_carry_whole_entries,
    deltas_come_ten_a_second_at_most,
    a_new_name_is_told,
    what_is_removed_is_told,
];

/// A workspace with departments `sales` and `care`.
pub async fn with_two_departments() -> (TestServer, Workspace) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    workspace.department("care").await;
    (server, workspace)
}

fn subscribe() -> Value {
    json!({"type": "live.subscribe"})
}

/// Subscribes, and gives the snapshot.
pub async fn watch(ws: &mut Ws) -> Value {
    let ok = ws.ok(subscribe()).await;
    check_fields(&ok, &["type", "ref"]);
    let snapshot = ws.recv().await;
    assert_eq!(snapshot["type"], "live.snapshot", "{snapshot}");
    snapshot
}

/// The socket of an admin `boss`.
pub async fn admin(server: &TestServer, workspace: &Workspace, encoding: Encoding) -> Ws {
    let token = workspace.admin("boss").await;
    Ws::agent(server.addr, encoding, &token).await
}

/// The entry of this id.
pub fn entry<'v>(entries: &'v Value, id: &str) -> Option<&'v Value> {
    entries.as_array().unwrap().iter().find(|entry| entry["id"] == id)
}

/// The ids of all entries, in order.
pub fn ids(entries: &Value) -> Vec<&str> {
    let mut ids: Vec<_> =
        entries.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids
}

/// Reads deltas until one of them is so.
pub async fn until(ws: &mut Ws, holds: impl Fn(&Value) -> bool) -> Value {
    loop {
        let delta = ws.push("live.delta").await;
        if holds(&delta) {
            return delta;
        }
    }
}

async fn a_snapshot_comes_first(encoding: Encoding) {
    let (server, workspace) = with_two_departments().await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut agent = Ws::online(server.addr, encoding, &token).await;
    let held = workspace.open("sales").await;
    let waits = workspace.open("care").await;
    agent.push("conversation.assigned").await;
    let mut boss = admin(&server, &workspace, encoding).await;
    let snapshot = watch(&mut boss).await;
    check_fields(&snapshot, &["type", "at", "agents", "departments", "totals", "queued"]);
    let ann = entry(&snapshot["agents"], "ann").unwrap();
    check_fields(
        ann,
        &[
            "id",
            "name",
            "role",
            "availability",
            "availability_since",
            "present",
            "load",
            "capacity",
            "department_ids",
        ],
    );
    let seen = (&ann["availability"], &ann["present"], &ann["load"], &ann["capacity"]);
    assert_eq!(seen, (&json!("online"), &json!(true), &json!(1), &json!(5)));
    assert_eq!((&ann["role"], &ann["department_ids"]), (&json!("agent"), &json!(["sales"])));
    assert_eq!(ids(&snapshot["agents"]), ["ann", "boss"]);
    let sales = entry(&snapshot["departments"], "sales").unwrap();
    let expected = json!({
        "id": "sales", "name": "sales", "staffed": true,
        "online": 1, "queued": 0, "oldest_wait_ms": null, "assigned": 1,
    });
    assert_eq!(*sales, expected);
    let care = entry(&snapshot["departments"], "care").unwrap();
    assert_eq!((&care["queued"], &care["staffed"]), (&json!(1), &json!(false)));
    assert!(care["oldest_wait_ms"].is_u64());
    let totals = &snapshot["totals"];
    check_fields(
        totals,
        &["opened", "assigned", "closed", "rejected", "waiting", "wait_p50_ms", "wait_p99_ms"],
    );
    let counts = [&totals["opened"], &totals["assigned"], &totals["closed"], &totals["waiting"]];
    assert_eq!(counts, [2, 1, 0, 1]);
    let queued = snapshot["queued"].as_array().unwrap();
    assert_eq!(queued.len(), 1);
    check_fields(&queued[0], &["conversation_id", "department_id", "position", "waited_ms"]);
    assert_eq!(queued[0]["conversation_id"], waits.json["id"]);
    assert_ne!(queued[0]["conversation_id"], held.json["id"]);
    assert_eq!((&queued[0]["department_id"], &queued[0]["position"]), (&json!("care"), &json!(1)));
}

async fn a_snapshot_is_what_http_says(encoding: Encoding) {
    let (server, workspace) = with_two_departments().await;
    let mut boss = admin(&server, &workspace, encoding).await;
    let mut snapshot = watch(&mut boss).await;
    let mut live = workspace.get("/live").await.json;
    for view in [&mut snapshot, &mut live] {
        let fields = view.as_object_mut().unwrap();
        fields.remove("type");
        assert!(fields.remove("at").unwrap().is_u64());
    }
    assert_eq!(snapshot, live);
}

async fn deltas_carry_whole_entries(encoding: Encoding) {
    let (server, workspace) = with_two_departments().await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    let mut boss = admin(&server, &workspace, encoding).await;
    let snapshot = watch(&mut boss).await;
    agent.set_availability("online").await;
    let delta = until(&mut boss, |delta| entry(&delta["agents"], "ann").is_some()).await;
    check_fields(&delta, &["type", "at", "agents", "departments", "totals", "queued", "removed"]);
    check_fields(&delta["removed"], &["agent_ids", "department_ids"]);
    assert_eq!(delta["removed"], json!({"agent_ids": [], "department_ids": []}));
    assert!(delta["at"].as_u64() >= snapshot["at"].as_u64());
    let (before, ann) =
        (entry(&snapshot["agents"], "ann").unwrap(), entry(&delta["agents"], "ann").unwrap());
    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(ann), fields(before));
    assert_eq!(ann["availability"], "online");
    assert_eq!(ids(&delta["agents"]), ["ann"], "what did not change is not there");
    assert_eq!(ids(&delta["departments"]), ["sales"]);
    assert_eq!(delta["departments"][0]["online"], 1);
    workspace.open("sales").await;
    let delta = until(&mut boss, |delta| delta["totals"]["assigned"] == 1).await;
    assert_eq!(entry(&delta["agents"], "ann").unwrap()["load"], 1);
    assert_eq!(entry(&delta["departments"], "sales").unwrap()["assigned"], 1);
    workspace.open("care").await;
    let delta = until(&mut boss, |delta| delta["totals"]["waiting"] == 1).await;
    assert_eq!(delta["queued"][0]["department_id"], "care");
}

async fn deltas_come_ten_a_second_at_most(encoding: Encoding) {
    let (server, workspace) = with_two_departments().await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    let mut boss = admin(&server, &workspace, encoding).await;
    watch(&mut boss).await;
    let (mut deltas, begun) = (0, Instant::now());
    while begun.elapsed() < Duration::from_millis(1_050) {
        agent.set_availability("online").await;
        agent.set_availability("away").await;
        let said = boss.settle().await;
        deltas += said.iter().filter(|said| said["type"] == "live.delta").count();
    }
    let most = begun.elapsed().as_millis() / 100 + 1;
    assert!((5..=most as usize).contains(&deltas), "{deltas} in {:?}", begun.elapsed());
    agent.set_availability("online").await;
    // The last one is right.
    until(&mut boss, |delta| {
        entry(&delta["agents"], "ann").is_some_and(|ann| ann["availability"] == "online")
    })
    .await;
}

async fn a_new_name_is_told(encoding: Encoding) {
    let (server, workspace) = with_two_departments().await;
    workspace.agent("ann", &["sales"]).await;
    let mut boss = admin(&server, &workspace, encoding).await;
    watch(&mut boss).await;
    workspace.patch("/agents/ann", json!({"name": "Annabel"})).await;
    let delta = until(&mut boss, |delta| entry(&delta["agents"], "ann").is_some()).await;
    assert_eq!(entry(&delta["agents"], "ann").unwrap()["name"], "Annabel");
    workspace.patch("/departments/care", json!({"name": "Customer care"})).await;
    let delta = until(&mut boss, |delta| entry(&delta["departments"], "care").is_some()).await;
    assert_eq!(entry(&delta["departments"], "care").unwrap()["name"], "Customer care");
}

async fn what_is_removed_is_told(encoding: Encoding) {
    let (server, workspace) = with_two_departments().await;
    workspace.agent("ann", &["care"]).await;
    let mut boss = admin(&server, &workspace, encoding).await;
    watch(&mut boss).await;
    workspace.root("DELETE", "/agents/ann", Value::Null).await.expect(204);
    let gone = |delta: &Value| !delta["removed"]["agent_ids"].as_array().unwrap().is_empty();
    let delta = until(&mut boss, gone).await;
    assert_eq!(delta["removed"]["agent_ids"], json!(["ann"]));
    assert!(entry(&delta["agents"], "ann").is_none());
    workspace.root("DELETE", "/departments/care", Value::Null).await.expect(204);
    let gone = |delta: &Value| !delta["removed"]["department_ids"].as_array().unwrap().is_empty();
    let delta = until(&mut boss, gone).await;
    assert_eq!(delta["removed"]["department_ids"], json!(["care"]));
    assert!(entry(&delta["departments"], "care").is_none());
    workspace.department("help").await;
    let delta = until(&mut boss, |delta| entry(&delta["departments"], "help").is_some()).await;
    assert_eq!(delta["removed"], json!({"agent_ids": [], "department_ids": []}));
}
