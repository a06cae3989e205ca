//! What must hold whatever happens at the same time: capacity, one holder, away, and walls.

use std::collections::{HashMap, HashSet};

use futures::future::join_all;
use serde_json::{Value, json};
use switchboard_client::{Client, Push};
use switchboard_protocol::{ConversationOpen, ServerMessage, model::Availability};

use crate::{
    people::{assigned, heard, on_duty, sign_in, visit},
    server::{TestServer, Workspace},
};

/// Agents and what each holds at most; their product is much less than the opens.
const AGENTS: usize = 12;
const CAPACITY: usize = 7;
const OPENS: usize = 1_000;

async fn staff(workspace: &Workspace) -> Vec<Client> {
    let mut clients = Vec::new();
    for index in 0..AGENTS {
        let id = format!("agent-{index}");
        let fields = json!({"department_ids": ["help"], "capacity": CAPACITY});
        let token = workspace.agent_with(&id, fields).await;
        clients.push(on_duty(workspace, &id, &token).await);
    }
    clients
}

/// All conversations in a state, page by page.
async fn all(workspace: &Workspace, state: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut path = format!("/conversations?state={state}&limit=100");
    loop {
        let page = workspace.get(&path).await;
        found.extend_from_slice(page.items());
        let Some(cursor) = page.json["next_cursor"].as_str() else { return found };
        path = format!("/conversations?state={state}&limit=100&cursor={cursor}");
    }
}

