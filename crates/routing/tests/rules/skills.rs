//! Skills: an agent needs all that are asked for.

use crate::script::check;

#[test]
fn all_skills_asked_for_are_needed() {
    check(
        "department sales
         staff ann in sales skills=french
         staff bob in sales skills=german,french
         open c1 by v1 in sales skills=french,german
         open c2 by v2 in sales skills=german
         open c3 by v3 in sales skills=spanish
         open c4 by v4 in sales skills=french",
        "c1 assigned to bob (routed)
         c2 assigned to bob (routed)
         c3 queued in sales at 1
         c4 assigned to ann (routed)",
    );
}

#[test]
fn order_and_repeats_of_skills_mean_nothing() {
    check(
        "department sales
         staff ann in sales skills=b,a,b
         open c1 by v1 in sales skills=a,b,a
         open c2 by v2 in sales skills=b",
        "c1 assigned to ann (routed)
         c2 assigned to ann (routed)",
    );
}

#[test]
fn the_skilled_also_take_whoever_asks_for_nothing() {
    check(
        "department sales strategy=round_robin
         staff ann in sales skills=french
         staff bob in sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales skills=french
         open c4 by v4 in sales",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 assigned to ann (routed)
         c4 assigned to bob (routed)",
    );
}

#[test]
fn a_head_whom_nobody_can_take_does_not_hold_up_the_rest() {
    check(
        "department sales
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales skills=french priority=9
         open c3 by v3 in sales
         close c1
         ? queue sales
         staff bob in sales skills=french",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c3 queued in sales at 2
         c1 closed by root
         c3 assigned to ann (routed)
         sales: c2
         c2 assigned to bob (routed)",
    );
}

#[test]
fn the_first_of_all_skills_is_served_first() {
    check(
        "department sales
         staff ann in sales capacity=0 skills=french,german
         open c1 by v1 in sales skills=german
         open c2 by v2 in sales
         open c3 by v3 in sales skills=french priority=1
         open c4 by v4 in sales skills=german
         ? queue sales
         change ann capacity=3",
        "c1 queued in sales at 1
         c2 queued in sales at 2
         c3 queued in sales at 1
         c4 queued in sales at 4
         sales: c3 c1 c2 c4
         c3 assigned to ann (routed)
         c1 assigned to ann (routed)
         c2 assigned to ann (routed)",
    );
}

#[test]
fn losing_a_skill_takes_nothing_away() {
    check(
        "department sales
         staff ann in sales skills=french
         open c1 by v1 in sales skills=french
         change ann skills=none
         open c2 by v2 in sales skills=french
         ? ann",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         ann online present with c1",
    );
}

#[test]
fn every_strategy_holds_among_the_skilled() {
    let script = |strategy: &str| {
        format!(
            "department sales strategy={strategy}
             staff zoe in sales skills=french
             staff ann in sales
             staff bob in sales skills=french,german
             open c1 by v1 in sales skills=french
             open c2 by v2 in sales skills=french
             open c3 by v3 in sales skills=french
             close c2
             open c4 by v4 in sales skills=french"
        )
    };
    let said = |first: &str, second: &str, fourth: &str| {
        format!(
            "c1 assigned to {first} (routed)
             c2 assigned to {second} (routed)
             c3 assigned to {first} (routed)
             c2 closed by root
             c4 assigned to {fourth} (routed)"
        )
    };
    check(&script("least_busy"), &said("bob", "zoe", "zoe"));
    check(&script("round_robin"), &said("zoe", "bob", "bob"));
    check(&script("longest_idle"), &said("bob", "zoe", "bob"));
}

#[test]
fn a_combination_nobody_has_asked_for_before_is_taken_at_once() {
    check(
        "department sales max_queue=0
         staff ann in sales skills=french,german,spanish
         open c1 by v1 in sales skills=spanish,french",
        "c1 assigned to ann (routed)",
    );
}
