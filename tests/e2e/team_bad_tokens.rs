//! Credentials that are none: changed, moved, used for what they are not, run out, revoked, and
//! tokens of hosts that nobody should take. Over HTTP 401, on a socket 4501.

use serde_json::{Value, json};

use crate::{
    matrix::{Scene, api_key, turned_away},
    people::until,
    server::{TestServer, Workspace},
    signer::{Signer, unsigned, with_secret},
    ws::{Encoding, Ws},
};

async fn http_refuses(workspace: &Workspace, bearer: &str, what: &str) {
    for path in [workspace.path("/departments"), "/v1/me".to_owned()] {
        let refused = workspace.http.call("GET", &path, bearer, Value::Null).await;
        assert_eq!(refused.status, 401, "{what}: {}", refused.text);
        let refused = refused.refused(401, "unauthenticated");
        assert!(bearer.len() < 12 || !refused.text.contains(bearer), "{what} is told back");
    }
}

/// The text with one character changed, at each of some places.
fn changed(token: &str) -> Vec<String> {
    let places = (0..token.len()).step_by(token.len() / 24 + 1).chain([token.len() - 2]);
    let change = |at: usize| {
        let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        let mut changed = token.to_owned();
        changed.replace_range(at..=at, other);
        changed
    };
    let mut all: Vec<String> = places.map(change).collect();
    all.extend([format!("{token}A"), format!("A{token}"), token[..token.len() - 1].to_owned()]);
    all.extend([token.to_uppercase(), token.replace('.', ""), format!("{token}.{token}")]);
    all
}

#[tokio::test]
async fn a_changed_credential_is_none() {
    let server = TestServer::start().await;
    let scene = Scene::set(&server).await;
    let workspace = &scene.workspace;
    let elsewhere = server.workspace().await;
    elsewhere.agent("hal", &[]).await;
    let (_, key) = api_key(workspace, &["admin"]).await;
    let token = workspace.token("hal").await;
    workspace.call("GET", "/departments", &key, Value::Null).await.expect(200);
    workspace.call("GET", "/departments", &token, Value::Null).await.expect(200);
    for credential in [&token, &key] {
        let mut forged = changed(credential);
        // Moved into another workspace, and called another kind.
        forged.push(credential.replacen(&workspace.id, &elsewhere.id, 1));
        for kind in ["at_", "sk_", "vt_", "pk_", "rk_", "it_", "rt_", "xx_"] {
            forged.push(format!("{kind}{}", &credential[3..]));
        }
        forged.retain(|forged| forged != credential);
        for forged in &forged {
            http_refuses(workspace, forged, forged).await;
        }
        for forged in forged.iter().step_by(5) {
            turned_away(&server, json!({"token": forged}), 4501).await;
        }
    }
}

#[tokio::test]
async fn a_credential_of_one_kind_is_none_of_another() {
    let server = TestServer::start().await;
    let scene = Scene::set(&server).await;
    let (hal, site_key) = (&scene.bearers[5], json!(scene.workspace.site_key));
    let visitor = &scene.visitor_token;
    for token in [visitor, &scene.workspace.site_key, &scene.workspace.root] {
        turned_away(&server, json!({"token": token}), 4501).await;
    }
    for site_key in [hal, visitor, &scene.bearers[12], &scene.workspace.root] {
        turned_away(&server, json!({"site_key": site_key}), 4501).await;
    }
    for identity in [hal, visitor, &scene.bearers[12]] {
        let hello = json!({"site_key": site_key, "visitor_identity": identity});
        turned_away(&server, hello, 4501).await;
    }
    // What is no visitor's token makes a stranger, and is no error.
    for token in [hal, &scene.bearers[12], &"x".repeat(4_000)] {
        let hello = json!({"site_key": site_key, "visitor_token": token});
        let ws = Ws::hello(server.addr, Encoding::Json, hello).await;
        assert_ne!(ws.welcome["visitor"]["id"], json!(scene.visitor_id));
        assert_eq!(ws.welcome["conversations"], json!([]));
    }
    // Neither is one that was changed.
    for token in changed(visitor).iter().step_by(3).filter(|token| *token != visitor) {
        let hello = json!({"site_key": site_key, "visitor_token": token});
        let ws = Ws::hello(server.addr, Encoding::Json, hello).await;
        assert_ne!(ws.welcome["visitor"]["id"], json!(scene.visitor_id), "{token}");
    }
}

