//! Frames that are none of WebSocket's, and connections that end in the middle of one.

use serde_json::{Value, json};

use crate::{
    bad_neighbour::Scene,
    server::TestServer,
    ws::Ws,
    ws_raw::{BINARY, CLOSE, PING, Raw, TEXT, masked, unmasked},
};

/// A socket of Eve's, without a library.
async fn eve(scene: &Scene) -> Raw {
    let mut raw = Raw::connect(scene.workspace.http.0).await.upgrade("switchboard.v1.json").await;
    raw.write(&masked(TEXT, scene.hello().to_string().as_bytes())).await;
    let (_, welcome) = raw.frame().await.unwrap();
    let welcome: Value = serde_json::from_slice(&welcome).unwrap();
    assert_eq!(welcome["type"], "welcome");
    raw
}

fn ping(reference: u64) -> Vec<u8> {
    json!({"type": "ping", "ref": reference}).to_string().into_bytes()
}

async fn answered(raw: &mut Raw) -> Value {
    let (first, payload) = raw.frame().await.expect("an answer");
    assert_eq!(first, TEXT);
    serde_json::from_slice(&payload).unwrap()
}

#[tokio::test]
async fn breaches_of_the_protocol_are_the_end() {
    let server = TestServer::start().await;
    let mut scene = Scene::set(&server).await;
    let ping = ping(1);
    let breaches: [(&str, Vec<u8>, u16); 13] = [
        ("unmasked", unmasked(TEXT, &ping), 1002),
        ("reserved bit 1", masked(TEXT | 0x40, &ping), 1002),
        ("reserved bit 2", masked(TEXT | 0x20, &ping), 1002),
        ("reserved bit 3", masked(TEXT | 0x10, &ping), 1002),
        ("reserved data", masked(0x83, &ping), 1002),
        ("reserved control", masked(0x8b, &ping), 1002),
        ("a part of nothing", masked(0x80, &ping), 1002),
        ("a beginning within another", [masked(0x01, b"{"), masked(0x01, b"{")].concat(), 1002),
        ("a ping in parts", masked(0x09, b""), 1002),
        ("a ping too long", masked(PING, &[b'x'; 126]), 1002),
        ("half a number in a goodbye", masked(CLOSE, &[3]), 1002),
        ("a text that is not UTF-8", masked(TEXT, b"{\"type\":\"\xff\xfe\"}"), 1007),
        ("too large by its own word", declared(u64::MAX / 2), 1009),
    ];
    for (what, bytes, code) in breaches {
        let mut raw = eve(&scene).await;
        raw.write(&bytes).await;
        assert_eq!(raw.goodbye().await, Some(code), "{what}");
        scene.neighbour.untouched().await;
    }
    let mut raw = eve(&scene).await;
    raw.write(&masked(TEXT, &ping)).await;
    assert_eq!(answered(&mut raw).await["ref"], 1);
}

/// The head of a frame that says it is so long, and a little of it.
fn declared(length: u64) -> Vec<u8> {
    let mut bytes = vec![BINARY, 0x80 | 127];
    bytes.extend(length.to_be_bytes());
    bytes.extend([0; 64]);
    bytes
}

#[tokio::test]
async fn a_message_in_parts_is_one_message() {
    let server = TestServer::start().await;
    let mut scene = Scene::set(&server).await;
    let mut raw = eve(&scene).await;
    let text = ping(7);
    raw.write(&masked(0x01, &text[..5])).await;
    // A ping in between is answered in between.
    raw.write(&masked(PING, b"between")).await;
    assert_eq!(raw.frame().await.unwrap(), (0x8a, b"between".to_vec()));
    for byte in &text[5..] {
        raw.write(&masked(0x00, &[*byte])).await;
    }
    raw.write(&masked(0x80, b"")).await;
    let answer = answered(&mut raw).await;
    assert_eq!((&answer["type"], &answer["ref"]), (&json!("ok"), &json!(7)));
    scene.neighbour.untouched().await;
}

#[tokio::test]
async fn a_frame_byte_by_byte_is_one_frame() {
    let server = TestServer::start().await;
    let scene = Scene::set(&server).await;
    let mut raw = eve(&scene).await;
    for byte in masked(TEXT, &ping(7)) {
        raw.write(&[byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(answered(&mut raw).await["ref"], 7);
}

#[tokio::test]
async fn parts_without_an_end_are_too_big() {
    let server = TestServer::start().await;
    let mut scene = Scene::set(&server).await;
    let mut raw = eve(&scene).await;
    raw.write(&masked(0x01, b"{\"type\":\"ping\",\"x\":\"")).await;
    for _ in 0..64 {
        raw.write(&masked(0x00, &[b'x'; 1_024])).await;
    }
    assert_eq!(raw.goodbye().await, Some(1009));
    scene.neighbour.untouched().await;
}

#[tokio::test]
async fn a_goodbye_is_answered() {
    let server = TestServer::start().await;
    let scene = Scene::set(&server).await;
    for payload in [&b""[..], &[3, 232], &[15, 160, b'x']] {
        let mut raw = eve(&scene).await;
        raw.write(&masked(CLOSE, payload)).await;
        let (first, answer) = raw.frame().await.expect("a goodbye");
        let code = payload.len().min(2);
        assert_eq!((first, &answer[..code]), (CLOSE, &payload[..code]));
        assert!(raw.frame().await.is_none());
    }
}

#[tokio::test]
async fn cut_off_within_a_frame_it_is_lost_and_nothing_of_it_is_done() {
    let server = TestServer::start().await;
    let mut scene = Scene::set(&server).await;
    let mut admin = scene.workspace.admin("boss").await;
    let mut watcher = Ws::agent(server.addr, crate::ws::Encoding::Json, &admin).await;
    admin.clear();
    let set = json!({"type": "availability.set", "availability": "online"}).to_string();
    let frame = masked(TEXT, set.as_bytes());
    for length in [1, 2, 3, 6, 7, frame.len() - 1] {
        let mut raw = eve(&scene).await;
        raw.write(&frame[..length]).await;
        drop(raw);
        let gone = async || {
            let eve = scene.workspace.get("/agents/eve").await.json;
            assert_eq!(eve["availability"], "away");
            eve["present"] == false
        };
        crate::people::until("its socket is lost", gone).await;
    }
    watcher.ping().await;
    scene.neighbour.untouched().await;
}
