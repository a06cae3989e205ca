//! What waits for a socket.

use std::sync::Arc;

use switchboard_protocol::{
    CloseCode, ConversationQueued, Encoding, ErrorCode, GoingAway, Limits, ServerMessage,
};

use crate::{
    connection::Outbox,
    heartbeat::{Pace, Ticks},
    node::{Clock, Node},
    seam::{Delivery, LatestKind, Link, SharedMessage, ToConnection},
};

fn outbox(limit: usize) -> Outbox {
    let limits = Limits::default();
    let node = Node {
        limits,
        clock: Clock::start(),
        metrics: Default::default(),
        mailer: crate::mail::Mailer::nowhere(),
        mail_reports: crate::node::MailReports::nowhere(),
    };
    let outbox = Outbox::new(Encoding::Json, Arc::new(node), Ticks::default());
    outbox.set_limits(limit, Pace::NONE);
    outbox
}

fn said(text: &str) -> ToConnection {
    ToConnection::Message(ServerMessage::error(None, ErrorCode::Internal, text))
}

fn place(conversation: &str, position: u64) -> ToConnection {
    let message = ServerMessage::ConversationQueued(ConversationQueued {
        conversation_id: conversation.to_owned(),
        revision: 1,
        position: Some(position),
        eta_ms: None,
    });
    ToConnection::Latest(LatestKind::Queued(conversation.into()), SharedMessage::new(message))
}

/// What is written now: the error's text, or the place in the queue.
fn written(outbox: &Outbox) -> Vec<String> {
    let mut out = Vec::new();
    outbox.take(&mut out);
    let mut messages = Vec::new();
    let mut rest = out.as_slice();
    while let [0x81, short, tail @ ..] = rest {
        let (length, tail) = match (short, tail) {
            (126, [high, low, tail @ ..]) => (u16::from_be_bytes([*high, *low]).into(), tail),
            (short, tail) => (usize::from(*short), tail),
        };
        let message: serde_json::Value = serde_json::from_slice(&tail[..length]).unwrap();
        messages.push(match message["type"].as_str().unwrap() {
            "error" => message["message"].as_str().unwrap().to_owned(),
            "conversation.queued" => {
                let conversation = message["conversation_id"].as_str().unwrap();
                format!("{conversation}:{}", message["position"])
            }
            other => other.to_owned(),
        });
        rest = &tail[length..];
    }
    assert_eq!(rest, b"");
    messages
}

#[test]
fn messages_keep_their_order() {
    let outbox = outbox(10_000);
    for text in ["one", "two", "three"] {
        assert_eq!(outbox.deliver(said(text)), Delivery::Taken);
    }
    assert_eq!(written(&outbox), ["one", "two", "three"]);
    assert_eq!(written(&outbox), [""; 0]);
}

#[test]
fn a_newer_value_replaces_an_older_one_and_comes_last() {
    let outbox = outbox(10_000);
    assert_eq!(outbox.deliver(place("a", 3)), Delivery::Taken);
    outbox.deliver(said("one"));
    assert_eq!(outbox.deliver(place("b", 9)), Delivery::Taken);
    assert_eq!(outbox.deliver(place("a", 2)), Delivery::Replaced);
    outbox.deliver(said("two"));
    assert_eq!(written(&outbox), ["one", "b:9", "a:2", "two"]);
    assert_eq!(outbox.deliver(place("a", 1)), Delivery::Taken);
    assert_eq!(written(&outbox), ["a:1"]);
}

#[test]
fn a_full_outbox_closes_and_frees_its_memory() {
    let outbox = outbox(1_000);
    let taken = (0..1_000).take_while(|_| outbox.deliver(said("x")) == Delivery::Taken).count();
    assert!((5..=20).contains(&taken), "{taken}");
    assert_eq!(outbox.closing(), Some(CloseCode::SlowReader));
    assert_eq!(outbox.deliver(said("y")), Delivery::Closed);
    assert_eq!(outbox.deliver(place("a", 1)), Delivery::Closed);
    assert_eq!(outbox.deliver(ToConnection::Close(CloseCode::Removed)), Delivery::Closed);
    assert_eq!(written(&outbox), [""; 0]);
}

#[test]
fn values_that_replace_each_other_never_fill_it() {
    let outbox = outbox(1_000);
    for position in 0..10_000 {
        assert_ne!(outbox.deliver(place("a", position)), Delivery::Closed);
    }
    assert_eq!(written(&outbox), ["a:9999"]);
}

#[test]
fn one_message_may_be_larger_than_the_bound() {
    let outbox = outbox(1_000);
    assert_eq!(outbox.deliver(said("x".repeat(5_000).as_str())), Delivery::Taken);
    let mut in_flight = Vec::new();
    outbox.take(&mut in_flight);
    assert!(in_flight.len() > 5_000);
    assert_eq!(outbox.deliver(said("next")), Delivery::Taken);
    assert_eq!(outbox.deliver(said("x".repeat(1_000).as_str())), Delivery::Taken);
    assert_eq!(outbox.deliver(said("too much")), Delivery::Closed);
}

#[test]
fn a_close_comes_after_what_waits() {
    let outbox = outbox(10_000);
    outbox.deliver(said("one"));
    let away = SharedMessage::new(ServerMessage::GoingAway(GoingAway { retry_after_ms: 1 }));
    outbox.deliver(ToConnection::Latest(LatestKind::GoingAway, away));
    assert_eq!(outbox.deliver(ToConnection::Close(CloseCode::GoingAway)), Delivery::Taken);
    assert_eq!(outbox.deliver(said("two")), Delivery::Closed);
    assert_eq!(outbox.closing(), Some(CloseCode::GoingAway));
    assert_eq!(written(&outbox), ["one", "going_away"]);
}

#[test]
fn an_idle_outbox_is_small() {
    assert!(size_of::<Outbox>() <= 256, "{} bytes", size_of::<Outbox>());
}
