//! Offers that are taken back: why, who hears of it, and who is asked next.

use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk},
    spoken::{about, accept, check_withdrawn, each, given, offered, withdrawn},
    ws::{Encoding, Ws, in_both},
};

in_both![
    going_away_takes_it_to_the_next,
    a_lost_socket_takes_it_to_the_next,
    a_closed_one_is_no_longer_offered,
    one_that_was_closed_from_outside_is_no_longer_offered,
    a_visitor_who_left_is_no_longer_offered,
    a_removed_agent_is_no_longer_asked,
    a_lost_membership_takes_it_back,
    a_lost_capacity_takes_it_back,
    a_lost_skill_takes_it_back,
    a_lower_agent_capacity_takes_it_back,
    a_claim_takes_it_back,
    an_assignment_takes_it_back,
    a_deleted_department_takes_it_back,
];

/// Offered to `ann`; `bob` would be next.
struct Scene {
    desk: Desk,
    ann: Agent,
    bob: Agent,
    visitor: Ws,
    offer: Value,
}

impl Scene {
    async fn set(encoding: Encoding) -> Self {
        let desk = Desk::offering(encoding).await;
        let (mut ann, bob) = (desk.agent("ann").await, desk.agent("bob").await);
        let mut visitor = desk.visitor().await;
        visitor.open("sales").await;
        let offer = offered(&mut ann).await;
        Self { desk, ann, bob, visitor, offer }
    }

    /// It is bob's turn; ann's answer comes too late.
    async fn bobs(&mut self) {
        let next = offered(&mut self.bob).await;
        assert_eq!(next["id"], self.offer["id"]);
        assert_ne!(next["offer"]["id"], self.offer["offer"]["id"]);
        self.bob.quiet().await;
        self.visitor.quiet().await;
    }
}

async fn going_away_takes_it_to_the_next(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.desk.workspace.set_availability("ann", "away").await;
    let told = each(&mut scene.ann, &["availability.changed", "offer.withdrawn"]).await;
    check_withdrawn(&told[1], &scene.offer, "away");
    scene.bobs().await;
    scene.ann.refused(accept(&scene.offer), "offer_expired").await;
    scene.ann.quiet().await;
}

async fn a_lost_socket_takes_it_to_the_next(encoding: Encoding) {
    let Scene { desk, ann, mut bob, mut visitor, offer } = Scene::set(encoding).await;
    let (token, resume) = (ann.token.clone(), ann.resume());
    drop(ann);
    assert_eq!(offered(&mut bob).await["id"], offer["id"]);
    visitor.quiet().await;
    let mut back = desk.resumed(&token, resume).await;
    assert_eq!(back.welcome["resumed"], true);
    assert_eq!(back.welcome["conversations"], json!([]));
    withdrawn(&mut back, &offer, "lost").await;
    back.quiet().await;
    back.refused(accept(&offer), "offer_expired").await;
}

async fn a_closed_one_is_no_longer_offered(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.visitor.close(&scene.offer).await;
    withdrawn(&mut scene.ann, &scene.offer, "closed").await;
    let late = scene.ann.request(accept(&scene.offer)).await;
    assert_eq!(late["code"], "offer_expired", "{late}");
    assert_eq!(scene.desk.look("ann").await["load"], 0);
    scene.bob.quiet().await;
}

async fn one_that_was_closed_from_outside_is_no_longer_offered(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.desk.root(&scene.offer, "close", json!({})).await.expect(200);
    withdrawn(&mut scene.ann, &scene.offer, "closed").await;
    assert_eq!(scene.visitor.push("conversation.closed").await["by"], "root");
    scene.bob.quiet().await;
}

async fn a_visitor_who_left_is_no_longer_offered(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.visitor.ok(json!({"type": "session.end"})).await;
    withdrawn(&mut scene.ann, &scene.offer, "closed").await;
    scene.desk.is(&scene.offer, "closed").await;
}

async fn a_removed_agent_is_no_longer_asked(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.desk.workspace.root("DELETE", "/agents/ann", Value::Null).await.expect(204);
    scene.ann.expect_close(4503).await;
    scene.bobs().await;
    let history = scene.desk.now(&scene.offer).await["history"].clone();
    let taken_back = history.as_array().unwrap().iter().find(|e| e["type"] == "offer.withdrawn");
    assert_eq!(taken_back.expect("it is told in the history")["agent_id"], "ann");
}

async fn a_lost_membership_takes_it_back(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let path = "/departments/sales/members/ann";
    scene.desk.workspace.root("DELETE", path, Value::Null).await.expect(204);
    let told = each(&mut scene.ann, &["membership.changed", "offer.withdrawn"]).await;
    check_withdrawn(&told[1], &scene.offer, "not_eligible");
    scene.bobs().await;
}

async fn a_lost_capacity_takes_it_back(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.desk.workspace.patch("/agents/ann", json!({"capacity": 0})).await;
    withdrawn(&mut scene.ann, &scene.offer, "not_eligible").await;
    scene.bobs().await;
}

async fn a_lost_skill_takes_it_back(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    let french = json!({"skills": ["french", "tax"]});
    let (mut ann, mut bob) =
        (desk.agent_with("ann", french.clone()).await, desk.agent_with("bob", french).await);
    let opened = desk.open_with(json!({"skills": ["french"]})).await;
    let offer = offered(&mut ann).await;
    desk.workspace.patch("/agents/ann", json!({"skills": ["french"]})).await;
    ann.quiet().await;
    desk.workspace.patch("/agents/ann", json!({"skills": ["tax"]})).await;
    withdrawn(&mut ann, &offer, "not_eligible").await;
    assert_eq!(offered(&mut bob).await["id"], opened["id"]);
}

async fn a_lower_agent_capacity_takes_it_back(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.desk.policy(json!({"agent_capacity": 0})).await;
    withdrawn(&mut scene.ann, &scene.offer, "not_eligible").await;
    scene.bob.quiet().await;
    scene.desk.is(&scene.offer, "queued").await;
}

async fn a_claim_takes_it_back(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let ok = scene.bob.ok(about("conversation.claim", &scene.offer)).await;
    assert_eq!(ok["conversation"]["agent"]["id"], "bob");
    withdrawn(&mut scene.ann, &scene.offer, "claimed").await;
    scene.ann.refused(accept(&scene.offer), "offer_expired").await;
    assert_eq!(given(&mut scene.visitor).await["agent"]["id"], "bob");
    scene.bob.quiet().await;
}

async fn an_assignment_takes_it_back(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let to = json!({"agent_id": "bob"});
    let assigned = scene.desk.root(&scene.offer, "assign", to).await.expect(200).json;
    assert_eq!(assigned["agent"]["id"], "bob");
    withdrawn(&mut scene.ann, &scene.offer, "reassigned").await;
    assert_eq!(given(&mut scene.bob).await["assignment"]["cause"], "assigned");
    assert_eq!(given(&mut scene.visitor).await["agent"]["id"], "bob");
}

async fn a_deleted_department_takes_it_back(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.desk.workspace.root("DELETE", "/departments/sales", Value::Null).await.expect(204);
    let told = each(&mut scene.ann, &["membership.changed", "offer.withdrawn"]).await;
    check_withdrawn(&told[1], &scene.offer, "department_deleted");
    let told = scene.visitor.push("conversation.rejected").await;
    assert_eq!(
        (&told["conversation_id"], &told["reason"]),
        (&scene.offer["id"], &json!("department_deleted"))
    );
    scene.desk.is(&scene.offer, "rejected").await;
}
