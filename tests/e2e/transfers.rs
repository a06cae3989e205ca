//! Transfers over sockets: to a department, to an agent, to an agent in a department.

use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk, LONG},
    spoken::{accept, given, offered, released, transfer},
    ws::{Encoding, Ws, in_both},
};

in_both![
    to_a_department,
    to_an_agent,
    to_an_agent_in_a_department,
    within_its_own_department_another_takes_it,
    where_nobody_else_is_it_queues_and_comes_back_later,
    in_a_department_that_offers_it_is_offered,
    the_comment_is_for_staff,
    whoever_does_not_hold_it_may_not,
    visitors_may_not,
    what_has_ended_is_a_conflict,
    what_is_missing_is_said,
];

/// `ann` holds one, of a visitor; there is a department `care` as well.
struct Scene {
    desk: Desk,
    ann: Agent,
    phone: Ws,
    visitor: Ws,
    held: Value,
}

impl Scene {
    async fn set(encoding: Encoding) -> Self {
        let desk = Desk::set(encoding, json!({"decline_cooldown_ms": LONG})).await;
        desk.workspace.department("care").await;
        let mut ann = desk.agent("ann").await;
        let mut phone = desk.device(&ann.token).await;
        let mut visitor = desk.visitor().await;
        let held = visitor.open("sales").await;
        given(&mut ann).await;
        given(&mut phone).await;
        Self { desk, ann, phone, visitor, held }
    }

    async fn carer(&mut self, id: &str) -> Agent {
        let carer = self.desk.agent_with(id, json!({"department_ids": ["care"]})).await;
        while self.visitor.push("departments.changed").await["departments"]
            .as_array()
            .unwrap()
            .iter()
            .any(|department| department["staffed"] == false)
        {}
        carer
    }

    /// The giver transfers it, and is told that it did.
    async fn transferred(&mut self, to: Value) -> Value {
        let ok = self.ann.ok(transfer(&self.held, to)).await;
        let moved = ok["conversation"].clone();
        assert_eq!(moved["id"], self.held["id"]);
        assert!(moved["revision"].as_u64() > self.held["revision"].as_u64(), "{moved}");
        moved
    }

    /// It is this agent's now, and everybody concerned knows.
    async fn taken(&mut self, by: &mut Agent, department: &str) {
        let told = given(by).await;
        assert_eq!((&told["id"], &told["department_id"]), (&self.held["id"], &json!(department)));
        let assignment = &told["assignment"];
        assert_eq!(assignment["cause"], "transferred", "{told}");
        let whose = (&assignment["by"], &assignment["by_id"]);
        assert_eq!(whose, (&json!("agent"), &json!("ann")));
        released(&mut self.phone, &self.held, "transferred").await;
        let seen = given(&mut self.visitor).await;
        assert_eq!(seen["agent"], json!({"id": by.id, "name": by.id}));
        for ws in [&mut *self.ann, &mut self.phone, &mut self.visitor, &mut **by] {
            ws.quiet().await;
        }
        assert_eq!(self.desk.look("ann").await["load"], 0);
    }
}

async fn to_a_department(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let mut bob = scene.carer("bob").await;
    let moved = scene.transferred(json!({"department_id": "care"})).await;
    assert_eq!((&moved["department_id"], &moved["agent"]["id"]), (&json!("care"), &json!("bob")));
    scene.taken(&mut bob, "care").await;
}

async fn to_an_agent(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let mut bob = scene.desk.agent("bob").await;
    let moved = scene.transferred(json!({"agent_id": "bob"})).await;
    assert_eq!((&moved["department_id"], &moved["agent"]["id"]), (&json!("sales"), &json!("bob")));
    scene.taken(&mut bob, "sales").await;
}

async fn to_an_agent_in_a_department(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let mut bob = scene.carer("bob").await;
    let cai = scene.desk.agent_with("cai", json!({"department_ids": ["care"]})).await;
    scene.transferred(json!({"department_id": "care", "agent_id": "cai"})).await;
    let mut cai = cai;
    scene.taken(&mut cai, "care").await;
    bob.quiet().await;
}

async fn within_its_own_department_another_takes_it(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let mut bob = scene.desk.agent_with("bob", json!({"capacity": 2})).await;
    scene.desk.open().await;
    given(&mut bob).await;
    // By load it would be ann's again: she cools down for it.
    scene.transferred(json!({"department_id": "sales"})).await;
    scene.taken(&mut bob, "sales").await;
}

