//! What goes wrong: each with its status, its code, a problem document, and nothing changed.

use serde_json::{Value, json};

use crate::server::TestServer;

#[tokio::test]
async fn a_wrong_method_says_which_are_right() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    for (method, path, allowed) in [
        ("PUT", "/v1/workspaces".to_owned(), vec!["GET", "POST"]),
        ("POST", workspace.path(""), vec!["GET", "PATCH", "DELETE"]),
        ("PATCH", workspace.path("/departments"), vec!["GET", "POST"]),
        ("POST", workspace.path("/departments/help"), vec!["GET", "PATCH", "DELETE"]),
        ("GET", workspace.path("/departments/help/members/ann"), vec!["PUT", "DELETE"]),
        ("POST", workspace.path("/agents/ann/availability"), vec!["PUT"]),
        ("GET", workspace.path("/agents/ann/tokens"), vec!["POST"]),
        ("DELETE", workspace.path("/conversations/cnv_1"), vec!["GET"]),
        ("GET", workspace.path("/conversations/cnv_1/close"), vec!["POST"]),
        ("POST", workspace.path("/live"), vec!["GET"]),
        ("POST", "/v1/me".to_owned(), vec!["GET"]),
        ("POST", "/v1/site".to_owned(), vec!["GET"]),
        ("POST", "/healthz".to_owned(), vec!["GET"]),
    ] {
        let reply = server.root(method, &path, Value::Null).await;
        let reply = reply.refused(405, "method_not_allowed");
        let allow: Vec<&str> = reply.header("allow").split(',').map(str::trim).collect();
        for method in allowed {
            assert!(allow.contains(&method), "{path}: {allow:?}");
        }
        assert!(!allow.contains(&method), "{path}: {allow:?}");
    }
}

#[tokio::test]
async fn a_path_that_is_none_is_not_found() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let deep = format!("/{}", "a/".repeat(500));
    for path in ["/", "/v1", "/v2/workspaces", "/v1/workspaces/", "/v1//me", "/V1/me", &deep] {
        server.root("GET", path, Value::Null).await.refused(404, "not_found");
    }
    for rest in ["/nothing", "/agents/ann/nothing", "/agents/", "/agents/%2F", "/agents/%ff"] {
        workspace.root("GET", rest, Value::Null).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let path = workspace.path("/departments");
    let deep = format!("{{\"name\":\"x\",\"policy\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let long_number = format!("{{\"name\":\"x\",\"n\":{}}}", "9".repeat(100_000));
    for body in [
        "{",
        "nonsense",
        "\"name\"",
        "[]",
        "null",
        "7",
        "{\"name\":\"x\"} {}",
        "{\"name\":\"x\",}",
        "{'name':'x'}",
        "{\"name\":\"\\ud800\"}",
        "{\"name\":\"a\",\"name\":\"b\"}",
        &deep,
        &long_number,
    ] {
        let reply = server.http().send("POST", &path, &server.root, &[], body.to_owned()).await;
        if body == long_number {
            // A field that nobody knows: taken or not, but never a failure of the server.
            assert!([201, 400].contains(&reply.status), "{}", reply.text);
            continue;
        }
        reply.refused(400, "bad_request");
    }
    let broken = server.http().send("POST", &path, &server.root, &[], vec![b'{', 0xff, b'}']).await;
    broken.refused(400, "bad_request");
    let empty = server.http().send("POST", &path, &server.root, &[], "").await;
    let empty = empty.refused(400, "bad_request");
    assert!(empty.text_of("detail").contains("name"), "{}", empty.text);
}

#[tokio::test]
async fn a_bad_field_is_named_by_its_path() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let body = json!({"name": "x", "policy": {"max_wait_ms": 5}});
    let refused = workspace.root("POST", "/departments", body).await.refused(400, "bad_request");
    assert!(refused.text_of("detail").contains("policy.max_wait_ms"), "{}", refused.text);
    assert_eq!(refused.json["errors"][0]["field"], "policy.max_wait_ms");
    assert!(refused.json["errors"][0]["message"].is_string());
}

#[tokio::test]
async fn fields_that_nobody_knows_are_ignored() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let body = json!({"id": "help", "name": "x", "colour": "red", "policy": {"mood": [1, {}]}});
    workspace.post("/departments", body).await;
    workspace.patch("/departments/help", json!({"colour": {"deep": [null]}})).await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let path = workspace.path("/departments");
    let body = |bytes: usize| {
        let frame = "{\"id\":\"help\",\"name\":\"x\",\"pad\":\"\"}".len();
        format!("{{\"id\":\"help\",\"name\":\"x\",\"pad\":\"{}\"}}", "p".repeat(bytes - frame))
    };
    let send = |body: String| server.http().send("POST", &path, &server.root, &[], body);
    for bytes in [256 * 1024 + 1, 300_000, 2 * 1024 * 1024] {
        send(body(bytes)).await.refused(413, "too_large");
    }
    assert_eq!(workspace.get("/departments").await.items().len(), 0);
    send(body(256 * 1024)).await.expect(201);
}

