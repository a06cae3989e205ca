//! Before a socket's person is known.

use futures::StreamExt;
use serde_json::json;
use switchboard_protocol::{Encoding, Limits, Rate, decode_server, encode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

use super::world::World;

#[tokio::test]
async fn agents_and_visitors_are_welcomed() {
    let world = World::with(Limits::default()).await;
    let _agent = world.agent().await;
    let _visitor = world.visitor().await;
    let sockets = world.gateway.sockets();
    assert_eq!((sockets.unidentified, sockets.agents, sockets.visitors), (0, 1, 1));
}

#[tokio::test]
async fn both_encodings_are_spoken() {
    let world = World::with(Limits::default()).await;
    for encoding in Encoding::ALL {
        let mut peer = world.try_socket(Some(encoding.subprotocol())).await.unwrap();
        let hello = encode(&world.agent_hello(), encoding).unwrap();
        let frame = match encoding {
            Encoding::Json => Message::text(String::from_utf8(hello).unwrap()),
            Encoding::MessagePack => Message::binary(hello),
        };
        peer.send(frame).await;
        let welcome = peer.socket.next().await.unwrap().unwrap();
        assert_eq!(welcome.is_text(), encoding.is_text());
        let welcome = decode_server(&welcome.into_data(), encoding).unwrap();
        assert_eq!((welcome.type_name(), welcome.reference()), ("welcome", Some(1)));
    }
}

#[tokio::test]
async fn who_says_nothing_is_closed() {
    let world = World::with(Limits { hello_timeout_ms: 50, ..Limits::default() }).await;
    let mut peer = world.socket().await;
    assert_eq!(peer.end().await, (4505, "hello_timeout".to_owned()));
}

#[tokio::test]
async fn anything_but_hello_is_closed() {
    let world = World::with(Limits::default()).await;
    let ping = r#"{"type":"ping"}"#;
    let good = world.agent_hello().to_string().into_bytes();
    for message in [
        Message::text(ping),
        Message::text("{"),
        Message::text(r#"{"type":"hello","visitor":{"name":7}}"#),
        Message::text(""),
        Message::binary(good),
    ] {
        let mut peer = world.socket().await;
        peer.send(message).await;
        assert_eq!(peer.end().await, (4500, "bad_protocol".to_owned()));
    }
    let mut peer = world.socket().await;
    for _ in 0..16 {
        peer.send(Message::Ping("hello?".into())).await;
    }
    assert_eq!(peer.end().await.0, 4500);
}

#[tokio::test]
async fn wrong_credentials_stay_away() {
    let world = World::with(Limits::default()).await;
    let expired = world.token_of("ann", world.node.clock.now_ms() - 1);
    let mut identified = world.visitor_hello();
    identified["visitor_identity"] = json!("a.b.c");
    for (hello, code) in [
        (json!({"type": "hello", "token": "at_acme.x.y"}), 4501),
        (json!({"type": "hello", "token": "nonsense"}), 4501),
        (json!({"type": "hello", "token": expired}), 4001),
        (json!({"type": "hello", "token": world.token_of("bob", u64::MAX)}), 4501),
        (json!({"type": "hello", "site_key": "pk_acme_nonsense"}), 4501),
        (json!({"type": "hello"}), 4501),
        (identified, 4501),
    ] {
        let mut peer = world.socket().await;
        peer.say(hello.clone()).await;
        assert_eq!(peer.end().await.0, code, "{hello}");
    }
}

#[tokio::test]
async fn an_unknown_visitor_token_is_a_new_visitor() {
    let world = World::with(Limits::default()).await;
    let mut hello = world.visitor_hello();
    hello["visitor_token"] = json!("vt_acme.x.y");
    let mut peer = world.socket().await;
    peer.say(hello.clone()).await;
    let first = peer.next().await;
    hello["visitor_token"] = first["visitor_token"].clone();
    let mut peer = world.socket().await;
    peer.say(hello).await;
    let second = peer.next().await;
    assert_eq!(first["visitor"]["id"], second["visitor"]["id"]);
}

#[tokio::test]
async fn new_visitors_of_an_address_have_a_rate() {
    let one = Some(Rate::per_minute(1, 1));
    let world = World::with(Limits { visitors_per_address: one, ..Limits::default() }).await;
    let _first = world.visitor().await;
    let mut second = world.socket().await;
    second.say(world.visitor_hello()).await;
    let error = second.next().await;
    assert_eq!((error["code"].as_str(), error["ref"].as_i64()), (Some("rate_limited"), Some(1)));
    assert!(error["retry_after_ms"].as_u64().unwrap() > 50_000);
    assert_eq!(second.end().await, (4004, "too_fast".to_owned()));
    let _agent = world.agent().await;
}

#[tokio::test]
async fn connections_over_their_rate_wait_and_are_served() {
    let connections = Some(Rate { count: 1, per_ms: 100, burst: 1 });
    let world = World::with(Limits { connections, ..Limits::default() }).await;
    let begun = std::time::Instant::now();
    let mut crowd = Vec::new();
    for _ in 0..4 {
        crowd.push(world.visitor().await);
    }
    assert!(begun.elapsed().as_millis() >= 200, "{:?}", begun.elapsed());
    assert_eq!(world.counted("switchboard_overloaded_total"), 0);
}

/// So few that a test is at the end of them.
fn few_hellos() -> Limits {
    Limits { hellos: Some(Rate::per_minute(1, 4)), ..Limits::default() }
}

#[tokio::test]
async fn a_hello_too_many_is_told_when_to_come_back() {
    let world = World::with(few_hellos()).await;
    let _in_time = (world.visitor().await, world.visitor().await, world.visitor().await);
    let mut late = world.socket().await;
    late.say(world.visitor_hello()).await;
    let error = late.next().await;
    assert_eq!((error["code"].as_str(), error["ref"].as_i64()), (Some("overloaded"), Some(1)));
    assert_eq!((error["type"].as_str(), error["retryable"].as_bool()), (Some("error"), Some(true)));
    let wait = error["retry_after_ms"].as_u64().unwrap();
    assert!((60_000..=61_000).contains(&wait), "{wait}");
    assert_eq!(late.end().await, (4005, "workspace_moved".to_owned()));
    assert_eq!(world.counted("switchboard_overloaded_total"), 1);
    let _agent = world.agent().await;
    world.gateway.drain().await;
}

#[tokio::test]
async fn who_has_to_stay_away_is_told_so_in_a_crowd_and_takes_nobodys_place() {
    let world = World::with(few_hellos()).await;
    for _ in 0..10 {
        let mut peer = world.socket().await;
        peer.say(json!({"type": "hello", "token": "at_acme.x.y"})).await;
        assert_eq!(peer.end().await.0, 4501);
    }
    let _visitor = world.visitor().await;
    assert_eq!(world.counted("switchboard_overloaded_total"), 0);
}

#[tokio::test]
async fn who_is_sent_away_in_a_crowd_does_not_count_as_a_new_visitor() {
    let limits = Limits {
        hellos: Some(Rate { count: 1, per_ms: 500, burst: 1 }),
        handshakes_per_address: None,
        visitors_per_address: Some(Rate::per_minute(1, 2)),
        ..Limits::default()
    };
    let world = World::with(limits).await;
    let _first = world.visitor().await;
    let mut refused = 0;
    loop {
        let mut peer = world.socket().await;
        peer.say(world.visitor_hello()).await;
        match peer.next().await {
            welcome if welcome["type"] == "welcome" => break,
            error => assert_eq!(error["code"], "overloaded"),
        }
        refused += 1;
    }
    assert!(refused > 0, "else this shows nothing");
}

#[tokio::test]
async fn a_hello_may_not_be_large() {
    let world = World::with(Limits::default()).await;
    let mut hello = world.visitor_hello();
    hello["padding"] = json!("x".repeat(8 * 1024));
    let mut peer = world.socket().await;
    peer.say(hello).await;
    assert_eq!(peer.end().await, (1009, "too_big".to_owned()));
}

#[tokio::test]
async fn what_is_said_along_with_the_handshake_is_heard() {
    let world = World::with(Limits::default()).await;
    let hello = world.agent_hello().to_string();
    let mut bytes = Vec::from(
        "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    // Masked with nought.
    bytes.extend([0x81, 0x80 | 126]);
    bytes.extend(u16::try_from(hello.len()).unwrap().to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(hello.as_bytes());
    let mut tcp = world.tcp().await;
    tcp.write_all(&bytes).await.unwrap();
    let mut answer = String::new();
    while !answer.contains("welcome") {
        let mut part = [0; 4_096];
        let length = tcp.read(&mut part).await.unwrap();
        assert!(length > 0, "{answer}");
        answer.push_str(&String::from_utf8_lossy(&part[..length]));
    }
    assert!(answer.starts_with("HTTP/1.1 101"));
}

#[tokio::test]
async fn http_goes_on_beside_sockets() {
    let world = World::with(Limits::default()).await;
    for (request, status) in [
        ("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "200"),
        ("GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"),
        ("GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "426"),
        ("POST /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405"),
    ] {
        let mut tcp = world.tcp().await;
        tcp.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tcp.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
    }
}

#[tokio::test]
async fn a_handshake_may_not_be_left_half_open() {
    let world = World::with(Limits::default()).await;
    let mut silent = world.tcp().await;
    let mut half = world.tcp().await;
    half.write_all(b"GET /v1/ws HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    tokio::time::pause();
    let mut rest = Vec::new();
    let _ = half.read_to_end(&mut rest).await;
    let _ = silent.read_to_end(&mut rest).await;
    assert_eq!(rest, b"");
}

#[tokio::test]
async fn sockets_of_an_address_are_counted() {
    let limits = Limits { sockets_per_address: Some(2), ..Limits::default() };
    let world = World::with(limits).await;
    let first = world.agent().await;
    let _second = world.agent().await;
    let Err(tokio_tungstenite::tungstenite::Error::Http(refused)) = world.try_socket(None).await
    else {
        panic!("taken")
    };
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers().get("retry-after").unwrap(), "5");
    drop(first);
    while world.gateway.sockets().agents > 1 {
        tokio::task::yield_now().await;
    }
    let _third = world.agent().await;
}

#[tokio::test]
async fn strangers_are_bounded_in_all() {
    let limits = Limits { unauthenticated_sockets: Some(2), ..Limits::default() };
    let world = World::with(limits).await;
    let mut first = world.socket().await;
    let _second = world.socket().await;
    assert!(world.try_socket(None).await.is_err());
    first.say(world.agent_hello()).await;
    first.next().await;
    let _third = world.socket().await;
}
