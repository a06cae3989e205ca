//! How sockets live and end.

use std::{mem::size_of_val, sync::Arc};

use serde_json::json;
use switchboard_protocol::{Encoding, Limits, ServerMessage};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};

use super::world::{Peer, WORKSPACE, World};
use crate::{
    connection::{Arrival, Outbox, serve, tenure::Tenure},
    registry::Mailbox,
    seam::{Delivery, Link, ToConnection, ToWorkspace},
};

fn brisk() -> Limits {
    let mut limits = Limits::default();
    limits.agent.heartbeat_ms = 160;
    limits.agent.dead_after_ms = 480;
    limits
}

#[tokio::test]
async fn heartbeats_come_in_time_and_silence_is_the_end() {
    let world = World::with(brisk()).await;
    let begun = std::time::Instant::now();
    let mut peer = world.agent().await;
    let mut heartbeats = 0;
    while heartbeats < 2 {
        let message = peer.next().await;
        if message["type"] == "heartbeat" {
            assert!(message["now"].is_u64() && message.get("seq").is_none());
            heartbeats += 1;
        }
    }
    assert_eq!(peer.end().await, (4003, "silent".to_owned()));
    assert!(begun.elapsed().as_millis() >= 480, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn who_says_something_lives() {
    let world = World::with(brisk()).await;
    let mut peer = world.agent().await;
    let begun = std::time::Instant::now();
    while begun.elapsed().as_millis() < 960 {
        if peer.next().await["type"] == "heartbeat" {
            peer.say(json!({"type": "ping"})).await;
        }
    }
}

#[tokio::test]
async fn a_goodbye_is_answered_and_the_workspace_hears_of_it() {
    let world = World::with(Limits::default()).await;
    let mut peer = world.agent().await;
    assert!(world.ann_is_present().await);
    let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    peer.socket.close(Some(frame)).await.unwrap();
    assert_eq!(peer.end().await.0, 1000);
    world.until_empty().await;
    assert!(!world.ann_is_present().await);
    assert_eq!(world.counted("switchboard_sockets_closed_total{code=\"1000\"}"), 1);
}

#[tokio::test]
async fn a_dead_connection_is_a_lost_session() {
    let world = World::with(Limits::default()).await;
    let peer = world.agent().await;
    drop(peer);
    world.until_empty().await;
    assert!(!world.ann_is_present().await);
    assert_eq!(world.counted("switchboard_sockets_closed_total{code=\"1006\"}"), 1);
}

#[tokio::test]
async fn a_drain_sends_everybody_away() {
    let world = World::with(Limits::default()).await;
    let mut agent = world.agent().await;
    let mut visitor = world.visitor().await;
    let mut stranger = world.socket().await;
    world.stop_listening();
    let gateway = Arc::clone(&world.gateway);
    let drained = tokio::spawn(async move { gateway.drain().await });
    let mut delays = Vec::new();
    for peer in [&mut agent, &mut visitor] {
        loop {
            let message = peer.next().await;
            if message["type"] == "going_away" {
                delays.push(message["retry_after_ms"].as_u64().unwrap());
                break;
            }
        }
        assert_eq!(peer.end().await, (1001, "going_away".to_owned()));
    }
    assert!(delays.iter().all(|delay| (500..5_000).contains(delay)), "{delays:?}");
    assert_eq!(stranger.end().await.0, 1001);
    drained.await.unwrap();
    assert_eq!(world.gateway.sockets(), Default::default());
}

#[tokio::test]
async fn a_drain_spreads_a_crowd_over_its_time() {
    let world = World::with(Limits::off()).await;
    let mut crowd = Vec::new();
    for _ in 0..200 {
        crowd.push(world.visitor().await);
    }
    let gateway = Arc::clone(&world.gateway);
    let drained = tokio::spawn(async move { gateway.drain().await });
    let mut in_each_quarter = [0; 4];
    for peer in &mut crowd {
        let message = peer.next().await;
        assert_eq!(message["type"], "going_away");
        let delay = message["retry_after_ms"].as_u64().unwrap();
        in_each_quarter[(delay - 500) as usize / 1_125] += 1;
        assert_eq!(peer.end().await.0, 1001);
    }
    assert!(in_each_quarter.iter().all(|count| *count >= 20), "{in_each_quarter:?}");
    drained.await.unwrap();
}

#[tokio::test]
async fn a_token_is_renewed_by_one_of_the_same_person() {
    let world = World::with(Limits::default()).await;
    let mut peer = world.agent().await;
    let until = world.node.clock.now_ms() + 7_200_000;
    let renew = |token| json!({"type": "token.renew", "ref": 2, "token": token});
    peer.say(renew(world.token_of("ann", until))).await;
    let answer = peer.next().await;
    assert_eq!((answer["type"].as_str(), answer["expires_at"].as_u64()), (Some("ok"), Some(until)));
    peer.say(json!({"type": "token.renew", "ref": 3, "token": "nonsense"})).await;
    let answer = peer.next().await;
    assert_eq!(
        (answer["code"].as_str(), answer["ref"].as_i64()),
        (Some("unauthenticated"), Some(3))
    );
}

#[tokio::test]
async fn a_socket_costs_its_task_little() {
    let world = World::with(Limits::default()).await;
    let (slot, seat) = world.gateway.admit(world.address.ip()).unwrap();
    let arrival = Arrival {
        stream: world.tcp().await,
        part: Vec::new(),
        encoding: Encoding::Json,
        origin: None,
        address: world.address.ip(),
        slot,
        seat,
    };
    let task = serve(Arc::clone(&world.gateway), arrival);
    assert!(size_of_val(&task) <= 1_024, "{} bytes", size_of_val(&task));
}

/// An agent's socket, and what its session is called.
async fn named_agent(world: &World) -> (Peer, String) {
    let mut peer = world.socket().await;
    peer.say(world.agent_hello()).await;
    let welcome = peer.next().await;
    (peer, welcome["session_id"].as_str().unwrap().to_owned())
}

/// A tenure on another socket, whose mailbox and outbox are at hand.
fn tenure(world: &World) -> (Tenure, Mailbox, Arc<Outbox>) {
    let mailbox = world.workspaces.mailbox(WORKSPACE).unwrap();
    let ticks = world.gateway.wheel.ticks().clone();
    let outbox = Arc::new(Outbox::new(Encoding::Json, Arc::clone(&world.node), ticks));
    let losses = Arc::clone(&world.gateway.losses);
    (Tenure::begin(mailbox.clone(), Arc::clone(&outbox), losses), mailbox, outbox)
}

fn attached(session_id: &str) -> ToConnection {
    ToConnection::Attached {
        session_id: session_id.into(),
        generation: 1,
        welcome: ServerMessage::Unknown,
    }
}

#[tokio::test]
async fn a_full_mailbox_hears_of_a_loss_all_the_same() {
    let world = World::with(Limits::default()).await;
    let (_peer, session_id) = named_agent(&world).await;
    let (tenure, mailbox, outbox) = tenure(&world);
    assert_eq!(outbox.deliver(attached(&session_id)), Delivery::Taken);
    let noise = ToWorkspace::Lost { session_id: "ses_none".into(), generation: 1 };
    while mailbox.send(noise.clone(), None).is_ok() {}
    drop(tenure);
    while mailbox.send(noise.clone(), None).is_err() {
        tokio::task::yield_now().await;
    }
    while world.ann_is_present().await {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_session_that_comes_too_late_is_lost_at_once() {
    let world = World::with(Limits::default()).await;
    let (_peer, session_id) = named_agent(&world).await;
    let (tenure, _, outbox) = tenure(&world);
    drop(tenure);
    assert!(world.ann_is_present().await);
    assert_eq!(outbox.deliver(attached(&session_id)), Delivery::Closed);
    assert!(!world.ann_is_present().await);
}
