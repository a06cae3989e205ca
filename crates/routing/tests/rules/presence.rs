//! Rule 5: sessions and presence. Rule 4's other half: no device overrides an explicit away.

use crate::script::check;

#[test]
fn closing_one_of_two_devices_changes_nothing() {
    check(
        "department sales
         staff ann in sales
         connect ann phone
         open c1 by v1 in sales
         show people
         lose ann phone
         ? ann
         ? deadline
         open c2 by v2 in sales",
        "c1 assigned to ann (routed)
         ann online present with c1
         nothing is due
         c2 assigned to ann (routed)",
    );
}

#[test]
fn ending_one_of_two_devices_changes_nothing() {
    check(
        "department sales
         staff ann in sales
         connect ann phone
         open c1 by v1 in sales
         end ann phone
         ? ann",
        "c1 assigned to ann (routed)
         ann online present with c1",
    );
}

#[test]
fn a_second_device_never_overrides_away() {
    check(
        "department sales
         staff ann in sales
         away ann
         open c1 by v1 in sales
         connect ann phone
         lose ann desk
         connect ann desk
         ? ann",
        "c1 queued in sales at 1
         ann away present",
    );
}

#[test]
fn losing_the_last_session_leaves_the_availability_alone() {
    check(
        "department sales
         show people
         staff ann in sales
         lose ann desk
         ? ann
         connect ann desk
         ? ann",
        "ann present
         ann online by root
         ann absent
         ann online absent
         ann present
         ann online present",
    );
}

#[test]
fn a_lost_agent_gets_nothing_new() {
    check(
        "department sales
         staff ann in sales
         lose ann desk
         open c1 by v1 in sales",
        "c1 queued in sales at 1",
    );
}

#[test]
fn a_session_is_one_persons() {
    check(
        "department sales
         agent ann in sales
         agent bob in sales
         connect ann desk
         lose ann desk
         end ann desk
         lose ann desk
         remove ann
         connect ann desk",
        "refused: no such session
         refused: no such agent",
    );
}

#[test]
fn removal_requeues_at_once_and_ends_every_session() {
    check(
        "department sales
         staff ann in sales
         open c1 by v1 in sales
         connect ann phone
         lose ann phone
         show notices
         remove ann
         lose ann desk
         end ann phone
         online ann
         ? ann",
        "c1 assigned to ann (routed)
         c1 requeued in sales at 1 (removed)
         tell ann: c1 released (removed)
         tell ann: removed
         refused: no such session
         refused: no such session
         refused: no such agent
         ann is not here",
    );
}

#[test]
fn whoever_never_came_counts_from_saying_online() {
    check(
        "settings absent_away=10m
         department sales
         agent ann in sales
         at +60m
         online ann
         ? deadline
         at +10m
         ? ann",
        "AgentAbsent in 600000ms
         ann away absent",
    );
}

#[test]
fn what_is_served_is_what_those_hold_who_are_online_and_present() {
    check(
        "department sales
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         ? served sales
         away bob
         ? served sales
         lose ann desk
         ? served sales
         connect ann desk
         online bob
         ? served sales
         close c1
         ? served sales
         transfer c3 by ann to bob
         ? served sales
         away bob
         ? served sales",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 assigned to ann (routed)
         sales: 3 held, 3 served
         sales: 3 held, 2 served
         sales: 3 held, 0 served
         sales: 3 held, 3 served
         c1 closed by root
         sales: 2 held, 2 served
         c3 transferred to sales
         c3 assigned to bob (transferred)
         sales: 2 held, 2 served
         sales: 2 held, 0 served",
    );
}