/// Exactly as many as fit are assigned, none twice, none above its agent's capacity; and the
/// agents were told of exactly these.
async fn exactly_what_fits(
    workspace: &Workspace,
    mut clients: Vec<Client>,
    opened: &HashSet<String>,
) {
    let (held, waiting) = (all(workspace, "assigned").await, all(workspace, "queued").await);
    assert_eq!((held.len(), waiting.len()), (AGENTS * CAPACITY, OPENS - AGENTS * CAPACITY));
    let mut by_agent: HashMap<&str, usize> = HashMap::new();
    for conversation in &held {
        *by_agent.entry(conversation["agent"]["id"].as_str().unwrap()).or_default() += 1;
    }
    assert_eq!(by_agent.len(), AGENTS);
    assert!(by_agent.values().all(|load| *load == CAPACITY), "{by_agent:?}");
    let ids: HashSet<String> =
        held.iter().chain(&waiting).map(|c| c["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, *opened);
    let mut told = HashSet::new();
    for client in &mut clients {
        for _ in 0..CAPACITY {
            assert!(told.insert(assigned(client).await), "told of one twice");
        }
    }
    let held: HashSet<String> = held.iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told, held);
    for client in &mut clients {
        client.ping().await.unwrap();
        while let Some(push) = client.try_next_push() {
            let Push::Message(message) = &push else { panic!("{push:?}") };
            assert_ne!(message.type_name(), "conversation.assigned", "one too many");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_opens_at_once_over_http_assign_exactly_what_fits() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let clients = staff(&workspace).await;
    let opening = (0..OPENS).map(|_| {
        let workspace = workspace.clone();
        tokio::spawn(async move { workspace.open("help").await.text_of("id") })
    });
    let opened = join_all(opening).await.into_iter().map(Result::unwrap).collect();
    exactly_what_fits(&workspace, clients, &opened).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_visitors_at_once_over_sockets_assign_exactly_what_fits() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let clients = staff(&workspace).await;
    let coming = (0..OPENS).map(|_| {
        let workspace = workspace.clone();
        tokio::spawn(async move { visit(&workspace).await })
    });
    let visitors: Vec<Client> = join_all(coming).await.into_iter().map(Result::unwrap).collect();
    let opening = visitors.iter().map(|visitor| visitor.open(ConversationOpen::default()));
    let opened = join_all(opening).await.into_iter().map(|c| c.unwrap().id.clone()).collect();
    exactly_what_fits(&workspace, clients, &opened).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn agents_that_come_while_a_thousand_wait_take_exactly_what_fits() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let opening = (0..OPENS).map(|_| {
        let workspace = workspace.clone();
        tokio::spawn(async move { workspace.open("help").await.text_of("id") })
    });
    let opening: Vec<_> = opening.collect();
    let clients = staff(&workspace).await;
    let opened = join_all(opening).await.into_iter().map(Result::unwrap).collect();
    exactly_what_fits(&workspace, clients, &opened).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_answer_to_away_nothing_new_arrives() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let fields = json!({"department_ids": ["help"], "capacity": 10_000});
    let token = workspace.agent_with("ann", fields).await;
    let mut ann = on_duty(&workspace, "ann", &token).await;
    let opening: Vec<_> = (0..300)
        .map(|_| {
            let workspace = workspace.clone();
            tokio::spawn(async move { workspace.open("help").await })
        })
        .collect();
    assigned(&mut ann).await;
    let path = workspace.path("/agents/ann/availability");
    let body = json!({"availability": "away"});
    let away = server.http().call("PUT", &path, &token, body).await.expect(200);
    assert_eq!(
        (&away.json["availability"], &away.json["routable"]),
        (&json!("away"), &json!(false))
    );
    let load = away.json["load"].as_u64().unwrap();
    for reply in join_all(opening).await {
        reply.unwrap();
    }
    for _ in 0..20 {
        assert_eq!(workspace.open("help").await.json["state"], "queued");
    }
    assert_eq!(workspace.get("/agents/ann").await.json["load"], load);
    // On the socket too, nothing came after the word of it.
    heard(&mut ann, |message| match message {
        ServerMessage::AvailabilityChanged(push) => {
            assert_eq!(push.availability, Availability::Away);
            Some(())
        }
        _ => None,
    })
    .await;
    ann.ping().await.unwrap();
    while let Some(push) = ann.try_next_push() {
        assert!(!format!("{push:?}").contains("ConversationAssigned"), "{push:?}");
    }
}

#[tokio::test]
async fn one_of_two_devices_closing_changes_nothing() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("help", json!({"reconnect_grace_ms": 0})).await;
    let token = workspace.agent("ann", &["help"]).await;
    let phone = on_duty(&workspace, "ann", &token).await;
    let mut desk = sign_in(&workspace, &token).await;
    let held = workspace.open("help").await.text_of("id");
    phone.end().await.unwrap();
    let ann = workspace.get("/agents/ann").await.json;
    assert_eq!(
        (&ann["availability"], &ann["present"], &ann["load"]),
        (&json!("online"), &json!(true), &json!(1))
    );
    assert_eq!(workspace.conversation(&held).await["agent"]["id"], "ann");
    assert_eq!(assigned(&mut desk).await, held);
    let next = workspace.open("help").await.text_of("id");
    assert_eq!(assigned(&mut desk).await, next);
    desk.end().await.unwrap();
    assert_eq!(workspace.get("/agents/ann").await.json["present"], json!(false));
    assert_eq!(workspace.conversation(&held).await["state"], "queued", "that was the last one");
}

#[tokio::test]
async fn nothing_crosses_workspaces() {
    let server = TestServer::start().await;
    let (one, other) = (server.workspace().await, server.workspace().await);
    let mut agents = Vec::new();
    for workspace in [&one, &other] {
        workspace.department("help").await;
        let token = workspace.agent("ann", &["help"]).await;
        agents.push((on_duty(workspace, "ann", &token).await, token));
    }
    let body = json!({"visitor": {"external_id": "zoe"}, "key": "k", "external_id": "ticket"});
    let theirs = other.post("/conversations", body.clone()).await;
    let ours = one.post("/conversations", body).await;
    assert_ne!(theirs.json["id"], ours.json["id"], "a key is the workspace's own");
    assert_ne!(theirs.json["visitor"]["id"], ours.json["visitor"]["id"], "so is a visitor");
    let visitor = theirs.json["visitor"]["id"].clone();
    let known = one.root("POST", "/conversations", json!({"visitor": {"id": visitor}})).await;
    known.refused(404, "not_found");

    let id = theirs.text_of("id");
    for bearer in [&server.root, &agents[0].1] {
        for (method, rest) in [("GET", ""), ("POST", "/close")] {
            let path = format!("/conversations/{id}{rest}");
            one.call(method, &path, bearer, Value::Null).await.refused(404, "not_found");
        }
    }
    for (workspace, own) in [(&one, &ours), (&other, &theirs)] {
        assert_eq!(workspace.get("/conversations").await.ids(), [own.text_of("id")]);
        let feed = workspace.get("/events?limit=100").await;
        let told = feed.items().iter().filter_map(|event| event["conversation_id"].as_str());
        assert!(told.into_iter().all(|id| id == own.text_of("id")));
        assert_eq!(workspace.get("/live").await.json["totals"]["opened"], 1);
    }
    for ((client, _), own) in agents.iter_mut().zip([&ours, &theirs]) {
        assert_eq!(assigned(client).await, own.text_of("id"));
        client.ping().await.unwrap();
        while let Some(push) = client.try_next_push() {
            assert!(!format!("{push:?}").contains("Conversation"), "{push:?}");
        }
    }
    one.set_availability("ann", "away").await;
    assert_eq!(other.get("/agents/ann").await.json["availability"], "online");
    one.root("DELETE", "/departments/help", Value::Null).await.expect(204);
    assert_eq!(other.open("help").await.json["state"], "assigned");
}
