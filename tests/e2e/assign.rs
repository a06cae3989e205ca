//! `POST …/assign`: an admin says who has it.

use serde_json::{Value, json};

use crate::{
    desk::{Desk, LONG},
    spoken::{accept, given, offered, released, withdrawn},
};

fn to(agent: &str) -> Value {
    json!({"agent_id": agent})
}

/// Where nothing is assigned by itself: offers are declined for good.
async fn scene() -> Desk {
    Desk::json(json!({"offer_timeout_ms": LONG, "decline_cooldown_ms": LONG})).await
}

#[tokio::test]
async fn what_waits_is_assigned() {
    let desk = scene().await;
    let waits = desk.open().await;
    let mut visitor = desk.visitor_again(&waits["visitor_token"]).await;
    visitor.settle().await;
    desk.workspace.department("care").await;
    let mut ann = desk.agent_with("ann", json!({"capacity": 0})).await;
    let boss = desk.workspace.admin("boss").await;
    desk.act(&boss, &waits, "assign", to("ann")).await.refused(409, "at_capacity");
    let force = json!({"agent_id": "ann", "force": true});
    let assigned = desk.act(&boss, &waits, "assign", force).await.expect(200).json;
    assert_eq!((&assigned["state"], &assigned["agent"]["id"]), (&json!("assigned"), &json!("ann")));
    let expected = json!({"cause": "assigned", "by": "admin", "by_id": "boss"});
    assert_eq!(assigned["assignment"], expected);
    assert_eq!(given(&mut ann).await["revision"], assigned["revision"]);
    assert_eq!(given(&mut visitor).await["agent"], json!({"id": "ann", "name": "ann"}));
}

#[tokio::test]
async fn what_is_offered_is_assigned_to_another_or_to_the_one_asked() {
    let desk = scene().await;
    let (mut ann, mut bob) = (desk.agent("ann").await, desk.agent("bob").await);
    let opened = desk.open().await;
    let offer = offered(&mut ann).await;
    desk.root(&opened, "assign", to("bob")).await.expect(200);
    withdrawn(&mut ann, &offer, "reassigned").await;
    assert_eq!(given(&mut bob).await["id"], opened["id"]);
    ann.refused(accept(&offer), "offer_expired").await;

    let opened = desk.open().await;
    let offer = offered(&mut ann).await;
    desk.root(&opened, "assign", to("ann")).await.expect(200);
    desk.with(&opened, "ann").await;
    ann.refused(accept(&offer), "offer_expired").await;
    let kinds: Vec<Value> = ann.settle().await.iter().map(|push| push["type"].clone()).collect();
    assert!(kinds.contains(&json!("conversation.assigned")), "{kinds:?}");
    assert_eq!(desk.look("ann").await["load"], 1);
}

#[tokio::test]
async fn what_somebody_has_is_reassigned() {
    let desk = Desk::json(json!({})).await;
    let (mut ann, mut bob) = (desk.agent("ann").await, desk.agent("bob").await);
    let held = desk.open().await;
    given(&mut ann).await;
    let mut visitor = desk.visitor_again(&held["visitor_token"]).await;
    desk.root(&held, "assign", to("bob")).await.expect(200);
    released(&mut ann, &held, "reassigned").await;
    assert_eq!(given(&mut bob).await["assignment"], json!({"cause": "assigned", "by": "root"}));
    assert_eq!(given(&mut visitor).await["agent"]["id"], "bob");
    let loads = (desk.look("ann").await["load"].clone(), desk.look("bob").await["load"].clone());
    assert_eq!(loads, (json!(0), json!(1)));
}

