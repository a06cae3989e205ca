//! Hello: who is let in, what they are told, and who is not.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Heard, Ws, check_fields, in_both},
};

in_both![
    an_agent_is_welcome,
    a_visitor_is_welcome,
    a_visitor_says_who_it_is,
    a_visitor_comes_back_by_its_token,
    visitor_tokens_that_do_not_hold_make_a_new_visitor,
    wrong_credentials_stay_away,
    an_expired_token_comes_back,
    a_removed_agent_stays_away,
    a_suspended_workspace_lets_nobody_in,
    an_erased_workspace_lets_nobody_in,
    the_welcome_tells_what_an_agent_holds,
    the_welcome_tells_a_visitor_its_own,
    without_hello_the_socket_is_closed,
    anything_before_hello_is_the_end,
    hello_is_said_once,
];

async fn with_agent(server: &TestServer) -> (Workspace, String) {
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let token = workspace.agent("ann", &["sales"]).await;
    (workspace, token)
}

/// Says hello, and is closed with this.
async fn turned_away(server: &TestServer, encoding: Encoding, mut hello: Value, code: u16) {
    hello["type"] = json!("hello");
    hello["ref"] = json!(1);
    let mut ws = Ws::connect(server.addr, Some(encoding.subprotocol())).await;
    ws.send(&hello).await;
    ws.expect_close(code).await;
}

async fn an_agent_is_welcome(encoding: Encoding) {
    let server = TestServer::start().await;
    let (workspace, token) = with_agent(&server).await;
    let mut ws = Ws::agent(server.addr, encoding, &token).await;
    let welcome = &ws.welcome;
    check_fields(
        welcome,
        &[
            "type",
            "ref",
            "session_id",
            "epoch",
            "seq",
            "resumed",
            "heartbeat_ms",
            "resume_window_ms",
            "server_time",
            "workspace",
            "agent",
            "conversations",
        ],
    );
    assert!(welcome["session_id"].as_str().unwrap().starts_with("ses_"));
    assert!(welcome["epoch"].is_string());
    assert_eq!((&welcome["seq"], &welcome["resumed"]), (&json!(0), &json!(false)));
    assert_eq!(welcome["heartbeat_ms"], 15_000);
    assert!(welcome["resume_window_ms"].as_u64().unwrap() > 0);
    assert!(welcome["server_time"].as_u64().unwrap() > 1_600_000_000_000);
    assert_eq!(welcome["workspace"], json!({"id": workspace.id, "name": "A workspace"}));
    assert_eq!(welcome["conversations"], json!([]));
    let me = server.http().call("GET", "/v1/me", &token, Value::Null).await.expect(200);
    assert_eq!(welcome["agent"], me.json, "as in HTTP");
    assert_eq!((&me.json["availability"], &me.json["present"]), (&json!("away"), &json!(true)));
    ws.quiet().await;
}

async fn a_visitor_is_welcome(encoding: Encoding) {
    let server = TestServer::start().await;
    let (workspace, _) = with_agent(&server).await;
    let mut ws = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let welcome = &ws.welcome;
    check_fields(
        welcome,
        &[
            "type",
            "ref",
            "session_id",
            "epoch",
            "seq",
            "resumed",
            "heartbeat_ms",
            "resume_window_ms",
            "server_time",
            "workspace",
            "visitor",
            "visitor_token",
            "departments",
            "conversations",
        ],
    );
    assert_eq!(welcome["heartbeat_ms"], 30_000);
    check_fields(&welcome["visitor"], &["id", "verified"]);
    assert!(welcome["visitor"]["id"].as_str().unwrap().starts_with("vis_"));
    assert_eq!(welcome["visitor"]["verified"], false);
    assert!(welcome["visitor_token"].is_string());
    let departments = json!([{"id": "sales", "name": "sales", "staffed": false}]);
    assert_eq!(welcome["departments"], departments);
    assert_eq!(welcome["conversations"], json!([]));
    ws.quiet().await;
}

