//! Reopening: the same conversation goes on, with who held it last if that one can take it.

use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk},
    spoken::{about, given, offered},
    ws::{Encoding, Ws, in_both},
};

in_both![
    by_its_visitor,
    by_who_held_it_last,
    by_an_admin,
    by_nobody_else,
    it_goes_to_who_held_it_last_however_busy,
    it_goes_to_another_where_that_one_is_away_absent_or_full,
    it_waits_at_the_end_where_nobody_is,
    a_department_that_offers_offers_it_to_who_held_it_last,
    an_open_one_is_a_conflict,
    a_rejected_one_is_reopened_too,
];

/// `ann` held one, of a visitor who has closed it.
struct Scene {
    desk: Desk,
    ann: Agent,
    visitor: Ws,
    closed: Value,
}

impl Scene {
    async fn set(encoding: Encoding) -> Self {
        let desk = Desk::set(encoding, json!({})).await;
        let mut ann = desk.agent("ann").await;
        let mut visitor = desk.visitor().await;
        let held = visitor.open("sales").await;
        given(&mut ann).await;
        let closed = visitor.close(&held).await;
        ann.push("conversation.closed").await;
        Self { desk, ann, visitor, closed }
    }

    fn body(&self) -> Value {
        about("conversation.reopen", &self.closed)
    }

    /// The same one, with this agent again.
    async fn goes_on(&self, reopened: &Value, agent: &str) {
        assert_eq!((&reopened["id"], &reopened["state"]), (&self.closed["id"], &json!("assigned")));
        assert_eq!(reopened["agent"]["id"], agent);
        assert!(reopened["revision"].as_u64() > self.closed["revision"].as_u64(), "{reopened}");
        assert_eq!((&reopened["closed_at"], &reopened["reason"]), (&Value::Null, &Value::Null));
        assert_eq!(reopened["opened_at"], self.closed["opened_at"]);
        let listed = self.desk.workspace.get("/conversations").await.ids();
        assert_eq!(listed, [reopened["id"].as_str().unwrap()], "listed once");
        let kinds = self.desk.kinds(reopened).await;
        let at = |kind: &str| kinds.iter().position(|seen| seen == kind);
        assert_eq!(at("conversation.opened"), Some(0), "{kinds:?}");
        assert!(at("conversation.closed") < at("conversation.reopened"), "{kinds:?}");
        assert!(at("conversation.closed").is_some(), "the history goes on: {kinds:?}");
        self.desk.with(reopened, agent).await;
    }
}

async fn by_its_visitor(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let mut device = scene.desk.visitor_again(&scene.visitor.welcome["visitor_token"]).await;
    let last = &device.welcome["conversations"][0];
    assert_eq!((&last["id"], &last["state"]), (&scene.closed["id"], &json!("closed")));
    let ok = scene.visitor.ok(scene.body()).await;
    scene.goes_on(&ok["conversation"], "ann").await;
    assert_eq!(given(&mut scene.ann).await["assignment"]["cause"], "reopened");
    assert_eq!(device.push("conversation.opened").await["conversation"]["id"], scene.closed["id"]);
    scene.visitor.quiet().await;
    // And again, as often as it may open.
    for _ in 0..3 {
        scene.visitor.close(&scene.closed).await;
        let ok = scene.visitor.ok(scene.body()).await;
        scene.goes_on(&ok["conversation"], "ann").await;
    }
}

async fn by_who_held_it_last(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let body = scene.body();
    let ok = scene.ann.ok(body).await;
    scene.goes_on(&ok["conversation"], "ann").await;
    scene.ann.quiet().await;
    let told = scene.visitor.push("conversation.opened").await;
    assert_eq!(told["conversation"]["id"], scene.closed["id"]);
    scene.ann.close(&scene.closed).await;
    let reopened = scene.desk.act(&scene.ann.token, &scene.closed, "reopen", json!({})).await;
    scene.goes_on(&reopened.expect(200).json, "ann").await;
}

async fn by_an_admin(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let boss = scene.desk.workspace.admin("boss").await;
    let reopened = scene.desk.act(&boss, &scene.closed, "reopen", json!({})).await.expect(200).json;
    scene.goes_on(&reopened, "ann").await;
    given(&mut scene.ann).await;
    let mut boss = scene.desk.device(&boss).await;
    scene.ann.close(&scene.closed).await;
    boss.ok(scene.body()).await;
    given(&mut scene.ann).await;
    scene.ann.close(&scene.closed).await;
    scene.desk.root(&scene.closed, "reopen", json!({})).await.expect(200);
    let history = scene.desk.now(&scene.closed).await["history"].clone();
    let by: Vec<&str> = history
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["type"] == "conversation.reopened")
        .map(|event| event["by"].as_str().unwrap())
        .collect();
    assert_eq!(by, ["admin", "admin", "root"]);
}

