//! Rule 5: what becomes of what a lost agent holds.

use crate::script::check;

#[test]
fn what_a_lost_agent_holds_waits_for_the_grace() {
    check(
        "department sales grace=30s
         staff ann in sales
         open c1 by v1 in sales
         lose ann desk
         ? deadline
         at +29999ms
         ? c1
         at +1ms",
        "c1 assigned to ann (routed)
         AgentLost in 30000ms
         c1 with ann in sales
         c1 requeued in sales at 1 (agent_lost)",
    );
}

#[test]
fn whoever_is_back_within_the_grace_keeps_everything() {
    check(
        "department sales grace=30s
         staff ann in sales
         open c1 by v1 in sales
         lose ann desk
         at +20s
         connect ann phone
         ? deadline
         at +20s
         ? c1
         lose ann phone
         at +20s
         ? c1                        # a second loss has a grace of its own
         at +10s",
        "c1 assigned to ann (routed)
         nothing is due
         c1 with ann in sales
         c1 with ann in sales
         c1 requeued in sales at 1 (agent_lost)",
    );
}

#[test]
fn the_grace_begins_with_the_last_session_lost() {
    check(
        "department sales grace=30s
         staff ann in sales
         connect ann phone
         open c1 by v1 in sales
         lose ann desk
         at +20s
         lose ann phone
         lose ann phone              # once is enough
         at +20s
         ? c1
         at +10s",
        "c1 assigned to ann (routed)
         c1 with ann in sales
         c1 requeued in sales at 1 (agent_lost)",
    );
}

#[test]
fn a_requeue_is_to_the_original_place() {
    check(
        "department sales grace=10s
         staff ann in sales
         open c1 by v1 in sales
         open c2 by v2 in sales priority=1
         lose ann desk
         open c3 by v3 in sales
         open c4 by v4 in sales priority=1
         at +10s
         ? queue sales
         connect ann desk",
        "c1 assigned to ann (routed)
         c2 assigned to ann (routed)
         c3 queued in sales at 1
         c4 queued in sales at 1
         c1 requeued in sales at 3 (agent_lost)
         c2 requeued in sales at 1 (agent_lost)
         sales: c2 c4 c1 c3
         c2 assigned to ann (requeued)
         c4 assigned to ann (routed)
         c1 assigned to ann (requeued)
         c3 assigned to ann (routed)",
    );
}

#[test]
fn the_agent_is_told_what_it_lost_and_the_visitor_who_has_it_now() {
    check(
        "department sales grace=10s
         staff ann in sales
         open c1 by v1 in sales
         staff bob in sales
         lose ann desk
         show notices
         at +10s",
        "c1 assigned to ann (routed)
         c1 requeued in sales (agent_lost)
         tell ann: c1 released (agent_lost)
         c1 assigned to bob (requeued)
         tell bob: c1 assigned
         tell v1: c1 assigned",
    );
}

#[test]
fn each_department_has_a_grace_of_its_own() {
    check(
        "department sales grace=10s
         department support grace=20s
         staff ann in sales,support
         open c1 by v1 in sales
         open c2 by v2 in support
         lose ann desk
         at +10s
         ? ann
         at +10s",
        "c1 assigned to ann (routed)
         c2 assigned to ann (routed)
         c1 requeued in sales at 1 (agent_lost)
         ann online absent with c2
         c2 requeued in support at 1 (agent_lost)",
    );
}

#[test]
fn no_grace_is_allowed() {
    check(
        "department sales grace=0s
         staff ann in sales
         open c1 by v1 in sales
         lose ann desk
         at +0s",
        "c1 assigned to ann (routed)
         c1 requeued in sales at 1 (agent_lost)",
    );
}

#[test]
fn kept_where_the_policy_says_so() {
    check(
        "department sales on_agent_lost=keep grace=10s
         staff ann in sales
         open c1 by v1 in sales
         lose ann desk
         ? deadline
         at +60m
         ? c1
         policy sales on_agent_lost=requeue
         at +0s",
        "c1 assigned to ann (routed)
         nothing is due
         c1 with ann in sales
         c1 requeued in sales at 1 (agent_lost)",
    );
}

#[test]
fn a_changed_grace_holds_for_those_lost_already() {
    check(
        "department sales grace=60s
         staff ann in sales
         open c1 by v1 in sales
         lose ann desk
         at +10s
         policy sales grace=20s
         ? deadline
         at +10s",
        "c1 assigned to ann (routed)
         AgentLost in 10000ms
         c1 requeued in sales at 1 (agent_lost)",
    );
}

#[test]
fn ending_the_last_session_skips_the_grace() {
    check(
        "department sales grace=30s
         department support on_agent_lost=keep
         staff ann in sales,support
         open c1 by v1 in sales
         open c2 by v2 in support
         staff bob in sales
         end ann desk
         ? ann
         ? bob",
        "c1 assigned to ann (routed)
         c2 assigned to ann (routed)
         c1 requeued in sales (agent_lost)
         c1 assigned to bob (requeued)
         ann online absent with c2
         bob online present with c1",
    );
}

#[test]
fn giving_up_a_lost_session_leaves_the_grace_alone() {
    check(
        "department sales grace=30s
         staff ann in sales
         open c1 by v1 in sales
         lose ann desk
         at +10s
         end ann desk                # it can no longer be resumed
         ? c1
         ? deadline",
        "c1 assigned to ann (routed)
         c1 with ann in sales
         AgentLost in 20000ms",
    );
}
