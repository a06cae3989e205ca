//! Who may reopen what, and who hears of it.

use crate::script::check;

#[test]
fn visitors_reopen_their_own_agents_what_they_held_last_admins_any() {
    check(
        "department sales
         department support
         staff ann in sales
         staff bob in sales
         staff eve in support
         open c1 by v1 in sales
         transfer c1 to bob
         close c1
         reopen c1 by v2
         reopen c1 by ann            # held it, not last
         reopen c1 by eve
         reopen c1 by bob
         close c1
         reopen c1 by v1
         close c1
         reopen c1",
        "c1 assigned to ann (routed)
         c1 transferred to sales
         c1 assigned to bob (transferred)
         c1 closed by root
         refused: no such conversation
         refused: forbidden
         refused: no such conversation
         c1 reopened in sales
         c1 assigned to bob (reopened)
         c1 closed by root
         c1 reopened in sales
         c1 assigned to bob (reopened)
         c1 closed by root
         c1 reopened in sales
         c1 assigned to bob (reopened)",
    );
}

#[test]
fn the_visitor_and_the_agent_are_told() {
    check(
        "department sales
         staff ann in sales
         connect v1 tab
         open c1 by v1 in sales
         close c1
         show notices
         reopen c1 by v1 from=tab
         close c1
         reopen c1 by ann from=desk",
        "c1 assigned to ann (routed)
         c1 closed by root
         c1 reopened in sales
         tell v1 but v1/tab: c1 opened
         c1 assigned to ann (reopened)
         tell ann but v1/tab: c1 assigned
         tell v1 but v1/tab: c1 assigned
         c1 closed by root
         tell ann: c1 closed by root
         tell v1: c1 closed by root
         c1 reopened in sales
         tell v1 but ann/desk: c1 opened
         c1 assigned to ann (reopened)
         tell ann but ann/desk: c1 assigned
         tell v1 but ann/desk: c1 assigned",
    );
}

#[test]
fn one_that_is_open_is_not_reopened() {
    check(
        "department sales offer_timeout=20s
         open c1 by v1 in sales
         reopen c1
         staff ann in sales
         reopen c1 by v1
         accept c1 by ann
         reopen c1 by ann
         close c1
         reopen c1 by v1
         reopen c1 by v1             # of two the first wins",
        "c1 queued in sales at 1
         refused: not ended
         c1 offered to ann
         refused: not ended
         c1 assigned to ann (accepted)
         refused: not ended
         c1 closed by root
         c1 reopened in sales
         c1 offered to ann
         refused: not ended",
    );
}

#[test]
fn a_suspended_workspace_reopens_nothing() {
    check(
        "department sales
         open c1 by v1 in sales
         close c1
         suspend
         reopen c1 by v1",
        "c1 queued in sales at 1
         c1 closed by root
         refused: suspended",
    );
}

#[test]
fn its_key_is_still_its_key() {
    check(
        "department sales
         open c1 by v1 in sales key=k
         close c1
         forget v1 k
         reopen c1 by v1
         open c2 by v1 in sales key=k",
        "c1 queued in sales at 1
         c1 closed by root
         c1 reopened in sales
         c1 queued in sales at 1
         c1 it is",
    );
}
