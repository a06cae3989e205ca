//! Rule 7 as far as it is built: where nobody is there, an open waits, is rejected, or goes on.

use crate::script::check;

#[test]
fn it_waits_by_default() {
    check(
        "department sales
         open c1 by v1 in sales",
        "c1 queued in sales at 1",
    );
}

#[test]
fn rejected_where_no_member_is_online_and_present() {
    check(
        "department sales on_unstaffed=reject
         agent ann in sales
         online ann                  # not present
         agent bob in sales
         connect bob desk            # not online
         staff eve                   # no member
         open c1 by v1 in sales",
        "c1 rejected in sales (no_agents_online)",
    );
}

#[test]
fn rejected_outside_the_opening_hours() {
    check(
        "department sales on_unstaffed=reject
         staff ann in sales
         closes sales
         open c1 by v1 in sales
         opens sales
         open c2 by v2 in sales",
        "c1 rejected in sales (no_agents_online)
         c2 assigned to ann (routed)",
    );
}

#[test]
fn whoever_is_busy_or_lacks_a_skill_is_staff_all_the_same() {
    check(
        "department sales on_unstaffed=reject
         staff ann in sales capacity=1
         open c1 by v1 in sales skills=french
         open c2 by v2 in sales
         open c3 by v3 in sales
         lose ann desk
         open c4 by v4 in sales
         ? queue sales",
        "c1 queued in sales at 1
         c2 assigned to ann (routed)
         c3 queued in sales at 2
         c4 rejected in sales (no_agents_online)
         sales: c1 c3",
    );
}

#[test]
fn the_visitor_hears_of_a_rejection_by_the_answer() {
    check(
        "department sales on_unstaffed=reject
         connect v1 tab
         show notices
         open c1 by v1 in sales from=tab
         ? c1",
        "tell v1 but v1/tab: c1 opened
         c1 rejected in sales (no_agents_online)
         tell v1 but v1/tab: c1 rejected (no_agents_online)
         c1 is not here",
    );
}

#[test]
fn unstaffed_goes_straight_to_the_fallback() {
    check(
        "department support
         department sales on_unstaffed=fallback fallback=support
         staff ann in support
         open c1 by v1 in sales
         ? c1",
        "c1 assigned to ann (routed)
         c1 with ann in support",
    );
}

#[test]
fn a_fallback_without_agents_queues_it() {
    check(
        "department support
         department sales on_unstaffed=fallback fallback=support
         open c1 by v1 in sales",
        "c1 queued in support at 1",
    );
}

#[test]
fn staffed_but_busy_does_not_go_on() {
    check(
        "department support
         department sales on_unstaffed=fallback fallback=support
         staff ann in sales capacity=1
         staff bob in support
         open c1 by v1 in sales
         open c2 by v2 in sales",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1",
    );
}

#[test]
fn without_a_fallback_it_waits() {
    check(
        "department sales on_unstaffed=fallback
         open c1 by v1 in sales",
        "c1 queued in sales at 1",
    );
}

#[test]
fn a_deleted_fallback_is_none() {
    check(
        "department support
         department sales on_unstaffed=fallback fallback=support
         delete department support
         open c1 by v1 in sales",
        "c1 queued in sales at 1",
    );
}

#[test]
fn the_fallbacks_own_policy_holds_there() {
    check(
        "department billing max_queue=0
         department support on_unstaffed=reject
         department sales on_unstaffed=fallback fallback=support
         open c1 by v1 in sales
         policy support on_unstaffed=fallback fallback=billing
         open c2 by v2 in sales",
        "c1 rejected in support (no_agents_online)
         c2 rejected in billing (queue_full)",
    );
}

#[test]
fn a_chain_goes_on_until_somebody_takes_it() {
    check(
        "department billing
         department support on_unstaffed=fallback fallback=billing
         department sales on_unstaffed=fallback fallback=support
         staff ann in billing
         open c1 by v1 in sales",
        "c1 assigned to ann (routed)",
    );
}

#[test]
fn a_chain_never_visits_a_department_twice() {
    check(
        "department billing
         department support on_unstaffed=fallback fallback=billing
         department sales on_unstaffed=fallback fallback=support
         policy billing on_unstaffed=fallback fallback=sales
         open c1 by v1 in sales
         open c2 by v2 in billing
         policy sales fallback=sales
         open c3 by v3 in sales
         ? queue billing
         ? queue support
         ? queue sales",
        "c1 queued in billing at 1
         c2 queued in support at 1
         c3 queued in sales at 1
         billing: c1
         support: c2
         sales: c3",
    );
}

#[test]
fn those_who_wait_are_not_rejected_when_the_last_agent_leaves() {
    check(
        "department sales on_unstaffed=reject
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         away ann
         ? queue sales",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         sales: c2",
    );
}
