//! A full life in the event feed: every step under its name, in order, by whom and about whom.

use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk, LONG},
    spoken::{about, accept, decline, given, offered, transfer, withdrawn},
};

/// These types, in this order; others may be between them.
#[track_caller]
fn in_order(events: &[Value], expected: &[&str]) {
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let mut rest = kinds.iter();
    for kind in expected {
        assert!(rest.any(|seen| seen == kind), "{kind} in its turn: {kinds:?}");
    }
}

async fn history(desk: &Desk, conversation: &Value) -> Vec<Value> {
    desk.now(conversation).await["history"].as_array().unwrap().clone()
}

/// The only event of a kind, or the last one.
#[track_caller]
fn last<'e>(events: &'e [Value], kind: &str) -> &'e Value {
    let found = events.iter().rev().find(|event| event["type"] == kind);
    found.unwrap_or_else(|| panic!("no {kind}: {events:#?}"))
}

#[tokio::test]
async fn a_full_life() {
    let desk = Desk::json(json!({"offer_timeout_ms": LONG, "decline_cooldown_ms": LONG})).await;
    let (mut ann, mut bob) = (desk.agent("ann").await, desk.agent("bob").await);
    let mut visitor = desk.visitor().await;
    let opened = visitor.open("sales").await;
    let offer = offered(&mut ann).await;
    ann.ok(decline(&offer)).await;
    let offer = offered(&mut bob).await;
    bob.ok(accept(&offer)).await;
    let mut cai = desk.agent("cai").await;
    bob.ok(transfer(&opened, json!({"agent_id": "cai"}))).await;
    given(&mut cai).await;
    bob.set_availability("away").await;
    cai.end().await;
    desk.is(&opened, "queued").await;
    desk.root(&opened, "close", json!({})).await.expect(200);
    visitor.ok(about("conversation.reopen", &opened)).await;
    let events = history(&desk, &opened).await;
    let expected = [
        "conversation.opened",
        "conversation.offered",
        "offer.declined",
        "conversation.offered",
        "conversation.assigned",
        "conversation.transferred",
        "conversation.requeued",
        "conversation.closed",
        "conversation.reopened",
    ];
    in_order(&events, &expected);
    let feed = desk.workspace.get("/events?limit=100").await;
    let own: Vec<Value> = feed
        .items()
        .iter()
        .filter(|event| event["conversation_id"] == opened["id"])
        .cloned()
        .collect();
    assert_eq!(events, own, "the same in the feed");

    let who = |kind: &str| {
        let event = last(&events, kind);
        (event["by"].clone(), event["by_id"].clone(), event["agent_id"].clone())
    };
    let agent = |id: &str| (json!("agent"), json!(id), json!(id));
    assert_eq!(who("offer.declined"), agent("ann"));
    let offers = events.iter().filter(|event| event["type"] == "conversation.offered");
    let asked: Vec<&Value> = offers.map(|event| &event["agent_id"]).take(2).collect();
    assert_eq!(asked, ["ann", "bob"]);
    assert_eq!(who("conversation.offered").0, "engine");
    let (by, by_id, _) = who("conversation.transferred");
    assert_eq!((by, by_id), (json!("agent"), json!("bob")));
    assert_eq!(who("conversation.closed").0, json!("root"));
    assert_eq!(who("conversation.reopened").0, json!("visitor"));
    for event in &events {
        assert_eq!(event["department_id"], "sales", "{event}");
    }
}

#[tokio::test]
async fn offers_that_end_otherwise() {
    let desk = Desk::json(json!({"offer_timeout_ms": 100, "decline_cooldown_ms": LONG})).await;
    let (mut ann, mut bob) = (desk.agent("ann").await, desk.agent("bob").await);
    let opened = desk.open().await;
    let offer = offered(&mut ann).await;
    withdrawn(&mut ann, &offer, "expired").await;
    let offer = offered(&mut bob).await;
    withdrawn(&mut bob, &offer, "expired").await;
    desk.policy(json!({"offer_timeout_ms": LONG})).await;
    let mut cai = desk.agent("cai").await;
    let offer = offered(&mut cai).await;
    ann.ok(about("conversation.claim", &opened)).await;
    withdrawn(&mut cai, &offer, "claimed").await;
    let events = history(&desk, &opened).await;
    let expected = [
        "conversation.opened",
        "conversation.offered",
        "offer.expired",
        "conversation.offered",
        "offer.expired",
        "conversation.offered",
        "offer.withdrawn",
        "conversation.assigned",
    ];
    in_order(&events, &expected);
    let expired: Vec<&Value> = events.iter().filter(|e| e["type"] == "offer.expired").collect();
    assert_eq!((&expired[0]["agent_id"], &expired[1]["agent_id"]), (&json!("ann"), &json!("bob")));
    assert_eq!(last(&events, "offer.withdrawn")["agent_id"], "cai");
    let taken = last(&events, "conversation.assigned");
    assert_eq!((&taken["agent_id"], &taken["by"]), (&json!("ann"), &json!("agent")));
}

#[tokio::test]
async fn what_was_queued_and_moved_says_so() {
    let desk = Desk::json(json!({"max_wait_ms": 100})).await;
    desk.workspace.department_with("care", json!({"max_wait_ms": 100})).await;
    desk.policy(json!({"fallback_department_id": "care"})).await;
    let opened = desk.open().await;
    desk.becomes(&opened, "rejected").await;
    let events = history(&desk, &opened).await;
    let expected = [
        "conversation.opened",
        "conversation.queued",
        "conversation.requeued",
        "conversation.rejected",
    ];
    in_order(&events, &expected);
    assert_eq!(last(&events, "conversation.rejected")["department_id"], "care");
    assert_eq!(last(&events, "conversation.requeued")["by"], "engine");
}

#[tokio::test]
async fn agents_set_away_by_themselves_say_why() {
    let desk = Desk::json(json!({"offer_timeout_ms": 100, "decline_cooldown_ms": 0})).await;
    let mut ann: Agent = desk.agent("ann").await;
    desk.open().await;
    ann.push_past("availability.changed", &["conversation.offered", "offer.withdrawn"]).await;
    let feed = desk.workspace.get("/events?limit=100").await;
    let changed = last(feed.items(), "agent.availability_changed");
    assert_eq!((&changed["by"], &changed["agent_id"]), (&json!("missed_offers"), &json!("ann")));
}
