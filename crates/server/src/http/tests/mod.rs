//! The router as callers see it, with real workspaces behind it and no socket.

mod bodies;
mod callers;
mod public;
mod repeats;

use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use switchboard_journal::Memory;
use switchboard_protocol::Limits;
use tower::ServiceExt;

use super::*;
use crate::{
    auth::{RootKeys, fresh_root_key},
    metrics::Metrics,
    node::Clock,
};

struct Site {
    router: Router,
    readiness: Arc<Readiness>,
    root: String,
}

struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answered {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    #[track_caller]
    fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        let problem = self.json();
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)));
        assert!(problem["title"].is_string() && problem["detail"].is_string());
    }
}

impl Site {
    fn new() -> Self {
        Self::on(Surface::Whole)
    }

    fn on(surface: Surface) -> Self {
        let node = Arc::new(Node {
            limits: Limits::default(),
            clock: Clock::start(),
            metrics: Metrics::new(),
            mailer: crate::mail::Mailer::nowhere(),
            mail_reports: crate::node::MailReports::nowhere(),
        });
        let root = fresh_root_key();
        let workspaces = Workspaces::new(Arc::clone(&node), Arc::new(Memory::default()));
        let gate = Gate::new(Arc::clone(&node), workspaces.clone(), RootKeys::new([&root]));
        let readiness = Arc::new(Readiness::of(Arc::clone(workspaces.store())));
        readiness.ready();
        let app = App::new(node, workspaces, gate, Arc::clone(&readiness), surface);
        Self { router: router(app), readiness, root: root.expose().to_owned() }
    }

    /// A workspace `acme` with an admin `ada` and an agent `ann`.
    async fn furnished() -> Self {
        let site = Self::new();
        site.make_workspace("acme").await;
        for (id, role) in [("ada", "admin"), ("ann", "agent")] {
            let agent = json!({"id": id, "name": id, "email": format!("{id}@x"), "role": role});
            let made = site.root("POST", "/v1/workspaces/acme/agents", agent).await;
            assert_eq!(made.status, 201, "{}", made.text);
        }
        site
    }

    async fn make_workspace(&self, id: &str) -> Value {
        let body = json!({"id": id, "name": id, "plan": "pro"});
        let made = self.root("POST", "/v1/workspaces", body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()
    }

    async fn token(&self, workspace: &str, agent: &str) -> String {
        let path = format!("/v1/workspaces/{workspace}/agents/{agent}/tokens");
        let made = self.root("POST", &path, json!({})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made.json()["token"].as_str().unwrap().to_owned()
    }

    async fn root(&self, method: &str, path: &str, body: Value) -> Answered {
        self.send(method, path, &[("authorization", &format!("Bearer {}", self.root))], body).await
    }

    async fn by(&self, token: &str, method: &str, path: &str) -> Answered {
        let bearer = format!("Bearer {token}");
        self.send(method, path, &[("authorization", &bearer)], Value::Null).await
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answered {
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send_body(method, path, headers, body).await
    }

    async fn send_body(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answered {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answered { status: parts.status, headers: parts.headers, text }
    }
}
