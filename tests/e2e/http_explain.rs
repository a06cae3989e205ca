//! `GET …/conversations/{id}/explain`: why this agent, and why nobody.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    http_business_hours::closed_today,
    people::{on_duty, sign_in, until},
    server::{TestServer, Workspace},
    ws::{Encoding, Ws},
};

impl Workspace {
    /// How a conversation was routed, and what it waits for.
    pub async fn explain(&self, id: &str) -> Value {
        self.get(&format!("/conversations/{id}/explain")).await.json
    }

    /// Opens one that asks for skills; gives its id.
    async fn open_skilled(&self, department: &str, skills: &[&str]) -> String {
        let body = json!({"department_id": department, "skills": skills});
        self.post("/conversations", body).await.text_of("id")
    }

    /// Adds agents to a department who are never there.
    async fn strangers(&self, department: &str, count: usize) {
        for number in 0..count {
            let id = format!("stranger-{number:03}");
            let email = format!("{id}@example.org");
            let body =
                json!({"id": id, "name": id, "email": email, "department_ids": [department]});
            self.post("/agents", body).await;
        }
    }
}

/// The last decision.
fn last(explained: &Value) -> &Value {
    explained["decisions"].as_array().unwrap().last().expect("a decision")
}

/// What a decision made of each candidate.
fn reasons(decision: &Value) -> BTreeMap<&str, &str> {
    let candidates = decision["candidates"].as_array().unwrap().iter();
    candidates.map(|c| (c["agent_id"].as_str().unwrap(), c["reason"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn it_is_for_admins() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let ada = workspace.admin("ada").await;
    let (ann, bob) = (workspace.agent("ann", &["help"]).await, workspace.agent("bob", &[]).await);
    let open = workspace.open("help").await.text_of("id");
    let closed = workspace.open("help").await.text_of("id");
    let close = format!("/conversations/{closed}/close");
    workspace.root("POST", &close, Value::Null).await.expect(200);
    for id in [&open, &closed] {
        let path = format!("/conversations/{id}/explain");
        let explained = workspace.call("GET", &path, &ada, Value::Null).await.expect(200);
        assert_eq!(explained.text_of("conversation_id"), *id);
        workspace.call("GET", &path, &ann, Value::Null).await.refused(403, "forbidden");
        workspace.call("GET", &path, &bob, Value::Null).await.refused(404, "not_found");
        workspace.call("GET", &path, "", Value::Null).await.refused(401, "unauthenticated");
    }
    let other = server.workspace().await;
    for (workspace, id) in [(&workspace, "cnv_unknown"), (&other, &open)] {
        let path = format!("/conversations/{id}/explain");
        workspace.root("GET", &path, Value::Null).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn who_waits_is_told_apart_from_who_does_not() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token =
        workspace.agent_with("ann", json!({"department_ids": ["help"], "capacity": 1})).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let assigned = workspace.open("help").await.text_of("id");
    let queued = workspace.open("help").await.text_of("id");
    let explained = workspace.explain(&assigned).await;
    assert_eq!(
        (&explained["state"], &explained["waiting_for"]),
        (&json!("assigned"), &Value::Null)
    );
    assert!(explained["decisions"].is_array());
    let explained = workspace.explain(&queued).await;
    assert_eq!(explained["state"], "queued");
    assert!(explained["waiting_for"].is_array(), "{explained}");
    let close = format!("/conversations/{queued}/close");
    workspace.root("POST", &close, Value::Null).await.expect(200);
    let explained = workspace.explain(&queued).await;
    assert_eq!((&explained["state"], &explained["waiting_for"]), (&json!("closed"), &Value::Null));
}

#[tokio::test]
async fn the_one_who_is_taken_is_named_and_so_is_why_not_each_other() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("help", json!({"agent_capacity": 1})).await;
    let mut tokens = BTreeMap::new();
    for id in ["ann", "bob", "cara", "dan", "eve", "fay", "gus"] {
        let skills = if id == "fay" { json!([]) } else { json!(["german"]) };
        let capacity = if id == "eve" { 0 } else { 3 };
        let fields = json!({"department_ids": ["help"], "skills": skills, "capacity": capacity});
        tokens.insert(id, workspace.agent_with(id, fields).await);
    }
    let _gus = on_duty(&workspace, "gus", &tokens["gus"]).await;
    workspace.open_skilled("help", &["german"]).await;
    let _cara = sign_in(&workspace, &tokens["cara"]).await;
    workspace.set_availability("dan", "online").await;
    let mut here = Vec::new();
    for id in ["ann", "bob", "eve", "fay"] {
        here.push(on_duty(&workspace, id, &tokens[id]).await);
    }
    let id = workspace.open_skilled("help", &["german"]).await;
    let explained = workspace.explain(&id).await;
    assert_eq!(explained["decisions"].as_array().unwrap().len(), 1);
    let decision = last(&explained);
    for (field, expected) in [
        ("department_id", json!("help")),
        ("cause", json!("routed")),
        ("strategy", json!("least_busy")),
        ("chosen_agent_id", json!("ann")),
        ("left_out", json!({})),
    ] {
        assert_eq!(decision[field], expected, "{field}");
    }
    let expected = [
        ("ann", "chosen"),
        ("bob", "ranked_lower"),
        ("cara", "away"),
        ("dan", "absent"),
        ("eve", "at_capacity"),
        ("fay", "missing_skill"),
        ("gus", "at_department_capacity"),
    ];
    assert_eq!(reasons(decision), BTreeMap::from(expected));
    for candidate in decision["candidates"].as_array().unwrap() {
        let (load, capacity, rank) = match candidate["agent_id"].as_str().unwrap() {
            "ann" => (0, 3, json!(1)),
            "bob" => (0, 3, json!(2)),
            "eve" => (0, 0, Value::Null),
            "gus" => (1, 3, Value::Null),
            _ => (0, 3, Value::Null),
        };
        let seen = (&candidate["load"], &candidate["capacity"], &candidate["rank"]);
        assert_eq!(seen, (&json!(load), &json!(capacity), &rank), "{candidate}");
    }
    let history = workspace.conversation(&id).await["history"].clone();
    let assigned = history.as_array().unwrap().last().unwrap();
    assert_eq!(assigned["type"], "conversation.assigned");
    assert_eq!((&decision["offset"], &decision["at"]), (&assigned["offset"], &assigned["at"]));
}

#[tokio::test]
async fn who_waits_is_told_who_would_have_to_do_what() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let ann = workspace.agent("ann", &["help"]).await;
    workspace.agent("bob", &["help"]).await;
    let fields = json!({"department_ids": ["help"], "capacity": 1});
    let cara = workspace.agent_with("cara", fields).await;
    workspace.set_availability("bob", "online").await;
    let _cara = on_duty(&workspace, "cara", &cara).await;
    workspace.open("help").await;
    let id = workspace.open("help").await.text_of("id");
    let explained = workspace.explain(&id).await;
    let decision = last(&explained);
    assert_eq!(decision["chosen_agent_id"], Value::Null);
    let expected = [("ann", "away"), ("bob", "absent"), ("cara", "at_capacity")];
    assert_eq!(reasons(decision), BTreeMap::from(expected));
    let expected = json!([
        {"what": "agent", "agent_id": "ann", "need": "come_online"},
        {"what": "agent", "agent_id": "bob", "need": "come_back"},
        {"what": "agent", "agent_id": "cara", "need": "close"},
    ]);
    assert_eq!(explained["waiting_for"], expected);
    let _ann = on_duty(&workspace, "ann", &ann).await;
    let explained = workspace.explain(&id).await;
    assert_eq!(
        (&explained["state"], &explained["waiting_for"]),
        (&json!("assigned"), &Value::Null)
    );
    assert_eq!(explained["decisions"].as_array().unwrap().len(), 2, "why it waited, and who came");
    assert_eq!(explained["decisions"][0], *decision);
    assert_eq!(last(&explained)["chosen_agent_id"], "ann");
}

#[tokio::test]
async fn nobody_and_nobody_skilled_are_waited_for_too() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("empty").await;
    workspace.department("help").await;
    let ann = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &ann).await;
    let lonely = workspace.open("empty").await.text_of("id");
    let explained = workspace.explain(&lonely).await;
    assert_eq!(explained["waiting_for"], json!([{"what": "members"}]));
    assert_eq!(last(&explained)["candidates"], json!([]));
    let odd = workspace.open_skilled("help", &["latin"]).await;
    let explained = workspace.explain(&odd).await;
    assert_eq!(explained["waiting_for"], json!([{"what": "skills", "skills": ["latin"]}]));
    assert_eq!(reasons(last(&explained)), BTreeMap::from([("ann", "missing_skill")]));
}

