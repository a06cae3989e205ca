//! Two who want different things at once: one wins, the other is told why not.

use crate::script::check;

#[test]
fn accept_and_decline() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         accept c1 by ann from=desk
         decline c1 by ann late
         decline c2 by ann
         accept c2 by ann late",
        "c1 offered to ann
         c2 offered to ann
         c1 assigned to ann (accepted)
         refused: offer expired
         c2 not ann's (declined)
         refused: offer expired",
    );
}

#[test]
fn accept_and_everything_that_withdraws() {
    let race = |first: &str, said: &str, refusal: &str| {
        check(
            &format!(
                "department sales offer_timeout=20s
                 department support
                 staff ann in sales
                 open c1 by v1 in sales
                 staff bob in sales
                 {first}
                 accept c1 by ann late"
            ),
            &format!("c1 offered to ann\n{said}\nrefused: {refusal}"),
        );
    };
    let next = |why: &str| format!("c1 not ann's ({why})\nc1 offered to bob");
    race("at +20s", &next("expired"), "offer expired");
    race("away ann", &next("away"), "offer expired");
    race("lose ann desk", &next("lost"), "offer expired");
    race("change ann capacity=0", &next("not_eligible"), "offer expired");
    race("remove ann", &next("removed"), "no such agent");
    let given = |how: &str| format!("c1 not ann's ({how})\nc1 assigned to bob ({{}})");
    race("claim c1 by bob", &given("claimed").replace("{}", "claimed"), "offer expired");
    race("assign c1 to bob", &given("reassigned").replace("{}", "assigned"), "offer expired");
    // What has ended is the archive's to answer about.
    let closed = "c1 not ann's (closed)\nc1 closed by visitor";
    race("close c1 by v1", closed, "no such conversation");
}

#[test]
fn an_offer_made_again_is_another_offer() {
    check(
        "department sales offer_timeout=20s cooldown=5s
         staff ann in sales
         open c1 by v1 in sales
         at +20s
         at +5s
         accept c1 by ann late       # the first, not the one that is open
         ? c1",
        "c1 offered to ann
         c1 not ann's (expired)
         c1 offered to ann
         refused: offer expired
         c1 at 1 in sales, offered to ann",
    );
}

#[test]
fn claim_and_close() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         open c1 by v1 in sales
         staff bob in sales
         close c1 by v1
         claim c1 by bob
         open c2 by v2 in sales
         claim c2 by ann
         close c2 by v2
         close c2 by ann",
        "c1 offered to ann
         c1 not ann's (closed)
         c1 closed by visitor
         refused: no such conversation
         c2 offered to ann
         c2 assigned to ann (accepted)
         c2 closed by visitor
         refused: no such conversation",
    );
}

#[test]
fn removal_and_assignment() {
    check(
        "department sales
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         remove bob
         assign c1 to bob
         transfer c1 by ann to bob
         ? c1
         staff cy in sales
         assign c1 to cy
         remove cy
         ? c1",
        "c1 assigned to ann (routed)
         refused: no such agent
         refused: no such agent
         c1 with ann in sales
         c1 assigned to cy (assigned)
         c1 requeued in sales (removed)
         c1 assigned to ann (requeued)
         c1 with ann in sales",
    );
}

#[test]
fn deletion_and_opening() {
    check(
        "department sales
         department support
         open c1 by v1 in sales
         delete department sales
         open c2 by v2 in sales
         open c3 by v3 in support
         transfer c3 in sales
         reopen c1 by v1
         ? queue support",
        "c1 queued in sales at 1
         c1 rejected in sales (department_deleted)
         refused: no such department
         c3 queued in support at 1
         refused: no such department
         refused: no such department
         support: c3",
    );
}

#[test]
fn away_and_what_arrives() {
    check(
        "department sales offer_timeout=20s
         department support
         staff ann in sales,support
         connect ann phone
         open c1 by v1 in sales
         away ann by ann from=desk
         open c2 by v2 in sales
         open c3 by v3 in support
         assign c3 to ann
         claim c3 by ann
         connect ann tablet          # no device overrides it
         ? ann",
        "c1 offered to ann
         c1 not ann's (away)
         c2 queued in sales at 2
         c3 queued in support at 1
         refused: not eligible: away
         refused: not eligible: away
         ann away present",
    );
}

#[test]
fn two_transfers_and_two_assignments() {
    check(
        "department sales
         staff ann in sales
         staff bob in sales
         staff cy in sales
         open c1 by v1 in sales
         transfer c1 by ann to bob
         transfer c1 by ann to cy
         assign c1 to cy
         assign c1 to ann
         ? c1",
        "c1 assigned to ann (routed)
         c1 transferred to sales
         c1 assigned to bob (transferred)
         refused: forbidden
         c1 assigned to cy (assigned)
         c1 assigned to ann (assigned)
         c1 with ann in sales",
    );
}

#[test]
fn two_for_one_place() {
    check(
        "department sales
         staff ann in sales capacity=1
         closes sales
         open c1 by v1 in sales
         open c2 by v2 in sales
         change ann capacity=0
         opens sales
         away ann
         change ann capacity=1
         closes sales
         online ann
         opens sales
         claim c2 by ann
         ? queue sales",
        "c1 queued in sales at 1
         c2 queued in sales at 2
         c1 assigned to ann (routed)
         refused: at capacity
         sales: c2",
    );
}
