//! `POST …/conversations`: for whom. New visitors, known ones, their tokens and their keys.

use serde_json::{Value, json};
use switchboard_client::{Client, Options};
use switchboard_protocol::{Hello, Secret};

use crate::{
    http::Reply,
    people::socket_url,
    server::{TestServer, Workspace},
    ws::{Encoding, Ws},
};

async fn open(workspace: &Workspace, body: Value) -> Reply {
    workspace.root("POST", "/conversations", body).await
}

/// The visitor of an opened conversation comes by, with the token that the back end was given.
async fn come_by(workspace: &Workspace, opened: &Reply) -> Client {
    let hello = Hello {
        site_key: Some(workspace.site_key.clone()),
        visitor_token: Some(Secret::from(opened.text_of("visitor_token"))),
        ..Hello::default()
    };
    Client::connect(Options::new(socket_url(workspace.http), hello).once()).await.unwrap()
}

#[tokio::test]
async fn a_new_visitor_each_time_unless_it_is_known() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let visitor = |body: Value| {
        let workspace = workspace.clone();
        async move {
            let opened = open(&workspace, json!({"visitor": body})).await.expect(201);
            opened.json["visitor"]["id"].as_str().unwrap().to_owned()
        }
    };
    let first = visitor(json!({})).await;
    let named = visitor(json!({"name": "Zoë"})).await;
    assert_ne!(first, named);
    assert_ne!(named, visitor(json!({"name": "Zoë"})).await, "a name is nobody");
    let zoe = visitor(json!({"external_id": "user-1", "name": "Zoë"})).await;
    assert_eq!(zoe, visitor(json!({"external_id": "user-1"})).await);
    assert_ne!(zoe, visitor(json!({"external_id": "user-2"})).await);
    assert_eq!(first, visitor(json!({"id": first})).await);
    let unknown = open(&workspace, json!({"visitor": {"id": "vis_unknown"}})).await;
    unknown.refused(404, "not_found");
}

#[tokio::test]
async fn what_is_known_of_a_visitor_is_shown_again() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let zoe = json!({"visitor": {"external_id": "user-1", "name": "Zoë"}});
    open(&workspace, zoe).await.expect(201);
    let again = open(&workspace, json!({"visitor": {"external_id": "user-1"}})).await.expect(201);
    assert_eq!(again.json["visitor"]["name"], "Zoë");
}

#[tokio::test]
async fn a_visitor_that_is_there_is_known_before_it_opens_anything() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let hello = json!({"site_key": workspace.site_key, "visitor": {"name": "Zoë"}});
    let zoe = Ws::hello(server.addr, Encoding::Json, hello).await;
    let id = zoe.welcome["visitor"]["id"].clone();
    let who = json!({"id": id, "email": "zoe@example.org"});
    let opened = open(&workspace, json!({"visitor": who})).await.expect(201).json;
    let visitor = &opened["visitor"];
    assert_eq!((&visitor["id"], &visitor["name"]), (&id, &json!("Zoë")));
    assert_eq!(visitor["email"], "zoe@example.org");
    // From then on the back end's word stands.
    let who = json!({"visitor": {"id": id, "name": "Zoë B."}});
    open(&workspace, who).await.expect(201);
    let again = open(&workspace, json!({"visitor": {"id": id}})).await.expect(201).json;
    assert_eq!(again["visitor"]["name"], "Zoë B.");
    let unknown = open(&workspace, json!({"visitor": {"id": "vis_unknown"}})).await;
    unknown.refused(404, "not_found");
}

#[tokio::test]
async fn the_visitor_token_opens_the_visitors_own_socket() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let opened = workspace.open("help").await;
    let visitor = come_by(&workspace, &opened).await;
    let welcome = visitor.welcome();
    let own = welcome.visitor.as_ref().unwrap();
    assert_eq!(own.id, opened.json["visitor"]["id"].as_str().unwrap());
    assert_eq!(welcome.conversations.len(), 1);
    assert_eq!(welcome.conversations[0].id, opened.text_of("id"));
}

#[tokio::test]
async fn the_same_key_of_the_same_visitor_is_the_same_conversation() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let body = |who: &str, attributes: Value| json!({"key": "order-7", "visitor": {"external_id": who}, "attributes": attributes});
    let first = open(&workspace, body("zoe", json!({"a": 1}))).await.expect(201);
    let again = open(&workspace, body("zoe", json!({"a": 1}))).await;
    assert!([200, 201].contains(&again.status), "{}", again.text);
    assert_eq!(again.json["id"], first.json["id"]);
    open(&workspace, body("zoe", json!({"a": 2}))).await.refused(409, "conflict");
    let other = open(&workspace, body("max", json!({"a": 1}))).await.expect(201);
    assert_ne!(other.json["id"], first.json["id"]);
    // Whatever became of it.
    let close = format!("/conversations/{}/close", first.text_of("id"));
    workspace.root("POST", &close, Value::Null).await.expect(200);
    let closed = open(&workspace, body("zoe", json!({"a": 1}))).await;
    assert_eq!((&closed.json["id"], &closed.json["state"]), (&first.json["id"], &json!("closed")));
    assert_eq!(workspace.get("/conversations").await.items().len(), 2);
}

#[tokio::test]
async fn a_visitor_that_never_had_a_socket_keeps_its_place() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("help", json!({"visitor_grace_ms": 0})).await;
    let absent = workspace.open("help").await.text_of("id");
    let seen = workspace.open("help").await;
    come_by(&workspace, &seen).await.end().await.unwrap();
    let left = workspace.conversation(&seen.text_of("id")).await;
    assert_eq!(left["state"], "closed", "from its socket on, it is as with any visitor");
    let last = left["history"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["type"], &last["by"]),
        (&json!("conversation.closed"), &json!("visitor_left"))
    );
    let waits = workspace.conversation(&absent).await;
    assert_eq!((&waits["state"], &waits["position"]), (&json!("queued"), &json!(1)));
}
