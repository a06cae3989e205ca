//! What needs no credential: the site, the node, the document.

use axum::http::header;
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn the_site_is_for_pages_of_any_origin() {
    let site = Site::new();
    let key = site.make_workspace("acme").await["site_key"].as_str().unwrap().to_owned();
    let path = format!("/v1/site?site_key={key}");
    let found = site.send("GET", &path, &[], Value::Null).await;
    assert_eq!(found.json(), json!({"departments": []}));
    assert_eq!(found.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(found.headers[header::CACHE_CONTROL], "public, max-age=5");
    let tag = found.headers[header::ETAG].to_str().unwrap();
    let same = site.send("GET", &path, &[("if-none-match", tag)], Value::Null).await;
    assert_eq!((same.status.as_u16(), same.text.as_str()), (304, ""));
    for unknown in ["", "?site_key=", "?site_key=pk_acme.x", "?site_key=pk_other.x"] {
        let path = format!("/v1/site{unknown}");
        let answered = site.send("GET", &path, &[], Value::Null).await;
        answered.is_problem(404, "not_found");
        assert_eq!(answered.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
    let asked = site.send("OPTIONS", "/v1/site", &[("origin", "https://x")], Value::Null).await;
    assert_eq!(asked.status, 204);
    assert_eq!(asked.headers[header::ACCESS_CONTROL_ALLOW_METHODS], "GET, HEAD");
    let elsewhere = site.send("OPTIONS", "/v1/workspaces", &[], Value::Null).await;
    elsewhere.is_problem(405, "method_not_allowed");
    assert!(!elsewhere.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}

#[tokio::test]
async fn the_node_says_how_it_is() {
    let site = Site::new();
    let get = |path: &'static str| site.send("GET", path, &[], Value::Null);
    assert_eq!(get("/healthz").await.json(), json!({"status": "ok"}));
    assert_eq!(get("/readyz").await.json(), json!({"status": "ok"}));
    let metrics = get("/metrics").await;
    let kind = metrics.headers[header::CONTENT_TYPE].to_str().unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"));
    assert!(metrics.text.contains("switchboard_conversations_opened_total 0"));
    site.readiness.drain();
    let draining = get("/readyz").await;
    draining.is_problem(503, "overloaded");
    assert!(draining.json()["detail"].as_str().unwrap().starts_with("draining: "));
    assert_eq!(get("/healthz").await.status, 200);
}

#[tokio::test]
async fn the_document_has_every_call_with_what_it_answers() {
    let site = Site::new();
    let document = site.send("GET", "/openapi.json", &[], Value::Null).await.json();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for route in routes() {
        let method = route.method.as_str().to_lowercase();
        let call = &document["paths"][route.path][&method];
        assert_eq!(call["operationId"], route.name, "{route:?}");
        assert!(call["responses"][route.status.to_string()].is_object(), "{route:?}");
        assert_eq!(call["requestBody"].is_object(), route.takes.is_some(), "{route:?}");
        let expected = if route.access == Access::Public { 0 } else { 1 };
        assert_eq!(call["security"][0]["bearer"].is_array(), expected == 1, "{route:?}");
    }
    assert!(document["paths"]["/v1/ws"]["get"].is_object());
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(references.len() > 100);
    for reference in references {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(schemas.contains_key(name), "{name} is referred to, but not there");
    }
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                found.push(reference.clone());
            }
            map.values().for_each(|value| collect_references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_references(value, found)),
        _ => {}
    }
}
