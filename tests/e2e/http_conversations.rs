//! `POST …/conversations`: opened by a back end, where, and what becomes of it.

use serde_json::{Value, json};

use crate::{
    http::Reply,
    people::{assigned, on_duty},
    server::{TestServer, Workspace},
};

async fn open(workspace: &Workspace, body: Value) -> Reply {
    workspace.root("POST", "/conversations", body).await
}

#[tokio::test]
async fn nobody_there_it_waits_and_says_where() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    for position in 1..=2 {
        let opened = workspace.open("help").await.json;
        assert!(opened["id"].as_str().unwrap().starts_with("cnv_"));
        assert_eq!(
            (&opened["state"], &opened["department_id"]),
            (&json!("queued"), &json!("help"))
        );
        assert_eq!(opened["position"], position);
        assert_eq!((&opened["priority"], &opened["skills"]), (&json!(0), &json!([])));
        assert_eq!(opened["attributes"], json!({}));
        assert!(opened["revision"].is_u64() && opened["waited_ms"].is_u64(), "{opened}");
        assert_eq!(opened["queued_at"], opened["opened_at"]);
        for absent in
            ["agent", "offer", "eta_ms", "reason", "assigned_at", "closed_at", "assignment"]
        {
            assert_eq!(opened.get(absent), Some(&Value::Null), "{absent}");
        }
        assert!(opened["visitor"]["id"].as_str().unwrap().starts_with("vis_"));
        assert_eq!(opened["visitor"]["verified"], false);
        assert!(opened["visitor_token"].is_string());
    }
}

#[tokio::test]
async fn somebody_free_it_is_theirs_at_once() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    let mut ann = on_duty(&workspace, "ann", &token).await;
    let opened = workspace.open("help").await.json;
    assert_eq!(opened["state"], "assigned");
    assert_eq!(opened["agent"], json!({"id": "ann", "name": "ann"}));
    assert_eq!(
        (&opened["position"], &opened["assignment"]["cause"]),
        (&Value::Null, &json!("routed"))
    );
    assert_eq!(opened["assignment"]["by"], "engine");
    assert!(opened["assigned_at"].is_u64(), "{opened}");
    assert_eq!(assigned(&mut ann).await, opened["id"].as_str().unwrap());
}

#[tokio::test]
async fn what_the_host_says_of_it_is_kept() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let body = json!({
        "department_id": "help", "priority": 7, "skills": ["de"], "external_id": "ticket-1",
        "attributes": {"plan": "gold", "seats": 3, "score": 0.5, "trial": false},
        "visitor": {"external_id": "user-1", "name": "Zoë", "email": "zoe@example.org"},
    });
    let opened = open(&workspace, body.clone()).await.expect(201).json;
    let read = workspace.conversation(opened["id"].as_str().unwrap()).await;
    for conversation in [&opened, &read] {
        for field in ["department_id", "priority", "skills", "external_id", "attributes"] {
            assert_eq!(conversation[field], body[field], "{field}");
        }
        for field in ["external_id", "name", "email"] {
            assert_eq!(conversation["visitor"][field], body["visitor"][field], "{field}");
        }
    }
    assert!(read.get("visitor_token").is_none(), "told once");
}

#[tokio::test]
async fn without_a_department_it_is_the_only_or_the_default_one() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    open(&workspace, json!({})).await.refused(400, "bad_request");
    workspace.department("help").await;
    assert_eq!(open(&workspace, json!({})).await.expect(201).json["department_id"], "help");
    workspace.department("sales").await;
    open(&workspace, json!({})).await.refused(400, "bad_request");
    workspace.patch("", json!({"settings": {"default_department_id": "sales"}})).await;
    assert_eq!(open(&workspace, json!({})).await.expect(201).json["department_id"], "sales");
}

#[tokio::test]
async fn an_unknown_department_is_not_found_and_makes_nothing() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    open(&workspace, json!({"department_id": "nope"})).await.refused(404, "not_found");
    assert_eq!(workspace.get("/conversations").await.items().len(), 0);
}

