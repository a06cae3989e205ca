//! `ref`: it comes back, and what it asked for is done once.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Heard, Ws, check_error, in_both},
};

in_both![
    a_ref_comes_back,
    a_ref_may_be_below_nought,
    without_a_ref_none_comes_back,
    a_repeated_ref_does_nothing_twice,
    a_repeated_refusal_is_the_same,
    a_ref_is_remembered_over_a_resume,
    a_ref_older_than_those_kept_is_a_conflict,
    a_ping_is_kept_as_any_request,
    a_ref_is_an_integer,
];

async fn with_visitor(encoding: Encoding) -> (TestServer, Workspace, Ws) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    (server, workspace, visitor)
}

/// Sends a request under a `ref` of the test's own choice.
async fn under(ws: &mut Ws, reference: i64, mut body: Value) -> Value {
    body["ref"] = json!(reference);
    ws.send(&body).await;
    ws.answer(reference).await
}

fn nobodys() -> Value {
    json!({"type": "conversation.close", "conversation_id": "cnv_of_nobody"})
}

async fn a_ref_comes_back(encoding: Encoding) {
    let (_server, _, mut ws) = with_visitor(encoding).await;
    for reference in [5, 6, 1_000, 9_007_199_254_740_991, i64::MAX] {
        let answer = under(&mut ws, reference, json!({"type": "ping"})).await;
        assert_eq!((&answer["type"], &answer["ref"]), (&json!("ok"), &json!(reference)));
        assert!(answer["now"].is_u64(), "{answer}");
    }
    check_error(&under(&mut ws, 1_001, nobodys()).await, "not_found");
}

async fn a_ref_may_be_below_nought(encoding: Encoding) {
    let (_server, _, mut ws) = with_visitor(encoding).await;
    for reference in [i64::MIN, -129, -2] {
        let answer = under(&mut ws, reference, json!({"type": "ping"})).await;
        assert_eq!((&answer["type"], &answer["ref"]), (&json!("ok"), &json!(reference)));
        check_error(&under(&mut ws, reference + 1, nobodys()).await, "not_found");
    }
}

async fn without_a_ref_none_comes_back(encoding: Encoding) {
    let (_server, _, mut ws) = with_visitor(encoding).await;
    for (body, kind) in [(json!({"type": "ping"}), "ok"), (nobodys(), "error")] {
        ws.send(&body).await;
        let Heard::Said(answer) = ws.heard().await else { panic!("no answer") };
        assert_eq!(answer["type"], kind);
        assert!(answer.get("ref").is_none(), "{answer}");
    }
}

async fn a_repeated_ref_does_nothing_twice(encoding: Encoding) {
    let (_server, workspace, mut ws) = with_visitor(encoding).await;
    let open = json!({"type": "conversation.open", "department_id": "sales"});
    let first = under(&mut ws, 10, open.clone()).await;
    assert_eq!(first["conversation"]["state"], "queued");
    assert_eq!(under(&mut ws, 10, open.clone()).await, first);
    assert_eq!(under(&mut ws, 10, nobodys()).await, first, "whatever it asks for now");
    let other = under(&mut ws, 11, open).await;
    assert_ne!(other["conversation"]["id"], first["conversation"]["id"]);
    assert_eq!(workspace.get("/conversations").await.items().len(), 2);
}

async fn a_repeated_refusal_is_the_same(encoding: Encoding) {
    let (_server, workspace, mut ws) = with_visitor(encoding).await;
    let open = json!({"type": "conversation.open", "department_id": "later"});
    let first = under(&mut ws, 10, open.clone()).await;
    check_error(&first, "not_found");
    workspace.department("later").await;
    assert_eq!(under(&mut ws, 10, open.clone()).await, first);
    assert_eq!(under(&mut ws, 11, open).await["conversation"]["department_id"], "later");
}

async fn a_ref_is_remembered_over_a_resume(encoding: Encoding) {
    let (server, workspace, mut ws) = with_visitor(encoding).await;
    let open = json!({"type": "conversation.open", "department_id": "sales"});
    let first = under(&mut ws, 10, open.clone()).await;
    let hello = json!({
        "site_key": workspace.site_key,
        "visitor_token": ws.welcome["visitor_token"],
        "resume": ws.resume(),
    });
    drop(ws);
    let mut ws = Ws::hello(server.addr, encoding, hello).await;
    assert_eq!(ws.welcome["resumed"], true);
    assert_eq!(under(&mut ws, 10, open).await, first);
    assert_eq!(workspace.get("/conversations").await.items().len(), 1);
}

async fn a_ref_older_than_those_kept_is_a_conflict(encoding: Encoding) {
    let (_server, _, mut ws) = with_visitor(encoding).await;
    let open = json!({"type": "conversation.open", "department_id": "sales"});
    let first = under(&mut ws, 100, open.clone()).await;
    for reference in 101..=163 {
        check_error(&under(&mut ws, reference, nobodys()).await, "not_found");
    }
    assert_eq!(under(&mut ws, 100, open.clone()).await, first, "the oldest of 64");
    check_error(&under(&mut ws, 164, nobodys()).await, "not_found");
    check_error(&under(&mut ws, 100, open.clone()).await, "conflict");
    check_error(&under(&mut ws, 2, open).await, "conflict");
    check_error(&under(&mut ws, 101, nobodys()).await, "not_found");
}

async fn a_ping_is_kept_as_any_request(encoding: Encoding) {
    let (_server, _, mut ws) = with_visitor(encoding).await;
    let ping = json!({"type": "ping"});
    let mut last = json!(null);
    for reference in 2..=70 {
        last = under(&mut ws, reference, ping.clone()).await;
    }
    assert_eq!(under(&mut ws, 70, ping.clone()).await, last);
    check_error(&under(&mut ws, 3, ping).await, "conflict");
}

async fn a_ref_is_an_integer(encoding: Encoding) {
    let (_server, _, mut ws) = with_visitor(encoding).await;
    for reference in [json!("1"), json!(1.5), json!([1]), json!({}), json!(true)] {
        ws.send(&json!({"type": "ping", "ref": reference})).await;
        let Heard::Said(answer) = ws.heard().await else { panic!("no answer") };
        check_error(&answer, "bad_message");
        assert!(answer.get("ref").is_none(), "{answer}");
    }
    ws.ping().await;
}
