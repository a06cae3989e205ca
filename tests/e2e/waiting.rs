//! Waiting too long, and departments that stand in for others.

use serde_json::json;

use crate::{
    desk::Desk,
    spoken::given,
    ws::{Encoding, check_fields, in_both},
};

in_both![
    after_the_longest_wait_it_is_rejected,
    after_the_longest_wait_it_goes_to_the_fallback,
    from_one_fallback_to_the_next_and_never_back,
    where_nobody_is_it_goes_straight_to_the_fallback,
    a_chain_that_is_a_ring_ends_in_a_queue,
    a_requeue_is_never_rejected,
    a_requeue_starts_the_clock_anew,
    what_somebody_has_does_not_wait,
];

async fn after_the_longest_wait_it_is_rejected(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({"max_wait_ms": 150})).await;
    let mut visitor = desk.visitor().await;
    let waits = visitor.open("sales").await;
    assert_eq!(waits["state"], "queued");
    let told = visitor.push("conversation.rejected").await;
    check_fields(&told, &["type", "seq", "conversation_id", "revision", "reason"]);
    assert_eq!((&told["conversation_id"], &told["reason"]), (&waits["id"], &json!("max_wait")));
    let now = desk.now(&waits).await;
    assert_eq!((&now["state"], &now["reason"]), (&json!("rejected"), &json!("max_wait")));
    assert!(now["waited_ms"].as_u64() >= Some(150), "{now}");
    visitor.quiet().await;
}

async fn after_the_longest_wait_it_goes_to_the_fallback(encoding: Encoding) {
    let policy = json!({"max_wait_ms": 150});
    let desk = Desk::set(encoding, policy).await;
    desk.workspace.department("care").await;
    desk.policy(json!({"fallback_department_id": "care"})).await;
    let mut cai = desk.agent_with("cai", json!({"department_ids": ["care"]})).await;
    let mut visitor = desk.visitor().await;
    let waits = visitor.open("sales").await;
    assert_eq!((&waits["state"], &waits["department_id"]), (&json!("queued"), &json!("sales")));
    let taken = given(&mut cai).await;
    assert_eq!((&taken["id"], &taken["department_id"]), (&waits["id"], &json!("care")));
    assert_eq!(given(&mut visitor).await["agent"]["id"], "cai");
    assert!(desk.kinds(&waits).await.contains(&"conversation.requeued".to_owned()));
}

async fn from_one_fallback_to_the_next_and_never_back(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({"max_wait_ms": 100})).await;
    let back = json!({"max_wait_ms": 100, "fallback_department_id": "sales"});
    desk.workspace.department_with("care", back).await;
    desk.policy(json!({"fallback_department_id": "care"})).await;
    let mut visitor = desk.visitor().await;
    let waits = visitor.open("sales").await;
    let told = visitor.push("conversation.rejected").await;
    assert_eq!((&told["conversation_id"], &told["reason"]), (&waits["id"], &json!("max_wait")));
    let kinds = desk.kinds(&waits).await;
    let moved = kinds.iter().filter(|kind| *kind == "conversation.requeued").count();
    assert_eq!(moved, 1, "{kinds:?}");
    assert_eq!(desk.now(&waits).await["department_id"], "care");
}

async fn where_nobody_is_it_goes_straight_to_the_fallback(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({"on_unstaffed": "fallback"})).await;
    let mut visitor = desk.visitor().await;
    assert_eq!(visitor.open("sales").await["state"], "queued", "none: it waits");
    desk.workspace.department("night").await;
    let on = |to: &str| json!({"on_unstaffed": "fallback", "fallback_department_id": to});
    desk.workspace.department_with("care", on("night")).await;
    desk.policy(on("care")).await;
    let waits = visitor.open("sales").await;
    assert_eq!((&waits["state"], &waits["department_id"]), (&json!("queued"), &json!("night")));
    let mut nick = desk.agent_with("nick", json!({"department_ids": ["night"]})).await;
    assert_eq!(given(&mut nick).await["id"], waits["id"]);
    let opened = visitor.open("sales").await;
    assert_eq!(opened["agent"]["id"], "nick");
    let mut cai = desk.agent_with("cai", json!({"department_ids": ["care"]})).await;
    assert_eq!(visitor.open("sales").await["agent"]["id"], "cai", "the nearest that is staffed");
    given(&mut cai).await;
}

async fn a_chain_that_is_a_ring_ends_in_a_queue(encoding: Encoding) {
    let on = |to: &str| json!({"on_unstaffed": "fallback", "fallback_department_id": to});
    let desk = Desk::set(encoding, json!({"on_unstaffed": "fallback"})).await;
    desk.workspace.department_with("care", on("sales")).await;
    desk.policy(on("care")).await;
    let mut visitor = desk.visitor().await;
    for department in ["sales", "care"] {
        let waits = visitor.open(department).await;
        assert_eq!(waits["state"], "queued", "{waits}");
    }
    desk.policy(json!({"on_unstaffed": "reject"})).await;
    let last = visitor.open("care").await;
    assert_eq!((&last["state"], &last["reason"]), (&json!("rejected"), &json!("no_agents_online")));
}

async fn a_requeue_is_never_rejected(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({"on_unstaffed": "reject", "max_queue": 0})).await;
    let mut ann = desk.agent("ann").await;
    let mut visitor = desk.visitor().await;
    let held = visitor.open("sales").await;
    given(&mut ann).await;
    ann.end().await;
    let told = visitor.push("conversation.queued").await;
    assert_eq!((&told["conversation_id"], &told["position"]), (&held["id"], &json!(1)));
    desk.is(&held, "queued").await;
    let refused = visitor.open("sales").await;
    assert_eq!(refused["reason"], "no_agents_online", "newcomers are");
}

async fn a_requeue_starts_the_clock_anew(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({"max_wait_ms": 300})).await;
    let mut visitor = desk.visitor().await;
    let mut ann = desk.agent("ann").await;
    let held = visitor.open("sales").await;
    given(&mut ann).await;
    // Longer than it may wait.
    let start = ann.ping().await["now"].as_u64().unwrap();
    while ann.ping().await["now"].as_u64().unwrap() < start + 350 {}
    desk.with(&held, "ann").await;
    ann.end().await;
    let told = visitor.push("conversation.rejected").await;
    assert_eq!(told["reason"], "max_wait");
    let now = desk.now(&held).await;
    let history = now["history"].as_array().unwrap();
    let at = |kind: &str| {
        let event = history.iter().find(|event| event["type"] == kind);
        event.unwrap_or_else(|| panic!("{kind}: {history:#?}"))["at"].as_u64().unwrap()
    };
    assert!(at("conversation.rejected") - at("conversation.requeued") >= 300, "{history:#?}");
}

async fn what_somebody_has_does_not_wait(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({"max_wait_ms": 100})).await;
    let mut ann = desk.agent("ann").await;
    let held = desk.open().await;
    given(&mut ann).await;
    desk.workspace.patch("/agents/ann", json!({"capacity": 1})).await;
    let waits = desk.open().await;
    assert_eq!(waits["state"], "queued");
    desk.becomes(&waits, "rejected").await;
    desk.with(&held, "ann").await;
}
