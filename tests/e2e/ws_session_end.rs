//! Going for good: `session.end` has no grace.

use serde_json::json;

use crate::{
    ws::{Encoding, Ws, check_fields, in_both},
    ws_presence::Scene,
};

in_both![
    an_agent_who_ends_its_session_has_no_grace,
    a_visitor_who_ends_its_session_has_no_grace,
    one_session_ended_of_two_changes_nothing,
];

async fn an_agent_who_ends_its_session_has_no_grace(encoding: Encoding) {
    let scene = Scene::set(encoding, json!({"reconnect_grace_ms": 600_000})).await;
    let (mut agent, token) = scene.online("ann").await;
    let held = scene.workspace.open("sales").await.json;
    agent.push("conversation.assigned").await;
    let (mut other, _) = scene.online("bob").await;
    let resume = agent.resume();
    let ok = agent.ok(json!({"type": "session.end"})).await;
    check_fields(&ok, &["type", "ref"]);
    agent.expect_close(1000).await;
    let taken = other.push("conversation.assigned").await;
    assert_eq!(taken["conversation"]["id"], held["id"]);
    let hello = json!({"token": token, "resume": resume});
    let mut back = Ws::hello(scene.server.addr, encoding, hello).await;
    assert_eq!(back.welcome["resumed"], false, "it is over");
    assert_eq!(back.welcome["agent"]["availability"], "online");
    back.quiet().await;
}

async fn a_visitor_who_ends_its_session_has_no_grace(encoding: Encoding) {
    let scene = Scene::set(encoding, json!({"visitor_grace_ms": 600_000})).await;
    let mut visitor = scene.visitor().await;
    let waits = visitor.open("sales").await;
    visitor.ok(json!({"type": "session.end"})).await;
    visitor.expect_close(1000).await;
    assert_eq!(scene.state(&waits).await["state"], "closed");
}

async fn one_session_ended_of_two_changes_nothing(encoding: Encoding) {
    let scene = Scene::set(encoding, json!({})).await;
    let (mut one, token) = scene.online("ann").await;
    let mut two = Ws::agent(scene.server.addr, encoding, &token).await;
    let held = scene.workspace.open("sales").await.json;
    one.ok(json!({"type": "session.end"})).await;
    two.push("conversation.assigned").await;
    two.quiet().await;
    assert_eq!(scene.state(&held).await["agent"]["id"], "ann");
    assert_eq!(scene.workspace.open("sales").await.json["state"], "assigned");
    two.push("conversation.assigned").await;
}
