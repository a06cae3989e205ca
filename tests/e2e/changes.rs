//! People and departments change while conversations are open: nothing is orphaned, and everybody
//! concerned is told.

use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk, LONG},
    spoken::{about, accept, check_withdrawn, each, given, offered, transfer, withdrawn},
    ws::{Encoding, Ws, in_both},
};

in_both![
    a_removed_agents_conversations_stand_where_they_stood,
    a_removed_agents_offer_goes_on,
    a_lost_membership_takes_nothing_away,
    a_lost_capacity_takes_nothing_away,
    a_lost_skill_takes_nothing_away,
    the_last_member_lost_those_who_wait_wait_on,
    a_deleted_department_leaves_the_assigned_to_their_agents,
    a_deleted_department_hands_its_offers_to_the_fallback,
    a_deleted_fallback_is_none,
    a_department_that_begins_to_offer_or_no_longer_does,
    a_promoted_agent_goes_on,
];

/// `ann` holds one, of a visitor.
async fn holding(encoding: Encoding) -> (Desk, Agent, Ws, Value) {
    let desk = Desk::set(encoding, json!({})).await;
    let mut ann = desk.agent_with("ann", json!({"skills": ["french"]})).await;
    let mut visitor = desk.visitor().await;
    let held = visitor.open("sales").await;
    given(&mut ann).await;
    (desk, ann, visitor, held)
}

async fn delete(desk: &Desk, path: &str) {
    desk.workspace.root("DELETE", path, Value::Null).await.expect(204);
}

async fn a_removed_agents_conversations_stand_where_they_stood(encoding: Encoding) {
    let (desk, mut ann, mut visitor, held) = holding(encoding).await;
    desk.workspace.patch("/agents/ann", json!({"capacity": 1})).await;
    let behind = desk.open().await;
    assert_eq!(behind["position"], 1);
    delete(&desk, "/agents/ann").await;
    ann.expect_close(4503).await;
    let told = visitor.push("conversation.queued").await;
    assert_eq!((&told["conversation_id"], &told["position"]), (&held["id"], &json!(1)));
    assert_eq!(desk.now(&behind).await["position"], 2);
    let now = desk.now(&held).await;
    assert_eq!((&now["agent"], &now["assignment"]), (&Value::Null, &Value::Null));
    let mut bob = desk.agent("bob").await;
    let taken = given(&mut bob).await;
    assert_eq!((&taken["id"], &taken["assignment"]["cause"]), (&held["id"], &json!("requeued")));
    assert_eq!(given(&mut visitor).await["agent"]["id"], "bob");
}

async fn a_removed_agents_offer_goes_on(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    let (mut ann, mut bob) = (desk.agent("ann").await, desk.agent("bob").await);
    let opened = desk.open().await;
    offered(&mut ann).await;
    delete(&desk, "/agents/ann").await;
    assert_eq!(offered(&mut bob).await["id"], opened["id"]);
    delete(&desk, "/agents/bob").await;
    desk.is(&opened, "queued").await;
}

async fn a_lost_membership_takes_nothing_away(encoding: Encoding) {
    let (desk, mut ann, mut visitor, held) = holding(encoding).await;
    delete(&desk, "/departments/sales/members/ann").await;
    assert_eq!(ann.push("membership.changed").await["department_ids"], json!([]));
    desk.with(&held, "ann").await;
    assert_eq!(desk.open().await["state"], "queued", "but nothing new comes");
    ann.quiet().await;
    for said in visitor.settle().await {
        assert_eq!(said["type"], "departments.changed", "{said}");
    }
    let seen = desk.device(&ann.token).await;
    assert_eq!(seen.welcome["conversations"][0]["id"], held["id"]);
    ann.close(&held).await;
}

async fn a_lost_capacity_takes_nothing_away(encoding: Encoding) {
    let (desk, mut ann, mut visitor, held) = holding(encoding).await;
    let second = desk.open().await;
    given(&mut ann).await;
    desk.workspace.patch("/agents/ann", json!({"capacity": 1})).await;
    desk.policy(json!({"agent_capacity": 0})).await;
    desk.with(&held, "ann").await;
    desk.with(&second, "ann").await;
    ann.quiet().await;
    visitor.quiet().await;
    let waits = desk.open().await;
    assert_eq!(waits["state"], "queued");
    ann.close(&second).await;
    desk.is(&waits, "queued").await;
    desk.policy(json!({"agent_capacity": null})).await;
    desk.is(&waits, "queued").await;
    desk.workspace.patch("/agents/ann", json!({"capacity": 2})).await;
    assert_eq!(given(&mut ann).await["id"], waits["id"]);
}

