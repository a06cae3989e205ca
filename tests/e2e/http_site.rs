//! `GET /v1/site`: what anybody may know, from any page.

use serde_json::{Value, json};

use crate::{
    http::Reply,
    people::{on_duty, sign_in},
    server::{TestServer, Workspace},
};

async fn site(workspace: &Workspace) -> Reply {
    let path = format!("/v1/site?site_key={}", workspace.site_key);
    workspace.http.call("GET", &path, "", Value::Null).await.expect(200)
}

async fn staffed(workspace: &Workspace) -> bool {
    site(workspace).await.json["departments"][0]["staffed"].as_bool().unwrap()
}

#[tokio::test]
async fn it_lists_the_departments_and_nothing_else() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    workspace.department("help").await;
    let expected = json!({"departments": [
        {"id": "sales", "name": "sales", "staffed": false},
        {"id": "help", "name": "help", "staffed": false},
    ]});
    assert_eq!(site(&workspace).await.json, expected);
    workspace.root("DELETE", "/departments/sales", Value::Null).await.expect(204);
    assert_eq!(site(&workspace).await.json["departments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn any_page_may_read_and_keep_it() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let path = format!("/v1/site?site_key={}", workspace.site_key);
    let origin = [("origin", "https://shop.example")];
    let reply = server.http().send("GET", &path, "", &origin, "").await.expect(200);
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert!(reply.header("cache-control").contains("max-age"), "{:?}", reply.headers);
    assert!(!reply.header("cache-control").contains("no-store"));
    let preflight = [origin[0], ("access-control-request-method", "GET")];
    let reply = server.http().send("OPTIONS", &path, "", &preflight, "").await;
    assert!((200..300).contains(&reply.status), "{reply:?}");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert!(reply.header("access-control-allow-methods").contains("GET"));
    // Nothing else is for pages of other origins.
    let other = server.http().send("GET", "/v1/workspaces", &server.root, &origin, "").await;
    assert_eq!(other.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn what_is_no_site_key_of_ours_is_not_found() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let agent = workspace.agent("ann", &[]).await;
    let mut forged = workspace.site_key.clone();
    forged.pop();
    for key in ["", "pk_", "nonsense", &forged, &agent, &server.root] {
        let reply = server.anyone("GET", &format!("/v1/site?site_key={key}")).await;
        let reply = reply.refused(404, "not_found");
        assert_eq!(reply.header("access-control-allow-origin"), "*", "a page can read the error");
    }
}

#[tokio::test]
async fn staffed_follows_who_is_there_and_online() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    workspace.set_availability("ann", "online").await;
    assert!(!staffed(&workspace).await, "online, but absent");
    workspace.set_availability("ann", "away").await;
    let client = sign_in(&workspace, &token).await;
    assert!(!staffed(&workspace).await, "there, but away");
    workspace.set_availability("ann", "online").await;
    assert!(staffed(&workspace).await);
    client.end().await.unwrap();
    assert!(!staffed(&workspace).await, "gone");
}

#[tokio::test]
async fn a_department_whose_only_member_is_full_is_staffed_still() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let fields = json!({"department_ids": ["help"], "capacity": 1});
    let token = workspace.agent_with("ann", fields).await;
    let _client = on_duty(&workspace, "ann", &token).await;
    workspace.open("help").await;
    assert!(staffed(&workspace).await);
}
