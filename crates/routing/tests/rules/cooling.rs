//! Rule 6: who declined or missed something cools down for it, and no attempt that failed spends a turn.

use crate::script::check;

#[test]
fn a_sole_agent_is_asked_again_after_the_cooldown_and_not_before() {
    check(
        "department sales offer_timeout=20s cooldown=5s
         staff ann in sales
         open c1 by v1 in sales
         decline c1 by ann
         ? deadline
         ? needs c1
         at +4999ms
         ? c1
         at +1ms
         at +20s                     # a miss cools down too
         at +5s",
        "c1 offered to ann
         c1 not ann's (declined)
         CooledDown in 5000ms
         ann cools for 5000ms
         c1 at 1 in sales
         c1 offered to ann
         c1 not ann's (expired)
         c1 offered to ann",
    );
}

#[test]
fn no_cooldown_is_no_tight_loop() {
    check(
        "department sales offer_timeout=20s cooldown=0s
         staff ann in sales
         open c1 by v1 in sales
         decline c1 by ann           # a step ends
         ? c1
         ? deadline                  # a moment at least
         at +1ms
         staff bob in sales
         decline c1 by ann           # the other first
         decline c1 by bob
         ? c1",
        "c1 offered to ann
         c1 not ann's (declined)
         c1 at 1 in sales
         CooledDown in 1ms
         c1 offered to ann
         c1 not ann's (declined)
         c1 offered to bob
         c1 not bob's (declined)
         c1 at 1 in sales",
    );
}

#[test]
fn the_cooldown_is_for_that_conversation_alone() {
    check(
        "department sales offer_timeout=20s cooldown=5s
         staff ann in sales
         open c1 by v1 in sales
         decline c1 by ann
         open c2 by v2 in sales
         ? queue sales
         ? c1
         ? c2",
        "c1 offered to ann
         c1 not ann's (declined)
         c2 offered to ann
         sales: c1 c2
         c1 at 1 in sales
         c2 at 2 in sales, offered to ann",
    );
}

#[test]
fn saying_away_and_online_again_does_not_end_the_cooldown() {
    check(
        "department sales offer_timeout=20s cooldown=5s
         staff ann in sales
         open c1 by v1 in sales
         decline c1 by ann
         away ann
         online ann
         lose ann desk
         connect ann desk
         ? c1
         at +5s",
        "c1 offered to ann
         c1 not ann's (declined)
         c1 at 1 in sales
         c1 offered to ann",
    );
}

#[test]
fn turns_are_spent_by_assignments_not_by_offers() {
    check(
        "department sales strategy=round_robin offer_timeout=20s
         staff ann in sales
         staff bob in sales
         staff cy in sales
         open c1 by v1 in sales
         decline c1 by ann           # no turn
         decline c1 by bob           # no turn
         accept c1 by cy             # a turn
         open c2 by v2 in sales
         decline c2 by ann
         open c3 by v3 in sales      # still ann's
         accept c2 by bob
         open c4 by v4 in sales",
        "c1 offered to ann
         c1 not ann's (declined)
         c1 offered to bob
         c1 not bob's (declined)
         c1 offered to cy
         c1 assigned to cy (accepted)
         c2 offered to ann
         c2 not ann's (declined)
         c2 offered to bob
         c3 offered to ann
         c2 assigned to bob (accepted)
         c4 offered to cy",
    );
}

#[test]
fn a_failed_attempt_leaves_recency_alone() {
    check(
        "department sales strategy=longest_idle offer_timeout=20s cooldown=1s
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         accept c1 by ann
         open c2 by v2 in sales
         decline c2 by bob
         accept c2 by ann
         at +1s
         open c3 by v3 in sales      # bob's last assignment is still longest ago",
        "c1 offered to ann
         c1 assigned to ann (accepted)
         c2 offered to bob
         c2 not bob's (declined)
         c2 offered to ann
         c2 assigned to ann (accepted)
         c3 offered to bob",
    );
}
