//! `/openapi.json`, and the calls that are there by name and not built yet.

use serde_json::{Value, json};

use crate::server::TestServer;

/// Section 3 of the contract: every call there is.
const CALLS: &[&str] = &[
    "POST /v1/workspaces",
    "GET /v1/workspaces",
    "GET /v1/workspaces/{ws}",
    "PATCH /v1/workspaces/{ws}",
    "DELETE /v1/workspaces/{ws}",
    "GET /v1/site",
    "GET /v1/workspaces/{ws}/departments",
    "POST /v1/workspaces/{ws}/departments",
    "GET /v1/workspaces/{ws}/departments/{id}",
    "PATCH /v1/workspaces/{ws}/departments/{id}",
    "DELETE /v1/workspaces/{ws}/departments/{id}",
    "PUT /v1/workspaces/{ws}/departments/{id}/members/{agent}",
    "DELETE /v1/workspaces/{ws}/departments/{id}/members/{agent}",
    "GET /v1/workspaces/{ws}/agents",
    "POST /v1/workspaces/{ws}/agents",
    "GET /v1/workspaces/{ws}/agents/{id}",
    "PATCH /v1/workspaces/{ws}/agents/{id}",
    "DELETE /v1/workspaces/{ws}/agents/{id}",
    "GET /v1/me",
    "PUT /v1/workspaces/{ws}/agents/{id}/availability",
    "POST /v1/workspaces/{ws}/agents/{id}/tokens",
    "GET /v1/workspaces/{ws}/conversations",
    "POST /v1/workspaces/{ws}/conversations",
    "GET /v1/workspaces/{ws}/conversations/{id}",
    "POST /v1/workspaces/{ws}/conversations/{id}/close",
    "GET /v1/workspaces/{ws}/conversations/{id}/explain",
    "GET /v1/workspaces/{ws}/live",
    "GET /v1/workspaces/{ws}/events",
    "GET /v1/workspaces/{ws}/reports",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /openapi.json",
];

/// Those that come with later features, with a body that they would take.
fn unbuilt() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("GET", "/api_keys", Value::Null),
        ("POST", "/api_keys", json!({"name": "back end", "scopes": []})),
        ("DELETE", "/api_keys/{id}", Value::Null),
        ("GET", "/invites", Value::Null),
        ("POST", "/invites", json!({"email": "ann@example.org"})),
        ("DELETE", "/invites/{id}", Value::Null),
        ("POST", "/invites/{id}/resend", Value::Null),
        ("GET", "/audit", Value::Null),
    ]
}

#[tokio::test]
async fn the_document_lists_every_call() {
    let server = TestServer::start().await;
    let reply = server.anyone("GET", "/openapi.json").await.expect(200);
    assert!(reply.header("content-type").starts_with("application/json"));
    let document = reply.json;
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let later = unbuilt().into_iter().map(|(method, path, _)| {
        format!("{method} /v1/workspaces/{{ws}}{}", path.split('?').next().unwrap())
    });
    let later = later.chain(["POST /v1/invites/accept".to_owned(), "POST /v1/sign-in".to_owned()]);
    let calls = CALLS.iter().map(|call| (*call).to_owned()).chain(later);
    for call in calls {
        let (method, path) = call.split_once(' ').unwrap();
        let operation = &document["paths"][path][method.to_lowercase()];
        assert!(operation.is_object(), "{call} is missing");
        assert!(operation["responses"].as_object().is_some_and(|r| !r.is_empty()), "{call}");
    }
}

/// Everything that a document refers to.
fn references(of: &Value, found: &mut Vec<String>) {
    match of {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                found.push(reference.clone());
            }
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn everything_it_refers_to_is_in_it() {
    let server = TestServer::start().await;
    let document = server.anyone("GET", "/openapi.json").await.expect(200).json;
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("nothing is elsewhere");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn what_is_not_built_yet_says_so() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let admin = workspace.admin("ada").await;
    let id = workspace.open("help").await.text_of("id");
    for (method, path, body) in unbuilt() {
        let path = path.replace("{id}", &id);
        for bearer in [&admin, &server.root] {
            let reply = workspace.call(method, &path, bearer, body.clone()).await;
            reply.refused(400, "unsupported");
        }
        let reply = workspace.call(method, &path, "", body).await;
        reply.refused(401, "unauthenticated");
    }
    let ann = workspace.agent("ann", &["help"]).await;
    for (method, path, body) in unbuilt() {
        let path = path.replace("{id}", &id);
        let none = format!("/v1/workspaces/none{path}");
        let unknown = server.root(method, &none, body.clone()).await;
        unknown.refused(404, "not_found");
        let reply = workspace.call(method, &path, &ann, body).await;
        reply.refused(403, "forbidden");
    }
    for path in ["/v1/invites/accept", "/v1/sign-in"] {
        let body = json!({"workspace_id": workspace.id, "email": "a@b", "password": "12345678"});
        server.http().call("POST", path, "", body).await.refused(400, "unsupported");
    }
    let password = json!({"password": "correct horse"});
    let reply = workspace.call("PATCH", "/agents/ada", &admin, password).await;
    reply.refused(400, "unsupported");
    assert_eq!(workspace.conversation(&id).await["state"], "queued", "nothing happened");
}
