//! The figures of offers and of whoever is handed on: in the metrics, and in the live view.

use serde_json::{Value, json};
use switchboard_client::Client;
use switchboard_protocol::ServerMessage;

use crate::{
    people::{assigned, heard, on_duty},
    server::{TestServer, Workspace},
};

impl Workspace {
    /// Does something with a conversation, with some credential.
    async fn act(&self, bearer: &str, id: &str, action: &str, body: Value) -> Value {
        let path = format!("/conversations/{id}/{action}");
        self.call("POST", &path, bearer, body).await.expect(200).json
    }
}

/// The next offer that an agent hears of.
async fn offered(client: &mut Client) -> String {
    heard(client, |message| match message {
        ServerMessage::ConversationOffered(push) => {
            push.conversation.offer.clone().flatten().map(|offer| offer.id)
        }
        _ => None,
    })
    .await
}

/// These lines are in the metrics.
async fn shows(server: &TestServer, lines: &[&str]) {
    let metrics = server.anyone("GET", "/metrics").await.text;
    for line in lines {
        let name = line.split(['{', ' ']).next().unwrap();
        let like: Vec<&str> = metrics.lines().filter(|found| found.starts_with(name)).collect();
        assert!(like.contains(line), "{line}: {like:#?}");
    }
}

#[tokio::test]
async fn offers_are_counted_by_how_they_end() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let policy = json!({"offer_timeout_ms": 600_000, "decline_cooldown_ms": 3_600_000});
    workspace.department_with("help", policy).await;
    let (ann_token, bob_token) =
        (workspace.agent("ann", &["help"]).await, workspace.agent("bob", &["help"]).await);
    let mut ann = on_duty(&workspace, "ann", &ann_token).await;
    let mut bob = on_duty(&workspace, "bob", &bob_token).await;
    let id = workspace.open("help").await.text_of("id");
    shows(&server, &["switchboard_routing_latency_seconds_count 1"]).await;
    let offer_id = offered(&mut ann).await;
    let told = workspace.conversation(&id).await;
    assert_eq!(told["offer"]["id"], offer_id, "one id everywhere");
    let event = told["history"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&event["type"], &event["data"]["offer_id"]),
        (&json!("conversation.offered"), &json!(offer_id))
    );
    workspace.act(&ann_token, &id, "decline", json!({"offer_id": offer_id})).await;
    let declined = workspace.conversation(&id).await["history"].clone();
    let declined = declined.as_array().unwrap().iter().find(|e| e["type"] == "offer.declined");
    assert_eq!(declined.unwrap()["data"]["offer_id"], offer_id);
    assert_eq!(
        (&declined.unwrap()["by"], &declined.unwrap()["by_id"]),
        (&json!("agent"), &json!("ann"))
    );
    let offer_id = offered(&mut bob).await;
    workspace.act(&bob_token, &id, "accept", json!({"offer_id": offer_id})).await;
    shows(
        &server,
        &[
            "switchboard_offers_total{outcome=\"accepted\"} 1",
            "switchboard_offers_total{outcome=\"declined\"} 1",
            "switchboard_offers_total{outcome=\"expired\"} 0",
            "switchboard_offers_total{outcome=\"withdrawn\"} 0",
            "switchboard_conversations_assigned_total{cause=\"accepted\"} 1",
            "switchboard_conversations_assigned_total{cause=\"routed\"} 0",
            "switchboard_queue_wait_seconds_count 1",
            // Of the arrival alone, not of every frame after it.
            "switchboard_routing_latency_seconds_count 1",
        ],
    )
    .await;
}

