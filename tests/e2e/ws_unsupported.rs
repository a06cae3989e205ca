//! What the contract has and the server has not yet: refused, and nothing more.

use serde_json::{Value, json};

use crate::{
    server::TestServer,
    ws::{Encoding, Ws, in_both},
};

in_both![agents_are_told_what_is_not_built_yet, visitors_are_told_what_is_not_built_yet];

async fn agents_are_told_what_is_not_built_yet(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut agent = Ws::online(server.addr, encoding, &token).await;
    let id = workspace.open("sales").await.json["id"].clone();
    agent.push("conversation.assigned").await;
    let bodies = [
        json!({"type": "conversation.transfer", "conversation_id": id, "department_id": "sales"}),
        json!({"type": "conversation.claim", "conversation_id": id}),
        json!({"type": "conversation.accept", "conversation_id": id, "offer_id": "off_1"}),
        json!({"type": "conversation.decline", "conversation_id": id, "offer_id": "off_1"}),
        json!({"type": "conversation.reopen", "conversation_id": id}),
        json!({"type": "session.hold", "hold_ms": 1_000}),
        json!({"type": "session.activity"}),
        json!({"type": "events.subscribe"}),
        json!({"type": "events.subscribe", "after": 7}),
    ];
    refused_all(&mut agent, &bodies).await;
    let held = workspace.conversation(id.as_str().unwrap()).await;
    assert_eq!((&held["state"], &held["agent"]["id"]), (&json!("assigned"), &json!("ann")));
}

async fn visitors_are_told_what_is_not_built_yet(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let opened = visitor.open("sales").await;
    visitor.close(&opened).await;
    let reopen = json!({"type": "conversation.reopen", "conversation_id": opened["id"]});
    refused_all(&mut visitor, &[reopen]).await;
}

/// Often enough to show that these are refusals, and not bad messages.
async fn refused_all(ws: &mut Ws, bodies: &[Value]) {
    for body in bodies.iter().cycle().take(12) {
        ws.refused(body.clone(), "unsupported").await;
    }
    ws.quiet().await;
}
