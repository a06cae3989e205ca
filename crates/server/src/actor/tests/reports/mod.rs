//! Reports, against a count from the public feed: over a busy time of hours, while the journal is
//! slow, after a restart, and of a workspace that slept.

mod busy;
mod count;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    journal::{Moody, SLOW, SOUND, rest},
    restarts::elsewhere,
    *,
};
use crate::ask::ReportQuery;
use busy::Busy;
use count::Count;

const HOUR_MS: u64 = 3_600_000;
/// Twelve minutes before an hour begins, and some hours before a day does.
const START: u64 = 1_767_625_200_000 - 12 * 60_000;

impl Rig {
    async fn report(&self, group: &str, bucket: &str) -> Value {
        let query = ReportQuery {
            from: Some(START - HOUR_MS),
            to: None,
            group: group.parse().unwrap(),
            bucket: bucket.parse().unwrap(),
        };
        self.read(Question::Reports(query)).await
    }

    /// All events that there are, as everybody reads them.
    async fn whole_feed(&self) -> Vec<Value> {
        let mut events = Vec::new();
        let mut cursor = None;
        loop {
            let page = PageQuery { limit: 100, cursor };
            let read = self.read(Question::Events { after: None, page }).await;
            events.extend(read["items"].as_array().unwrap().iter().cloned());
            cursor = read["next_cursor"].as_str().map(ToOwned::to_owned);
            if cursor.is_none() {
                return events;
            }
        }
    }

    /// Every report is what the events come to. Gives the totals by department.
    async fn check_reports(&self) -> Value {
        let events = self.whole_feed().await;
        let mut by_department = Value::Null;
        for group in ["agent", "department"] {
            for bucket in ["hour", "day"] {
                let report = self.report(group, bucket).await;
                let now =
                    self.node.clock.now_ms().max(events.last().unwrap()["at"].as_u64().unwrap());
                let (items, totals) = Count::report(&events, group, bucket, now);
                assert_eq!(report["items"], items, "by {group} and {bucket}");
                assert_eq!(report["totals"], totals, "by {group} and {bucket}");
                by_department = totals;
            }
        }
        by_department
    }

    async fn in_departments(&self) {
        let help = r#"{"id":"help","name":"Help",
            "policy":{"offer_timeout_ms":20000,"fallback_department_id":"sales","max_queue":3}}"#;
        self.ask(Question::CreateDepartment(body(help))).await.unwrap();
        for (department, agent) in [("help", "ann"), ("help", "bob")] {
            let (department_id, agent_id) = (department.into(), agent.into());
            self.ask(Question::AddMember { department_id, agent_id }).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_is_exactly_what_the_events_come_to() {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 1..=6 {
        let rig = Rig::at(Clock::start_at(START), Arc::new(Memory::default())).await;
        rig.in_departments().await;
        let mut busy = Busy::begin(&rig, seed).await;
        for _ in 0..4 {
            busy.go_on(&rig, 60).await;
            rig.check_reports().await;
        }
        let totals = rig.check_reports().await;
        for (what, count) in totals.as_object().unwrap() {
            *sums.entry(what.clone()).or_default() += count.as_u64().unwrap_or(0);
        }
    }
    // What never happened was not proved.
    for what in
        ["opened", "assigned", "closed", "rejected", "abandoned", "handled", "missed_offers"]
    {
        assert!(sums[what] > 5, "{what}: {sums:?}");
    }
    assert!(sums["online_ms"] > HOUR_MS && sums["wait_p90_ms"] > 0, "{sums:?}");
}

#[tokio::test(start_paused = true)]
async fn a_report_is_the_same_after_a_restart_and_goes_on() {
    let store = Memory::default();
    let rig = Rig::at(Clock::start_at(START), Arc::new(store.clone())).await;
    rig.in_departments().await;
    let mut busy = Busy::begin(&rig, 9).await;
    busy.go_on(&rig, 150).await;
    let before = rig.check_reports().await;
    assert!(before["assigned"].as_u64().unwrap() > 5, "{before}");
    let now = rig.node.clock.now_ms();
    drop(busy);
    let there = elsewhere(&store, rig, Clock::start_at(now)).await;
    let after = there.check_reports().await;
    assert_eq!(after["opened"], before["opened"]);
    let mut busy = Busy::begin(&there, 10).await;
    busy.go_on(&there, 150).await;
    there.check_reports().await;
}

#[tokio::test(start_paused = true)]
async fn an_hour_that_is_not_written_yet_is_in_the_report() {
    let store = Moody::default();
    let rig = Rig::at(Clock::start_at(START), Arc::new(store.clone())).await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    store.be(SLOW);
    rest().await;
    let query = ReportQuery {
        from: None,
        to: None,
        group: model::ReportGroup::Agent,
        bucket: model::ReportBucket::Hour,
    };
    // The hour is over: whoever asks first lets it be written, and waits for that.
    tokio::time::sleep(Duration::from_millis(HOUR_MS)).await;
    let asked = rig.ask(Question::Reports(query.clone()));
    tokio::pin!(asked);
    let early = tokio::time::timeout(Duration::from_secs(1), &mut asked).await;
    assert!(early.is_err(), "shown before it was safe");
    let again = rig.ask(Question::Reports(query.clone()));
    tokio::pin!(again);
    let early = tokio::time::timeout(Duration::from_secs(1), &mut again).await;
    assert!(early.is_err(), "the same hour is not safe yet");
    store.be(SOUND);
    store.catch_up();
    for answer in [asked.await, again.await] {
        let report = answer.unwrap().body.unwrap().to_json().unwrap();
        let report: Value = serde_json::from_slice(&report).unwrap();
        let hours: Vec<_> = report["items"].as_array().unwrap().iter().map(|i| &i["at"]).collect();
        let first = START / HOUR_MS * HOUR_MS;
        assert_eq!(hours, [first, first + HOUR_MS]);
    }
    let (events, report) = (rig.whole_feed().await, rig.read(Question::Reports(query)).await);
    let now = rig.node.clock.now_ms();
    assert_eq!(report["items"], Count::report(&events, "agent", "hour", now).0);
}

#[tokio::test(start_paused = true)]
async fn a_workspace_that_slept_knows_its_hours() {
    let rig = Rig::at(Clock::start_at(START), Arc::new(Memory::default())).await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    let id = rig.open_for("v1").await["id"].as_str().unwrap().to_owned();
    rig.wait(5_000).await;
    rig.ask(Question::CloseConversation(id)).await.unwrap();
    ann.request(&rig, ClientBody::AvailabilitySet { availability: model::Availability::Away })
        .await;
    ann.request(&rig, ClientBody::SessionEnd).await;
    drop(ann);
    // Its hour is over while nobody looks.
    tokio::time::sleep(Duration::from_millis(9 * HOUR_MS)).await;
    assert!(!rig.workspaces.is_loaded("w"));
    let totals = rig.check_reports().await;
    assert_eq!((&totals["closed"], &totals["handle_ms"]), (&1.into(), &5_000.into()));
}