#[tokio::test]
async fn a_body_that_lies_about_its_length_hurts_nobody() {
    let server = TestServer::start().await;
    let head = |length: &str| {
        format!(
            "POST /v1/workspaces HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n",
            server.root
        )
    };
    for length in ["-1", "x", "99999999999999999999999999"] {
        let answer = server.http().raw(head(length).as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{length}: {answer}");
    }
    let answer = server.http().raw(head("1000000000000").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "not waited for: {answer}");
    let chunked = format!(
        "POST /v1/workspaces HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         transfer-encoding: chunked\r\nconnection: close\r\n\r\nzz\r\n",
        server.root
    );
    let answer = server.http().raw(chunked.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    server.root("GET", "/v1/workspaces", Value::Null).await.expect(200);
}

#[tokio::test]
async fn what_is_not_http_is_hung_up_on() {
    let server = TestServer::start().await;
    for bytes in [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"HELLO\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
    {
        let answer = server.http().raw(bytes).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    let header = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "h".repeat(1024 * 1024));
    let answer = server.http().raw(header.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    server.anyone("GET", "/healthz").await.expect(200);
}

#[tokio::test]
async fn answers_are_not_kept_by_anyone_on_the_way() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let reply = workspace.get("").await;
    assert!(reply.header("cache-control").contains("no-store"), "{:?}", reply.headers);
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn who_may_not_see_a_workspace_cannot_tell_it_from_none() {
    let server = TestServer::start().await;
    let (own, other) = (server.workspace().await, server.workspace().await);
    other.department("help").await;
    other.agent("ann", &["help"]).await;
    let id = other.open("help").await.text_of("id");
    let token = own.admin("ada").await;
    for (method, rest, body) in [
        ("GET", String::new(), Value::Null),
        ("PATCH", String::new(), json!({"name": "Mine"})),
        ("GET", "/departments".to_owned(), Value::Null),
        ("POST", "/departments".to_owned(), json!({"name": "Mine"})),
        ("GET", "/agents".to_owned(), Value::Null),
        ("GET", "/agents/ann".to_owned(), Value::Null),
        ("DELETE", "/agents/ann".to_owned(), Value::Null),
        ("POST", "/agents/ann/tokens".to_owned(), json!({})),
        ("PUT", "/agents/ann/availability".to_owned(), json!({"availability": "online"})),
        ("PUT", "/departments/help/members/ann".to_owned(), Value::Null),
        ("GET", "/conversations".to_owned(), Value::Null),
        ("POST", "/conversations".to_owned(), json!({})),
        ("GET", format!("/conversations/{id}"), Value::Null),
        ("POST", format!("/conversations/{id}/close"), Value::Null),
        ("GET", "/live".to_owned(), Value::Null),
        ("GET", "/events".to_owned(), Value::Null),
    ] {
        let foreign = other.call(method, &rest, &token, body.clone()).await;
        let foreign = foreign.refused(404, "not_found");
        let none = format!("/v1/workspaces/none{rest}");
        let unknown = server.http().call(method, &none, &token, body).await;
        assert_eq!(unknown.refused(404, "not_found").json, foreign.json, "{method} {rest}");
    }
    assert_eq!(other.conversation(&id).await["state"], "queued");
    assert_eq!(other.get("").await.json["usage"], json!({"seats": 1, "departments": 1}));
}

/// Also where nothing is asked of a body, it is read: a slip is told, and nothing is done.
#[tokio::test]
async fn a_body_that_nobody_needs_is_no_place_for_nonsense() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let token = workspace.agent("ann", &["help"]).await;
    let id = workspace.open("help").await.text_of("id");
    for body in [json!(5), json!("x"), json!([]), json!(true)] {
        for deed in ["close", "reopen"] {
            let path = format!("/conversations/{id}/{deed}");
            workspace.root("POST", &path, body.clone()).await.refused(400, "bad_request");
        }
        let path = format!("/conversations/{id}/claim");
        workspace.call("POST", &path, &token, body).await.refused(400, "bad_request");
    }
    workspace.root("POST", "/conversations", json!([])).await.refused(400, "bad_request");
    assert_eq!(workspace.conversation(&id).await["state"], "queued", "nothing was done");
    let path = format!("/conversations/{id}/close");
    workspace.root("POST", &path, json!({"unheard_of": 1})).await.expect(200);
}