#[tokio::test]
async fn what_has_run_out_or_was_revoked_holds_no_longer() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.admin("ada").await;
    let short = workspace.post("/agents/ada/tokens", json!({"ttl_ms": 1_000})).await;
    let short = short.text_of("token");
    let (id, key) = api_key(&workspace, &["admin"]).await;
    workspace.call("GET", "/audit", &key, Value::Null).await.expect(200);
    workspace.root("DELETE", &format!("/api_keys/{id}"), Value::Null).await.expect(204);
    workspace.call("GET", "/audit", &key, Value::Null).await.refused(401, "unauthenticated");
    http_refuses(&workspace, &key, "a revoked key").await;
    workspace
        .root("DELETE", &format!("/api_keys/{id}"), Value::Null)
        .await
        .refused(404, "not_found");
    until("the token has run out", async || {
        workspace.call("GET", "/audit", &short, Value::Null).await.status == 401
    })
    .await;
    http_refuses(&workspace, &short, "a token that has run out").await;
    turned_away(&server, json!({"token": short}), 4001).await;
    let out = workspace.token("ada").await;
    workspace.http.call("POST", "/v1/sign-out", &out, json!({})).await.expect(200);
    http_refuses(&workspace, &out, "a token that was given back").await;
    turned_away(&server, json!({"token": out}), 4501).await;
    for ttl_ms in [json!(0), json!(999), json!(u64::MAX), json!(-1), json!("1000")] {
        let asked = workspace.root("POST", "/agents/ada/tokens", json!({"ttl_ms": ttl_ms})).await;
        let refused = asked.refused(400, "bad_request");
        assert_eq!(refused.json["errors"][0]["field"], "ttl_ms", "{}", refused.text);
    }
}

/// A workspace whose host signs, and what it signs with.
struct Host {
    server: TestServer,
    workspace: Workspace,
    ed: Signer,
    ec: Signer,
    now: u64,
}

impl Host {
    async fn set() -> Self {
        let server = TestServer::start().await;
        let workspace = server.workspace().await;
        workspace.agent("ann", &[]).await;
        let (ed, ec) = (Signer::ed25519(), Signer::p256());
        workspace.post("/public_keys", ed.registration("ed")).await;
        workspace.post("/public_keys", ec.registration("ec")).await;
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Self { server, workspace, ed, ec, now: now.as_secs() }
    }

    /// Good claims, of which some are others; null takes one away.
    fn claims(&self, kind: &str, others: Value) -> String {
        let mut claims = json!({"kind": kind, "aud": self.workspace.id, "sub": "ann",
            "iat": self.now, "exp": self.now + 600});
        for (name, value) in others.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims.to_string()
    }

    /// As an agent's token and, where it is for that, as a visitor's identity.
    async fn refuses(&self, of: &dyn Fn(&str) -> String, what: &str) {
        self.refuses_with(of, 4501, what).await;
    }

    /// The same, where an agent may come back with a fresh one.
    async fn refuses_with(&self, of: &dyn Fn(&str) -> String, code: u16, what: &str) {
        http_refuses(&self.workspace, &of("agent"), what).await;
        turned_away(&self.server, json!({"token": of("agent")}), code).await;
        let site_key = &self.workspace.site_key;
        let hello = json!({"site_key": site_key, "visitor_identity": of("visitor")});
        turned_away(&self.server, hello, 4501).await;
    }

    async fn takes(&self, of: &dyn Fn(&str) -> String) {
        let me = self.workspace.http.call("GET", "/v1/me", &of("agent"), Value::Null).await;
        assert_eq!(me.expect(200).json["id"], "ann");
        let site_key = &self.workspace.site_key;
        let hello = json!({"site_key": site_key, "visitor_identity": of("visitor")});
        let ws = Ws::hello(self.server.addr, Encoding::Json, hello).await;
        assert_eq!(ws.welcome["visitor"]["verified"], true);
    }
}

const ED: &str = r#"{"alg":"EdDSA","kid":"ed"}"#;

