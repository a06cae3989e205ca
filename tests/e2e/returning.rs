//! Whoever comes again soon is with the same agent, if that one can take it.

use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk},
    people::until,
    spoken::{given, offered},
    ws::{Encoding, Ws},
};

/// Zoë was with `bob`, who has more to do than `ann`.
struct Scene {
    desk: Desk,
    ann: Agent,
    bob: Agent,
}

fn zoe() -> Value {
    json!({"visitor": {"external_id": "zoe"}})
}

impl Scene {
    async fn set(policy: Value) -> Self {
        let desk = Desk::json(policy).await;
        let mut bob = desk.agent("bob").await;
        let was = desk.open_with(zoe()).await;
        for _ in 0..2 {
            desk.open().await;
        }
        desk.root(&was, "close", json!({})).await.expect(200);
        bob.settle().await;
        let ann = desk.agent("ann").await;
        Self { desk, ann, bob }
    }

    async fn again(&self) -> Value {
        self.desk.open_with(zoe()).await
    }

    async fn goes_to(&self, agent: &str, cause: &str) {
        let opened = self.again().await;
        let seen = (&opened["agent"]["id"], &opened["assignment"]["cause"]);
        assert_eq!(seen, (&json!(agent), &json!(cause)), "{opened}");
    }
}

#[tokio::test]
async fn the_same_agent_even_if_others_are_less_busy() {
    let mut scene = Scene::set(json!({})).await;
    scene.goes_to("bob", "sticky").await;
    assert_eq!(given(&mut scene.bob).await["assignment"]["cause"], "sticky");
    scene.ann.quiet().await;
    assert_eq!(
        scene.desk.open().await["agent"]["id"],
        "ann",
        "others go where there is less to do"
    );
}

#[tokio::test]
async fn zero_switches_it_off() {
    Scene::set(json!({"sticky_ms": 0})).await.goes_to("ann", "routed").await;
}

#[tokio::test]
async fn not_for_ever() {
    let scene = Scene::set(json!({"sticky_ms": 200})).await;
    let closed = scene.desk.workspace.get("/conversations?state=closed").await.items()[0].clone();
    let over = closed["closed_at"].as_u64().unwrap() + 200;
    let later = async || scene.desk.workspace.get("/live").await.json["at"].as_u64() > Some(over);
    until("the time is over", later).await;
    scene.goes_to("ann", "routed").await;
}

#[tokio::test]
async fn not_where_that_one_is_away() {
    let mut scene = Scene::set(json!({})).await;
    scene.bob.set_availability("away").await;
    scene.goes_to("ann", "routed").await;
}

#[tokio::test]
async fn not_where_that_one_is_absent() {
    let Scene { desk, ann: _ann, bob } = Scene::set(json!({})).await;
    drop(bob);
    desk.absent("bob").await;
    assert_eq!(desk.open_with(zoe()).await["agent"]["id"], "ann");
}

#[tokio::test]
async fn not_where_that_one_is_full_and_nobody_waits_for_it() {
    let scene = Scene::set(json!({})).await;
    scene.desk.workspace.patch("/agents/bob", json!({"capacity": 2})).await;
    scene.goes_to("ann", "routed").await;
}

#[tokio::test]
async fn not_where_that_one_has_left_the_department_or_lacks_the_skill() {
    let scene = Scene::set(json!({})).await;
    scene.desk.workspace.patch("/agents/ann", json!({"skills": ["french"]})).await;
    let mut asks = zoe();
    asks["skills"] = json!(["french"]);
    assert_eq!(scene.desk.open_with(asks).await["agent"]["id"], "ann");
    let scene = Scene::set(json!({})).await;
    let path = "/departments/sales/members/bob";
    scene.desk.workspace.root("DELETE", path, Value::Null).await.expect(204);
    scene.goes_to("ann", "routed").await;
}

#[tokio::test]
async fn each_department_has_a_memory_of_its_own() {
    let scene = Scene::set(json!({})).await;
    scene.desk.workspace.department("care").await;
    for agent in ["ann", "bob"] {
        let path = format!("/departments/care/members/{agent}");
        scene.desk.workspace.root("PUT", &path, Value::Null).await.expect(204);
    }
    let mut asks = zoe();
    asks["department_id"] = json!("care");
    assert_eq!(scene.desk.open_with(asks).await["agent"]["id"], "ann");
}

#[tokio::test]
async fn others_that_are_still_open_do_not_matter_and_the_latest_closed_counts() {
    let scene = Scene::set(json!({})).await;
    let open = scene.again().await;
    assert_eq!(open["agent"]["id"], "bob");
    scene.desk.root(&open, "assign", json!({"agent_id": "ann"})).await.expect(200);
    scene.goes_to("bob", "sticky").await;
    scene.desk.root(&open, "close", json!({})).await.expect(200);
    scene.goes_to("ann", "sticky").await;
}

#[tokio::test]
async fn one_who_only_says_the_same_address_is_somebody_else() {
    let desk = Desk::json(json!({})).await;
    let mut bob = desk.agent("bob").await;
    let hello = json!({"site_key": desk.workspace.site_key, "visitor": {"email": "z@example.org"}});
    let mut zoe = Ws::hello(desk.server.addr, Encoding::Json, hello.clone()).await;
    let was = zoe.open("sales").await;
    given(&mut bob).await;
    desk.open().await;
    zoe.close(&was).await;
    let _ann = desk.agent("ann").await;
    let mut other = Ws::hello(desk.server.addr, Encoding::Json, hello).await;
    assert_eq!(other.open("sales").await["agent"]["id"], "ann");
    assert_eq!(zoe.open("sales").await["agent"]["id"], "bob");
}

#[tokio::test]
async fn a_department_that_offers_asks_the_same_agent_first() {
    let mut scene = Scene::set(json!({})).await;
    scene.desk.policy(json!({"offer_timeout_ms": 60_000})).await;
    let opened = scene.again().await;
    assert_eq!(opened["state"], "offered");
    assert_eq!(offered(&mut scene.bob).await["id"], opened["id"]);
    scene.ann.quiet().await;
}
