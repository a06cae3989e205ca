//! By force an admin passes capacity, and nothing else.

use crate::script::check;

#[test]
fn it_frees_the_place_of_who_had_it() {
    check(
        "department sales
         staff ann in sales capacity=1
         staff bob in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         change bob capacity=2
         close c3
         open c4 by v4 in sales
         change bob capacity=1
         assign c1 to bob force
         ? bob",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 queued in sales at 1
         c3 assigned to bob (routed)
         c3 closed by root
         c4 assigned to bob (routed)
         c1 assigned to bob (assigned)
         bob online present with c1 c2 c4",
    );
}

#[test]
fn the_freed_place_is_filled_in_the_same_step() {
    check(
        "department sales
         staff ann in sales capacity=1
         staff bob in sales capacity=1
         away bob
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         change bob capacity=0
         online bob
         assign c1 to bob force
         ? ann",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c3 queued in sales at 2
         c1 assigned to bob (assigned)
         c2 assigned to ann (routed)
         ann online present with c2",
    );
}

#[test]
fn over_capacity_by_force_is_not_filled_up_further() {
    check(
        "department sales
         staff ann in sales capacity=1
         staff bob in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         assign c1 to bob force
         open c3 by v3 in sales
         open c4 by v4 in sales
         close c1                    # bob is down to what he may have
         ? bob
         close c2",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c1 assigned to bob (assigned)
         c3 assigned to ann (routed)
         c4 queued in sales at 1
         c1 closed by root
         bob online present with c2
         c2 closed by root
         c4 assigned to bob (routed)",
    );
}

#[test]
fn by_force_the_offers_of_who_is_full_are_withdrawn() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         assign c2 to ann force
         ? c1",
        "c1 offered to ann
         c2 queued in sales at 2
         c2 assigned to ann (assigned)
         c1 not ann's (not_eligible)
         c1 at 1 in sales",
    );
}
