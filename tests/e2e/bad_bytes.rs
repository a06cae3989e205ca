//! Payloads that are not what their frame promises: broken JSON, MessagePack whose lengths lie.

use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    bad_messages::answer,
    bad_neighbour::Scene,
    server::TestServer,
    ws::{Encoding, Ws, check_error},
};

const JSON: [&str; 19] = [
    "",
    " ",
    "{",
    "}",
    "null",
    "7",
    "[]",
    "\"ping\"",
    "{\"type\":\"ping\"",
    "{\"type\":\"ping\",}",
    "{\"type\":\"ping\"} x",
    "{\"type\":\"ping\"}{\"type\":\"ping\"}",
    "{'type':'ping'}",
    "{type:\"ping\"}",
    "{\"type\":\"ping\",\"x\":NaN}",
    "{\"type\":\"ping\",\"x\":01}",
    "{\"type\":\"conversation.close\",\"conversation_id\":\"\\ud800\"}",
    "{\"type\":\"ping\",\"type\":\"session.end\"}",
    "{\"type\":\"ping\"/**/}",
];

/// `{"type":"ping","x":` in MessagePack.
const PING_AND: &[u8] = b"\x82\xa4type\xa4ping\xa1x";

fn packed(rest: &[u8]) -> Vec<u8> {
    [PING_AND, rest].concat()
}

fn msgpack() -> Vec<Vec<u8>> {
    vec![
        vec![],
        // Nothing, a number, a list, a text, a byte that means nothing.
        vec![0xc0],
        vec![0x07],
        vec![0x90],
        b"\xa4ping".to_vec(),
        vec![0xc1],
        // A map of more than there is, in each way to say so.
        b"\x82\xa4type\xa4ping".to_vec(),
        b"\xde\xff\xff\xa4type\xa4ping".to_vec(),
        b"\xdf\xff\xff\xff\xff\xa4type\xa4ping".to_vec(),
        // A list, a text, bytes and an extension of more than there is.
        packed(b"\xdd\xff\xff\xff\xff"),
        packed(b"\xdd\x00\xff\xff\xff\x01"),
        packed(b"\xdb\xff\xff\xff\xff"),
        packed(b"\xdb\x00\x10\x00\x00abc"),
        packed(b"\xc6\xff\xff\xff\xff"),
        packed(b"\xc9\xff\xff\xff\xff\x01"),
        packed(b"\xd9\x05abc"),
        // A text that is not UTF-8; a time stamp; a key that is a number; bytes left over.
        packed(b"\xa2\xff\xfe"),
        packed(b"\xd6\xff\x00\x00\x00\x00"),
        b"\x81\x01\xa4ping".to_vec(),
        b"\x81\xa4type\xa4ping\xc0".to_vec(),
        // The same key twice.
        b"\x82\xa4type\xa4ping\xa4type\xa4ping".to_vec(),
        // Not a number.
        packed(b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00"),
    ]
}

async fn check_all(encoding: Encoding, frames: impl IntoIterator<Item = Message>) {
    let server = TestServer::start().await;
    let mut scene = Scene::set(&server).await;
    let mut eve = scene.eve(encoding).await;
    for frame in frames {
        let shown = format!("{frame:?}");
        let error: Value = answer(&mut eve, frame).await;
        assert_eq!(error["type"], "error", "{shown}");
        check_error(&error, "bad_message");
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        eve.ping().await;
    }
    eve.quiet().await;
    scene.neighbour.untouched().await;
}

#[tokio::test]
async fn broken_json_is_bad() {
    check_all(Encoding::Json, JSON.map(Message::text)).await;
}

#[tokio::test]
async fn broken_msgpack_is_bad() {
    check_all(Encoding::MessagePack, msgpack().into_iter().map(Message::binary)).await;
}

#[tokio::test]
async fn every_beginning_of_a_message_is_bad() {
    for encoding in [Encoding::Json, Encoding::MessagePack] {
        let body = serde_json::json!({
            "type": "conversation.close", "ref": 70, "conversation_id": "cnv_1", "x": [1, {"y": 2.5}],
        });
        let whole = encoding.write(&body);
        let parts = (0..whole.len()).map(|end| encoding.frame(whole[..end].to_vec()));
        check_all(encoding, parts.collect::<Vec<_>>()).await;
    }
}

#[tokio::test]
async fn before_hello_they_are_the_end() {
    let server = TestServer::start().await;
    let mut scene = Scene::set(&server).await;
    for text in JSON {
        let mut ws = Ws::connect(server.addr, Some("switchboard.v1.json")).await;
        ws.send_frame(Message::text(text)).await;
        ws.expect_close(4500).await;
    }
    for bytes in msgpack() {
        let mut ws = Ws::connect(server.addr, Some("switchboard.v1.msgpack")).await;
        ws.send_frame(Message::binary(bytes)).await;
        ws.expect_close(4500).await;
    }
    scene.neighbour.untouched().await;
}
