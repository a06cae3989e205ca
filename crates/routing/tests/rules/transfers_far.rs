//! Transfers to a department that sends on what it gets, or rejects it.

use crate::script::check;

#[test]
fn what_the_department_would_reject_is_refused() {
    check(
        "department sales
         department support on_unstaffed=reject
         department billing max_queue=1
         staff ann in sales
         open c1 by v1 in sales
         open c2 by v2 in billing
         transfer c1 by ann in support
         transfer c1 by ann in billing
         transfer c1 in billing force    # that is not capacity
         ? c1
         close c2
         transfer c1 by ann in billing",
        "c1 assigned to ann (routed)
         c2 queued in billing at 1
         refused: no agents online
         refused: queue full
         refused: queue full
         c1 with ann in sales
         c2 closed by root
         c1 transferred to billing at 1",
    );
}

#[test]
fn whoever_waits_there_already_makes_no_queue_longer() {
    check(
        "department sales max_queue=1
         open c1 by v1 in sales
         transfer c1 in sales
         ? c1",
        "c1 queued in sales at 1
         c1 transferred to sales at 1
         c1 at 1 in sales",
    );
}

#[test]
fn an_unstaffed_department_sends_it_to_its_fallback() {
    check(
        "department billing
         department support on_unstaffed=fallback fallback=billing
         department sales
         staff ann in sales,billing
         staff bob in billing
         open c1 by v1 in sales
         transfer c1 by ann in support
         ? c1",
        "c1 assigned to ann (routed)
         c1 transferred to billing
         c1 assigned to bob (transferred)
         c1 with bob in billing",
    );
}

#[test]
fn an_unstaffed_fallback_that_rejects_is_a_refusal() {
    check(
        "department billing on_unstaffed=reject
         department support on_unstaffed=fallback fallback=billing
         department sales
         staff ann in sales
         open c1 by v1 in sales
         transfer c1 by ann in support",
        "c1 assigned to ann (routed)
         refused: no agents online",
    );
}

#[test]
fn the_chain_of_a_transfer_is_not_gone_again() {
    check(
        "department support max_wait=10s
         department sales on_unstaffed=fallback fallback=support
         policy support fallback=sales
         department desk
         staff ann in desk
         open c1 by v1 in desk
         transfer c1 by ann in sales # unstaffed: on to support
         at +10s",
        "c1 assigned to ann (routed)
         c1 transferred to support at 1
         c1 rejected in support (max_wait)",
    );
}
