//! Two devices of one agent never disagree: what one does, the other hears.

use futures::future::join;
use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk},
    spoken::{
        about, accept, check_withdrawn, decline, each, given, offered, released, transfer,
        withdrawn,
    },
    ws::{Encoding, Ws, in_both},
};

in_both![
    an_accept_on_one_is_told_the_other,
    a_decline_on_one_is_told_the_other,
    an_offer_that_expires_does_so_on_both,
    a_claim_on_one_is_told_the_other,
    a_transfer_on_one_is_told_the_other,
    a_close_on_one_is_told_the_other,
    away_on_one_is_away_on_the_other,
    both_accept_at_once_and_one_of_them_did,
    one_accepts_while_the_other_declines,
];

/// An agent with two devices, to whom something is offered.
async fn scene(encoding: Encoding) -> (Desk, Agent, Ws, Value) {
    let desk = Desk::offering(encoding).await;
    let mut ann = desk.agent("ann").await;
    let mut phone = desk.device(&ann.token).await;
    desk.open().await;
    let offer = offered(&mut ann).await;
    let same = offered(&mut phone).await;
    assert_eq!(offer["offer"]["id"], same["offer"]["id"]);
    (desk, ann, phone, offer)
}

/// What the device hears that did not accept.
async fn hears_of_the_accept(other: &mut Ws, offer: &Value) {
    let told = each(other, &["conversation.assigned", "offer.withdrawn"]).await;
    assert_eq!(told[0]["conversation"]["id"], offer["id"]);
    assert_eq!(told[0]["conversation"]["agent"]["id"], "ann");
    check_withdrawn(&told[1], offer, "accepted_elsewhere");
    other.quiet().await;
}

async fn an_accept_on_one_is_told_the_other(encoding: Encoding) {
    let (_desk, mut ann, mut phone, offer) = scene(encoding).await;
    phone.ok(accept(&offer)).await;
    hears_of_the_accept(&mut ann, &offer).await;
    phone.quiet().await;
    ann.refused(accept(&offer), "offer_expired").await;
}

async fn a_decline_on_one_is_told_the_other(encoding: Encoding) {
    let (_desk, mut ann, mut phone, offer) = scene(encoding).await;
    phone.ok(decline(&offer)).await;
    withdrawn(&mut ann, &offer, "declined").await;
    ann.refused(accept(&offer), "offer_expired").await;
    for device in [&mut *ann, &mut phone] {
        device.quiet().await;
    }
}

async fn an_offer_that_expires_does_so_on_both(encoding: Encoding) {
    let (desk, mut ann, mut phone, first) = scene(encoding).await;
    ann.ok(decline(&first)).await;
    withdrawn(&mut phone, &first, "declined").await;
    desk.policy(json!({"offer_timeout_ms": 100})).await;
    desk.open().await;
    for device in [&mut *ann, &mut phone] {
        let offer = offered(device).await;
        withdrawn(device, &offer, "expired").await;
        device.quiet().await;
    }
}

async fn a_claim_on_one_is_told_the_other(encoding: Encoding) {
    let (_desk, mut ann, mut phone, offer) = scene(encoding).await;
    ann.ok(decline(&offer)).await;
    withdrawn(&mut phone, &offer, "declined").await;
    ann.ok(about("conversation.claim", &offer)).await;
    let told = given(&mut phone).await;
    assert_eq!((&told["id"], &told["assignment"]["cause"]), (&offer["id"], &json!("claimed")));
    for device in [&mut *ann, &mut phone] {
        device.quiet().await;
    }
}

async fn a_transfer_on_one_is_told_the_other(encoding: Encoding) {
    let (desk, mut ann, mut phone, offer) = scene(encoding).await;
    ann.ok(accept(&offer)).await;
    hears_of_the_accept(&mut phone, &offer).await;
    let mut bob = desk.agent("bob").await;
    phone.ok(transfer(&offer, json!({"agent_id": "bob"}))).await;
    released(&mut ann, &offer, "transferred").await;
    bob.recv().await;
    for device in [&mut *ann, &mut phone, &mut *bob] {
        device.quiet().await;
    }
}

async fn a_close_on_one_is_told_the_other(encoding: Encoding) {
    let (_desk, mut ann, mut phone, offer) = scene(encoding).await;
    ann.ok(accept(&offer)).await;
    hears_of_the_accept(&mut phone, &offer).await;
    ann.close(&offer).await;
    assert_eq!(phone.push("conversation.closed").await["conversation_id"], offer["id"]);
    for device in [&mut *ann, &mut phone] {
        device.quiet().await;
    }
}

async fn away_on_one_is_away_on_the_other(encoding: Encoding) {
    let (_desk, mut ann, mut phone, offer) = scene(encoding).await;
    ann.set_availability("away").await;
    let told = each(&mut phone, &["availability.changed", "offer.withdrawn"]).await;
    assert_eq!((&told[0]["availability"], &told[0]["by"]), (&json!("away"), &json!("agent")));
    check_withdrawn(&told[1], &offer, "away");
    phone.refused(accept(&offer), "offer_expired").await;
}

/// The same offer, answered by both devices at the same time, over and over.
async fn at_once(
    encoding: Encoding,
    on_phone: impl Fn(&Value) -> Value,
    judge: impl AsyncFn(&Desk, &Value, [Value; 2]),
) {
    let desk = Desk::offering(encoding).await;
    let mut ann = desk.agent_with("ann", json!({"capacity": 100})).await;
    let mut phone = desk.device(&ann.token).await;
    for _ in 0..20 {
        desk.open().await;
        let offer = offered(&mut ann).await;
        offered(&mut phone).await;
        let answers = join(ann.request(accept(&offer)), phone.request(on_phone(&offer))).await;
        judge(&desk, &offer, answers.into()).await;
        ann.settle().await;
        phone.settle().await;
    }
}

/// Exactly one of two answers is an `ok`; the other one this refusal. Which one won.
fn one_winner(answers: &[Value; 2], refusal: &str) -> usize {
    let won: Vec<usize> = (0..2).filter(|index| answers[*index]["type"] == "ok").collect();
    assert_eq!(won.len(), 1, "{answers:#?}");
    assert_eq!(answers[1 - won[0]]["code"], refusal, "{answers:#?}");
    won[0]
}

async fn both_accept_at_once_and_one_of_them_did(encoding: Encoding) {
    at_once(encoding, accept, async |desk, offer, answers| {
        one_winner(&answers, "offer_expired");
        desk.with(offer, "ann").await;
    })
    .await;
}

async fn one_accepts_while_the_other_declines(encoding: Encoding) {
    at_once(encoding, decline, async |desk, offer, answers| {
        let state = if one_winner(&answers, "offer_expired") == 0 { "assigned" } else { "queued" };
        desk.is(offer, state).await;
    })
    .await;
}
