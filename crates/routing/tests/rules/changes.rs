//! An agent removed, a department deleted, a membership, capacity, skill or limit changed while
//! something is queued, offered and assigned: nothing is orphaned, everybody concerned is told.

use crate::script::check;

/// ann has c1 and is asked for c2; c3 is asked of nobody, for its skill. Then something changes.
#[track_caller]
fn change(what: &str, expected: &str) {
    check(
        &format!(
            "department support
             department sales offer_timeout=60s
             staff ann in sales,support
             open c1 by v1 in sales
             accept c1 by ann
             open c2 by v2 in sales
             open c3 by v3 in sales skills=dutch
             show notices
             {what}"
        ),
        &format!(
            "c1 offered to ann
             c1 assigned to ann (accepted)
             c2 offered to ann
             c3 queued in sales at 2
             {expected}"
        ),
    );
}

const WITHDRAWN: &str = "c2 not ann's (not_eligible)
    tell ann: c2 withdrawn (not_eligible)";

#[test]
fn the_agent_is_removed() {
    change(
        "remove ann
         ? queue sales",
        "c2 not ann's (removed)
         tell ann: c2 withdrawn (removed)
         c1 requeued in sales at 1 (removed)
         tell ann: c1 released (removed)
         tell ann: removed
         sales: c1 c2 c3",
    );
}

#[test]
fn the_department_is_deleted_with_a_fallback() {
    change(
        "policy sales fallback=support
         delete department sales
         ? c1
         ? ann",
        "c2 not ann's (department_deleted)
         tell ann: c2 withdrawn (department_deleted)
         c2 requeued in support (department_deleted)
         c3 requeued in support at 1 (department_deleted)
         tell ann: departments changed
         c2 assigned to ann (routed)
         tell ann: c2 assigned
         tell v2: c2 assigned
         c1 with ann in sales
         ann online present with c1 c2",
    );
}

#[test]
fn the_department_is_deleted_without_one() {
    change(
        "delete department sales
         ? ann
         close c1 by ann from=desk",
        "c2 not ann's (department_deleted)
         tell ann: c2 withdrawn (department_deleted)
         c2 rejected in sales (department_deleted)
         tell v2: c2 rejected (department_deleted)
         c3 rejected in sales (department_deleted)
         tell v3: c3 rejected (department_deleted)
         tell ann: departments changed
         ann online present with c1
         c1 closed by agent
         tell ann but ann/desk: c1 closed by agent
         tell v1 but ann/desk: c1 closed by agent",
    );
}

#[test]
fn the_membership_ends() {
    change(
        "leave ann sales
         ? ann
         ? queue sales
         join ann sales",
        &format!(
            "tell ann: departments changed
             {WITHDRAWN}
             ann online present with c1
             sales: c2 c3
             tell ann: departments changed
             c2 offered to ann
             tell ann: c2 offered"
        ),
    );
}

#[test]
fn capacity_changes() {
    change(
        "change ann capacity=2       # as much as there is
         change ann capacity=1
         ? ann
         change ann capacity=2",
        &format!(
            "{WITHDRAWN}
             ann online present with c1
             c2 offered to ann
             tell ann: c2 offered"
        ),
    );
}

#[test]
fn the_departments_share_changes() {
    change(
        "policy sales agent_capacity=2
         policy sales agent_capacity=1
         ? ann
         policy sales agent_capacity=none",
        &format!(
            "{WITHDRAWN}
             ann online present with c1
             c2 offered to ann
             tell ann: c2 offered"
        ),
    );
}

#[test]
fn skills_change() {
    change(
        "change ann skills=dutch
         change ann skills=none
         ? ann
         ? queue sales",
        "c3 offered to ann
         tell ann: c3 offered
         c3 not ann's (not_eligible)
         tell ann: c3 withdrawn (not_eligible)
         ann online present with c1, 1 offered
         sales: c2 c3",
    );
}

#[test]
fn the_department_closes_and_opens() {
    change(
        "closes sales
         ? ann
         opens sales",
        &format!(
            "{WITHDRAWN}
             ann online present with c1
             c2 offered to ann
             tell ann: c2 offered"
        ),
    );
}

#[test]
fn limits_take_nobody_away() {
    change(
        "limits seats=0 departments=2
         limits seats=1 departments=2
         agent bob
         ? ann",
        "refused: plan too small
         refused: seat limit
         ann online present with c1, 1 offered",
    );
}

#[test]
fn the_queues_bound_rejects_nobody_who_is_there() {
    change(
        "policy sales max_queue=0 on_unstaffed=reject
         away ann
         ? queue sales",
        "tell ann: away by root
         c2 not ann's (away)
         tell ann: c2 withdrawn (away)
         sales: c2 c3",
    );
}

#[test]
fn the_strategy_changes_while_somebody_is_asked() {
    change(
        "staff bob in sales
         policy sales strategy=round_robin
         decline c2 by ann",
        "tell bob: departments changed
         tell bob: online by root
         c2 not ann's (declined)
         tell ann: c2 withdrawn (declined)
         c2 offered to bob
         tell bob: c2 offered",
    );
}

#[test]
fn the_workspace_is_suspended_and_what_is_there_goes_on() {
    change(
        "suspend
         open c4 by v4 in sales
         close c2 by v2",
        "refused: suspended
         c2 not ann's (closed)
         tell ann: c2 withdrawn (closed)
         c2 closed by visitor
         tell v2: c2 closed by visitor",
    );
}
