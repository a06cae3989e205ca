//! Waiting: the place in the queue, and what a visitor hears of it.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, check_fields, in_both},
};

in_both![
    a_place_that_changes_is_told,
    places_are_told_at_most_once_a_second_and_the_last_one_right,
    whoever_waited_is_told_who_takes_it,
    whoever_comes_back_is_told_its_place_afresh,
    a_higher_priority_moves_the_others_back,
    a_department_that_becomes_staffed_is_told,
    a_department_that_comes_goes_or_is_renamed_is_told,
    where_nobody_is_there_another_department_may_be,
    a_deleted_department_rejects_who_waits,
    a_deleted_department_hands_who_waits_to_its_fallback,
];

async fn with_sales() -> (TestServer, Workspace) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    (server, workspace)
}

async fn a_place_that_changes_is_told(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    let mut visitors = Vec::new();
    let mut conversations = Vec::new();
    for position in 1..=3 {
        let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
        let opened = visitor.open("sales").await;
        assert_eq!(opened["position"], position);
        visitors.push(visitor);
        conversations.push(opened);
    }
    visitors[0].close(&conversations[0]).await;
    for (index, position) in [(1, 1), (2, 2)] {
        // The first that it hears: nothing is told of the place that the `ok` told.
        let told = visitors[index].recv().await;
        check_fields(&told, &["type", "conversation_id", "revision", "position", "eta_ms"]);
        assert_eq!(told["type"], "conversation.queued");
        assert_eq!(told["conversation_id"], conversations[index]["id"]);
        assert_eq!(told["revision"], conversations[index]["revision"]);
        assert_eq!((&told["position"], &told["eta_ms"]), (&json!(position), &Value::Null));
    }
    for visitor in &mut visitors {
        visitor.quiet().await;
    }
}

async fn places_are_told_at_most_once_a_second_and_the_last_one_right(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    let mut ahead = Vec::new();
    for _ in 0..9 {
        ahead.push(workspace.open("sales").await.text_of("id"));
    }
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    assert_eq!(visitor.open("sales").await["position"], 10);
    for id in &ahead {
        let closed = workspace.root("POST", &format!("/conversations/{id}/close"), json!({})).await;
        closed.expect(200);
    }
    let mut told = Vec::new();
    while told.last().is_none_or(|(position, _)| *position != 1) {
        let push = visitor.push("conversation.queued").await;
        told.push((push["position"].as_u64().unwrap(), tokio::time::Instant::now()));
    }
    assert!(told.len() <= 3, "once a second: {told:?}");
    for pair in told.windows(2) {
        assert!(pair[1].0 < pair[0].0, "{told:?}");
        let between = pair[1].1 - pair[0].1;
        // Less on our side where the first one was read late.
        assert!(between.as_millis() >= 500, "{between:?}");
    }
    visitor.quiet().await;
}

async fn whoever_waited_is_told_who_takes_it(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let queued = visitor.open("sales").await;
    let _agent = Ws::online(server.addr, encoding, &token).await;
    let push = visitor.push("conversation.assigned").await;
    check_fields(&push, &["type", "seq", "conversation"]);
    let told = &push["conversation"];
    assert_eq!(told["id"], queued["id"]);
    assert_eq!(told["agent"], json!({"id": "ann", "name": "ann"}));
    assert_eq!((&told["state"], &told["position"]), (&json!("assigned"), &Value::Null));
    assert_eq!(told["queued_at"], queued["queued_at"]);
    assert!(told["revision"].as_u64() > queued["revision"].as_u64());
    for hidden in ["skills", "priority", "offer"] {
        assert!(told.get(hidden).is_none(), "{told}");
    }
    let after = visitor.settle().await;
    let places = after.iter().filter(|said| said["type"] == "conversation.queued").count();
    assert_eq!(places, 0, "never once it is not queued");
}

async fn whoever_comes_back_is_told_its_place_afresh(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    let first = workspace.open("sales").await.text_of("id");
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let opened = visitor.open("sales").await;
    assert_eq!(opened["position"], 2);
    let hello = json!({
        "site_key": workspace.site_key,
        "visitor_token": visitor.welcome["visitor_token"],
        "resume": visitor.resume(),
    });
    drop(visitor);
    let close = format!("/conversations/{first}/close");
    workspace.root("POST", &close, json!({})).await.expect(200);
    let mut back = Ws::hello(server.addr, encoding, hello).await;
    assert_eq!(back.welcome["resumed"], true);
    assert_eq!(back.welcome["conversations"][0]["position"], 1);
    let told = back.push("conversation.queued").await;
    assert_eq!((&told["conversation_id"], &told["position"]), (&opened["id"], &json!(1)));
}

