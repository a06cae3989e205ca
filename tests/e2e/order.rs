//! Who is next: priorities, arrival, skills and caps, over all that one agent could take.

use serde_json::{Value, json};

use crate::{
    desk::{Desk, LONG},
    spoken::{decline, given, offered},
};

/// With the departments `sales` and `care`.
async fn two() -> Desk {
    let desk = Desk::json(json!({})).await;
    desk.workspace.department("care").await;
    desk
}

async fn open(desk: &Desk, department: &str, priority: i64) -> Value {
    let fields = json!({"department_id": department, "priority": priority});
    let opened = desk.open_with(fields).await;
    assert_eq!(opened["state"], "queued");
    opened
}

#[tokio::test]
async fn who_frees_up_takes_by_priority_then_arrival_over_all_departments() {
    let desk = two().await;
    let fields = json!({"department_ids": ["care", "sales"], "capacity": 1});
    let mut ann = desk.agent_with("ann", fields).await;
    let mut held = desk.open().await;
    given(&mut ann).await;
    let mut queued = Vec::new();
    for (department, priority) in
        [("sales", 0), ("care", 0), ("care", 5), ("sales", 5), ("care", -3), ("sales", 1_000)]
    {
        queued.push(open(&desk, department, priority).await);
    }
    for index in [5, 2, 3, 0, 1, 4] {
        ann.close(&held).await;
        held = given(&mut ann).await;
        assert_eq!(held["id"], queued[index]["id"], "the turn of {index}");
    }
    ann.quiet().await;
}

#[tokio::test]
async fn all_skills_must_be_there() {
    let desk = Desk::json(json!({})).await;
    let skilled = |skills: &[&str]| json!({"skills": skills});
    let _none = desk.agent("a-none").await;
    let _one = desk.agent_with("b-one", skilled(&["french"])).await;
    let _both = desk.agent_with("c-both", skilled(&["tax", "french"])).await;
    let whose =
        async |skills: &[&str]| desk.open_with(skilled(skills)).await["agent"]["id"].clone();
    assert_eq!(whose(&["french", "tax"]).await, "c-both");
    assert_eq!(whose(&["french"]).await, "b-one");
    assert_eq!(whose(&["tax"]).await, "c-both", "though it has one already");
    assert_eq!(whose(&[]).await, "a-none");
    assert_eq!(whose(&["latin"]).await, Value::Null);
}

#[tokio::test]
async fn a_head_that_nobody_can_take_holds_up_nobody() {
    let desk = Desk::json(json!({})).await;
    let first = desk.open_with(json!({"skills": ["latin"], "priority": 9})).await;
    let second = desk.open().await;
    assert_eq!(second["position"], 2);
    let mut ann = desk.agent("ann").await;
    assert_eq!(given(&mut ann).await["id"], second["id"]);
    desk.is(&first, "queued").await;
    let third = desk.open().await;
    assert_eq!(third["agent"]["id"], "ann");
    given(&mut ann).await;
    desk.workspace.patch("/agents/ann", json!({"skills": ["latin"]})).await;
    assert_eq!(given(&mut ann).await["id"], first["id"], "a skill added drains at once");
}

#[tokio::test]
async fn a_departments_cap_holds_up_no_other_department() {
    let desk = two().await;
    desk.policy(json!({"agent_capacity": 1})).await;
    let mut ann = desk.agent_with("ann", json!({"department_ids": ["care", "sales"]})).await;
    let held = desk.open().await;
    given(&mut ann).await;
    let waits = desk.open_with(json!({"priority": 9})).await;
    assert_eq!(waits["state"], "queued");
    let other = desk.open_with(json!({"department_id": "care"})).await;
    assert_eq!(other["agent"]["id"], "ann");
    given(&mut ann).await;
    ann.close(&other).await;
    desk.is(&waits, "queued").await;
    ann.close(&held).await;
    assert_eq!(given(&mut ann).await["id"], waits["id"]);
}

