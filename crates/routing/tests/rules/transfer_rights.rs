//! Who may transfer what, and of two who want to the first.

use crate::script::check;

#[test]
fn agents_transfer_what_they_hold_and_never_by_force() {
    check(
        "department sales
         department support
         staff ann in sales
         open c1 by v1 in sales
         staff bob in sales
         staff eve in support
         transfer c1 by bob to bob        # a colleague's
         transfer c1 by eve in support    # one never seen
         transfer c1 by v1 in support     # visitors never
         transfer c9 by ann to bob
         transfer c1 by ann to bob force
         transfer c1 by ann               # to nobody
         transfer c1 by ann in nowhere
         close c1 by v1
         transfer c1 by ann to bob        # too late",
        "c1 assigned to ann (routed)
         refused: forbidden
         refused: no such conversation
         refused: no such conversation
         refused: no such conversation
         refused: forbidden
         refused: department required
         refused: no such department
         c1 closed by visitor
         refused: no such conversation",
    );
}

#[test]
fn of_transfer_and_close_the_first_wins() {
    check(
        "department sales
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         transfer c1 by ann to bob
         close c1 by ann             # no longer its own
         transfer c1 by ann to bob
         close c1 by bob
         close c1 by v1",
        "c1 assigned to ann (routed)
         c1 transferred to sales
         c1 assigned to bob (transferred)
         refused: forbidden
         refused: forbidden
         c1 closed by agent
         refused: no such conversation",
    );
}

#[test]
fn whoever_declined_just_now_is_not_given_it() {
    check(
        "department sales offer_timeout=20s cooldown=5s
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         decline c1 by ann
         accept c1 by bob
         transfer c1 by bob to ann
         at +5s
         transfer c1 by bob to ann",
        "c1 offered to ann
         c1 not ann's (declined)
         c1 offered to bob
         c1 assigned to bob (accepted)
         refused: not eligible: cooling down
         c1 transferred to sales
         c1 assigned to ann (transferred)",
    );
}

#[test]
fn a_transfer_to_an_agent_lets_the_giver_have_it_back_at_once() {
    check(
        "department sales
         staff ann in sales
         staff bob in sales
         open c1 by v1 in sales
         transfer c1 by ann to bob
         transfer c1 by bob to ann",
        "c1 assigned to ann (routed)
         c1 transferred to sales
         c1 assigned to bob (transferred)
         c1 transferred to sales
         c1 assigned to ann (transferred)",
    );
}
