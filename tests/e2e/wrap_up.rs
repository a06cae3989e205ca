//! Time to write it up: a closed conversation still counts as load, for a while.

use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk, LONG},
    spoken::{given, transfer},
    ws::{Encoding, in_both},
};

in_both![
    it_counts_for_as_long_as_the_policy_says,
    over_the_queue_drains_by_itself,
    it_counts_towards_the_departments_cap,
    it_decides_who_is_less_busy,
    what_was_given_away_is_not_wrapped_up,
    what_nobody_had_is_not_wrapped_up,
    however_it_was_closed,
    reopened_it_is_no_longer_wrapped_up,
];

/// An agent with room for one, who has it.
async fn busy(encoding: Encoding, wrap_up_ms: u64) -> (Desk, Agent, Value) {
    let desk = Desk::set(encoding, json!({"wrap_up_ms": wrap_up_ms})).await;
    let mut ann = desk.agent_with("ann", json!({"capacity": 1})).await;
    let held = desk.open().await;
    given(&mut ann).await;
    (desk, ann, held)
}

async fn it_counts_for_as_long_as_the_policy_says(encoding: Encoding) {
    let (desk, mut ann, held) = busy(encoding, LONG).await;
    ann.close(&held).await;
    let look = desk.look("ann").await;
    assert_eq!((&look["load"], &look["routable"]), (&json!(1), &json!(false)));
    assert_eq!(look["routable_reason"], "at_capacity");
    let waits = desk.open().await;
    assert_eq!(waits["state"], "queued");
    ann.quiet().await;
    desk.workspace.patch("/agents/ann", json!({"capacity": 2})).await;
    assert_eq!(given(&mut ann).await["id"], waits["id"], "that is all that it does");
}

async fn over_the_queue_drains_by_itself(encoding: Encoding) {
    let (desk, mut ann, held) = busy(encoding, 250).await;
    let waits = desk.open().await;
    let closed = ann.close(&held).await["closed_at"].as_u64().unwrap();
    let next = given(&mut ann).await;
    assert_eq!(next["id"], waits["id"]);
    let after = next["assigned_at"].as_u64().unwrap() - closed;
    assert!((250..5_000).contains(&after), "after {after} ms");
    assert_eq!(desk.look("ann").await["load"], 1);
    ann.quiet().await;
}

async fn it_counts_towards_the_departments_cap(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({"wrap_up_ms": LONG, "agent_capacity": 1})).await;
    let mut ann = desk.agent("ann").await;
    let held = desk.open().await;
    given(&mut ann).await;
    ann.close(&held).await;
    assert_eq!(desk.open().await["state"], "queued");
}

async fn it_decides_who_is_less_busy(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({"wrap_up_ms": LONG})).await;
    let mut ann = desk.agent("ann").await;
    let _bob = desk.agent("bob").await;
    let held = desk.open().await;
    assert_eq!(given(&mut ann).await["id"], held["id"]);
    ann.close(&held).await;
    for expected in ["bob", "ann", "bob"] {
        assert_eq!(desk.open().await["agent"]["id"], expected);
    }
}

async fn what_was_given_away_is_not_wrapped_up(encoding: Encoding) {
    let (desk, mut ann, held) = busy(encoding, LONG).await;
    let _bob = desk.agent("bob").await;
    ann.ok(transfer(&held, json!({"agent_id": "bob"}))).await;
    assert_eq!(desk.look("ann").await["load"], 0);
}

async fn what_nobody_had_is_not_wrapped_up(encoding: Encoding) {
    let (desk, mut ann, _held) = busy(encoding, LONG).await;
    let waits = desk.open().await;
    desk.root(&waits, "close", json!({})).await.expect(200);
    assert_eq!(desk.look("ann").await["load"], 1);
    ann.quiet().await;
}

async fn however_it_was_closed(encoding: Encoding) {
    let (desk, mut ann, held) = busy(encoding, LONG).await;
    let mut visitor = desk.visitor_again(&held["visitor_token"]).await;
    visitor.close(&held).await;
    ann.push("conversation.closed").await;
    assert_eq!(desk.look("ann").await["load"], 1);
    assert_eq!(desk.open().await["state"], "queued");
}

async fn reopened_it_is_no_longer_wrapped_up(encoding: Encoding) {
    let (desk, mut ann, held) = busy(encoding, LONG).await;
    desk.workspace.patch("/agents/ann", json!({"capacity": 2})).await;
    ann.close(&held).await;
    desk.root(&held, "reopen", json!({})).await.expect(200);
    assert_eq!(given(&mut ann).await["id"], held["id"]);
    let load = desk.look("ann").await["load"].as_u64().unwrap();
    assert!((1..=2).contains(&load), "{load}");
    desk.with(&held, "ann").await;
}
