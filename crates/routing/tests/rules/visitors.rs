//! Rule 9: a visitor who is gone keeps the place for a while, and what is assigned for good.

use crate::script::check;

#[test]
fn a_visitor_who_is_gone_keeps_the_place_for_the_grace() {
    check(
        "department sales visitor_grace=60s
         connect v1 tab
         open c1 by v1 in sales from=tab
         open c2 by v2 in sales
         lose v1 tab
         ? deadline
         at +59s
         ? c1
         at +1s
         ? c2",
        "c1 queued in sales at 1
         c2 queued in sales at 2
         VisitorLeft in 60000ms
         c1 at 1 in sales
         c1 closed by visitor_left
         c2 at 1 in sales",
    );
}

#[test]
fn a_visitor_who_is_back_in_time_keeps_it() {
    check(
        "department sales visitor_grace=60s
         connect v1 tab
         open c1 by v1 in sales from=tab
         lose v1 tab
         at +59s
         connect v1 tab
         ? deadline
         lose v1 tab
         at +59s
         ? c1
         connect v1 other            # any session of the visitor's will do
         at +60m
         ? c1",
        "c1 queued in sales at 1
         nothing is due
         c1 at 1 in sales
         c1 at 1 in sales",
    );
}

#[test]
fn one_tab_of_two_changes_nothing() {
    check(
        "department sales
         connect v1 tab
         connect v1 other
         open c1 by v1 in sales from=tab
         lose v1 tab
         end v1 tab
         ? deadline",
        "c1 queued in sales at 1
         nothing is due",
    );
}

#[test]
fn whoever_never_attached_has_no_grace_to_lose() {
    check(
        "department sales visitor_grace=1s
         open c1 by v1 in sales
         ? deadline
         at +60m
         ? c1
         connect v1 tab              # from now on the rule applies
         lose v1 tab
         at +1s",
        "c1 queued in sales at 1
         nothing is due
         c1 at 1 in sales
         c1 closed by visitor_left",
    );
}

#[test]
fn a_visitor_here_before_the_open_counts_as_attached() {
    check(
        "department sales visitor_grace=1s
         connect v1 tab
         open c1 by v1 in sales      # through the host's back end
         lose v1 tab
         at +1s",
        "c1 queued in sales at 1
         c1 closed by visitor_left",
    );
}

#[test]
fn what_is_assigned_stays_until_closed() {
    check(
        "department sales visitor_grace=1s
         staff ann in sales
         connect v1 tab
         open c1 by v1 in sales from=tab
         lose v1 tab
         ? deadline
         at +60m
         ? c1",
        "c1 assigned to ann (routed)
         nothing is due
         c1 with ann in sales",
    );
}

#[test]
fn a_requeue_gives_a_visitor_long_gone_the_full_grace() {
    check(
        "department sales visitor_grace=60s grace=30s
         staff ann in sales
         connect v1 tab
         open c1 by v1 in sales from=tab
         lose v1 tab
         at +60m
         lose ann desk
         at +30s
         at +59s
         ? c1
         at +1s",
        "c1 assigned to ann (routed)
         c1 requeued in sales at 1 (agent_lost)
         c1 at 1 in sales
         c1 closed by visitor_left",
    );
}

#[test]
fn everything_of_the_visitor_that_waits_is_closed_and_nothing_else() {
    check(
        "department sales visitor_grace=10s
         department support visitor_grace=20s
         staff ann in sales capacity=1
         connect v1 tab
         open c1 by v1 in sales
         open c2 by v1 in sales
         open c3 by v1 in support
         open c4 by v2 in sales
         lose v1 tab
         at +10s
         at +10s
         ? c1
         ? c4",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c3 queued in support at 1
         c4 queued in sales at 2
         c2 closed by visitor_left
         c3 closed by visitor_left
         c1 with ann in sales
         c4 at 1 in sales",
    );
}

#[test]
fn gone_on_purpose_has_no_grace() {
    check(
        "department sales
         staff ann in sales capacity=1
         connect v1 tab
         connect v1 other
         open c1 by v1 in sales
         open c2 by v1 in sales
         open c3 by v1 in sales
         end v1 other                # there is another
         end v1 tab
         ? c1",
        "c1 assigned to ann (routed)
         c2 queued in sales at 1
         c3 queued in sales at 2
         c2 closed by visitor_left
         c3 closed by visitor_left
         c1 with ann in sales",
    );
}

#[test]
fn giving_up_a_lost_tab_leaves_the_grace_alone() {
    check(
        "department sales visitor_grace=60s
         connect v1 tab
         open c1 by v1 in sales
         lose v1 tab
         at +30s
         end v1 tab
         ? deadline
         at +30s",
        "c1 queued in sales at 1
         VisitorLeft in 30000ms
         c1 closed by visitor_left",
    );
}

#[test]
fn the_visitors_other_conversations_close_the_room_for_others() {
    check(
        "department sales max_queue=1 visitor_grace=10s
         connect v1 tab
         open c1 by v1 in sales
         open c2 by v2 in sales
         lose v1 tab
         at +10s
         open c3 by v2 in sales",
        "c1 queued in sales at 1
         c2 rejected in sales (queue_full)
         c1 closed by visitor_left
         c3 queued in sales at 1",
    );
}
