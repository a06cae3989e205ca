//! Peers that speak well and behave badly: who never reads, only pings, or never finishes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use switchboard_protocol::Limits;

use crate::{
    bad_neighbour::Scene,
    people::until,
    server::TestServer,
    ws::{Encoding, Ws},
    ws_raw::{CLOSE, PING, Raw, TEXT, handshake, masked},
};

/// How long a write must be stuck to be called so.
const STUCK: Duration = Duration::from_millis(500);

async fn narrow_eve(scene: &Scene) -> Raw {
    let raw = Raw::connect_narrow(scene.workspace.http.0).await;
    let mut raw = raw.upgrade("switchboard.v1.json").await;
    raw.write(&masked(TEXT, scene.hello().to_string().as_bytes())).await;
    raw
}

fn told(payload: &[u8]) -> Value {
    serde_json::from_slice(payload).unwrap()
}

#[tokio::test]
async fn who_never_reads_is_closed_and_comes_back_to_all_it_missed() {
    let server =
        TestServer::start_with(|config| config.limits.agent.outbox_bytes = 8 * 1_024).await;
    let mut scene = Scene::set(&server).await;
    let mut raw = narrow_eve(&scene).await;
    let (_, welcome) = raw.frame().await.unwrap();
    let welcome = told(&welcome);
    scene.workspace.set_availability("eve", "online").await;
    // Each assignment is ten kilobytes and more.
    let attributes: serde_json::Map<String, Value> =
        (0..32).map(|number| (format!("{number:064}"), json!("x".repeat(256)))).collect();
    let open = json!({"department_id": "sales", "attributes": attributes});
    let mut opened = 0_u64;
    while scene.closed(4002).await == 0 {
        for _ in 0..10 {
            let made = scene.workspace.post("/conversations", open.clone()).await;
            assert_eq!(made.json["state"], "assigned");
        }
        opened += 10;
        scene.neighbour.untouched().await;
        assert!(opened < 1_000, "nobody noticed that it does not read");
    }
    let mut seq = 0;
    let code = loop {
        match raw.frame().await.expect("a goodbye") {
            (CLOSE, payload) => break u16::from_be_bytes(*payload.first_chunk().unwrap()),
            (_, payload) => {
                let push = told(&payload);
                assert_eq!(push["seq"], seq + 1, "no gap up to the goodbye");
                seq += 1;
            }
        }
    };
    assert_eq!(code, 4002);
    assert!(seq < opened, "it has missed something");
    let resume =
        json!({"session_id": welcome["session_id"], "epoch": welcome["epoch"], "seq": seq});
    let hello = json!({"token": scene.token, "resume": resume});
    // With room for all of it: what was missed is more than may wait.
    let mut back = Ws::hello(server.addr, Encoding::Json, hello).await;
    assert_eq!(back.welcome["resumed"], true);
    assert_eq!(back.welcome["conversations"].as_array().unwrap().len() as u64, opened);
    while back.seq < opened + 1 {
        back.recv().await;
    }
    back.quiet().await;
}

/// Says this over and over, until it is not taken any more.
async fn stuff(raw: &mut Raw, frame: &[u8]) {
    let frames = frame.repeat(1_000);
    // Everything between us is full some day, and what the server keeps is not in between.
    let mut sent = 0;
    while raw.write_within(STUCK, &frames).await == Some(true) {
        sent += frames.len();
        assert!(sent < 64 << 20, "it reads on for ever");
    }
}

#[tokio::test]
async fn who_talks_and_never_reads_is_not_read_any_more() {
    let server = TestServer::start().await;
    let mut scene = Scene::set(&server).await;
    let (mut pings, mut asks) = (narrow_eve(&scene).await, narrow_eve(&scene).await);
    stuff(&mut pings, &masked(PING, &[b'x'; 125])).await;
    stuff(&mut asks, &masked(TEXT, br#"{"type":"ping","ref":1}"#)).await;
    scene.neighbour.untouched().await;
    until("both are given up", async || scene.closed(4002).await == 2).await;
    scene.neighbour.untouched().await;
}

#[tokio::test]
async fn who_pings_too_fast_is_closed() {
    let server = TestServer::start_with(|config| config.limits = Limits::default()).await;
    let mut scene = Scene::set(&server).await;
    let mut raw = Raw::connect(server.addr).await.upgrade("switchboard.v1.json").await;
    raw.write(&masked(TEXT, scene.hello().to_string().as_bytes())).await;
    raw.write(&masked(PING, b"x").repeat(1_000)).await;
    assert_eq!(raw.goodbye().await, Some(4004));
    scene.neighbour.untouched().await;
}

#[tokio::test]
async fn half_open_handshakes_are_cut() {
    let server = TestServer::start().await;
    let mut scene = Scene::set(&server).await;
    let begun = Instant::now();
    let bytes = handshake(&[]);
    let mut silent = Raw::connect(server.addr).await;
    let mut slow = Raw::connect(server.addr).await;
    let mut stalled = Raw::connect(server.addr).await;
    stalled.write(&bytes[..bytes.len() - 1]).await;
    let mut said = bytes.iter();
    // One byte at a time, for as long as there is anyone.
    while !slow.hung_up_within(Duration::from_millis(100)).await {
        let byte = said.next().expect("cut before it is done");
        slow.write_within(STUCK, &[*byte]).await;
    }
    assert!(begun.elapsed() >= Duration::from_secs(4), "{:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    for raw in [&mut silent, &mut stalled] {
        assert!(raw.hung_up_within(Duration::from_secs(5)).await);
    }
    scene.neighbour.untouched().await;
}

#[tokio::test]
async fn a_crowd_that_never_says_hello_is_cut() {
    let server = TestServer::start_with(|config| config.limits.hello_timeout_ms = 300).await;
    let mut scene = Scene::set(&server).await;
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(Raw::connect(server.addr).await.upgrade("switchboard.v1.json").await);
    }
    scene.neighbour.untouched().await;
    for raw in &mut crowd {
        assert_eq!(raw.goodbye().await, Some(4505));
    }
    scene.neighbour.untouched().await;
}

#[tokio::test]
async fn a_hello_byte_by_byte_is_cut_as_well() {
    let server = TestServer::start_with(|config| config.limits.hello_timeout_ms = 500).await;
    let mut scene = Scene::set(&server).await;
    let mut raw = Raw::connect(server.addr).await.upgrade("switchboard.v1.json").await;
    let mut hello = scene.hello();
    hello["x"] = json!("x".repeat(4_000));
    let bytes = masked(TEXT, hello.to_string().as_bytes());
    let mut said = bytes.iter();
    while scene.closed(4505).await == 0 {
        raw.write_within(STUCK, &[*said.next().expect("cut before it is done")]).await;
    }
    scene.neighbour.untouched().await;
}
