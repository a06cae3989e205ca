//! Rule 12: offers that no longer fit are withdrawn, no others, and nobody cools down for it.

use crate::script::check;

#[test]
fn a_skill_lost_withdraws_what_asked_for_it_alone() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales skills=french,dutch
         open c1 by v1 in sales skills=french
         open c2 by v2 in sales skills=dutch
         open c3 by v3 in sales
         change ann skills=dutch
         ? ann
         ? queue sales",
        "c1 offered to ann
         c2 offered to ann
         c3 offered to ann
         c1 not ann's (not_eligible)
         ann online present, 2 offered
         sales: c1 c2 c3",
    );
}

#[test]
fn lost_capacity_withdraws_the_newest_and_no_more_than_needed() {
    check(
        "department sales offer_timeout=20s
         department support
         staff ann in sales,support capacity=4
         open c1 by v1 in support    # held
         open c2 by v2 in sales
         open c3 by v3 in sales
         open c4 by v4 in sales
         change ann capacity=3
         change ann capacity=2
         ? c2
         change ann capacity=0       # what is held stays
         ? ann",
        "c1 assigned to ann (routed)
         c2 offered to ann
         c3 offered to ann
         c4 offered to ann
         c4 not ann's (not_eligible)
         c3 not ann's (not_eligible)
         c2 at 1 in sales, offered to ann
         c2 not ann's (not_eligible)
         ann online present with c1",
    );
}

#[test]
fn what_does_not_fit_for_another_reason_makes_room_for_what_does() {
    check(
        "department sales offer_timeout=20s
         department support offer_timeout=20s
         staff ann in sales,support capacity=2
         open c1 by v1 in sales
         open c2 by v2 in support
         change ann capacity=1 departments=support
         ? c2",
        "c1 offered to ann
         c2 offered to ann
         c1 not ann's (not_eligible)
         c2 at 1 in support, offered to ann",
    );
}

#[test]
fn what_is_over_a_departments_share_makes_room_for_what_is_not() {
    check(
        "department sales offer_timeout=20s agent_capacity=1
         department support offer_timeout=20s
         staff ann in sales,support capacity=2
         open c1 by v1 in sales
         open c2 by v2 in support
         open c3 by v3 in sales
         assign c3 to ann force
         ? c2",
        "c1 offered to ann
         c2 offered to ann
         c3 queued in sales at 2
         c3 assigned to ann (assigned)
         c1 not ann's (not_eligible)
         c2 at 1 in support, offered to ann",
    );
}

#[test]
fn a_withdrawal_other_than_by_the_agent_does_not_cool_down() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         open c1 by v1 in sales
         away ann
         online ann
         lose ann desk
         connect ann phone
         leave ann sales
         join ann sales
         closes sales
         opens sales",
        "c1 offered to ann
         c1 not ann's (away)
         c1 offered to ann
         c1 not ann's (lost)
         c1 offered to ann
         c1 not ann's (not_eligible)
         c1 offered to ann
         c1 not ann's (not_eligible)
         c1 offered to ann",
    );
}
