//! `…/departments/{id}/members/{agent}`: joined and left, as often as one likes.

use serde_json::{Value, json};
use switchboard_protocol::ServerMessage;

use crate::{
    people::{assigned, heard, on_duty, sign_in},
    server::TestServer,
};

const MEMBER: &str = "/departments/help/members/ann";

#[tokio::test]
async fn joining_and_leaving_are_idempotent() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.agent("ann", &[]).await;
    for (method, departments) in [("PUT", json!(["help"])), ("DELETE", json!([]))] {
        for _ in 0..2 {
            let done = workspace.root(method, MEMBER, Value::Null).await.expect(204);
            assert_eq!(done.text, "");
            let agent = workspace.get("/agents/ann").await.json;
            assert_eq!(agent["department_ids"], departments);
        }
    }
}

#[tokio::test]
async fn both_must_be_there_and_an_admin_must_ask() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let agent = workspace.agent("ann", &[]).await;
    for method in ["PUT", "DELETE"] {
        for path in ["/departments/help/members/nobody", "/departments/nope/members/ann"] {
            workspace.root(method, path, Value::Null).await.refused(404, "not_found");
        }
        workspace.call(method, MEMBER, &agent, Value::Null).await.refused(403, "forbidden");
        workspace.call(method, MEMBER, "", Value::Null).await.refused(401, "unauthenticated");
    }
}

#[tokio::test]
async fn who_joins_takes_what_waits_in_the_same_step() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &[]).await;
    let mut ann = on_duty(&workspace, "ann", &token).await;
    let id = workspace.open("help").await.text_of("id");
    workspace.root("PUT", MEMBER, Value::Null).await.expect(204);
    assert_eq!(workspace.conversation(&id).await["state"], "assigned");
    assert_eq!(assigned(&mut ann).await, id);
}

#[tokio::test]
async fn who_leaves_keeps_what_it_holds_and_gets_nothing_new() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let held = workspace.open("help").await.text_of("id");
    workspace.root("DELETE", MEMBER, Value::Null).await.expect(204);
    let kept = workspace.conversation(&held).await;
    assert_eq!((&kept["state"], &kept["agent"]["id"]), (&json!("assigned"), &json!("ann")));
    assert_eq!(workspace.open("help").await.json["state"], "queued");
}

#[tokio::test]
async fn the_member_is_told_on_its_socket() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &[]).await;
    let mut ann = sign_in(&workspace, &token).await;
    for (method, departments) in [("PUT", vec!["help"]), ("DELETE", vec![])] {
        workspace.root(method, MEMBER, Value::Null).await.expect(204);
        let told = heard(&mut ann, |message| match message {
            ServerMessage::MembershipChanged(push) => Some(push.department_ids.clone()),
            _ => None,
        })
        .await;
        assert_eq!(told, departments);
    }
}
