//! Paths, methods and bodies that are wrong, and a handler that panics.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use super::*;

#[tokio::test]
async fn paths_and_methods_that_are_none_say_so() {
    let site = Site::new();
    site.root("GET", "/v2/workspaces", Value::Null).await.is_problem(404, "not_found");
    site.root("GET", "/v1/workspaces/", Value::Null).await.is_problem(404, "not_found");
    let answered = site.root("PUT", "/v1/workspaces", json!({})).await;
    answered.is_problem(405, "method_not_allowed");
    let allow = answered.headers[header::ALLOW].to_str().unwrap();
    let mut allowed: Vec<&str> = allow.split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
}

#[tokio::test]
async fn bad_bodies_name_the_field() {
    let site = Site::furnished().await;
    let path = "/v1/workspaces/acme/agents";
    let bearer = format!("Bearer {}", site.root);
    let headers = [("authorization", bearer.as_str())];
    for (body, field) in [
        (r#"{"name":"x","email":7}"#, "email"),
        (r#"{"name":"x"}"#, "email"),
        (r#"{"name":"x","email":"x@y","role":"other"}"#, "role"),
    ] {
        let answered = site.send_body("POST", path, &headers, Body::from(body)).await;
        answered.is_problem(400, "bad_request");
        assert_eq!(answered.json()["errors"][0]["field"], field);
    }
    for body in ["{", "[]", "nonsense", "{\"name\":\"x\",\"name\":\"y\"}", "\u{0}"] {
        let answered = site.send_body("POST", path, &headers, Body::from(body)).await;
        answered.is_problem(400, "bad_request");
    }
    let ttl = site.root("POST", "/v1/workspaces/acme/agents/ann/tokens", json!({"ttl_ms": 999}));
    let ttl = ttl.await;
    ttl.is_problem(400, "bad_request");
    assert_eq!(ttl.json()["errors"][0]["field"], "ttl_ms");
    let list = site.root("GET", "/v1/workspaces?limit=0", Value::Null).await;
    list.is_problem(400, "bad_request");
    let list = site.root("GET", "/v1/workspaces?cursor=nonsense", Value::Null).await;
    list.is_problem(400, "bad_request");
    let list = site.root("GET", "/v1/workspaces/acme/conversations?state=other", Value::Null).await;
    list.is_problem(400, "bad_request");
}

#[tokio::test]
async fn a_body_has_a_largest_size() {
    let site = Site::furnished().await;
    let bearer = format!("Bearer {}", site.root);
    let headers = [("authorization", bearer.as_str())];
    let sized = |bytes: usize| {
        let mut text = String::from(r#"{"name":"x","email":"x@y","more":""#);
        text.push_str(&"m".repeat(bytes - text.len() - 2));
        text.push_str("\"}");
        Body::from(text)
    };
    let path = "/v1/workspaces/acme/agents";
    let fits = site.send_body("POST", path, &headers, sized(256 * 1024)).await;
    assert_eq!(fits.status, 201, "{}", fits.text);
    let answered = site.send_body("POST", path, &headers, sized(256 * 1024 + 1)).await;
    answered.is_problem(413, "too_large");
}

#[tokio::test]
async fn a_panic_costs_its_request_alone() {
    fn panics<'a>(
        _: &'a App,
        _: &'a request::Request,
    ) -> futures::future::BoxFuture<'a, Result<crate::ask::Answer, Failure>> {
        Box::pin(async { panic!("a bug") })
    }
    let site = Site::new();
    let route = Route::post("panic", "/panic", "Panic").for_anyone().calls(panics);
    let route: &'static Route = Box::leak(Box::new(route));
    let node = Arc::new(Node {
        limits: Limits::default(),
        clock: Clock::start(),
        metrics: Metrics::new(),
        mailer: crate::mail::Mailer::nowhere(),
        mail_reports: crate::node::MailReports::nowhere(),
    });
    let workspaces = Workspaces::new(Arc::clone(&node), Arc::new(Memory::default()));
    let gate = Gate::new(Arc::clone(&node), workspaces.clone(), RootKeys::new([]));
    let app = App::new(node, workspaces, gate, Arc::clone(&site.readiness), Surface::Whole);
    let app = Arc::new(app);
    let serve = move |request| dispatch::dispatch(Arc::clone(&app), route, request);
    let router = Router::new().route("/panic", axum::routing::post(serve));
    for key in [None, Some("k1"), Some("k1")] {
        let mut request = Request::builder().method("POST").uri("/panic");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
}
