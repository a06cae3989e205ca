//! Rates and counts, with the contract's own numbers.

use serde_json::{Value, json};
use switchboard_protocol::Limits;

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Heard, Ws, check_error, in_both},
    ws_raw::{Raw, handshake},
};

in_both![
    a_visitor_says_twenty_things_at_once,
    an_agent_says_two_hundred_things_at_once,
    who_goes_on_is_closed,
    a_visitor_opens_ten_at_once,
    a_visitor_has_five_open,
    an_address_brings_sixty_new_visitors_a_minute,
];

async fn limited() -> (TestServer, Workspace) {
    let server = TestServer::start_with(|config| config.limits = Limits::default()).await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    (server, workspace)
}

/// Says so many pings at once; gives the answers in that order. Who is refused at the door may
/// hear of it before those are answered who were let in.
async fn ping(ws: &mut Ws, count: usize) -> Vec<Value> {
    let mut refs = Vec::new();
    for _ in 0..count {
        refs.push(ws.ask(json!({"type": "ping"})).await);
    }
    let mut answers = ws.answers(&refs).await;
    answers.sort_by_key(|answer| answer["ref"].as_i64());
    answers
}

fn check_limited(answer: &Value, at_most_ms: u64) {
    check_error(answer, "rate_limited");
    assert_eq!(answer["retryable"], true);
    let retry_after_ms = answer["retry_after_ms"].as_u64().unwrap();
    assert!((1..=at_most_ms).contains(&retry_after_ms), "{answer}");
}

/// So many are answered at once, and one more for each `per_ms` that it took.
async fn burst(ws: &mut Ws, count: usize, per_ms: u128) {
    let begun = std::time::Instant::now();
    let answers = ping(ws, count + count / 10).await;
    let refilled = (begun.elapsed().as_millis() / per_ms) as usize + 1;
    let taken = answers.iter().filter(|answer| answer["type"] == "ok").count();
    assert!((count..=count + refilled).contains(&taken), "{taken} of {count}");
    for answer in answers.iter().filter(|answer| answer["type"] != "ok") {
        check_limited(answer, per_ms as u64);
    }
}

async fn a_visitor_says_twenty_things_at_once(encoding: Encoding) {
    let (server, workspace) = limited().await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    burst(&mut visitor, 20, 200).await;
}

async fn an_agent_says_two_hundred_things_at_once(encoding: Encoding) {
    let (server, workspace) = limited().await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    burst(&mut agent, 200, 20).await;
}

async fn who_goes_on_is_closed(encoding: Encoding) {
    let (server, workspace) = limited().await;
    let mut neighbour = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    for _ in 0..80 {
        visitor.send(&json!({"type": "ping"})).await;
    }
    let mut refused = 0;
    let closed = loop {
        match visitor.heard().await {
            Heard::Said(said) if said["type"] == "error" => {
                check_limited(&said, 200);
                refused += 1;
            }
            Heard::Said(said) => assert_eq!(said["type"], "ok"),
            end => break end,
        }
    };
    assert_eq!((closed, refused), (Heard::Closed(4004, "too_fast".to_owned()), 50));
    neighbour.ping().await;
}

async fn a_visitor_opens_ten_at_once(encoding: Encoding) {
    let (server, workspace) = limited().await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    for _ in 0..10 {
        let id = visitor.open("sales").await["id"].clone();
        let close = format!("/conversations/{}/close", id.as_str().unwrap());
        workspace.root("POST", &close, json!({})).await.expect(200);
    }
    let body = json!({"type": "conversation.open", "department_id": "sales"});
    let answer = visitor.request(body).await;
    check_limited(&answer, 20_000);
    assert!(answer["retry_after_ms"].as_u64().unwrap() > 10_000, "three a minute: {answer}");
}

async fn a_visitor_has_five_open(encoding: Encoding) {
    let (server, workspace) = limited().await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let first = visitor.open("sales").await;
    let keyed = json!({"type": "conversation.open", "department_id": "sales", "key": "k"});
    let second = visitor.ok(keyed.clone()).await["conversation"].clone();
    for _ in 0..3 {
        visitor.open("sales").await;
    }
    let body = json!({"type": "conversation.open", "department_id": "sales"});
    visitor.refused(body, "conflict").await;
    let repeated = visitor.ok(keyed).await;
    assert_eq!(repeated["conversation"]["id"], second["id"], "a repeat opens nothing");
    visitor.close(&first).await;
    visitor.open("sales").await;
}

async fn an_address_brings_sixty_new_visitors_a_minute(encoding: Encoding) {
    let (server, workspace) = limited().await;
    let begun = std::time::Instant::now();
    let mut known = Value::Null;
    let mut let_in = 0;
    let refused = loop {
        let mut ws = Ws::connect(server.addr, Some(encoding.subprotocol())).await;
        let hello = json!({"type": "hello", "ref": 1, "site_key": workspace.site_key});
        ws.send(&hello).await;
        match ws.heard().await {
            Heard::Said(said) if said["type"] == "welcome" => {
                let_in += 1;
                known = said["visitor_token"].clone();
                ws.leave().await;
            }
            Heard::Said(said) => {
                ws.expect_close(4004).await;
                break said;
            }
            end => panic!("{end:?}"),
        }
    };
    check_limited(&refused, 1_000);
    let refilled = begun.elapsed().as_secs() as usize + 1;
    assert!((60..=60 + refilled).contains(&let_in), "{let_in}");
    let hello = json!({"site_key": workspace.site_key, "visitor_token": known});
    Ws::hello(server.addr, encoding, hello).await.ping().await;
}

