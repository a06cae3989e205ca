//! Rule 5: `absent_away_ms` and `idle_away_ms` set an agent away, and nothing else does.

use crate::script::check;

#[test]
fn absent_for_too_long_is_away() {
    check(
        "settings absent_away=10m
         department sales on_agent_lost=keep
         staff ann in sales
         open c1 by v1 in sales
         show people
         show notices
         lose ann desk
         ? deadline
         at +599999ms
         ? ann
         at +1ms
         connect ann desk            # and stays away
         ? ann",
        "c1 assigned to ann (routed)
         ann absent
         AgentAbsent in 600000ms
         ann online absent with c1
         ann away by absence
         tell ann: away by absence
         ann present
         ann away present with c1",
    );
}

#[test]
fn whoever_is_back_in_time_is_not() {
    check(
        "settings absent_away=10m
         department sales
         staff ann in sales
         lose ann desk
         at +599999ms
         connect ann phone
         at +60m
         ? ann
         end ann phone
         ? deadline",
        "ann online present
         AgentAbsent in 600000ms",
    );
}

#[test]
fn without_a_bound_nobody_is() {
    check(
        "department sales
         staff ann in sales
         staff bob in sales
         lose ann desk
         at +9000m
         ? ann
         ? bob",
        "ann online absent
         bob online present",
    );
}

#[test]
fn a_bound_set_later_holds_for_those_gone_already() {
    check(
        "department sales
         staff ann in sales
         lose ann desk
         at +9m
         settings absent_away=10m
         ? deadline
         settings absent_away=5m
         at +0s
         ? ann",
        "AgentAbsent in 60000ms
         ann away absent",
    );
}

#[test]
fn idle_for_too_long_is_away() {
    check(
        "settings idle_away=5m
         department sales
         staff ann in sales
         open c1 by v1 in sales      # being given something is no activity
         show people
         show notices
         ? deadline
         at +299999ms
         ? ann
         at +1ms
         ? ann",
        "c1 assigned to ann (routed)
         AgentIdle in 300000ms
         ann online present with c1
         ann away by idle
         tell ann: away by idle
         ann away present with c1",
    );
}

/// What ann does after four minutes: until when she is not idle then.
#[track_caller]
fn active(what: &str, expected: &str) {
    check(
        &format!(
            "settings idle_away=5m mobile_hold=60m
             department sales offer_timeout=60m
             staff ann in sales
             open c1 by v1 in sales
             open c2 by v2 in sales
             accept c1 by ann
             at +4m
             {what}
             ? deadline"
        ),
        &format!(
            "c1 offered to ann
             c2 offered to ann
             c1 assigned to ann (accepted)
             {expected}"
        ),
    );
}

#[test]
fn whatever_the_agent_does_is_activity() {
    let anew = "AgentIdle in 300000ms";
    active("active ann", anew);
    active("connect ann phone", anew);
    active("accept c2 by ann", &format!("c2 assigned to ann (accepted)\n{anew}"));
    active("close c1 by ann", &format!("c1 closed by agent\n{anew}"));
    active(
        "lose ann desk\nconnect ann desk\nclaim c2 by ann",
        &format!("c2 not ann's (lost)\nc2 offered to ann\nc2 assigned to ann (accepted)\n{anew}"),
    );
    let decline = format!("c2 not ann's (declined)\n{anew}\nc2 offered to ann");
    active(
        "policy sales cooldown=10m\ndecline c2 by ann\n? deadline\nat +0s\nopens sales\nremove ann",
        &{
            let (declined, _) = decline.split_once("\nc2 offered").unwrap();
            format!("{declined}\nc1 requeued in sales at 1 (removed)\nCooledDown in 600000ms")
        },
    );
}

#[test]
fn what_others_do_is_not() {
    active("close c1 by v1", "c1 closed by visitor\nAgentIdle in 60000ms");
    active("close c1", "c1 closed by root\nAgentIdle in 60000ms");
    active("change ann capacity=9", "AgentIdle in 60000ms");
}

#[test]
fn whoever_sleeps_with_leave_is_not_idle() {
    check(
        "settings idle_away=5m mobile_hold=60m
         department sales
         staff ann in sales
         hold ann desk for 60m
         at +59m
         ? ann
         at +1m                      # its socket is still there: awake, and not idle yet
         ? ann
         ? deadline",
        "held for 3600000ms
         ann online present
         ann online present
         AgentIdle in 300000ms",
    );
}

#[test]
fn whoever_is_away_or_absent_is_not_idle() {
    check(
        "settings idle_away=5m
         department sales
         staff ann in sales
         staff bob in sales
         away ann
         lose bob desk
         ? deadline
         at +60m
         ? bob
         online ann
         ? deadline
         connect bob desk
         at +5m
         ? ann
         ? bob",
        "nothing is due
         bob online absent
         AgentIdle in 300000ms
         ann away present
         bob away present",
    );
}

#[test]
fn idle_offers_go_on() {
    check(
        "settings idle_away=5m
         department sales offer_timeout=60m
         staff ann in sales
         open c1 by v1 in sales
         at +1m
         staff bob in sales
         at +4m",
        "c1 offered to ann
         c1 not ann's (away)
         c1 offered to bob",
    );
}

#[test]
fn both_bounds_survive_a_restart_which_starts_absence_anew() {
    check(
        "settings idle_away=5m absent_away=10m
         department sales
         staff ann in sales
         staff bob in sales
         at +4m
         restart
         ? deadline
         connect ann desk
         ? deadline
         at +5m
         at +5m
         ? ann
         ? bob",
        "AgentAbsent in 600000ms
         AgentIdle in 300000ms
         ann away present
         bob away absent",
    );
}

#[test]
fn what_is_done_as_an_admin_is_done() {
    check(
        "settings idle_away=5m
         department sales
         staff eve in sales role=admin
         staff ann in sales
         away eve
         open c1 by v1 in sales
         online eve
         at +4m
         close c1 as admin eve
         at +60s
         ? eve
         ? deadline",
        "c1 assigned to ann (routed)
         c1 closed by admin
         eve online present
         AgentIdle in 240000ms",
    );
}
