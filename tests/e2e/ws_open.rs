//! Opening: what the `ok` says, and what the others hear.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, check_fields, in_both},
};

in_both![
    an_open_is_assigned_at_once,
    an_open_without_anyone_is_queued,
    the_visitors_other_devices_hear_of_it,
    an_open_is_rejected_where_the_policy_says_so,
    a_full_queue_rejects,
    an_unknown_department_is_not_found,
    without_a_department_the_only_or_default_one_is_taken,
    visitors_of_one_workspace_share_nothing_with_another,
];

/// What everybody sees of a conversation.
const FIELDS: [&str; 16] = [
    "id",
    "revision",
    "state",
    "department_id",
    "attributes",
    "visitor",
    "agent",
    "position",
    "eta_ms",
    "reason",
    "opened_at",
    "queued_at",
    "assigned_at",
    "closed_at",
    "waited_ms",
    "assignment",
];

async fn with_sales() -> (TestServer, Workspace) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    (server, workspace)
}

async fn an_open_is_assigned_at_once(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut one = Ws::online(server.addr, encoding, &token).await;
    let mut two = Ws::agent(server.addr, encoding, &token).await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let attributes = json!({"cart": 3, "vip": true, "plan": "pro", "score": 1.5});
    let ok = visitor
        .ok(json!({
            "type": "conversation.open",
            "department_id": "sales",
            "attributes": attributes,
            "external_id": "order-7",
        }))
        .await;
    check_fields(&ok, &["type", "ref", "conversation"]);
    let seen = &ok["conversation"];
    check_fields(seen, &[&FIELDS[..], &["external_id"]].concat());
    assert!(seen["id"].as_str().unwrap().starts_with("cnv_"));
    assert_eq!(seen["state"], "assigned");
    assert_eq!(seen["department_id"], "sales");
    assert_eq!(seen["agent"], json!({"id": "ann", "name": "ann"}));
    assert_eq!(seen["attributes"], attributes);
    assert_eq!(seen["external_id"], "order-7");
    assert_eq!(seen["visitor"], json!({"id": visitor.welcome["visitor"]["id"], "verified": false}));
    for null in ["position", "eta_ms", "reason", "queued_at", "closed_at"] {
        assert_eq!(seen[null], Value::Null, "{null}");
    }
    assert!(seen["opened_at"].is_u64() && seen["assigned_at"].is_u64());
    assert_eq!(seen["assignment"]["cause"], "routed");

    for device in [&mut one, &mut two] {
        let push = device.push("conversation.assigned").await;
        check_fields(&push, &["type", "seq", "conversation"]);
        let told = &push["conversation"];
        check_fields(
            told,
            &[&FIELDS[..], &["external_id", "priority", "skills", "offer"]].concat(),
        );
        assert_eq!((&told["priority"], &told["skills"]), (&json!(0), &json!([])));
        assert_eq!(told["offer"], Value::Null);
        for same in FIELDS {
            assert_eq!(told[same], seen[same], "{same}");
        }
        assert_eq!(told["assignment"], json!({"cause": "routed", "by": "engine"}));
        device.quiet().await;
    }
    visitor.quiet().await;
}

async fn an_open_without_anyone_is_queued(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    for position in [1, 2] {
        let seen = visitor.open("sales").await;
        check_fields(&seen, &FIELDS);
        assert_eq!((&seen["state"], &seen["position"]), (&json!("queued"), &json!(position)));
        for null in ["agent", "eta_ms", "reason", "assigned_at", "closed_at", "assignment"] {
            assert_eq!(seen[null], Value::Null, "{null}");
        }
        assert!(seen["queued_at"].as_u64().unwrap() >= seen["opened_at"].as_u64().unwrap());
        assert_eq!(seen["attributes"], json!({}));
    }
    visitor.quiet().await;
}

