//! Rule 6: an offer ends exactly once, and goes on to the next.

use crate::script::check;

#[test]
fn whoever_accepts_has_it() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         open c1 by v1 in sales
         ? c1
         ? ann
         ? deadline
         accept c1 by ann
         ? c1
         ? deadline",
        "c1 offered to ann
         c1 at 1 in sales, offered to ann
         ann online present, 1 offered
         OfferExpired in 20000ms
         c1 assigned to ann (accepted)
         c1 with ann in sales
         nothing is due",
    );
}

#[test]
fn a_decline_goes_to_the_next() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         decline c1 by ann
         accept c1 by bob",
        "c1 offered to ann
         c1 not ann's (declined)
         c1 offered to bob
         c1 assigned to bob (accepted)",
    );
}

#[test]
fn a_miss_goes_to_the_next_at_the_moment_of_expiry() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         at +19999ms
         ? c1
         at +1ms
         ? deadline",
        "c1 offered to ann
         c1 at 1 in sales, offered to ann
         c1 not ann's (expired)
         c1 offered to bob
         CooledDown in 5000ms",
    );
}

#[test]
fn a_later_accept_is_too_late() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         at +20s
         accept c1 by ann late       # after the expiry
         accept c1 by bob late       # of another offer than the open one
         decline c1 by ann late
         accept c1 by bob
         accept c1 by bob late       # twice
         decline c1 by bob late
         ? c1",
        "c1 offered to ann
         c1 not ann's (expired)
         c1 offered to bob
         refused: offer expired
         refused: offer expired
         refused: offer expired
         c1 assigned to bob (accepted)
         refused: offer expired
         refused: offer expired
         c1 with bob in sales",
    );
}

#[test]
fn an_accept_at_the_moment_of_expiry_that_comes_first_holds() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         open c1 by v1 in sales
         clock +20s
         accept c1 by ann
         at +0s
         ? c1",
        "c1 offered to ann
         c1 assigned to ann (accepted)
         c1 with ann in sales",
    );
}

#[test]
fn only_who_is_asked_answers() {
    check(
        "department sales offer_timeout=20s
         department support
         staff ann in sales
         staff bob in sales
         staff eve in support
         open c1 by v1 in sales
         accept c1 by bob
         decline c1 by bob
         accept c1 by eve
         accept c9 by ann
         ? c1",
        "c1 offered to ann
         refused: offer expired
         refused: offer expired
         refused: no such conversation
         refused: no such conversation
         c1 at 1 in sales, offered to ann",
    );
}