async fn by_nobody_else(encoding: Encoding) {
    let scene = Scene::set(encoding).await;
    scene.desk.workspace.department("care").await;
    let mut bob = scene.desk.agent("bob").await;
    let mut eve = scene.desk.agent_with("eve", json!({"department_ids": ["care"]})).await;
    bob.refused(scene.body(), "forbidden").await;
    eve.refused(scene.body(), "not_found").await;
    scene.desk.visitor().await.refused(scene.body(), "not_found").await;
    let reopen =
        async |bearer: &str| scene.desk.act(bearer, &scene.closed, "reopen", json!({})).await;
    reopen(&bob.token).await.refused(403, "forbidden");
    reopen(&eve.token).await.refused(404, "not_found");
    reopen("").await.refused(401, "unauthenticated");
    let now = scene.desk.now(&scene.closed).await;
    assert_eq!((&now["state"], &now["revision"]), (&json!("closed"), &scene.closed["revision"]));
}

async fn it_goes_to_who_held_it_last_however_busy(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    for _ in 0..3 {
        scene.desk.open().await;
        given(&mut scene.ann).await;
    }
    let mut bob = scene.desk.agent("bob").await;
    let ok = scene.visitor.ok(scene.body()).await;
    assert_eq!(ok["conversation"]["agent"]["id"], "ann");
    bob.quiet().await;
}

async fn it_goes_to_another_where_that_one_is_away_absent_or_full(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let mut bob = scene.desk.agent("bob").await;
    scene.ann.set_availability("away").await;
    let ok = scene.visitor.ok(scene.body()).await;
    assert_eq!(ok["conversation"]["agent"]["id"], "bob", "never to somebody away");
    assert_eq!(given(&mut bob).await["id"], scene.closed["id"]);

    // Bob held it last now.
    scene.visitor.close(&scene.closed).await;
    scene.desk.workspace.patch("/agents/bob", json!({"capacity": 0})).await;
    scene.ann.set_availability("online").await;
    let ok = scene.visitor.ok(scene.body()).await;
    assert_eq!(ok["conversation"]["agent"]["id"], "ann", "never to somebody full");
    given(&mut scene.ann).await;

    scene.visitor.close(&scene.closed).await;
    scene.desk.workspace.patch("/agents/bob", json!({"capacity": 1})).await;
    scene.ann.end().await;
    let ok = scene.visitor.ok(about("conversation.reopen", &scene.closed)).await;
    assert_eq!(ok["conversation"]["agent"]["id"], "bob", "never to somebody absent");
}

async fn it_waits_at_the_end_where_nobody_is(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.ann.set_availability("away").await;
    let first = scene.desk.open().await;
    let ok = scene.visitor.ok(scene.body()).await;
    let waits = &ok["conversation"];
    assert_eq!((&waits["state"], &waits["position"]), (&json!("queued"), &json!(2)));
    assert_eq!((&waits["agent"], &waits["id"]), (&Value::Null, &scene.closed["id"]));
    scene.ann.set_availability("online").await;
    for id in [&first["id"], &scene.closed["id"]] {
        assert_eq!(given(&mut scene.ann).await["id"], *id);
    }
}

async fn a_department_that_offers_offers_it_to_who_held_it_last(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.desk.open().await;
    given(&mut scene.ann).await;
    let mut bob = scene.desk.agent("bob").await;
    scene.desk.policy(json!({"offer_timeout_ms": 60_000})).await;
    let ok = scene.visitor.ok(scene.body()).await;
    assert_eq!(ok["conversation"]["state"], "offered");
    assert_eq!(offered(&mut scene.ann).await["id"], scene.closed["id"]);
    bob.quiet().await;
}

async fn an_open_one_is_a_conflict(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.visitor.ok(scene.body()).await;
    given(&mut scene.ann).await;
    let before = scene.desk.now(&scene.closed).await;
    let body = scene.body();
    scene.visitor.refused(body.clone(), "conflict").await;
    scene.ann.refused(body, "conflict").await;
    scene.desk.root(&scene.closed, "reopen", json!({})).await.refused(409, "conflict");
    assert_eq!(scene.desk.now(&scene.closed).await, before);
    scene.ann.set_availability("away").await;
    let waits = scene.visitor.open("sales").await;
    scene.visitor.refused(about("conversation.reopen", &waits), "conflict").await;
}

async fn a_rejected_one_is_reopened_too(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({"on_unstaffed": "reject", "max_queue": 0})).await;
    let mut visitor = desk.visitor().await;
    let rejected = visitor.open("sales").await;
    assert_eq!(rejected["reason"], "no_agents_online");
    let body = about("conversation.reopen", &rejected);
    visitor.refused(body.clone(), "no_agents_online").await;
    let mut ann = desk.agent_with("ann", json!({"capacity": 0})).await;
    visitor.refused(body.clone(), "queue_full").await;
    let now = desk.now(&rejected).await;
    assert_eq!((&now["state"], &now["revision"]), (&json!("rejected"), &rejected["revision"]));
    desk.workspace.patch("/agents/ann", json!({"capacity": 1})).await;
    let ok = visitor.ok(body).await;
    assert_eq!(ok["conversation"]["agent"]["id"], "ann");
    assert_eq!(given(&mut ann).await["id"], rejected["id"]);
    desk.root(&rejected, "close", json!({})).await.expect(200);
    let refused = desk.root(&rejected, "close", json!({})).await;
    refused.refused(409, "conflict");
}
