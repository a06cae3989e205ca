//! Rule 10: who held it last takes it again, else anybody.

use crate::script::check;

#[test]
fn who_held_it_last_has_it_again() {
    check(
        "department sales
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         close c1 by ann
         ? c1
         reopen c1 by v1             # though bob was idle longer
         ? c1",
        "c1 assigned to ann (routed)
         c1 closed by agent
         c1 is not here
         c1 reopened in sales
         c1 assigned to ann (reopened)
         c1 with ann in sales",
    );
}

/// Reopens what bob had after something happened; ann could take it too, and has something.
#[track_caller]
fn reopened(before: &str, expected: &str) {
    check(
        &format!(
            "department sales
             department support
             staff ann in sales skills=dutch
             open c0 by v0 in sales
             staff bob in sales,support skills=dutch
             open c1 by v1 in sales skills=dutch
             close c1
             {before}
             reopen c1"
        ),
        &format!(
            "c0 assigned to ann (routed)
             c1 assigned to bob (routed)
             c1 closed by root
             {expected}"
        ),
    );
}

#[test]
fn never_who_is_not_eligible() {
    let ann = "c1 reopened in sales\nc1 assigned to ann (reopened)";
    let queued = "c1 reopened in sales\nc1 queued in sales at 1";
    reopened("", "c1 reopened in sales\nc1 assigned to bob (reopened)");
    reopened("away bob", ann);
    reopened("lose bob desk", ann);
    reopened("end bob desk", ann);
    reopened("change bob skills=french", ann);
    reopened("leave bob sales", ann);
    reopened("change bob capacity=0", ann);
    reopened("remove bob", ann);
    reopened("away bob\naway ann", queued);
    reopened("closes sales", queued);
}

#[test]
fn never_who_is_full() {
    reopened(
        "change bob capacity=1\nopen c2 by v2 in support",
        "c2 assigned to bob (routed)
         c1 reopened in sales
         c1 assigned to ann (reopened)",
    );
    reopened(
        "policy sales agent_capacity=1\naway ann\nopen c2 by v2 in sales\nonline ann",
        "c2 assigned to bob (routed)
         c1 reopened in sales
         c1 queued in sales at 1",
    );
}

#[test]
fn it_is_offered_where_the_department_asks_to_the_same() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         accept c1 by ann
         close c1
         reopen c1 by v1
         decline c1 by ann           # the next, as ever
         accept c1 by bob",
        "c1 offered to ann
         c1 assigned to ann (accepted)
         c1 closed by root
         c1 reopened in sales
         c1 offered to ann
         c1 not ann's (declined)
         c1 offered to bob
         c1 assigned to bob (accepted)",
    );
}

#[test]
fn queued_it_has_a_new_place_at_the_end_of_its_priority() {
    check(
        "department sales
         open c1 by v1 in sales
         open c2 by v2 in sales priority=5
         close c1
         close c2
         open c3 by v3 in sales
         open c4 by v4 in sales priority=5
         reopen c1
         reopen c2
         ? queue sales
         staff ann in sales",
        "c1 queued in sales at 1
         c2 queued in sales at 1
         c1 closed by root
         c2 closed by root
         c3 queued in sales at 1
         c4 queued in sales at 1
         c1 reopened in sales
         c1 queued in sales at 3
         c2 reopened in sales
         c2 queued in sales at 2
         sales: c4 c2 c3 c1
         c4 assigned to ann (routed)
         c2 assigned to ann (reopened)
         c3 assigned to ann (routed)
         c1 assigned to ann (reopened)",
    );
}

#[test]
fn a_rejected_one_may_be_reopened() {
    check(
        "department sales on_unstaffed=reject
         open c1 by v1 in sales
         reopen c1 by v1
         staff ann in sales
         reopen c1 by v1",
        "c1 rejected in sales (no_agents_online)
         refused: no agents online
         c1 reopened in sales
         c1 assigned to ann (reopened)",
    );
}

#[test]
fn what_the_department_would_reject_is_refused() {
    check(
        "department sales max_queue=1
         open c1 by v1 in sales
         close c1
         open c2 by v2 in sales
         reopen c1
         close c2
         reopen c1
         policy sales on_unstaffed=reject
         close c1
         reopen c1",
        "c1 queued in sales at 1
         c1 closed by root
         c2 queued in sales at 1
         refused: queue full
         c2 closed by root
         c1 reopened in sales
         c1 queued in sales at 1
         c1 closed by root
         refused: no agents online",
    );
}
