//! What the contract has and the server has not yet: refused, and nothing more.

use serde_json::json;

use crate::{
    server::TestServer,
    ws::{Encoding, Ws, in_both},
};

in_both![events_are_not_told_over_sockets_yet];

async fn events_are_not_told_over_sockets_yet(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut agent = Ws::online(server.addr, encoding, &token).await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let bodies =
        [json!({"type": "events.subscribe"}), json!({"type": "events.subscribe", "after": 7})];
    // Often enough to show that these are refusals, and not bad messages.
    for body in bodies.iter().cycle().take(12) {
        agent.refused(body.clone(), "unsupported").await;
        visitor.refused(body.clone(), "unsupported").await;
    }
    agent.quiet().await;
    visitor.quiet().await;
}
