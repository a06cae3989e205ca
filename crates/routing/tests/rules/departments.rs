//! Rule 12 and the deletion of departments.

use crate::script::check;

#[test]
fn a_deleted_departments_queue_goes_to_the_fallback_in_order() {
    check(
        "department support
         department sales fallback=support
         open c1 by v1 in sales
         open c2 by v2 in support
         open c3 by v3 in sales priority=1
         delete department sales
         ? queue support",
        "c1 queued in sales at 1
         c2 queued in support at 1
         c3 queued in sales at 1
         c3 requeued in support at 1 (department_deleted)
         c1 requeued in support at 2 (department_deleted)
         support: c3 c1 c2",
    );
}

#[test]
fn the_fallbacks_bound_rejects_nobody_who_waited() {
    check(
        "department support max_queue=0 on_unstaffed=reject
         department sales fallback=support
         open c1 by v1 in sales
         delete department sales",
        "c1 queued in sales at 1
         c1 requeued in support at 1 (department_deleted)",
    );
}

#[test]
fn without_a_fallback_its_queue_is_rejected() {
    check(
        "department sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         show notices
         delete department sales
         ? c1",
        "c1 queued in sales at 1
         c2 queued in sales at 2
         c1 rejected in sales (department_deleted)
         tell v1: c1 rejected (department_deleted)
         c2 rejected in sales (department_deleted)
         tell v2: c2 rejected (department_deleted)
         c1 is not here",
    );
}

#[test]
fn a_fallback_to_itself_is_none() {
    check(
        "department sales
         policy sales fallback=sales
         open c1 by v1 in sales
         delete department sales",
        "c1 queued in sales at 1
         c1 rejected in sales (department_deleted)",
    );
}

#[test]
fn what_is_assigned_stays_with_its_agent_until_closed() {
    check(
        "department support
         department sales fallback=support
         staff ann in sales,support capacity=1
         open c1 by v1 in sales
         open c2 by v2 in support
         show notices
         delete department sales
         ? ann
         close c1 by ann",
        "c1 assigned to ann (routed)
         c2 queued in support at 1
         tell ann: departments changed
         ann online present with c1
         c1 closed by agent
         tell ann: c1 closed by agent
         tell v1: c1 closed by agent
         c2 assigned to ann (routed)
         tell ann: c2 assigned
         tell v2: c2 assigned",
    );
}

#[test]
fn what_a_removed_agent_held_of_it_goes_where_its_queue_went() {
    check(
        "department billing
         department support fallback=billing
         department sales fallback=support
         staff ann in sales
         open c1 by v1 in sales
         delete department sales
         delete department support
         remove ann",
        "c1 assigned to ann (routed)
         c1 requeued in billing at 1 (removed)",
    );
}

#[test]
fn what_a_lost_agent_holds_of_it_stays_until_it_is_closed() {
    check(
        "department support
         department sales fallback=support grace=10s
         policy support fallback=sales
         staff ann in sales
         open c1 by v1 in sales
         delete department sales
         delete department support
         lose ann desk
         show notices
         at +10s
         ? ann
         connect ann desk
         close c1 by ann",
        "c1 assigned to ann (routed)
         ann online absent with c1
         c1 closed by agent
         tell ann: c1 closed by agent
         tell v1: c1 closed by agent",
    );
}

#[test]
fn an_id_is_never_given_again() {
    check(
        "department sales
         department sales
         delete department sales
         department sales
         open c1 by v1 in sales
         opens sales
         delete department sales
         agent ann
         agent ann
         remove ann
         agent ann
         remove ann",
        "refused: department id taken
         refused: department id taken
         refused: no such department
         refused: no such department
         refused: no such department
         refused: agent id taken
         refused: agent id taken
         refused: no such agent",
    );
}

#[test]
fn membership_is_told_to_the_agent() {
    check(
        "department sales
         department support
         agent ann in sales
         show notices
         change ann departments=support
         leave ann support
         leave ann support",
        "tell ann: departments changed
         tell ann: departments changed
         tell ann: departments changed",
    );
}

#[test]
fn one_whose_fallback_was_deleted_can_still_be_changed() {
    check(
        "department support
         department sales fallback=support
         delete department support
         policy sales fallback=support max_queue=0
         open c1 by v1 in sales
         policy sales fallback=nowhere",
        "c1 rejected in sales (queue_full)
         refused: no such department",
    );
}
