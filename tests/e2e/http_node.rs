//! Calls about the node: alive, ready, metrics. They take no credential.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::{
    http::Http,
    people::{on_duty, until, visit},
    server::TestServer,
};

/// Section 9 of the contract: each metric, its kind, and its labels.
const METRICS: &[(&str, &str, &[&str])] = &[
    ("switchboard_conversations_opened_total", "counter", &[]),
    ("switchboard_conversations_assigned_total", "counter", &["cause"]),
    ("switchboard_conversations_closed_total", "counter", &["by"]),
    ("switchboard_conversations_rejected_total", "counter", &["reason"]),
    ("switchboard_offers_total", "counter", &["outcome"]),
    ("switchboard_queued_conversations", "gauge", &[]),
    ("switchboard_queue_oldest_wait_seconds", "gauge", &[]),
    ("switchboard_queue_wait_seconds", "histogram", &[]),
    ("switchboard_routing_latency_seconds", "histogram", &[]),
    ("switchboard_decision_seconds", "histogram", &[]),
    ("switchboard_agents", "gauge", &["availability", "present"]),
    ("switchboard_sessions", "gauge", &["kind"]),
    ("switchboard_sockets_closed_total", "counter", &["code"]),
    ("switchboard_workspaces", "gauge", &["status"]),
    ("switchboard_mailbox_depth", "gauge", &[]),
    ("switchboard_overloaded_total", "counter", &[]),
    ("switchboard_journal_commit_seconds", "histogram", &[]),
    ("switchboard_invariant_violations_total", "counter", &[]),
    ("switchboard_messages_rejected_total", "counter", &["code"]),
    ("switchboard_mails_total", "counter", &["outcome"]),
    ("switchboard_build_info", "gauge", &["version"]),
];

/// The samples, by name and labels as they are written.
async fn samples(http: Http) -> HashMap<String, f64> {
    let reply = http.call("GET", "/metrics", "", Value::Null).await.expect(200);
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    reply
        .text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(sample)
        .collect()
}

#[tokio::test]
async fn it_is_alive_and_ready() {
    let server = TestServer::start().await;
    for path in ["/healthz", "/readyz"] {
        server.anyone("GET", path).await.expect(200);
        let head = server.anyone("HEAD", path).await.expect(200);
        assert_eq!(head.text, "");
    }
}

#[tokio::test]
async fn every_metric_is_there_from_the_start_at_zero() {
    let server = TestServer::start().await;
    let reply = server.anyone("GET", "/metrics").await.expect(200);
    assert!(reply.header("content-type").starts_with("text/plain"), "{:?}", reply.headers);
    for (name, kind, labels) in METRICS {
        assert!(reply.text.contains(&format!("# TYPE {name} {kind}\n")), "{name} is a {kind}");
        assert!(reply.text.contains(&format!("# HELP {name} ")), "{name} has no help");
        let begins = |line: &&str| {
            let rest = line.strip_prefix(name).unwrap_or("x");
            rest.starts_with(['{', ' ']) || rest.starts_with("_bucket{")
        };
        let lines: Vec<&str> = reply.text.lines().filter(begins).collect();
        assert!(!lines.is_empty(), "{name} has no sample");
        for line in lines {
            for label in *labels {
                assert!(line.contains(&format!("{label}=\"")), "{label}: {line}");
            }
            let expected = if *name == "switchboard_build_info" { " 1" } else { " 0" };
            assert!(line.ends_with(expected), "{line}");
        }
    }
    let named: Vec<&str> = METRICS.iter().map(|(name, ..)| *name).collect();
    for line in reply.text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap();
        assert!(name.starts_with("switchboard_") && named.contains(&name), "{name} is not listed");
    }
    assert!(!reply.text.contains("quantile="), "histograms, not summaries");
}

