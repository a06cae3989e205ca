//! Rule 10: returning visitors are led to who had their last conversation with the department.

use crate::script::check;

/// v1 had c1 with bob, who is not whom the strategy would take next: ann is.
#[track_caller]
fn returns(before: &str, open: &str, expected: &str) {
    check(
        &format!(
            "department sales sticky=60s
             department support
             staff ann in sales,support
             away ann
             staff bob in sales,support
             open c1 by v1 in sales
             close c1
             online ann
             {before}
             open c2 {open}"
        ),
        &format!(
            "c1 assigned to bob (routed)
             c1 closed by root
             {expected}"
        ),
    );
}

#[test]
fn to_who_had_the_last() {
    returns("", "by v1 in sales", "c2 assigned to bob (sticky)");
    returns("", "by v2 in sales", "c2 assigned to ann (routed)");
}

#[test]
fn within_the_time_that_the_department_says() {
    returns("at +60s", "by v1 in sales", "c2 assigned to bob (sticky)");
    returns("at +60001ms", "by v1 in sales", "c2 assigned to ann (routed)");
    returns("policy sales sticky=0s", "by v1 in sales", "c2 assigned to ann (routed)");
    let longer = "at +70s\npolicy sales sticky=70s";
    returns(longer, "by v1 in sales", "c2 assigned to bob (sticky)");
}

#[test]
fn another_department_is_another_matter() {
    returns("", "by v1 in support", "c2 assigned to ann (routed)");
}

#[test]
fn only_if_eligible() {
    let ann = "c2 assigned to ann (routed)";
    returns("away bob", "by v1 in sales", ann);
    returns("lose bob desk", "by v1 in sales", ann);
    returns("change bob capacity=0", "by v1 in sales", ann);
    returns("leave bob sales", "by v1 in sales", ann);
    returns("remove bob", "by v1 in sales", ann);
    returns("change ann skills=dutch", "by v1 in sales skills=dutch", ann);
    returns("closes sales", "by v1 in sales", "c2 queued in sales at 1");
}

#[test]
fn others_still_open_do_not_matter() {
    check(
        "department sales
         staff ann in sales
         staff bob in sales
         staff cy in sales
         open c1 by v1 in sales
         open c2 by v1 in sales
         open c3 by v1 in sales
         close c2
         open c4 by v1 in sales",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 assigned to cy (routed)
         c2 closed by root
         c4 assigned to bob (sticky)",
    );
}

#[test]
fn the_latest_closed_counts_whoever_opened_first() {
    check(
        "department sales
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         open c2 by v1 in sales
         close c2
         close c1
         open c3 by v2 in sales
         open c4 by v1 in sales
         close c4
         transfer c3 to bob
         close c3                    # another visitor's
         open c5 by v1 in sales",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c2 closed by root
         c1 closed by root
         c3 assigned to ann (routed)
         c4 assigned to ann (sticky)
         c4 closed by root
         c3 transferred to sales
         c3 assigned to bob (transferred)
         c3 closed by root
         c5 assigned to ann (sticky)",
    );
}

#[test]
fn who_held_it_at_the_close_counts() {
    check(
        "department sales
         department support
         staff ann in sales,support
         staff bob in sales
         open c1 by v1 in sales
         transfer c1 to bob
         close c1
         open c2 by v2 in sales
         open c3 by v1 in sales
         close c3
         transfer c2 in support to ann
         close c2
         open c4 by v2 in sales      # it was with support
         open c5 by v2 in support",
        "c1 assigned to ann (routed)
         c1 transferred to sales
         c1 assigned to bob (transferred)
         c1 closed by root
         c2 assigned to ann (routed)
         c3 assigned to bob (sticky)
         c3 closed by root
         c2 transferred to support
         c2 assigned to ann (transferred)
         c2 closed by root
         c4 assigned to bob (routed)
         c5 assigned to ann (sticky)",
    );
}

#[test]
fn one_closed_while_it_waited_leads_to_nobody() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         open c1 by v1 in sales
         accept c1 by ann
         close c1
         staff bob in sales
         open c2 by v2 in sales
         close c2                    # bob was only asked
         open c3 by v2 in sales
         close c3
         open c4 by v1 in sales",
        "c1 offered to ann
         c1 assigned to ann (accepted)
         c1 closed by root
         c2 offered to bob
         c2 not bob's (closed)
         c2 closed by root
         c3 offered to bob
         c3 not bob's (closed)
         c3 closed by root
         c4 offered to ann",
    );
}

#[test]
fn it_is_offered_where_the_department_asks() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         accept c1 by ann
         close c1
         open c2 by v1 in sales
         ? why c2
         decline c2 by ann
         accept c2 by bob",
        "c1 offered to ann
         c1 assigned to ann (accepted)
         c1 closed by root
         c2 offered to ann
         sticky: ann; 1 ann 0/5 chosen; 2 bob 0/5 ranked_lower
         c2 not ann's (declined)
         c2 offered to bob
         c2 assigned to bob (accepted)",
    );
}

#[test]
fn it_holds_at_the_fallback_too() {
    check(
        "department support
         department sales on_unstaffed=fallback fallback=support
         staff ann in support
         staff bob in support
         open c1 by v1 in support
         close c1
         open c2 by v1 in sales",
        "c1 assigned to ann (routed)
         c1 closed by root
         c2 assigned to ann (sticky)",
    );
}

#[test]
fn it_survives_a_restart_and_the_clock_of_the_new_one() {
    check(
        "department sales sticky=60s
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         close c1
         restart
         at +60s
         connect bob desk
         connect ann desk
         open c2 by v1 in sales",
        "c1 assigned to ann (routed)
         c1 closed by root
         c2 assigned to ann (sticky)",
    );
}

#[test]
fn what_is_forgotten_stays_so_under_a_longer_policy() {
    // What is over is forgotten when the next one is closed; bob is only whose turn it is.
    let another = "open c9 by v9 in sales\nclose c9\npolicy sales sticky=120s";
    let closed = "c9 assigned to ann (routed)\nc9 closed by root";
    let at = |after: &str, cause: &str| {
        let expected = format!("{closed}\nc2 assigned to bob ({cause})");
        returns(&format!("at {after}\n{another}"), "by v1 in sales", &expected);
    };
    at("+60s", "sticky");
    at("+60001ms", "routed");
}
