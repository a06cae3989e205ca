//! `DELETE …/departments/{id}`: what becomes of those who wait, and of those who are served.

use serde_json::{Value, json};

use crate::{
    people::{assigned, on_duty, visit},
    server::{TestServer, Workspace},
};
use switchboard_protocol::{ConversationOpen, ServerMessage, model::RejectedReason};

async fn delete(workspace: &Workspace, department: &str) {
    let path = format!("/departments/{department}");
    workspace.root("DELETE", &path, Value::Null).await.expect(204);
    workspace.root("DELETE", &path, Value::Null).await.refused(404, "not_found");
    workspace.root("GET", &path, Value::Null).await.refused(404, "not_found");
}

#[tokio::test]
async fn without_a_fallback_its_queue_is_rejected() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let mut visitor = visit(&workspace).await;
    let own = visitor.open(ConversationOpen::default()).await.unwrap();
    let other = workspace.open("help").await.text_of("id");
    delete(&workspace, "help").await;
    for id in [&own.id, &other] {
        let rejected = workspace.conversation(id).await;
        assert_eq!(rejected["state"], "rejected");
        assert_eq!(rejected["reason"], "department_deleted");
        assert_eq!(rejected["position"], Value::Null);
    }
    let (id, reason) = crate::people::heard(&mut visitor, |message| match message {
        ServerMessage::ConversationRejected(push) => {
            Some((push.conversation_id.clone(), push.reason))
        }
        _ => None,
    })
    .await;
    assert_eq!((id, reason), (own.id.clone(), RejectedReason::DepartmentDeleted));
}

#[tokio::test]
async fn with_a_fallback_its_queue_moves_there_in_order() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("second").await;
    workspace.department_with("first", json!({"fallback_department_id": "second"})).await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(workspace.open("first").await.text_of("id"));
    }
    delete(&workspace, "first").await;
    for (index, id) in waiting.iter().enumerate() {
        let moved = workspace.conversation(id).await;
        assert_eq!(
            (&moved["state"], &moved["department_id"]),
            (&json!("queued"), &json!("second"))
        );
        assert_eq!(moved["position"], index + 1);
    }
    let token = workspace.agent("ann", &["second"]).await;
    let mut ann = on_duty(&workspace, "ann", &token).await;
    for id in &waiting {
        assert_eq!(assigned(&mut ann).await, *id);
    }
}

#[tokio::test]
async fn where_somebody_is_free_at_the_fallback_they_are_served_in_the_same_step() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("second").await;
    workspace.department_with("first", json!({"fallback_department_id": "second"})).await;
    let token = workspace.agent("ann", &["second"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let id = workspace.open("first").await.text_of("id");
    delete(&workspace, "first").await;
    let served = workspace.conversation(&id).await;
    assert_eq!((&served["state"], &served["agent"]["id"]), (&json!("assigned"), &json!("ann")));
}

#[tokio::test]
async fn what_is_assigned_stays_with_its_agent_until_it_is_closed() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let id = workspace.open("help").await.text_of("id");
    delete(&workspace, "help").await;
    let held = workspace.conversation(&id).await;
    assert_eq!((&held["state"], &held["agent"]["id"]), (&json!("assigned"), &json!("ann")));
    let close = format!("/conversations/{id}/close");
    workspace.call("POST", &close, &token, Value::Null).await.expect(200);
}

#[tokio::test]
async fn nobody_is_a_member_of_it_any_more_and_nothing_opens_there() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.department("sales").await;
    workspace.agent("ann", &["help", "sales"]).await;
    delete(&workspace, "help").await;
    assert_eq!(workspace.get("/agents/ann").await.json["department_ids"], json!(["sales"]));
    assert_eq!(workspace.get("/departments").await.ids(), ["sales"]);
    assert_eq!(workspace.get("").await.json["usage"]["departments"], 1);
    let body = json!({"department_id": "help"});
    workspace.root("POST", "/conversations", body).await.refused(404, "not_found");
    let member = workspace.root("PUT", "/departments/help/members/ann", Value::Null).await;
    member.refused(404, "not_found");
}

#[tokio::test]
async fn it_is_nobodys_default_any_more() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.department("sales").await;
    workspace.patch("", json!({"settings": {"default_department_id": "help"}})).await;
    delete(&workspace, "help").await;
    let settings = workspace.get("").await.json["settings"].clone();
    assert_eq!(settings["default_department_id"], Value::Null);
    let opened = workspace.post("/conversations", json!({})).await;
    assert_eq!(opened.json["department_id"], "sales", "the only one that is left");
}
