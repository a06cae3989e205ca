//! Who may call what.

use axum::http::header;
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn who_is_not_known_gets_401() {
    let site = Site::furnished().await;
    let site_key = site.make_workspace("other").await["site_key"].as_str().unwrap().to_owned();
    let body = json!({"visitor": {}});
    let made = site.root("POST", "/v1/workspaces/acme/departments", json!({"name": "x"})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let opened = site.root("POST", "/v1/workspaces/acme/conversations", body).await;
    let visitor_token = opened.json()["visitor_token"].as_str().unwrap().to_owned();
    let gone = site.token("acme", "ann").await;
    site.root("DELETE", "/v1/workspaces/acme/agents/ann", Value::Null).await;
    for bearer in ["", "x", "rk_x", "at_acme.x.y", &site_key, &visitor_token, &gone] {
        let answered = site.by(bearer, "GET", "/v1/workspaces/acme/departments").await;
        answered.is_problem(401, "unauthenticated");
        assert_eq!(answered.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    for headers in [&[][..], &[("authorization", "Basic eDp5")], &[("authorization", "Bearer")]] {
        let answered = site.send("GET", "/v1/workspaces", headers, Value::Null).await;
        answered.is_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_foreign_workspace_is_an_unknown_one() {
    let site = Site::furnished().await;
    site.make_workspace("other").await;
    let token = site.token("acme", "ada").await;
    let foreign = site.by(&token, "GET", "/v1/workspaces/other/agents").await;
    foreign.is_problem(404, "not_found");
    for path in ["/v1/workspaces/nobodys/agents", "/v1/workspaces/a%20b/agents"] {
        assert_eq!(site.by(&token, "GET", path).await.text, foreign.text);
    }
    assert_eq!(site.by(&token, "DELETE", "/v1/workspaces/other").await.text, foreign.text);
    assert_eq!(site.root("GET", "/v1/workspaces/nobodys", Value::Null).await.text, foreign.text);
}

#[tokio::test]
async fn what_is_roots_is_forbidden_to_others() {
    let site = Site::furnished().await;
    let admin = site.token("acme", "ada").await;
    site.by(&admin, "GET", "/v1/workspaces").await.is_problem(403, "forbidden");
    site.by(&admin, "POST", "/v1/workspaces").await.is_problem(403, "forbidden");
    site.by(&admin, "DELETE", "/v1/workspaces/acme").await.is_problem(403, "forbidden");
    assert_eq!(site.by(&admin, "GET", "/v1/workspaces/acme").await.status, 200);
    assert_eq!(site.by(&admin, "GET", "/v1/me").await.json()["id"], "ada");
    site.root("GET", "/v1/me", Value::Null).await.is_problem(404, "not_found");
}

#[tokio::test]
async fn every_call_asks_for_a_credential_but_the_public_ones() {
    let site = Site::new();
    for route in routes().iter().filter(|route| route.access != Access::Public) {
        let path = route.path.replace("{ws}", "x").replace("{id}", "x").replace("{agent}", "x");
        let answered = site.send(route.method.as_str(), &path, &[], Value::Null).await;
        answered.is_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn with_an_address_for_operators_the_public_one_has_none_of_it() {
    let site = Site::on(Surface::Public);
    let metrics = site.send("GET", "/metrics", &[], Value::Null).await;
    metrics.is_problem(404, "not_found");
    site.root("GET", "/v1/workspaces", Value::Null).await.is_problem(404, "not_found");
    let known = site.root("GET", "/v1/workspaces/acme", Value::Null).await;
    known.is_problem(401, "unauthenticated");
    let deleted = site.root("DELETE", "/v1/workspaces/acme", Value::Null).await;
    deleted.is_problem(405, "method_not_allowed");
    assert_eq!(site.send("GET", "/readyz", &[], Value::Null).await.status, 200);
    let admin = Site::on(Surface::Admin);
    assert_eq!(admin.root("GET", "/v1/workspaces", Value::Null).await.status, 200);
    assert_eq!(admin.send("GET", "/metrics", &[], Value::Null).await.status, 200);
}
