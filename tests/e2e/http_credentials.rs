//! Availability and tokens of agents, and what every credential opens.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use switchboard_client::{Client, Options};

use crate::{
    people::{closed, sign_in, socket_url, visit},
    server::TestServer,
};

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

#[tokio::test]
async fn availability_is_set_by_the_agent_or_an_admin() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (ada, ann) = (workspace.admin("ada").await, workspace.agent("ann", &[]).await);
    let bob = workspace.agent("bob", &[]).await;
    let path = "/agents/ann/availability";
    for (caller, availability, by) in
        [(&ann, "online", "agent"), (&ada, "away", "admin"), (&server.root, "online", "root")]
    {
        let body = json!({"availability": availability});
        let set = workspace.call("PUT", path, caller, body).await.expect(200).json;
        assert_eq!((&set["id"], &set["availability"]), (&json!("ann"), &json!(availability)));
        assert_eq!(set["availability_by"], by);
        assert!(set["availability_since"].as_u64().unwrap() <= now_ms() + 1_000);
    }
    let body = json!({"availability": "away"});
    workspace.call("PUT", path, &bob, body.clone()).await.refused(403, "forbidden");
    let unknown = workspace.root("PUT", "/agents/nobody/availability", body).await;
    unknown.refused(404, "not_found");
    for body in [json!({}), json!({"availability": "busy"}), json!({"availability": true})] {
        let refused = workspace.root("PUT", path, body).await.refused(400, "bad_request");
        assert!(refused.text_of("detail").contains("availability"), "{}", refused.text);
    }
}

#[tokio::test]
async fn availability_survives_a_new_socket_and_says_since_when() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let token = workspace.agent("ann", &[]).await;
    let since =
        workspace.set_availability("ann", "online").await.json["availability_since"].clone();
    sign_in(&workspace, &token).await.end().await.unwrap();
    let again = sign_in(&workspace, &token).await;
    let own = again.welcome().agent.clone().unwrap();
    assert_eq!(serde_json::to_value(&*own).unwrap()["availability"], "online");
    let repeated = workspace.set_availability("ann", "online").await;
    assert_eq!(repeated.json["availability_since"], since, "said again, it is no change");
}

#[tokio::test]
async fn a_token_says_until_when() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.agent("ann", &[]).await;
    let before = now_ms();
    let minted = workspace.post("/agents/ann/tokens", json!({"ttl_ms": 60_000})).await;
    let expires_at = minted.json["expires_at"].as_u64().unwrap();
    assert!((before + 59_000..=now_ms() + 61_000).contains(&expires_at), "{expires_at}");
    let token = minted.text_of("token");
    server.http().call("GET", "/v1/me", &token, Value::Null).await.expect(200);
    // A body is not needed.
    let minted = workspace.root("POST", "/agents/ann/tokens", Value::Null).await.expect(201);
    assert_ne!(minted.text_of("token"), token);
    server.http().call("GET", "/v1/me", &token, Value::Null).await.expect(200);
}

#[tokio::test]
async fn tokens_are_minted_by_admins_for_those_who_are_there() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (ada, ann) = (workspace.admin("ada").await, workspace.agent("ann", &[]).await);
    let path = "/agents/ann/tokens";
    workspace.call("POST", path, &ann, json!({})).await.refused(403, "forbidden");
    workspace.call("POST", path, "", json!({})).await.refused(401, "unauthenticated");
    workspace.call("POST", path, &ada, json!({})).await.expect(201);
    let unknown = workspace.call("POST", "/agents/nobody/tokens", &ada, json!({})).await;
    unknown.refused(404, "not_found");
    for ttl in [json!(0), json!(-1), json!("1h"), json!(1.5)] {
        let refused = workspace.root("POST", path, json!({"ttl_ms": ttl})).await;
        let refused = refused.refused(400, "bad_request");
        assert!(refused.text_of("detail").contains("ttl_ms"), "{}", refused.text);
    }
}

#[tokio::test]
async fn an_expired_token_opens_nothing() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.agent("ann", &[]).await;
    let minted = workspace.post("/agents/ann/tokens", json!({"ttl_ms": 1_000})).await;
    let token = minted.text_of("token");
    let mut ann = sign_in(&workspace, &token).await;
    // The socket is closed when the token ends: that is what is waited for.
    assert_eq!(closed(&mut ann).await.0, 4001);
    assert!(now_ms() >= minted.json["expires_at"].as_u64().unwrap());
    let me = server.http().call("GET", "/v1/me", &token, Value::Null).await;
    me.refused(401, "unauthenticated");
    let again = Options::agent(socket_url(workspace.http), &token).once();
    Client::connect(again).await.expect_err("it does not get in any more");
}

#[tokio::test]
async fn what_is_not_a_bearer_token_of_ours_is_unauthenticated() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let agent = workspace.agent("ann", &[]).await;
    let visitor_token = workspace.open("help").await.text_of("visitor_token");
    let from_socket = visit(&workspace).await.welcome().visitor_token.clone().unwrap();
    let (mut forged, mut cut) = (agent.clone(), agent.clone());
    let last = if forged.pop() == Some('A') { 'Q' } else { 'A' };
    forged.push(last);
    cut.truncate(cut.len() / 2);
    for (what, bearer) in [
        ("nothing", ""),
        ("nonsense", "nonsense"),
        ("an unknown API key", &format!("sk_{}.0123456789abcdef", workspace.id)),
        ("a site key", &workspace.site_key),
        ("a visitor token", &visitor_token),
        ("a visitor token of a socket", from_socket.expose()),
        ("a forged token", &forged),
        ("half a token", &cut),
        ("a root key's beginning", &server.root[..server.root.len() - 1]),
    ] {
        for path in ["/v1/me", "/v1/workspaces", &workspace.path(""), &workspace.path("/agents")] {
            let reply = server.http().call("GET", path, bearer, Value::Null).await;
            assert_eq!((reply.status, what), (401, what), "{}", reply.text);
            let reply = reply.refused(401, "unauthenticated");
            assert!(reply.header("www-authenticate").starts_with("Bearer"), "{what}");
            if !bearer.is_empty() {
                assert!(!reply.text.contains(bearer), "a credential is never repeated");
            }
        }
    }
}

#[tokio::test]
async fn the_scheme_is_bearer() {
    let server = TestServer::start().await;
    let root = server.root.clone();
    let bearer = |value: String| {
        let http = server.http();
        async move {
            http.send("GET", "/v1/workspaces", "", &[("authorization", &value)], "").await.status
        }
    };
    assert_eq!(bearer(format!("Bearer {root}")).await, 200);
    assert_eq!(bearer(format!("bearer {root}")).await, 200, "schemes have no case");
    assert_eq!(bearer(format!("Basic {root}")).await, 401);
    assert_eq!(bearer(root).await, 401);
    assert_eq!(bearer("Bearer".to_owned()).await, 401);
}

#[tokio::test]
async fn two_root_keys_are_valid_at_once() {
    let server = TestServer::start_with(|config| {
        config.previous_root_key = Some("another-root-key-0123456789".into());
    })
    .await;
    for key in [server.root.as_str(), "another-root-key-0123456789"] {
        server.http().call("GET", "/v1/workspaces", key, Value::Null).await.expect(200);
    }
}
