//! What is given to who sleeps is offered: by an admin, a transfer, a reopening, a return.

use crate::script::check;

#[test]
fn an_assignment_from_the_queue() {
    check(
        "settings mobile_hold=10m
         department sales cooldown=5s
         staff ann in sales capacity=1
         hold ann desk for 10m
         closes sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         change ann capacity=0
         opens sales
         change ann capacity=1
         decline c1 by ann
         ? c2
         assign c1 to ann
         at +5s
         decline c2 by ann
         assign c1 to ann            # offered already
         ? c1
         ? deadline
         accept c1 by ann",
        "held for 600000ms
         c1 queued in sales at 1
         c2 queued in sales at 2
         c1 offered to ann
         c1 not ann's (declined)
         c2 offered to ann
         c2 at 2 in sales, offered to ann
         refused: at capacity
         c2 not ann's (declined)
         c1 offered to ann
         c1 not ann's (reassigned)
         c1 offered to ann
         c1 at 1 in sales, offered to ann
         CooledDown in 5000ms
         c1 assigned to ann (accepted)",
    );
}

#[test]
fn an_assignment_from_another_agent() {
    check(
        "settings mobile_hold=10m
         department sales
         staff ann in sales
         open c1 by v1 in sales
         staff bob in sales
         hold bob desk for 10m
         show notices
         assign c1 to bob
         ? c1
         accept c1 by bob from=desk",
        "c1 assigned to ann (routed)
         held for 600000ms
         c1 requeued in sales at 1 (reassigned)
         tell ann: c1 released (reassigned)
         c1 offered to bob
         tell bob: c1 offered
         c1 at 1 in sales, offered to bob
         c1 assigned to bob (accepted)
         tell bob but bob/desk: c1 withdrawn (accepted_elsewhere)
         tell bob but bob/desk: c1 assigned
         tell v1: c1 assigned",
    );
}

#[test]
fn unanswered_it_goes_to_whom_the_strategy_says() {
    check(
        "settings mobile_hold=10m
         department sales
         staff ann in sales
         open c1 by v1 in sales
         staff bob in sales
         hold bob desk for 10m
         assign c1 to bob
         at +30s",
        "c1 assigned to ann (routed)
         held for 600000ms
         c1 requeued in sales at 1 (reassigned)
         c1 offered to bob
         c1 not bob's (expired)
         c1 assigned to ann (requeued)",
    );
}

#[test]
fn a_transfer() {
    check(
        "settings mobile_hold=10m
         department sales
         department support offer_timeout=9s
         staff ann in sales
         open c1 by v1 in sales
         staff bob in sales,support
         hold bob desk for 10m
         transfer c1 by ann in support to bob
         ? deadline
         decline c1 by bob
         ? queue support
         join ann support",
        "c1 assigned to ann (routed)
         held for 600000ms
         c1 transferred to support at 1
         c1 offered to bob
         OfferExpired in 9000ms
         c1 not bob's (declined)
         support: c1
         c1 offered to ann",
    );
}

#[test]
fn a_transfer_to_a_department_where_all_sleep() {
    check(
        "settings mobile_hold=10m
         department sales
         department support
         staff ann in sales
         open c1 by v1 in sales
         staff bob in support
         hold bob desk for 10m
         transfer c1 by ann in support
         accept c1 by bob",
        "c1 assigned to ann (routed)
         held for 600000ms
         c1 transferred to support at 1
         c1 offered to bob
         c1 assigned to bob (accepted)",
    );
}

#[test]
fn a_reopening_and_a_return() {
    check(
        "settings mobile_hold=10m
         department sales
         staff ann in sales
         open c1 by v1 in sales
         close c1
         hold ann desk for 10m
         reopen c1 by v1
         accept c1 by ann
         close c1
         open c2 by v1 in sales",
        "c1 assigned to ann (routed)
         c1 closed by root
         held for 600000ms
         c1 reopened in sales
         c1 offered to ann
         c1 assigned to ann (accepted)
         c1 closed by root
         c2 offered to ann",
    );
}

#[test]
fn by_force_too() {
    check(
        "settings mobile_hold=10m
         department sales
         staff ann in sales
         open c1 by v1 in sales
         staff bob in sales capacity=0
         hold bob desk for 10m
         assign c1 to bob
         assign c1 to bob force
         change bob capacity=1       # nor is it withdrawn afterwards
         change bob capacity=0
         accept c1 by bob",
        "c1 assigned to ann (routed)
         held for 600000ms
         refused: at capacity
         c1 requeued in sales at 1 (reassigned)
         c1 offered to bob
         c1 assigned to bob (accepted)",
    );
}

#[test]
fn who_claims_is_awake_enough() {
    check(
        "settings mobile_hold=10m
         department sales offer_timeout=20s
         staff ann in sales
         open c1 by v1 in sales
         staff bob in sales
         hold bob desk for 10m
         lose bob desk
         claim c1 by bob",
        "c1 offered to ann
         held for 600000ms
         c1 not ann's (claimed)
         c1 assigned to bob (claimed)",
    );
}

#[test]
fn a_miss_asleep_is_a_miss() {
    check(
        "settings mobile_hold=10m
         department sales cooldown=1s
         staff ann in sales
         hold ann desk for 10m
         open c1 by v1 in sales
         show people
         at +30s
         at +1s
         at +30s
         at +1s
         at +30s",
        "held for 600000ms
         c1 offered to ann
         c1 not ann's (expired)
         c1 offered to ann
         c1 not ann's (expired)
         c1 offered to ann
         c1 not ann's (expired)
         ann away by missed_offers",
    );
}

#[test]
fn an_offer_outlives_falling_asleep_and_waking() {
    check(
        "settings mobile_hold=10m
         department sales offer_timeout=20s
         staff ann in sales
         open c1 by v1 in sales
         hold ann desk for 5m
         lose ann desk
         ? c1
         connect ann desk
         ? c1
         accept c1 by ann",
        "c1 offered to ann
         held for 300000ms
         c1 at 1 in sales, offered to ann
         c1 at 1 in sales, offered to ann
         c1 assigned to ann (accepted)",
    );
}
