//! What would release a queued conversation.

use crate::script::check;

#[test]
fn who_must_come_online_come_back_close_or_cool_down() {
    check(
        "department sales agent_capacity=2 offer_timeout=20s
         staff ann in sales
         away ann
         staff bob in sales
         lose bob desk
         staff full in sales capacity=1
         open c1 by v1 in sales
         staff share in sales capacity=5
         open c2 by v2 in sales
         open c3 by v3 in sales
         staff cool in sales
         open c4 by v4 in sales
         decline c4 by cool
         ? needs c4
         ? needs c3",
        "c1 offered to full
         c2 offered to share
         c3 offered to share
         c4 offered to cool
         c4 not cool's (declined)
         ann comes online, bob comes back, full closes, share closes, cool cools for 5000ms
         share answers",
    );
}

#[test]
fn skills_members_and_opening() {
    check(
        "department sales
         open c1 by v1 in sales
         ? needs c1
         staff ann in sales capacity=0
         open c2 by v2 in sales skills=french,dutch
         ? needs c2
         ? needs c1
         closes sales
         ? needs c1
         ? needs c2
         change ann capacity=5
         ? needs c1",
        "c1 queued in sales at 1
         a member
         c2 queued in sales at 2
         somebody with french dutch
         ann is given room
         opening, ann is given room
         opening, somebody with french dutch
         opening",
    );
}

#[test]
fn those_without_the_skill_are_no_help() {
    check(
        "department sales
         agent ann in sales
         agent bob in sales skills=dutch
         open c1 by v1 in sales skills=dutch
         ? needs c1",
        "c1 queued in sales at 1
         bob comes online",
    );
}

#[test]
fn whoever_is_with_somebody_waits_for_nothing() {
    check(
        "department sales
         staff ann in sales
         open c1 by v1 in sales
         ? needs c1",
        "c1 assigned to ann (routed)
         nothing",
    );
}

#[test]
fn in_a_crowd_fifty_are_named_and_the_others_counted() {
    check(
        "department sales
         agent a01..a52 in sales
         agent b01..b03 in sales
         online b01..b03
         open c1 by v1 in sales
         ? needs c1",
        &format!(
            "c1 queued in sales at 1
             {}, 2 others: comes online, 3 others: comes back",
            (1..=50).map(|n| format!("a{n:02} comes online")).collect::<Vec<_>>().join(", ")
        ),
    );
}

#[test]
fn who_rests_or_has_no_room_at_all_has_nothing_to_close() {
    check(
        "department sales wrap_up=30s
         staff ann in sales capacity=1
         open c1 by v1 in sales
         close c1
         open c2 by v2 in sales
         ? needs c2
         change ann capacity=0
         at +30s
         ? needs c2",
        "c1 assigned to ann (routed)
         c1 closed by root
         c2 queued in sales at 1
         ann rests for 30000ms
         ann is given room",
    );
}
