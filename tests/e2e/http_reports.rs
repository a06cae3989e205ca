//! `…/reports`: what a report says is what the feed says, for whom it is, and what is refused.

use serde_json::{Value, json};
use switchboard_protocol::ConversationOpen;

use crate::{
    people::{assigned, on_duty, visit},
    server::{TestServer, Workspace},
};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

impl Workspace {
    async fn report(&self, query: &str) -> Value {
        self.get(&format!("/reports{query}")).await.json
    }

    /// When the first and the last event of a type happened, and to this conversation where one is
    /// named.
    async fn when(&self, kind: &str, conversation: Option<&str>) -> Vec<u64> {
        let feed = self.get("/events?limit=100").await;
        assert!(feed.json["next_cursor"].is_null(), "one page is all");
        let those = feed.items().iter().filter(|event| {
            let of = conversation.is_none_or(|id| event["conversation_id"] == id);
            event["type"] == kind && of
        });
        those.map(|event| event["at"].as_u64().unwrap()).collect()
    }
}

/// Ann took two conversations, one of which had waited, and bob none; a third was given up. Gives
/// when it began, and the figures that must come of it.
async fn a_morning(workspace: &Workspace) -> (u64, Value, Value) {
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    workspace.agent("bob", &["help"]).await;
    let visitor = visit(workspace).await;
    let waiting = workspace.open("help").await.text_of("id");
    let open = ConversationOpen { department_id: Some("help".into()), ..Default::default() };
    let given_up = visitor.open(open).await.unwrap();
    visitor.close(given_up.id.clone()).await.unwrap();
    let mut ann = on_duty(workspace, "ann", &token).await;
    assert_eq!(assigned(&mut ann).await, waiting);
    let second = workspace.open("help").await.text_of("id");
    assert_eq!(assigned(&mut ann).await, second);
    for id in [&waiting, &second] {
        workspace
            .root("POST", &format!("/conversations/{id}/close"), Value::Null)
            .await
            .expect(200);
    }
    workspace.set_availability("ann", "away").await;
    let (mut waits, mut handle_ms) = (Vec::new(), 0);
    let mut spans = Vec::new();
    for id in [&waiting, &second] {
        let opened = workspace.when("conversation.opened", Some(id)).await[0];
        let took = workspace.when("conversation.assigned", Some(id)).await[0];
        let closed = workspace.when("conversation.closed", Some(id)).await[0];
        waits.push(took - opened);
        handle_ms += closed - took;
        spans.push((took, closed));
    }
    waits.sort_unstable();
    let said = workspace.when("agent.availability_changed", None).await;
    let present = workspace.when("agent.presence_changed", None).await[0];
    let [online, away] = said[..] else { panic!("{said:?}") };
    let online_ms = away - online.max(present);
    // She held something from the first one's assignment until the last one's end.
    let busy_ms = spans[1].1 - spans[0].0;
    let ann = json!({
        "opened": 0, "assigned": 2, "closed": 2, "rejected": 0, "abandoned": 0,
        "wait_p50_ms": waits[0], "wait_p90_ms": waits[1], "wait_p99_ms": waits[1],
        "handle_ms": handle_ms, "handled": 2, "missed_offers": 0, "online_ms": online_ms,
        "occupancy": (online_ms > 0).then(|| busy_ms as f64 / online_ms as f64),
    });
    let mut help = ann.clone();
    (help["opened"], help["closed"], help["abandoned"]) = (json!(3), json!(3), json!(1));
    let from = workspace.when("workspace.created", None).await[0];
    (from, help, ann)
}

/// The figures of a report are its totals, however many hours the test fell into.
fn check(report: &Value, group: &str, id: &str, bucket: (&str, u64), figures: &Value) {
    let (bucket, ms) = bucket;
    assert_eq!((&report["bucket"], &report["group"]), (&json!(bucket), &json!(group)));
    let (from, to) = (report["from"].as_u64().unwrap(), report["to"].as_u64().unwrap());
    assert!(from % ms == 0 && to % ms == 0 && from < to, "whole buckets: {report}");
    assert_eq!(&report["totals"], figures, "{report:#}");
    let items = report["items"].as_array().unwrap();
    assert!((1..=2).contains(&items.len()), "nobody else did anything: {report:#}");
    for item in items {
        assert_eq!(item[format!("{group}_id")], id);
        let at = item["at"].as_u64().unwrap();
        assert!(at % ms == 0 && (from..to).contains(&at), "{item}");
    }
    if let [item] = &items[..] {
        for (name, value) in figures.as_object().unwrap() {
            assert_eq!(&item[name], value, "{name}");
        }
    }
}

