//! A closed conversation counts as load for `wrap_up_ms`.

use crate::script::check;

#[test]
fn room_comes_when_it_is_over() {
    check(
        "department sales wrap_up=30s
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         close c1 by v1              # whoever closes
         ? ann
         ? deadline
         at +29999ms
         ? c2
         at +1ms
         ? ann",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c1 closed by visitor
         ann online present, 1 in wrap-up
         WrapUpOver in 30000ms
         c2 at 1 in sales
         c2 assigned to ann (routed)
         ann online present with c2",
    );
}

#[test]
fn it_is_load_for_the_strategy() {
    check(
        "department sales wrap_up=30s
         staff ann in sales
         staff bob in sales
         staff cy in sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         close c1
         close c3
         open c4 by v4 in sales      # all have one: by turn
         open c5 by v5 in sales
         at +30s
         open c6 by v6 in sales      # cy has none",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 assigned to cy (routed)
         c1 closed by root
         c3 closed by root
         c4 assigned to ann (routed)
         c5 assigned to bob (routed)
         c6 assigned to cy (routed)",
    );
}

#[test]
fn it_counts_in_its_department_and_over_all() {
    check(
        "department sales wrap_up=30s agent_capacity=1
         department support
         staff ann in sales,support capacity=2
         open c1 by v1 in sales
         close c1
         open c2 by v2 in sales
         open c3 by v3 in support
         open c4 by v4 in support
         close c3                    # no wrap-up there
         at +30s",
        "c1 assigned to ann (routed)
         c1 closed by root
         c2 queued in sales at 1
         c3 assigned to ann (routed)
         c4 queued in support at 1
         c3 closed by root
         c4 assigned to ann (routed)
         c2 assigned to ann (routed)",
    );
}

#[test]
fn what_was_only_queued_or_offered_has_none() {
    check(
        "department sales wrap_up=30s offer_timeout=20s
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         close c2
         close c1
         ? ann",
        "c1 offered to ann
         c2 queued in sales at 2
         c2 closed by root
         c1 not ann's (closed)
         c1 closed by root
         ann online present",
    );
}

#[test]
fn what_was_given_away_or_lost_has_none() {
    check(
        "department sales wrap_up=30s grace=1s
         staff ann in sales
         open c1 by v1 in sales
         staff bob in sales
         transfer c1 to bob
         ? ann
         lose bob desk
         at +1s
         ? bob
         close c1
         ? ann",
        "c1 assigned to ann (routed)
         c1 transferred to sales
         c1 assigned to bob (transferred)
         ann online present
         c1 requeued in sales (agent_lost)
         c1 assigned to ann (requeued)
         bob online absent
         c1 closed by root
         ann online present, 1 in wrap-up",
    );
}

#[test]
fn it_withdraws_no_offer_and_goes_on_while_away() {
    check(
        "department sales wrap_up=30s
         department support offer_timeout=60s
         staff ann in sales,support capacity=2
         open c1 by v1 in sales
         open c2 by v2 in support
         close c1
         ? ann
         away ann
         at +30s
         ? ann",
        "c1 assigned to ann (routed)
         c2 offered to ann
         c1 closed by root
         ann online present, 1 offered, 1 in wrap-up
         c2 not ann's (away)
         ann away present",
    );
}

#[test]
fn a_changed_policy_holds_for_the_next() {
    check(
        "department sales wrap_up=30s
         staff ann in sales
         open c1 by v1 in sales
         close c1
         policy sales wrap_up=0s
         ? ann
         open c2 by v2 in sales
         close c2
         ? ann
         at +30s
         ? ann",
        "c1 assigned to ann (routed)
         c1 closed by root
         ann online present, 1 in wrap-up
         c2 assigned to ann (routed)
         c2 closed by root
         ann online present, 1 in wrap-up
         ann online present",
    );
}

#[test]
fn of_who_is_removed_nothing_is_left() {
    check(
        "department sales wrap_up=30s
         staff ann in sales
         open c1 by v1 in sales
         close c1
         remove ann
         ? deadline
         reopen c1 by v1",
        "c1 assigned to ann (routed)
         c1 closed by root
         nothing is due
         c1 reopened in sales
         c1 queued in sales at 1",
    );
}

#[test]
fn of_a_department_that_is_deleted_it_goes_on() {
    check(
        "department sales wrap_up=30s
         department support
         staff ann in sales,support capacity=1
         open c1 by v1 in sales
         open c2 by v2 in support
         close c1
         delete department sales
         at +30s",
        "c1 assigned to ann (routed)
         c2 queued in support at 1
         c1 closed by root
         c2 assigned to ann (routed)",
    );
}

#[test]
fn a_claim_and_an_assignment_find_no_room() {
    check(
        "department sales wrap_up=30s
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         close c1
         claim c2 by ann
         assign c2 to ann
         assign c2 to ann force",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c1 closed by root
         refused: at capacity
         refused: at capacity
         c2 assigned to ann (assigned)",
    );
}
