//! Transfers to an agent.

use crate::script::check;

#[test]
fn to_a_colleague() {
    check(
        "department sales
         staff ann in sales
         staff bob in sales
         connect ann phone
         open c1 by v1 in sales
         show notices
         transfer c1 by ann to bob from=desk
         ? c1
         ? ann",
        "c1 assigned to ann (routed)
         c1 transferred to sales
         tell ann but ann/desk: c1 released (transferred)
         c1 assigned to bob (transferred)
         tell bob: c1 assigned
         tell v1: c1 assigned
         c1 with bob in sales
         ann online present",
    );
}

#[test]
fn to_an_agent_in_another_department() {
    check(
        "department sales
         department support
         staff ann in sales
         staff bob in sales,support
         open c1 by v1 in sales
         transfer c1 by ann in support to bob
         ? c1
         transfer c1 by bob in sales to bob    # to itself, elsewhere
         ? c1",
        "c1 assigned to ann (routed)
         c1 transferred to support
         c1 assigned to bob (transferred)
         c1 with bob in support
         c1 transferred to sales
         c1 assigned to bob (transferred)
         c1 with bob in sales",
    );
}

#[test]
fn to_who_has_it_changes_nothing() {
    check(
        "department sales
         staff ann in sales capacity=1
         open c1 by v1 in sales
         ? events
         transfer c1 by ann to ann
         transfer c1 by ann in sales to ann
         transfer c1 to ann
         ? events",
        "c1 assigned to ann (routed)
         8 events
         8 events",
    );
}

#[test]
fn to_itself_in_another_department_takes_no_further_room() {
    check(
        "department sales
         department support agent_capacity=1
         staff ann in sales,support capacity=1
         open c1 by v1 in sales
         transfer c1 by ann in support to ann
         ? c1",
        "c1 assigned to ann (routed)
         c1 transferred to support
         c1 assigned to ann (transferred)
         c1 with ann in support",
    );
}

/// A transfer of what ann has to bob in support, who is not eligible.
#[track_caller]
fn refused(before: &str, by_agent: &str, forced: &str) {
    check(
        &format!(
            "department sales
             department support
             staff ann in sales skills=dutch
             open c1 by v1 in sales skills=dutch
             staff bob in sales,support skills=dutch
             {before}
             transfer c1 by ann in support to bob
             transfer c1 in support to bob force"
        ),
        &format!("c1 assigned to ann (routed)\n{by_agent}\n{forced}"),
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
    both("leave bob support", "not a member");
    both("change bob skills=none", "missing skill");
    both("closes support", "department closed");
    let none = "refused: no such department";
    refused("delete department support", none, none);
    let nobody = "refused: no such agent";
    refused("remove bob", nobody, nobody);
    let forced = "c1 transferred to support\nc1 assigned to bob (transferred)";
    refused("change bob capacity=0", "refused: at capacity", forced);
    refused("policy support agent_capacity=0", "refused: at capacity", forced);
}

#[test]
fn an_admin_transfers_what_waits_and_what_is_offered() {
    check(
        "department sales
         department support offer_timeout=20s
         staff ann in support
         open c1 by v1 in sales
         transfer c1 in support to ann    # not asked: somebody said so
         open c2 by v2 in support
         staff bob in support
         transfer c2 to bob",
        "c1 queued in sales at 1
         c1 transferred to support
         c1 assigned to ann (transferred)
         c2 offered to ann
         c2 not ann's (reassigned)
         c2 transferred to support
         c2 assigned to bob (transferred)",
    );
}

#[test]
fn the_givers_place_is_filled_in_the_same_step() {
    check(
        "department sales
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         closes sales
         staff bob in sales
         change bob capacity=0
         opens sales
         transfer c1 to bob force
         ? ann",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c1 transferred to sales
         c1 assigned to bob (transferred)
         c2 assigned to ann (routed)
         ann online present with c2",
    );
}
