//! What users of such systems ask for in their trackers, each as a script.

use crate::script::check;

#[test]
fn an_agent_back_from_holiday_is_not_flooded() {
    check(
        "department sales strategy=longest_idle
         staff ann in sales capacity=3
         staff bob in sales capacity=9
         away ann
         open b1..b8 by v1 in sales
         close b1
         close b2
         close b3
         close b4
         online ann                  # idle for longest, and all at once is her capacity
         open c1..c5 by v2 in sales
         ? ann",
        "b1 assigned to bob (routed)
         b2 assigned to bob (routed)
         b3 assigned to bob (routed)
         b4 assigned to bob (routed)
         b5 assigned to bob (routed)
         b6 assigned to bob (routed)
         b7 assigned to bob (routed)
         b8 assigned to bob (routed)
         b1 closed by root
         b2 closed by root
         b3 closed by root
         b4 closed by root
         c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c3 assigned to ann (routed)
         c4 assigned to bob (routed)
         c5 assigned to ann (routed)
         ann online present with c1 c3 c5",
    );
}

#[test]
fn by_load_those_who_come_back_share_with_those_who_stayed() {
    check(
        "department sales
         staff ann in sales capacity=4
         staff bob in sales capacity=4
         away ann
         open b1..b2 by v1 in sales
         online ann                  # counts of last week do not matter
         open c1..c4 by v2 in sales",
        "b1 assigned to bob (routed)
         b2 assigned to bob (routed)
         c1 assigned to ann (routed)
         c2 assigned to ann (routed)
         c3 assigned to bob (routed)
         c4 assigned to ann (routed)",
    );
}

#[test]
fn a_reopened_conversation_never_goes_to_somebody_absent() {
    check(
        "settings mobile_hold=10m
         department sales
         staff ann in sales
         open c1 by v1 in sales
         close c1
         lose ann desk
         reopen c1 by v1
         ? c1
         connect ann desk
         close c1
         hold ann desk for 1m
         lose ann desk
         at +1m
         reopen c1 by v1
         ? c1",
        "c1 assigned to ann (routed)
         c1 closed by root
         c1 reopened in sales
         c1 queued in sales at 1
         c1 at 1 in sales
         c1 assigned to ann (reopened)
         c1 closed by root
         held for 60000ms
         c1 reopened in sales
         c1 queued in sales at 1
         c1 at 1 in sales",
    );
}

#[test]
fn an_offline_department_does_not_leak_into_another() {
    check(
        "department sales
         department support
         staff ann in support
         agent bob in sales
         open c1 by v1 in sales
         at +60m
         ? c1
         ? ann",
        "c1 queued in sales at 1
         c1 at 1 in sales
         ann online present",
    );
}

#[test]
fn raising_a_cap_drains_at_once() {
    check(
        "department sales
         staff ann in sales capacity=1
         open c1..c4 by v1 in sales
         change ann capacity=3
         ? queue sales",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c3 queued in sales at 2
         c4 queued in sales at 3
         c2 assigned to ann (routed)
         c3 assigned to ann (routed)
         sales: c4",
    );
}

#[test]
fn a_failed_attempt_spends_nobodys_turn() {
    check(
        "department sales strategy=round_robin offer_timeout=20s cooldown=1s
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         lose ann desk               # an attempt that failed
         connect ann desk
         accept c1 by bob
         open c2 by v2 in sales      # after bob comes ann
         at +20s
         accept c2 by bob
         open c3 by v3 in sales      # a miss was no turn",
        "c1 offered to ann
         c1 not ann's (lost)
         c1 offered to bob
         c1 assigned to bob (accepted)
         c2 offered to ann
         c2 not ann's (expired)
         c2 offered to bob
         c2 assigned to bob (accepted)
         c3 offered to ann",
    );
}

#[test]
fn two_devices_never_disagree() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         connect ann phone
         show notices
         away ann by ann from=phone
         online ann by ann from=desk
         open c1 by v1 in sales
         accept c1 by ann from=phone
         open c2 by v2 in sales
         decline c2 by ann from=desk
         close c1 by ann from=phone",
        "tell ann but ann/phone: away by agent
         tell ann but ann/desk: online by agent
         tell v1: c1 opened
         c1 offered to ann
         tell ann: c1 offered
         c1 assigned to ann (accepted)
         tell ann but ann/phone: c1 withdrawn (accepted_elsewhere)
         tell ann but ann/phone: c1 assigned
         tell v1: c1 assigned
         tell v2: c2 opened
         c2 offered to ann
         tell ann: c2 offered
         c2 not ann's (declined)
         tell ann but ann/desk: c2 withdrawn (declined)
         c1 closed by agent
         tell ann but ann/phone: c1 closed by agent
         tell v1 but ann/phone: c1 closed by agent",
    );
}

#[test]
fn the_queues_second_is_served_when_the_first_cannot_be() {
    check(
        "department sales
         open c1 by v1 in sales skills=dutch priority=9
         open c2 by v2 in sales
         staff ann in sales
         ? needs c1",
        "c1 queued in sales at 1
         c2 queued in sales at 2
         c2 assigned to ann (routed)
         somebody with dutch",
    );
}

#[test]
fn a_sole_agent_who_misses_is_not_asked_for_ever() {
    check(
        "department sales offer_timeout=1s cooldown=0s
         staff ann in sales
         open c1 by v1 in sales
         at +1s
         at +1ms
         at +1s
         at +1ms
         at +1s
         at +1ms
         ? ann
         ? deadline",
        "c1 offered to ann
         c1 not ann's (expired)
         c1 offered to ann
         c1 not ann's (expired)
         c1 offered to ann
         c1 not ann's (expired)
         ann away present
         nothing is due",
    );
}
