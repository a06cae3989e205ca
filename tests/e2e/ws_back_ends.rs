//! A workspace's back end on a socket: let in by its key, it watches and does nothing else there.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, in_both},
};

in_both![
    a_key_says_hello_and_is_nobody,
    what_it_may_watch_is_its_scope,
    it_may_do_what_it_does_over_http_alone,
    a_key_that_is_revoked_is_out_at_once,
    it_resumes_and_leaves_as_others_do,
];

async fn key(workspace: &Workspace, scopes: &[&str]) -> (String, String) {
    let made = workspace.post("/api_keys", json!({"name": "shop", "scopes": scopes})).await;
    (made.text_of("id"), made.text_of("secret"))
}

async fn a_key_says_hello_and_is_nobody(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (id, secret) = key(&workspace, &["events:read"]).await;
    let mut shop = Ws::agent(server.addr, encoding, &secret).await;
    let welcome = shop.welcome.clone();
    assert_eq!(welcome["workspace"]["id"], workspace.id);
    assert_eq!(welcome["conversations"], json!([]));
    for absent in ["agent", "visitor", "visitor_token", "departments"] {
        assert!(welcome.get(absent).is_none(), "{absent}: {welcome}");
    }
    assert!(shop.ping().await["now"].is_u64());
    let agents = workspace.get("/agents").await.json;
    assert_eq!(agents["items"], json!([]), "it is no agent");
    let listed = workspace.get("/api_keys").await.json["items"][0].clone();
    assert_eq!(listed["id"], json!(id));
    assert!(listed["last_used_at"].is_u64(), "{listed}");
}

async fn what_it_may_watch_is_its_scope(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let (_, blind) = key(&workspace, &["conversations:write", "events:read"]).await;
    let mut blind = Ws::agent(server.addr, encoding, &blind).await;
    blind.refused(json!({"type": "live.subscribe"}), "forbidden").await;
    for scope in ["live:read", "admin"] {
        let (_, secret) = key(&workspace, &[scope]).await;
        let mut wall = Ws::agent(server.addr, encoding, &secret).await;
        wall.ok(json!({"type": "live.subscribe"})).await;
        let snapshot = wall.push("live.snapshot").await;
        assert_eq!(snapshot["departments"][0]["id"], "help", "it sees all: {snapshot}");
        workspace.open("help").await;
        wall.push("live.delta").await;
        wall.ok(json!({"type": "live.unsubscribe"})).await;
    }
}

async fn it_may_do_what_it_does_over_http_alone(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let id = workspace.open("help").await.text_of("id");
    let (_, secret) = key(&workspace, &["admin"]).await;
    let mut shop = Ws::agent(server.addr, encoding, &secret).await;
    for body in [
        json!({"type": "availability.set", "availability": "online"}),
        json!({"type": "conversation.open"}),
        json!({"type": "conversation.close", "conversation_id": id}),
        json!({"type": "conversation.claim", "conversation_id": id}),
        json!({"type": "session.activity"}),
        json!({"type": "session.hold", "hold_ms": 1_000}),
    ] {
        shop.refused(body, "forbidden").await;
    }
    shop.refused(json!({"type": "events.subscribe"}), "unsupported").await;
    assert_eq!(workspace.conversation(&id).await["state"], "queued");
}

async fn a_key_that_is_revoked_is_out_at_once(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (id, secret) = key(&workspace, &["live:read"]).await;
    let mut shop = Ws::agent(server.addr, encoding, &secret).await;
    workspace.root("DELETE", &format!("/api_keys/{id}"), Value::Null).await.expect(204);
    shop.expect_close(4501).await;
    let mut again = Ws::connect(server.addr, Some(encoding.subprotocol())).await;
    again.send(&json!({"type": "hello", "ref": 1, "token": secret})).await;
    again.expect_close(4501).await;
}

async fn it_resumes_and_leaves_as_others_do(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (_, secret) = key(&workspace, &["live:read"]).await;
    let shop = Ws::agent(server.addr, encoding, &secret).await;
    let resume = shop.resume();
    drop(shop);
    let hello = json!({"type": "hello", "token": secret, "resume": resume});
    let mut shop = Ws::hello(server.addr, encoding, hello).await;
    assert_eq!(shop.welcome["resumed"], true, "{}", shop.welcome);
    shop.ok(json!({"type": "session.end"})).await;
    shop.expect_close(1000).await;
}
