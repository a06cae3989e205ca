//! Small worlds in every order, to a small depth: the gate goes deeper.
#![allow(clippy::panic, reason = "a test says what it found")]

use switchboard_simulator::small::{Closeness, Counterexample, Report, Setting, explore};

const DEPTH: usize = if cfg!(debug_assertions) { 4 } else { 6 };

fn told(found: &Counterexample) -> String {
    let deeds = found.deeds.iter().map(|deed| format!("\n  {deed}"));
    format!("{}{}", found.violation, deeds.collect::<String>())
}

fn setting(name: &str) -> Setting {
    let found = Setting::all().into_iter().find(|setting| setting.name == name);
    found.unwrap_or_else(|| panic!("there is no setting {name}"))
}

#[track_caller]
fn look(setting: &Setting, depth: usize) -> Report {
    let closeness = Closeness { depth, oracle: 50, twins: 20 };
    let report = explore(setting, closeness, &mut |_| true);
    if let Some(found) = &report.found {
        panic!("{}: {}", setting.name, told(found));
    }
    report
}

#[test]
fn no_order_breaks_a_promise() {
    for setting in Setting::all() {
        let report = look(&setting, DEPTH);
        assert_eq!(report.depth, DEPTH, "{}", setting.name);
        assert!(report.states > 100, "{}: {} states", setting.name, report.states);
        assert!(report.overseen > 0 && report.twins > 0, "{}: {report:?}", setting.name);
    }
}

#[test]
fn where_nothing_else_can_be_done_all_is_seen() {
    use switchboard_simulator::small::Deed::{Close, Open, Wait};
    let mut setting = setting("least_busy");
    setting.deeds.retain(|deed| matches!(deed, Open | Wait | Close(_)));
    let report = look(&setting, usize::MAX);
    assert!(report.exhausted, "{report:?}");
    assert!(report.depth > 6, "three are opened, and three closed: {report:?}");
}

#[cfg(feature = "planted")]
mod planted {
    use switchboard_routing::planted::{Bug, with};

    use super::*;

    /// What is found first with a bug in.
    fn first(bug: Bug, name: &str, twins: usize) -> Option<Counterexample> {
        let setting = setting(name);
        let closeness = Closeness { depth: 6, oracle: 10, twins };
        with(bug, || explore(&setting, closeness, &mut |_| true)).found
    }

    /// The bug, the setting, how many deeds the shortest way to it has, and which check sees it.
    const FOUND: &[(Bug, &str, usize, &str)] = &[
        (Bug::RecoveredPresent, "least_busy", 1, "the naive oracle"),
        (Bug::OfferNeverExpires, "least_busy, offers", 1, "the naive oracle"),
        (Bug::ClosedStaysHeld, "least_busy", 2, "conservation"),
        (Bug::OverCapacity, "round_robin, offers", 2, "capacity"),
        (Bug::AsksCooling, "least_busy, offers", 2, "only the eligible"),
        (Bug::OffersTwice, "least_busy, offers", 2, "the log is it all"),
        (Bug::DeclineEndsTwice, "least_busy, offers", 2, "an offer ends once"),
        (Bug::AnyOfferAnswered, "least_busy, offers", 2, "an offer ends once"),
        (Bug::AsksWhileClosed, "by name, hours, priority", 2, "only the eligible"),
        (Bug::KeysOfAnybody, "visitors, bounds, keys", 2, "one key, one conversation"),
        (Bug::ForgetsKeys, "visitors, bounds, keys", 2, "the log is it all"),
        (Bug::LosesRequeued, "two devices, asleep", 2, "nobody waits in vain"),
        (Bug::OneDeviceIsAll, "two devices, asleep", 2, "presence"),
        (Bug::KeepsTimeUnlogged, "two devices, asleep", 2, "recovery is the fold of the log"),
        (Bug::TransfersToAnybody, "least_busy", 3, "capacity"),
        (Bug::FreedNotServed, "least_busy", 3, "nobody waits in vain"),
        (Bug::ClaimsHeld, "by name, hours, priority", 3, "one holder"),
        (Bug::AssignsAsleep, "two devices, asleep", 3, "only the eligible"),
        (Bug::OffersSpendTurns, "round_robin, offers", 3, "the strategy's choice"),
        (Bug::IdleSinceAssigned, "longest_idle", 5, "the strategy's choice"),
    ];

    #[test]
    fn bugs_are_found_by_the_shortest_way() {
        for (bug, name, deeds, check) in FOUND {
            let found =
                first(*bug, name, usize::MAX).unwrap_or_else(|| panic!("{bug:?} is not found"));
            assert_eq!(found.deeds.len(), *deeds, "{bug:?}: {}", told(&found));
            assert_eq!(found.violation.check, *check, "{bug:?}: {}", told(&found));
        }
    }
    /// A key is made of the snapshot, and blind to what that leaves out: the two ways to one state
    /// are not.
    #[test]
    fn what_a_snapshot_forgets_is_found_where_two_ways_meet() {
        let found = first(Bug::SnapshotWithoutTurns, "round_robin", 1);
        let found = found.unwrap_or_else(|| panic!("it is not found"));
        let checks = ["one key, one future", "the strategy's choice"];
        assert!(checks.contains(&found.violation.check), "{}", told(&found));
    }
}