async fn where_nobody_else_is_it_queues_and_comes_back_later(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.desk.policy(json!({"decline_cooldown_ms": 150})).await;
    let moved = scene.transferred(json!({"department_id": "sales"})).await;
    assert_eq!((&moved["state"], &moved["position"]), (&json!("queued"), &json!(1)));
    assert_eq!((&moved["agent"], &moved["assignment"]), (&Value::Null, &Value::Null));
    released(&mut scene.phone, &scene.held, "transferred").await;
    for device in [&mut *scene.ann, &mut scene.phone] {
        assert_eq!(given(device).await["id"], scene.held["id"], "its turn again");
    }
    assert_eq!(given(&mut scene.visitor).await["agent"]["id"], "ann");
}

async fn in_a_department_that_offers_it_is_offered(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let mut bob = scene.carer("bob").await;
    let policy = json!({"policy": {"offer_timeout_ms": LONG}});
    scene.desk.workspace.patch("/departments/care", policy).await;
    let moved = scene.transferred(json!({"department_id": "care"})).await;
    assert_eq!((&moved["state"], &moved["agent"]), (&json!("offered"), &Value::Null));
    released(&mut scene.phone, &scene.held, "transferred").await;
    let offer = offered(&mut bob).await;
    bob.ok(accept(&offer)).await;
    assert_eq!(given(&mut scene.visitor).await["agent"]["id"], "bob");
    scene.desk.with(&scene.held, "bob").await;
}

async fn the_comment_is_for_staff(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let mut bob = scene.desk.agent("bob").await;
    let comment = "Wants a refund – be kind.";
    let moved = scene.transferred(json!({"agent_id": "bob", "comment": comment})).await;
    assert_eq!(moved["assignment"]["comment"], comment);
    assert_eq!(given(&mut bob).await["assignment"]["comment"], comment);
    let again = scene.desk.device(&bob.token).await;
    assert_eq!(again.welcome["conversations"][0]["assignment"]["comment"], comment);
    let seen = given(&mut scene.visitor).await;
    assert!(!seen.to_string().contains("refund"), "{seen}");
    let device = scene.desk.visitor_again(&scene.visitor.welcome["visitor_token"]).await;
    assert!(!device.welcome.to_string().contains("refund"), "{}", device.welcome);
    let long = "x".repeat(1_001);
    let body = transfer(&scene.held, json!({"agent_id": "ann", "comment": long}));
    bob.refused(body, "bad_message").await;
    bob.ok(transfer(&scene.held, json!({"agent_id": "ann", "comment": "y".repeat(1_000)}))).await;
}

async fn whoever_does_not_hold_it_may_not(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let mut bob = scene.desk.agent("bob").await;
    let mut eve = scene.carer("eve").await;
    let body = transfer(&scene.held, json!({"agent_id": "bob"}));
    bob.refused(body.clone(), "forbidden").await;
    eve.refused(body, "not_found").await;
    let nobodys = transfer(&json!({"id": "cnv_of_nobody"}), json!({"agent_id": "bob"}));
    bob.refused(nobodys, "not_found").await;
    scene.desk.with(&scene.held, "ann").await;
    scene.ann.quiet().await;
}

async fn visitors_may_not(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.desk.agent("bob").await;
    let body = transfer(&scene.held, json!({"agent_id": "bob"}));
    let answer = scene.visitor.request(body).await;
    assert_eq!(answer["type"], "error", "{answer}");
    scene.desk.with(&scene.held, "ann").await;
}

async fn what_has_ended_is_a_conflict(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let _bob = scene.desk.agent("bob").await;
    scene.visitor.close(&scene.held).await;
    scene.ann.push("conversation.closed").await;
    let body = transfer(&scene.held, json!({"agent_id": "bob"}));
    scene.ann.refused(body, "conflict").await;
}

async fn what_is_missing_is_said(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    for (to, code) in [
        (json!({}), "bad_message"),
        (json!({"agent_id": 7}), "bad_message"),
        (json!({"agent_id": "nobody"}), "not_found"),
        (json!({"department_id": "nowhere"}), "not_found"),
        (json!({"department_id": "nowhere", "agent_id": "ann"}), "not_found"),
    ] {
        scene.ann.refused(transfer(&scene.held, to), code).await;
    }
    scene.desk.with(&scene.held, "ann").await;
    scene.visitor.quiet().await;
}
