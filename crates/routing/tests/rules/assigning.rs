//! An admin gives a conversation to an agent.

use crate::script::check;

#[test]
fn from_the_queue() {
    check(
        "department sales
         staff ann in sales
         closes sales
         open c1 by v1 in sales
         connect v1 tab
         change ann capacity=0
         opens sales
         show notices
         assign c1 to ann force
         ? c1",
        "c1 queued in sales at 1
         c1 assigned to ann (assigned)
         tell ann: c1 assigned
         tell v1: c1 assigned
         c1 with ann in sales",
    );
}

#[test]
fn from_an_offer_without_waiting_for_an_answer() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         assign c1 to ann            # who is asked already
         open c2 by v2 in sales
         assign c2 to ann
         accept c2 by bob late",
        "c1 offered to ann
         c1 not ann's (reassigned)
         c1 assigned to ann (assigned)
         c2 offered to bob
         c2 not bob's (reassigned)
         c2 assigned to ann (assigned)
         refused: offer expired",
    );
}

#[test]
fn from_another_agent_who_is_told() {
    check(
        "department sales
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         show notices
         assign c1 to bob
         assign c1 to bob            # who has it
         ? ann
         ? bob",
        "c1 assigned to ann (routed)
         c1 assigned to bob (assigned)
         tell ann: c1 released (reassigned)
         tell bob: c1 assigned
         tell v1: c1 assigned
         ann online present
         bob online present with c1",
    );
}

/// An assignment to bob, who is not eligible: which refusal says so, by force too.
#[track_caller]
fn refused(before: &str, plain: &str, forced: &str) {
    check(
        &format!(
            "department sales offer_timeout=20s
             department support
             staff ann in sales skills=dutch
             open c1 by v1 in sales skills=dutch
             accept c1 by ann
             staff bob in sales,support skills=dutch
             {before}
             assign c1 to bob
             assign c1 to bob force"
        ),
        &format!("c1 offered to ann\nc1 assigned to ann (accepted)\n{plain}\n{forced}"),
    );
}

#[test]
fn a_refusal_says_why_and_force_passes_capacity_alone() {
    let both = |before: &str, why: &str| {
        let refusal = format!("refused: not eligible: {why}");
        refused(before, &refusal, &refusal);
    };
    both("away bob", "away");
    both("lose bob desk", "absent");
    both("end bob desk", "absent");
    both("leave bob sales", "not a member");
    both("change bob skills=french", "missing skill");
    both("closes sales", "department closed");
    both("delete department sales", "not a member");
    let forced = "c1 assigned to bob (assigned)";
    refused("change bob capacity=0", "refused: at capacity", forced);
    refused("policy sales agent_capacity=0", "refused: at capacity", forced);
}

#[test]
fn whoever_declined_just_now_is_not_given_it() {
    check(
        "department sales offer_timeout=20s cooldown=5s
         staff ann in sales
         open c1 by v1 in sales
         decline c1 by ann
         assign c1 to ann force
         at +5s
         assign c1 to ann",
        "c1 offered to ann
         c1 not ann's (declined)
         refused: not eligible: cooling down
         c1 offered to ann
         c1 not ann's (reassigned)
         c1 assigned to ann (assigned)",
    );
}

#[test]
fn agents_assign_nothing_and_what_is_not_there_is_refused() {
    check(
        "department sales
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         assign c1 to bob by ann
         assign c1 to bob by bob
         assign c1 to bob by v1
         assign c9 to bob
         assign c1 to nobody
         remove bob
         assign c1 to bob
         close c1
         assign c1 to ann",
        "c1 assigned to ann (routed)
         refused: forbidden
         refused: forbidden
         refused: no such conversation
         refused: no such conversation
         refused: no such agent
         refused: no such agent
         c1 closed by root
         refused: no such conversation",
    );
}

#[test]
fn an_agent_whose_offers_fill_it_is_full() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         assign c2 to ann
         assign c1 to ann            # its own offer takes no further room
         ? ann",
        "c1 offered to ann
         c2 queued in sales at 2
         refused: at capacity
         c1 not ann's (reassigned)
         c1 assigned to ann (assigned)
         ann online present with c1",
    );
}
