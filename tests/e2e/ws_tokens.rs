//! Tokens that end, and fresh ones.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, check_fields, in_both},
};

in_both![
    a_token_that_ends_is_announced_and_then_closed,
    an_announcement_comes_a_minute_before_the_end,
    a_fresh_token_goes_on,
    only_a_token_of_the_same_person_is_fresh,
    a_visitor_renews_its_token,
];

async fn with_agent() -> (TestServer, Workspace) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.agent("ann", &[]).await;
    (server, workspace)
}

/// A token that ends soon, and when.
async fn short(workspace: &Workspace, ttl_ms: u64) -> (String, u64) {
    let made = workspace.post("/agents/ann/tokens", json!({"ttl_ms": ttl_ms})).await;
    (made.text_of("token"), made.json["expires_at"].as_u64().unwrap())
}

fn renew(token: &Value) -> Value {
    json!({"type": "token.renew", "token": token})
}

async fn a_token_that_ends_is_announced_and_then_closed(encoding: Encoding) {
    let (server, workspace) = with_agent().await;
    let (token, expires_at) = short(&workspace, 1_000).await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    let told = agent.recv().await;
    assert_eq!(told, json!({"type": "token.expiring", "expires_at": expires_at}));
    agent.expect_close(4001).await;
    assert_eq!(workspace.get("/agents/ann").await.json["present"], false);
}

async fn an_announcement_comes_a_minute_before_the_end(encoding: Encoding) {
    let (server, workspace) = with_agent().await;
    let (token, expires_at) = short(&workspace, 60_400).await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    agent.quiet().await;
    assert_eq!(agent.push("token.expiring").await["expires_at"], expires_at);
    let now = agent.ping().await["now"].as_u64().unwrap();
    assert!(now >= expires_at - 60_000, "{now} {expires_at}");
}

async fn a_fresh_token_goes_on(encoding: Encoding) {
    let (server, workspace) = with_agent().await;
    let (token, _) = short(&workspace, 1_000).await;
    let mut renews = Ws::agent(server.addr, encoding, &token).await;
    let mut expires = Ws::agent(server.addr, encoding, &token).await;
    let (fresh, expires_at) = short(&workspace, 3_600_000).await;
    let ok = renews.ok(renew(&json!(fresh))).await;
    check_fields(&ok, &["type", "ref", "expires_at"]);
    assert_eq!(ok["expires_at"], expires_at);
    expires.expect_close(4001).await;
    renews.ping().await;
    renews.settle().await;
}

async fn only_a_token_of_the_same_person_is_fresh(encoding: Encoding) {
    let (server, workspace) = with_agent().await;
    let token = workspace.token("ann").await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    let visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let elsewhere = server.workspace().await;
    let of_another = workspace.agent("bob", &[]).await;
    let of_a_namesake = elsewhere.agent("ann", &[]).await;
    let of_a_visitor = &visitor.welcome["visitor_token"];
    for wrong in [&json!(of_another), &json!(of_a_namesake), of_a_visitor, &json!("x")] {
        agent.refused(renew(wrong), "unauthenticated").await;
    }
    agent.refused(json!({"type": "token.renew"}), "bad_message").await;
    agent.quiet().await;
}

async fn a_visitor_renews_its_token(encoding: Encoding) {
    let (server, workspace) = with_agent().await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let other = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let own = visitor.welcome["visitor_token"].clone();
    let ok = visitor.ok(renew(&own)).await;
    check_fields(&ok, &["type", "ref", "expires_at"]);
    assert!(ok["expires_at"].as_u64() > visitor.welcome["server_time"].as_u64());
    for wrong in [&other.welcome["visitor_token"], &json!("x"), &json!("")] {
        visitor.refused(renew(wrong), "unauthenticated").await;
    }
}
