//! What a host signs: agents' tokens and visitors' identities.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use rcgen::{KeyPair, PKCS_ED25519, PublicKeyData, SigningKey};
use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws},
};

/// A product with a key of its own, registered under a name.
struct Host {
    key: KeyPair,
    kid: &'static str,
    workspace: Workspace,
}

impl Host {
    async fn of(workspace: &Workspace, kid: &'static str) -> Self {
        let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let base64 = BASE64.encode(&key.subject_public_key_info());
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n");
        let body = json!({"id": kid, "algorithm": "EdDSA", "key": pem});
        workspace.post("/public_keys", body).await;
        Self { key, kid, workspace: workspace.clone() }
    }

    /// Signs these claims, for ten minutes unless they say otherwise.
    fn signs(&self, kind: &str, sub: &str, claims: Value) -> String {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let now = now.as_secs();
        let mut all = json!({"kind": kind, "sub": sub, "aud": self.workspace.id, "iat": now,
                             "exp": now + 600});
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        let header = json!({"alg": "EdDSA", "kid": self.kid});
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&all));
        let signature = self.key.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    fn visitor(&self, sub: &str) -> String {
        let claims = json!({"name": "Zoe", "email": "zoe@example.org"});
        self.signs("visitor", sub, claims)
    }

    async fn drop_key(&self) {
        let path = format!("/public_keys/{}", self.kid);
        self.workspace.root("DELETE", &path, Value::Null).await.expect(204);
    }
}

async fn with_host() -> (TestServer, Workspace, Host) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let host = Host::of(&workspace, "one").await;
    (server, workspace, host)
}

async fn comes(server: &TestServer, workspace: &Workspace, more: Value) -> Ws {
    let mut hello = json!({"site_key": workspace.site_key});
    for (field, value) in more.as_object().unwrap() {
        hello[field] = value.clone();
    }
    Ws::hello(server.addr, Encoding::Json, hello).await
}

async fn turned_away(server: &TestServer, hello: Value) {
    let mut ws = Ws::connect(server.addr, None).await;
    let mut hello = hello;
    hello["type"] = json!("hello");
    hello["ref"] = json!(1);
    ws.send(&hello).await;
    ws.expect_close(4501).await;
}

#[tokio::test]
async fn a_signed_visitor_is_who_its_host_says_on_every_device() {
    let (server, workspace, host) = with_host().await;
    let claims = json!({"name": "Mallory", "email": "m@example.org", "external_id": "0"});
    let identity = host.visitor("zoe-1");
    let mut phone =
        comes(&server, &workspace, json!({"visitor_identity": identity, "visitor": claims})).await;
    let own = phone.welcome["visitor"].clone();
    assert_eq!((&own["verified"], &own["name"]), (&json!(true), &json!("Zoe")), "{own}");
    let opened = phone.open("help").await;
    let seen = workspace.conversation(opened["id"].as_str().unwrap()).await["visitor"].clone();
    assert_eq!(
        seen,
        json!({"id": own["id"], "name": "Zoe", "email": "zoe@example.org",
                            "external_id": "zoe-1", "verified": true})
    );
    let desk = comes(&server, &workspace, json!({"visitor_identity": host.visitor("zoe-1")})).await;
    assert_eq!(desk.welcome["visitor"]["id"], own["id"]);
    assert_eq!(desk.welcome["conversations"][0]["id"], opened["id"]);
    let other = comes(&server, &workspace, json!({"visitor_identity": host.visitor("yves")})).await;
    assert_ne!(other.welcome["visitor"]["id"], own["id"]);
    assert_eq!(other.welcome["conversations"], json!([]));
}

#[tokio::test]
async fn who_signs_in_keeps_what_it_opened_before() {
    let (server, workspace, host) = with_host().await;
    let mut before = comes(&server, &workspace, json!({"visitor": {"name": "Somebody"}})).await;
    let opened = before.open("help").await;
    let token = before.welcome["visitor_token"].clone();
    let hello = json!({"visitor_token": token, "visitor_identity": host.visitor("zoe-1")});
    let after = comes(&server, &workspace, hello.clone()).await;
    assert_eq!(after.welcome["visitor"]["id"], before.welcome["visitor"]["id"]);
    assert_eq!(after.welcome["conversations"][0]["id"], opened["id"]);
    let seen = workspace.conversation(opened["id"].as_str().unwrap()).await["visitor"].clone();
    assert_eq!((&seen["name"], &seen["verified"]), (&json!("Zoe"), &json!(true)));
    // It is somebody's now: whoever else has its token is not let in as that one.
    let other = json!({"visitor_token": token, "visitor_identity": host.visitor("yves")});
    let other = comes(&server, &workspace, other).await;
    assert_ne!(other.welcome["visitor"]["id"], before.welcome["visitor"]["id"]);
    assert_eq!(other.welcome["conversations"], json!([]));
    // On another device without the old token it is the same visitor.
    let elsewhere = json!({"visitor_identity": host.visitor("zoe-1")});
    let elsewhere = comes(&server, &workspace, elsewhere).await;
    assert_eq!(elsewhere.welcome["visitor"]["id"], before.welcome["visitor"]["id"]);
}

