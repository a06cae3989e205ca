//! Rule 7: after `max_wait_ms` it goes to the fallback, else it is rejected.

use crate::script::check;

#[test]
fn rejected_without_a_fallback() {
    check(
        "department sales max_wait=60s
         connect v1 tab
         open c1 by v1 in sales
         ? deadline
         show notices
         at +59999ms
         ? c1
         at +1ms",
        "c1 queued in sales at 1
         MaxWait in 60000ms
         c1 at 1 in sales
         c1 rejected in sales (max_wait)
         tell v1: c1 rejected (max_wait)",
    );
}

#[test]
fn else_it_goes_on() {
    check(
        "department support
         department sales max_wait=60s fallback=support
         staff ann in support
         open c1 by v1 in sales
         at +60s
         ? c1",
        "c1 queued in sales at 1
         c1 requeued in support (max_wait)
         c1 assigned to ann (routed)
         c1 with ann in support",
    );
}

#[test]
fn it_counts_from_the_beginning_of_each_wait() {
    check(
        "department sales max_wait=60s grace=10s
         staff ann in sales capacity=1
         open c1 by v1 in sales
         open c2 by v2 in sales
         at +30s
         close c1                    # c2 is ann's now
         lose ann desk
         at +10s
         ? deadline                  # a requeue starts the clock anew
         at +60s",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c1 closed by root
         c2 assigned to ann (routed)
         c2 requeued in sales at 1 (agent_lost)
         MaxWait in 60000ms
         c2 rejected in sales (max_wait)",
    );
}

#[test]
fn and_anew_in_each_department_with_the_place_kept() {
    check(
        "department support max_wait=20s
         department sales max_wait=60s fallback=support
         open c1 by v1 in sales
         at +50s
         open c2 by v2 in support
         at +10s
         ? queue support
         at +10s
         ? queue support
         at +10s",
        "c1 queued in sales at 1
         c2 queued in support at 1
         c1 requeued in support at 1 (max_wait)
         support: c1 c2
         c2 rejected in support (max_wait)
         support: c1
         c1 rejected in support (max_wait)",
    );
}

#[test]
fn a_transfer_starts_the_clock_anew() {
    check(
        "department support max_wait=60s
         department sales max_wait=60s
         open c1 by v1 in sales
         at +50s
         transfer c1 in support
         ? deadline",
        "c1 queued in sales at 1
         c1 transferred to support at 1
         MaxWait in 60000ms",
    );
}

#[test]
fn what_is_offered_waits_for_the_offers_end() {
    check(
        "department sales max_wait=10s offer_timeout=30s
         staff ann in sales
         open c1 by v1 in sales
         ? deadline
         at +29s
         ? c1
         decline c1 by ann
         at +0s",
        "c1 offered to ann
         OfferExpired in 30000ms
         c1 at 1 in sales, offered to ann
         c1 not ann's (declined)
         c1 rejected in sales (max_wait)",
    );
}

#[test]
fn an_expiry_and_the_longest_wait_at_once() {
    check(
        "department sales max_wait=30s offer_timeout=30s
         staff ann in sales
         open c1 by v1 in sales
         at +30s
         staff bob in sales
         open c2 by v2 in sales
         at +60s",
        "c1 offered to ann
         c1 not ann's (expired)
         c1 rejected in sales (max_wait)
         c2 offered to ann
         c2 not ann's (expired)
         c2 offered to bob",
    );
}

#[test]
fn a_changed_policy_holds_for_those_who_wait() {
    check(
        "department sales
         open c1 by v1 in sales
         ? deadline
         at +20s
         policy sales max_wait=60s
         ? deadline
         policy sales max_wait=30s
         ? deadline
         policy sales max_wait=none
         ? deadline
         policy sales max_wait=20s
         at +0s",
        "c1 queued in sales at 1
         nothing is due
         MaxWait in 40000ms
         MaxWait in 10000ms
         nothing is due
         c1 rejected in sales (max_wait)",
    );
}

#[test]
fn all_who_are_due_go_in_the_order_of_arrival() {
    check(
        "department support max_queue=1
         department sales max_wait=10s fallback=support
         open c1 by v1 in sales
         open c2 by v2 in sales priority=1
         at +10s
         ? queue support",
        "c1 queued in sales at 1
         c2 queued in sales at 1
         c1 requeued in support at 1 (max_wait)
         c2 rejected in sales (max_wait)
         support: c1",
    );
}