async fn a_lost_skill_takes_nothing_away(encoding: Encoding) {
    let (desk, mut ann, _visitor, _held) = holding(encoding).await;
    let french = desk.open_with(json!({"skills": ["french"]})).await;
    given(&mut ann).await;
    desk.workspace.patch("/agents/ann", json!({"skills": []})).await;
    desk.with(&french, "ann").await;
    ann.quiet().await;
    let waits = desk.open_with(json!({"skills": ["french"]})).await;
    assert_eq!(waits["state"], "queued");
    desk.workspace.patch("/agents/ann", json!({"skills": ["french"]})).await;
    assert_eq!(given(&mut ann).await["id"], waits["id"]);
}

async fn the_last_member_lost_those_who_wait_wait_on(encoding: Encoding) {
    let (desk, mut ann, _visitor, held) = holding(encoding).await;
    desk.workspace.patch("/agents/ann", json!({"capacity": 1})).await;
    let waits = desk.open().await;
    desk.policy(json!({"on_unstaffed": "reject"})).await;
    delete(&desk, "/departments/sales/members/ann").await;
    desk.is(&waits, "queued").await;
    desk.workspace.root("PUT", "/departments/sales/members/ann", Value::Null).await.expect(204);
    ann.push("membership.changed").await;
    ann.push("membership.changed").await;
    ann.close(&held).await;
    assert_eq!(given(&mut ann).await["id"], waits["id"]);
}

async fn a_deleted_department_leaves_the_assigned_to_their_agents(encoding: Encoding) {
    let (desk, mut ann, mut visitor, held) = holding(encoding).await;
    desk.workspace.department("care").await;
    let mut cai = desk.agent_with("cai", json!({"department_ids": ["care"]})).await;
    delete(&desk, "/departments/sales").await;
    assert_eq!(ann.push("membership.changed").await["department_ids"], json!([]));
    desk.with(&held, "ann").await;
    ann.quiet().await;
    for said in visitor.settle().await {
        assert_eq!(said["type"], "departments.changed", "{said}");
    }
    ann.ok(transfer(&held, json!({"department_id": "care"}))).await;
    assert_eq!(given(&mut cai).await["id"], held["id"]);
    assert_eq!(given(&mut visitor).await["agent"]["id"], "cai");
    cai.close(&held).await;
}

async fn a_deleted_department_hands_its_offers_to_the_fallback(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    desk.workspace.department("care").await;
    desk.policy(json!({"fallback_department_id": "care"})).await;
    let mut ann = desk.agent("ann").await;
    let mut visitor = desk.visitor().await;
    let opened = visitor.open("sales").await;
    let offer = offered(&mut ann).await;
    delete(&desk, "/departments/sales").await;
    let told = each(&mut ann, &["membership.changed", "offer.withdrawn"]).await;
    check_withdrawn(&told[1], &offer, "department_deleted");
    let now = desk.now(&opened).await;
    assert_eq!((&now["state"], &now["department_id"]), (&json!("queued"), &json!("care")));
    let mut cai = desk.agent_with("cai", json!({"department_ids": ["care"]})).await;
    assert_eq!(given(&mut cai).await["id"], opened["id"]);
    assert_eq!(given(&mut visitor).await["agent"]["id"], "cai");
    ann.refused(accept(&offer), "not_found").await;
}

async fn a_deleted_fallback_is_none(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({"max_wait_ms": 200})).await;
    desk.workspace.department("care").await;
    desk.policy(json!({"fallback_department_id": "care"})).await;
    delete(&desk, "/departments/care").await;
    let mut visitor = desk.visitor().await;
    visitor.open("sales").await;
    assert_eq!(visitor.push("conversation.rejected").await["reason"], "max_wait");
}

async fn a_department_that_begins_to_offer_or_no_longer_does(encoding: Encoding) {
    let (desk, mut ann, _visitor, held) = holding(encoding).await;
    desk.policy(json!({"offer_timeout_ms": LONG})).await;
    desk.with(&held, "ann").await;
    let second = desk.open().await;
    let offer = offered(&mut ann).await;
    desk.policy(json!({"offer_timeout_ms": null})).await;
    assert_eq!(desk.open().await["state"], "assigned");
    given(&mut ann).await;
    // What was offered is still hers to answer.
    let now = desk.now(&second).await;
    if now["state"] == "offered" {
        ann.ok(accept(&offer)).await;
    } else {
        withdrawn(&mut ann, &offer, "not_eligible").await;
    }
}

async fn a_promoted_agent_goes_on(encoding: Encoding) {
    let (desk, mut ann, _visitor, held) = holding(encoding).await;
    desk.workspace.patch("/agents/ann", json!({"role": "admin"})).await;
    desk.with(&held, "ann").await;
    let mut bob = desk.agent("bob").await;
    let taken = desk.open().await;
    assert_eq!(given(&mut bob).await["id"], taken["id"]);
    ann.ok(transfer(&taken, json!({"agent_id": "ann"}))).await;
    desk.workspace.admin("boss").await;
    desk.workspace.patch("/agents/ann", json!({"role": "agent"})).await;
    ann.close(&taken).await;
    bob.refused(about("conversation.reopen", &taken), "forbidden").await;
}
