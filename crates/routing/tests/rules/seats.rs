//! Seats that are kept for invites: with the agents, never more than the limit.

use crate::script::check;

#[test]
fn of_two_who_want_the_last_seat_one_has_it() {
    check(
        "limits seats=2
         agent ann role=admin
         invite i1 for 60m
         invite i2 for 60m
         agent bob
         ? seats",
        "refused: seat limit
         refused: seat limit
         2 seats, 0 departments",
    );
}

#[test]
fn many_are_asked_or_none() {
    check(
        "limits seats=3
         agent ann
         invite i1,i2,i3 for 60m
         ? seats
         invite i1,i2 for 60m
         ? seats
         invite i1 for 60m
         revoke i1
         invite i3,i3 for 60m",
        "refused: seat limit
         1 seats, 0 departments
         3 seats, 0 departments
         refused: pending invite id taken
         refused: pending invite id taken",
    );
}

#[test]
fn who_was_invited_has_its_own_seat_though_all_are_taken() {
    check(
        "department sales
         limits seats=2
         agent ann
         invite i1 for 60m
         join_by i1 bob in sales
         ? seats
         join_by i1 cid
         invite i2 for 60m",
        "2 seats, 1 departments
         refused: no such pending invite
         refused: seat limit",
    );
}

#[test]
fn an_id_that_is_taken_keeps_the_seat_for_the_invite() {
    check(
        "limits seats=2
         agent ann
         invite i1 for 60m
         join_by i1 ann
         ? seats
         join_by i1 bob
         ? seats",
        "refused: agent id taken
         2 seats, 0 departments
         2 seats, 0 departments",
    );
}

#[test]
fn a_seat_that_nobody_takes_in_time_is_free() {
    check(
        "limits seats=1
         invite i1 for 60s
         ? deadline
         at +59s
         agent ann
         at +1s
         ? seats
         agent ann
         revoke i1
         resend i1 for 60s",
        "SeatExpired in 60000ms
         refused: seat limit
         0 seats, 0 departments
         refused: no such pending invite
         refused: no such pending invite",
    );
}

#[test]
fn an_invite_that_is_sent_again_keeps_its_seat_for_longer() {
    check(
        "limits seats=1
         invite i1 for 60s
         at +50s
         department sales            # the clock is that of what happened last
         resend i1 for 60s
         at +59s
         ? seats
         at +1s
         ? seats",
        "1 seats, 1 departments
         0 seats, 1 departments",
    );
}

#[test]
fn limits_are_never_below_what_is_kept() {
    check(
        "agent ann
         invite i1 for 60m
         limits seats=1
         limits seats=2
         revoke i1
         limits seats=1",
        "refused: plan too small",
    );
}

#[test]
fn a_seat_is_kept_through_a_restart() {
    check(
        "limits seats=1
         invite i1 for 60s
         at +20s
         restart
         agent ann
         ? deadline
         at +40s
         agent ann
         ? seats",
        "refused: seat limit
         SeatExpired in 40000ms
         1 seats, 0 departments",
    );
}
