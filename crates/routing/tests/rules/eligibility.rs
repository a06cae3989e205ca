//! Rule 1: only an agent who is online, present, a member of an open department and below its
//! capacity is given a conversation. Rule 4: after away, nothing arrives.

use crate::script::check;

#[test]
fn an_eligible_agent_gets_it_at_once() {
    check(
        "department sales
         staff ann in sales
         open c1 by v1 in sales
         ? c1",
        "c1 assigned to ann (routed)
         c1 with ann in sales",
    );
}

#[test]
fn whoever_is_away_absent_or_elsewhere_gets_nothing() {
    check(
        "department sales
         department support
         agent away_here in sales
         connect away_here desk
         agent online_absent in sales
         online online_absent
         staff elsewhere in support
         open c1 by v1 in sales",
        "c1 queued in sales at 1",
    );
}

#[test]
fn a_new_agent_is_away() {
    check(
        "department sales
         agent ann in sales
         ? ann",
        "ann away absent",
    );
}

#[test]
fn after_away_nothing_arrives_and_what_is_held_stays() {
    check(
        "department sales
         staff ann in sales
         open c1 by v1 in sales
         away ann
         open c2 by v2 in sales
         ? ann",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         ann away present with c1",
    );
}

#[test]
fn a_close_while_away_makes_room_for_nobody() {
    check(
        "department sales
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         away ann
         close c1
         ? ann",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c1 closed by root
         ann away present",
    );
}

#[test]
fn a_closed_department_gives_nothing_to_anyone() {
    check(
        "department sales
         staff ann in sales
         closes sales
         open c1 by v1 in sales
         ? ann",
        "c1 queued in sales at 1
         ann online present",
    );
}

#[test]
fn losing_the_membership_ends_eligibility() {
    check(
        "department sales
         staff ann in sales
         leave ann sales
         open c1 by v1 in sales",
        "c1 queued in sales at 1",
    );
}

#[test]
fn a_suspended_workspace_takes_nobody_in() {
    check(
        "department sales
         staff ann in sales
         suspend
         open c1 by v1 in sales",
        "refused: suspended",
    );
}

#[test]
fn the_agent_and_the_visitors_other_devices_are_told() {
    check(
        "department sales
         staff ann in sales capacity=1
         connect v1 tab
         show notices
         open c1 by v1 in sales from=tab
         open c2 by v2 in sales
         close c1 by ann from=desk",
        "tell v1 but v1/tab: c1 opened
         c1 assigned to ann (routed)
         tell ann: c1 assigned
         tell v1 but v1/tab: c1 assigned
         tell v2: c2 opened
         c2 queued in sales at 1
         c1 closed by agent
         tell ann but ann/desk: c1 closed by agent
         tell v1 but ann/desk: c1 closed by agent
         c2 assigned to ann (routed)
         tell ann: c2 assigned
         tell v2: c2 assigned",
    );
}

#[test]
fn a_visitor_closes_its_own_and_an_agent_what_it_holds() {
    check(
        "department sales
         staff ann in sales capacity=1
         staff bob in sales capacity=1
         department support
         staff eve in support
         open c1 by v1 in sales
         open c2 by v2 in sales
         close c1 by v2          # for others, it does not exist
         close c1 by eve
         close c1 by bob         # a colleague may see it
         close c1 by ann
         close c2 by v2
         close c2",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         refused: no such conversation
         refused: no such conversation
         refused: forbidden
         c1 closed by agent
         c2 closed by visitor
         refused: no such conversation",
    );
}

#[test]
fn without_a_department_the_default_or_only_one_is_meant() {
    check(
        "department sales
         open c1 by v1
         department support
         open c2 by v1
         default support
         open c3 by v1
         delete department support
         department billing
         open c4 by v1
         open c5 by v1 in nowhere",
        "c1 queued in sales at 1
         refused: department required
         c3 queued in support at 1
         c3 rejected in support (department_deleted)
         refused: department required
         refused: no such department",
    );
}

#[test]
fn what_does_not_exist_is_refused() {
    check(
        "online ann
         join ann sales
         department sales
         join ann sales
         connect ann phone
         lose ann phone
         end ann phone
         agent ann in sales,nowhere
         opens support
         policy sales fallback=nowhere
         default nowhere
         ? seats",
        "refused: no such agent
         refused: no such department
         refused: no such agent
         refused: no such agent
         refused: no such session
         refused: no such session
         refused: no such department
         refused: no such department
         refused: no such department
         refused: no such department
         0 seats, 1 departments",
    );
}

#[test]
fn saying_again_what_is_so_changes_nothing() {
    check(
        "department sales
         staff ann in sales
         ? events
         online ann
         join ann sales
         opens sales
         connect ann desk
         change ann capacity=5
         policy sales
         ? events",
        "6 events
         6 events",
    );
}
