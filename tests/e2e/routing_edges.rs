//! Where two rules of routing meet.

use serde_json::{Value, json};

use crate::{
    desk::{Desk, LONG},
    spoken::{about, accept, decline, given, offered},
    ws::{Encoding, in_both},
};

in_both![
    reopened_where_who_held_it_last_is_no_more,
    reopened_where_its_department_is_no_more,
    an_offered_one_is_moved_to_another_department,
    a_declined_one_keeps_its_place,
    a_more_urgent_one_takes_back_no_offer,
    nothing_new_after_the_ok_to_away_on_any_device,
    a_refused_answer_leaves_the_offer_as_it_was,
];

async fn delete(desk: &Desk, path: &str) {
    desk.workspace.root("DELETE", path, Value::Null).await.expect(204);
}

async fn reopened_where_who_held_it_last_is_no_more(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({})).await;
    let mut ann = desk.agent("ann").await;
    let mut visitor = desk.visitor().await;
    let held = visitor.open("sales").await;
    given(&mut ann).await;
    visitor.close(&held).await;
    delete(&desk, "/agents/ann").await;
    let ok = visitor.ok(about("conversation.reopen", &held)).await;
    assert_eq!(
        (&ok["conversation"]["state"], &ok["conversation"]["agent"]),
        (&json!("queued"), &Value::Null)
    );
    let mut bob = desk.agent("bob").await;
    assert_eq!(given(&mut bob).await["id"], held["id"]);
    assert_eq!(visitor.open("sales").await["agent"]["id"], "bob", "nor is she remembered");
}

async fn reopened_where_its_department_is_no_more(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({})).await;
    let mut ann = desk.agent("ann").await;
    let mut visitor = desk.visitor().await;
    let held = visitor.open("sales").await;
    given(&mut ann).await;
    visitor.close(&held).await;
    delete(&desk, "/departments/sales").await;
    let before = desk.now(&held).await;
    for answer in [
        visitor.request(about("conversation.reopen", &held)).await,
        ann.request(about("conversation.reopen", &held)).await,
        desk.root(&held, "reopen", json!({})).await.json,
    ] {
        assert!(answer["code"].is_string(), "refused, not lost: {answer}");
    }
    assert_eq!(desk.now(&held).await, before);
}

async fn an_offered_one_is_moved_to_another_department(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    desk.workspace.department("care").await;
    let mut ann = desk.agent("ann").await;
    let mut cai = desk.agent_with("cai", json!({"department_ids": ["care"]})).await;
    let opened = desk.open().await;
    let offer = offered(&mut ann).await;
    let care = json!({"department_id": "care"});
    let moved = desk.root(&opened, "transfer", care).await.expect(200).json;
    assert_eq!((&moved["agent"]["id"], &moved["offer"]), (&json!("cai"), &Value::Null));
    let push = ann.push("offer.withdrawn").await;
    assert_eq!(push["offer_id"], offer["offer"]["id"]);
    assert_eq!(given(&mut cai).await["id"], opened["id"]);
    assert_eq!(desk.look("ann").await["load"], 0);
    let late = ann.request(accept(&offer)).await;
    assert!(late["code"] == "offer_expired" || late["code"] == "not_found", "{late}");
}

async fn a_declined_one_keeps_its_place(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    let mut ann = desk.agent_with("ann", json!({"capacity": 1})).await;
    let first = desk.open().await;
    let offer = offered(&mut ann).await;
    let (second, third) = (desk.open().await, desk.open().await);
    ann.ok(decline(&offer)).await;
    assert_eq!(offered(&mut ann).await["id"], second["id"]);
    for (conversation, position) in [(&first, 1), (&second, 2), (&third, 3)] {
        assert_eq!(desk.now(conversation).await["position"], position);
    }
    let mut bob = desk.agent("bob").await;
    assert_eq!(offered(&mut bob).await["id"], first["id"], "the oldest first");
}

async fn a_more_urgent_one_takes_back_no_offer(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    let mut ann = desk.agent_with("ann", json!({"capacity": 1})).await;
    let first = desk.open().await;
    let offer = offered(&mut ann).await;
    let urgent = desk.open_with(json!({"priority": 1_000})).await;
    assert_eq!((&urgent["state"], &urgent["position"]), (&json!("queued"), &json!(1)));
    assert_eq!(desk.now(&first).await["position"], 2);
    ann.quiet().await;
    ann.ok(accept(&offer)).await;
    ann.close(&first).await;
    assert_eq!(offered(&mut ann).await["id"], urgent["id"]);
}

async fn nothing_new_after_the_ok_to_away_on_any_device(encoding: Encoding) {
    let desk =
        Desk::set(encoding, json!({"offer_timeout_ms": LONG, "decline_cooldown_ms": 0})).await;
    let mut ann = desk.agent("ann").await;
    let mut phone = desk.device(&ann.token).await;
    desk.open().await;
    offered(&mut ann).await;
    offered(&mut phone).await;
    ann.set_availability("away").await;
    phone.settle().await;
    desk.open().await;
    desk.policy(json!({"offer_timeout_ms": null})).await;
    desk.workspace.patch("/agents/ann", json!({"capacity": 50, "skills": ["french"]})).await;
    desk.open_with(json!({"skills": ["french"]})).await;
    for device in [&mut *ann, &mut phone] {
        let said = device.settle().await;
        let new = |push: &&Value| push["type"] != "offer.withdrawn";
        assert!(said.iter().filter(new).count() == 0, "{said:#?}");
    }
    assert_eq!(desk.look("ann").await["load"], 0);
}

async fn a_refused_answer_leaves_the_offer_as_it_was(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    let (mut ann, mut bob) = (desk.agent("ann").await, desk.agent("bob").await);
    let opened = desk.open().await;
    let offer = offered(&mut ann).await;
    let mut other = offer.clone();
    other["offer"]["id"] = json!("off_of_nobody");
    for body in [accept(&other), decline(&other)] {
        assert_eq!(ann.request(body).await["type"], "error");
    }
    for body in [accept(&offer), decline(&offer)] {
        bob.refused(body, "forbidden").await;
    }
    let now = desk.now(&opened).await;
    assert_eq!(
        (&now["offer"]["id"], &now["revision"]),
        (&offer["offer"]["id"], &offer["revision"])
    );
    ann.ok(accept(&offer)).await;
    desk.with(&opened, "ann").await;
}
