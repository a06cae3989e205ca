//! From HTTP to WebSocket: what is agreed on, and what is refused.

use serde_json::{Value, json};

use crate::{
    server::TestServer,
    ws::{Encoding, Ws},
    ws_raw::{ACCEPT, Raw, TEXT, handshake, masked},
};

async fn answer(server: &TestServer, changes: &[(&str, &str)]) -> String {
    let mut raw = Raw::connect(server.addr).await;
    raw.write(&handshake(changes)).await;
    raw.head().await
}

#[tokio::test]
async fn a_handshake_is_answered_as_the_rfc_says() {
    let server = TestServer::start().await;
    let head = answer(&server, &[]).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("upgrade: websocket\r\n"), "{head}");
    assert!(head.contains("connection: upgrade\r\n"), "{head}");
    let accept = format!("sec-websocket-accept: {}\r\n", ACCEPT.to_ascii_lowercase());
    assert!(head.contains(&accept), "{head}");
}

#[tokio::test]
async fn the_first_subprotocol_that_is_spoken_is_taken() {
    let server = TestServer::start().await;
    let both = "chat, switchboard.v1.msgpack, switchboard.v1.json";
    for (asked, taken) in [
        ("switchboard.v1.json", "switchboard.v1.json"),
        ("switchboard.v1.msgpack", "switchboard.v1.msgpack"),
        (both, "switchboard.v1.msgpack"),
    ] {
        let head = answer(&server, &[("Sec-WebSocket-Protocol", asked)]).await;
        assert!(head.contains(&format!("sec-websocket-protocol: {taken}\r\n")), "{head}");
    }
}

#[tokio::test]
async fn none_asked_is_json() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let head = answer(&server, &[]).await;
    assert!(!head.contains("sec-websocket-protocol"), "{head}");
    let mut ws = Ws::connect(server.addr, None).await;
    ws.say_hello(json!({"site_key": workspace.site_key})).await;
    ws.ping().await;
}

#[tokio::test]
async fn each_subprotocol_speaks_its_encoding() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    for encoding in [Encoding::Json, Encoding::MessagePack] {
        Ws::visitor(server.addr, encoding, &workspace.site_key).await.ping().await;
    }
}

#[tokio::test]
async fn only_unknown_subprotocols_are_refused() {
    let server = TestServer::start().await;
    let head = answer(&server, &[("Sec-WebSocket-Protocol", "chat, switchboard.v2.json")]).await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    assert!(head.contains("content-type: application/problem+json"), "{head}");
}

#[tokio::test]
async fn no_extension_is_negotiated() {
    let server = TestServer::start().await;
    let deflate = "permessage-deflate; client_max_window_bits";
    let head = answer(&server, &[("Sec-WebSocket-Extensions", deflate)]).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(!head.contains("sec-websocket-extensions"), "{head}");
}

#[tokio::test]
async fn a_key_is_sixteen_bytes() {
    let server = TestServer::start().await;
    for key in ["", "c2hvcnQ=", "not base64 at all !!!!!!"] {
        let head = answer(&server, &[("Sec-WebSocket-Key", key)]).await;
        assert!(head.starts_with("HTTP/1.1 400 "), "{key}: {head}");
    }
}

#[tokio::test]
async fn another_version_is_told_the_right_one() {
    let server = TestServer::start().await;
    for version in ["8", "14", ""] {
        let head = answer(&server, &[("Sec-WebSocket-Version", version)]).await;
        assert!(head.starts_with("HTTP/1.1 426 "), "{version}: {head}");
        assert!(head.contains("sec-websocket-version: 13\r\n"), "{head}");
    }
}

#[tokio::test]
async fn a_plain_request_is_no_handshake() {
    let server = TestServer::start().await;
    let reply = server.anyone("GET", "/v1/ws").await;
    assert_eq!(reply.status, 426);
    server.anyone("POST", "/v1/ws").await.refused(405, "method_not_allowed");
}

#[tokio::test]
async fn what_is_said_right_behind_the_handshake_is_heard() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let hello = json!({"type": "hello", "site_key": workspace.site_key}).to_string();
    let ping = json!({"type": "ping", "ref": 7}).to_string();
    let mut bytes = handshake(&[]);
    bytes.extend(masked(TEXT, hello.as_bytes()));
    bytes.extend(masked(TEXT, ping.as_bytes()));
    let mut raw = Raw::connect(server.addr).await;
    raw.write(&bytes).await;
    raw.head().await;
    for (kind, reference) in [("welcome", Value::Null), ("ok", json!(7))] {
        let (first, payload) = raw.frame().await.unwrap();
        let said: Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!((first, &said["type"], &said["ref"]), (TEXT, &json!(kind), &reference));
    }
}
