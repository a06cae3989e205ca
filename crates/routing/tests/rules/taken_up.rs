//! A restart in the middle of offers, cooldowns, holds, wrap-ups, waits: nothing is orphaned.

use crate::script::check;

#[test]
fn in_the_middle_of_an_offer() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         connect v1 tab
         open c1 by v1 in sales
         show notices
         restart
         ? c1
         accept c1 by ann late
         connect ann desk
         accept c1 by ann",
        "c1 offered to ann
         c1 not ann's (lost)
         tell ann: c1 withdrawn (lost)
         c1 at 1 in sales
         refused: offer expired
         c1 offered to ann
         tell ann: c1 offered
         c1 assigned to ann (accepted)
         tell ann: c1 withdrawn (accepted_elsewhere)
         tell ann: c1 assigned
         tell v1: c1 assigned",
    );
}

#[test]
fn in_the_middle_of_a_cooldown() {
    check(
        "department sales offer_timeout=20s cooldown=10s
         staff ann in sales
         open c1 by v1 in sales
         decline c1 by ann
         at +4s
         restart
         connect ann desk
         ? c1
         ? deadline
         at +6s",
        "c1 offered to ann
         c1 not ann's (declined)
         c1 at 1 in sales
         CooledDown in 6000ms
         c1 offered to ann",
    );
}

#[test]
fn in_the_middle_of_a_givers_cooldown() {
    check(
        "department sales
         staff ann in sales
         open c1 by v1 in sales
         transfer c1 by ann in sales
         restart
         connect ann desk
         open c2 by v2 in sales
         transfer c2 by ann in sales
         ? why c1
         at +5s",
        "c1 assigned to ann (routed)
         c1 transferred to sales at 1
         c2 assigned to ann (routed)
         c2 transferred to sales at 2
         transferred: nobody; ann 0/5 giver
         c1 assigned to ann (transferred)
         c2 assigned to ann (transferred)",
    );
}

#[test]
fn in_the_middle_of_a_hold() {
    check(
        "settings mobile_hold=60m
         department sales grace=10s
         staff ann in sales
         open c1 by v1 in sales
         hold ann desk for 60m
         lose ann desk
         open c2 by v2 in sales
         restart
         ? ann
         ? deadline
         connect ann desk
         ? deadline
         ? ann",
        "c1 assigned to ann (routed)
         held for 3600000ms
         c2 offered to ann
         c2 not ann's (lost)
         ann online absent with c1
         AgentLost in 10000ms
         c2 assigned to ann (routed)
         nothing is due
         ann online present with c1 c2",
    );
}

#[test]
fn in_the_middle_of_a_wrap_up() {
    check(
        "department sales wrap_up=30s
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         close c1
         at +10s
         restart
         connect ann desk
         ? ann
         ? deadline
         at +20s",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c1 closed by root
         ann online present, 1 in wrap-up
         WrapUpOver in 20000ms
         c2 assigned to ann (routed)",
    );
}

#[test]
fn in_the_middle_of_a_wait() {
    check(
        "department support
         department sales max_wait=30s fallback=support on_unstaffed=fallback
         open c1 by v1 in sales
         staff ann in sales capacity=0
         open c2 by v2 in sales
         at +10s
         restart
         ? deadline
         at +20s",
        "c1 queued in support at 1
         c2 queued in sales at 1
         MaxWait in 20000ms
         c2 requeued in support at 2 (max_wait)",
    );
}

#[test]
fn misses_are_remembered() {
    check(
        "department sales offer_timeout=20s cooldown=1s
         staff ann in sales
         show people
         open c1 by v1 in sales
         at +20s
         at +1s
         at +20s
         restart
         connect ann desk
         at +1s
         at +20s",
        "c1 offered to ann
         c1 not ann's (expired)
         c1 offered to ann
         c1 not ann's (expired)
         ann present
         c1 offered to ann
         c1 not ann's (expired)
         ann away by missed_offers",
    );
}

#[test]
fn what_was_due_meanwhile_is_done() {
    check(
        "department sales offer_timeout=20s cooldown=5s wrap_up=30s
         department support max_wait=30s
         staff ann in sales
         open c1 by v1 in sales
         open c2 by v2 in support
         accept c1 by ann
         close c1
         open c3 by v3 in sales
         decline c3 by ann
         clock +60m
         restart
         at +0s
         connect ann desk
         ? ann",
        "c1 offered to ann
         c2 queued in support at 1
         c1 assigned to ann (accepted)
         c1 closed by root
         c3 offered to ann
         c3 not ann's (declined)
         c2 rejected in support (max_wait)
         c3 offered to ann
         ann online present, 1 offered",
    );
}

#[test]
fn what_came_by_transfer_or_reopening_is_still_told() {
    check(
        "department sales
         department support
         open c1 by v1 in sales
         open c2 by v2 in support
         close c2
         reopen c2
         transfer c1 in support
         restart
         staff ann in support
         close c2
         restart
         connect ann desk
         reopen c2 by v2",
        "c1 queued in sales at 1
         c2 queued in support at 1
         c2 closed by root
         c2 reopened in support
         c2 queued in support at 1
         c1 transferred to support at 1
         c1 assigned to ann (transferred)
         c2 assigned to ann (reopened)
         c2 closed by root
         c2 reopened in support
         c2 assigned to ann (reopened)",
    );
}
