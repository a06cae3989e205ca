//! Rule 8: the same key from the same visitor is the same conversation, whatever became of it.

use crate::script::check;

#[test]
fn the_same_key_is_the_same_conversation() {
    check(
        "department sales
         staff ann in sales
         open c1 by v1 in sales key=k
         open c2 by v1 in sales key=k
         open c3 by v1 in sales key=other
         ? events",
        "c1 assigned to ann (routed)
         c1 it is
         c3 assigned to ann (routed)
         10 events",
    );
}

#[test]
fn also_after_it_ended() {
    check(
        "department sales on_unstaffed=reject
         open c1 by v1 in sales key=k
         staff ann in sales
         open c2 by v1 in sales key=k
         open c3 by v2 in sales key=k
         close c3
         open c4 by v2 in sales key=k",
        "c1 rejected in sales (no_agents_online)
         c1 it is
         c3 assigned to ann (routed)
         c3 closed by root
         c3 it is",
    );
}

#[test]
fn with_other_content_it_is_refused() {
    check(
        "department sales
         open c1 by v1 in sales key=k content=hello
         open c2 by v1 in sales key=k content=bye
         open c3 by v1 in sales key=k content=hello",
        "c1 queued in sales at 1
         refused: key reused
         c1 it is",
    );
}

#[test]
fn a_key_is_the_visitors_own() {
    check(
        "department sales
         open c1 by v1 in sales key=k
         open c2 by v2 in sales key=k",
        "c1 queued in sales at 1
         c2 queued in sales at 2",
    );
}

#[test]
fn it_survives_a_restart() {
    check(
        "department sales
         open c1 by v1 in sales key=k
         close c1
         restart
         open c2 by v1 in sales key=k
         open c3 by v1 in sales key=k content=else",
        "c1 queued in sales at 1
         c1 closed by root
         c1 it is
         refused: key reused",
    );
}

#[test]
fn a_forgotten_key_is_a_new_one() {
    check(
        "department sales
         open c1 by v1 in sales key=k
         close c1
         forget v1 k
         forget v1 k
         open c2 by v1 in sales key=k",
        "c1 queued in sales at 1
         c1 closed by root
         c2 queued in sales at 1",
    );
}

#[test]
fn a_refused_open_uses_no_key() {
    check(
        "department sales
         open c1 by v1 in nowhere key=k
         open c1 by v1 in sales key=k
         open c1 by v2 in sales",
        "refused: no such department
         c1 queued in sales at 1
         refused: conversation id taken",
    );
}
