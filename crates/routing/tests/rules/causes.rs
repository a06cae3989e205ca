//! How a conversation came to its agent, and through whom.

use crate::script::check;

/// Two agents; what happens; what is told of c1 then.
#[track_caller]
fn came(script: &str, expected: &str) {
    check(
        &format!(
            "settings mobile_hold=10m
             department sales grace=0s
             department support offer_timeout=20s
             staff ann in sales,support
             staff bob in sales,support
             {script}
             ? how c1"
        ),
        expected,
    );
}

#[test]
fn routed_at_once_or_from_the_queue() {
    came("open c1 by v1 in sales", "c1 assigned to ann (routed)\nc1 routed by engine");
    came(
        "closes sales
         open c1 by v1 in sales
         opens sales",
        "c1 queued in sales at 1
         c1 assigned to ann (routed)
         c1 routed by engine",
    );
}

#[test]
fn accepted_and_claimed_by_the_agent() {
    came(
        "open c1 by v1 in support
         ? how c1
         accept c1 by ann",
        "c1 offered to ann
         c1 is nobody's
         c1 assigned to ann (accepted)
         c1 accepted by agent ann",
    );
    came(
        "open c1 by v1 in support
         claim c1 by bob",
        "c1 offered to ann
         c1 not ann's (claimed)
         c1 assigned to bob (claimed)
         c1 claimed by agent bob",
    );
}

#[test]
fn assigned_by_the_admin() {
    came(
        "open c1 by v1 in support
         assign c1 to bob",
        "c1 offered to ann
         c1 not ann's (reassigned)
         c1 assigned to bob (assigned)
         c1 assigned by root",
    );
}

#[test]
fn transferred_by_who_did_it_at_once_or_later_by_the_engine() {
    came(
        "open c1 by v1 in sales
         transfer c1 by ann to bob",
        "c1 assigned to ann (routed)
         c1 transferred to sales
         c1 assigned to bob (transferred)
         c1 transferred by agent ann",
    );
    came(
        "open c1 by v1 in sales
         transfer c1 in sales",
        "c1 assigned to ann (routed)
         c1 transferred to sales
         c1 assigned to bob (transferred)
         c1 transferred by root",
    );
    came(
        "open c1 by v1 in sales
         away bob
         transfer c1 by ann in sales
         online bob",
        "c1 assigned to ann (routed)
         c1 transferred to sales at 1
         c1 assigned to bob (transferred)
         c1 transferred by engine",
    );
}

#[test]
fn requeued() {
    came(
        "open c1 by v1 in sales
         lose ann desk
         at +0s",
        "c1 assigned to ann (routed)
         c1 requeued in sales (agent_lost)
         c1 assigned to bob (requeued)
         c1 requeued by engine",
    );
    came(
        "open c1 by v1 in sales
         remove ann",
        "c1 assigned to ann (routed)
         c1 requeued in sales (removed)
         c1 assigned to bob (requeued)
         c1 requeued by engine",
    );
}

#[test]
fn reopened_and_returned() {
    came(
        "open c1 by v1 in sales
         close c1
         reopen c1 by v1",
        "c1 assigned to ann (routed)
         c1 closed by root
         c1 reopened in sales
         c1 assigned to ann (reopened)
         c1 reopened by engine",
    );
    came(
        "open c0 by v1 in sales
         close c0
         open c1 by v1 in sales",
        "c0 assigned to ann (routed)
         c0 closed by root
         c1 assigned to ann (sticky)
         c1 sticky by engine",
    );
}

#[test]
fn the_last_way_counts() {
    came(
        "open c1 by v1 in sales
         transfer c1 by ann in sales
         lose bob desk
         at +0s
         transfer c1 in support
         at +5s                      # ann gave it away
         accept c1 by ann
         close c1
         reopen c1
         accept c1 by ann",
        "c1 assigned to ann (routed)
         c1 transferred to sales
         c1 assigned to bob (transferred)
         c1 requeued in sales at 1 (agent_lost)
         c1 transferred to support at 1
         c1 offered to ann
         c1 assigned to ann (accepted)
         c1 closed by root
         c1 reopened in support
         c1 offered to ann
         c1 assigned to ann (accepted)
         c1 accepted by agent ann",
    );
}

#[test]
fn admins_and_the_back_end_may_do_all_of_it_and_are_named() {
    came(
        "open c1 by v1 in support
         assign c1 to bob as admin eve
         ? how c1
         change ann capacity=0
         transfer c1 in sales to ann as api key1
         transfer c1 in sales to ann force as api key1
         ? how c1
         close c1 as admin eve
         reopen c1 as api key1
         transfer c1 in support as admin eve
         close c1 as api key1
         reopen c1 as admin eve
         assign c1 to ann as admin eve",
        "c1 offered to ann
         c1 not ann's (reassigned)
         c1 assigned to bob (assigned)
         c1 assigned by admin eve
         refused: at capacity
         c1 transferred to sales
         c1 assigned to ann (transferred)
         c1 transferred by api key1
         c1 closed by admin
         c1 reopened in sales
         c1 assigned to bob (reopened)
         c1 transferred to support at 1
         c1 closed by api
         c1 reopened in support
         c1 queued in support at 1
         refused: at capacity
         c1 is nobody's",
    );
}
