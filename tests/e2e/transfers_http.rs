//! Transfers over HTTP: by the holder and by admins, with and without force.

use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk, LONG},
    spoken::{given, released},
};

/// `ann` holds one.
async fn scene() -> (Desk, Agent, Value) {
    let desk = Desk::json(json!({"decline_cooldown_ms": LONG})).await;
    desk.workspace.department("care").await;
    let mut ann = desk.agent("ann").await;
    let held = desk.open().await;
    given(&mut ann).await;
    (desk, ann, held)
}

fn to(agent: &str) -> Value {
    json!({"agent_id": agent})
}

#[tokio::test]
async fn the_holder_gives_it_away() {
    let (desk, mut ann, held) = scene().await;
    let mut bob = desk.agent("bob").await;
    let body = json!({"agent_id": "bob", "comment": "yours"});
    let moved = desk.act(&ann.token, &held, "transfer", body).await.expect(200).json;
    let expected =
        json!({"cause": "transferred", "by": "agent", "by_id": "ann", "comment": "yours"});
    assert_eq!((&moved["agent"]["id"], &moved["assignment"]), (&json!("bob"), &expected));
    released(&mut ann, &held, "transferred").await;
    assert_eq!(given(&mut bob).await["id"], held["id"]);
}

#[tokio::test]
async fn an_admin_gives_any_away() {
    let (desk, mut ann, held) = scene().await;
    let mut bob = desk.agent("bob").await;
    let boss = desk.workspace.admin("boss").await;
    let moved = desk.act(&boss, &held, "transfer", to("bob")).await.expect(200).json;
    let expected = json!({"cause": "transferred", "by": "admin", "by_id": "boss"});
    assert_eq!(moved["assignment"], expected);
    released(&mut ann, &held, "transferred").await;
    given(&mut bob).await;
    let moved = desk.root(&held, "transfer", to("ann")).await.expect(200).json;
    assert_eq!(moved["assignment"]["by"], "root");
    released(&mut bob, &held, "transferred").await;
    given(&mut ann).await;
}

#[tokio::test]
async fn an_admin_moves_what_waits_to_another_department() {
    let (desk, mut ann, _held) = scene().await;
    ann.set_availability("away").await;
    let waits = desk.open().await;
    let care = json!({"department_id": "care"});
    let moved = desk.root(&waits, "transfer", care.clone()).await.expect(200).json;
    assert_eq!((&moved["state"], &moved["department_id"]), (&json!("queued"), &json!("care")));
    assert_eq!(moved["position"], 1);
    let mut cai = desk.agent_with("cai", json!({"department_ids": ["care"]})).await;
    assert_eq!(given(&mut cai).await["id"], waits["id"]);
    let waits = desk.open().await;
    let moved = desk.root(&waits, "transfer", care).await.expect(200).json;
    assert_eq!(moved["agent"]["id"], "cai");
}

#[tokio::test]
async fn others_may_not() {
    let (desk, ann, held) = scene().await;
    let bob = desk.agent("bob").await;
    let eve = desk.agent_with("eve", json!({"department_ids": ["care"]})).await;
    let call = async |bearer: &str| desk.act(bearer, &held, "transfer", to("bob")).await;
    call(&bob.token).await.refused(403, "forbidden");
    call(&eve.token).await.refused(404, "not_found");
    call("").await.refused(401, "unauthenticated");
    call(held["visitor_token"].as_str().unwrap()).await.refused(401, "unauthenticated");
    desk.with(&held, &ann.id).await;
    let nobodys = json!({"id": "cnv_of_nobody"});
    desk.root(&nobodys, "transfer", to("bob")).await.refused(404, "not_found");
}

#[tokio::test]
async fn every_refusal_has_its_code_and_changes_nothing() {
    let (desk, ann, held) = scene().await;
    let _full = desk.agent_with("full", json!({"capacity": 0})).await;
    let _away = desk.away("away", json!({})).await;
    let _eve = desk.agent_with("eve", json!({"department_ids": ["care"]})).await;
    desk.workspace.agent("absent", &["sales"]).await;
    desk.workspace.set_availability("absent", "online").await;
    desk.workspace.department_with("night", json!({"on_unstaffed": "reject"})).await;
    desk.workspace.department_with("tiny", json!({"max_queue": 0})).await;
    let before = desk.now(&held).await;
    for (body, status, code) in [
        (to("full"), 409, "at_capacity"),
        (to("away"), 409, "not_eligible"),
        (to("absent"), 409, "not_eligible"),
        (to("eve"), 409, "not_eligible"),
        (to("nobody"), 404, "not_found"),
        (json!({"department_id": "night"}), 409, "no_agents_online"),
        (json!({"department_id": "tiny"}), 409, "queue_full"),
        (json!({"department_id": "nowhere"}), 404, "not_found"),
        (json!({}), 400, "bad_request"),
        (json!({"agent_id": "full", "comment": "x".repeat(1_001)}), 400, "bad_request"),
    ] {
        for bearer in [&ann.token, &desk.server.root] {
            let reply = desk.act(bearer, &held, "transfer", body.clone()).await;
            reply.refused(status, code);
        }
    }
    assert_eq!(desk.now(&held).await, before);
}

#[tokio::test]
async fn force_passes_capacity_and_nothing_else() {
    let (desk, ann, held) = scene().await;
    let mut full = desk.agent_with("full", json!({"capacity": 0})).await;
    let away = desk.away("away", json!({})).await;
    let forced = |agent: &str| json!({"agent_id": agent, "force": true});
    let by_agent = desk.act(&ann.token, &held, "transfer", forced("full")).await;
    by_agent.refused(403, "forbidden");
    let boss = desk.workspace.admin("boss").await;
    let to_away = desk.act(&boss, &held, "transfer", forced("away")).await;
    to_away.refused(409, "not_eligible");
    away.end().await;
    desk.workspace.set_availability("away", "online").await;
    let to_absent = desk.act(&boss, &held, "transfer", forced("away")).await;
    to_absent.refused(409, "not_eligible");
    let moved = desk.act(&boss, &held, "transfer", forced("full")).await.expect(200).json;
    assert_eq!(moved["agent"]["id"], "full");
    given(&mut full).await;
    let look = desk.look("full").await;
    assert_eq!((&look["load"], &look["routable"]), (&json!(1), &json!(false)));
}

#[tokio::test]
async fn what_has_ended_is_a_conflict() {
    let (desk, ann, held) = scene().await;
    let _bob = desk.agent("bob").await;
    desk.root(&held, "close", json!({})).await.expect(200);
    for bearer in [&ann.token, &desk.server.root] {
        desk.act(bearer, &held, "transfer", to("bob")).await.refused(409, "conflict");
    }
    desk.workspace.department_with("night", json!({"on_unstaffed": "reject"})).await;
    let rejected = desk.open_with(json!({"department_id": "night"})).await;
    assert_eq!(rejected["state"], "rejected");
    desk.root(&rejected, "transfer", to("bob")).await.refused(409, "conflict");
}
