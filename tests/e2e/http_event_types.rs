//! The event feed: offers, requeues and the ways of becoming away, each with what it says.

use serde_json::{Value, json};

use crate::{
    people::{on_duty, until},
    server::{TestServer, Workspace},
};

impl Workspace {
    /// A conversation's history.
    async fn history(&self, id: &str) -> Vec<Value> {
        self.conversation(id).await["history"].as_array().unwrap().clone()
    }

    /// The types of a conversation's history.
    async fn kinds(&self, id: &str) -> Vec<String> {
        let history = self.history(id).await;
        history.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    /// The newest event of a type, once there is one.
    async fn told(&self, kind: &str) -> Value {
        until(kind, || async { self.last_of(kind).await.is_some() }).await;
        self.last_of(kind).await.unwrap()
    }

    async fn last_of(&self, kind: &str) -> Option<Value> {
        let feed = self.get("/events?limit=100").await;
        feed.items().iter().rev().find(|event| event["type"] == kind).cloned()
    }
}

#[tokio::test]
async fn an_offer_that_is_missed_three_times_sets_its_agent_away() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let policy = json!({"offer_timeout_ms": 100, "decline_cooldown_ms": 0});
    workspace.department_with("help", policy).await;
    let token = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let id = workspace.open("help").await.text_of("id");
    until("away", || async {
        workspace.get("/agents/ann").await.json["availability_by"] == "missed_offers"
    })
    .await;
    let kinds = workspace.kinds(&id).await;
    let of_offers: Vec<&str> =
        kinds.iter().map(String::as_str).filter(|k| k.contains("offer")).collect();
    let asked_and_missed = ["conversation.offered", "offer.expired"];
    assert_eq!(of_offers, asked_and_missed.repeat(3));
    let history = workspace.history(&id).await;
    let mut open: Option<&Value> = None;
    for event in &history {
        match event["type"].as_str().unwrap() {
            "conversation.offered" => {
                let data = &event["data"];
                assert!(data["offer_id"].as_str().unwrap().starts_with("off_"), "{event}");
                let expires_at = data["expires_at"].as_u64().unwrap();
                assert_eq!(expires_at, event["at"].as_u64().unwrap() + 100);
                assert!(open.replace(&data["offer_id"]).is_none(), "one at a time");
            }
            "offer.expired" => {
                assert_eq!(Some(&event["data"]["offer_id"]), open.take(), "the same offer");
                assert_eq!(event["data"]["reason"], "expired");
                assert!(event["data"]["cooling_until"].is_u64(), "{event}");
            }
            _ => continue,
        }
        assert_eq!((&event["agent_id"], &event["department_id"]), (&json!("ann"), &json!("help")));
        assert_eq!((&event["by"], &event["conversation_id"]), (&json!("engine"), &json!(id)));
    }
    let away = workspace.told("agent.availability_changed").await;
    assert_eq!((&away["by"], &away["agent_id"]), (&json!("missed_offers"), &json!("ann")));
    assert_eq!(away["data"], json!({"availability": "away"}));
    for (name, expected) in [
        ("switchboard_offers_total{outcome=\"expired\"} 3", true),
        ("switchboard_offers_total{outcome=\"withdrawn\"} 0", true),
        ("switchboard_agents{availability=\"away\",present=\"true\"} 1", true),
        ("switchboard_agents{availability=\"online\",present=\"true\"} 1", false),
        ("switchboard_queued_conversations 1", true),
    ] {
        let metrics = server.anyone("GET", "/metrics").await.text;
        assert_eq!(metrics.lines().any(|line| line == name), expected, "{name}");
    }
}

#[tokio::test]
async fn an_offer_that_something_else_ends_is_withdrawn() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("help", json!({"offer_timeout_ms": 600_000})).await;
    let token = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let id = workspace.open("help").await.text_of("id");
    let offered = workspace.told("conversation.offered").await;
    workspace.set_availability("ann", "away").await;
    let withdrawn = workspace.told("offer.withdrawn").await;
    let expected = json!({
        "offer_id": offered["data"]["offer_id"], "reason": "away", "cooling_until": null,
    });
    assert_eq!(withdrawn["data"], expected);
    workspace.set_availability("ann", "online").await;
    let close = format!("/conversations/{id}/close");
    workspace.root("POST", &close, Value::Null).await.expect(200);
    let kinds = workspace.kinds(&id).await;
    let last: Vec<&str> = kinds.iter().rev().take(3).rev().map(String::as_str).collect();
    assert_eq!(last, ["conversation.offered", "offer.withdrawn", "conversation.closed"]);
    let withdrawn = workspace.told("offer.withdrawn").await;
    assert_eq!(
        (&withdrawn["data"]["reason"], &withdrawn["by"]),
        (&json!("closed"), &json!("root"))
    );
    let metrics = server.anyone("GET", "/metrics").await.text;
    for line in [
        "switchboard_offers_total{outcome=\"withdrawn\"} 2",
        "switchboard_offers_total{outcome=\"expired\"} 0",
        "switchboard_queue_wait_seconds_count 0",
        // The first frame was the offer.
        "switchboard_routing_latency_seconds_count 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line}");
    }
}

