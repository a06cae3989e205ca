//! What users of other engines complain of in their trackers, asked of this one. Each test opens
//! with the complaint, in our own words.

use serde_json::{Value, json};

use crate::{
    desk::{Desk, LONG},
    spoken::{about, decline, given, offered, withdrawn},
    ws::Encoding,
};

fn capacity(most: u64) -> Value {
    json!({"capacity": most})
}

/// "Customers who come back are handed to the agent of last time, who went home hours ago."
#[tokio::test]
async fn a_returning_customer_does_not_get_an_agent_who_has_gone_home() {
    let desk = Desk::json(json!({})).await;
    let mut ann = desk.agent("ann").await;
    let mut zoe = desk.visitor().await;
    let first = zoe.open("sales").await;
    given(&mut ann).await;
    zoe.close(&first).await;
    ann.end().await;
    assert_eq!(desk.look("ann").await["availability"], "online", "she forgot to switch it");
    assert_eq!(zoe.open("sales").await["state"], "queued");
    let reopened = zoe.ok(about("conversation.reopen", &first)).await;
    assert_eq!(reopened["conversation"]["state"], "queued");
    let mut bob = desk.agent("bob").await;
    for _ in 0..2 {
        given(&mut bob).await;
    }
}

/// "It stays with whoever has left for the day: assignment is looked at once, on creation."
#[tokio::test]
async fn what_an_agent_held_who_left_is_given_to_another() {
    let desk = Desk::json(json!({"reconnect_grace_ms": 100})).await;
    let mut ann = desk.agent("ann").await;
    let held = desk.open().await;
    given(&mut ann).await;
    let mut bob = desk.agent("bob").await;
    drop(ann);
    assert_eq!(given(&mut bob).await["id"], held["id"]);
}

/// "All were full, so they stayed unassigned for ever; newer ones are assigned past them."
#[tokio::test]
async fn the_oldest_is_taken_as_soon_as_anybody_has_room() {
    let desk = Desk::json(json!({})).await;
    let mut ann = desk.agent_with("ann", capacity(1)).await;
    let held = desk.open().await;
    given(&mut ann).await;
    let oldest = desk.open().await;
    ann.close(&held).await;
    let newest = desk.open().await;
    assert_eq!(given(&mut ann).await["id"], oldest["id"]);
    assert_eq!(newest["state"], "queued");
}

/// "Everybody was offline; then agents come, and nothing that waits is given to them."
#[tokio::test]
async fn what_came_at_night_is_taken_in_the_morning() {
    let desk = Desk::json(json!({})).await;
    let night = [desk.open().await, desk.open().await];
    let mut ann = desk.agent("ann").await;
    for waited in &night {
        assert_eq!(given(&mut ann).await["id"], waited["id"]);
    }
}

/// "Back from holiday, least-busy gave her everything until she caught up with the others' count."
#[tokio::test]
async fn an_agent_back_from_holiday_is_not_flooded() {
    let desk = Desk::json(json!({})).await;
    let mut ann = desk.agent_with("ann", capacity(10)).await;
    let mut bob = desk.agent_with("bob", capacity(10)).await;
    ann.set_availability("away").await;
    for _ in 0..6 {
        let held = desk.open().await;
        given(&mut bob).await;
        bob.close(&held).await;
    }
    ann.set_availability("online").await;
    let mut to_ann = 0;
    for _ in 0..6 {
        to_ann += usize::from(desk.open().await["agent"]["id"] == "ann");
    }
    assert_eq!(to_ann, 3, "what was done before she came counts for nothing");
}