#[tokio::test]
async fn fifty_are_named_and_the_others_counted() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.strangers("help", 60).await;
    let id = workspace.open("help").await.text_of("id");
    let explained = workspace.explain(&id).await;
    let decision = last(&explained);
    assert_eq!(decision["candidates"].as_array().unwrap().len(), 50);
    assert_eq!(decision["left_out"], json!({"away": 10}));
    let waiting_for = explained["waiting_for"].as_array().unwrap();
    assert_eq!(waiting_for.len(), 51);
    let rest = json!({"what": "agents", "need": "come_online", "count": 10});
    assert_eq!(waiting_for.last(), Some(&rest));
    // Who is taken is named, whoever else there is.
    let token = workspace.agent("zoe", &["help"]).await;
    let _zoe = on_duty(&workspace, "zoe", &token).await;
    let explained = workspace.explain(&id).await;
    let decision = last(&explained);
    assert_eq!(reasons(decision)["zoe"], "chosen");
    assert_eq!(decision["left_out"], json!({"away": 11}));
}

#[tokio::test]
async fn what_was_decided_is_kept_when_it_is_over() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("help", json!({"on_unstaffed": "reject"})).await;
    let ann = workspace.agent("ann", &["help"]).await;
    let rejected = workspace.open("help").await.text_of("id");
    let explained = workspace.explain(&rejected).await;
    assert_eq!(
        (&explained["state"], &explained["waiting_for"]),
        (&json!("rejected"), &Value::Null)
    );
    let decision = last(&explained);
    assert_eq!(decision["chosen_agent_id"], Value::Null);
    assert_eq!(reasons(decision), BTreeMap::from([("ann", "away")]));
    let history = workspace.conversation(&rejected).await["history"].clone();
    assert_eq!(decision["offset"], history.as_array().unwrap().last().unwrap()["offset"]);
    let _ann = on_duty(&workspace, "ann", &ann).await;
    let closed = workspace.open("help").await.text_of("id");
    let before = workspace.explain(&closed).await["decisions"].clone();
    let close = format!("/conversations/{closed}/close");
    workspace.root("POST", &close, Value::Null).await.expect(200);
    let explained = workspace.explain(&closed).await;
    assert_eq!(explained["decisions"], before);
    assert_eq!(last(&explained)["chosen_agent_id"], "ann");
}

