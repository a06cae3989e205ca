//! From where widgets may connect, and with which site key.

use serde_json::{Value, json};

use crate::{
    people::until,
    server::{TestServer, Workspace},
    ws::{Encoding, Heard, Ws},
};

async fn from(server: &TestServer, site_key: &str, origin: Option<&str>) -> Ws {
    let subprotocol = Some(Encoding::Json.subprotocol());
    let mut ws = Ws::connect_from(server.addr, subprotocol, origin).await;
    ws.send(&json!({"type": "hello", "ref": 1, "site_key": site_key})).await;
    ws
}

async fn let_in(server: &TestServer, site_key: &str, origin: Option<&str>) {
    match from(server, site_key, origin).await.heard().await {
        Heard::Said(said) => assert_eq!(said["type"], "welcome", "{origin:?}: {said}"),
        end => panic!("{origin:?}: {end:?}"),
    }
}

async fn set(workspace: &Workspace, settings: Value) {
    workspace.patch("", json!({"settings": settings})).await;
}

#[tokio::test]
async fn a_widget_connects_from_where_it_may() {
    let mut server = TestServer::start().await;
    let mut workspace = server.workspace().await;
    let key = workspace.site_key.clone();
    for origin in [None, Some("https://anywhere.example"), Some("null")] {
        let_in(&server, &key, origin).await;
    }
    let origins = json!(["https://example.org", "https://*.shop.example", "http://localhost:3000"]);
    set(&workspace, json!({"allowed_origins": origins})).await;
    for restarted in [false, true] {
        if restarted {
            server.restart().await;
            workspace.http = server.http();
        }
        for good in ["https://example.org", "https://www.shop.example", "http://localhost:3000"] {
            let_in(&server, &key, Some(good)).await;
        }
        for bad in [
            "https://evil.example",
            "http://example.org",
            "https://shop.example",
            "https://example.org.evil.example",
            "http://localhost:3001",
            "null",
        ] {
            from(&server, &key, Some(bad)).await.expect_close(4502).await;
        }
        let_in(&server, &key, None).await;
    }
    // Agents come in with tokens, from wherever they are.
    let token = workspace.agent("ann", &[]).await;
    let mut agent = Ws::connect_from(server.addr, None, Some("https://evil.example")).await;
    agent.say_hello(json!({"token": token})).await;
    set(&workspace, json!({"allowed_origins": null})).await;
    let_in(&server, &key, Some("https://evil.example")).await;
}

#[tokio::test]
async fn who_says_no_origin_is_a_setting() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let key = &workspace.site_key;
    set(&workspace, json!({"missing_origin": "refuse"})).await;
    let_in(&server, key, None).await;
    set(&workspace, json!({"allowed_origins": ["https://example.org"]})).await;
    from(&server, key, None).await.expect_close(4502).await;
    let_in(&server, key, Some("https://example.org")).await;
    set(&workspace, json!({"missing_origin": "allow"})).await;
    let_in(&server, key, None).await;
}

#[tokio::test]
async fn what_is_no_origin_is_refused() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    for bad in [
        json!(["example.org"]),
        json!(["https://example.org/path"]),
        json!(["*"]),
        json!(["https://*"]),
        json!(["https://ex*mple.org"]),
        json!(["ftp://example.org"]),
        json!(["https://example.org:99999"]),
        json!("https://example.org"),
    ] {
        let body = json!({"settings": {"allowed_origins": bad}});
        let refused = workspace.root("PATCH", "", body).await;
        assert_eq!(refused.status, 400, "{bad}: {}", refused.text);
    }
    assert_eq!(workspace.get("").await.json["settings"]["allowed_origins"], json!([]));
}

async fn site_status(server: &TestServer, key: &str) -> u16 {
    server.anyone("GET", &format!("/v1/site?site_key={key}")).await.status
}

#[tokio::test]
async fn an_old_site_key_holds_as_long_as_was_said_and_not_longer() {
    let mut server = TestServer::start().await;
    let mut workspace = server.workspace().await;
    let first = workspace.site_key.clone();
    let rotate = |workspace: &Workspace, body: Value| {
        let workspace = workspace.clone();
        async move { workspace.root("POST", "/site_key/rotate", body).await.expect(200).json }
    };
    let view = rotate(&workspace, json!({"old_valid_ms": 3_600_000})).await;
    let second = view["site_key"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(view["old_site_keys"][0]["site_key"], first);
    for _ in 0..2 {
        for key in [&first, &second] {
            let_in(&server, key, None).await;
            assert_eq!(site_status(&server, key).await, 200);
        }
        server.restart().await;
        workspace.http = server.http();
    }
    // Without a time the one before is void at once; older ones keep theirs.
    let third = rotate(&workspace, Value::Null).await["site_key"].as_str().unwrap().to_owned();
    from(&server, &second, None).await.expect_close(4501).await;
    assert_eq!(site_status(&server, &second).await, 404);
    let_in(&server, &first, None).await;
    let_in(&server, &third, None).await;
    let fourth = rotate(&workspace, json!({"old_valid_ms": 1})).await;
    let gone = || async { site_status(&server, &third).await == 404 };
    until("the old key's end", gone).await;
    from(&server, &third, None).await.expect_close(4501).await;
    let_in(&server, fourth["site_key"].as_str().unwrap(), None).await;
}
