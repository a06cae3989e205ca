//! Held sessions: a phone asleep with leave is present, comes last, and is asked, never given to.

use crate::script::check;

const ASLEEP: &str = "settings mobile_hold=10m
         department sales
         department support
         staff ann in sales,support
         hold ann desk for 5m";

#[track_caller]
fn asleep(script: &str, expected: &str) {
    check(&format!("{ASLEEP}\n{script}"), &format!("held for 300000ms\n{expected}"));
}

#[test]
fn leave_is_granted_as_far_as_the_workspace_grants_it() {
    check(
        "department sales
         staff ann in sales
         connect v1 tab
         hold ann desk for 60s       # none is granted by default
         settings mobile_hold=10m
         hold ann desk for 60m
         hold ann phone for 60s      # no such session
         hold v1 tab for 60s
         lose ann desk
         ? ann",
        "refused: no leave
         held for 600000ms
         refused: no such session
         refused: forbidden
         ann online present",
    );
}

#[test]
fn a_lost_session_cannot_be_held() {
    check(
        "settings mobile_hold=10m
         department sales
         staff ann in sales
         lose ann desk
         hold ann desk for 60s
         ? ann",
        "refused: no such session
         ann online absent",
    );
}

#[test]
fn it_is_asked_for_thirty_seconds_where_nobody_is_asked_otherwise() {
    asleep(
        "open c1 by v1 in sales
         ? deadline
         accept c1 by ann",
        "c1 offered to ann
         OfferExpired in 30000ms
         c1 assigned to ann (accepted)",
    );
}

#[test]
fn or_for_as_long_as_the_department_asks() {
    asleep(
        "policy sales offer_timeout=7s
         open c1 by v1 in sales
         ? deadline
         at +7s",
        "c1 offered to ann
         OfferExpired in 7000ms
         c1 not ann's (expired)",
    );
}

#[test]
fn it_comes_after_everybody_who_is_awake() {
    for strategy in ["least_busy", "round_robin", "longest_idle"] {
        asleep(
            &format!(
                "policy sales strategy={strategy}
                 staff bob in sales capacity=2
                 open c1 by v1 in sales
                 open c2 by v2 in sales
                 open c3 by v3 in sales  # bob is full"
            ),
            "c1 assigned to bob (routed)
             c2 assigned to bob (routed)
             c3 offered to ann",
        );
    }
}

#[test]
fn who_declines_awake_leaves_it_to_who_sleeps() {
    asleep(
        "policy sales offer_timeout=10s
         staff bob in sales
         open c1 by v1 in sales
         decline c1 by bob
         ? why c1
         decline c1 by ann
         ? c1",
        "c1 offered to bob
         c1 not bob's (declined)
         c1 offered to ann
         routed: ann; 1 ann 0/5 chosen; bob 0/5 cooling_down
         c1 not ann's (declined)
         c1 at 1 in sales",
    );
}

#[test]
fn one_device_awake_is_awake() {
    asleep(
        "connect ann tablet
         open c1 by v1 in sales",
        "c1 assigned to ann (routed)",
    );
}

#[test]
fn back_on_its_socket_it_is_awake_again() {
    asleep(
        "lose ann desk
         connect ann desk
         open c1 by v1 in sales
         ? deadline",
        "c1 assigned to ann (routed)
         nothing is due",
    );
}

#[test]
fn its_socket_may_go_and_it_keeps_what_it_has() {
    asleep(
        "connect ann tablet
         open c1 by v1 in sales
         lose ann tablet
         open c2 by v2 in sales
         show people
         lose ann desk               # asleep: it has leave
         lose ann desk
         ? ann
         ? deadline",
        "c1 assigned to ann (routed)
         c2 offered to ann
         ann online present with c1, 1 offered
         OfferExpired in 30000ms",
    );
}

#[test]
fn the_leave_over_without_a_socket_it_is_lost() {
    asleep(
        "policy sales grace=10s
         connect ann tablet
         open c1 by v1 in sales
         end ann tablet
         lose ann desk
         show people
         at +299999ms
         open c2 by v2 in sales
         at +1ms
         ? deadline
         at +10s",
        "c1 assigned to ann (routed)
         c2 offered to ann
         ann absent
         c2 not ann's (lost)
         AgentLost in 10000ms
         c1 requeued in sales at 1 (agent_lost)",
    );
}

#[test]
fn the_leave_over_on_its_socket_it_is_awake() {
    asleep(
        "show people
         at +5m
         open c1 by v1 in sales",
        "c1 assigned to ann (routed)",
    );
}

#[test]
fn leave_may_be_asked_for_again() {
    asleep(
        "at +4m
         hold ann desk for 5m
         lose ann desk
         at +4m
         ? ann
         hold ann desk for 1m        # shorter, asleep
         at +1m
         ? ann",
        "held for 300000ms
         ann online present
         held for 60000ms
         ann online absent",
    );
}

#[test]
fn ended_on_purpose_there_is_no_grace() {
    asleep(
        "connect ann tablet
         open c1 by v1 in sales
         end ann tablet
         staff bob in sales
         open c2 by v2 in sales
         end ann desk
         ? ann",
        "c1 assigned to ann (routed)
         c2 assigned to bob (routed)
         c1 requeued in sales (agent_lost)
         c1 assigned to bob (requeued)
         ann online absent",
    );
}

#[test]
fn a_department_is_staffed_by_who_sleeps() {
    asleep(
        "policy sales on_unstaffed=reject
         open c1 by v1 in sales
         lose ann desk
         at +5m
         open c2 by v2 in sales",
        "c1 offered to ann
         c1 not ann's (expired)
         c2 rejected in sales (no_agents_online)",
    );
}
