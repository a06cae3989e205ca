//! Offers take room on the agent, but none in the queue; they keep their place in the line.

use crate::script::check;

#[test]
fn an_offered_one_does_not_count_against_the_bound() {
    check(
        "department sales offer_timeout=20s max_queue=1
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         decline c1 by ann           # back in the queue, whatever its bound
         ? queue sales
         open c4 by v4 in sales",
        "c1 offered to ann
         c2 queued in sales at 2
         c3 rejected in sales (queue_full)
         c1 not ann's (declined)
         c2 offered to ann
         sales: c1 c2
         c4 rejected in sales (queue_full)",
    );
}

#[test]
fn a_queue_of_none_takes_whom_somebody_is_asked_to_take() {
    check(
        "department sales offer_timeout=20s max_queue=0
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         decline c1 by ann
         ? c1",
        "c1 offered to ann
         c2 rejected in sales (queue_full)
         c1 not ann's (declined)
         c1 at 1 in sales",
    );
}

#[test]
fn the_place_is_kept_until_accepted_and_counts_for_others() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales priority=1
         ? c1
         ? queue sales
         accept c1 by ann
         ? c2
         ? queue sales",
        "c1 offered to ann
         c2 queued in sales at 2
         c3 queued in sales at 1
         c1 at 2 in sales, offered to ann
         sales: c3 c1 c2
         c1 assigned to ann (accepted)
         c2 at 2 in sales
         sales: c3 c2",
    );
}

#[test]
fn offers_count_against_the_capacity() {
    check(
        "department sales offer_timeout=20s
         department support
         staff ann in sales,support capacity=2
         open c1 by v1 in sales
         open c2 by v2 in support
         open c3 by v3 in support
         open c4 by v4 in sales
         decline c1 by ann           # room for the oldest
         ? ann",
        "c1 offered to ann
         c2 assigned to ann (routed)
         c3 queued in support at 1
         c4 queued in sales at 2
         c1 not ann's (declined)
         c3 assigned to ann (routed)
         ann online present with c2 c3",
    );
}

#[test]
fn and_against_the_departments_share() {
    check(
        "department sales offer_timeout=20s agent_capacity=1 wrap_up=10s
         department support
         staff ann in sales,support
         open c1 by v1 in sales
         open c2 by v2 in sales
         ? needs c2
         open c3 by v3 in support    # its share is each department's own
         accept c1 by ann
         close c1                    # in wrap-up it counts too
         ? c2
         at +10s",
        "c1 offered to ann
         c2 queued in sales at 2
         ann closes
         c3 assigned to ann (routed)
         c1 assigned to ann (accepted)
         c1 closed by root
         c2 at 1 in sales
         c2 offered to ann",
    );
}

#[test]
fn raising_a_cap_offers_at_once() {
    check(
        "department sales offer_timeout=20s agent_capacity=1
         staff ann in sales capacity=2
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         policy sales agent_capacity=3
         change ann capacity=3",
        "c1 offered to ann
         c2 queued in sales at 2
         c3 queued in sales at 3
         c2 offered to ann
         c3 offered to ann",
    );
}

#[test]
fn offers_are_load_for_the_strategy() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales capacity=2
         staff bob in sales capacity=4
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         open c4 by v4 in sales
         ? why c4",
        "c1 offered to ann
         c2 offered to bob
         c3 offered to bob
         c4 offered to ann
         routed: ann; 1 ann 1/2 chosen; 2 bob 2/4 ranked_lower",
    );
}

#[test]
fn a_head_who_cools_down_does_not_hold_up_the_rest() {
    check(
        "department sales offer_timeout=20s cooldown=60s
         staff ann in sales capacity=1
         open c1 by v1 in sales priority=9
         open c2 by v2 in sales
         open c3 by v3 in sales skills=dutch priority=5
         decline c1 by ann
         ? queue sales
         accept c2 by ann
         staff bob in sales skills=dutch
         ? queue sales
         close c2
         ? ann",
        "c1 offered to ann
         c2 queued in sales at 2
         c3 queued in sales at 2
         c1 not ann's (declined)
         c2 offered to ann
         sales: c1 c3 c2
         c2 assigned to ann (accepted)
         c1 offered to bob
         c3 offered to bob
         sales: c1 c3
         c2 closed by root
         ann online present",
    );
}

#[test]
fn whoever_frees_up_is_asked_for_the_oldest_of_all_departments() {
    check(
        "department sales offer_timeout=20s
         department support
         department billing offer_timeout=60s
         staff ann in sales,support,billing capacity=1
         open c1 by v1 in sales
         open c2 by v2 in billing
         open c3 by v3 in support
         open c4 by v4 in sales
         open c5 by v5 in support priority=1
         at +20s
         close c5
         decline c2 by ann
         close c3",
        "c1 offered to ann
         c2 queued in billing at 1
         c3 queued in support at 1
         c4 queued in sales at 2
         c5 queued in support at 1
         c1 not ann's (expired)
         c5 assigned to ann (routed)
         c5 closed by root
         c2 offered to ann
         c2 not ann's (declined)
         c3 assigned to ann (routed)
         c3 closed by root
         c4 offered to ann",
    );
}

#[test]
fn a_policy_that_asks_from_now_on_asks_from_now_on() {
    check(
        "department sales
         staff ann in sales
         open c1 by v1 in sales
         policy sales offer_timeout=20s
         open c2 by v2 in sales
         policy sales offer_timeout=60s
         ? deadline                  # what is asked is asked
         policy sales offer_timeout=none
         ? c2
         open c3 by v3 in sales
         at +20s
         at +5s",
        "c1 assigned to ann (routed)
         c2 offered to ann
         OfferExpired in 20000ms
         c2 at 1 in sales, offered to ann
         c3 assigned to ann (routed)
         c2 not ann's (expired)
         c2 assigned to ann (routed)",
    );
}