async fn a_visitor_says_who_it_is(encoding: Encoding) {
    let server = TestServer::start().await;
    let (workspace, _) = with_agent(&server).await;
    let visitor = json!({"name": "Vera", "email": "vera@example.org", "external_id": "v-1"});
    let hello = json!({"site_key": workspace.site_key, "visitor": visitor});
    let mut ws = Ws::hello(server.addr, encoding, hello).await;
    assert_eq!(ws.welcome["visitor"]["name"], "Vera");
    let opened = ws.open("sales").await;
    let mut expected = visitor;
    expected["id"] = ws.welcome["visitor"]["id"].clone();
    expected["verified"] = json!(false);
    assert_eq!(opened["visitor"], expected);
}

async fn a_visitor_comes_back_by_its_token(encoding: Encoding) {
    let server = TestServer::start().await;
    let (workspace, _) = with_agent(&server).await;
    let first = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let token = &first.welcome["visitor_token"];
    let hello = json!({"site_key": workspace.site_key, "visitor_token": token});
    let second = Ws::hello(server.addr, encoding, hello).await;
    assert_eq!(second.welcome["visitor"]["id"], first.welcome["visitor"]["id"]);
    assert_ne!(second.welcome["session_id"], first.welcome["session_id"]);
}

async fn visitor_tokens_that_do_not_hold_make_a_new_visitor(encoding: Encoding) {
    let server = TestServer::start().await;
    let (workspace, agent_token) = with_agent(&server).await;
    let elsewhere = server.workspace().await;
    let stranger = Ws::visitor(server.addr, encoding, &elsewhere.site_key).await;
    let foreign = stranger.welcome["visitor_token"].as_str().unwrap();
    for token in ["", "garbage", "vt_.", "ünïcödé", foreign, &agent_token] {
        let hello = json!({"site_key": workspace.site_key, "visitor_token": token});
        let ws = Ws::hello(server.addr, encoding, hello).await;
        assert_ne!(ws.welcome["visitor"]["id"], stranger.welcome["visitor"]["id"]);
        assert_ne!(ws.welcome["visitor_token"], token);
        assert_eq!(ws.welcome["workspace"]["id"], *workspace.id);
    }
}

async fn wrong_credentials_stay_away(encoding: Encoding) {
    let server = TestServer::start().await;
    let (workspace, token) = with_agent(&server).await;
    let elsewhere = server.workspace().await;
    let visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let foreign = token.replace(&workspace.id, &elsewhere.id);
    let mut forged = token.clone();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    forged.push(last);
    let of_visitor = visitor.welcome["visitor_token"].as_str().unwrap();
    for wrong in ["", "x", &foreign, &forged, of_visitor, &workspace.site_key, &server.root] {
        turned_away(&server, encoding, json!({"token": wrong}), 4501).await;
    }
    for wrong in ["", "pk_", "pk_nobodys", &token] {
        turned_away(&server, encoding, json!({"site_key": wrong}), 4501).await;
    }
    let key = &workspace.site_key;
    let vouched = json!({"site_key": key, "visitor_identity": "eyJhbGciOiJub25lIn0.e30."});
    turned_away(&server, encoding, vouched, 4501).await;
}

async fn an_expired_token_comes_back(encoding: Encoding) {
    let server = TestServer::start().await;
    let (workspace, _) = with_agent(&server).await;
    let short = json!({"ttl_ms": 1_000});
    let token = workspace.post("/agents/ann/tokens", short).await.text_of("token");
    Ws::agent(server.addr, encoding, &token).await.expect_close(4001).await;
    turned_away(&server, encoding, json!({"token": token}), 4001).await;
}

async fn a_removed_agent_stays_away(encoding: Encoding) {
    let server = TestServer::start().await;
    let (workspace, token) = with_agent(&server).await;
    let mut live = Ws::agent(server.addr, encoding, &token).await;
    workspace.root("DELETE", "/agents/ann", Value::Null).await.expect(204);
    live.expect_close(4503).await;
    turned_away(&server, encoding, json!({"token": token}), 4503).await;
}