/// The status of a handshake, and its connection.
async fn shake_hands(server: &TestServer) -> (String, Raw) {
    let mut raw = Raw::connect(server.addr).await;
    raw.write(&handshake(&[])).await;
    (raw.head().await, raw)
}

fn check_too_many(head: &str) {
    assert!(head.starts_with("HTTP/1.1 429 "), "{head}");
    assert!(head.contains("retry-after: "), "{head}");
    assert!(head.contains("content-type: application/problem+json"), "{head}");
}

#[tokio::test]
async fn an_address_has_fifty_sockets() {
    let (server, workspace) = limited().await;
    let mut sockets = Vec::new();
    for _ in 0..50 {
        sockets.push(Ws::connect(server.addr, None).await);
    }
    check_too_many(&shake_hands(&server).await.0);
    let mut last = sockets.pop().unwrap();
    sockets.pop().unwrap().leave().await;
    let room = async || shake_hands(&server).await.0.starts_with("HTTP/1.1 101 ");
    crate::people::until("there is room for one more", room).await;
    last.say_hello(json!({"site_key": workspace.site_key})).await;
    last.ping().await;
}

#[tokio::test]
async fn an_address_shakes_hands_so_often() {
    let (server, _) = limited().await;
    let begun = std::time::Instant::now();
    let mut agreed = 0;
    let refused = loop {
        let (head, mut raw) = shake_hands(&server).await;
        if !head.starts_with("HTTP/1.1 101 ") {
            break head;
        }
        agreed += 1;
        raw.write(&crate::ws_raw::masked(crate::ws_raw::CLOSE, &[])).await;
        raw.goodbye().await;
    };
    check_too_many(&refused);
    let refilled = (begun.elapsed().as_millis() / 500) as usize + 1;
    assert!((120..=120 + refilled).contains(&agreed), "{agreed}");
    server.anyone("GET", "/healthz").await.expect(200);
}

#[tokio::test]
async fn those_who_have_not_said_hello_are_counted_in_all() {
    let server =
        TestServer::start_with(|config| config.limits.unauthenticated_sockets = Some(3)).await;
    assert_eq!(Limits::default().unauthenticated_sockets, Some(1_000));
    let workspace = server.workspace().await;
    let mut sockets = Vec::new();
    for _ in 0..3 {
        sockets.push(Ws::connect(server.addr, None).await);
    }
    check_too_many(&shake_hands(&server).await.0);
    sockets[0].say_hello(json!({"site_key": workspace.site_key})).await;
    Ws::connect(server.addr, None).await;
}

#[tokio::test]
async fn a_workspace_opens_so_often() {
    let server = TestServer::start_with(|config| {
        config.limits.workspace_opens = Some(switchboard_protocol::Rate::per_minute(1, 3));
    })
    .await;
    let defaults = Limits::default().workspace_opens;
    assert_eq!(defaults, Some(switchboard_protocol::Rate::per_second(200, 2_000)));
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    for _ in 0..3 {
        let mut visitor = Ws::visitor(server.addr, Encoding::Json, &workspace.site_key).await;
        visitor.open("sales").await;
    }
    let mut visitor = Ws::visitor(server.addr, Encoding::Json, &workspace.site_key).await;
    let body = json!({"type": "conversation.open", "department_id": "sales"});
    check_limited(&visitor.request(body).await, 60_000);
    let elsewhere = server.workspace().await;
    elsewhere.department("sales").await;
    let mut neighbour = Ws::visitor(server.addr, Encoding::Json, &elsewhere.site_key).await;
    neighbour.open("sales").await;
}

#[tokio::test]
async fn behind_a_proxy_it_is_the_clients_address_that_counts() {
    let server = TestServer::start_with(|config| {
        config.limits.sockets_per_address = Some(1);
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut sockets = Vec::new();
    for (forwarded, agreed) in [
        ("198.51.100.7", true),
        ("198.51.100.8", true),
        ("198.51.100.7", false),
        ("203.0.113.1, 198.51.100.8", false),
        ("2001:db8::1", true),
        ("2001:db8::2", false),
    ] {
        let mut raw = Raw::connect(server.addr).await;
        raw.write(&handshake(&[("X-Forwarded-For", forwarded)])).await;
        let head = raw.head().await;
        assert_eq!(head.starts_with("HTTP/1.1 101 "), agreed, "{forwarded}: {head}");
        sockets.push(raw);
    }
}

#[tokio::test]
async fn without_a_proxy_nobody_is_believed_its_address() {
    let server = TestServer::start_with(|config| config.limits.sockets_per_address = Some(1)).await;
    let mut sockets = Vec::new();
    for (forwarded, agreed) in [("198.51.100.7", true), ("198.51.100.8", false)] {
        let mut raw = Raw::connect(server.addr).await;
        raw.write(&handshake(&[("X-Forwarded-For", forwarded)])).await;
        assert_eq!(raw.head().await.starts_with("HTTP/1.1 101 "), agreed);
        sockets.push(raw);
    }
}