async fn check_all(workspace: &Workspace, from: u64, help: &Value, ann: &Value) {
    for bucket in [("hour", HOUR_MS), ("day", DAY_MS)] {
        for (group, id, figures) in [("department", "help", help), ("agent", "ann", ann)] {
            let query = format!("?from={from}&group={group}&bucket={}", bucket.0);
            check(&workspace.report(&query).await, group, id, bucket, figures);
        }
    }
    // Without a word: the last day, by hour and department.
    check(&workspace.report("").await, "department", "help", ("hour", HOUR_MS), help);
}

#[tokio::test]
async fn a_report_is_what_the_feed_says_and_survives_a_restart() {
    let mut server = TestServer::start().await;
    let mut workspace = server.workspace().await;
    let (from, help, ann) = a_morning(&workspace).await;
    check_all(&workspace, from, &help, &ann).await;
    server.restart().await;
    workspace.http = server.http();
    check_all(&workspace, from, &help, &ann).await;
    // It goes on where it was.
    workspace.open("help").await;
    let mut more = help.clone();
    more["opened"] = json!(4);
    assert_eq!(workspace.report("").await["totals"], more);
}

#[tokio::test]
async fn a_report_of_nothing_is_empty() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let report = workspace.report("?from=3600001&to=7200001&group=agent").await;
    let totals = json!({
        "opened": 0, "assigned": 0, "closed": 0, "rejected": 0, "abandoned": 0,
        "wait_p50_ms": null, "wait_p90_ms": null, "wait_p99_ms": null, "handle_ms": 0,
        "handled": 0, "missed_offers": 0, "online_ms": 0, "occupancy": null,
    });
    let expected = json!({
        "from": HOUR_MS, "to": 3 * HOUR_MS, "bucket": "hour", "group": "agent", "items": [],
        "totals": totals,
    });
    assert_eq!(report, expected);
}

#[tokio::test]
async fn what_makes_no_report_is_refused_by_name() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let long = 31 * DAY_MS + 1;
    let longer = 400 * DAY_MS + 1;
    let cases = [
        ("from=x".to_owned(), "from"),
        ("from=-1".to_owned(), "from"),
        ("from=1.5".to_owned(), "from"),
        ("to=".to_owned(), "to"),
        ("to=99999999999999999999".to_owned(), "to"),
        ("from=0&to=9007199254740992&bucket=day".to_owned(), "to"),
        ("from=5&to=5".to_owned(), "from"),
        ("from=9&to=5".to_owned(), "from"),
        ("from=9007199254740991".to_owned(), "from"),
        ("to=0".to_owned(), "to"),
        (format!("from=0&to={long}"), "from"),
        (format!("from=0&to={longer}&bucket=day"), "from"),
        ("group=visitor".to_owned(), "group"),
        ("group=other".to_owned(), "group"),
        ("bucket=week".to_owned(), "bucket"),
        ("bucket=hour&bucket=day".to_owned(), "bucket"),
    ];
    for (query, field) in cases {
        let path = format!("/reports?{query}");
        let reply = workspace.root("GET", &path, Value::Null).await.refused(400, "bad_request");
        let detail = reply.text_of("detail");
        assert!(detail.starts_with(&format!("{field}: ")), "{query}: {detail}");
    }
    for fits in [format!("from=0&to={}", long - 1), format!("from=0&to={}&bucket=day", longer - 1)]
    {
        workspace.report(&format!("?{fits}")).await;
    }
}

#[tokio::test]
async fn a_report_is_for_admins() {
    let server = TestServer::start().await;
    let (workspace, other) = (server.workspace().await, server.workspace().await);
    let (ada, ann) = (workspace.admin("ada").await, workspace.agent("ann", &[]).await);
    workspace.call("GET", "/reports", &ada, Value::Null).await.expect(200);
    workspace.call("GET", "/reports", &ann, Value::Null).await.refused(403, "forbidden");
    workspace.call("GET", "/reports", "", Value::Null).await.refused(401, "unauthenticated");
    other.call("GET", "/reports", &ada, Value::Null).await.refused(404, "not_found");
    let none = server.root("GET", "/v1/workspaces/none/reports", Value::Null).await;
    none.refused(404, "not_found");
}

/// The example in the documentation has the fields of an answer, in both of its places.
#[tokio::test]
async fn the_documentation_shows_an_answer() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.open("help").await;
    let page = include_str!("../../docs/reports.md");
    let shown = page.split("```json").nth(1).unwrap().split("```").next().unwrap();
    let shown: Value = serde_json::from_str(shown).unwrap();
    let report = workspace.report("").await;
    let names = |of: &Value| of.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for part in ["", "/items/0", "/totals"] {
        let (shown, real) = (shown.pointer(part).unwrap(), report.pointer(part).unwrap());
        assert_eq!(names(shown), names(real), "{part}");
    }
}
