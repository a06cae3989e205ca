//! What a team cannot be made of: addresses, names, ids, keys and lists that are none. Each is a
//! clear problem that names the field, and changes nothing.

use serde_json::{Value, json};

use crate::{
    http::Reply,
    matrix::{Scene, api_key, public_key},
    server::{TestServer, Workspace},
};

/// A refusal of one field.
#[track_caller]
fn names(reply: Reply, field: &str, what: &str) {
    assert_eq!(reply.status, 400, "{what}: {}", reply.text);
    let reply = reply.refused(400, "bad_request");
    assert_eq!(reply.json["errors"][0]["field"], field, "{what}: {}", reply.text);
    assert!(reply.text.len() < 2_000, "{what}: it does not repeat what was sent");
}

fn bad_addresses() -> Vec<String> {
    let mut bad: Vec<String> = [
        "",
        " ",
        "a",
        "@",
        "@b",
        "a@",
        "a@b@c",
        "a b@c",
        " a@b",
        "a@b ",
        "a@.b",
        "a@b.",
        "a@b..c",
        "<a@b>",
        "Ann <a@b>",
        "\"a b\"@c",
        "a@[127.0.0.1]",
        "a,b@c",
        "a;b@c",
        "a@b\r\nBcc: x@y",
        "a@b\nX: y",
        "a\r@b",
        "a\u{0}@b",
        "a\u{1b}@b",
        "a@b\u{85}",
        "a\u{a0}@b",
        "a@b\u{202e}c",
        "a\u{2066}@b",
        "a\u{200e}@b",
        "a@b\u{200f}",
        "a\u{61c}@b",
        "a\u{2028}@b",
        "a\u{200b}nn@b",
        "a\u{feff}@b",
        "a\u{ad}@b",
        "a\u{2060}@b",
        "a\u{200c}@b",
        "a\u{200d}@b",
    ]
    .map(str::to_owned)
    .to_vec();
    bad.push(format!("{}@example.org", "a".repeat(243)));
    bad.push(format!("a@{}", "b".repeat(200_000)));
    bad
}

fn bad_names() -> Vec<String> {
    let mut bad: Vec<String> = [
        "",
        "   ",
        "\r\n",
        "a\r\nBcc: x@example.org",
        "a\nb",
        "a\tb",
        "a\u{0}b",
        "a\u{7}b",
        "a\u{1b}[31mb",
        "a\u{7f}b",
        "a\u{85}b",
        "a\u{202a}b",
        "a\u{202e}gro.live",
        "a\u{2066}b",
        "a\u{2069}b",
        "a\u{200e}b",
        "a\u{200f}b",
        "a\u{61c}b",
        "a\u{2028}b",
        "a\u{2029}b",
        "a\u{200b}b",
        "a\u{feff}b",
    ]
    .map(str::to_owned)
    .to_vec();
    bad.push("ä".repeat(101));
    bad.push("a".repeat(200_000));
    bad
}

async fn set() -> (TestServer, Workspace, String) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let ada = workspace.admin("ada").await;
    workspace.agent("ann", &[]).await;
    workspace.department("sales").await;
    (server, workspace, ada)
}

async fn told(workspace: &Workspace) -> Vec<Value> {
    let mut told = Vec::new();
    for part in ["", "/agents", "/departments", "/invites", "/api_keys", "/public_keys", "/audit"] {
        told.push(workspace.get(part).await.json);
    }
    told
}

#[tokio::test]
async fn addresses_that_are_none_are_refused_wherever_they_are_told() {
    let (server, workspace, ada) = set().await;
    let before = told(&workspace).await;
    for bad in bad_addresses() {
        let shown: String = format!("{bad:?}").chars().take(60).collect();
        let one = json!({"email": bad, "name": "x"});
        for (method, path) in [("POST", "/agents"), ("PATCH", "/agents/ann"), ("POST", "/invites")]
        {
            let refused = workspace.call(method, path, &ada, one.clone()).await;
            names(refused, "email", &format!("{method} {path} {shown}"));
        }
        let many = json!({"invites": [{"email": "good@example.org"}, {"email": bad}]});
        let refused = workspace.call("POST", "/invites", &ada, many).await;
        names(refused, "invites.1.email", &shown);
        let account = json!({"workspace_id": workspace.id, "email": bad, "password": "12345678"});
        let forgot = server.http().call("POST", "/v1/password/forgot", "", account.clone()).await;
        names(forgot, "email", &shown);
        // Every failure to sign in is like every other.
        let sign_in = server.http().call("POST", "/v1/sign-in", "", account).await;
        sign_in.refused(401, "invalid_credentials");
    }
    assert_eq!(told(&workspace).await, before);
    assert!(!server.data_dir().join("outbox").exists(), "and nobody is written to");
}