async fn a_higher_priority_moves_the_others_back(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    assert_eq!(visitor.open("sales").await["position"], 1);
    let urgent = json!({"department_id": "sales", "priority": 7});
    let urgent = workspace.post("/conversations", urgent).await;
    assert_eq!(urgent.json["position"], 1);
    assert_eq!(visitor.push("conversation.queued").await["position"], 2);
}

async fn a_department_that_becomes_staffed_is_told(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    workspace.department("care").await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    visitor.quiet().await;
    for (availability, staffed) in [("online", true), ("away", false), ("online", true)] {
        agent.set_availability(availability).await;
        let told = visitor.push("departments.changed").await;
        check_fields(&told, &["type", "departments"]);
        let mut departments = told["departments"].as_array().unwrap().clone();
        departments.sort_by_key(|department| department["id"].to_string());
        let care = json!({"id": "care", "name": "care", "staffed": false});
        let sales = json!({"id": "sales", "name": "sales", "staffed": staffed});
        assert_eq!(departments, [care, sales]);
    }
    agent.leave().await;
    let told = visitor.push("departments.changed").await;
    let departments = told["departments"].as_array().unwrap();
    assert!(departments.iter().all(|department| department["staffed"] == false), "{told}");
    visitor.quiet().await;
}

async fn a_department_that_comes_goes_or_is_renamed_is_told(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    workspace.patch("/departments/sales", json!({"name": "Sales!"})).await;
    let told = visitor.push("departments.changed").await;
    assert_eq!(told["departments"][0]["name"], "Sales!");
    workspace.department("care").await;
    let told = visitor.push("departments.changed").await;
    assert_eq!(told["departments"].as_array().unwrap().len(), 2);
    workspace.root("DELETE", "/departments/sales", Value::Null).await.expect(204);
    let told = visitor.push("departments.changed").await;
    let care = json!([{"id": "care", "name": "care", "staffed": false}]);
    assert_eq!(told["departments"], care);
    // What the public does not see is not told.
    workspace.patch("/departments/care", json!({"policy": {"max_queue": 7}})).await;
    visitor.quiet().await;
}

async fn where_nobody_is_there_another_department_may_be(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    let policy = json!({"on_unstaffed": "fallback", "fallback_department_id": "sales"});
    workspace.department_with("night", policy).await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut agent = Ws::online(server.addr, encoding, &token).await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let opened = visitor.open("night").await;
    assert_eq!((&opened["state"], &opened["department_id"]), (&json!("assigned"), &json!("sales")));
    let push = agent.push("conversation.assigned").await;
    assert_eq!(push["conversation"]["id"], opened["id"]);
}

async fn a_deleted_department_rejects_who_waits(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let opened = visitor.open("sales").await;
    workspace.root("DELETE", "/departments/sales", Value::Null).await.expect(204);
    let told = visitor.push("conversation.rejected").await;
    check_fields(&told, &["type", "seq", "conversation_id", "revision", "reason"]);
    assert_eq!(told["conversation_id"], opened["id"]);
    assert_eq!(told["reason"], "department_deleted");
    assert!(told["revision"].as_u64() > opened["revision"].as_u64());
    let body = json!({"type": "conversation.open", "department_id": "sales"});
    visitor.refused(body, "not_found").await;
}

async fn a_deleted_department_hands_who_waits_to_its_fallback(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    workspace.department_with("night", json!({"fallback_department_id": "sales"})).await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let opened = visitor.open("night").await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut agent = Ws::online(server.addr, encoding, &token).await;
    agent.quiet().await;
    workspace.root("DELETE", "/departments/night", Value::Null).await.expect(204);
    for ws in [&mut agent, &mut visitor] {
        let told = ws.push("conversation.assigned").await["conversation"].clone();
        assert_eq!((&told["id"], &told["department_id"]), (&opened["id"], &json!("sales")));
    }
}
