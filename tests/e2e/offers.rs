//! Offers over sockets: what is offered, to whom, for how long, and how it ends.

use serde_json::{Value, json};

use crate::{
    desk::{Desk, LONG},
    spoken::{accept, decline, given, offered, withdrawn},
    ws::{Encoding, check_fields, in_both},
};

in_both![
    an_offer_is_accepted,
    a_declined_one_goes_to_the_next,
    a_missed_one_goes_to_the_next,
    a_sole_agent_who_declined_is_asked_again_after_the_cooldown,
    a_sole_agent_who_missed_it_is_asked_again_after_the_cooldown,
    accepting_after_the_end_is_too_late,
    an_offer_counts_as_load,
    the_welcome_has_what_is_offered_with_its_offer,
    a_visitor_sees_a_state_and_a_place_and_no_more,
];

async fn an_offer_is_accepted(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({"offer_timeout_ms": 60_000})).await;
    let mut ann = desk.agent("ann").await;
    let mut visitor = desk.visitor().await;
    let opened = visitor.open("sales").await;
    assert_eq!((&opened["state"], &opened["agent"]), (&json!("offered"), &Value::Null));
    let offer = offered(&mut ann).await;
    assert_eq!((&offer["id"], &offer["agent"]), (&opened["id"], &Value::Null));
    assert_eq!((&offer["assignment"], &offer["assigned_at"]), (&Value::Null, &Value::Null));
    check_fields(&offer["offer"], &["id", "agent_id", "expires_at", "expires_in_ms"]);
    assert_eq!(offer["offer"]["agent_id"], "ann");
    let left = offer["offer"]["expires_in_ms"].as_u64().unwrap();
    assert!((30_000..=60_000).contains(&left), "{offer}");
    let lasts = offer["offer"]["expires_at"].as_u64().unwrap();
    let lasts = lasts - offer["queued_at"].as_u64().unwrap();
    assert!((60_000..70_000).contains(&lasts), "{offer}");

    let ok = ann.ok(accept(&offer)).await;
    check_fields(&ok, &["type", "ref", "conversation"]);
    let taken = &ok["conversation"];
    assert_eq!((&taken["state"], &taken["agent"]["id"]), (&json!("assigned"), &json!("ann")));
    assert_eq!((&taken["offer"], &taken["position"]), (&Value::Null, &Value::Null));
    let assignment = &taken["assignment"];
    assert_eq!(assignment, &json!({"cause": "accepted", "by": "agent", "by_id": "ann"}));
    assert!(taken["revision"].as_u64() > offer["revision"].as_u64());
    let told = given(&mut visitor).await;
    assert_eq!((&told["id"], &told["revision"]), (&opened["id"], &taken["revision"]));
    assert_eq!(told["agent"], json!({"id": "ann", "name": "ann"}));
    ann.quiet().await;
    visitor.quiet().await;
}

async fn a_declined_one_goes_to_the_next(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    let (mut ann, mut bob) = (desk.agent("ann").await, desk.agent("bob").await);
    let mut visitor = desk.visitor().await;
    let opened = visitor.open("sales").await;
    let first = offered(&mut ann).await;
    bob.quiet().await;
    let ok = ann.ok(decline(&first)).await;
    check_fields(&ok, &["type", "ref"]);
    let second = offered(&mut bob).await;
    assert_eq!((&second["id"], &second["offer"]["agent_id"]), (&opened["id"], &json!("bob")));
    assert_ne!(first["offer"]["id"], second["offer"]["id"]);
    ann.quiet().await;
    visitor.quiet().await;
    bob.ok(decline(&second)).await;
    let now = desk.now(&opened).await;
    assert_eq!((&now["state"], &now["position"]), (&json!("queued"), &json!(1)));
    assert_eq!(now["offer"], Value::Null);
    ann.quiet().await;
}

async fn a_missed_one_goes_to_the_next(encoding: Encoding) {
    let policy = json!({"offer_timeout_ms": 100, "decline_cooldown_ms": LONG});
    let desk = Desk::set(encoding, policy).await;
    let (mut ann, mut bob) = (desk.agent("ann").await, desk.agent("bob").await);
    let opened = desk.open().await;
    let first = offered(&mut ann).await;
    withdrawn(&mut ann, &first, "expired").await;
    let second = offered(&mut bob).await;
    withdrawn(&mut bob, &second, "expired").await;
    desk.is(&opened, "queued").await;
    let history = desk.now(&opened).await["history"].clone();
    let at = |kind: &str| {
        let found = history.as_array().unwrap().iter().find(|event| event["type"] == kind);
        found.unwrap_or_else(|| panic!("no {kind}: {history:#}"))["at"].as_u64().unwrap()
    };
    assert!(at("offer.expired") - at("conversation.offered") >= 100, "not before its time");
}

/// The time between two events of a conversation.
async fn between(desk: &Desk, opened: &Value, from: &str, to: &str) -> u64 {
    let history = desk.now(opened).await["history"].clone();
    let mut events = history.as_array().unwrap().iter();
    let first = events.find(|event| event["type"] == from).unwrap()["at"].as_u64().unwrap();
    events.find(|event| event["type"] == to).unwrap()["at"].as_u64().unwrap() - first
}

