//! How long it takes yet, and what a visitor hears of its place around offers and transfers.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, in_both},
};

in_both![
    how_long_it_takes_yet_is_said_once_something_was_served,
    nobody_who_serves_is_no_estimate,
    who_is_offered_is_told_no_place_that_it_knows,
    who_is_handed_into_a_queue_hears_its_place,
];

/// A workspace with department `sales` and `ann` in it, online, with room for one.
async fn one_at_work(encoding: Encoding, policy: Value) -> (TestServer, Workspace, Ws) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("sales", policy).await;
    let token = workspace.agent("ann", &["sales"]).await;
    workspace.patch("/agents/ann", json!({"capacity": 1})).await;
    let agent = Ws::online(server.addr, encoding, &token).await;
    (server, workspace, agent)
}

async fn close(workspace: &Workspace, id: &str) {
    workspace.root("POST", &format!("/conversations/{id}/close"), json!({})).await.expect(200);
}

async fn eta_of(workspace: &Workspace, conversation: &Value) -> Value {
    let id = conversation["id"].as_str().unwrap();
    workspace.get(&format!("/conversations/{id}")).await.json["eta_ms"].clone()
}

async fn how_long_it_takes_yet_is_said_once_something_was_served(encoding: Encoding) {
    let (server, workspace, _agent) = one_at_work(encoding, json!({})).await;
    let first = workspace.open("sales").await;
    assert_eq!((&first.json["state"], &first.json["eta_ms"]), (&json!("assigned"), &Value::Null));
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let second = visitor.open("sales").await;
    assert_eq!((&second["position"], &second["eta_ms"]), (&json!(1), &Value::Null));
    let third = visitor.open("sales").await;
    close(&workspace, &first.text_of("id")).await;
    visitor.push("conversation.assigned").await;
    let told = visitor.push("conversation.queued").await;
    assert_eq!((&told["conversation_id"], &told["position"]), (&third["id"], &json!(1)));
    let next = told["eta_ms"].as_u64().unwrap();
    let fourth = visitor.open("sales").await;
    assert_eq!(fourth["position"], 2);
    // Twice as far, twice as long: and what is overdue by now comes on top.
    assert!(fourth["eta_ms"].as_u64().unwrap() >= next, "{fourth} after {told}");
    assert!(eta_of(&workspace, &fourth).await.is_u64());
}

async fn nobody_who_serves_is_no_estimate(encoding: Encoding) {
    let (_server, workspace, mut agent) = one_at_work(encoding, json!({})).await;
    let first = workspace.open("sales").await;
    close(&workspace, &first.text_of("id")).await;
    workspace.open("sales").await;
    let waits = workspace.open("sales").await.json;
    assert!(waits["eta_ms"].is_u64(), "{waits}");
    agent.set_availability("away").await;
    assert_eq!(eta_of(&workspace, &waits).await, Value::Null);
    agent.set_availability("online").await;
    assert!(eta_of(&workspace, &waits).await.is_u64());
    agent.leave().await;
    assert_eq!(eta_of(&workspace, &waits).await, Value::Null);
}

async fn who_is_offered_is_told_no_place_that_it_knows(encoding: Encoding) {
    let policy = json!({"offer_timeout_ms": 60_000, "decline_cooldown_ms": 60_000});
    let (server, workspace, mut agent) = one_at_work(encoding, policy).await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let opened = visitor.open("sales").await;
    assert_eq!((&opened["state"], &opened["position"]), (&json!("offered"), &json!(1)));
    assert_eq!(opened["eta_ms"], Value::Null);
    let mut behind = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    assert_eq!(behind.open("sales").await["position"], 2, "who is offered counts");
    visitor.quiet().await;
    let offered = agent.push("conversation.offered").await["conversation"].clone();
    let decline = json!({
        "type": "conversation.decline",
        "conversation_id": offered["id"], "offer_id": offered["offer"]["id"],
    });
    agent.ok(decline).await;
    // It is queued again where it was; the one behind is offered now, at its place.
    visitor.quiet().await;
    behind.quiet().await;
    let close = json!({"type": "conversation.close", "conversation_id": opened["id"]});
    visitor.ok(close).await;
    let offered = agent.push("conversation.offered").await["conversation"].clone();
    let decline = json!({
        "type": "conversation.decline",
        "conversation_id": offered["id"], "offer_id": offered["offer"]["id"],
    });
    agent.ok(decline).await;
    let told = behind.push("conversation.queued").await;
    assert_eq!((&told["conversation_id"], &told["position"]), (&offered["id"], &json!(1)));
    assert!(told["revision"].as_u64() > offered["revision"].as_u64());
}

async fn who_is_handed_into_a_queue_hears_its_place(encoding: Encoding) {
    let (server, workspace, mut agent) = one_at_work(encoding, json!({})).await;
    workspace.department("care").await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let opened = visitor.open("sales").await;
    assert_eq!(opened["state"], "assigned");
    let mut there = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    assert_eq!(there.open("care").await["position"], 1);
    let transfer = json!({
        "type": "conversation.transfer",
        "conversation_id": opened["id"], "department_id": "care",
    });
    agent.ok(transfer).await;
    let told = visitor.push("conversation.queued").await;
    // It keeps its place by its arrival, before who came later.
    assert_eq!((&told["conversation_id"], &told["position"]), (&opened["id"], &json!(1)));
    assert_eq!(there.push("conversation.queued").await["position"], 2);
}