#[tokio::test]
async fn who_is_offered_waits_but_is_not_queued() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("help", json!({"offer_timeout_ms": 600_000})).await;
    let fields = json!({"department_ids": ["help"], "capacity": 1});
    let token = workspace.agent_with("ann", fields).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    workspace.open("help").await;
    let live = workspace.get("/live").await.json;
    assert_eq!((&live["departments"][0]["queued"], &live["queued"]), (&json!(0), &json!([])));
    assert!(live["departments"][0]["oldest_wait_ms"].is_u64(), "it waits all the same");
    assert_eq!(live["agents"][0]["load"], 1);
    let second = workspace.open("help").await.text_of("id");
    let live = workspace.get("/live").await.json;
    assert_eq!(live["departments"][0]["queued"], 1);
    let queued = live["queued"].as_array().unwrap();
    assert_eq!(queued.len(), 1);
    let seen = (&queued[0]["conversation_id"], &queued[0]["position"]);
    assert_eq!(seen, (&json!(second), &json!(2)), "the one who is offered is still before it");
    let metrics = server.anyone("GET", "/metrics").await.text;
    assert!(metrics.lines().any(|line| line == "switchboard_queued_conversations 1"));
    let totals = &live["totals"];
    assert_eq!((&totals["opened"], &totals["assigned"]), (&json!(2), &json!(0)));
    assert_eq!(totals["wait_p50_ms"], Value::Null, "nobody's wait is over");
}

#[tokio::test]
async fn a_requeue_says_why_and_whose_it_was() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("night").await;
    let policy = json!({"max_wait_ms": 100, "fallback_department_id": "night"});
    workspace.department_with("day", policy).await;
    let id = workspace.open("day").await.text_of("id");
    let requeued = workspace.told("conversation.requeued").await;
    assert_eq!(requeued["data"], json!({"reason": "max_wait"}));
    assert_eq!((requeued.get("agent_id"), &requeued["department_id"]), (None, &json!("night")));
    let fields = json!({"department_ids": ["night"], "capacity": 1});
    let token = workspace.agent_with("ann", fields).await;
    let ann = on_duty(&workspace, "ann", &token).await;
    workspace.root("DELETE", "/agents/ann", Value::Null).await.expect(204);
    let requeued = workspace.told("conversation.requeued").await;
    assert_eq!(requeued["data"], json!({"reason": "removed"}));
    // What follows from a removal is the engine's doing.
    assert_eq!((&requeued["agent_id"], &requeued["by"]), (&json!("ann"), &json!("engine")));
    drop(ann);
    let explained = workspace.explain(&id).await;
    assert_eq!(explained["waiting_for"], json!([{"what": "members"}]));
    let causes: Vec<&Value> =
        explained["decisions"].as_array().unwrap().iter().map(|d| &d["cause"]).collect();
    assert_eq!(causes.last(), Some(&&json!("requeued")));
    let metrics = server.anyone("GET", "/metrics").await.text;
    let assigned = "switchboard_conversations_assigned_total{cause=\"routed\"} 1";
    assert!(metrics.lines().any(|line| line == assigned), "{metrics}");
}

#[tokio::test]
async fn who_is_absent_or_idle_for_too_long_is_away_by_that() {
    for (setting, by) in [("absent_away_ms", "absence"), ("idle_away_ms", "idle")] {
        let server = TestServer::start().await;
        let workspace = server.workspace().await;
        let token = workspace.agent("ann", &[]).await;
        let ann = on_duty(&workspace, "ann", &token).await;
        if by == "absence" {
            ann.end().await.unwrap();
        }
        workspace.patch("", json!({"settings": {setting: 100}})).await;
        until(by, || async { workspace.get("/agents/ann").await.json["availability_by"] == by })
            .await;
        let away = workspace.told("agent.availability_changed").await;
        assert_eq!((&away["by"], &away["data"]), (&json!(by), &json!({"availability": "away"})));
    }
}
