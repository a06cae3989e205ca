//! Every decision says why: who was taken, and why not the others.

use crate::script::check;

const SALES: &str = "settings mobile_hold=10m
    department sales
    department support
    staff ann in sales skills=dutch";

#[track_caller]
fn explains(script: &str, expected: &str) {
    check(&format!("{SALES}\n{script}"), expected);
}

#[test]
fn every_reason_of_a_candidate() {
    explains(
        "policy sales agent_capacity=1
         staff away1 in sales
         away away1
         staff gone in sales
         lose gone desk
         staff full in sales capacity=0
         staff held in sales skills=dutch
         hold held desk for 5m
         staff share in sales
         open c0 by v0 in sales skills=none
         staff plain in sales
         staff next in sales skills=dutch,french
         open c1 by v1 in sales skills=dutch
         ? why c0
         ? why c1",
        "held for 300000ms
         c0 assigned to ann (routed)
         c1 assigned to next (routed)
         routed: ann; 1 ann 0/5 chosen; 2 share 0/5 ranked_lower; 3 held 0/5 held; away1 0/5 away; gone 0/5 absent; full 0/0 at_capacity
         routed: next; 1 next 0/5 chosen; 2 held 0/5 held; ann 1/5 at_department_capacity; away1 0/5 away; gone 0/5 absent; full 0/0 at_capacity; share 0/5 missing_skill; plain 0/5 missing_skill",
    );
}

#[test]
fn cooling_down_and_giving_away() {
    explains(
        "policy sales offer_timeout=20s
         staff bob in sales
         staff cy in sales
         open c1 by v1 in sales
         decline c1 by ann
         accept c1 by bob
         transfer c1 by bob in sales
         ? why c1",
        "c1 offered to ann
         c1 not ann's (declined)
         c1 offered to bob
         c1 assigned to bob (accepted)
         c1 transferred to sales at 1
         c1 offered to cy
         transferred: cy; 1 cy 0/5 chosen; ann 0/5 cooling_down; bob 1/5 giver",
    );
}

#[test]
fn nobody_is_explained_too() {
    explains(
        "away ann
         open c1 by v1 in sales skills=dutch
         ? why c1
         open c2 by v2 in support
         ? why c2
         closes sales
         online ann
         open c3 by v3 in sales
         ? why c3",
        "c1 queued in sales at 1
         routed: nobody; ann 0/5 away
         c2 queued in support at 1
         routed: nobody
         c3 queued in sales at 2
         routed: nobody; ann 0/5 department_closed",
    );
}

#[test]
fn a_rejection_is_explained() {
    explains(
        "policy sales on_unstaffed=reject max_queue=0 max_wait=10s
         away ann
         open c1 by v1 in sales
         ? why c1
         online ann
         open c2 by v2 in sales skills=french
         ? why c2
         policy sales max_queue=1
         open c3 by v3 in sales skills=french
         at +10s
         ? why c3",
        "c1 rejected in sales (no_agents_online)
         routed: nobody; ann 0/5 away
         c2 rejected in sales (queue_full)
         routed: nobody; ann 0/5 missing_skill
         c3 queued in sales at 1
         c3 rejected in sales (max_wait)
         routed: nobody; ann 0/5 missing_skill",
    );
}

#[test]
fn ranks_are_the_strategys() {
    let ranks = |strategy: &str, expected: &str| {
        explains(
            &format!(
                "policy sales strategy={strategy}
                 staff bob in sales
                 staff cy in sales capacity=2
                 open c1 by v1 in sales
                 open c2 by v2 in sales
                 open c3 by v3 in sales
                 close c1                # ann idles since now
                 open c4 by v4 in sales
                 ? why c4"
            ),
            &format!(
                "c1 assigned to ann (routed)
                 c2 assigned to bob (routed)
                 c3 assigned to cy (routed)
                 c1 closed by root
                 {expected}"
            ),
        );
    };
    ranks(
        "least_busy",
        "c4 assigned to ann (routed)
         routed: ann; 1 ann 0/5 chosen; 2 bob 1/5 ranked_lower; 3 cy 1/2 ranked_lower",
    );
    ranks(
        "round_robin",
        "c4 assigned to ann (routed)
         routed: ann; 1 ann 0/5 chosen; 2 bob 1/5 ranked_lower; 3 cy 1/2 ranked_lower",
    );
    ranks(
        "longest_idle",
        "c4 assigned to bob (routed)
         routed: bob; 1 bob 1/5 chosen; 2 cy 1/2 ranked_lower; 3 ann 0/5 ranked_lower",
    );
}

