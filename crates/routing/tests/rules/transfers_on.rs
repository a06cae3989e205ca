//! Transfers to a department: the giver cools down, so that another takes it, or it queues there.

use crate::script::check;

#[test]
fn another_takes_it() {
    check(
        "department sales
         department support
         staff ann in sales,support
         open c1 by v1 in sales
         staff bob in support
         show notices
         transfer c1 by ann in support from=desk
         ? c1",
        "c1 assigned to ann (routed)
         c1 transferred to support
         tell ann but ann/desk: c1 released (transferred)
         c1 assigned to bob (transferred)
         tell bob: c1 assigned
         tell v1: c1 assigned
         c1 with bob in support",
    );
}

#[test]
fn within_the_department_another_takes_it() {
    check(
        "department sales
         staff ann in sales
         open c1 by v1 in sales
         staff bob in sales
         open c2 by v2 in sales
         open c3 by v3 in sales      # ann has room again; bob is behind
         transfer c1 by ann in sales",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 assigned to ann (routed)
         c1 transferred to sales
         c1 assigned to bob (transferred)",
    );
}

#[test]
fn it_is_offered_where_the_department_asks() {
    check(
        "department sales
         department support offer_timeout=20s
         staff ann in sales
         staff bob in support
         open c1 by v1 in sales
         transfer c1 by ann in support
         accept c1 by bob",
        "c1 assigned to ann (routed)
         c1 transferred to support at 1
         c1 offered to bob
         c1 assigned to bob (accepted)",
    );
}

#[test]
fn without_anybody_else_it_queues_until_the_giver_has_cooled_down() {
    check(
        "department sales
         department support cooldown=9s
         staff ann in sales,support
         open c1 by v1 in sales
         transfer c1 by ann in support
         ? needs c1
         ? deadline
         at +8999ms
         ? c1
         at +1ms",
        "c1 assigned to ann (routed)
         c1 transferred to support at 1
         ann cools for 9000ms
         CooledDown in 9000ms
         c1 at 1 in support
         c1 assigned to ann (transferred)",
    );
}

#[test]
fn queued_and_then_taken_it_came_by_transfer() {
    check(
        "department sales
         department support
         staff ann in sales
         open c1 by v1 in sales
         open c2 by v2 in support
         transfer c1 by ann in support
         ? queue support
         staff bob in support",
        "c1 assigned to ann (routed)
         c2 queued in support at 1
         c1 transferred to support at 1
         support: c1 c2
         c1 assigned to bob (transferred)
         c2 assigned to bob (routed)",
    );
}

#[test]
fn its_place_and_priority_are_kept() {
    check(
        "department sales
         department support
         open c1 by v1 in support priority=1
         open c2 by v2 in support
         open c3 by v3 in sales
         open c4 by v4 in support
         open c5 by v5 in sales priority=1
         transfer c3 in support
         transfer c5 in support
         ? queue support",
        "c1 queued in support at 1
         c2 queued in support at 2
         c3 queued in sales at 1
         c4 queued in support at 3
         c5 queued in sales at 1
         c3 transferred to support at 3
         c5 transferred to support at 2
         support: c1 c5 c2 c3 c4",
    );
}

#[test]
fn an_offered_one_goes_too() {
    check(
        "department sales offer_timeout=20s
         department support
         staff ann in sales
         open c1 by v1 in sales
         transfer c1 in support
         ? c1
         ? ann",
        "c1 offered to ann
         c1 not ann's (reassigned)
         c1 transferred to support at 1
         c1 at 1 in support
         ann online present",
    );
}

#[test]
fn who_lacks_the_skill_does_not_take_it() {
    check(
        "department sales
         department support
         staff ann in sales skills=dutch
         staff bob in support
         open c1 by v1 in sales skills=dutch
         transfer c1 by ann in support
         change bob skills=dutch",
        "c1 assigned to ann (routed)
         c1 transferred to support at 1
         c1 assigned to bob (transferred)",
    );
}

#[test]
fn the_freed_place_goes_to_who_waits_longest_even_so() {
    check(
        "department sales
         department support
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         transfer c1 by ann in support",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c1 transferred to support at 1
         c2 assigned to ann (routed)",
    );
}
