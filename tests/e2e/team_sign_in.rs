//! Signing in: who is let in, what the others learn, and how often one may try.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use switchboard_protocol::{Limits, Rate};

use crate::{
    http::Reply,
    team::{Office, PASSWORD},
    ws::check_fields,
};

/// So slow that no test sees another one allowed.
const TWO: Rate = Rate { count: 1, per_ms: 3_600_000, burst: 2 };

async fn sign_in(office: &Office, workspace: &str, email: &str, password: &str) -> Reply {
    let body = json!({"workspace_id": workspace, "email": email, "password": password});
    office.server.http().call("POST", "/v1/sign-in", "", body).await
}

#[tokio::test]
async fn the_right_password_lets_in_for_an_hour() {
    let mut office = Office::on("custom").await;
    let ann = office.joins("ann", json!({})).await;
    let signed_in = office.try_sign_in("ANN@example.org", PASSWORD).await.expect(200);
    check_fields(&signed_in.json, &["agent", "token", "expires_at"]);
    assert_eq!(signed_in.json["agent"]["id"], ann.id);
    let token = signed_in.text_of("token");
    assert_eq!(office.me(&token).await.expect(200).json, signed_in.json["agent"]);
    let now = office.device(&token).await.ping().await["now"].as_u64().unwrap();
    let left = signed_in.json["expires_at"].as_u64().unwrap() - now;
    assert!((3_590_000..=3_600_000).contains(&left), "{left}");
}

#[tokio::test]
async fn every_failure_is_the_same() {
    let mut office = Office::on("custom").await;
    let ann = office.joins("ann", json!({})).await;
    office.workspace.agent("bob", &[]).await;
    let asleep = office.server.workspace().await;
    asleep.agent("ann", &[]).await;
    asleep.patch("", json!({"status": "suspended"})).await;
    let (here, no_id) = (office.workspace.id.clone(), "not an id");
    let wrong = sign_in(&office, &here, &ann.email, "wrong").await;
    let wrong = wrong.refused(401, "invalid_credentials");
    for (workspace, email, password) in [
        (here.as_str(), "nobody@example.org", PASSWORD),
        (&here, "bob@example.org", PASSWORD),
        (&here, "", ""),
        (&here, "no address", PASSWORD),
        (&here, &ann.email, ""),
        (&asleep.id, "ann@example.org", PASSWORD),
        ("nowhere", &ann.email, PASSWORD),
        (no_id, &ann.email, PASSWORD),
    ] {
        let other = sign_in(&office, workspace, email, password).await;
        assert_eq!((other.status, &other.text), (401, &wrong.text), "{workspace} {email}");
    }
    let half = json!({"workspace_id": here, "email": ann.email});
    office.server.http().call("POST", "/v1/sign-in", "", half).await.refused(400, "bad_request");
}

/// The median of some, each after the other.
async fn median(office: &Office, workspace: &str, email: &str) -> Duration {
    let mut all = Vec::new();
    for _ in 0..7 {
        let begin = Instant::now();
        sign_in(office, workspace, email, "wrong").await.refused(401, "invalid_credentials");
        all.push(begin.elapsed());
    }
    all.sort();
    all[3]
}

#[tokio::test]
async fn the_unknown_take_as_long_as_the_wrong() {
    let mut office = Office::on("custom").await;
    let ann = office.joins("ann", json!({})).await;
    let here = office.workspace.id.clone();
    let wrong = median(&office, &here, &ann.email).await;
    let others = [
        median(&office, &here, "nobody@example.org").await,
        median(&office, "nowhere", &ann.email).await,
    ];
    // Without the hash that is computed for nobody they would be a hundred times as fast.
    for unknown in others {
        assert!(unknown * 4 > wrong && wrong * 4 > unknown, "{unknown:?} {wrong:?}");
    }
}

#[track_caller]
fn too_often(reply: Reply) {
    let reply = reply.refused(429, "rate_limited");
    let seconds: u64 = reply.header("retry-after").parse().unwrap();
    let ms = reply.json["retry_after_ms"].as_u64().unwrap();
    assert!(seconds > 0 && seconds * 1_000 >= ms && ms > 0, "{seconds} s, {ms} ms");
}

#[tokio::test]
async fn an_account_may_be_tried_so_often() {
    let limits = Limits { sign_ins_per_account: Some(TWO), ..Limits::off() };
    let mut office = Office::with("custom", |config| config.limits = limits).await;
    let (ann, bob) = (office.joins("ann", json!({})).await, office.joins("bob", json!({})).await);
    for email in ["ann@example.org", "nobody@example.org"] {
        for _ in 0..2 {
            office.try_sign_in(email, "wrong").await.refused(401, "invalid_credentials");
        }
        too_often(office.try_sign_in(&email.to_uppercase(), "wrong").await);
    }
    too_often(office.try_sign_in(&ann.email, PASSWORD).await);
    let forgot = json!({"workspace_id": office.workspace.id, "email": ann.email});
    too_often(office.server.http().call("POST", "/v1/password/forgot", "", forgot).await);
    office.sign_in(&bob).await;
    office.me(&ann.token).await.expect(200);
}

#[tokio::test]
async fn an_address_may_try_so_often_whatever_it_tries() {
    let limits = Limits { sign_ins_per_address: Some(TWO), ..Limits::off() };
    let office = Office::with("custom", |config| {
        config.limits = limits;
        config.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let from = |address: &'static str, path: &'static str, body: Value| {
        let http = office.server.http();
        async move {
            let headers = [("x-forwarded-for", address)];
            http.send("POST", path, "", &headers, body.to_string()).await
        }
    };
    let ws = office.workspace.id.as_str();
    let accept = json!({"token": format!("it_{ws}.x"), "name": "Eve", "password": PASSWORD});
    let reset = json!({"token": format!("rt_{ws}.x"), "password": PASSWORD});
    let forgot = json!({"workspace_id": ws, "email": "a@example.org"});
    let sign_in = json!({"workspace_id": ws, "email": "a@example.org", "password": "wrong"});
    let calls = [
        ("/v1/invites/accept", accept),
        ("/v1/password/reset", reset),
        ("/v1/password/forgot", forgot),
        ("/v1/sign-in", sign_in),
    ];
    for (path, body) in &calls[..2] {
        from("192.0.2.1", path, body.clone()).await.refused(401, "unauthenticated");
    }
    for (path, body) in calls.clone() {
        too_often(from("192.0.2.1", path, body).await);
    }
    from("192.0.2.2", calls[0].0, calls[0].1.clone()).await.refused(401, "unauthenticated");
    // A /64 is one address.
    for (address, status) in [("2001:db8::1", 401), ("2001:db8::2", 401), ("2001:db8::3", 429)] {
        assert_eq!(from(address, calls[0].0, calls[0].1.clone()).await.status, status);
    }
}