#[test]
fn in_a_round_the_ranks_go_round() {
    explains(
        "policy sales strategy=round_robin
         staff bob in sales
         staff cy in sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         ? why c2",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         routed: bob; 1 bob 0/5 chosen; 2 cy 0/5 ranked_lower; 3 ann 1/5 ranked_lower",
    );
}

#[test]
fn every_cause_is_told() {
    explains(
        "staff bob in sales
         open c1 by v1 in sales
         assign c1 to bob
         ? why c1
         transfer c1 to ann
         ? why c1
         close c1
         reopen c1
         ? why c1
         close c1
         open c2 by v1 in sales
         ? why c2
         end ann desk
         ? why c2
         closes sales
         open c3 by v3 in sales
         opens sales
         ? why c3",
        "c1 assigned to ann (routed)
         c1 assigned to bob (assigned)
         assigned: bob; 1 bob 0/5 chosen; 2 ann 1/5 ranked_lower
         c1 transferred to sales
         c1 assigned to ann (transferred)
         transferred: ann; 1 ann 0/5 chosen; bob 1/5 giver
         c1 closed by root
         c1 reopened in sales
         c1 assigned to ann (reopened)
         reopened: ann; 1 ann 0/5 chosen; 2 bob 0/5 ranked_lower
         c1 closed by root
         c2 assigned to ann (sticky)
         sticky: ann; 1 ann 0/5 chosen; 2 bob 0/5 ranked_lower
         c2 requeued in sales (agent_lost)
         c2 assigned to bob (requeued)
         requeued: bob; 1 bob 0/5 chosen; ann 0/5 absent
         c3 queued in sales at 1
         c3 assigned to bob (routed)
         routed: bob; 1 bob 1/5 chosen; ann 0/5 absent",
    );
}

#[test]
fn a_claim_is_explained_and_an_answer_decides_nothing() {
    explains(
        "policy sales offer_timeout=20s
         staff bob in sales
         open c1 by v1 in sales
         claim c1 by bob
         ? why c1
         open c2 by v2 in sales
         accept c2 by ann
         ? why c2",
        "c1 offered to ann
         c1 not ann's (claimed)
         c1 assigned to bob (claimed)
         claimed: bob; 1 bob 0/5 chosen; 2 ann 1/5 ranked_lower
         c2 offered to ann
         c2 assigned to ann (accepted)
         routed: ann; 1 ann 0/5 chosen; 2 bob 1/5 ranked_lower",
    );
}

#[test]
fn who_gives_away_what_fills_it_is_the_giver() {
    check(
        "department sales
         staff ann in sales capacity=1
         open c1 by v1 in sales
         staff bob in sales
         transfer c1 by ann in sales
         ? why c1",
        "c1 assigned to ann (routed)
         c1 transferred to sales
         c1 assigned to bob (transferred)
         transferred: bob; 1 bob 0/5 chosen; ann 1/1 giver",
    );
}

#[test]
fn a_round_goes_on_over_all_who_have_the_skill_whatever_else_they_have() {
    check(
        "department sales strategy=round_robin
         staff ann in sales skills=dutch
         staff bob in sales skills=dutch,french
         staff cy in sales skills=dutch,french
         open c1 by v1 in sales skills=dutch
         open c2 by v2 in sales skills=dutch
         ? why c2",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         routed: bob; 1 bob 0/5 chosen; 2 cy 0/5 ranked_lower; 3 ann 1/5 ranked_lower",
    );
}
