//! A refused transfer changes nothing: the giver still holds it, and nobody is told anything.

use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk},
    spoken::{given, transfer},
    ws::{Encoding, Ws, in_both},
};

in_both![
    to_one_who_is_full,
    to_one_who_is_full_in_that_department,
    to_one_who_is_away,
    to_one_who_is_absent,
    to_one_who_is_no_member,
    to_one_who_lacks_a_skill,
    to_a_department_where_nobody_is,
    to_a_department_whose_queue_is_full,
    to_an_agent_even_where_the_department_would_reject,
];

/// `ann` holds one, which asks for French, of a visitor.
struct Scene {
    desk: Desk,
    ann: Agent,
    visitor: Ws,
    held: Value,
}

impl Scene {
    async fn set(encoding: Encoding, care: Value) -> Self {
        let desk = Desk::set(encoding, json!({})).await;
        desk.workspace.department_with("care", care).await;
        let french = json!({"skills": ["french"], "department_ids": ["sales", "care"]});
        let mut ann = desk.agent_with("ann", french).await;
        let held = desk.open_with(json!({"skills": ["french"]})).await;
        given(&mut ann).await;
        let visitor = desk.visitor_again(&held["visitor_token"]).await;
        Self { desk, ann, visitor, held }
    }

    /// A colleague in both departments, who would do.
    async fn bob(&self, mut fields: Value) -> Agent {
        fields["skills"] = json!(["french"]);
        if fields.get("department_ids").is_none() {
            fields["department_ids"] = json!(["sales", "care"]);
        }
        self.desk.agent_with("bob", fields).await
    }

    async fn refused(&mut self, to: Value, code: &str) -> String {
        let before = self.desk.now(&self.held).await;
        let error = self.ann.refused(transfer(&self.held, to), code).await;
        let after = self.desk.now(&self.held).await;
        for field in ["revision", "state", "agent", "department_id", "assignment", "history"] {
            assert_eq!(after[field], before[field], "{field}");
        }
        assert_eq!(self.desk.look("ann").await["load"], 1);
        self.ann.quiet().await;
        for said in self.visitor.settle().await {
            assert_eq!(said["type"], "departments.changed", "{said}");
        }
        error["message"].as_str().unwrap().to_lowercase()
    }
}

async fn to_one_who_is_full(encoding: Encoding) {
    let mut scene = Scene::set(encoding, json!({})).await;
    let mut bob = scene.bob(json!({"capacity": 0})).await;
    scene.refused(json!({"agent_id": "bob"}), "at_capacity").await;
    bob.quiet().await;
    scene.desk.workspace.patch("/agents/bob", json!({"capacity": 1})).await;
    scene.ann.ok(transfer(&scene.held, json!({"agent_id": "bob"}))).await;
    given(&mut bob).await;
}

async fn to_one_who_is_full_in_that_department(encoding: Encoding) {
    let mut scene = Scene::set(encoding, json!({"agent_capacity": 0})).await;
    let mut bob = scene.bob(json!({})).await;
    let to = json!({"department_id": "care", "agent_id": "bob"});
    scene.refused(to, "at_capacity").await;
    bob.quiet().await;
}

async fn to_one_who_is_away(encoding: Encoding) {
    let mut scene = Scene::set(encoding, json!({})).await;
    let mut bob = scene.bob(json!({})).await;
    bob.set_availability("away").await;
    let why = scene.refused(json!({"agent_id": "bob"}), "not_eligible").await;
    assert!(why.contains("away"), "{why}");
    bob.quiet().await;
}

async fn to_one_who_is_absent(encoding: Encoding) {
    let mut scene = Scene::set(encoding, json!({})).await;
    scene.bob(json!({})).await.end().await;
    let why = scene.refused(json!({"agent_id": "bob"}), "not_eligible").await;
    assert!(why.contains("absent") || why.contains("not present"), "{why}");
}

async fn to_one_who_is_no_member(encoding: Encoding) {
    let mut scene = Scene::set(encoding, json!({})).await;
    let mut bob = scene.bob(json!({"department_ids": ["sales"]})).await;
    let to = json!({"department_id": "care", "agent_id": "bob"});
    let why = scene.refused(to, "not_eligible").await;
    assert!(why.contains("member"), "{why}");
    bob.quiet().await;
}

async fn to_one_who_lacks_a_skill(encoding: Encoding) {
    let mut scene = Scene::set(encoding, json!({})).await;
    let mut cai = scene.desk.agent("cai").await;
    let why = scene.refused(json!({"agent_id": "cai"}), "not_eligible").await;
    assert!(why.contains("skill"), "{why}");
    cai.quiet().await;
}

async fn to_a_department_where_nobody_is(encoding: Encoding) {
    let mut scene = Scene::set(encoding, json!({"on_unstaffed": "reject"})).await;
    scene.desk.workspace.department_with("night", json!({"on_unstaffed": "reject"})).await;
    scene.refused(json!({"department_id": "night"}), "no_agents_online").await;
}

async fn to_a_department_whose_queue_is_full(encoding: Encoding) {
    let mut scene = Scene::set(encoding, json!({"max_queue": 1})).await;
    let care = json!({"department_id": "care", "skills": ["latin"]});
    assert_eq!(scene.desk.open_with(care).await["position"], 1);
    scene.refused(json!({"department_id": "care"}), "queue_full").await;
    // Whoever takes it at once waits in no line.
    let mut bob = scene.bob(json!({})).await;
    scene.ann.ok(transfer(&scene.held, json!({"department_id": "care"}))).await;
    assert_eq!(given(&mut bob).await["id"], scene.held["id"]);
}

async fn to_an_agent_even_where_the_department_would_reject(encoding: Encoding) {
    let mut scene = Scene::set(encoding, json!({"on_unstaffed": "reject", "max_queue": 0})).await;
    let mut bob = scene.bob(json!({})).await;
    bob.set_availability("away").await;
    let to = json!({"department_id": "care", "agent_id": "bob"});
    scene.refused(to.clone(), "not_eligible").await;
    bob.set_availability("online").await;
    scene.ann.ok(transfer(&scene.held, to)).await;
    assert_eq!(given(&mut bob).await["department_id"], "care");
}
