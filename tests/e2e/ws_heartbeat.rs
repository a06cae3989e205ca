//! Signs of life, and what becomes of whoever gives none.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    server::TestServer,
    ws::{Encoding, Heard, Ws, check_fields, in_both},
};

in_both![
    with_nothing_else_to_say_the_server_says_a_heartbeat,
    the_silent_are_closed_and_lost,
    whoever_says_anything_is_alive,
];

const HEARTBEAT: u64 = 200;

async fn lively() -> TestServer {
    TestServer::start_with(|config| {
        for person in [&mut config.limits.agent, &mut config.limits.visitor] {
            person.heartbeat_ms = HEARTBEAT;
            person.dead_after_ms = 3 * HEARTBEAT;
        }
    })
    .await
}

async fn with_nothing_else_to_say_the_server_says_a_heartbeat(encoding: Encoding) {
    let server = TestServer::start_with(|config| {
        config.limits.agent.heartbeat_ms = HEARTBEAT;
    })
    .await;
    let workspace = server.workspace().await;
    let token = workspace.agent("ann", &[]).await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    assert_eq!(agent.welcome["heartbeat_ms"], HEARTBEAT);
    let mut last = agent.welcome["server_time"].as_u64().unwrap();
    let begun = Instant::now();
    for _ in 0..5 {
        let Heard::Said(said) = agent.heard().await else { panic!("no heartbeat") };
        check_fields(&said, &["type", "now"]);
        assert_eq!(said["type"], "heartbeat");
        let now = said["now"].as_u64().unwrap();
        assert!(now >= last);
        last = now;
    }
    // Each within its time; a busy machine is given twice as much.
    assert!(begun.elapsed() < Duration::from_millis(2 * 5 * HEARTBEAT), "{:?}", begun.elapsed());
    agent.quiet().await;
}

async fn the_silent_are_closed_and_lost(encoding: Encoding) {
    let server = lively().await;
    let workspace = server.workspace().await;
    workspace.department_with("sales", json!({"reconnect_grace_ms": 0})).await;
    let silent = workspace.agent("ann", &["sales"]).await;
    let other = workspace.agent("bob", &["sales"]).await;
    let mut silent = Ws::online(server.addr, encoding, &silent).await;
    let held = workspace.open("sales").await.json["id"].clone();
    silent.push("conversation.assigned").await;
    let mut other = Ws::online(server.addr, encoding, &other).await;
    let listens = async {
        silent.expect_close(4003).await;
        silent
    };
    let lives = async {
        loop {
            other.ping().await;
            match other.heard().await {
                Heard::Said(said) if said["type"] == "conversation.assigned" => return said,
                Heard::Said(said) => assert_eq!(said["type"], "heartbeat", "{said}"),
                end => panic!("{end:?}"),
            }
        }
    };
    let (_silent, taken) = tokio::join!(listens, lives);
    assert_eq!(taken["conversation"]["id"], held);
    assert_eq!(taken["conversation"]["assignment"]["cause"], "requeued");
    assert_eq!(workspace.get("/agents/ann").await.json["present"], false);
}

async fn whoever_says_anything_is_alive(encoding: Encoding) {
    let server = lively().await;
    let workspace = server.workspace().await;
    let token = workspace.agent("ann", &[]).await;
    let mut silent = Ws::agent(server.addr, encoding, &token).await;
    let mut pings = Ws::agent(server.addr, encoding, &token).await;
    let mut pongs = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    // Twice as long as the silent one lives.
    for _ in 0..2 * 3 + 2 {
        for (ws, frame) in
            [(&mut pings, Message::Ping("x".into())), (&mut pongs, Message::Pong("x".into()))]
        {
            ws.send_frame(frame).await;
            assert!(matches!(ws.heard().await, Heard::Said(said) if said["type"] == "heartbeat"));
        }
    }
    silent.expect_close(4003).await;
    pings.ping().await;
    pongs.ping().await;
}
