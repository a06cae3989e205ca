//! Rule 2's order: higher priority first, then oldest, over all departments of an agent.

use crate::script::check;

#[test]
fn first_come_first_served() {
    check(
        "department sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         staff ann in sales capacity=2
         ? c3",
        "c1 queued in sales at 1
         c2 queued in sales at 2
         c3 queued in sales at 3
         c1 assigned to ann (routed)
         c2 assigned to ann (routed)
         c3 at 1 in sales",
    );
}

#[test]
fn higher_priority_before_older() {
    check(
        "department sales
         open c1 by v1 in sales priority=-1
         open c2 by v2 in sales
         open c3 by v3 in sales priority=5
         open c4 by v4 in sales priority=5
         ? queue sales
         staff ann in sales capacity=3
         ? queue sales",
        "c1 queued in sales at 1
         c2 queued in sales at 1
         c3 queued in sales at 1
         c4 queued in sales at 2
         sales: c3 c4 c2 c1
         c3 assigned to ann (routed)
         c4 assigned to ann (routed)
         c2 assigned to ann (routed)
         sales: c1",
    );
}

#[test]
fn the_order_is_over_all_departments_of_the_agent() {
    check(
        "department sales
         department support
         open c1 by v1 in support
         open c2 by v2 in sales
         open c3 by v3 in support priority=1
         open c4 by v4 in sales priority=1
         staff ann in sales,support capacity=1
         change ann capacity=2
         change ann capacity=3
         change ann capacity=4",
        "c1 queued in support at 1
         c2 queued in sales at 1
         c3 queued in support at 1
         c4 queued in sales at 1
         c3 assigned to ann (routed)
         c4 assigned to ann (routed)
         c1 assigned to ann (routed)
         c2 assigned to ann (routed)",
    );
}

#[test]
fn a_close_frees_the_place_for_the_first_of_any_department() {
    check(
        "department sales
         department support
         staff ann in sales,support capacity=1
         open c1 by v1 in sales
         open c2 by v2 in support
         open c3 by v3 in sales priority=1
         close c1
         close c3",
        "c1 assigned to ann (routed)
         c2 queued in support at 1
         c3 queued in sales at 1
         c1 closed by root
         c3 assigned to ann (routed)
         c3 closed by root
         c2 assigned to ann (routed)",
    );
}

#[test]
fn whoever_waits_can_be_closed_and_the_others_move_up() {
    check(
        "department sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         close c2 by v2
         ? c1
         ? c3
         ? c2",
        "c1 queued in sales at 1
         c2 queued in sales at 2
         c3 queued in sales at 3
         c2 closed by visitor
         c1 at 1 in sales
         c3 at 2 in sales
         c2 is not here",
    );
}

#[test]
fn a_newcomer_does_not_pass_those_who_wait() {
    check(
        "department sales
         department support
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in support
         join ann support             # the oldest first, whichever department it is in
         close c1
         open c4 by v4 in sales priority=9
         close c2",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c3 queued in support at 1
         c1 closed by root
         c2 assigned to ann (routed)
         c4 queued in sales at 1
         c2 closed by root
         c4 assigned to ann (routed)",
    );
}

#[test]
fn a_full_queue_takes_nobody_in() {
    check(
        "department sales max_queue=1
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales priority=9
         close c1
         open c4 by v4 in sales",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c3 rejected in sales (queue_full)
         c1 closed by root
         c2 assigned to ann (routed)
         c4 queued in sales at 1",
    );
}

#[test]
fn a_queue_of_none_takes_only_whom_somebody_takes_at_once() {
    check(
        "department sales max_queue=0
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales",
        "c1 assigned to ann (routed)
         c2 rejected in sales (queue_full)",
    );
}

#[test]
fn a_requeue_is_never_rejected() {
    check(
        "department sales max_queue=0 grace=10s
         staff ann in sales
         open c1 by v1 in sales
         lose ann desk
         at +10s
         ? queue sales",
        "c1 assigned to ann (routed)
         c1 requeued in sales at 1 (agent_lost)
         sales: c1",
    );
}

#[test]
fn a_lower_bound_rejects_nobody_who_waits() {
    check(
        "department sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         policy sales max_queue=1
         ? queue sales
         open c3 by v3 in sales",
        "c1 queued in sales at 1
         c2 queued in sales at 2
         sales: c1 c2
         c3 rejected in sales (queue_full)",
    );
}