#[tokio::test]
async fn what_cannot_be_taken_is_named() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let many: Value =
        (0..33).map(|key| (key.to_string(), json!(1))).collect::<serde_json::Map<_, _>>().into();
    for (field, value) in [
        ("priority", json!(1_001)),
        ("priority", json!(-1_001)),
        ("priority", json!("high")),
        ("priority", json!(0.5)),
        ("skills", json!("de")),
        ("skills", json!([""])),
        ("key", json!("x".repeat(129))),
        ("key", json!("")),
        ("external_id", json!("x".repeat(129))),
        ("attributes", json!({"a": {"b": 1}})),
        ("attributes", json!({"a": null})),
        ("attributes", json!({"a": "x".repeat(257)})),
        ("attributes", json!({"x".repeat(65): 1})),
        ("attributes", many),
        ("department_id", json!(1)),
        ("visitor", json!("zoe")),
        ("email", json!({"visitor": 1})),
    ] {
        let body = match field {
            "email" => json!({"visitor": {"email": "nonsense"}}),
            field => json!({field: value}),
        };
        let refused = open(&workspace, body).await.refused(400, "bad_request");
        assert!(refused.text_of("detail").contains(field), "{field}: {}", refused.text);
    }
    assert_eq!(workspace.get("/conversations").await.items().len(), 0);
    for priority in [-1_000, 1_000] {
        open(&workspace, json!({"priority": priority})).await.expect(201);
    }
}

#[tokio::test]
async fn higher_priority_first_then_who_came_first() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let mut ids = Vec::new();
    for priority in [0, -5, 10, 0, 10] {
        ids.push(open(&workspace, json!({"priority": priority})).await.expect(201).text_of("id"));
    }
    let order = [2, 4, 0, 3, 1];
    for (position, index) in order.into_iter().enumerate() {
        assert_eq!(workspace.conversation(&ids[index]).await["position"], position + 1);
    }
    let token = workspace.agent("ann", &["help"]).await;
    let mut ann = on_duty(&workspace, "ann", &token).await;
    for index in order {
        assert_eq!(assigned(&mut ann).await, ids[index]);
    }
}

#[tokio::test]
async fn all_the_skills_asked_for_are_needed() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let one = json!({"department_ids": ["help"], "skills": ["de"]});
    let both = json!({"department_ids": ["help"], "skills": ["de", "billing"]});
    let (ann, bob) =
        (workspace.agent_with("ann", one).await, workspace.agent_with("bob", both).await);
    let _ann = on_duty(&workspace, "ann", &ann).await;
    let ask = json!({"skills": ["billing", "de"]});
    let waits = open(&workspace, ask.clone()).await.expect(201);
    assert_eq!(waits.json["state"], "queued");
    let mut bob = on_duty(&workspace, "bob", &bob).await;
    assert_eq!(assigned(&mut bob).await, waits.text_of("id"));
    assert_eq!(open(&workspace, ask).await.expect(201).json["agent"]["id"], "bob");
}

#[tokio::test]
async fn rejected_is_an_answer_with_its_reason() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("strict", json!({"on_unstaffed": "reject"})).await;
    workspace.department_with("small", json!({"max_queue": 1})).await;
    let opened = workspace.open("strict").await.json;
    assert_eq!(
        (&opened["state"], &opened["reason"]),
        (&json!("rejected"), &json!("no_agents_online"))
    );
    assert_eq!(workspace.open("small").await.json["state"], "queued");
    let opened = workspace.open("small").await.json;
    assert_eq!((&opened["state"], &opened["reason"]), (&json!("rejected"), &json!("queue_full")));
    assert_eq!(workspace.get("/departments/small").await.json["queued"], 1);
}

#[tokio::test]
async fn where_nobody_is_the_fallback_may_take_it_at_once() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("lonely", json!({"on_unstaffed": "fallback"})).await;
    assert_eq!(workspace.open("lonely").await.json["state"], "queued", "there is none: it waits");
    workspace.department("second").await;
    let policy = json!({"on_unstaffed": "fallback", "fallback_department_id": "second"});
    workspace.department_with("first", policy).await;
    let opened = workspace.open("first").await.json;
    assert_eq!((&opened["state"], &opened["department_id"]), (&json!("queued"), &json!("second")));
    let token = workspace.agent("ann", &["first"]).await;
    let _ann = on_duty(&workspace, "ann", &token).await;
    let opened = workspace.open("first").await.json;
    assert_eq!(
        (&opened["agent"]["id"], &opened["department_id"]),
        (&json!("ann"), &json!("first"))
    );
}

#[tokio::test]
async fn only_a_back_end_and_admins_open_for_others() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let (ada, ann) = (workspace.admin("ada").await, workspace.agent("ann", &["help"]).await);
    workspace.call("POST", "/conversations", &ada, json!({})).await.expect(201);
    let refused = workspace.call("POST", "/conversations", &ann, json!({})).await;
    refused.refused(403, "forbidden");
    workspace.call("POST", "/conversations", "", json!({})).await.refused(401, "unauthenticated");
}
