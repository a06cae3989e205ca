//! Workspaces in which nothing happens are unloaded, and nothing that the node shows is lost by it.

use super::*;
use crate::ask::PageQuery;

const IDLE_MS: u64 = 300_000;
const HOUR_MS: u64 = 3_600_000;

impl Rig {
    /// Time in which nobody asks anything of the workspace.
    async fn pass(&self, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    /// A line of the metrics.
    fn metric(&self, name: &str) -> f64 {
        let metrics = self.node.metrics.render();
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{name}: {metrics}"))
    }

    /// The workspace as root lists it, which wakes nobody.
    async fn listed_by_root(&self) -> serde_json::Value {
        let page = PageQuery { limit: 10, cursor: None };
        let page = self.workspaces.list(page).await.unwrap().body.unwrap().to_json().unwrap();
        serde_json::from_slice::<serde_json::Value>(&page).unwrap()["items"][0].clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_workspace_is_unloaded_and_loaded_on_demand() {
    let rig = Rig::new().await;
    rig.pass(IDLE_MS - 1_000).await;
    assert!(rig.workspaces.is_loaded("w"), "not yet");
    rig.pass(2_000).await;
    assert!(!rig.workspaces.is_loaded("w"));
    let agents = rig.workspaces.ask("w", Caller::Root, Question::Agent("ann".into())).await;
    assert_eq!(agents.unwrap().status, 200);
    assert!(rig.workspaces.is_loaded("w"));
}

/// Somebody waits and nobody is there: that is when an operator looks.
#[tokio::test(start_paused = true)]
async fn who_waits_is_seen_however_long_nobody_asks() {
    let rig = Rig::new().await;
    rig.open_for("v1").await;
    rig.pass(3 * HOUR_MS).await;
    assert_eq!(rig.metric("switchboard_queued_conversations"), 1.0);
    assert!(rig.workspaces.oldest_wait_ms() >= 3 * HOUR_MS);
    let listed = rig.listed_by_root().await;
    assert_eq!(listed["queued"], 1, "{listed:#}");
    assert!(listed["oldest_wait_ms"].as_u64() >= Some(3 * HOUR_MS), "{listed:#}");
}

#[tokio::test(start_paused = true)]
async fn the_last_hour_is_counted_whether_anybody_looked_or_not() {
    let rig = Rig::new().await;
    rig.open_and_close("v1").await;
    rig.pass(IDLE_MS + 1_000).await;
    assert_eq!(rig.read(Question::Live).await["totals"]["opened"], 1);
    rig.pass(HOUR_MS + IDLE_MS).await;
    assert!(!rig.workspaces.is_loaded("w"), "an hour is over");
    assert_eq!(rig.read(Question::Live).await["totals"]["opened"], 0);
}

#[tokio::test(start_paused = true)]
async fn agents_are_counted_while_their_workspace_sleeps() {
    let rig = Rig::new().await;
    let away = r#"switchboard_agents{availability="away",present="false"}"#;
    assert_eq!(rig.metric(away), 2.0);
    rig.pass(IDLE_MS + 1_000).await;
    assert!(!rig.workspaces.is_loaded("w"));
    assert_eq!(rig.metric(away), 2.0, "asleep");
    rig.read(Question::Workspace).await;
    assert_eq!(rig.metric(away), 2.0, "awake again");
    rig.pass(IDLE_MS + 1_000).await;
    rig.workspaces.delete("w").await.unwrap();
    assert_eq!(rig.metric(away), 0.0, "erased in its sleep");
}
