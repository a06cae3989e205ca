//! What admins do at the same time as everybody else.

use std::collections::BTreeMap;

use futures::future::{join, join_all};
use serde_json::{Value, json};

use crate::{
    desk::Desk,
    races::{ROUNDS, check, one_holder_each, status, two, word},
    spoken::{about, transfer},
};

#[tokio::test]
async fn a_removed_agent_against_an_assignment_to_it() {
    let desk = Desk::json(json!({})).await;
    let mut words = BTreeMap::new();
    for round in 0..ROUNDS {
        let id = format!("ann-{round}");
        let opened = desk.open().await;
        let ann = desk.agent_with(&id, json!({"capacity": 0})).await;
        let path = format!("/agents/{id}");
        let to = json!({"agent_id": id, "force": true});
        let assign = desk.root(&opened, "assign", to);
        let remove = desk.workspace.root("DELETE", &path, Value::Null);
        let (one, two) = join(assign, remove).await;
        *words.entry([status(&one), status(&two)]).or_default() += 1;
        let now = desk.now(&opened).await;
        assert_eq!((&now["state"], &now["agent"]), (&json!("queued"), &Value::Null), "{now:#}");
        drop(ann);
    }
    check(&words, &[["ok", "ok"], ["not_found", "ok"]]);
    one_holder_each(&desk).await;
}

#[tokio::test]
async fn a_deleted_department_against_opens() {
    let desk = Desk::json(json!({})).await;
    let _bob = desk.agent_with("bob", json!({"capacity": 100})).await;
    for round in 0..10 {
        let id = format!("night-{round}");
        desk.workspace.department(&id).await;
        let body = json!({"department_id": id});
        let opens = (0..5).map(|_| desk.workspace.root("POST", "/conversations", body.clone()));
        let path = format!("/departments/{id}");
        let delete = desk.workspace.root("DELETE", &path, Value::Null);
        let (opened, deleted) = join(join_all(opens), delete).await;
        deleted.expect(204);
        for reply in opened {
            if reply.status == 201 {
                let now = desk.now(&reply.json).await;
                let seen = (&now["state"], &now["reason"]);
                assert_eq!(seen, (&json!("rejected"), &json!("department_deleted")), "{now:#}");
            } else {
                reply.refused(404, "not_found");
            }
        }
    }
    one_holder_each(&desk).await;
}

#[tokio::test]
async fn a_transfer_against_an_assignment() {
    let (desk, mut ann, mut bob) = two(json!({})).await;
    let _cai = desk.agent_with("cai", json!({"capacity": 100})).await;
    let mut words = BTreeMap::new();
    for _ in 0..ROUNDS {
        let held = desk.open().await;
        desk.root(&held, "assign", json!({"agent_id": "ann"})).await.expect(200);
        let give = transfer(&held, json!({"agent_id": "bob"}));
        let assign = desk.root(&held, "assign", json!({"agent_id": "cai"}));
        let (one, two) = join(ann.request(give), assign).await;
        *words.entry([word(&one), status(&two)]).or_default() += 1;
        desk.is(&held, "assigned").await;
        ann.settle().await;
        bob.settle().await;
    }
    check(&words, &[["ok", "ok"], ["forbidden", "ok"]]);
    one_holder_each(&desk).await;
}

#[tokio::test]
async fn two_reopens() {
    let (desk, mut ann, _bob) = two(json!({})).await;
    let mut words = BTreeMap::new();
    for _ in 0..ROUNDS {
        let held = desk.open().await;
        desk.root(&held, "assign", json!({"agent_id": "ann"})).await.expect(200);
        let mut visitor = desk.visitor_again(&held["visitor_token"]).await;
        visitor.close(&held).await;
        let body = about("conversation.reopen", &held);
        let (one, two) = join(ann.request(body.clone()), visitor.request(body)).await;
        *words.entry([word(&one), word(&two)]).or_default() += 1;
        desk.with(&held, "ann").await;
        ann.settle().await;
    }
    check(&words, &[["ok", "conflict"], ["conflict", "ok"]]);
    one_holder_each(&desk).await;
}

#[tokio::test]
async fn going_away_against_an_open() {
    let (desk, mut ann, mut bob) = two(json!({})).await;
    for _ in 0..ROUNDS {
        bob.set_availability("away").await;
        bob.settle().await;
        ann.settle().await;
        let (_, opened) = join(ann.set_availability("away"), desk.open()).await;
        let held = ann.settle().await.len();
        assert_eq!(held, usize::from(opened["state"] == "assigned"), "{opened}");
        let later = desk.open().await;
        assert_eq!(later["state"], "queued");
        ann.quiet().await;
        bob.set_availability("online").await;
        ann.set_availability("online").await;
        desk.is(&later, "assigned").await;
    }
    one_holder_each(&desk).await;
}
