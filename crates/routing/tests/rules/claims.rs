//! Claiming: an agent takes what waits in its departments.

use crate::script::check;

#[test]
fn what_waits_is_taken_out_of_turn() {
    check(
        "department sales offer_timeout=20s cooldown=60s
         staff ann in sales capacity=2
         open c1 by v1 in sales
         decline c1 by ann
         open c2 by v2 in sales
         decline c2 by ann
         claim c2 by ann             # cooling down aside
         ? queue sales
         claim c2 by ann             # it has it already
         ? ann",
        "c1 offered to ann
         c1 not ann's (declined)
         c2 offered to ann
         c2 not ann's (declined)
         c2 assigned to ann (claimed)
         sales: c1
         ann online present with c2",
    );
}

#[test]
fn ones_own_offer_is_accepted_by_it() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales capacity=1
         open c1 by v1 in sales
         claim c1 by ann",
        "c1 offered to ann
         c1 assigned to ann (accepted)",
    );
}

#[test]
fn of_two_claims_the_first_wins() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         staff bob in sales
         staff cy in sales
         open c1 by v1 in sales
         claim c1 by bob
         claim c1 by cy
         accept c1 by ann late
         ? c1",
        "c1 offered to ann
         c1 not ann's (claimed)
         c1 assigned to bob (claimed)
         refused: already taken
         refused: offer expired
         c1 with bob in sales",
    );
}

#[test]
fn what_an_agent_has_is_taken_from_nobody() {
    check(
        "department sales
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         claim c1 by bob",
        "c1 assigned to ann (routed)
         refused: already taken",
    );
}

#[test]
fn only_in_ones_own_departments() {
    check(
        "department sales
         staff eve
         open c1 by v1 in sales
         claim c1 by eve
         claim c9 by eve
         claim c1 by nobody",
        "c1 queued in sales at 1
         refused: no such conversation
         refused: no such conversation
         refused: no such agent",
    );
}

/// A claim by ann, who is not eligible: which refusal says so.
#[track_caller]
fn refused(before: &str, refusal: &str) {
    check(
        &format!(
            "department sales
             department support
             staff ann in sales,support skills=dutch
             closes sales
             open c1 by v1 in sales skills=dutch
             {before}
             claim c1 by ann"
        ),
        &format!("c1 queued in sales at 1\n{refusal}"),
    );
}

#[test]
fn a_refusal_says_why() {
    refused("", "refused: not eligible: department closed");
    refused("away ann\nopens sales", "refused: not eligible: away");
    refused("lose ann desk\nopens sales", "refused: not eligible: absent");
    refused("end ann desk\nopens sales", "refused: not eligible: absent");
    refused("change ann skills=none\nopens sales", "refused: not eligible: missing skill");
    refused("change ann capacity=0\nopens sales", "refused: at capacity");
    refused("policy sales agent_capacity=0\nopens sales", "refused: at capacity");
    refused("leave ann sales", "refused: no such conversation");
}

#[test]
fn a_claim_makes_room_in_the_queue_and_on_who_was_asked() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales capacity=1
         staff bob in sales capacity=1
         away bob
         open c1 by v1 in sales
         open c2 by v2 in sales
         change bob capacity=0
         online bob
         change bob capacity=1
         ? c2
         decline c2 by bob
         claim c1 by bob             # ann, who was asked, is asked for the next
         ? c2",
        "c1 offered to ann
         c2 queued in sales at 2
         c2 offered to bob
         c2 at 2 in sales, offered to bob
         c2 not bob's (declined)
         c1 not ann's (claimed)
         c1 assigned to bob (claimed)
         c2 offered to ann
         c2 at 1 in sales, offered to ann",
    );
}

#[test]
fn a_claim_is_a_turn() {
    check(
        "department sales strategy=round_robin offer_timeout=20s
         staff ann in sales
         staff bob in sales
         staff cy in sales
         open c1 by v1 in sales
         claim c1 by bob
         open c2 by v2 in sales",
        "c1 offered to ann
         c1 not ann's (claimed)
         c1 assigned to bob (claimed)
         c2 offered to cy",
    );
}

#[test]
fn what_was_closed_or_transferred_away_before_is_not_there() {
    check(
        "department sales offer_timeout=20s
         department support
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         close c1 by v1
         claim c1 by bob
         accept c1 by ann late
         transfer c2 in support
         claim c2 by ann",
        "c1 offered to ann
         c2 offered to bob
         c1 not ann's (closed)
         c1 closed by visitor
         refused: no such conversation
         refused: no such conversation
         c2 not bob's (reassigned)
         c2 transferred to support at 1
         refused: no such conversation",
    );
}
