//! `/openapi.json`.

use serde_json::Value;

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
    "DELETE /v1/me",
    "POST /v1/me/tokens",
    "GET /v1/workspaces/{ws}/api_keys",
    "POST /v1/workspaces/{ws}/api_keys",
    "DELETE /v1/workspaces/{ws}/api_keys/{id}",
    "GET /v1/workspaces/{ws}/invites",
    "POST /v1/workspaces/{ws}/invites",
    "DELETE /v1/workspaces/{ws}/invites/{id}",
    "POST /v1/workspaces/{ws}/invites/{id}/resend",
    "POST /v1/invites/accept",
    "POST /v1/sign-in",
    "POST /v1/sign-out",
    "POST /v1/password/forgot",
    "POST /v1/password/reset",
    "GET /v1/workspaces/{ws}/public_keys",
    "POST /v1/workspaces/{ws}/public_keys",
    "DELETE /v1/workspaces/{ws}/public_keys/{id}",
    "POST /v1/workspaces/{ws}/site_key/rotate",
    "GET /v1/workspaces/{ws}/audit",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /openapi.json",
];

#[tokio::test]
async fn the_document_lists_every_call() {
    let server = TestServer::start().await;
    let reply = server.anyone("GET", "/openapi.json").await.expect(200);
    assert!(reply.header("content-type").starts_with("application/json"));
    let document = reply.json;
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    for call in CALLS {
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