async fn a_sole_agent_who_declined_is_asked_again_after_the_cooldown(encoding: Encoding) {
    let policy = json!({"offer_timeout_ms": LONG, "decline_cooldown_ms": 200});
    let desk = Desk::set(encoding, policy).await;
    let mut ann = desk.agent("ann").await;
    let opened = desk.open().await;
    let first = offered(&mut ann).await;
    ann.ok(decline(&first)).await;
    let again = offered(&mut ann).await;
    assert_eq!(again["id"], opened["id"]);
    assert_ne!(again["offer"]["id"], first["offer"]["id"]);
    let waited = between(&desk, &opened, "offer.declined", "conversation.offered").await;
    assert!((200..10_000).contains(&waited), "{waited} ms");
    ann.refused(accept(&first), "offer_expired").await;
    ann.ok(accept(&again)).await;
}

async fn a_sole_agent_who_missed_it_is_asked_again_after_the_cooldown(encoding: Encoding) {
    let policy = json!({"offer_timeout_ms": 100, "decline_cooldown_ms": 200});
    let desk = Desk::set(encoding, policy).await;
    let mut ann = desk.agent("ann").await;
    let opened = desk.open().await;
    let first = offered(&mut ann).await;
    withdrawn(&mut ann, &first, "expired").await;
    let again = offered(&mut ann).await;
    assert_eq!(again["id"], opened["id"]);
    let waited = between(&desk, &opened, "offer.expired", "conversation.offered").await;
    assert!(waited >= 200, "{waited} ms");
}

async fn accepting_after_the_end_is_too_late(encoding: Encoding) {
    let policy = json!({"offer_timeout_ms": 100, "decline_cooldown_ms": LONG});
    let desk = Desk::set(encoding, policy).await;
    let mut ann = desk.agent("ann").await;
    let opened = desk.open().await;
    let offer = offered(&mut ann).await;
    withdrawn(&mut ann, &offer, "expired").await;
    let before = desk.now(&opened).await;
    ann.refused(accept(&offer), "offer_expired").await;
    assert_eq!(desk.now(&opened).await["revision"], before["revision"], "nothing changed");

    // What ended by an accept has ended as well.
    desk.policy(json!({"offer_timeout_ms": LONG})).await;
    desk.open().await;
    let offer = offered(&mut ann).await;
    ann.ok(accept(&offer)).await;
    ann.refused(accept(&offer), "offer_expired").await;
    ann.quiet().await;
}

async fn an_offer_counts_as_load(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    let mut ann = desk.agent_with("ann", json!({"capacity": 1})).await;
    let first = desk.open().await;
    let offer = offered(&mut ann).await;
    let second = desk.open().await;
    assert_eq!((&second["state"], &second["position"]), (&json!("queued"), &json!(2)));
    let look = desk.look("ann").await;
    assert_eq!((&look["load"], &look["routable"]), (&json!(1), &json!(false)));
    assert_eq!(look["routable_reason"], "at_capacity");
    ann.ok(decline(&offer)).await;
    assert_eq!(offered(&mut ann).await["id"], second["id"], "the room is free again");
    desk.is(&first, "queued").await;
}

async fn the_welcome_has_what_is_offered_with_its_offer(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    let mut ann = desk.agent("ann").await;
    let opened = desk.open().await;
    let offer = offered(&mut ann).await;
    let mut phone = desk.device(&ann.token).await;
    let welcomed = phone.welcome["conversations"][0].clone();
    assert_eq!((&welcomed["id"], &welcomed["state"]), (&opened["id"], &json!("offered")));
    assert_eq!(welcomed["offer"]["id"], offer["offer"]["id"]);
    assert_eq!(welcomed["offer"]["expires_at"], offer["offer"]["expires_at"]);
    let left = |offer: &Value| offer["offer"]["expires_in_ms"].as_u64().unwrap();
    assert!(left(&welcomed) <= left(&offer), "{welcomed}");
    phone.quiet().await;
    phone.ok(accept(&welcomed)).await;
}

async fn a_visitor_sees_a_state_and_a_place_and_no_more(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    let mut ann = desk.agent_with("ann", json!({"capacity": 1})).await;
    let mut visitor = desk.visitor().await;
    let opened = visitor.open("sales").await;
    let offer = offered(&mut ann).await;
    let device = desk.visitor_again(&visitor.welcome["visitor_token"]).await;
    for seen in [&opened, &device.welcome["conversations"][0]] {
        assert_eq!((&seen["id"], &seen["state"]), (&opened["id"], &json!("offered")));
        assert_eq!((&seen["position"], &seen["agent"]), (&json!(1), &Value::Null));
        for hidden in ["offer", "skills", "priority"] {
            assert!(seen.get(hidden).is_none(), "{hidden}: {seen}");
        }
    }
    let mut behind = desk.visitor().await;
    assert_eq!(behind.open("sales").await["position"], 2, "who is offered keeps its place");
    ann.ok(accept(&offer)).await;
    assert_eq!(behind.push("conversation.queued").await["position"], 1);
}