#[tokio::test]
async fn signatures_that_are_none_are_not_taken() {
    let host = Host::set().await;
    let good = |kind: &str| host.claims(kind, json!({}));
    host.takes(&|kind| host.ed.token(ED, &good(kind))).await;
    host.takes(&|kind| host.ec.token(r#"{"alg":"ES256"}"#, &good(kind))).await;
    let pem = host.workspace.get("/public_keys").await.items()[0]["key"].clone();
    let (pem, stranger) = (pem.as_str().unwrap(), Signer::ed25519());
    for alg in ["none", "None", "NONE", "HS256", "EdDSA", "ES256", "RS256"] {
        let header = json!({"alg": alg, "kid": "ed"}).to_string();
        host.refuses(&|kind| unsigned(&header, &good(kind)), alg).await;
        // The public key as if it were a secret.
        for secret in [pem, pem.trim(), &host.ed.public()] {
            host.refuses(&|kind| with_secret(secret.as_bytes(), &header, &good(kind)), alg).await;
        }
        host.refuses(&|kind| stranger.token(&header, &good(kind)), alg).await;
    }
    for (header, what) in [
        (r#"{"alg":"ES256","kid":"ed"}"#, "another algorithm than the key's"),
        (r#"{"alg":"EdDSA","kid":"ec"}"#, "another key than it was signed with"),
        (r#"{"alg":"EdDSA","kid":"nobodys"}"#, "a key that is not registered"),
        (r#"{"alg":"EdDSA","kid":"ed","crit":["exp"]}"#, "extensions"),
        (r#"{"alg":"EdDSA","kid":"ed","b64":false}"#, "extensions"),
        (r#"{"alg":"ES256","alg":"EdDSA"}"#, "a member twice"),
        (r#"{"kid":"ed"}"#, "no algorithm"),
        ("", "no header"),
    ] {
        host.refuses(&|kind| host.ed.token(header, &good(kind)), what).await;
    }
    // A key that comes along is not looked at.
    let jwk: Value = serde_json::from_str(&stranger.public()).unwrap();
    let header = json!({"alg": "EdDSA", "jwk": jwk, "jku": "http://localhost/keys"}).to_string();
    host.refuses(&|kind| stranger.token(&header, &good(kind)), "a key of its own").await;
    let signed = host.ed.token(ED, &good("agent"));
    for changed in changed(&signed).iter().filter(|changed| **changed != signed) {
        http_refuses(&host.workspace, changed, changed).await;
    }
    host.workspace.root("DELETE", "/public_keys/ed", Value::Null).await.expect(204);
    host.refuses(&|kind| host.ed.token(ED, &good(kind)), "a key that was removed").await;
}

#[tokio::test]
async fn claims_that_are_none_are_not_taken() {
    let host = Host::set().await;
    let elsewhere = host.server.workspace().await;
    elsewhere.agent("ann", &[]).await;
    let (now, here) = (host.now, host.workspace.id.clone());
    host.takes(&|kind| host.ed.token(ED, &host.claims(kind, json!({"iat": null})))).await;
    for exp in [0, now - 1] {
        let of = |kind: &str| host.ed.token(ED, &host.claims(kind, json!({"exp": exp})));
        host.refuses_with(&of, 4001, "it has run out").await;
    }
    for others in [
        json!({"exp": null}),
        json!({"exp": -1}),
        json!({"exp": now + 25 * 3_600}),
        json!({"exp": 253_402_300_799_u64}),
        json!({"exp": u64::MAX}),
        json!({"exp": 1e300}),
        json!({"exp": (now + 600).to_string()}),
        json!({"exp": [now + 600]}),
        json!({"nbf": now + 120}),
        json!({"iat": now + 120}),
        json!({"aud": null}),
        json!({"aud": ""}),
        json!({"aud": "nobodys"}),
        json!({"aud": elsewhere.id}),
        json!({"aud": [here, elsewhere.id]}),
        json!({"aud": {"id": here}}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": 7}),
        json!({"sub": "a\nb"}),
        json!({"sub": "x".repeat(129)}),
        json!({"kind": null}),
        json!({"kind": "admin"}),
        json!({"kind": ["agent", "visitor"]}),
        json!({"name": "a\r\nb"}),
        json!({"name": "a\u{202e}b"}),
        json!({"email": "a@b\r\nBcc: x@y"}),
        json!({"name": "x".repeat(101)}),
    ] {
        let what: String = others.to_string().chars().take(80).collect();
        host.refuses(&|kind| host.ed.token(ED, &host.claims(kind, others.clone())), &what).await;
    }
    // Each for the other.
    let of = |kind: &str| host.ed.token(ED, &host.claims(kind, json!({})));
    let swapped = |kind: &str| of(if kind == "agent" { "visitor" } else { "agent" });
    host.refuses(&swapped, "the other kind").await;
    // Well signed, and nobody.
    let of = |sub: &str| host.ed.token(ED, &host.claims("agent", json!({"sub": sub})));
    http_refuses(&host.workspace, &of("nobody"), "an agent that there is not").await;
    turned_away(&host.server, json!({"token": of("nobody")}), 4501).await;
    host.workspace.agent("eve", &[]).await;
    host.workspace.root("DELETE", "/agents/eve", Value::Null).await.expect(204);
    http_refuses(&host.workspace, &of("eve"), "an agent who was removed").await;
    turned_away(&host.server, json!({"token": of("eve")}), 4503).await;
    // Elsewhere it opens nothing, whatever the path says.
    let ann = of("ann");
    elsewhere.call("GET", "/departments", &ann, Value::Null).await.refused(404, "not_found");
}
