//! Rule 6: three misses in a row set an agent away, and it is told why.

use crate::script::check;

#[test]
fn three_misses_in_a_row_set_the_agent_away() {
    check(
        "department sales offer_timeout=20s cooldown=5s
         staff ann in sales
         show people
         open c1 by v1 in sales
         at +20s
         at +5s
         at +20s
         at +5s
         show notices
         at +20s
         ? ann
         ? c1
         at +60m                     # and stays there
         ? c1",
        "c1 offered to ann
         c1 not ann's (expired)
         c1 offered to ann
         c1 not ann's (expired)
         c1 offered to ann
         c1 not ann's (expired)
         tell ann: c1 withdrawn (expired)
         ann away by missed_offers
         tell ann: away by missed_offers
         ann away present
         c1 at 1 in sales
         c1 at 1 in sales",
    );
}

#[test]
fn the_other_offers_of_who_is_set_away_go_on() {
    check(
        "department sales offer_timeout=20s
         department support offer_timeout=60s
         staff ann in sales,support
         open c1 by v1 in sales
         open c2 by v2 in sales
         open c3 by v3 in sales
         open c4 by v4 in support
         staff bob in support
         show people
         at +20s
         ? c4",
        "c1 offered to ann
         c2 offered to ann
         c3 offered to ann
         c4 offered to ann
         c1 not ann's (expired)
         c2 not ann's (expired)
         c3 not ann's (expired)
         ann away by missed_offers
         c4 not ann's (away)
         c4 offered to bob
         c4 at 1 in support, offered to bob",
    );
}

/// Two misses, then something, then one more miss: whether that is the third.
#[track_caller]
fn after_two_misses(between: &str, is_third: bool) {
    let script = format!(
        "department sales offer_timeout=20s cooldown=1s
         staff ann in sales
         open c1 by v1 in sales
         at +20s
         at +1s
         at +20s
         at +1s                      # offered for the third time
         {between}
         at +20s
         ? ann"
    );
    let said = if is_third { "ann away present" } else { "ann online present" };
    let mut expected = "c1 offered to ann
        c1 not ann's (expired)
        c1 offered to ann
        c1 not ann's (expired)
        c1 offered to ann\n"
        .to_owned();
    expected += match between.lines().next().unwrap_or_default().trim() {
        "decline c1 by ann" => {
            "c1 not ann's (declined)
             c1 offered to ann\n"
        }
        "accept c1 by ann" => {
            "c1 assigned to ann (accepted)
             c1 closed by agent
             c2 offered to ann\n"
        }
        "claim c1 by ann" => {
            "c1 assigned to ann (accepted)
             c1 closed by agent
             c2 offered to ann\n"
        }
        "lose ann desk" => {
            "c1 not ann's (lost)
             c1 offered to ann\n"
        }
        "away ann" => {
            "c1 not ann's (away)
             c1 offered to ann\n"
        }
        _ => "",
    };
    let missed = if between.contains("c2") { "c2" } else { "c1" };
    check(&script, &format!("{expected}{missed} not ann's (expired)\n{said}"));
}

#[test]
fn what_the_agent_answers_begins_the_row_anew() {
    after_two_misses("", true);
    after_two_misses("decline c1 by ann\nat +1s", false);
    after_two_misses("accept c1 by ann\nclose c1 by ann\nopen c2 by v2 in sales", false);
    after_two_misses("claim c1 by ann\nclose c1 by ann\nopen c2 by v2 in sales", false);
}

#[test]
fn losing_the_socket_is_no_miss_and_no_answer() {
    after_two_misses("lose ann desk\nconnect ann desk", true);
}

#[test]
fn whoever_says_online_again_begins_anew() {
    after_two_misses("away ann\nonline ann", false);
}

#[test]
fn losing_the_socket_three_times_sets_nobody_away() {
    check(
        "department sales offer_timeout=20s
         staff ann in sales
         open c1 by v1 in sales
         lose ann desk
         connect ann desk
         lose ann desk
         connect ann desk
         lose ann desk
         connect ann desk
         ? ann",
        "c1 offered to ann
         c1 not ann's (lost)
         c1 offered to ann
         c1 not ann's (lost)
         c1 offered to ann
         c1 not ann's (lost)
         c1 offered to ann
         ann online present, 1 offered",
    );
}

#[test]
fn whoever_is_back_after_that_starts_from_none() {
    check(
        "department sales offer_timeout=20s cooldown=1s
         staff ann in sales
         open c1 by v1 in sales
         at +20s
         at +1s
         at +20s
         at +1s
         at +20s
         online ann                  # still cooling down
         at +1s
         at +20s
         ? ann",
        "c1 offered to ann
         c1 not ann's (expired)
         c1 offered to ann
         c1 not ann's (expired)
         c1 offered to ann
         c1 not ann's (expired)
         c1 offered to ann
         c1 not ann's (expired)
         ann online present",
    );
}