#[tokio::test]
async fn names_that_are_none_are_refused_wherever_they_are_given() {
    let (server, workspace, ada) = set().await;
    workspace.post("/invites", json!({"email": "ida@example.org"})).await;
    let invite = crate::matrix::link_token(server.data_dir(), "ida@example.org", "join").await;
    crate::people::until("the mail is sent", async || {
        workspace.get("/invites").await.items()[0]["state"] == "sent"
    })
    .await;
    let before = told(&workspace).await;
    for bad in bad_names() {
        let shown: String = format!("{bad:?}").chars().take(60).collect();
        let body = json!({"name": bad, "email": "new@example.org", "scopes": ["admin"]});
        for (method, path) in [
            ("POST", "/agents"),
            ("PATCH", "/agents/ann"),
            ("POST", "/departments"),
            ("PATCH", "/departments/sales"),
            ("POST", "/api_keys"),
            ("PATCH", ""),
        ] {
            let refused = workspace.call(method, path, &ada, body.clone()).await;
            names(refused, "name", &format!("{method} {path} {shown}"));
        }
        let made = server.root("POST", "/v1/workspaces", json!({"name": bad, "plan": "pro"})).await;
        names(made, "name", &shown);
        let accept = json!({"token": invite, "name": bad, "password": "12345678"});
        names(server.http().call("POST", "/v1/invites/accept", "", accept).await, "name", &shown);
    }
    assert_eq!(told(&workspace).await, before);
    // The invite is still good: with a name.
    let accept = json!({"token": invite, "name": " Ida 🎈 ", "password": "12345678"});
    let joined = server.http().call("POST", "/v1/invites/accept", "", accept).await.expect(201);
    assert_eq!(joined.json["agent"]["name"], "Ida 🎈");
}

#[tokio::test]
async fn an_id_or_address_is_somebodys_once() {
    let (server, workspace, ada) = set().await;
    workspace.agent("eve", &[]).await;
    workspace.root("DELETE", "/agents/eve", Value::Null).await.expect(204);
    workspace.department("gone").await;
    workspace.root("DELETE", "/departments/gone", Value::Null).await.expect(204);
    workspace.post("/public_keys", public_key("host")).await;
    workspace.post("/invites", json!({"email": "ida@example.org"})).await;
    crate::matrix::link_token(server.data_dir(), "ida@example.org", "join").await;
    crate::people::until("the mail is sent", async || {
        workspace.get("/invites").await.items()[0]["state"] == "sent"
    })
    .await;
    let before = told(&workspace).await;
    let agent = |id: &str, email: &str| json!({"id": id, "name": "x", "email": email});
    for (path, body, code) in [
        ("/agents", agent("ann", "new@example.org"), "id_taken"),
        ("/agents", agent("eve", "new@example.org"), "id_taken"),
        ("/agents", agent("new", "ann@example.org"), "already_member"),
        ("/agents", agent("new", "ANN@Example.ORG"), "already_member"),
        ("/departments", json!({"id": "sales", "name": "x"}), "id_taken"),
        ("/departments", json!({"id": "gone", "name": "x"}), "id_taken"),
        ("/public_keys", public_key("host"), "id_taken"),
        ("/invites", json!({"email": "Ann@example.org"}), "already_member"),
        ("/invites", json!({"email": "IDA@example.org"}), "already_invited"),
    ] {
        workspace.call("POST", path, &ada, body).await.refused(409, code);
    }
    let taken = json!({"email": "ADA@example.org"});
    workspace.call("PATCH", "/agents/ann", &ada, taken).await.refused(409, "already_member");
    let same = json!({"id": workspace.id, "name": "x", "plan": "free"});
    server.root("POST", "/v1/workspaces", same).await.refused(409, "id_taken");
    for bad in ["", "a b", "a/b", "ä", "a\r\n", "..", &"x".repeat(65), &"x".repeat(100_000)] {
        for path in ["/agents", "/departments", "/public_keys"] {
            let key = public_key("host")["key"].clone();
            let body = json!({"id": bad, "name": "x", "email": "new@example.org",
                "algorithm": "EdDSA", "key": key});
            names(workspace.call("POST", path, &ada, body).await, "id", path);
        }
    }
    assert_eq!(told(&workspace).await, before);
}

