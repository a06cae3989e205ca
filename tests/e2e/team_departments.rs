//! Departments: in which order they stand, which is the default, and what is left when one goes.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws},
};

fn ids(of: &Value) -> Vec<&str> {
    of.as_array().unwrap().iter().map(|department| department["id"].as_str().unwrap()).collect()
}

/// The order as everybody sees it.
async fn stand(server: &TestServer, workspace: &Workspace, expected: &[&str]) {
    let listed = workspace.get("/departments").await.json;
    assert_eq!(ids(&listed["items"]), expected);
    for (at, department) in listed["items"].as_array().unwrap().iter().enumerate() {
        assert_eq!(department["position"], at + 1, "{department}");
    }
    let path = format!("/v1/site?site_key={}", workspace.site_key);
    let site = server.anyone("GET", &path).await.expect(200).json;
    assert_eq!(ids(&site["departments"]), expected);
    let visitor = Ws::visitor(server.addr, Encoding::Json, &workspace.site_key).await;
    assert_eq!(ids(&visitor.welcome["departments"]), expected);
}

#[tokio::test]
async fn they_stand_in_the_order_that_an_admin_says() {
    let mut server = TestServer::start().await;
    let mut workspace = server.workspace().await;
    for id in ["a", "b", "c"] {
        workspace.department(id).await;
    }
    stand(&server, &workspace, &["a", "b", "c"]).await;
    for (id, position, order) in [
        ("c", json!(1), ["c", "a", "b"]),
        ("c", json!(2), ["a", "c", "b"]),
        ("a", json!(99), ["c", "b", "a"]),
        ("c", Value::Null, ["b", "a", "c"]),
    ] {
        let path = format!("/departments/{id}");
        workspace.patch(&path, json!({"position": position})).await;
        stand(&server, &workspace, &order).await;
    }
    workspace.department("d").await;
    stand(&server, &workspace, &["b", "a", "c", "d"]).await;
    workspace.root("DELETE", "/departments/a", Value::Null).await.expect(204);
    stand(&server, &workspace, &["b", "c", "d"]).await;
    server.restart().await;
    workspace.http = server.http();
    stand(&server, &workspace, &["b", "c", "d"]).await;
    let page = workspace.get("/departments?limit=2").await;
    let rest = format!("/departments?limit=2&cursor={}", page.text_of("next_cursor"));
    assert_eq!((page.ids(), workspace.get(&rest).await.ids()), {
        (vec!["b".to_owned(), "c".to_owned()], vec!["d".to_owned()])
    });
    let zero = workspace.root("PATCH", "/departments/b", json!({"position": 0})).await;
    zero.refused(400, "bad_request");
}

#[tokio::test]
async fn the_default_takes_who_names_none() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("a").await;
    workspace.department("b").await;
    let mut visitor = Ws::visitor(server.addr, Encoding::Json, &workspace.site_key).await;
    let open = json!({"type": "conversation.open"});
    let refused = visitor.request(open.clone()).await;
    assert_eq!(refused["type"], "error", "with two, one must be named: {refused}");
    let set = |id: Value| {
        let workspace = workspace.clone();
        let body = json!({"settings": {"default_department_id": id}});
        async move { workspace.root("PATCH", "", body).await }
    };
    set(json!("nope")).await.refused(404, "not_found");
    set(json!("b")).await.expect(200);
    assert_eq!(visitor.ok(open.clone()).await["conversation"]["department_id"], "b");
    let over_http = workspace.post("/conversations", json!({})).await;
    assert_eq!(over_http.json["department_id"], "b");
    workspace.root("DELETE", "/departments/b", Value::Null).await.expect(204);
    let settings = workspace.get("").await.json["settings"].clone();
    assert_eq!(settings["default_department_id"], Value::Null, "it is no more");
    // The only one needs no name.
    assert_eq!(workspace.post("/conversations", json!({})).await.json["department_id"], "a");
}

#[tokio::test]
async fn one_that_is_deleted_hands_its_queue_on() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("a").await;
    workspace.department_with("b", json!({"fallback_department_id": "a"})).await;
    workspace.department("c").await;
    let moved = workspace.open("b").await.text_of("id");
    let lost = workspace.open("c").await.text_of("id");
    for id in ["b", "c"] {
        let path = format!("/departments/{id}");
        workspace.root("DELETE", &path, Value::Null).await.expect(204);
    }
    let moved = workspace.conversation(&moved).await;
    assert_eq!((&moved["state"], &moved["department_id"]), (&json!("queued"), &json!("a")));
    let lost = workspace.conversation(&lost).await;
    assert_eq!(lost["state"], "rejected");
    assert_eq!(lost["reason"], "department_deleted");
}

#[tokio::test]
async fn who_is_in_none_gets_nothing_and_the_agent_says_so() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("a").await;
    let token = workspace.agent("ann", &[]).await;
    let mut ann = Ws::online(server.addr, Encoding::Json, &token).await;
    let waits = workspace.open("a").await.json;
    assert_eq!(waits["state"], "queued");
    let agent = workspace.get("/agents/ann").await.json;
    assert_eq!(
        (&agent["routable"], &agent["routable_reason"]),
        (&json!(false), &json!("no_department"))
    );
    ann.quiet().await;
    workspace.root("PUT", "/departments/a/members/ann", Value::Null).await.expect(204);
    let given = ann.push_past("conversation.assigned", &["membership.changed"]).await;
    assert_eq!(given["conversation"]["id"], waits["id"]);
    let agent = workspace.get("/agents/ann").await.json;
    assert_eq!((&agent["routable"], agent.get("routable_reason")), (&json!(true), None));
}
