//! `GET …/conversations/{id}/explain`: why this agent, and why nobody.

use serde_json::{Value, json};

use crate::{
    people::on_duty,
    server::{TestServer, Workspace},
};

impl Workspace {
    /// How a conversation was routed, and what it waits for.
    async fn explain(&self, id: &str) -> Value {
        self.get(&format!("/conversations/{id}/explain")).await.json
    }
}

#[tokio::test]
async fn it_is_for_admins() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let ada = workspace.admin("ada").await;
    let (ann, bob) = (workspace.agent("ann", &["help"]).await, workspace.agent("bob", &[]).await);
    let open = workspace.open("help").await.text_of("id");
    let closed = workspace.open("help").await.text_of("id");
    let close = format!("/conversations/{closed}/close");
    workspace.root("POST", &close, Value::Null).await.expect(200);
    for id in [&open, &closed] {
        let path = format!("/conversations/{id}/explain");
        let explained = workspace.call("GET", &path, &ada, Value::Null).await.expect(200);
        assert_eq!(explained.text_of("conversation_id"), *id);
        workspace.call("GET", &path, &ann, Value::Null).await.refused(403, "forbidden");
        workspace.call("GET", &path, &bob, Value::Null).await.refused(404, "not_found");
        workspace.call("GET", &path, "", Value::Null).await.refused(401, "unauthenticated");
    }
    let other = server.workspace().await;
    for (workspace, id) in [(&workspace, "cnv_unknown"), (&other, &open)] {
        let path = format!("/conversations/{id}/explain");
        workspace.root("GET", &path, Value::Null).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn who_waits_is_told_apart_from_who_does_not() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token =
        workspace.agent_with("ann", json!({"department_ids": ["help"], "capacity": 1})).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let assigned = workspace.open("help").await.text_of("id");
    let queued = workspace.open("help").await.text_of("id");
    let explained = workspace.explain(&assigned).await;
    assert_eq!(
        (&explained["state"], &explained["waiting_for"]),
        (&json!("assigned"), &Value::Null)
    );
    assert!(explained["decisions"].is_array());
    let explained = workspace.explain(&queued).await;
    assert_eq!(explained["state"], "queued");
    assert!(explained["waiting_for"].is_array(), "{explained}");
    let close = format!("/conversations/{queued}/close");
    workspace.root("POST", &close, Value::Null).await.expect(200);
    let explained = workspace.explain(&queued).await;
    assert_eq!((&explained["state"], &explained["waiting_for"]), (&json!("closed"), &Value::Null));
}
