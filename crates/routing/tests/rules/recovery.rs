//! Rule 13: one order of events, and a workspace taken up again is the one that was. (That every
//! log replays, from its beginning and from every snapshot, is checked at the end of each script.)

use crate::script::check;

#[test]
fn whoever_had_a_session_is_lost_since_the_recovery() {
    check(
        "department sales grace=30s visitor_grace=60s
         staff ann in sales capacity=1
         connect v2 tab
         open c1 by v1 in sales
         open c2 by v2 in sales
         at +10s
         restart
         ? ann
         ? deadline
         at +30s
         at +30s",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         ann online absent with c1
         AgentLost in 30000ms
         c1 requeued in sales at 1 (agent_lost)
         c2 closed by visitor_left",
    );
}

#[test]
fn whoever_comes_back_in_time_goes_on() {
    check(
        "department sales
         staff ann in sales capacity=1
         connect v2 tab
         open c1 by v1 in sales
         open c2 by v2 in sales
         restart
         connect ann desk
         connect v2 tab
         ? deadline
         close c1 by ann",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         nothing is due
         c1 closed by agent
         c2 assigned to ann (routed)",
    );
}

#[test]
fn those_lost_before_have_the_full_grace_again() {
    check(
        "department sales grace=30s visitor_grace=30s
         staff ann in sales capacity=1
         connect v2 tab
         open c1 by v1 in sales
         open c2 by v2 in sales
         lose ann desk
         lose v2 tab
         at +29s
         restart
         at +29s
         ? c1
         ? c2
         at +1s",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c1 with ann in sales
         c2 at 1 in sales
         c1 requeued in sales at 1 (agent_lost)
         c2 closed by visitor_left",
    );
}

#[test]
fn what_was_requeued_before_it_is_still_told_from_the_new() {
    check(
        "department sales grace=30s
         staff ann in sales
         open c1 by v1 in sales
         end ann desk
         at +30s
         open c2 by v2 in sales
         restart
         connect ann desk",
        "c1 assigned to ann (routed)
         c1 requeued in sales at 1 (agent_lost)
         c2 queued in sales at 2
         c1 assigned to ann (requeued)
         c2 assigned to ann (routed)",
    );
}

#[test]
fn whoever_never_attached_is_not_gone_after_it_either() {
    check(
        "department sales visitor_grace=1s
         open c1 by v1 in sales
         restart
         at +60m
         ? c1",
        "c1 queued in sales at 1
         c1 at 1 in sales",
    );
}

#[test]
fn queues_turns_and_recency_survive() {
    check(
        "department sales strategy=round_robin
         department support
         staff ann in sales,support
         staff bob in sales,support
         open c1 by v1 in sales
         open c2 by v2 in support
         closes sales
         open c3 by v3 in sales
         open c4 by v4 in sales priority=1
         restart
         ? queue sales
         connect ann desk
         connect bob desk
         close c1
         close c2
         open c5 by v5 in support
         opens sales",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 queued in sales at 1
         c4 queued in sales at 1
         sales: c4 c3
         c1 closed by root
         c2 closed by root
         c5 assigned to ann (routed)
         c4 assigned to bob (routed)
         c3 assigned to ann (routed)",
    );
}

#[test]
fn removed_and_deleted_ids_stay_taken() {
    check(
        "department sales
         agent ann
         remove ann
         delete department sales
         restart
         agent ann
         department sales
         ? seats",
        "refused: agent id taken
         refused: department id taken
         0 seats, 0 departments",
    );
}

#[test]
fn a_clock_that_goes_backwards_changes_nothing() {
    check(
        "department sales grace=30s
         staff ann in sales
         open c1 by v1 in sales
         at +60s
         lose ann desk
         clock -60s
         ? deadline                  # ninety seconds of the wrong clock
         recover                     # workspace time has not gone back
         ? deadline
         at +89s
         ? c1
         at +1s",
        "c1 assigned to ann (routed)
         AgentLost in 90000ms
         AgentLost in 90000ms
         c1 with ann in sales
         c1 requeued in sales at 1 (agent_lost)",
    );
}

#[test]
fn several_things_due_are_done_in_their_order() {
    check(
        "department sales grace=30s visitor_grace=10s
         staff ann in sales capacity=1
         connect v2 tab
         open c1 by v1 in sales
         open c2 by v2 in sales
         lose ann desk
         lose v2 tab
         at +60m
         ? deadline
         ? queue sales",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c2 closed by visitor_left
         c1 requeued in sales at 1 (agent_lost)
         nothing is due
         sales: c1",
    );
}

#[test]
fn nothing_of_a_visitor_is_remembered_who_is_gone_and_has_nothing() {
    check(
        "department sales visitor_grace=1s
         connect v1 tab
         open c1 by v1 in sales
         close c1 by v1
         open c2 by v1 in sales      # the tab is still there
         close c2
         lose v1 tab
         open c3 by v1 in sales      # through the back end: not attached since
         at +60m
         ? c3",
        "c1 queued in sales at 1
         c1 closed by visitor
         c2 queued in sales at 1
         c2 closed by root
         c3 queued in sales at 1
         c3 at 1 in sales",
    );
}
