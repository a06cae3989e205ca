//! `GET …/events`: everything that happened in a workspace, in one order; and `GET …/live`.

use serde_json::{Value, json};

use crate::{
    people::{on_duty, visit},
    server::{TestServer, Workspace},
};

/// A little of everything: ends with a conversation closed and one rejected.
async fn a_day(workspace: &Workspace) {
    workspace.department_with("help", json!({"reconnect_grace_ms": 0})).await;
    let token = workspace.agent("ann", &["help"]).await;
    let waiting = workspace.open("help").await.text_of("id");
    let ann = on_duty(workspace, "ann", &token).await;
    workspace.patch("", json!({"name": "Renamed"})).await;
    workspace.patch("/departments/help", json!({"name": "Help"})).await;
    ann.end().await.unwrap();
    let close = format!("/conversations/{waiting}/close");
    workspace.root("POST", &close, Value::Null).await.expect(200);
    workspace.root("DELETE", "/agents/ann", Value::Null).await.expect(204);
    workspace.open("help").await;
    workspace.root("DELETE", "/departments/help", Value::Null).await.expect(204);
}

#[tokio::test]
async fn every_kind_of_event_is_told_in_order() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    a_day(&workspace).await;
    let feed = workspace.get("/events?limit=100").await;
    let kinds: Vec<&str> =
        feed.items().iter().map(|event| event["type"].as_str().unwrap()).collect();
    let mut rest = kinds.iter();
    for expected in [
        "agent.added",
        "membership.changed",
        "conversation.opened",
        "conversation.queued",
        "agent.presence_changed",
        "agent.availability_changed",
        "conversation.assigned",
        "agent.presence_changed",
        "conversation.requeued",
        "conversation.closed",
        "agent.removed",
        "conversation.opened",
        "conversation.queued",
        "conversation.rejected",
    ] {
        assert!(rest.any(|kind| *kind == expected), "{expected} in its turn: {kinds:?}");
    }
    for prefix in ["workspace.", "department."] {
        assert!(kinds.iter().any(|kind| kind.starts_with(prefix)), "{prefix}: {kinds:?}");
    }
}

#[tokio::test]
async fn each_event_says_what_when_and_by_whom() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    a_day(&workspace).await;
    let feed = workspace.get("/events?limit=100").await;
    let mut last = 0;
    for event in feed.items() {
        let offset = event["offset"].as_u64().unwrap();
        assert!(offset > last, "offsets rise: {event}");
        last = offset;
        assert!(event["id"].as_str().unwrap().starts_with("evt_"), "{event}");
        assert!(event["at"].is_u64() && event["by"].is_string() && event["data"].is_object());
    }
    let all = |kind: &str| -> Vec<&Value> {
        feed.items().iter().filter(|event| event["type"] == kind).collect()
    };
    let added = all("agent.added")[0];
    assert_eq!(
        (&added["by"], added.get("by_id"), &added["agent_id"]),
        (&json!("root"), None, &json!("ann"))
    );
    let assigned = all("conversation.assigned")[0];
    assert_eq!((&assigned["by"], &assigned["agent_id"]), (&json!("engine"), &json!("ann")));
    assert_eq!(assigned["department_id"], "help");
    assert_eq!(assigned["conversation_id"], all("conversation.opened")[0]["conversation_id"]);
    let ids: std::collections::HashSet<&str> =
        feed.items().iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), feed.items().len(), "ids are their own");
    let again = workspace.get("/events?limit=100").await;
    assert_eq!(again.json, feed.json, "the past does not change");
}

#[tokio::test]
async fn the_feed_goes_on_from_an_offset_and_in_pages() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    a_day(&workspace).await;
    let all = workspace.get("/events?limit=100").await.items().to_vec();
    let third = all[2]["offset"].as_u64().unwrap();
    let rest = workspace.get(&format!("/events?limit=100&after={third}")).await;
    assert_eq!(rest.items(), &all[3..]);
    let last = all.last().unwrap()["offset"].as_u64().unwrap();
    let none = workspace.get(&format!("/events?after={last}")).await;
    assert_eq!((none.items().len(), &none.json["next_cursor"]), (0, &Value::Null));
    let (mut seen, mut path) = (Vec::new(), format!("/events?limit=4&after={third}"));
    loop {
        let page = workspace.get(&path).await;
        seen.extend_from_slice(page.items());
        let Some(cursor) = page.json["next_cursor"].as_str() else { break };
        assert_eq!(page.items().len(), 4);
        path = format!("/events?limit=4&cursor={cursor}");
    }
    assert_eq!(seen, all[3..]);
    for after in ["-1", "x", "1.5"] {
        let reply = workspace.root("GET", &format!("/events?after={after}"), Value::Null).await;
        let reply = reply.refused(400, "bad_request");
        assert!(reply.text_of("detail").contains("after"), "{}", reply.text);
    }
}