#[tokio::test]
async fn each_department_of_a_chain_of_fallbacks_is_explained() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("night").await;
    let policy = json!({"on_unstaffed": "fallback", "fallback_department_id": "night"});
    workspace.department_with("day", policy).await;
    workspace.agent("dan", &["day"]).await;
    workspace.agent("nina", &["night"]).await;
    let id = workspace.open("day").await.text_of("id");
    let explained = workspace.explain(&id).await;
    let decisions = explained["decisions"].as_array().unwrap();
    let seen: Vec<_> = decisions.iter().map(|d| (&d["department_id"], reasons(d))).collect();
    let expected = [
        (&json!("day"), BTreeMap::from([("dan", "away")])),
        (&json!("night"), BTreeMap::from([("nina", "away")])),
    ];
    assert_eq!(seen, expected);
    let expected = json!([{"what": "agent", "agent_id": "nina", "need": "come_online"}]);
    assert_eq!(explained["waiting_for"], expected);
}

#[tokio::test]
async fn an_offer_is_waited_for_and_a_miss_is_a_pause() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let policy = json!({"offer_timeout_ms": 600_000, "decline_cooldown_ms": 3_600_000});
    workspace.department_with("help", policy).await;
    let ann = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &ann).await;
    let id = workspace.open("help").await.text_of("id");
    let explained = workspace.explain(&id).await;
    assert_eq!(explained["state"], "offered");
    let expected = json!([{"what": "agent", "agent_id": "ann", "need": "answer"}]);
    assert_eq!(explained["waiting_for"], expected);
    assert_eq!(reasons(last(&explained)), BTreeMap::from([("ann", "chosen")]));
    // A second one is missed.
    workspace.patch("/departments/help", json!({"policy": {"offer_timeout_ms": 100}})).await;
    let missed = workspace.open("help").await.text_of("id");
    until("it waits again", || async {
        workspace.conversation(&missed).await["state"] == "queued"
    })
    .await;
    let explained = workspace.explain(&missed).await;
    assert_eq!(reasons(last(&explained)), BTreeMap::from([("ann", "cooling_down")]));
    let history = workspace.conversation(&missed).await["history"].clone();
    let expired = history.as_array().unwrap().iter().find(|e| e["type"] == "offer.expired");
    let cooling_until = &expired.unwrap()["data"]["cooling_until"];
    assert!(cooling_until.is_u64());
    let expected = json!([
        {"what": "agent", "agent_id": "ann", "need": "cool_down", "at": cooling_until},
    ]);
    assert_eq!(explained["waiting_for"], expected);
}