#[tokio::test]
async fn offers_count_towards_the_departments_cap() {
    let policy =
        json!({"agent_capacity": 1, "offer_timeout_ms": LONG, "decline_cooldown_ms": LONG});
    let desk = Desk::json(policy).await;
    let mut ann = desk.agent("ann").await;
    desk.open().await;
    let first = offered(&mut ann).await;
    let second = desk.open().await;
    assert_eq!(second["state"], "queued");
    ann.ok(decline(&first)).await;
    assert_eq!(offered(&mut ann).await["id"], second["id"]);
}

#[tokio::test]
async fn what_is_requeued_stands_where_it_stood() {
    let desk = Desk::json(json!({})).await;
    let mut ann = desk.agent_with("ann", json!({"capacity": 1})).await;
    let first = desk.open().await;
    given(&mut ann).await;
    let second = desk.open().await;
    assert_eq!(second["position"], 1);
    let urgent = desk.open_with(json!({"priority": 1})).await;
    ann.end().await;
    assert_eq!(desk.now(&urgent).await["position"], 1);
    assert_eq!(desk.now(&first).await["position"], 2, "before all that came after it");
    assert_eq!(desk.now(&second).await["position"], 3);
}

#[tokio::test]
async fn a_queue_is_drained_by_as_many_as_come() {
    let desk = Desk::json(json!({})).await;
    let mut queued = Vec::new();
    for _ in 0..6 {
        queued.push(desk.open().await);
    }
    let mut ann = desk.agent_with("ann", json!({"capacity": 2})).await;
    let mut bob = desk.agent_with("bob", json!({"capacity": 3})).await;
    for (agent, indices) in [(&mut ann, vec![0, 1]), (&mut bob, vec![2, 3, 4])] {
        for index in indices {
            assert_eq!(given(agent).await["id"], queued[index]["id"]);
        }
        agent.quiet().await;
    }
    assert_eq!(desk.now(&queued[5]).await["position"], 1);
}

/// Whom the next conversations go to.
async fn turns(desk: &Desk, count: usize) -> Vec<String> {
    let mut turns = Vec::new();
    for _ in 0..count {
        turns.push(desk.open().await["agent"]["id"].as_str().unwrap_or("nobody").to_owned());
    }
    turns
}

#[tokio::test]
async fn least_busy_is_a_share_of_what_each_can_hold() {
    let desk = Desk::json(json!({})).await;
    let _small = desk.agent_with("a-small", json!({"capacity": 2})).await;
    let _large = desk.agent_with("b-large", json!({"capacity": 6})).await;
    // 0/2 0/6 · 1/2 0/6 · 1/2 1/6 · 1/2 2/6 · 1/2 3/6: even, and b-large was given something later.
    let expected = ["a-small", "b-large", "b-large", "b-large", "a-small", "b-large"];
    assert_eq!(turns(&desk, 6).await, expected);
}

#[tokio::test]
async fn round_robin_goes_on_after_the_last_one_in_joining_order() {
    let desk = Desk::json(json!({"strategy": "round_robin"})).await;
    let _zoe = desk.agent("zoe").await;
    let mut bob = desk.agent("bob").await;
    let _ann = desk.agent("ann").await;
    assert_eq!(turns(&desk, 4).await, ["zoe", "bob", "ann", "zoe"]);
    bob.set_availability("away").await;
    assert_eq!(turns(&desk, 3).await, ["ann", "zoe", "ann"]);
    bob.set_availability("online").await;
    assert_eq!(turns(&desk, 3).await, ["zoe", "bob", "ann"], "whoever was away missed a turn");
}

#[tokio::test]
async fn longest_idle_looks_at_assignments_and_closes() {
    let desk = Desk::json(json!({"strategy": "longest_idle"})).await;
    let mut ann = desk.agent("ann").await;
    let _bob = desk.agent("bob").await;
    let _cai = desk.agent("cai").await;
    assert_eq!(turns(&desk, 3).await, ["ann", "bob", "cai"]);
    let held = given(&mut ann).await;
    ann.close(&held).await;
    assert_eq!(turns(&desk, 3).await, ["bob", "cai", "ann"], "ann's last close was the latest");
}