#[tokio::test]
async fn what_people_do_is_counted() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.department_with("strict", json!({"on_unstaffed": "reject"})).await;
    let fields = json!({"department_ids": ["help"], "capacity": 1});
    let token = workspace.agent_with("ann", fields).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let _visitor = visit(&workspace).await;
    let first = workspace.open("help").await.text_of("id");
    workspace.open("help").await;
    workspace.open("help").await;
    workspace.open("strict").await;
    let close = format!("/conversations/{first}/close");
    workspace.root("POST", &close, Value::Null).await.expect(200);
    // Numbers may follow a little later; then all of them are there.
    for (name, expected) in [
        ("switchboard_conversations_opened_total", 4.0),
        ("switchboard_conversations_assigned_total{cause=\"routed\"}", 2.0),
        ("switchboard_conversations_closed_total{by=\"root\"}", 1.0),
        ("switchboard_conversations_rejected_total{reason=\"no_agents_online\"}", 1.0),
        ("switchboard_queued_conversations", 1.0),
        ("switchboard_queue_wait_seconds_count", 2.0),
        ("switchboard_queue_wait_seconds_bucket{le=\"+Inf\"}", 2.0),
        ("switchboard_routing_latency_seconds_count", 1.0),
        ("switchboard_agents{availability=\"online\",present=\"true\"}", 1.0),
        ("switchboard_agents{availability=\"away\",present=\"false\"}", 0.0),
        ("switchboard_sessions{kind=\"agent\"}", 1.0),
        ("switchboard_sessions{kind=\"visitor\"}", 1.0),
        ("switchboard_workspaces{status=\"active\"}", 1.0),
        ("switchboard_invariant_violations_total", 0.0),
        ("switchboard_overloaded_total", 0.0),
    ] {
        let http = server.http();
        until(&format!("{name} {expected}"), || async move {
            samples(http).await.get(name) == Some(&expected)
        })
        .await;
    }
    let now = samples(server.http()).await;
    assert!(now["switchboard_queue_oldest_wait_seconds"] >= 0.0);
    assert!(now["switchboard_decision_seconds_count"] >= 5.0);
    assert!(now["switchboard_journal_commit_seconds_count"] >= 5.0);
}

#[tokio::test]
async fn those_who_go_are_counted_out() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let token = workspace.agent("ann", &[]).await;
    let ann = on_duty(&workspace, "ann", &token).await;
    workspace.root("DELETE", "/agents/ann", Value::Null).await.expect(204);
    workspace.patch("", json!({"status": "suspended"})).await;
    let http = server.http();
    for (name, expected) in [
        ("switchboard_sessions{kind=\"agent\"}", 0.0),
        ("switchboard_agents{availability=\"online\",present=\"true\"}", 0.0),
        ("switchboard_sockets_closed_total{code=\"4503\"}", 1.0),
        ("switchboard_workspaces{status=\"active\"}", 0.0),
        ("switchboard_workspaces{status=\"suspended\"}", 1.0),
    ] {
        until(&format!("{name} {expected}"), || async move {
            samples(http).await.get(name) == Some(&expected)
        })
        .await;
    }
    drop(ann);
    workspace.root("DELETE", "", Value::Null).await.expect(204);
    until("no workspace is counted", || async move {
        samples(http).await["switchboard_workspaces{status=\"suspended\"}"] == 0.0
    })
    .await;
}

#[tokio::test]
async fn no_workspace_and_no_person_is_a_label() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help-department").await;
    let token = workspace.agent("agent-ann", &["help-department"]).await;
    let _ann = on_duty(&workspace, "agent-ann", &token).await;
    workspace.open("help-department").await;
    let text = server.anyone("GET", "/metrics").await.expect(200).text;
    for name in [workspace.id.as_str(), "help-department", "agent-ann"] {
        assert!(!text.contains(name), "{name}");
    }
}

#[tokio::test]
async fn with_an_address_of_their_own_roots_calls_and_metrics_live_only_there() {
    let server = TestServer::start_with(|config| {
        config.admin_listen = Some("127.0.0.1:0".to_owned());
    })
    .await;
    let (public, admin) = (server.http(), Http(server.admin_addr.unwrap()));
    let body = json!({"id": "acme", "name": "Acme", "plan": "free"});
    admin.call("POST", "/v1/workspaces", &server.root, body.clone()).await.expect(201);
    admin.call("GET", "/metrics", "", Value::Null).await.expect(200);
    for (method, path) in [
        ("GET", "/v1/workspaces"),
        ("POST", "/v1/workspaces"),
        ("GET", "/v1/workspaces/acme"),
        ("DELETE", "/v1/workspaces/acme"),
        ("GET", "/v1/workspaces/acme/agents"),
    ] {
        let refused = public.call(method, path, &server.root, body.clone()).await;
        assert!([401, 403, 404, 405].contains(&refused.status), "{method} {path}: {refused:?}");
    }
    public.call("GET", "/metrics", "", Value::Null).await.refused(404, "not_found");
    for path in ["/healthz", "/readyz", "/openapi.json"] {
        public.call("GET", path, "", Value::Null).await.expect(200);
        admin.call("GET", path, "", Value::Null).await.expect(200);
    }
    admin.call("GET", "/v1/workspaces/acme", &server.root, Value::Null).await.expect(200);
}