async fn a_suspended_workspace_lets_nobody_in(encoding: Encoding) {
    let server = TestServer::start().await;
    let (workspace, token) = with_agent(&server).await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    workspace.patch("", json!({"status": "suspended"})).await;
    agent.expect_close(4503).await;
    visitor.expect_close(4503).await;
    turned_away(&server, encoding, json!({"token": token}), 4503).await;
    turned_away(&server, encoding, json!({"site_key": workspace.site_key}), 4503).await;
    workspace.patch("", json!({"status": "active"})).await;
    Ws::agent(server.addr, encoding, &token).await.ping().await;
}

async fn an_erased_workspace_lets_nobody_in(encoding: Encoding) {
    let server = TestServer::start().await;
    let (workspace, token) = with_agent(&server).await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    workspace.root("DELETE", "", Value::Null).await.expect(204);
    agent.expect_close(4503).await;
    visitor.expect_close(4503).await;
    turned_away(&server, encoding, json!({"token": token}), 4501).await;
    turned_away(&server, encoding, json!({"site_key": workspace.site_key}), 4501).await;
}

async fn the_welcome_tells_what_an_agent_holds(encoding: Encoding) {
    let server = TestServer::start().await;
    let (workspace, token) = with_agent(&server).await;
    let mut first = Ws::online(server.addr, encoding, &token).await;
    let opened = workspace.open("sales").await;
    let assigned = first.push("conversation.assigned").await;
    let mut second = Ws::agent(server.addr, encoding, &token).await;
    let held = second.welcome["conversations"].as_array().unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0]["id"], opened.json["id"]);
    assert_eq!(held[0], assigned["conversation"]);
    second.quiet().await;
}

async fn the_welcome_tells_a_visitor_its_own(encoding: Encoding) {
    let server = TestServer::start().await;
    let (workspace, _) = with_agent(&server).await;
    let mut first = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let earlier = first.open("sales").await;
    first.close(&earlier).await;
    let ended = first.open("sales").await;
    first.close(&ended).await;
    let open = first.open("sales").await;
    workspace.open("sales").await;
    let token = &first.welcome["visitor_token"];
    let hello = json!({"site_key": workspace.site_key, "visitor_token": token});
    let second = Ws::hello(server.addr, encoding, hello).await;
    let told = second.welcome["conversations"].as_array().unwrap();
    let told: Vec<_> = told.iter().map(|one| (&one["id"], one["state"].as_str())).collect();
    assert_eq!(told, [(&open["id"], Some("queued")), (&ended["id"], Some("closed"))]);
}

async fn without_hello_the_socket_is_closed(encoding: Encoding) {
    let server = TestServer::start_with(|config| config.limits.hello_timeout_ms = 200).await;
    let mut silent = Ws::connect(server.addr, Some(encoding.subprotocol())).await;
    silent.expect_close(4505).await;
    let defaults = switchboard_protocol::Limits::default();
    assert_eq!(defaults.hello_timeout_ms, 5_000);
}

async fn anything_before_hello_is_the_end(encoding: Encoding) {
    let server = TestServer::start().await;
    for body in [
        json!({"type": "ping", "ref": 1}),
        json!({"type": "nonsense"}),
        json!({"type": 7}),
        json!({"type": "hello", "token": 7}),
        json!({}),
        json!([]),
    ] {
        let mut ws = Ws::connect(server.addr, Some(encoding.subprotocol())).await;
        ws.send(&body).await;
        // Nothing is said before it but the goodbye itself.
        assert_eq!(ws.heard().await, Heard::Closed(4500, "bad_protocol".to_owned()), "{body}");
    }
}

async fn hello_is_said_once(encoding: Encoding) {
    let server = TestServer::start().await;
    let (_, token) = with_agent(&server).await;
    let mut ws = Ws::agent(server.addr, encoding, &token).await;
    let again = ws.request(json!({"type": "hello", "token": token})).await;
    assert_eq!(again["type"], "error");
    ws.ping().await;
}