#[tokio::test]
async fn a_conversations_history_is_its_part_of_the_feed() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let id = workspace.open("help").await.text_of("id");
    workspace.open("help").await;
    let feed = workspace.get("/events?limit=100").await;
    let own: Vec<&Value> =
        feed.items().iter().filter(|event| event["conversation_id"] == id.as_str()).collect();
    let history = workspace.conversation(&id).await["history"].clone();
    assert_eq!(history.as_array().unwrap().iter().collect::<Vec<_>>(), own);
}

#[tokio::test]
async fn no_secret_and_no_address_is_in_it() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    let body = json!({"visitor": {"name": "Zoë", "email": "zoe@example.org"}});
    let opened = workspace.post("/conversations", body).await;
    let feed = workspace.get("/events?limit=100").await.text;
    for secret in [&token, &workspace.site_key, &server.root, &opened.text_of("visitor_token")] {
        assert!(!feed.contains(secret.as_str()));
    }
    assert!(!feed.contains("@example.org"), "whoever is erased shall not live on in the feed");
}

#[tokio::test]
async fn live_shows_who_is_there_and_what_waits() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.department("sales").await;
    let fields = json!({"department_ids": ["help"], "capacity": 1});
    let token = workspace.agent_with("ann", fields).await;
    workspace.agent("bob", &["help", "sales"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    workspace.open("help").await;
    let waiting = workspace.open("help").await.text_of("id");
    let live = workspace.get("/live").await.json;
    assert!(live["at"].is_u64());
    let mut ann = live["agents"][0].clone();
    assert!(ann["availability_since"].take().is_u64());
    let expected = json!({
        "id": "ann", "name": "ann", "role": "agent", "availability": "online",
        "availability_since": null, "present": true, "load": 1, "capacity": 1,
        "department_ids": ["help"],
    });
    assert_eq!(ann, expected);
    assert_eq!(
        (&live["agents"][1]["id"], &live["agents"][1]["present"]),
        (&json!("bob"), &json!(false))
    );
    let help = &live["departments"][0];
    for (field, expected) in [
        ("id", json!("help")),
        ("name", json!("help")),
        ("staffed", json!(true)),
        ("online", json!(1)),
        ("queued", json!(1)),
        ("assigned", json!(1)),
    ] {
        assert_eq!(help[field], expected, "{field}");
    }
    assert!(help["oldest_wait_ms"].is_u64());
    let sales = &live["departments"][1];
    assert_eq!((&sales["staffed"], &sales["oldest_wait_ms"]), (&json!(false), &Value::Null));
    let totals = &live["totals"];
    for (field, expected) in
        [("opened", 2), ("assigned", 1), ("closed", 0), ("rejected", 0), ("waiting", 1)]
    {
        assert_eq!(totals[field], expected, "{field}");
    }
    assert!(totals["wait_p50_ms"].is_u64() && totals["wait_p99_ms"].is_u64(), "{totals}");
    let queued = live["queued"].as_array().unwrap();
    assert_eq!(queued.len(), 1);
    assert_eq!(
        (&queued[0]["conversation_id"], &queued[0]["department_id"]),
        (&json!(waiting), &json!("help"))
    );
    assert_eq!(queued[0]["position"], 1);
    assert!(queued[0]["waited_ms"].is_u64());
}

#[tokio::test]
async fn live_lists_the_first_hundred_that_wait() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let first = workspace.open("help").await.text_of("id");
    for _ in 0..100 {
        workspace.open("help").await;
    }
    let live = workspace.get("/live").await.json;
    assert_eq!(live["queued"].as_array().unwrap().len(), 100);
    assert_eq!(live["queued"][0]["conversation_id"], first);
    assert_eq!(
        (&live["totals"]["waiting"], &live["departments"][0]["queued"]),
        (&json!(101), &json!(101))
    );
}

#[tokio::test]
async fn both_are_for_admins() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (ada, ann) = (workspace.admin("ada").await, workspace.agent("ann", &[]).await);
    let visitor = visit(&workspace).await;
    let visitors = visitor.welcome().visitor_token.clone().unwrap();
    for path in ["/events", "/live"] {
        workspace.call("GET", path, &ada, Value::Null).await.expect(200);
        workspace.call("GET", path, &ann, Value::Null).await.refused(403, "forbidden");
        let refused = workspace.call("GET", path, visitors.expose(), Value::Null).await;
        refused.refused(401, "unauthenticated");
        workspace.call("GET", path, "", Value::Null).await.refused(401, "unauthenticated");
    }
}
