//! Peers that behave badly, once they are known.

use futures::{SinkExt, StreamExt};
use serde_json::json;
use switchboard_protocol::{Limits, Rate};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};

use super::world::World;

#[tokio::test]
async fn pings_are_answered() {
    let world = World::with(Limits::default()).await;
    let mut peer = world.visitor().await;
    for reference in [5, 5, 6] {
        peer.say(json!({"type": "ping", "ref": reference})).await;
        let pong = peer.next().await;
        assert_eq!((pong["type"].as_str(), pong["ref"].as_i64()), (Some("ok"), Some(reference)));
        assert!(pong["now"].is_u64());
    }
    peer.send(Message::Ping("x".into())).await;
    let pong = peer.socket.next().await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong("x".into()));
}

#[tokio::test]
async fn ten_bad_messages_in_a_row_are_the_end() {
    let world = World::with(Limits::default()).await;
    let mut peer = world.agent().await;
    for round in 0..2 {
        for _ in 0..9 {
            peer.say(json!({"type": "nonsense", "ref": 7})).await;
            let error = peer.next().await;
            assert_eq!(error["code"], "unsupported", "{round}");
            assert_eq!(error["ref"], 7);
        }
        peer.say(json!({"type": "ping"})).await;
        assert_eq!(peer.next().await["type"], "ok");
    }
    for attempt in 0..10 {
        peer.send(if attempt % 2 == 0 { Message::text("{") } else { Message::binary("x") }).await;
        assert_eq!(peer.next().await["code"], "bad_message");
    }
    assert_eq!(peer.end().await, (4500, "bad_protocol".to_owned()));
    assert_eq!(world.counted("switchboard_messages_rejected_total{code=\"bad_message\"}"), 10);
    assert_eq!(world.counted("switchboard_sockets_closed_total{code=\"4500\"}"), 1);
}

#[tokio::test]
async fn refusals_are_not_bad_messages() {
    let world = World::with(Limits::default()).await;
    let mut peer = world.agent().await;
    for reference in 2..20 {
        let close = json!({"type": "conversation.close", "ref": reference, "conversation_id": "x"});
        peer.say(close).await;
        assert_eq!(peer.next().await["code"], "not_found");
    }
    peer.say(world.agent_hello()).await;
    assert_eq!(peer.next().await["code"], "conflict");
}

#[tokio::test]
async fn messages_have_a_rate_and_those_who_go_on_are_closed() {
    let mut limits = Limits::default();
    limits.visitor.messages = Some(Rate::per_minute(1, 20));
    let world = World::with(limits).await;
    let mut peer = world.visitor().await;
    let ping = |reference: i64| json!({"type": "ping", "ref": reference});
    for reference in 0..20 {
        peer.say(ping(reference)).await;
        assert_eq!(peer.next().await["ref"], reference);
    }
    for reference in 20..100 {
        // The last ones may come too late already.
        let _ = peer.socket.feed(Message::text(ping(reference).to_string())).await;
    }
    let _ = peer.socket.flush().await;
    let error = peer.next().await;
    assert_eq!((error["code"].as_str(), error["ref"].as_i64()), (Some("rate_limited"), Some(20)));
    assert!(error["retry_after_ms"].as_u64().is_some_and(|ms| (1..=60_000).contains(&ms)));
    assert_eq!(peer.end().await, (4004, "too_fast".to_owned()));
}

#[tokio::test]
async fn a_flood_of_pings_is_closed_too() {
    let world = World::with(Limits::default()).await;
    let mut peer = world.agent().await;
    for _ in 0..400 {
        if peer.socket.send(Message::Ping("x".into())).await.is_err() {
            break;
        }
    }
    assert_eq!(peer.end().await.0, 4004);
}

#[tokio::test]
async fn messages_have_a_size() {
    let world = World::with(Limits::default()).await;
    let ping = |bytes| json!({"type": "ping", "padding": "x".repeat(bytes)});
    let mut agent = world.agent().await;
    agent.say(ping(60 * 1024)).await;
    assert_eq!(agent.next().await["type"], "ok");
    agent.say(ping(64 * 1024)).await;
    assert_eq!(agent.end().await, (1009, "too_big".to_owned()));
    let mut visitor = world.visitor().await;
    visitor.say(ping(3 * 1024)).await;
    assert_eq!(visitor.next().await["type"], "ok");
    visitor.say(ping(4 * 1024)).await;
    assert_eq!(visitor.end().await, (1009, "too_big".to_owned()));
}

/// What a peer is told that sends these bytes as they are.
async fn told(bytes: &[u8]) -> u16 {
    let world = World::with(Limits::default()).await;
    let mut peer = world.agent().await;
    peer.socket.get_mut().write_all(bytes).await.unwrap();
    let told = peer.end().await.0;
    drop(peer);
    world.until_empty().await;
    assert!(!world.ann_is_present().await);
    told
}

#[tokio::test]
async fn breaches_of_websocket_are_named() {
    let protocol: u16 = CloseCode::Protocol.into();
    assert_eq!(told(&[0x81, 0x02, b'{', b'}']).await, protocol, "not masked");
    assert_eq!(told(&[0xf1, 0x80, 0, 0, 0, 0]).await, protocol, "reserved bits");
    assert_eq!(told(&[0x83, 0x80, 0, 0, 0, 0]).await, protocol, "reserved kind");
    assert_eq!(told(&[0x09, 0x80, 0, 0, 0, 0]).await, protocol, "a ping in parts");
    assert_eq!(told(&[0x80, 0x80, 0, 0, 0, 0]).await, protocol, "goes on with nothing");
    assert_eq!(told(&[0x81, 0x81, 0, 0, 0, 0, 0xff]).await, 1007, "not UTF-8");
    let huge = [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
    assert_eq!(told(&huge).await, 1009, "a length that lies");
}

#[tokio::test]
async fn who_talks_without_listening_is_dropped() {
    let world = World::with(Limits::off()).await;
    let mut peer = world.narrow_agent().await;
    let ping = r#"{"type":"ping","ref":1000000}"#;
    // Until no buffer in between takes any more.
    loop {
        let stuck = std::time::Duration::from_millis(200);
        let said = peer.socket.send(Message::text(ping));
        if tokio::time::timeout(stuck, said).await.is_err() {
            break;
        }
    }
    tokio::time::pause();
    while world.gateway.sockets().agents > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(world.counted("switchboard_sockets_closed_total{code=\"4002\"}"), 1);
    assert!(!world.ann_is_present().await);
}