/// "Many requests at the same moment put more chats on an agent than its maximum."
#[tokio::test]
async fn many_at_once_are_never_more_than_the_maximum() {
    let desk = Desk::json(json!({"agent_capacity": 3})).await;
    desk.workspace.department("care").await;
    let both = json!({"department_ids": ["sales", "care"], "capacity": 5});
    let _ann = desk.agent_with("ann", both).await;
    let opens = (0..40).map(|index| {
        let department = ["sales", "care"][index % 2];
        desk.open_with(json!({"department_id": department}))
    });
    let opened = futures::future::join_all(opens).await;
    let of = |department: &str| {
        let held = opened.iter().filter(|c| c["state"] == "assigned");
        held.filter(|c| c["department_id"] == department).count()
    };
    assert_eq!(of("sales") + of("care"), 5);
    assert!(of("sales") <= 3, "the department's own limit counts the department's own");
    assert_eq!(desk.look("ann").await["load"], 5);
}

/// "The limit per department counted the chats of all departments."
#[tokio::test]
async fn a_departments_limit_counts_only_its_own() {
    let desk = Desk::json(json!({"agent_capacity": 1})).await;
    desk.workspace.department("care").await;
    let both = json!({"department_ids": ["sales", "care"]});
    let _ann = desk.agent_with("ann", both).await;
    for _ in 0..3 {
        let care = json!({"department_id": "care"});
        assert_eq!(desk.open_with(care).await["state"], "assigned");
    }
    assert_eq!(desk.open().await["state"], "assigned");
    assert_eq!(desk.open().await["state"], "queued");
}

/// "Two agents press Take at the same moment, and both talk to the customer."
#[tokio::test]
async fn two_who_take_the_same_one() {
    let desk = Desk::offering(Encoding::Json).await;
    let (mut ann, mut bob) = (desk.agent("ann").await, desk.agent("bob").await);
    let opened = desk.open().await;
    for agent in [&mut ann, &mut bob] {
        let offer = offered(agent).await;
        agent.ok(decline(&offer)).await;
    }
    let claim = about("conversation.claim", &opened);
    let (one, two) = futures::future::join(ann.request(claim.clone()), bob.request(claim)).await;
    let refused = if one["type"] == "ok" { &two } else { &one };
    assert_eq!(refused["code"], "already_taken");
    let loads = [desk.look("ann").await["load"].clone(), desk.look("bob").await["load"].clone()];
    assert!(loads == [json!(1), json!(0)] || loads == [json!(0), json!(1)], "{loads:?}");
}

/// "It rings at one agent for ever and never tries another."
#[tokio::test]
async fn it_does_not_ring_for_ever_at_one_agent() {
    let desk = Desk::json(json!({"offer_timeout_ms": 100, "decline_cooldown_ms": LONG})).await;
    let mut agents = Vec::new();
    for id in ["ann", "bob", "cai"] {
        agents.push(desk.agent(id).await);
    }
    let opened = desk.open().await;
    for agent in &mut agents {
        let offer = offered(agent).await;
        assert_eq!(offer["id"], opened["id"]);
        withdrawn(agent, &offer, "expired").await;
    }
    desk.is(&opened, "queued").await;
}

/// "Round robin: agents who never started what they were given are skipped, or given all of it."
#[tokio::test]
async fn a_failed_attempt_spends_nobodys_turn() {
    let policy =
        json!({"strategy": "round_robin", "offer_timeout_ms": LONG, "decline_cooldown_ms": LONG});
    let desk = Desk::json(policy).await;
    let (mut ann, mut bob) = (desk.agent("ann").await, desk.agent("bob").await);
    let first = desk.open().await;
    let offer = offered(&mut ann).await;
    ann.ok(decline(&offer)).await;
    offered(&mut bob).await;
    desk.root(&first, "close", json!({})).await.expect(200);
    bob.push("offer.withdrawn").await;
    desk.policy(json!({"offer_timeout_ms": null})).await;
    let refused = desk.root(&first, "transfer", json!({"agent_id": "bob"})).await;
    refused.refused(409, "conflict");
    for expected in ["ann", "bob", "ann"] {
        assert_eq!(desk.open().await["agent"]["id"], expected);
    }
}