#[tokio::test]
async fn an_assignment_frees_room_for_the_next_at_once() {
    let desk = Desk::json(json!({})).await;
    let mut ann = desk.agent_with("ann", json!({"capacity": 1})).await;
    let held = desk.open().await;
    given(&mut ann).await;
    let waits = desk.open().await;
    let mut bob = desk.agent_with("bob", json!({"capacity": 1, "skills": ["french"]})).await;
    assert_eq!(given(&mut bob).await["id"], waits["id"]);
    let next = desk.open().await;
    assert_eq!(next["state"], "queued");
    let force = json!({"agent_id": "bob", "force": true});
    desk.root(&held, "assign", force).await.expect(200);
    released(&mut ann, &held, "reassigned").await;
    assert_eq!(given(&mut ann).await["id"], next["id"]);
    assert_eq!(given(&mut bob).await["id"], held["id"]);
    assert_eq!(desk.look("bob").await["load"], 2, "over its capacity by force");
}

#[tokio::test]
async fn assigned_to_who_has_it_already_nothing_changes() {
    let desk = Desk::json(json!({})).await;
    let mut ann = desk.agent("ann").await;
    let held = desk.open().await;
    given(&mut ann).await;
    let again = desk.root(&held, "assign", to("ann")).await.expect(200).json;
    assert_eq!(again["agent"]["id"], "ann");
    ann.quiet().await;
    assert_eq!(desk.look("ann").await["load"], 1);
}

#[tokio::test]
async fn only_who_is_eligible_force_or_not() {
    let desk = Desk::json(json!({})).await;
    desk.workspace.department("care").await;
    let waits = desk.open_with(json!({"skills": ["french"]})).await;
    let french = json!({"skills": ["french"]});
    let _away = desk.away("away", french.clone()).await;
    let _plain = desk.agent("plain").await;
    let fields = json!({"skills": ["french"], "department_ids": ["care"]});
    let _eve = desk.agent_with("eve", fields).await;
    desk.workspace
        .agent_with("absent", json!({"department_ids": ["sales"], "skills": ["french"]}))
        .await;
    desk.workspace.set_availability("absent", "online").await;
    let before = desk.now(&waits).await;
    for force in [false, true] {
        for (agent, why) in
            [("away", "away"), ("plain", "skill"), ("eve", "member"), ("absent", "absent")]
        {
            let body = json!({"agent_id": agent, "force": force});
            let refused = desk.root(&waits, "assign", body).await.refused(409, "not_eligible");
            let detail = refused.text_of("detail").to_lowercase();
            assert!(detail.contains(why), "{agent}: {detail}");
        }
        let body = json!({"agent_id": "nobody", "force": force});
        desk.root(&waits, "assign", body).await.refused(404, "not_found");
    }
    let after = desk.now(&waits).await;
    for field in ["revision", "state", "agent", "history"] {
        assert_eq!(after[field], before[field], "{field}");
    }
}

#[tokio::test]
async fn force_passes_the_departments_cap_as_well() {
    let desk = Desk::json(json!({"agent_capacity": 0})).await;
    let mut ann = desk.agent("ann").await;
    let waits = desk.open().await;
    desk.root(&waits, "assign", to("ann")).await.refused(409, "at_capacity");
    let force = json!({"agent_id": "ann", "force": true});
    desk.root(&waits, "assign", force).await.expect(200);
    given(&mut ann).await;
}

#[tokio::test]
async fn what_has_ended_is_a_conflict_and_agents_may_not() {
    let desk = Desk::json(json!({})).await;
    let mut ann = desk.agent("ann").await;
    let held = desk.open().await;
    given(&mut ann).await;
    desk.act(&ann.token, &held, "assign", to("ann")).await.refused(403, "forbidden");
    desk.workspace.department("care").await;
    let eve = desk.agent_with("eve", json!({"department_ids": ["care"]})).await;
    let refused = desk.act(&eve.token, &held, "assign", to("eve")).await;
    assert!(matches!(refused.status, 403 | 404), "{}", refused.text);
    desk.root(&held, "close", json!({})).await.expect(200);
    desk.root(&held, "assign", to("ann")).await.refused(409, "conflict");
    desk.root(&held, "assign", json!({})).await.refused(400, "bad_request");
    let nobodys = json!({"id": "cnv_of_nobody"});
    desk.root(&nobodys, "assign", to("ann")).await.refused(404, "not_found");
}
