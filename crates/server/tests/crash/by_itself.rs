//! The reference client comes back by itself after the server was killed.

use std::time::Duration;

use serde_json::{Value, json};
use switchboard_client::{Backoff, Client, Options, Push};
use switchboard_protocol::{ConversationOpen, model::Availability};
use tokio::time::timeout;

use crate::{
    http::{Call, Caller},
    process::{Place, ROOT},
    wire::Wire,
};

const DEADLINE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_comes_back_by_itself_and_has_what_it_had() {
    let place = Place::new(&[]);
    let process = place.start().await;
    let (site_key, token) = workspace(&mut Caller::new(process.addr, ROOT)).await;
    let wire = Wire::lay(process.addr).await;
    let url = format!("ws://{}/v1/ws", wire.addr);
    let soon = Backoff::new(Duration::from_millis(5), Duration::from_millis(50));
    let options = Options { backoff: soon.clone(), ..Options::agent(&url, &token) };
    let mut agent = Client::connect(options).await.unwrap();
    let options = Options { backoff: soon, ..Options::visitor(&url, &site_key) };
    let mut visitor = Client::connect(options).await.unwrap();
    agent.set_availability(Availability::Online).await.unwrap();
    let open = ConversationOpen { key: Some("once".to_owned()), ..ConversationOpen::default() };
    let opened = visitor.open(open.clone()).await.unwrap();
    assert_eq!(opened.agent.as_ref().unwrap().id, "ann");

    process.kill();
    // Asked while nobody is there: it is answered by who comes next.
    let asked = tokio::spawn({
        let visitor = visitor.handle();
        async move { visitor.open(open).await }
    });
    let process = place.start().await;
    wire.lead_to(process.addr);
    for client in [&mut agent, &mut visitor] {
        let welcome = back(client).await;
        assert!(welcome.contains(&opened.id), "{welcome:?} without {}", opened.id);
    }
    assert_eq!(asked.await.unwrap().unwrap().id, opened.id);
    agent.close(opened.id.as_str()).await.unwrap();
    drop(process);
    place.remove();
}

/// Waits until a client is back; the conversations in its welcome.
async fn back(client: &mut Client) -> Vec<String> {
    loop {
        match timeout(DEADLINE, client.next_push()).await.expect("in time") {
            Some(Push::Resumed { welcome, .. }) => {
                return welcome.conversations.iter().map(|shown| shown.id.clone()).collect();
            }
            Some(Push::Message(_) | Push::Disconnected(_)) => {}
            over => panic!("it does not come back: {over:?}"),
        }
    }
}

/// A workspace with a department and an agent; its site key and the agent's token.
async fn workspace(root: &mut Caller) -> (String, String) {
    let mut made = Value::Null;
    let mut site_key = String::new();
    for (path, body) in [
        ("/v1/workspaces", json!({"id": "acme", "name": "Acme", "plan": "free"})),
        ("/v1/workspaces/acme/departments", json!({"id": "help", "name": "Help"})),
        (
            "/v1/workspaces/acme/agents",
            json!({"id": "ann", "name": "Ann", "email": "a@b.example", "department_ids": ["help"]}),
        ),
        ("/v1/workspaces/acme/agents/ann/tokens", json!({})),
    ] {
        let answer = root.call(Call::new("POST", path, body)).await.unwrap();
        assert_eq!(answer.status, 201, "{path}: {}", answer.json);
        made = answer.json;
        if let Some(key) = made["site_key"].as_str() {
            key.clone_into(&mut site_key);
        }
    }
    (site_key, made["token"].as_str().unwrap().to_owned())
}
