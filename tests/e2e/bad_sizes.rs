//! Messages that are too deep, too wide or too large.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    bad_messages::{answer as answer_to, scene},
    ws::{Encoding, Heard, Ws, check_error, in_both},
};

in_both![
    deep_messages_are_bad,
    wide_messages_are_bad,
    large_messages_are_the_end,
    large_hellos_are_the_end,
];

async fn deep_messages_are_bad(encoding: Encoding) {
    let (_server, mut scene) = scene().await;
    let mut eve = scene.eve(encoding).await;
    // The message itself is the first level.
    eve.ok(json!({"type": "ping", "x": nested(15)})).await;
    let answer = eve.request(json!({"ref": 1, "type": "ping", "x": nested(16)})).await;
    check_error(&answer, "bad_message");
    let deep = match encoding {
        Encoding::Json => format!("{{\"type\":\"ping\",\"x\":{}", "[".repeat(60_000)).into_bytes(),
        Encoding::MessagePack => [&b"\x82\xa4type\xa4ping\xa1x"[..], &[0x91; 60_000]].concat(),
    };
    check_error(&answer_to(&mut eve, encoding.frame(deep)).await, "bad_message");
    eve.ping().await;
    scene.neighbour.untouched().await;
}

async fn wide_messages_are_bad(encoding: Encoding) {
    let (_server, mut scene) = scene().await;
    let keys = (0..5_000).map(|number| (number.to_string(), json!(0)));
    let mut wide = json!({"type": "ping"});
    wide.as_object_mut().unwrap().extend(keys);
    let mut eve = scene.eve(encoding).await;
    let answer = answer_to(&mut eve, encoding.frame(encoding.write(&wide))).await;
    check_error(&answer, "bad_message");
    eve.ping().await;
    scene.neighbour.untouched().await;
}

async fn large_messages_are_the_end(encoding: Encoding) {
    let (server, mut scene) = scene().await;
    let eve = scene.eve(encoding).await;
    let key = &scene.workspace.site_key;
    let visitor = Ws::visitor(server.addr, encoding, key).await;
    for (mut ws, most) in [(eve, 64 * 1_024), (visitor, 4 * 1_024)] {
        assert_eq!(answer_to(&mut ws, ping_of(encoding, most)).await["type"], "ok");
        ws.send_frame(ping_of(encoding, most + 1)).await;
        ws.expect_close(1009).await;
        scene.neighbour.untouched().await;
    }
}

async fn large_hellos_are_the_end(encoding: Encoding) {
    let (server, mut scene) = scene().await;
    for (bytes, code) in [(7_000, None), (9_000, Some(1009))] {
        let mut ws = Ws::connect(server.addr, Some(encoding.subprotocol())).await;
        let mut hello = scene.hello();
        hello["x"] = json!("x".repeat(bytes));
        ws.send(&hello).await;
        match code {
            None => {
                assert!(matches!(ws.heard().await, Heard::Said(said) if said["type"] == "welcome"))
            }
            Some(code) => ws.expect_close(code).await,
        }
    }
    scene.neighbour.untouched().await;
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inside, _| json!([inside]))
}

/// A ping of so many bytes.
fn ping_of(encoding: Encoding, bytes: usize) -> Message {
    let body = |length: usize| encoding.write(&json!({"type": "ping", "x": "x".repeat(length)}));
    let overhead = body(40_000).len() - 40_000;
    let short = body(3_000).len() - 3_000;
    let overhead = if bytes < 40_000 { short } else { overhead };
    let written = body(bytes - overhead);
    assert_eq!(written.len(), bytes);
    encoding.frame(written)
}
