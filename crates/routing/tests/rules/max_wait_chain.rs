//! Rule 7: where the longest wait leads on, no department is visited twice.

use crate::script::check;

#[test]
fn no_department_twice() {
    check(
        "department billing max_wait=10s
         department support max_wait=10s fallback=billing
         department sales max_wait=10s fallback=support
         policy billing fallback=sales
         open c1 by v1 in sales
         at +10s
         at +10s
         at +10s",
        "c1 queued in sales at 1
         c1 requeued in support at 1 (max_wait)
         c1 requeued in billing at 1 (max_wait)
         c1 rejected in billing (max_wait)",
    );
}

#[test]
fn nor_one_that_an_arrival_led_through() {
    check(
        "department support max_wait=10s
         department sales on_unstaffed=fallback fallback=support
         policy support fallback=sales
         open c1 by v1 in sales
         open c2 by v2 in support
         at +10s                     # c2 may go to sales, which sends it nowhere: it came from there
         ? queue sales",
        "c1 queued in support at 1
         c2 queued in support at 2
         c1 rejected in support (max_wait)
         c2 requeued in sales at 1 (max_wait)
         sales: c2",
    );
}

#[test]
fn whoever_was_somebodys_begins_a_new_chain() {
    check(
        "department support max_wait=10s grace=5s
         department sales max_wait=10s fallback=support
         policy support fallback=sales
         open c1 by v1 in sales
         at +10s
         staff ann in support
         lose ann desk
         at +5s
         at +10s",
        "c1 queued in sales at 1
         c1 requeued in support at 1 (max_wait)
         c1 assigned to ann (routed)
         c1 requeued in support at 1 (agent_lost)
         c1 requeued in sales at 1 (max_wait)",
    );
}

#[test]
fn a_fallback_that_would_reject_it_is_none() {
    check(
        "department support on_unstaffed=reject
         department billing max_queue=1
         department sales max_wait=10s fallback=support
         department desk max_wait=10s fallback=billing
         open c0 by v0 in billing
         open c1 by v1 in sales
         open c2 by v2 in desk
         at +10s",
        "c0 queued in billing at 1
         c1 queued in sales at 1
         c2 queued in desk at 1
         c1 rejected in sales (max_wait)
         c2 rejected in desk (max_wait)",
    );
}

#[test]
fn an_unstaffed_fallback_sends_it_straight_on() {
    check(
        "department billing
         department support on_unstaffed=fallback fallback=billing
         department sales max_wait=10s fallback=support
         staff ann in billing
         open c1 by v1 in sales
         at +10s
         ? c1",
        "c1 queued in sales at 1
         c1 requeued in billing (max_wait)
         c1 assigned to ann (routed)
         c1 with ann in billing",
    );
}

#[test]
fn nor_one_that_was_deleted_on_the_way() {
    check(
        "department billing
         department support max_wait=10s fallback=billing
         department sales fallback=support
         policy billing fallback=support max_wait=10s
         open c1 by v1 in sales
         delete department sales
         at +10s
         at +10s",
        "c1 queued in sales at 1
         c1 requeued in support at 1 (department_deleted)
         c1 requeued in billing at 1 (max_wait)
         c1 rejected in billing (max_wait)",
    );
}