#[tokio::test]
async fn who_is_handed_on_waits_no_second_time_and_who_is_reopened_is_not_opened_again() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.department("empty").await;
    let (ann_token, bob_token) =
        (workspace.agent("ann", &["help"]).await, workspace.agent("bob", &["help"]).await);
    let mut ann = on_duty(&workspace, "ann", &ann_token).await;
    let mut bob = on_duty(&workspace, "bob", &bob_token).await;
    let id = workspace.open("help").await.text_of("id");
    assert_eq!(assigned(&mut ann).await, id);
    workspace.act(&ann_token, &id, "transfer", json!({"agent_id": "bob"})).await;
    assert_eq!(assigned(&mut bob).await, id);
    let root = workspace.root.clone();
    workspace.act(&root, &id, "assign", json!({"agent_id": "ann"})).await;
    shows(
        &server,
        &[
            "switchboard_queue_wait_seconds_count 1",
            "switchboard_conversations_assigned_total{cause=\"routed\"} 1",
            "switchboard_conversations_assigned_total{cause=\"transferred\"} 1",
            "switchboard_conversations_assigned_total{cause=\"assigned\"} 1",
        ],
    )
    .await;
    let before = workspace.conversation(&id).await["history"].clone();
    workspace.act(&root, &id, "close", Value::Null).await;
    workspace.act(&root, &id, "reopen", Value::Null).await;
    let reopened = workspace.conversation(&id).await;
    let history = reopened["history"].as_array().unwrap();
    let earlier = before.as_array().unwrap();
    assert_eq!(history[..earlier.len()], earlier[..], "what came before is there again");
    let event = &history[earlier.len() + 1];
    assert_eq!(event["type"], "conversation.reopened");
    let data = json!({
        "visitor_id": reopened["visitor"]["id"], "priority": 0, "skills": [],
        "last_agent_id": "ann",
    });
    assert_eq!(event["data"], data);
    assert_eq!(workspace.explain(&id).await["decisions"].as_array().unwrap().len(), 4);
    shows(
        &server,
        &[
            "switchboard_conversations_opened_total 1",
            "switchboard_conversations_closed_total{by=\"root\"} 1",
            "switchboard_conversations_assigned_total{cause=\"reopened\"} 1",
            "switchboard_routing_latency_seconds_count 1",
        ],
    )
    .await;
    let totals = workspace.get("/live").await.json["totals"].clone();
    assert_eq!((&totals["opened"], &totals["assigned"]), (&json!(1), &json!(4)));
}

#[tokio::test]
async fn a_transfer_says_from_where_and_whom_to_where_and_whom() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.department("sales").await;
    let ann = workspace.agent("ann", &["help"]).await;
    let bob = workspace.agent("bob", &["help", "sales"]).await;
    let _ann = on_duty(&workspace, "ann", &ann).await;
    let id = workspace.open("help").await.text_of("id");
    let _bob = on_duty(&workspace, "bob", &bob).await;
    let last = async |kind: &str| {
        let history = workspace.conversation(&id).await["history"].clone();
        let found = history.as_array().unwrap().iter().rfind(|event| event["type"] == kind);
        found.cloned().unwrap()
    };
    workspace.act(&ann, &id, "transfer", json!({"agent_id": "bob", "comment": "yours"})).await;
    let transferred = last("conversation.transferred").await;
    let expected = json!({
        "from_department_id": "help", "from_agent_id": "ann",
        "to_department_id": "help", "to_agent_id": "bob", "cooling_until": null,
    });
    assert_eq!(transferred["data"], expected, "and no comment: it is somebody's words");
    assert_eq!((&transferred["by"], &transferred["by_id"]), (&json!("agent"), &json!("ann")));
    assert_eq!(
        (&transferred["agent_id"], &transferred["department_id"]),
        (&json!("bob"), &json!("help"))
    );
    workspace.act(&bob, &id, "transfer", json!({"department_id": "sales"})).await;
    let transferred = last("conversation.transferred").await;
    let cooling_until = transferred["data"]["cooling_until"].clone();
    assert!(cooling_until.is_u64(), "{transferred}");
    let expected = json!({
        "from_department_id": "help", "from_agent_id": "bob",
        "to_department_id": "sales", "to_agent_id": null, "cooling_until": cooling_until,
    });
    assert_eq!(transferred["data"], expected);
    assert_eq!(
        (transferred.get("agent_id"), &transferred["department_id"]),
        (None, &json!("sales"))
    );
    let explained = workspace.explain(&id).await;
    assert_eq!(explained["state"], "queued");
    let decision = explained["decisions"].as_array().unwrap().last().unwrap();
    let seen = (&decision["cause"], &decision["candidates"][0]["reason"]);
    assert_eq!(seen, (&json!("transferred"), &json!("giver")));
    let expected = json!([
        {"what": "agent", "agent_id": "bob", "need": "cool_down", "at": cooling_until},
    ]);
    assert_eq!(explained["waiting_for"], expected);
}
