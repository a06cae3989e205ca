//! What the plan allows, and that a workspace keeps an admin.

use crate::script::check;

#[test]
fn seats() {
    check(
        "limits seats=2
         agent ann
         agent bob
         agent cid
         remove bob                  # frees the seat, not the id
         agent bob
         agent cid
         ? seats",
        "refused: seat limit
         refused: agent id taken
         2 seats, 0 departments",
    );
}

#[test]
fn departments() {
    check(
        "limits departments=1
         department sales
         department support
         delete department sales
         department support
         ? seats",
        "refused: department limit
         0 seats, 1 departments",
    );
}

#[test]
fn limits_below_what_is_in_use_are_refused() {
    check(
        "department sales
         department support
         agent ann
         agent bob
         limits seats=1
         limits departments=1
         limits seats=2 departments=2
         agent cid
         limits seats=3
         agent cid",
        "refused: plan too small
         refused: plan too small
         refused: seat limit",
    );
}

#[test]
fn the_last_admin_can_neither_be_demoted_nor_removed() {
    check(
        "agent ann role=admin
         agent bob
         change ann role=agent
         remove ann
         remove bob
         agent cid role=admin
         change ann role=agent
         remove cid
         change ann role=admin
         remove cid
         remove ann",
        "refused: last admin
         refused: last admin
         refused: last admin
         refused: last admin",
    );
}

#[test]
fn a_refused_change_changes_nothing_of_it() {
    check(
        "department sales
         staff ann in sales capacity=0
         open c1 by v1 in sales
         change ann capacity=5 departments=sales,nowhere
         ? ann",
        "c1 queued in sales at 1
         refused: no such department
         ann online present",
    );
}

#[test]
fn settings_are_said_one_by_one_and_taken_back() {
    check(
        "department sales
         settings seats=1 departments=1 default=sales
         agent ann
         agent ben
         department support
         settings seats=none departments=none
         agent ben
         department support
         open c1 by v1
         settings default=support
         open c2 by v2
         settings status=suspended
         open c3 by v3
         settings status=active
         open c3 by v3 in sales as api key
         policy nowhere max_queue=2
         policy sales fallback=support
         policy sales fallback=none",
        "refused: seat limit
         refused: department limit
         c1 queued in sales at 1
         c2 queued in support at 1
         refused: suspended
         c3 queued in sales at 2
         refused: no such department",
    );
}
