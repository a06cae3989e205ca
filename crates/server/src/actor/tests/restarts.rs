//! Another node takes a workspace up, with another clock: what was to happen happens when it was to.

use super::*;

/// The same store, on a node whose wall clock shows something else; who had it is gone.
pub(super) async fn elsewhere(store: &Memory, before: Rig, clock: Clock) -> Rig {
    drop(before);
    tokio::time::sleep(Duration::from_millis(1)).await;
    let node = Node {
        limits: Limits::default(),
        clock,
        metrics: Metrics::new(),
        mailer: crate::mail::Mailer::nowhere(),
        mail_reports: crate::node::MailReports::nowhere(),
    };
    let node = Arc::new(node);
    Rig { workspaces: Workspaces::new(node.clone(), Arc::new(store.clone())), node }
}

const DAY_MS: u64 = 86_400_000;

impl Rig {
    async fn state_of(&self, id: &str) -> String {
        let shown = self.read(Question::Conversation(id.to_owned())).await;
        shown["state"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_was_put_back_by_a_day_stops_no_deadline() {
    let store = Memory::default();
    let rig = Rig::at(Clock::start_at(30 * DAY_MS), Arc::new(store.clone())).await;
    rig.policy("sales", r#"{"max_wait_ms":5000}"#).await;
    let waiting = rig.open_for("v1").await["id"].as_str().unwrap().to_owned();
    rig.wait(2_000).await;
    let there = elsewhere(&store, rig, Clock::start_at(29 * DAY_MS)).await;
    assert_eq!(there.state_of(&waiting).await, "queued");
    there.wait(2_900).await;
    assert_eq!(there.state_of(&waiting).await, "queued");
    // What is left of its time is counted by a clock that only goes forward.
    there.wait(2_200).await;
    assert_eq!(there.state_of(&waiting).await, "rejected");
    let later = there.open_for("v2").await;
    assert!(later["opened_at"].as_u64().unwrap() >= 30 * DAY_MS, "time never goes back: {later}");
}

#[tokio::test(start_paused = true)]
async fn agents_have_the_whole_grace_to_come_back_after_a_restart() {
    let store = Memory::default();
    let rig = Rig::at(Clock::start_at(30 * DAY_MS), Arc::new(store.clone())).await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    let held = rig.open_for("v1").await["id"].as_str().unwrap().to_owned();
    assert_eq!(rig.state_of(&held).await, "assigned");
    // Nobody ran for an hour: that is nobody's fault.
    drop(ann);
    let there = elsewhere(&store, rig, Clock::start_at(30 * DAY_MS + 3_600_000)).await;
    assert_eq!(there.state_of(&held).await, "assigned");
    there.wait(9_900).await;
    assert_eq!(there.state_of(&held).await, "assigned");
    let back = there.agent("ann").await;
    assert_eq!(back.welcome.conversations.len(), 1);
    there.wait(60_000).await;
    assert_eq!(there.state_of(&held).await, "assigned", "she is there");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_come_back_after_a_restart_loses_it_when_the_grace_is_over() {
    let store = Memory::default();
    let rig = Rig::at(Clock::start_at(30 * DAY_MS), Arc::new(store.clone())).await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    let held = rig.open_for("v1").await["id"].as_str().unwrap().to_owned();
    drop(ann);
    let there = elsewhere(&store, rig, Clock::start_at(30 * DAY_MS + 60_000)).await;
    assert_eq!(there.state_of(&held).await, "assigned");
    there.wait(10_100).await;
    assert_eq!(there.state_of(&held).await, "queued");
}
