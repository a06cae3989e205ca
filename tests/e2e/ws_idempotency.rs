//! Keys, and the bounds of what an open carries.

use serde_json::{Map, Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, in_both},
};

in_both![
    the_same_key_is_the_same_conversation,
    the_same_key_with_other_content_is_a_conflict,
    a_key_is_its_visitors_own,
    a_key_is_the_same_by_way_of_the_back_end,
    attributes_have_bounds,
    texts_have_bounds,
];

async fn with_visitor(encoding: Encoding) -> (TestServer, Workspace, Ws) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    (server, workspace, visitor)
}

fn open(fields: Value) -> Value {
    let mut body = json!({"type": "conversation.open", "department_id": "sales"});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

async fn opened(workspace: &Workspace) -> usize {
    workspace.get("/conversations").await.items().len()
}

async fn the_same_key_is_the_same_conversation(encoding: Encoding) {
    let (server, workspace, mut visitor) = with_visitor(encoding).await;
    let body = open(json!({"key": "k", "attributes": {"b": 1, "a": "x"}}));
    let first = visitor.ok(body.clone()).await["conversation"].clone();
    let hello = json!({
        "site_key": workspace.site_key,
        "visitor_token": visitor.welcome["visitor_token"],
    });
    let mut later = Ws::hello(server.addr, encoding, hello).await;
    let again = later.ok(body.clone()).await["conversation"].clone();
    assert_eq!((&again["id"], &again["state"]), (&first["id"], &json!("queued")));
    visitor.quiet().await;
    visitor.close(&first).await;
    let closed = later.ok(body).await["conversation"].clone();
    assert_eq!((&closed["id"], &closed["state"]), (&first["id"], &json!("closed")));
    assert_eq!(opened(&workspace).await, 1);
}

async fn the_same_key_with_other_content_is_a_conflict(encoding: Encoding) {
    let (_server, workspace, mut visitor) = with_visitor(encoding).await;
    workspace.department("care").await;
    visitor.ok(open(json!({"key": "k", "attributes": {"a": 1}}))).await;
    for other in [
        json!({"key": "k"}),
        json!({"key": "k", "attributes": {"a": 2}}),
        json!({"key": "k", "attributes": {"a": 1}, "external_id": "e"}),
        json!({"key": "k", "attributes": {"a": 1}, "department_id": "care"}),
    ] {
        visitor.refused(open(other), "conflict").await;
    }
    assert_eq!(opened(&workspace).await, 1);
}

async fn a_key_is_its_visitors_own(encoding: Encoding) {
    let (server, workspace, mut visitor) = with_visitor(encoding).await;
    let mut other = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let body = open(json!({"key": "k"}));
    let one = visitor.ok(body.clone()).await["conversation"]["id"].clone();
    let two = other.ok(body).await["conversation"]["id"].clone();
    assert_ne!(one, two);
    assert_eq!(opened(&workspace).await, 2);
}

async fn a_key_is_the_same_by_way_of_the_back_end(encoding: Encoding) {
    let (_server, workspace, mut visitor) = with_visitor(encoding).await;
    let id = visitor.welcome["visitor"]["id"].clone();
    let first = visitor.ok(open(json!({"key": "k"}))).await["conversation"]["id"].clone();
    let by_back_end = |mut fields: Value| {
        fields["key"] = json!("k");
        fields["department_id"] = json!("sales");
        fields["visitor"] = json!({"id": id});
        let workspace = &workspace;
        async move { workspace.root("POST", "/conversations", fields).await }
    };
    for same in [
        json!({}),
        json!({"priority": 0}),
        json!({"attributes": {}, "skills": []}),
        json!({"priority": 0, "attributes": {}, "skills": []}),
    ] {
        assert_eq!(by_back_end(same).await.expect(200).json["id"], first);
    }
    for other in [json!({"priority": 1}), json!({"skills": ["de"]}), json!({"external_id": "e"})] {
        by_back_end(other).await.refused(409, "conflict");
    }
    visitor.ok(open(json!({"key": "k", "attributes": {}}))).await;
    assert_eq!(opened(&workspace).await, 1);
}

async fn attributes_have_bounds(encoding: Encoding) {
    let (_server, workspace, mut visitor) = with_visitor(encoding).await;
    let many = |count: usize| -> Value {
        let pairs = (0..count).map(|number| (format!("k{number}"), json!(number)));
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    let named = |name: String| Value::Object(Map::from_iter([(name, json!(1))]));
    for fine in [
        many(32),
        named("k".repeat(64)),
        json!({"k": "v".repeat(256)}),
        json!({"k": i64::MIN, "l": i64::MAX, "m": 0.5, "n": false, "o": ""}),
    ] {
        let ok = visitor.ok(open(json!({"attributes": fine}))).await;
        assert_eq!(ok["conversation"]["attributes"], fine);
    }
    let before = opened(&workspace).await;
    for (number, wrong) in [
        many(33),
        named("k".repeat(65)),
        named("ü".repeat(33)),
        json!({"k": "v".repeat(257)}),
        json!({"k": {"l": 1}}),
        json!({"k": [1]}),
        json!(["k"]),
        json!("k"),
    ]
    .into_iter()
    .enumerate()
    {
        let body = open(json!({"attributes": wrong, "key": format!("k{number}")}));
        visitor.refused(body, "bad_message").await;
    }
    assert_eq!(opened(&workspace).await, before);
}

async fn texts_have_bounds(encoding: Encoding) {
    let (server, workspace, mut visitor) = with_visitor(encoding).await;
    for field in ["key", "external_id"] {
        let mut fields = json!({});
        fields[field] = json!("x".repeat(128));
        visitor.ok(open(fields.clone())).await;
        fields[field] = json!("x".repeat(129));
        visitor.refused(open(fields), "bad_message").await;
    }
    let named = |name: String| json!({"site_key": workspace.site_key, "visitor": {"name": name}});
    let fine = Ws::hello(server.addr, encoding, named("ü".repeat(100))).await;
    assert_eq!(fine.welcome["visitor"]["name"], "ü".repeat(100));
    let mut wrong = Ws::connect(server.addr, Some(encoding.subprotocol())).await;
    let mut hello = named("ü".repeat(101));
    hello["type"] = json!("hello");
    wrong.send(&hello).await;
    wrong.expect_close(4500).await;
}
