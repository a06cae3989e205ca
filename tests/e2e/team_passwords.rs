//! Passwords: changed, set by an admin, forgotten.

use serde_json::{Value, json};

use crate::{
    http::Reply,
    team::{Member, Office, PASSWORD, link_of},
};

const NEW: &str = "another long password";

async fn change(office: &Office, member: &Member, bearer: &str, password: &str) -> Reply {
    let path = format!("/agents/{}", member.id);
    office.workspace.call("PATCH", &path, bearer, json!({"password": password})).await
}

async fn forgot(office: &Office, email: &str) -> Reply {
    let body = json!({"workspace_id": office.workspace.id, "email": email});
    office.server.http().call("POST", "/v1/password/forgot", "", body).await
}

async fn reset(office: &Office, link: &str, password: &str) -> Reply {
    let body = json!({"token": link, "password": password});
    office.server.http().call("POST", "/v1/password/reset", "", body).await
}

#[tokio::test]
async fn who_changes_its_own_stays_in_here_and_nowhere_else() {
    let mut office = Office::on("custom").await;
    let ann = office.joins("ann", json!({})).await;
    let phone = office.sign_in(&ann).await;
    let (mut here, mut there) = (office.device(&ann.token).await, office.device(&phone).await);
    change(&office, &ann, &ann.token, NEW).await.expect(200);
    there.expect_close(4501).await;
    here.ping().await;
    office.me(&phone).await.refused(401, "unauthenticated");
    office.me(&ann.token).await.expect(200);
    office.try_sign_in(&ann.email, PASSWORD).await.refused(401, "invalid_credentials");
    office.try_sign_in(&ann.email, NEW).await.expect(200);
    // Who stays in stays in: also with what the token is renewed into.
    let http = office.server.http();
    let renewed = http.call("POST", "/v1/me/tokens", &ann.token, Value::Null).await.expect(201);
    let renewed = renewed.text_of("token");
    office.me(&renewed).await.expect(200);
    here.ok(json!({"type": "token.renew", "token": renewed})).await;
}

#[tokio::test]
async fn who_is_set_one_by_an_admin_is_out_everywhere() {
    let mut office = Office::on("custom").await;
    let ada = office.joins("ada", json!({"role": "admin"})).await;
    let ann = office.joins("ann", json!({})).await;
    let bob = office.joins("bob", json!({})).await;
    let mut socket = office.device(&ann.token).await;
    change(&office, &ann, &bob.token, NEW).await.refused(403, "forbidden");
    for bad in ["short", &"x".repeat(1_025)] {
        change(&office, &ann, &ada.token, bad).await.refused(400, "bad_request");
    }
    socket.ping().await;
    let changed = change(&office, &ann, &ada.token, NEW).await.expect(200);
    assert!(!changed.text.contains("password"), "{}", changed.text);
    socket.expect_close(4501).await;
    office.me(&ann.token).await.refused(401, "unauthenticated");
    office.me(&ada.token).await.expect(200);
    office.try_sign_in(&ann.email, NEW).await.expect(200);
}

#[tokio::test]
async fn an_agent_who_was_made_without_one_is_set_one() {
    let mut office = Office::on("custom").await;
    office.workspace.agent("ann", &[]).await;
    office.try_sign_in("ann@example.org", "").await.refused(401, "invalid_credentials");
    forgot(&office, "ann@example.org").await.expect(200);
    let link = link_of(&office.mail_to("ann@example.org").await, "reset");
    reset(&office, &link, NEW).await.expect(200);
    office.try_sign_in("ann@example.org", NEW).await.expect(200);
}

#[tokio::test]
async fn a_forgotten_one_is_set_by_a_link_once() {
    let mut office = Office::on("custom").await;
    let ann = office.joins("ann", json!({})).await;
    let mut socket = office.device(&ann.token).await;
    let known = forgot(&office, "Ann@Example.org").await.expect(200);
    let text = office.mail_to(&ann.email).await;
    assert!(text.contains("Account: ann\n") && text.contains("Workspace: A workspace\n"), "{text}");
    let first = link_of(&text, "reset");
    // Who is unknown is answered the same, and nobody gets a mail; who is known gets one more.
    let unknown = forgot(&office, "nobody@example.org").await.expect(200);
    assert_eq!(unknown.text, known.text);
    forgot(&office, &ann.email).await.expect(200);
    let second = link_of(&office.mail_to(&ann.email).await, "reset");
    reset(&office, &first, NEW).await.refused(401, "unauthenticated");
    reset(&office, &second, "short").await.refused(400, "bad_request");
    socket.ping().await;
    let back = reset(&office, &second, NEW).await.expect(200);
    assert_eq!(back.json["agent"]["id"], ann.id);
    socket.expect_close(4501).await;
    office.me(&ann.token).await.refused(401, "unauthenticated");
    office.me(&back.text_of("token")).await.expect(200);
    reset(&office, &second, "yet another one").await.refused(401, "unauthenticated");
    office.try_sign_in(&ann.email, NEW).await.expect(200);
    assert!(office.mails.received_no_more());
}

#[tokio::test]
async fn a_link_of_one_kind_is_none_of_the_other_and_dies_with_its_agent() {
    let mut office = Office::on("custom").await;
    let ann = office.joins("ann", json!({})).await;
    let (_, invite) = office.invite("bob@example.org", json!({})).await;
    forgot(&office, &ann.email).await.expect(200);
    let link = link_of(&office.mail_to(&ann.email).await, "reset");
    office.accept(&link, "Eve").await.refused(401, "unauthenticated");
    office.accept(&link.replacen("rt_", "it_", 1), "Eve").await.refused(401, "unauthenticated");
    reset(&office, &invite, NEW).await.refused(401, "unauthenticated");
    reset(&office, &invite.replacen("it_", "rt_", 1), NEW).await.refused(401, "unauthenticated");
    reset(&office, "rt_nowhere.x", NEW).await.refused(401, "unauthenticated");
    let path = format!("/agents/{}", ann.id);
    office.workspace.root("DELETE", &path, Value::Null).await.expect(204);
    reset(&office, &link, NEW).await.refused(401, "unauthenticated");
}