#[tokio::test]
async fn what_is_another_workspaces_is_not_there() {
    let server = TestServer::start().await;
    let theirs = Scene::set(&server).await;
    let ours = server.workspace().await;
    let ada = ours.admin("alice").await;
    ours.department("ours").await;
    let (_, key) = api_key(&ours, &["admin"]).await;
    let before = theirs.told().await;
    let (conversation, visitor) = (&theirs.held, &theirs.visitor_id);
    for (method, path, body) in [
        ("GET", "/agents/hal".to_owned(), Value::Null),
        ("PATCH", "/agents/hal".to_owned(), json!({"name": "x", "password": "12345678"})),
        ("DELETE", "/agents/hal".to_owned(), Value::Null),
        ("PUT", "/agents/hal/availability".to_owned(), json!({"availability": "away"})),
        ("POST", "/agents/hal/tokens".to_owned(), json!({})),
        ("GET", "/departments/sales".to_owned(), Value::Null),
        ("PATCH", "/departments/sales".to_owned(), json!({"name": "x"})),
        ("DELETE", "/departments/sales".to_owned(), Value::Null),
        ("PUT", "/departments/sales/members/alice".to_owned(), Value::Null),
        ("PUT", "/departments/ours/members/hal".to_owned(), Value::Null),
        ("DELETE", "/departments/ours/members/hal".to_owned(), Value::Null),
        ("DELETE", format!("/invites/{}", theirs.invite), Value::Null),
        ("POST", format!("/invites/{}/resend", theirs.invite), json!({})),
        ("POST", "/invites".to_owned(), json!({"email": "x@y", "department_ids": ["sales"]})),
        (
            "POST",
            "/agents".to_owned(),
            json!({"email": "x@y", "name": "x", "department_ids": ["sales"]}),
        ),
        ("DELETE", format!("/api_keys/{}", theirs.api_key), Value::Null),
        ("DELETE", format!("/public_keys/{}", theirs.public_key), Value::Null),
        ("GET", format!("/conversations/{conversation}"), Value::Null),
        ("GET", format!("/conversations/{conversation}/explain"), Value::Null),
        ("POST", format!("/conversations/{conversation}/close"), json!({})),
        ("POST", format!("/conversations/{conversation}/assign"), json!({"agent_id": "alice"})),
        (
            "POST",
            format!("/conversations/{conversation}/transfer"),
            json!({"department_id": "ours"}),
        ),
        ("POST", "/conversations".to_owned(), json!({"department_id": "sales"})),
        ("POST", "/conversations".to_owned(), json!({"visitor": {"id": visitor}})),
        ("DELETE", format!("/visitors/{visitor}"), Value::Null),
    ] {
        for bearer in [&ada, &key, &ours.root] {
            let refused = ours.call(method, &path, bearer, body.clone()).await;
            assert_eq!(refused.status, 404, "{method} {path}: {}", refused.text);
            refused.refused(404, "not_found");
        }
    }
    assert_eq!(theirs.told().await, before);
    assert!(ours.get("/conversations").await.items().is_empty());
    assert_eq!(ours.get("/agents").await.ids(), ["alice"]);
}