#[tokio::test]
async fn who_sleeps_comes_after_all_who_are_awake() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.patch("", json!({"settings": {"mobile_hold_ms": 600_000}})).await;
    workspace.department("help").await;
    let (ann, bob) =
        (workspace.agent("ann", &["help"]).await, workspace.agent("bob", &["help"]).await);
    let mut ann = Ws::online(server.addr, Encoding::Json, &ann).await;
    ann.ok(json!({"type": "session.hold", "hold_ms": 600_000})).await;
    let _bob = on_duty(&workspace, "bob", &bob).await;
    let id = workspace.open("help").await.text_of("id");
    let explained = workspace.explain(&id).await;
    let decision = last(&explained);
    assert_eq!(reasons(decision), BTreeMap::from([("ann", "held"), ("bob", "chosen")]));
    let ranks: Vec<_> =
        decision["candidates"].as_array().unwrap().iter().map(|c| &c["rank"]).collect();
    assert_eq!(ranks, [&json!(1), &json!(2)], "{decision}");
    workspace.set_availability("bob", "away").await;
    let id = workspace.open("help").await.text_of("id");
    let explained = workspace.explain(&id).await;
    assert_eq!(explained["state"], "offered", "who sleeps is asked first");
    assert_eq!(reasons(last(&explained)), BTreeMap::from([("ann", "chosen"), ("bob", "away")]));
    let expected = json!([{"what": "agent", "agent_id": "ann", "need": "answer"}]);
    assert_eq!(explained["waiting_for"], expected);
}

#[tokio::test]
async fn a_department_that_is_closed_is_waited_for() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("help", json!({"business_hours": closed_today()})).await;
    let token = workspace.agent("ann", &["help"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let id = workspace.open("help").await.text_of("id");
    let explained = workspace.explain(&id).await;
    assert_eq!(reasons(last(&explained)), BTreeMap::from([("ann", "department_closed")]));
    let site = format!("/v1/site?site_key={}", workspace.site_key);
    let opens_at = server.anyone("GET", &site).await.json["departments"][0]["opens_at"].clone();
    assert!(opens_at.is_u64());
    assert_eq!(explained["waiting_for"], json!([{"what": "opening", "at": opens_at}]));
}
