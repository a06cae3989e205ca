//! Rule 2: whatever makes room drains the queue in the same step. One test for each trigger.

use crate::script::check;

/// `c1` waits in sales, for what `before` sets up; then comes `trigger`, and ann has it.
#[track_caller]
fn drains(before: &str, trigger: &str) {
    let script = format!("department sales\n{before}\nopen c1 by v1 in sales\n{trigger}");
    check(&script, "c1 queued in sales at 1\nc1 assigned to ann (routed)");
}

#[test]
fn online() {
    drains("agent ann in sales\nconnect ann desk", "online ann");
}

#[test]
fn connected() {
    drains("agent ann in sales\nonline ann", "connect ann desk");
}

#[test]
fn back() {
    drains("staff ann in sales\nlose ann desk", "connect ann desk");
}

#[test]
fn back_on_another_device() {
    drains("staff ann in sales\nlose ann desk", "connect ann phone");
}

#[test]
fn capacity_raised() {
    drains("staff ann in sales capacity=0", "change ann capacity=1");
}

#[test]
fn member_added() {
    drains("staff ann", "join ann sales");
}

#[test]
fn departments_set() {
    drains("department support\nstaff ann in support", "change ann departments=sales");
}

#[test]
fn department_opened() {
    drains("staff ann in sales\ncloses sales", "opens sales");
}

#[test]
fn department_capacity_raised() {
    drains("policy sales agent_capacity=0\nstaff ann in sales", "policy sales agent_capacity=1");
}

#[test]
fn department_capacity_lifted() {
    drains("policy sales agent_capacity=0\nstaff ann in sales", "policy sales agent_capacity=none");
}

#[test]
fn skill_added() {
    check(
        "department sales
         staff ann in sales
         open c1 by v1 in sales skills=french
         change ann skills=french",
        "c1 queued in sales at 1
         c1 assigned to ann (routed)",
    );
}

#[test]
fn an_agent_is_hired() {
    check(
        "department sales
         open c1 by v1 in sales
         agent ann in sales
         connect ann desk
         online ann",
        "c1 queued in sales at 1
         c1 assigned to ann (routed)",
    );
}

#[test]
fn closed() {
    check(
        "department sales
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         close c1 by ann",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c1 closed by agent
         c2 assigned to ann (routed)",
    );
}

#[test]
fn closed_in_one_department_frees_for_another() {
    check(
        "department sales
         department support
         staff ann in sales,support capacity=1
         open c1 by v1 in sales
         open c2 by v2 in support
         close c1",
        "c1 assigned to ann (routed)
         c2 queued in support at 1
         c1 closed by root
         c2 assigned to ann (routed)",
    );
}

#[test]
fn closed_where_the_agent_is_no_member_any_more() {
    check(
        "department sales
         department support
         staff ann in sales,support capacity=1
         open c1 by v1 in sales
         leave ann sales
         open c2 by v2 in support
         close c1",
        "c1 assigned to ann (routed)
         c2 queued in support at 1
         c1 closed by root
         c2 assigned to ann (routed)",
    );
}

#[test]
fn requeued_after_the_grace() {
    check(
        "department sales grace=30s
         staff ann in sales
         open c1 by v1 in sales
         staff bob in sales
         lose ann desk
         at +30s",
        "c1 assigned to ann (routed)
         c1 requeued in sales (agent_lost)
         c1 assigned to bob (requeued)",
    );
}

#[test]
fn requeued_away_makes_room_for_another() {
    // What ann lost in one department counts no more against her capacity in the other.
    check(
        "department sales grace=10s
         department support grace=60s
         staff ann in sales,support capacity=1
         open c1 by v1 in sales
         open c2 by v2 in support
         lose ann desk
         leave ann sales
         at +10s
         connect ann desk",
        "c1 assigned to ann (routed)
         c2 queued in support at 1
         c1 requeued in sales at 1 (agent_lost)
         c2 assigned to ann (routed)",
    );
}

#[test]
fn agent_removed() {
    check(
        "department sales
         staff ann in sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         staff bob in sales capacity=1
         remove ann
         close c1",
        "c1 assigned to ann (routed)
         c2 assigned to ann (routed)
         c1 requeued in sales (removed)
         c2 requeued in sales at 1 (removed)
         c1 assigned to bob (requeued)
         c1 closed by root
         c2 assigned to bob (requeued)",
    );
}

#[test]
fn department_deleted_and_the_fallback_drains() {
    check(
        "department support
         department sales fallback=support
         staff ann in support capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         delete department sales",
        "c1 queued in sales at 1
         c2 queued in sales at 2
         c1 requeued in support (department_deleted)
         c2 requeued in support at 1 (department_deleted)
         c1 assigned to ann (routed)",
    );
}

#[test]
fn one_step_drains_as_much_as_there_is_room_for() {
    check(
        "department sales
         staff ann in sales capacity=2
         staff bob in sales capacity=1
         closes sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         open c4 by v4 in sales
         opens sales
         ? queue sales",
        "c1 queued in sales at 1
         c2 queued in sales at 2
         c3 queued in sales at 3
         c4 queued in sales at 4
         c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 assigned to ann (routed)
         sales: c4",
    );
}
