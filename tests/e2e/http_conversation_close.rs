//! `POST …/conversations/{id}/close`: by whom, what it frees, and that it happens once.

use serde_json::{Value, json};
use switchboard_protocol::{ServerMessage, model::By};

use crate::{
    http::Reply,
    people::{assigned, heard, on_duty},
    server::{TestServer, Workspace},
};

async fn close(workspace: &Workspace, id: &str, token: &str) -> Reply {
    workspace.call("POST", &format!("/conversations/{id}/close"), token, Value::Null).await
}

#[tokio::test]
async fn its_holder_closes_it() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let opened = workspace.open("help").await;
    let closed = close(&workspace, &opened.text_of("id"), &token).await.expect(200).json;
    assert_eq!((&closed["id"], &closed["state"]), (&opened.json["id"], &json!("closed")));
    assert!(closed["closed_at"].as_u64() >= opened.json["opened_at"].as_u64());
    assert!(closed["revision"].as_u64() > opened.json["revision"].as_u64(), "it rises");
    let read = workspace.conversation(&opened.text_of("id")).await;
    let last = read["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["type"], &last["by"]), (&json!("conversation.closed"), &json!("agent")));
    assert_eq!(last["by_id"], "ann");
    assert_eq!(workspace.get("/agents/ann").await.json["load"], 0);
}

#[tokio::test]
async fn an_admin_closes_any() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let ada = workspace.admin("ada").await;
    let fields = json!({"department_ids": ["help"], "capacity": 1});
    let token = workspace.agent_with("ann", fields).await;
    let mut ann = on_duty(&workspace, "ann", &token).await;
    let held = workspace.open("help").await.text_of("id");
    let waiting = workspace.open("help").await.text_of("id");
    close(&workspace, &waiting, &ada).await.expect(200);
    close(&workspace, &held, &ada).await.expect(200);
    let by = heard(&mut ann, |message| match message {
        ServerMessage::ConversationClosed(push) if push.conversation_id == held => Some(push.by),
        _ => None,
    })
    .await;
    assert_eq!(by, By::Admin);
    let history = workspace.conversation(&waiting).await["history"].clone();
    let last = history.as_array().unwrap().last().unwrap();
    assert_eq!((&last["by"], &last["by_id"]), (&json!("admin"), &json!("ada")));
}

#[tokio::test]
async fn others_may_not_and_strangers_do_not_find_it() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.department("sales").await;
    let ann = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &ann).await;
    let colleague = workspace.agent("bob", &["help"]).await;
    let stranger = workspace.agent("eve", &["sales"]).await;
    let held = workspace.open("help").await.text_of("id");
    workspace.set_availability("ann", "away").await;
    let waiting = workspace.open("help").await.text_of("id");
    for id in [&held, &waiting] {
        close(&workspace, id, &colleague).await.refused(403, "forbidden");
        close(&workspace, id, &stranger).await.refused(404, "not_found");
        close(&workspace, id, "").await.refused(401, "unauthenticated");
    }
    close(&workspace, &waiting, &ann).await.refused(403, "forbidden");
    close(&workspace, "cnv_unknown", &ann).await.refused(404, "not_found");
    assert_eq!(workspace.conversation(&held).await["state"], "assigned");
    assert_eq!(workspace.conversation(&waiting).await["state"], "queued");
    // Closed, it is the same: who may not even see it is not told what became of it.
    close(&workspace, &held, &ann).await.expect(200);
    close(&workspace, &held, &stranger).await.refused(404, "not_found");
    close(&workspace, &held, &colleague).await.refused(403, "forbidden");
}

#[tokio::test]
async fn it_closes_once() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.department_with("strict", json!({"on_unstaffed": "reject"})).await;
    let token = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let id = workspace.open("help").await.text_of("id");
    close(&workspace, &id, &token).await.expect(200);
    close(&workspace, &id, &token).await.refused(409, "conflict");
    close(&workspace, &id, &server.root).await.refused(409, "conflict");
    let rejected = workspace.open("strict").await.text_of("id");
    close(&workspace, &rejected, &server.root).await.refused(409, "conflict");
    let history = workspace.conversation(&id).await["history"].clone();
    let closes = history.as_array().unwrap().iter();
    assert_eq!(closes.filter(|event| event["type"] == "conversation.closed").count(), 1);
}

#[tokio::test]
async fn what_it_frees_is_taken_in_the_same_step() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let fields = json!({"department_ids": ["help"], "capacity": 1});
    let token = workspace.agent_with("ann", fields).await;
    let mut ann = on_duty(&workspace, "ann", &token).await;
    let first = workspace.open("help").await.text_of("id");
    let second = workspace.open("help").await.text_of("id");
    assert_eq!(assigned(&mut ann).await, first);
    close(&workspace, &first, &token).await.expect(200);
    assert_eq!(workspace.conversation(&second).await["state"], "assigned");
    assert_eq!(assigned(&mut ann).await, second);
}

#[tokio::test]
async fn closing_one_that_waits_moves_up_those_behind_it() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let first = workspace.open("help").await.text_of("id");
    let second = workspace.open("help").await.text_of("id");
    let closed = close(&workspace, &first, &server.root).await.expect(200).json;
    assert_eq!((&closed["position"], &closed["agent"]), (&Value::Null, &Value::Null));
    assert_eq!(workspace.conversation(&second).await["position"], 1);
}
