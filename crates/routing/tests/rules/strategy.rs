//! Rule 3: whom a strategy takes, and how ties go.

use crate::script::check;

#[test]
fn least_busy_is_load_by_capacity() {
    check(
        "department sales
         staff ann in sales capacity=2
         staff bob in sales capacity=10
         open c1 by v1 in sales      # nobody has anything: by id
         open c2 by v2 in sales      # 1/2 against 0/10
         open c3 by v3 in sales      # 1/2 against 1/10
         open c4 by v4 in sales",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 assigned to bob (routed)
         c4 assigned to bob (routed)",
    );
}

#[test]
fn least_busy_ties_go_to_the_longest_unassigned_then_by_id() {
    check(
        "department sales
         staff cid in sales
         staff bob in sales
         staff ann in sales
         open c1 by v1 in sales      # none ever: by id, not by joining
         open c2 by v2 in sales
         close c1
         close c2
         open c3 by v3 in sales      # cid never had one
         close c3
         open c4 by v4 in sales      # ann's is longest ago
         close c4
         open c5 by v5 in sales
         close c5
         open c6 by v6 in sales",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c1 closed by root
         c2 closed by root
         c3 assigned to cid (routed)
         c3 closed by root
         c4 assigned to ann (routed)
         c4 closed by root
         c5 assigned to bob (routed)
         c5 closed by root
         c6 assigned to cid (routed)",
    );
}

#[test]
fn equal_shares_of_different_capacities_are_a_tie() {
    check(
        "department sales
         department warmup
         staff ann in warmup capacity=3
         open w1 by v1 in warmup
         leave ann warmup
         staff bob in warmup capacity=9
         open w2 by v1 in warmup
         open w3 by v1 in warmup
         open w4 by v1 in warmup
         join bob sales
         join ann sales
         open c1 by v1 in sales      # 1/3 and 3/9; ann's last assignment is longer ago
         ? ann",
        "w1 assigned to ann (routed)
         w2 assigned to bob (routed)
         w3 assigned to bob (routed)
         w4 assigned to bob (routed)
         c1 assigned to ann (routed)
         ann online present with c1 w1",
    );
}

#[test]
fn load_is_what_is_held_now_not_what_was_ever_held() {
    check(
        "department sales sticky=0s
         staff ann in sales
         open c1 by v1 in sales
         close c1
         open c2 by v1 in sales
         close c2
         staff bob in sales
         open c3 by v1 in sales
         open c4 by v1 in sales",
        "c1 assigned to ann (routed)
         c1 closed by root
         c2 assigned to ann (routed)
         c2 closed by root
         c3 assigned to bob (routed)
         c4 assigned to ann (routed)",
    );
}

#[test]
fn load_counts_the_other_departments_too() {
    check(
        "department sales
         department support
         staff ann in sales,support
         staff bob in sales
         open c1 by v1 in support
         open c2 by v2 in sales
         ? bob",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         bob online present with c2",
    );
}

#[test]
fn round_robin_goes_in_joining_order() {
    check(
        "department sales strategy=round_robin
         staff cid in sales
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         open c4 by v4 in sales",
        "c1 assigned to cid (routed)
         c2 assigned to ann (routed)
         c3 assigned to bob (routed)
         c4 assigned to cid (routed)",
    );
}

#[test]
fn a_turn_is_spent_only_by_an_assignment() {
    check(
        "department sales strategy=round_robin
         staff ann in sales
         staff bob in sales capacity=1
         staff cid in sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         away cid
         open c3 by v3 in sales      # cid is passed over, and bob is full
         online cid
         open c4 by v4 in sales      # after ann comes bob, who is full
         close c2
         open c5 by v5 in sales      # the closing was no turn of bob's
         open c6 by v6 in sales",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 assigned to ann (routed)
         c4 assigned to cid (routed)
         c2 closed by root
         c5 assigned to ann (routed)
         c6 assigned to bob (routed)",
    );
}

#[test]
fn turns_are_each_departments_own() {
    check(
        "department sales strategy=round_robin
         department support strategy=round_robin
         staff ann in sales,support
         staff bob in sales,support
         open c1 by v1 in sales
         open c2 by v2 in support
         open c3 by v3 in support
         open c4 by v4 in sales",
        "c1 assigned to ann (routed)
         c2 assigned to ann (routed)
         c3 assigned to bob (routed)
         c4 assigned to bob (routed)",
    );
}

#[test]
fn whoever_left_and_joins_again_is_last_and_the_turn_goes_on() {
    check(
        "department sales strategy=round_robin
         staff ann in sales
         staff bob in sales
         staff cid in sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         leave bob sales
         open c3 by v3 in sales      # bob's turn was the last; cid is after him
         join bob sales
         open c4 by v4 in sales
         open c5 by v5 in sales",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 assigned to cid (routed)
         c4 assigned to bob (routed)
         c5 assigned to ann (routed)",
    );
}

#[test]
fn longest_idle_counts_assignments_and_closes() {
    check(
        "department sales strategy=longest_idle
         staff ann in sales
         staff bob in sales
         staff cid in sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         close c1                    # ann was busy until now
         open c4 by v4 in sales
         open c5 by v5 in sales
         open c6 by v6 in sales",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 assigned to cid (routed)
         c1 closed by root
         c4 assigned to bob (routed)
         c5 assigned to cid (routed)
         c6 assigned to ann (routed)",
    );
}

#[test]
fn longest_idle_ignores_availability_and_sessions() {
    check(
        "department sales strategy=longest_idle
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         away ann
         online ann
         lose ann desk
         connect ann desk
         open c3 by v3 in sales",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 assigned to ann (routed)",
    );
}

#[test]
fn a_changed_strategy_holds_from_the_next_conversation_on() {
    check(
        "department sales strategy=round_robin
         staff bob in sales
         staff ann in sales
         open c1 by v1 in sales
         policy sales strategy=least_busy
         open c2 by v2 in sales
         close c1
         policy sales strategy=round_robin
         open c3 by v3 in sales",
        "c1 assigned to bob (routed)
         c2 assigned to ann (routed)
         c1 closed by root
         c3 assigned to bob (routed)",
    );
}
