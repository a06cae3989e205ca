//! Erased: nowhere in the files, not even where nobody reads.

use std::fs;

use serde_json::{Value, json};

use crate::{
    server::TestServer,
    ws::{Encoding, Ws},
};

/// Whether a text is in any file of a directory.
fn is_in_files(server: &TestServer, text: &str) -> bool {
    let files = fs::read_dir(server.data_dir()).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.is_file()).any(|path| {
        let bytes = fs::read(path).unwrap();
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    })
}

#[tokio::test]
async fn a_visitor_is_gone_from_the_files_and_from_every_answer() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let token =
        workspace.agent_with("ann", json!({"department_ids": ["sales"], "capacity": 500})).await;
    let mut ann = Ws::online(server.addr, Encoding::Json, &token).await;
    let marks = ["Canary-Name", "canary@example.org", "canary-external", "canary-attribute"];
    let mut mine = Vec::new();
    for number in 0..60 {
        // Others before, between and after.
        let named = |name: &str| {
            json!({"department_id": "sales", "visitor": {
            "name": format!("{name}-Name"), "email": format!("{name}@example.org"),
            "external_id": format!("{name}-external")},
            "attributes": {"a": format!("{name}-attribute"), "n": number}})
        };
        let name = if number % 7 == 3 { "canary".to_owned() } else { format!("v{number}") };
        let body = named(&name).to_string().replace("canary-Name", "Canary-Name");
        let key = format!("k-{number}");
        let headers = [("idempotency-key", key.as_str())];
        let path = workspace.path("/conversations");
        let made =
            server.http().send("POST", &path, &server.root, &headers, body).await.expect(201);
        if name == "canary" {
            mine.push((made.text_of("id"), made.json["visitor"]["id"].clone()));
        }
        if number % 2 == 0 {
            let path = format!("/conversations/{}/close", made.text_of("id"));
            workspace.root("POST", &path, Value::Null).await.expect(200);
        }
        if number % 5 == 0 {
            let path = format!("/conversations/{}/transfer", made.text_of("id"));
            let body = json!({"department_id": "sales", "comment": "canary-attribute comment"});
            let _ = workspace.root("POST", &path, body).await;
        }
    }
    ann.settle().await;
    for mark in marks {
        assert!(is_in_files(&server, mark), "{mark} is not even written");
    }
    let visitor = mine[0].1.as_str().unwrap().to_owned();
    assert!(mine.iter().all(|(_, id)| *id == visitor), "known by the host's id");
    workspace.root("DELETE", &format!("/visitors/{visitor}"), Value::Null).await.expect(204);
    // A comment on others' conversations is theirs.
    for mark in &marks[..3] {
        assert!(!is_in_files(&server, mark), "{mark} is in the files still");
    }
    for (id, _) in &mine {
        let shown = workspace.conversation(id).await;
        assert_eq!(shown["visitor"], json!({"id": visitor, "verified": false}), "{shown}");
        assert_eq!((&shown["attributes"], &shown["state"]), (&json!({}), &json!("closed")));
    }
    // A repeat is not told of it either.
    let headers = [("idempotency-key", "k-3")];
    let path = workspace.path("/conversations");
    let body = json!({"department_id": "sales", "visitor": {"name": "Canary-Name",
        "email": "canary@example.org", "external_id": "canary-external"},
        "attributes": {"a": "canary-attribute", "n": 3}});
    let again = server.http().send("POST", &path, &server.root, &headers, body.to_string()).await;
    again.refused(404, "not_found");
    workspace
        .root("DELETE", &format!("/visitors/{visitor}"), Value::Null)
        .await
        .refused(404, "not_found");
    let new = json!({"department_id": "sales", "visitor": {"external_id": "canary-external"}});
    let new = workspace.post("/conversations", new).await;
    assert_ne!(new.json["visitor"]["id"], visitor, "a stranger");
}

#[tokio::test]
async fn a_visitor_who_is_there_is_put_out_and_what_it_has_open_is_closed() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut ann = Ws::online(server.addr, Encoding::Json, &token).await;
    let hello = json!({"site_key": workspace.site_key, "visitor": {"name": "Vera"}});
    let mut visitor = Ws::hello(server.addr, Encoding::Json, hello).await;
    let opened = visitor.open("sales").await;
    ann.push("conversation.assigned").await;
    let id = visitor.welcome["visitor"]["id"].as_str().unwrap().to_owned();
    let admin = workspace.admin("ada").await;
    workspace
        .call("DELETE", &format!("/visitors/{id}"), &token, Value::Null)
        .await
        .refused(403, "forbidden");
    workspace.call("DELETE", &format!("/visitors/{id}"), &admin, Value::Null).await.expect(204);
    visitor.push("conversation.closed").await;
    visitor.expect_close(4503).await;
    let closed = ann.push("conversation.closed").await;
    assert_eq!((&closed["conversation_id"], &closed["by"]), (&opened["id"], &json!("admin")));
    workspace.root("DELETE", "/visitors/vis_nobody", Value::Null).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_workspace_is_gone_from_the_files() {
    let server = TestServer::start().await;
    let other = server.workspace().await;
    other.department("sales").await;
    other.agent("bob", &["sales"]).await;
    let workspace = server.workspace().await;
    workspace.department("canary-department").await;
    workspace.agent("canary-agent", &["canary-department"]).await;
    let body = json!({"visitor": {"name": "Canary-Name", "email": "canary@example.org"},
        "attributes": {"a": "canary-attribute"}});
    for _ in 0..20 {
        workspace.post("/conversations", body.clone()).await;
        other.open("sales").await;
    }
    let marks =
        ["canary-agent@example.org", "Canary-Name", "canary@example.org", "canary-attribute"];
    assert!(marks.iter().all(|mark| is_in_files(&server, mark)));
    server.root("DELETE", &workspace.path(""), Value::Null).await.expect(204);
    for mark in marks.iter().chain([&workspace.site_key.as_str()]) {
        assert!(!is_in_files(&server, mark), "{mark} is in the files still");
    }
    assert_eq!(other.get("/conversations").await.items().len(), 20);
}

#[tokio::test]
async fn what_made_an_erased_workspace_does_not_make_another() {
    let server = TestServer::start().await;
    let create = || {
        let (http, root) = (server.http(), server.root.clone());
        let headers = [("idempotency-key", "k")];
        let body = json!({"name": "Once", "plan": "free"}).to_string();
        async move { http.send("POST", "/v1/workspaces", &root, &headers, body).await }
    };
    let made = create().await.expect(201).text_of("id");
    server.root("DELETE", &format!("/v1/workspaces/{made}"), Value::Null).await.expect(204);
    create().await.refused(404, "not_found");
    let left = server.root("GET", "/v1/workspaces", Value::Null).await.expect(200);
    assert!(left.items().is_empty(), "{}", left.text);
}