#[tokio::test]
async fn a_wrong_identity_is_sent_away() {
    let (server, workspace, host) = with_host().await;
    let other = server.workspace().await;
    let elsewhere = Host::of(&other, "one").await;
    let with = |claims: Value| host.signs("visitor", "zoe", claims);
    let good = host.visitor("zoe");
    let (head, signature) = good.rsplit_once('.').unwrap();
    for wrong in [
        elsewhere.visitor("zoe"),
        elsewhere.signs("visitor", "zoe", json!({"aud": workspace.id})),
        host.signs("agent", "zoe", json!({})),
        with(json!({"exp": 1_000_000_000})),
        with(json!({"exp": 99_999_999_999_u64})),
        with(json!({"aud": "another"})),
        with(json!({"sub": ""})),
        format!("{head}."),
        format!("{head}.{}", signature.chars().rev().collect::<String>()),
        "x".to_owned(),
    ] {
        let hello = json!({"site_key": workspace.site_key, "visitor_identity": wrong});
        turned_away(&server, hello).await;
    }
    let mut zoe = comes(&server, &workspace, json!({"visitor_identity": good})).await;
    let mut anybody = comes(&server, &workspace, json!({})).await;
    host.drop_key().await;
    zoe.expect_close(4001).await;
    anybody.ping().await;
    let hello = json!({"site_key": workspace.site_key, "visitor_identity": host.visitor("zoe")});
    turned_away(&server, hello).await;
}

#[tokio::test]
async fn an_agent_comes_in_with_what_its_host_signed() {
    let (server, workspace, host) = with_host().await;
    workspace.agent("ann", &["help"]).await;
    let token = host.signs("agent", "ann", json!({}));
    let me = |token: String| {
        let http = server.http();
        async move { http.call("GET", "/v1/me", &token, Value::Null).await }
    };
    assert_eq!(me(token.clone()).await.expect(200).json["id"], "ann");
    let mut ann = Ws::online(server.addr, Encoding::Json, &token).await;
    let opened = workspace.open("help").await;
    assert_eq!(ann.push("conversation.assigned").await["conversation"]["id"], opened.json["id"]);
    ann.ok(json!({"type": "token.renew", "token": host.signs("agent", "ann", json!({}))})).await;
    let of_another = host.signs("agent", "bob", json!({}));
    me(of_another.clone()).await.refused(401, "unauthenticated");
    ann.refused(json!({"type": "token.renew", "token": of_another}), "unauthenticated").await;
    me(host.signs("visitor", "ann", json!({}))).await.refused(401, "unauthenticated");
    let renewal = server.http().call("POST", "/v1/me/tokens", &token, Value::Null).await;
    renewal.refused(409, "conflict");
    let other = Host::of(&workspace, "two").await;
    host.drop_key().await;
    ann.expect_close(4001).await;
    let resume = json!({"token": other.signs("agent", "ann", json!({})), "resume": ann.resume()});
    let again = Ws::hello(server.addr, Encoding::Json, resume).await;
    assert_eq!(again.welcome["resumed"], true, "by what another key has signed");
    me(token.clone()).await.refused(401, "unauthenticated");
    turned_away(&server, json!({"token": token})).await;
    assert_eq!(again.welcome["conversations"][0]["id"], opened.json["id"]);
}

#[tokio::test]
async fn signing_out_everywhere_ends_what_a_host_has_signed() {
    let (server, workspace, host) = with_host().await;
    workspace.agent("ann", &["help"]).await;
    let token = host.signs("agent", "ann", json!({}));
    let mut ann = Ws::agent(server.addr, Encoding::Json, &token).await;
    let body = json!({"everywhere": true});
    let out = server.http().call("POST", "/v1/sign-out", &token, body).await.expect(200);
    assert_eq!(out.json["sessions"], 1);
    ann.expect_close(4501).await;
    let me = server.http().call("GET", "/v1/me", &token, Value::Null).await;
    me.refused(401, "unauthenticated");
}
