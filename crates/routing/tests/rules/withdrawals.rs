//! Every reason for which an offer is withdrawn, and who hears of it.

use crate::script::check;

/// What withdraws an offer from ann, who has two devices; bob is asked next. `+` stands for what
/// is said after.
#[track_caller]
fn withdrawn(trigger: &str, expected: &str) {
    check(
        &format!(
            "department sales offer_timeout=20s
             department support
             staff ann in sales,support
             open c1 by v1 in sales
             staff bob in sales
             connect v1 tab
             show notices
             {trigger}
             ? c1"
        ),
        &format!("c1 offered to ann\n{expected}"),
    );
}

#[test]
fn declined() {
    withdrawn(
        "decline c1 by ann from=desk",
        "c1 not ann's (declined)
         tell ann but ann/desk: c1 withdrawn (declined)
         c1 offered to bob
         tell bob: c1 offered
         c1 at 1 in sales, offered to bob",
    );
}

#[test]
fn expired() {
    withdrawn(
        "at +20s",
        "c1 not ann's (expired)
         tell ann: c1 withdrawn (expired)
         c1 offered to bob
         tell bob: c1 offered
         c1 at 1 in sales, offered to bob",
    );
}

#[test]
fn away() {
    withdrawn(
        "away ann",
        "tell ann: away by root
         c1 not ann's (away)
         tell ann: c1 withdrawn (away)
         c1 offered to bob
         tell bob: c1 offered
         c1 at 1 in sales, offered to bob",
    );
}

#[test]
fn lost() {
    let expected = "c1 not ann's (lost)
         tell ann: c1 withdrawn (lost)
         c1 offered to bob
         tell bob: c1 offered
         c1 at 1 in sales, offered to bob";
    withdrawn("lose ann desk", expected);
    withdrawn("end ann desk", expected);
}

#[test]
fn closed_by_anybody() {
    withdrawn(
        "close c1 by v1 from=tab",
        "c1 not ann's (closed)
         tell ann but v1/tab: c1 withdrawn (closed)
         c1 closed by visitor
         tell v1 but v1/tab: c1 closed by visitor
         c1 is not here",
    );
    withdrawn(
        "close c1",
        "c1 not ann's (closed)
         tell ann: c1 withdrawn (closed)
         c1 closed by root
         tell v1: c1 closed by root
         c1 is not here",
    );
}

#[test]
fn closed_because_the_visitor_left() {
    withdrawn(
        "policy sales visitor_grace=1s offer_timeout=60s
         lose v1 tab
         at +1s",
        "c1 not ann's (closed)
         tell ann: c1 withdrawn (closed)
         c1 closed by visitor_left
         tell v1: c1 closed by visitor_left
         c1 is not here",
    );
    withdrawn(
        "end v1 tab",
        "c1 not ann's (closed)
         tell ann: c1 withdrawn (closed)
         c1 closed by visitor_left
         tell v1: c1 closed by visitor_left
         c1 is not here",
    );
}

#[test]
fn removed() {
    withdrawn(
        "remove ann",
        "c1 not ann's (removed)
         tell ann: c1 withdrawn (removed)
         tell ann: removed
         c1 offered to bob
         tell bob: c1 offered
         c1 at 1 in sales, offered to bob",
    );
}

#[test]
fn claimed() {
    withdrawn(
        "claim c1 by bob from=desk",
        "c1 not ann's (claimed)
         tell ann but bob/desk: c1 withdrawn (claimed)
         c1 assigned to bob (claimed)
         tell bob but bob/desk: c1 assigned
         tell v1: c1 assigned
         c1 with bob in sales",
    );
}

#[test]
fn accepted_elsewhere() {
    let expected = "c1 assigned to ann (accepted)
         tell ann but ann/desk: c1 withdrawn (accepted_elsewhere)
         tell ann but ann/desk: c1 assigned
         tell v1: c1 assigned
         c1 with ann in sales";
    withdrawn("accept c1 by ann from=desk", expected);
    withdrawn("claim c1 by ann from=desk", expected);
}

#[test]
fn reassigned() {
    withdrawn(
        "assign c1 to bob",
        "c1 not ann's (reassigned)
         tell ann: c1 withdrawn (reassigned)
         c1 assigned to bob (assigned)
         tell bob: c1 assigned
         tell v1: c1 assigned
         c1 with bob in sales",
    );
    withdrawn(
        "transfer c1 in support",
        "c1 not ann's (reassigned)
         tell ann: c1 withdrawn (reassigned)
         c1 transferred to support
         c1 assigned to ann (transferred)
         tell ann: c1 assigned
         tell v1: c1 assigned
         c1 with ann in support",
    );
}

#[test]
fn not_eligible() {
    let next = "c1 offered to bob
         tell bob: c1 offered
         c1 at 1 in sales, offered to bob";
    let departments = "tell ann: departments changed
         c1 not ann's (not_eligible)
         tell ann: c1 withdrawn (not_eligible)";
    let other = "c1 not ann's (not_eligible)
         tell ann: c1 withdrawn (not_eligible)";
    withdrawn("leave ann sales", &format!("{departments}\n{next}"));
    withdrawn("change ann departments=support", &format!("{departments}\n{next}"));
    withdrawn("change ann capacity=0", &format!("{other}\n{next}"));
    withdrawn("closes sales", &format!("{other}\nc1 at 1 in sales"));
    withdrawn("policy sales agent_capacity=0", &format!("{other}\nc1 at 1 in sales"));
}

#[test]
fn department_deleted() {
    let withdrawn = |setting: &str, expected: &str| {
        check(
            &format!(
                "department support
                 department sales offer_timeout=20s{setting}
                 staff ann in sales
                 open c1 by v1 in sales
                 show notices
                 delete department sales"
            ),
            &format!(
                "c1 offered to ann
                 c1 not ann's (department_deleted)
                 tell ann: c1 withdrawn (department_deleted)
                 {expected}
                 tell ann: departments changed"
            ),
        );
    };
    withdrawn(" fallback=support", "c1 requeued in support at 1 (department_deleted)");
    withdrawn(
        "",
        "c1 rejected in sales (department_deleted)
         tell v1: c1 rejected (department_deleted)",
    );
}
