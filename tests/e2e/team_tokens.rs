//! Agents' tokens: given back, renewed, ended.

use serde_json::{Value, json};

use crate::{
    http::Reply,
    team::{Member, Office},
    ws::check_fields,
};

async fn sign_out(office: &Office, token: &str, body: Value) -> Reply {
    office.server.http().call("POST", "/v1/sign-out", token, body).await
}

async fn renew(office: &Office, token: &str) -> Reply {
    office.server.http().call("POST", "/v1/me/tokens", token, Value::Null).await
}

async fn short(office: &Office, member: &Member, ttl_ms: u64) -> Reply {
    let path = format!("/agents/{}/tokens", member.id);
    office.workspace.post(&path, json!({"ttl_ms": ttl_ms})).await
}

#[tokio::test]
async fn a_token_that_is_given_back_is_void_and_no_other() {
    let mut office = Office::on("custom").await;
    let ann = office.joins("ann", json!({})).await;
    let phone = office.sign_in(&ann).await;
    let (mut here, mut there) = (office.device(&ann.token).await, office.device(&phone).await);
    let mut also = office.device(&phone).await;
    let out = sign_out(&office, &phone, Value::Null).await.expect(200);
    assert_eq!(out.json, json!({"sessions": 2}));
    there.expect_close(4501).await;
    also.expect_close(4501).await;
    office.me(&phone).await.refused(401, "unauthenticated");
    sign_out(&office, &phone, Value::Null).await.refused(401, "unauthenticated");
    here.ping().await;
    here.refused(json!({"type": "token.renew", "token": phone}), "unauthenticated").await;
    office.me(&ann.token).await.expect(200);
    office.server.restart().await;
    office.me(&phone).await.refused(401, "unauthenticated");
    office.me(&ann.token).await.expect(200);
}

#[tokio::test]
async fn signing_out_everywhere_is_everywhere() {
    let mut office = Office::on("custom").await;
    let (ann, bob) = (office.joins("ann", json!({})).await, office.joins("bob", json!({})).await);
    let tokens = [
        ann.token.clone(),
        office.sign_in(&ann).await,
        short(&office, &ann, 60_000).await.text_of("token"),
        renew(&office, &ann.token).await.expect(201).text_of("token"),
    ];
    let mut sockets = Vec::new();
    for token in &tokens {
        sockets.push(office.device(token).await);
    }
    let mut other = office.device(&bob.token).await;
    let out = sign_out(&office, &tokens[1], json!({"everywhere": true})).await.expect(200);
    assert_eq!(out.json["sessions"], 4);
    for (mut socket, token) in sockets.into_iter().zip(&tokens) {
        socket.expect_close(4501).await;
        office.me(token).await.refused(401, "unauthenticated");
    }
    other.ping().await;
    office.me(&office.sign_in(&ann).await).await.expect(200);
}

#[tokio::test]
async fn who_is_nobody_has_nothing_to_give_back_or_to_renew() {
    let office = Office::on("custom").await;
    let root = office.server.root.clone();
    let body = json!({"name": "all", "scopes": ["admin"]});
    let key = office.workspace.post("/api_keys", body).await.text_of("secret");
    sign_out(&office, "", Value::Null).await.refused(401, "unauthenticated");
    sign_out(&office, &root, Value::Null).await.refused(404, "not_found");
    renew(&office, &root).await.refused(404, "not_found");
    sign_out(&office, &key, Value::Null).await.refused(403, "forbidden");
    renew(&office, &key).await.refused(403, "forbidden");
}

#[tokio::test]
async fn a_token_is_renewed_for_as_long_and_put_in_place_on_the_socket() {
    let mut office = Office::on("custom").await;
    let ann = office.joins("ann", json!({})).await;
    let minted = short(&office, &ann, 2_000).await;
    let token = minted.text_of("token");
    let (mut renews, mut ends) = (office.device(&token).await, office.device(&token).await);
    let told = renews.push("token.expiring").await;
    assert_eq!(told["expires_at"], minted.json["expires_at"]);
    let other = short(&office, &ann, 3_600_000).await.text_of("token");
    let renewed = renew(&office, &other).await.expect(201);
    check_fields(&renewed.json, &["token", "expires_at"]);
    assert_ne!(renewed.text_of("token"), other);
    let as_short = renew(&office, &token).await.expect(201).json["expires_at"].as_u64().unwrap();
    let first = minted.json["expires_at"].as_u64().unwrap();
    assert!((first..=first + 2_500).contains(&as_short), "{first} {as_short}");
    let body = json!({"type": "token.renew", "token": renewed.text_of("token")});
    assert_eq!(renews.ok(body).await["expires_at"], renewed.json["expires_at"]);
    ends.expect_close(4001).await;
    renews.ping().await;
    renew(&office, &token).await.refused(401, "unauthenticated");
    // The old one was not given back: it holds until its own end.
    office.me(&other).await.expect(200);
    sign_out(&office, &renewed.text_of("token"), Value::Null).await.expect(200);
    renews.expect_close(4501).await;
}

#[tokio::test]
async fn an_agent_that_is_removed_is_out_at_once() {
    let mut office = Office::on("custom").await;
    let ada = office.joins("ada", json!({"role": "admin"})).await;
    let ann = office.joins("ann", json!({})).await;
    let mut socket = office.device(&ann.token).await;
    let path = format!("/agents/{}", ann.id);
    office.workspace.call("DELETE", &path, &ada.token, Value::Null).await.expect(204);
    socket.expect_close(4503).await;
    office.me(&ann.token).await.refused(401, "unauthenticated");
    renew(&office, &ann.token).await.refused(401, "unauthenticated");
    office.try_sign_in(&ann.email, crate::team::PASSWORD).await.refused(401, "invalid_credentials");
    assert_eq!(office.seats().await, 1);
    // The same address may be asked again: it is somebody else.
    let again = office.joins("ann", json!({})).await;
    assert_ne!(again.id, ann.id);
    office.me(&ann.token).await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn rights_are_those_of_now_whatever_the_token_says() {
    let mut office = Office::on("custom").await;
    let ada = office.joins("ada", json!({"role": "admin"})).await;
    let ann = office.joins("ann", json!({})).await;
    let path = format!("/agents/{}", ann.id);
    let audit = |token: String| {
        let workspace = office.workspace.clone();
        async move { workspace.call("GET", "/audit", &token, Value::Null).await }
    };
    audit(ann.token.clone()).await.refused(403, "forbidden");
    let role = |role: &str| json!({"role": role});
    office.workspace.call("PATCH", &path, &ada.token, role("admin")).await.expect(200);
    audit(ann.token.clone()).await.expect(200);
    let other = format!("/agents/{}", ada.id);
    office.workspace.call("PATCH", &other, &ann.token, role("agent")).await.expect(200);
    audit(ada.token.clone()).await.refused(403, "forbidden");
    let last = office.workspace.call("PATCH", &path, &ann.token, role("agent")).await;
    last.refused(409, "last_admin");
    office
        .server
        .http()
        .call("DELETE", "/v1/me", &ann.token, Value::Null)
        .await
        .refused(409, "last_admin");
    office.server.http().call("DELETE", "/v1/me", &ada.token, Value::Null).await.expect(204);
}