async fn the_visitors_other_devices_hear_of_it(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut one = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let own = json!({
        "site_key": workspace.site_key,
        "visitor_token": one.welcome["visitor_token"],
    });
    let mut two = Ws::hello(server.addr, encoding, own).await;
    let mut stranger = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let queued = one.open("sales").await;
    let told = two.push("conversation.opened").await;
    check_fields(&told, &["type", "seq", "conversation"]);
    assert_eq!(told["conversation"]["id"], queued["id"]);
    assert_eq!(told["conversation"]["state"], "queued");
    let mut agent = Ws::online(server.addr, encoding, &token).await;
    for device in [&mut one, &mut two] {
        let told = device.push("conversation.assigned").await;
        assert_eq!(told["conversation"]["id"], queued["id"]);
    }
    let assigned = one.open("sales").await;
    let told = two.push("conversation.opened").await;
    assert_eq!(told["conversation"], assigned);
    let told = two.push("conversation.assigned").await;
    assert_eq!(told["conversation"], assigned);
    agent.push("conversation.assigned").await;
    agent.push("conversation.assigned").await;
    let said = one.settle().await;
    assert!(said.iter().all(|said| said["type"] == "departments.changed"), "{said:?}");
    let said = stranger.settle().await;
    assert!(said.iter().all(|said| said["type"] == "departments.changed"), "{said:?}");
}

async fn an_open_is_rejected_where_the_policy_says_so(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    workspace.department_with("strict", json!({"on_unstaffed": "reject"})).await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let seen = visitor.open("strict").await;
    check_fields(&seen, &FIELDS);
    assert_eq!((&seen["state"], &seen["reason"]), (&json!("rejected"), &json!("no_agents_online")));
    assert_eq!((&seen["position"], &seen["agent"]), (&Value::Null, &Value::Null));
    visitor.quiet().await;
    let stored = workspace.conversation(seen["id"].as_str().unwrap()).await;
    assert_eq!(stored["state"], "rejected");
}

async fn a_full_queue_rejects(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    workspace.department_with("small", json!({"max_queue": 1})).await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    assert_eq!(visitor.open("small").await["state"], "queued");
    let seen = visitor.open("small").await;
    assert_eq!((&seen["state"], &seen["reason"]), (&json!("rejected"), &json!("queue_full")));
}

async fn an_unknown_department_is_not_found(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    let elsewhere = server.workspace().await;
    elsewhere.department("theirs").await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    for unknown in ["nobodys", "theirs", "", "not an id", &"x".repeat(300)] {
        let body = json!({"type": "conversation.open", "department_id": unknown});
        visitor.refused(body, "not_found").await;
    }
    for of in [&workspace, &elsewhere] {
        assert_eq!(of.get("/conversations").await.items().len(), 0);
    }
}

async fn without_a_department_the_only_or_default_one_is_taken(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let anywhere = json!({"type": "conversation.open"});
    assert_eq!(visitor.request(anywhere.clone()).await["code"], "bad_message", "there is none");
    workspace.department("sales").await;
    let opened = visitor.ok(anywhere.clone()).await;
    assert_eq!(opened["conversation"]["department_id"], "sales");
    workspace.department("care").await;
    assert_eq!(visitor.request(anywhere.clone()).await["code"], "bad_message", "which one?");
    workspace.patch("", json!({"settings": {"default_department_id": "care"}})).await;
    let opened = visitor.ok(anywhere.clone()).await;
    assert_eq!(opened["conversation"]["department_id"], "care");
    assert_eq!(workspace.get("/conversations").await.items().len(), 2);
}

async fn visitors_of_one_workspace_share_nothing_with_another(encoding: Encoding) {
    let (server, workspace) = with_sales().await;
    let elsewhere = server.workspace().await;
    elsewhere.department("sales").await;
    let theirs = elsewhere.agent("ann", &["sales"]).await;
    let mut theirs = Ws::online(server.addr, encoding, &theirs).await;
    let mut ours = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    assert_eq!(ours.open("sales").await["state"], "queued");
    theirs.quiet().await;
    ours.quiet().await;
    assert_eq!(elsewhere.get("/conversations").await.items().len(), 0);
}