#[tokio::test]
async fn a_key_has_a_name_and_scopes_that_there_are() {
    let (_server, workspace, ada) = set().await;
    let before = told(&workspace).await;
    for (scopes, field) in [
        (json!([]), "scopes"),
        (json!(["all"]), "scopes.0"),
        (json!(["admin", "Admin"]), "scopes.1"),
        (json!("admin"), "scopes"),
        (json!(null), "scopes"),
        (json!(["admin", 7]), "scopes.1"),
    ] {
        let body = json!({"name": "x", "scopes": scopes});
        let refused = workspace.call("POST", "/api_keys", &ada, body).await;
        let named = refused.json["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
        assert!(field.starts_with(&named) && !named.is_empty(), "{scopes}: {}", refused.text);
        refused.refused(400, "bad_request");
    }
    for old_valid_ms in [json!(-1), json!(u64::MAX), json!("1"), json!(1.5)] {
        let body = json!({"old_valid_ms": old_valid_ms});
        let refused = workspace.call("POST", "/site_key/rotate", &ada, body).await;
        names(refused, "old_valid_ms", "");
    }
    assert_eq!(told(&workspace).await, before);
}

#[tokio::test]
async fn weak_and_wrong_public_keys_are_refused_and_the_eleventh() {
    let (_server, workspace, ada) = set().await;
    let encode = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
    let rsa = |bytes: usize, e: &[u8]| {
        json!({"kty": "RSA", "n": encode(&vec![0xd1; bytes]), "e": encode(e)}).to_string()
    };
    let ed = |x: [u8; 32]| json!({"kty": "OKP", "crv": "Ed25519", "x": encode(&x)}).to_string();
    let one = {
        let mut one = [0; 32];
        one[0] = 1;
        one
    };
    let off = json!({"kty": "EC", "crv": "P-256", "x": encode(&[7; 32]), "y": encode(&[9; 32])});
    let p384 = json!({"kty": "EC", "crv": "P-384", "x": encode(&[7; 48]), "y": encode(&[9; 48])});
    let secret = json!({"kty": "oct", "k": encode(&[7; 32])});
    let good = public_key("x")["key"].as_str().unwrap().to_owned();
    let private = good.replace("PUBLIC", "PRIVATE");
    let with_private =
        json!({"kty": "OKP", "crv": "Ed25519", "x": encode(&[7; 32]), "d": encode(&[7; 32])});
    for (algorithm, key) in [
        ("RS256", rsa(128, &[1, 0, 1])),
        ("RS256", rsa(255, &[1, 0, 1])),
        ("RS256", rsa(1_025, &[1, 0, 1])),
        ("RS256", rsa(256, &[1])),
        ("RS256", rsa(256, &[2])),
        ("EdDSA", ed([0; 32])),
        ("EdDSA", ed(one)),
        ("EdDSA", with_private.to_string()),
        ("EdDSA", private),
        ("EdDSA", good.replace("PUBLIC KEY", "CERTIFICATE")),
        ("EdDSA", good.repeat(2)),
        ("EdDSA", good.trim_end().trim_end_matches('-').to_owned()),
        ("EdDSA", "https://example.org/keys.json".to_owned()),
        ("EdDSA", String::new()),
        ("EdDSA", "A".repeat(8_193)),
        ("ES256", off.to_string()),
        ("ES256", p384.to_string()),
        ("ES256", good.clone()),
        ("RS256", good.clone()),
        ("EdDSA", secret.to_string()),
    ] {
        let body = json!({"id": "host", "algorithm": algorithm, "key": key});
        let refused = workspace.call("POST", "/public_keys", &ada, body).await;
        names(refused, "key", &format!("{algorithm} {key:.80}"));
    }
    for algorithm in ["none", "HS256", "RS512", "PS256", "ES384", "eddsa", ""] {
        let body = json!({"id": "host", "algorithm": algorithm, "key": good});
        names(workspace.call("POST", "/public_keys", &ada, body).await, "algorithm", algorithm);
    }
    assert!(workspace.get("/public_keys").await.items().is_empty());
    for number in 0..10 {
        workspace.post("/public_keys", public_key(&format!("host-{number}"))).await;
    }
    let eleventh = workspace.call("POST", "/public_keys", &ada, public_key("host-10")).await;
    eleventh.refused(409, "conflict");
    assert_eq!(workspace.get("/public_keys").await.items().len(), 10);
    workspace.root("DELETE", "/public_keys/host-3", Value::Null).await.expect(204);
    workspace.call("POST", "/public_keys", &ada, public_key("host-10")).await.expect(201);
}
