//! What a reopening meets: wrap-ups, deleted departments, fallbacks, keys, visitors.

use crate::script::check;

#[test]
fn a_wrap_up_is_over_with_it() {
    check(
        "department sales wrap_up=60s
         staff ann in sales capacity=1
         open c1 by v1 in sales
         close c1 by ann
         ? ann
         reopen c1 by v1             # its own wrap-up is no room taken
         ? ann
         ? deadline",
        "c1 assigned to ann (routed)
         c1 closed by agent
         ann online present, 1 in wrap-up
         c1 reopened in sales
         c1 assigned to ann (reopened)
         ann online present with c1
         nothing is due",
    );
}

#[test]
fn the_wrap_up_of_something_else_is_room_taken() {
    check(
        "department sales wrap_up=60s
         staff ann in sales capacity=1
         open c1 by v1 in sales
         close c1
         at +60s
         open c2 by v2 in sales
         close c2
         reopen c1 by v1
         ? ann",
        "c1 assigned to ann (routed)
         c1 closed by root
         c2 assigned to ann (routed)
         c2 closed by root
         c1 reopened in sales
         c1 queued in sales at 1
         ann online present, 1 in wrap-up",
    );
}

#[test]
fn a_wrap_up_ended_by_it_gives_room_to_who_waits() {
    check(
        "department sales wrap_up=60s
         department support
         staff ann in sales,support capacity=1
         open c1 by v1 in sales skills=none
         close c1
         open c2 by v2 in support
         leave ann sales
         reopen c1 by v1",
        "c1 assigned to ann (routed)
         c1 closed by root
         c2 queued in support at 1
         c1 reopened in sales
         c1 queued in sales at 1
         c2 assigned to ann (routed)",
    );
}

#[test]
fn of_a_deleted_department_it_goes_to_the_fallback_or_nowhere() {
    check(
        "department billing
         department support fallback=billing
         department sales fallback=support
         department alone
         staff ann in sales,alone
         open c1 by v1 in sales
         open c2 by v2 in alone
         close c1
         close c2
         delete department sales
         delete department alone
         delete department support
         reopen c1 by v1
         reopen c2 by v2",
        "c1 assigned to ann (routed)
         c2 assigned to ann (routed)
         c1 closed by root
         c2 closed by root
         c1 reopened in billing
         c1 queued in billing at 1
         refused: no such department",
    );
}

#[test]
fn unstaffed_it_goes_to_the_fallback() {
    check(
        "department support
         department sales on_unstaffed=fallback fallback=support
         staff ann in sales
         staff bob in support
         open c1 by v1 in sales
         close c1
         away ann
         reopen c1 by v1
         ? c1",
        "c1 assigned to ann (routed)
         c1 closed by root
         c1 reopened in support
         c1 assigned to bob (reopened)
         c1 with bob in support",
    );
}

#[test]
fn a_full_department_whose_last_holder_has_room_takes_it() {
    check(
        "department sales max_queue=0
         staff ann in sales capacity=1
         open c1 by v1 in sales
         close c1
         reopen c1 by v1
         close c1
         open c2 by v2 in sales
         reopen c1 by v1",
        "c1 assigned to ann (routed)
         c1 closed by root
         c1 reopened in sales
         c1 assigned to ann (reopened)
         c1 closed by root
         c2 assigned to ann (routed)
         refused: queue full",
    );
}

#[test]
fn it_can_be_closed_and_lost_and_requeued_as_any_other() {
    check(
        "department sales grace=10s
         staff ann in sales
         open c1 by v1 in sales
         close c1
         reopen c1 by v1
         lose ann desk
         at +10s
         connect ann desk
         close c1
         reopen c1 by ann",
        "c1 assigned to ann (routed)
         c1 closed by root
         c1 reopened in sales
         c1 assigned to ann (reopened)
         c1 requeued in sales at 1 (agent_lost)
         c1 assigned to ann (requeued)
         c1 closed by root
         c1 reopened in sales
         c1 assigned to ann (reopened)",
    );
}

#[test]
fn a_visitor_who_leaves_while_it_waits_again_has_the_grace() {
    check(
        "department sales visitor_grace=10s
         connect v1 tab
         open c1 by v1 in sales
         close c1
         reopen c1 by v1
         lose v1 tab
         at +9999ms
         ? c1
         at +1ms",
        "c1 queued in sales at 1
         c1 closed by root
         c1 reopened in sales
         c1 queued in sales at 1
         c1 at 1 in sales
         c1 closed by visitor_left",
    );
}

#[test]
fn it_does_not_pass_those_who_wait_on_to_another_agent() {
    check(
        "department sales
         staff ann in sales capacity=1
         staff bob in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         close c1
         away ann
         open c3 by v3 in sales
         reopen c1 by v1
         ? queue sales
         close c2",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c1 closed by root
         c3 queued in sales at 1
         c1 reopened in sales
         c1 queued in sales at 2
         sales: c3 c1
         c2 closed by root
         c3 assigned to bob (routed)",
    );
}

#[test]
fn cooling_down_is_not_over_with_the_end() {
    check(
        "department sales offer_timeout=20s cooldown=60s
         staff ann in sales
         open c1 by v1 in sales
         decline c1 by ann
         close c1
         reopen c1 by v1",
        "c1 offered to ann
         c1 not ann's (declined)
         c1 closed by root
         c1 reopened in sales
         c1 queued in sales at 1",
    );
}

#[test]
fn a_visitor_who_is_gone_keeps_the_place_for_the_grace_again() {
    check(
        "department sales visitor_grace=30s
         staff ann in sales
         connect v1 tab
         open c1 by v1 in sales
         lose v1 tab
         close c1
         at +60s
         away ann
         reopen c1 by ann
         at +29s
         ? c1
         at +1s
         open c2 by v2 in sales       # who never was there has no grace to lose
         close c2
         reopen c2
         at +60s
         ? c2",
        "c1 assigned to ann (routed)
         c1 closed by root
         c1 reopened in sales
         c1 queued in sales at 1
         c1 at 1 in sales
         c1 closed by visitor_left
         c2 queued in sales at 1
         c2 closed by root
         c2 reopened in sales
         c2 queued in sales at 1
         c2 at 1 in sales",
    );
}

#[test]
fn a_cooldown_that_ends_at_that_very_moment_is_over() {
    check(
        "department sales offer_timeout=20s cooldown=60s
         staff ann in sales
         open c1 by v1 in sales
         decline c1 by ann
         close c1
         at +60s
         reopen c1 by v1
         ? deadline                  # nothing is left of the cooldown
         decline c1 by ann
         close c1
         at +59999ms
         reopen c1 by v1
         ? deadline",
        "c1 offered to ann
         c1 not ann's (declined)
         c1 closed by root
         c1 reopened in sales
         c1 offered to ann
         OfferExpired in 20000ms
         c1 not ann's (declined)
         c1 closed by root
         c1 reopened in sales
         c1 queued in sales at 1
         CooledDown in 1ms",
    );
}
