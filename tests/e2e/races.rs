//! Two at the same time: one wins, the other is told so clearly, and there are never two holders.

use std::collections::BTreeMap;

use futures::future::join;
use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk, LONG},
    http::Reply,
    spoken::{about, accept, decline, offered, transfer},
};

/// How often each pair meets.
pub const ROUNDS: usize = 25;

/// What an answer was: `ok`, or the error's code.
pub fn word(answer: &Value) -> String {
    let code = answer["code"].as_str();
    code.unwrap_or_else(|| answer["type"].as_str().unwrap()).to_owned()
}

/// The same of a reply over HTTP.
pub fn status(reply: &Reply) -> String {
    let ok = reply.status < 300;
    if ok { "ok".to_owned() } else { reply.text_of("code") }
}

/// The words of each round: any of these, and every conversation has one holder at most.
#[track_caller]
pub fn check(words: &BTreeMap<[String; 2], usize>, allowed: &[[&str; 2]]) {
    for pair in words.keys() {
        assert!(allowed.iter().any(|allowed| pair == allowed), "{pair:?} among {words:?}");
    }
}

/// What the agents hold is what the conversations say they hold.
pub async fn one_holder_each(desk: &Desk) {
    let mut loads: BTreeMap<String, u64> = BTreeMap::new();
    let page = desk.workspace.get("/conversations?limit=100").await;
    assert_eq!(page.json["next_cursor"], Value::Null);
    for conversation in page.items() {
        let state = conversation["state"].as_str().unwrap();
        let agent = conversation["agent"]["id"].as_str();
        let asked = conversation["offer"]["agent_id"].as_str();
        assert_eq!(asked.is_some(), state == "offered", "{conversation}");
        let holds = match state {
            "assigned" => Some(agent.expect("an agent")),
            "offered" => asked,
            _ => None,
        };
        if let Some(agent) = holds {
            *loads.entry(agent.to_owned()).or_default() += 1;
        }
    }
    for agent in desk.workspace.get("/agents?limit=100").await.items() {
        let expected = loads.get(agent["id"].as_str().unwrap()).copied().unwrap_or_default();
        assert_eq!(agent["load"], expected, "{agent}");
    }
}

/// Two agents with all the room that a test needs.
pub async fn two(policy: Value) -> (Desk, Agent, Agent) {
    let desk = Desk::json(policy).await;
    let ann = desk.agent_with("ann", json!({"capacity": 100})).await;
    let bob = desk.agent_with("bob", json!({"capacity": 100})).await;
    (desk, ann, bob)
}

fn offering() -> Value {
    json!({"offer_timeout_ms": LONG, "decline_cooldown_ms": LONG})
}

/// The offer of the one just opened, to whomever it was made.
async fn offer_of(desk: &Desk, ann: &mut Agent, bob: &mut Agent) -> (Value, bool) {
    let opened = desk.open().await;
    let anns = opened["offer"]["agent_id"] == "ann";
    let offer = if anns { offered(ann).await } else { offered(bob).await };
    (offer, anns)
}

#[tokio::test]
async fn two_claims() {
    let (desk, mut ann, mut bob) = two(offering()).await;
    let mut words = BTreeMap::new();
    for _ in 0..ROUNDS {
        let (offer, anns) = offer_of(&desk, &mut ann, &mut bob).await;
        let (first, second) = if anns { (&mut ann, &mut bob) } else { (&mut bob, &mut ann) };
        first.ok(decline(&offer)).await;
        let again = offered(second).await;
        second.ok(decline(&again)).await;
        let claim = about("conversation.claim", &offer);
        let (one, two) = join(ann.request(claim.clone()), bob.request(claim)).await;
        *words.entry([word(&one), word(&two)]).or_default() += 1;
        ann.settle().await;
        bob.settle().await;
    }
    check(&words, &[["ok", "already_taken"], ["already_taken", "ok"]]);
    one_holder_each(&desk).await;
}

#[tokio::test]
async fn a_claim_against_an_accept() {
    let (desk, mut ann, mut bob) = two(offering()).await;
    let mut words = BTreeMap::new();
    for _ in 0..ROUNDS {
        let (offer, anns) = offer_of(&desk, &mut ann, &mut bob).await;
        let (asked, other) = if anns { (&mut ann, &mut bob) } else { (&mut bob, &mut ann) };
        let claim = about("conversation.claim", &offer);
        let (one, two) = join(asked.request(accept(&offer)), other.request(claim)).await;
        *words.entry([word(&one), word(&two)]).or_default() += 1;
        ann.settle().await;
        bob.settle().await;
    }
    check(&words, &[["ok", "already_taken"], ["offer_expired", "ok"]]);
    one_holder_each(&desk).await;
}

#[tokio::test]
async fn a_transfer_against_a_close() {
    let (desk, mut ann, mut bob) = two(json!({})).await;
    bob.set_availability("away").await;
    let mut words = BTreeMap::new();
    for _ in 0..ROUNDS {
        let held = desk.open().await;
        bob.set_availability("online").await;
        let mut visitor = desk.visitor_again(&held["visitor_token"]).await;
        let give = transfer(&held, json!({"agent_id": "bob"}));
        let close = about("conversation.close", &held);
        let (one, two) = join(ann.request(give), visitor.request(close)).await;
        *words.entry([word(&one), word(&two)]).or_default() += 1;
        desk.is(&held, "closed").await;
        bob.set_availability("away").await;
        ann.settle().await;
        bob.settle().await;
    }
    check(&words, &[["ok", "ok"], ["conflict", "ok"]]);
    one_holder_each(&desk).await;
}

#[tokio::test]
async fn an_accept_against_the_end_of_the_offer() {
    let policy = json!({"offer_timeout_ms": 100, "decline_cooldown_ms": LONG});
    let desk = Desk::json(policy).await;
    let mut words: BTreeMap<String, usize> = BTreeMap::new();
    for round in 0..15 {
        let mut ann = desk.agent_with(&format!("ann-{round}"), json!({"capacity": 100})).await;
        let opened = desk.open().await;
        let offer = offered(&mut ann).await;
        let over = offer["offer"]["expires_at"].as_u64().unwrap();
        while ann.ping().await["now"].as_u64().unwrap() + 1 < over {}
        let answer = word(&ann.request(accept(&offer)).await);
        assert!(answer == "ok" || answer == "offer_expired", "{answer}");
        let state = if answer == "ok" { "assigned" } else { "queued" };
        desk.is(&opened, state).await;
        *words.entry(answer).or_default() += 1;
        ann.set_availability("away").await;
        let closed = desk.root(&opened, "close", json!({})).await;
        closed.expect(200);
    }
    one_holder_each(&desk).await;
}
