//! A seat is an agent or a pending invite, and there are never more than the plan has.

use crate::script::check;

#[test]
fn a_pending_invite_takes_a_seat() {
    check(
        "limits seats=2
         agent ann
         invite i1 for 60s
         ? seats
         ? invites
         agent ben
         invite i2 for 60s",
        "i1 holds a seat
         2 seats, 0 departments
         i1 for 60000ms
         refused: seat limit
         refused: seat limit",
    );
}

#[test]
fn of_two_who_race_for_the_last_seat_one_wins() {
    check(
        "limits seats=2
         agent ann
         invite i1 for 60s
         invite i2 for 60s
         revoke i1
         agent ben
         invite i3 for 60s",
        "i1 holds a seat
         refused: seat limit
         i1 taken back
         refused: seat limit",
    );
}

#[test]
fn several_are_invited_together_or_nobody_is() {
    check(
        "limits seats=3
         agent ann
         invite i1,i2,i3 for 60s
         ? invites
         invite i1,i2 for 60s
         ? seats",
        "refused: seat limit
         none is pending
         i1 holds a seat
         i2 holds a seat
         3 seats, 0 departments",
    );
}

#[test]
fn an_invite_holds_one_seat_and_not_two() {
    check(
        "limits seats=5
         invite i1,i1 for 60s
         invite i1 for 60s
         invite i2,i1 for 60s
         ? invites",
        "refused: invite id taken
         i1 holds a seat
         refused: invite id taken
         i1 for 60000ms",
    );
}

#[test]
fn nobody_is_invited_by_an_empty_list_though_the_plan_is_full() {
    check(
        "limits seats=1
         agent ann
         ? events
         invite nobody for 60s
         ? events",
        "2 events
         2 events",
    );
}

#[test]
fn what_nobody_accepts_in_time_is_free_again() {
    check(
        "limits seats=2
         agent ann
         invite i1 for 60s
         ? deadline
         at +59s
         agent ben
         at +1s
         ? seats
         agent ben invite=i1
         agent ben",
        "i1 holds a seat
         SeatExpired in 60000ms
         refused: seat limit
         i1 expired
         1 seats, 0 departments
         refused: no such invite",
    );
}

#[test]
fn of_several_each_ends_at_its_own_time() {
    check(
        "invite i1 for 60s
         invite i3,i2 for 30s
         at +30s
         ? invites
         at +1m
         ? deadline",
        "i1 holds a seat
         i3 holds a seat
         i2 holds a seat
         i2 expired
         i3 expired
         i1 for 30000ms
         i1 expired
         nothing is due",
    );
}

#[test]
fn an_invite_that_is_sent_again_holds_its_seat_for_longer() {
    check(
        "limits seats=1
         invite i1 for 60s
         at +50s
         resend i1 for 60s
         at +50s
         ? invites
         ? events
         resend i1 for 10s
         ? events
         at +10s
         resend i1 for 60s
         resend i2 for 60s",
        "i1 holds a seat
         i1 for 10000ms
         3 events
         3 events
         i1 expired
         refused: no such invite
         refused: no such invite",
    );
}

#[test]
fn an_invite_that_is_taken_back_frees_its_seat_once() {
    check(
        "limits seats=1
         invite i1 for 60s
         revoke i1
         revoke i1
         revoke i2
         ? deadline
         ? seats
         agent ann",
        "i1 holds a seat
         i1 taken back
         refused: no such invite
         refused: no such invite
         nothing is due
         0 seats, 0 departments",
    );
}

#[test]
fn who_accepts_takes_the_seat_of_the_invite_though_the_plan_is_full() {
    check(
        "department sales
         limits seats=2
         agent ann
         invite i1 for 60s
         agent ben in sales invite=i1
         ? seats
         ? deadline
         ? ben
         at +60s
         remove ben
         invite i2 for 60s",
        "i1 holds a seat
         ben accepted i1
         2 seats, 1 departments
         nothing is due
         ben away absent
         i2 holds a seat",
    );
}

#[test]
fn an_invite_is_accepted_once_and_only_as_it_is() {
    check(
        "department sales
         limits seats=3
         agent ann
         invite i1 for 60s
         agent ann invite=i1
         agent ben in nowhere invite=i1
         agent ben in sales invite=i9
         ? invites
         agent ben invite=i1
         agent cid invite=i1
         ? seats",
        "i1 holds a seat
         refused: agent id taken
         refused: no such department
         refused: no such invite
         i1 for 60000ms
         ben accepted i1
         refused: no such invite
         2 seats, 1 departments",
    );
}

#[test]
fn limits_below_agents_and_pending_invites_are_refused() {
    check(
        "agent ann
         invite i1,i2 for 60s
         limits seats=2
         limits seats=3
         agent ben
         at +60s
         limits seats=1
         invite i3 for 60s
         limits seats=2
         invite i3 for 60s",
        "i1 holds a seat
         i2 holds a seat
         refused: plan too small
         refused: seat limit
         i1 expired
         i2 expired
         refused: seat limit
         i3 holds a seat",
    );
}

#[test]
fn what_is_pending_survives_a_restart_and_expires_meanwhile() {
    check(
        "limits seats=2
         invite i1 for 60s
         invite i2 for 90s
         restart
         ? invites
         clock +60s
         at +0s
         agent ann invite=i2
         agent ben
         ? seats",
        "i1 holds a seat
         i2 holds a seat
         i1 for 60000ms, i2 for 90000ms
         i1 expired
         ann accepted i2
         2 seats, 0 departments",
    );
}

#[test]
fn a_workspace_sleeps_while_an_invite_is_pending() {
    check(
        "department sales
         agent ann in sales
         invite i1 for 60s
         ? asleep
         connect ann desk
         ? asleep
         end ann desk
         ? asleep",
        "i1 holds a seat
         may sleep: true
         may sleep: false
         may sleep: true",
    );
}
