//! Whole sessions against the real connection and the real workspace: an upgrade, a hello,
//! messages and garbage, cut where the input says. The same is answered as without a cut, and the
//! workspace beside it notices nothing.
//!
//! The input is lines. The first is lengths, one byte each, in which everything is cut. Of the
//! others the first byte says what the rest is:
//!
//! - `{`: with it, a message in a text frame, or in MessagePack where that was agreed on;
//! - `b`: a binary frame; `f`: a part of a text frame; `z`: the last part of it;
//! - `p`, `c`: a ping, a goodbye;
//! - anything else: the line as it is, with no frame around it.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use switchboard_protocol::Encoding;
use tokio::time::timeout;

use crate::{
    measure::within,
    scene::{Client, Scene, a_moment, runtime},
};

/// A server with two workspaces and two sockets.
const ROOM: usize = 8 * 1_024 * 1_024;
/// In paused time: only what never ends takes so long.
const LONG: Duration = Duration::from_secs(3_600);
/// Lines are few, so that no outbox is full.
const MAX_LINES: usize = 48;
/// What the workspace ends a session with, in a step of its own: on purpose, with wrong credentials,
/// removed, or replaced.
const BY_THE_WORKSPACE: [u16; 4] = [1000, 4501, 4503, 4504];
const FIN: u8 = 0x80;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;

/// What was heard, as far as it can be compared: how often what was said, and the goodbye.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    messages: BTreeMap<String, u32>,
    goodbye: Option<u16>,
}

pub(crate) fn run(bytes: &[u8]) {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let cuts = lines.next().unwrap_or_default();
    let lines: Vec<&[u8]> = lines.take(MAX_LINES).collect();
    let encoding = if cuts.first() == Some(&b'm') { Encoding::MessagePack } else { Encoding::Json };
    let whole = session(&lines, &[], encoding);
    if cuts.iter().any(|cut| *cut > 0) {
        compare(&session(&lines, cuts, encoding), &whole);
    }
}

/// Where the socket is closed, what was under way then may be told or not, and who says more at
/// once has more under way: bytes that are wrong are met before the workspace has put out whoever
/// sent them.
fn compare(cut: &Heard, whole: &Heard) {
    let put_out = cut.goodbye.is_some_and(|code| BY_THE_WORKSPACE.contains(&code));
    let met = put_out && whole.goodbye.is_some();
    assert!(
        met || cut.goodbye == whole.goodbye,
        "cut otherwise, it ends otherwise: {cut:?}, {whole:?}"
    );
    match whole.goodbye {
        // What came after the end is answered where it was read before it.
        Some(_) if put_out => {}
        None => assert_eq!(cut, whole, "cut otherwise, it is answered otherwise"),
        Some(_) => {
            let told = |(message, times): (&String, &u32)| {
                cut.messages.get(message).is_some_and(|others| others >= times)
            };
            let untold = whole.messages.iter().find(|entry| !told(*entry));
            assert_eq!(untold, None, "cut otherwise, less is answered");
        }
    }
}

fn session(lines: &[&[u8]], cuts: &[u8], encoding: Encoding) -> Heard {
    let talk = async {
        let scene = Scene::set().await;
        let mut neighbour = upgraded(&scene, Encoding::Json).await;
        let token = scene.neighbours_token();
        let hello = json!({"type": "hello", "ref": 1, "token": token}).to_string();
        neighbour.say(&frame(FIN | TEXT, hello.as_bytes()), &[]).await;
        let mut client = upgraded(&scene, encoding).await;
        let said: Vec<u8> =
            lines.iter().flat_map(|line| spoken(&scene.fill_in(line), encoding)).collect();
        client.say(&said, cuts).await;
        neighbour.say(&frame(FIN | TEXT, br#"{"type":"ping","ref":2}"#), &[]).await;
        a_moment().await;
        let heard = client.leave().await;
        (heard, neighbour.leave().await)
    };
    let (heard, neighbour) = within(ROOM, "a session", || {
        runtime().block_on(async { timeout(LONG, talk).await.expect("it ends") })
    });
    let undisturbed = read(&neighbour, Encoding::Json);
    let told: Vec<&str> = undisturbed.messages.keys().map(String::as_str).collect();
    assert_eq!(told, ["\"ok\" 2 null null", "\"welcome\" 1 null 0"], "the neighbour heard it");
    read(&heard, encoding)
}

async fn upgraded(scene: &Scene, encoding: Encoding) -> Client {
    let mut client = scene.client();
    let subprotocol = encoding.subprotocol();
    let request = format!(
        "GET /v1/ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: {subprotocol}\r\n\r\n"
    );
    client.say(request.as_bytes(), &[]).await;
    client
}

/// The bytes that a line is on the wire.
fn spoken(line: &[u8], encoding: Encoding) -> Vec<u8> {
    let rest = line.get(1..).unwrap_or_default();
    match (line.first(), encoding) {
        (Some(b'{'), Encoding::Json) => frame(FIN | TEXT, line),
        (Some(b'{'), Encoding::MessagePack) => match serde_json::from_slice::<Value>(line) {
            Ok(value) => frame(FIN | BINARY, &rmp_serde::to_vec_named(&value).unwrap_or_default()),
            Err(_) => frame(FIN | BINARY, line),
        },
        (Some(b'b'), _) => frame(FIN | BINARY, rest),
        (Some(b'f'), _) => frame(TEXT, rest),
        (Some(b'z'), _) => frame(FIN, rest),
        (Some(b'p'), _) => frame(FIN | PING, rest),
        (Some(b'c'), _) => frame(FIN | CLOSE, rest),
        _ => line.to_vec(),
    }
}

/// A frame as clients send them. The mask changes nothing, which is as good as any.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length), _) if length < 126 => frame.push(FIN | length),
        (_, Ok(length)) => {
            frame.push(FIN | 126);
            frame.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            frame.push(FIN | 127);
            frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

/// What a server wrote: the end of its handshake, then frames that are never masked or in parts.
fn read(bytes: &[u8], encoding: Encoding) -> Heard {
    let mut heard = Heard::default();
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let mut rest = &bytes[head.expect("the handshake succeeds") + 4..];
    while let [first, length, after @ ..] = rest {
        let (length, after) = match length {
            126 => (usize::from(u16::from_be_bytes([after[0], after[1]])), &after[2..]),
            length => (usize::from(*length), after),
        };
        let (payload, after) = after.split_at(length);
        rest = after;
        match first & !FIN {
            CLOSE => {
                heard.goodbye = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                heard.goodbye = heard.goodbye.or(Some(1005));
            }
            TEXT | BINARY => note(&mut heard, payload, encoding),
            _ => {}
        }
    }
    assert!(rest.is_empty(), "a frame was cut off");
    heard
}

/// Ids and times differ from run to run, and latest values come as they come.
fn note(heard: &mut Heard, payload: &[u8], encoding: Encoding) {
    let message: Value = match encoding {
        Encoding::Json => serde_json::from_slice(payload).expect("the server speaks JSON"),
        Encoding::MessagePack => rmp_serde::from_slice(payload).expect("or MessagePack"),
    };
    let kind = message["type"].as_str().unwrap_or_default();
    let latest = ["heartbeat", "conversation.queued", "departments.changed", "token.expiring"];
    if latest.contains(&kind) || kind.starts_with("live.") {
        return;
    }
    let [kind, reference, code, seq] = ["type", "ref", "code", "seq"].map(|key| &message[key]);
    let message = format!("{kind} {reference} {code} {seq}");
    *heard.messages.entry(message).or_default() += 1;
}
