//! Offers over HTTP, for notification actions that cannot open a socket.

use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk, LONG},
    spoken::{check_withdrawn, each, given, offer_id, offered, withdrawn},
    ws::check_fields,
};

async fn scene() -> (Desk, Agent, Agent, Value) {
    let desk = Desk::json(json!({"offer_timeout_ms": LONG, "decline_cooldown_ms": LONG})).await;
    let (mut ann, bob) = (desk.agent("ann").await, desk.agent("bob").await);
    desk.open().await;
    let offer = offered(&mut ann).await;
    (desk, ann, bob, offer)
}

#[tokio::test]
async fn accepting_answers_with_the_conversation_and_tells_every_device() {
    let (desk, mut ann, mut bob, offer) = scene().await;
    let mut phone = desk.device(&ann.token).await;
    let taken = desk.act(&ann.token, &offer, "accept", offer_id(&offer)).await.expect(200).json;
    assert_eq!((&taken["id"], &taken["state"]), (&offer["id"], &json!("assigned")));
    assert_eq!((&taken["agent"]["id"], &taken["offer"]), (&json!("ann"), &Value::Null));
    assert_eq!(taken["assignment"], json!({"cause": "accepted", "by": "agent", "by_id": "ann"}));
    for device in [&mut *ann, &mut phone] {
        let told = each(device, &["conversation.assigned", "offer.withdrawn"]).await;
        assert_eq!(told[0]["conversation"]["id"], offer["id"]);
        check_withdrawn(&told[1], &offer, "accepted_elsewhere");
        device.quiet().await;
    }
    bob.quiet().await;
}

#[tokio::test]
async fn declining_sends_it_on_and_tells_every_device() {
    let (desk, mut ann, mut bob, offer) = scene().await;
    desk.act(&ann.token, &offer, "decline", offer_id(&offer)).await.expect(200);
    withdrawn(&mut ann, &offer, "declined").await;
    ann.quiet().await;
    let next = offered(&mut bob).await;
    assert_eq!(next["id"], offer["id"]);
    desk.act(&bob.token, &next, "decline", offer_id(&next)).await.expect(200);
    desk.is(&offer, "queued").await;
}

#[tokio::test]
async fn claiming_takes_it_from_whom_it_was_offered_to() {
    let (desk, mut ann, mut bob, offer) = scene().await;
    let taken = desk.act(&bob.token, &offer, "claim", json!({})).await.expect(200).json;
    assert_eq!((&taken["state"], &taken["agent"]["id"]), (&json!("assigned"), &json!("bob")));
    assert_eq!(taken["assignment"], json!({"cause": "claimed", "by": "agent", "by_id": "bob"}));
    withdrawn(&mut ann, &offer, "claimed").await;
    assert_eq!(given(&mut bob).await["id"], offer["id"], "no device of bob's asked");
}

#[tokio::test]
async fn an_ended_offer_is_too_late() {
    let (desk, mut ann, _bob, offer) = scene().await;
    desk.act(&ann.token, &offer, "accept", offer_id(&offer)).await.expect(200);
    for what in ["accept", "decline"] {
        let late = desk.act(&ann.token, &offer, what, offer_id(&offer)).await;
        late.refused(409, "offer_expired");
    }
    desk.with(&offer, "ann").await;

    desk.policy(json!({"offer_timeout_ms": 100})).await;
    ann.settle().await;
    let bob_is_away = desk.workspace.set_availability("bob", "away").await;
    assert_eq!(bob_is_away.json["availability"], "away");
    desk.open().await;
    let offer = offered(&mut ann).await;
    withdrawn(&mut ann, &offer, "expired").await;
    let late = desk.act(&ann.token, &offer, "accept", offer_id(&offer)).await;
    late.refused(409, "offer_expired");
    desk.is(&offer, "queued").await;
}

#[tokio::test]
async fn another_agents_offer_is_not_ones_own() {
    let (desk, mut ann, bob, offer) = scene().await;
    desk.workspace.department("care").await;
    let eve = desk.agent_with("eve", json!({"department_ids": ["care"]})).await;
    let boss = desk.workspace.admin("boss").await;
    for what in ["accept", "decline"] {
        let call = async |bearer: &str| desk.act(bearer, &offer, what, offer_id(&offer)).await;
        call(&bob.token).await.refused(403, "forbidden");
        call(&eve.token).await.refused(404, "not_found");
        call(&boss).await.refused(403, "forbidden");
        call(&desk.server.root).await.refused(403, "forbidden");
        call("").await.refused(401, "unauthenticated");
        call(&desk.workspace.site_key).await.refused(401, "unauthenticated");
    }
    let claimed = desk.root(&offer, "claim", json!({})).await;
    claimed.refused(403, "forbidden");
    ann.quiet().await;
    let now = desk.now(&offer).await;
    assert_eq!((&now["state"], &now["revision"]), (&json!("offered"), &offer["revision"]));
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_what_is_not_said_is_bad() {
    let (desk, ann, _bob, offer) = scene().await;
    let nobodys = json!({"id": "cnv_of_nobody"});
    for what in ["accept", "decline"] {
        let reply = desk.act(&ann.token, &nobodys, what, offer_id(&offer)).await;
        reply.refused(404, "not_found");
        let reply = desk.act(&ann.token, &offer, what, json!({})).await;
        reply.refused(400, "bad_request");
        let reply = desk.act(&ann.token, &offer, what, json!({"offer_id": 7})).await;
        reply.refused(400, "bad_request");
    }
    let reply = desk.act(&ann.token, &nobodys, "claim", json!({})).await;
    reply.refused(404, "not_found");
    desk.is(&offer, "offered").await;
}

#[tokio::test]
async fn a_retried_accept_under_one_key_is_answered_as_the_first() {
    let (desk, ann, _bob, offer) = scene().await;
    let path =
        desk.workspace.path(&format!("/conversations/{}/accept", offer["id"].as_str().unwrap()));
    let key = [("idempotency-key", "tap-1"), ("content-type", "application/json")];
    let tap = async || {
        let body = offer_id(&offer).to_string();
        desk.workspace.http.send("POST", &path, &ann.token, &key, body).await
    };
    let first = tap().await.expect(200);
    assert_eq!(tap().await.expect(200).text, first.text);
}

#[tokio::test]
async fn back_ends_and_admins_see_the_offer_and_agents_see_it_over_http() {
    let (desk, ann, _bob, offer) = scene().await;
    for bearer in [&desk.server.root, &ann.token] {
        let path = format!("/conversations/{}", offer["id"].as_str().unwrap());
        let seen = desk.workspace.call("GET", &path, bearer, Value::Null).await.expect(200).json;
        check_fields(&seen["offer"], &["id", "agent_id", "expires_at", "expires_in_ms"]);
        assert_eq!(seen["offer"]["id"], offer["offer"]["id"]);
        assert_eq!(seen["position"], 1);
    }
    let listed = desk.workspace.get("/conversations?state=offered").await;
    assert_eq!(listed.ids(), [offer["id"].as_str().unwrap()]);
}
