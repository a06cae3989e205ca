//! In a department of more than fifty, fifty are named, whoever was taken among them, and the
//! others are counted.

use crate::script::check;

#[test]
fn the_others_are_counted_by_reason() {
    check(
        "settings mobile_hold=10m
         department sales
         staff a01..a60 in sales
         agent b01..b04 in sales
         agent c01..c03 in sales
         online c01..c03
         staff d01..d02 in sales capacity=0
         staff e01..e05 in sales
         hold e01..e05 desk for 5m
         open x1 by v1 in sales
         ? gist x1",
        "held for 300000ms
         held for 300000ms
         held for 300000ms
         held for 300000ms
         held for 300000ms
         x1 assigned to a01 (routed)
         routed: a01; 1 a01 0/5 chosen … 50 a50 0/5 ranked_lower; 50 named; and 10 ranked_lower; and 5 held; and 4 away; and 3 absent; and 2 at_capacity",
    );
}

#[test]
fn those_who_could_not_be_taken_too() {
    check(
        "department sales agent_capacity=1
         agent a01..a60 in sales
         staff b01..b03 in sales
         open x1 by v1 in sales
         ? gist x1
         closes sales
         open x2 by v2 in sales
         ? gist x2",
        "x1 assigned to b01 (routed)
         routed: b01; 1 b01 0/5 chosen … a47 0/5 away; 50 named; and 13 away
         x2 queued in sales at 1
         routed: nobody; b02 0/5 department_closed … a48 0/5 away; 50 named; and 12 away; and 1 at_department_capacity",
    );
}

#[test]
fn skills_are_counted_as_well() {
    check(
        "department sales
         staff a01..a60 in sales
         staff b01..b03 in sales skills=dutch
         open x1 by v1 in sales skills=dutch
         ? gist x1
         open x2 by v2 in sales skills=french
         ? gist x2",
        "x1 assigned to b01 (routed)
         routed: b01; 1 b01 0/5 chosen … a47 0/5 missing_skill; 50 named; and 13 missing_skill
         x2 queued in sales at 1
         routed: nobody; a01 0/5 missing_skill … a50 0/5 missing_skill; 50 named; and 13 missing_skill",
    );
}

#[test]
fn who_cools_down_or_gave_it_away_is_counted_as_such() {
    check(
        "department sales offer_timeout=20s cooldown=60s
         staff a01..a55 in sales
         open x1 by v1 in sales
         decline x1 by a01
         accept x1 by a02
         open x2 by v2 in sales
         assign x2 to a01
         transfer x1 by a02 in sales
         ? gist x1",
        "x1 offered to a01
         x1 not a01's (declined)
         x1 offered to a02
         x1 assigned to a02 (accepted)
         x2 offered to a01
         x2 not a01's (reassigned)
         x2 assigned to a01 (assigned)
         x1 transferred to sales at 1
         x1 offered to a03
         transferred: a03; 1 a03 0/5 chosen … 50 a52 0/5 ranked_lower; 50 named; and 3 ranked_lower; and 1 giver; and 1 cooling_down",
    );
}

#[test]
fn of_those_who_sleep_too() {
    check(
        "settings mobile_hold=10m
         department sales
         staff a01..a60 in sales
         open x1 by v1 in sales
         hold a01 desk for 5m
         hold a02 desk for 5m
         transfer x1 by a01 in sales
         ? gist x1",
        "x1 assigned to a01 (routed)
         held for 300000ms
         held for 300000ms
         x1 transferred to sales
         x1 assigned to a03 (transferred)
         transferred: a03; 1 a03 0/5 chosen … 50 a52 0/5 ranked_lower; 50 named; and 8 ranked_lower; and 1 held; and 1 giver",
    );
}

/// `a60` of sixty is taken because somebody or something says so: it is named, in the last place.
#[track_caller]
fn far_behind(script: &str, (cause, last): (&str, &str), expected: &str) {
    check(
        &format!(
            "department sales offer_timeout=20s
             staff a01..a60 in sales
             {script}"
        ),
        &format!(
            "{expected}
             {cause}: a60; 1 a60 0/5 chosen … 50 {last} 0/5 ranked_lower; \
             50 named; and 10 ranked_lower"
        ),
    );
}

#[test]
fn a_claim_from_far_behind() {
    far_behind(
        "closes sales
         open x1 by v1 in sales
         opens sales
         decline x1 by a01
         claim x1 by a60
         close x1
         close x9
         open x2 by v2 in sales
         away a01
         online a01
         claim x2 by a60
         ? gist x2",
        ("claimed", "a50"),
        "x1 queued in sales at 1
         x1 offered to a01
         x1 not a01's (declined)
         x1 offered to a02
         x1 not a02's (claimed)
         x1 assigned to a60 (claimed)
         x1 closed by root
         refused: no such conversation
         x2 offered to a01
         x2 not a01's (away)
         x2 offered to a02
         x2 not a02's (claimed)
         x2 assigned to a60 (claimed)",
    );
}

#[test]
fn a_return_and_a_reopening_from_far_behind() {
    let closed = "x1 offered to a01
         x1 not a01's (reassigned)
         x1 assigned to a60 (assigned)
         x1 closed by root";
    let had = "open x1 by v1 in sales
         assign x1 to a60
         close x1";
    far_behind(
        &format!("{had}\nopen x2 by v1 in sales\n? gist x2"),
        ("sticky", "a49"),
        &format!("{closed}\nx2 offered to a60"),
    );
    far_behind(
        &format!("{had}\nreopen x1 by v1\n? gist x1"),
        ("reopened", "a49"),
        &format!("{closed}\nx1 reopened in sales\nx1 offered to a60"),
    );
}

#[test]
fn one_given_by_force_is_named_with_its_load() {
    check(
        "department sales
         staff a01..a60 in sales
         staff full in sales capacity=0
         open x1 by v1 in sales
         assign x1 to full force
         ? gist x1",
        "x1 assigned to a01 (routed)
         x1 assigned to full (assigned)
         assigned: full; full 0/0 chosen … 49 a50 0/5 ranked_lower; 50 named; and 11 ranked_lower",
    );
}
