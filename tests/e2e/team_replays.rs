//! Links of mails, used as they should not be: twice, at once, late, changed.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    http::Reply,
    matrix::link_token,
    server::{TestServer, Workspace},
};

const PASSWORD: &str = "a password of ida's";

struct Mailed {
    server: TestServer,
    workspace: Workspace,
}

impl Mailed {
    async fn set() -> Self {
        let server = TestServer::start().await;
        let workspace = server.workspace().await;
        workspace.admin("ada").await;
        workspace.patch("", json!({"limits": {"seats": 3}})).await;
        Self { server, workspace }
    }

    /// Invites somebody: the invite's id, and the token of the mail.
    async fn invite(&self, email: &str) -> (String, String) {
        let id = self.workspace.post("/invites", json!({"email": email})).await.text_of("id");
        (id, link_token(self.server.data_dir(), email, "join").await)
    }

    async fn accept(&self, token: &str) -> Reply {
        let body = json!({"token": token, "name": "Ida", "password": PASSWORD});
        self.server.http().call("POST", "/v1/invites/accept", "", body).await
    }

    async fn reset(&self, token: &str, password: &str) -> Reply {
        let body = json!({"token": token, "password": password});
        self.server.http().call("POST", "/v1/password/reset", "", body).await
    }

    /// Asks for a link to set a password; gives its token, another than before.
    async fn forgot(&self, email: &str, before: &str) -> String {
        let body = json!({"workspace_id": self.workspace.id, "email": email});
        self.server.http().call("POST", "/v1/password/forgot", "", body).await.expect(200);
        self.newer(email, "reset", before).await
    }

    async fn newer(&self, email: &str, kind: &str, before: &str) -> String {
        loop {
            let token = link_token(self.server.data_dir(), email, kind).await;
            if token != before {
                return token;
            }
            tokio::task::yield_now().await;
        }
    }

    async fn agents(&self) -> Vec<String> {
        self.workspace.get("/agents").await.ids()
    }

    async fn sign_in(&self, password: &str) -> u16 {
        let body = json!({"workspace_id": self.workspace.id, "email": "ada@example.org",
            "password": password});
        self.server.http().call("POST", "/v1/sign-in", "", body).await.status
    }
}

#[tokio::test]
async fn an_invite_is_accepted_once() {
    let mailed = Mailed::set().await;
    let (id, token) = mailed.invite("ida@example.org").await;
    mailed.accept(&token).await.expect(201);
    let agents = mailed.agents().await;
    for _ in 0..2 {
        mailed.accept(&token).await.refused(401, "unauthenticated");
    }
    let resend = format!("/invites/{id}/resend");
    mailed.workspace.root("POST", &resend, json!({})).await.refused(409, "conflict");
    assert_eq!(mailed.agents().await, agents);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_accept_at_once_one_joins() {
    let mailed = Mailed::set().await;
    for round in 0..3 {
        let (_, token) = mailed.invite(&format!("ida{round}@example.org")).await;
        let before = mailed.agents().await.len();
        let (http, tries) = (mailed.server.http(), 0..4);
        let tries = tries.map(|number| {
            let body =
                json!({"token": token, "name": format!("Ida {number}"), "password": PASSWORD});
            tokio::spawn(async move { http.call("POST", "/v1/invites/accept", "", body).await })
        });
        let answers: Vec<Reply> =
            join_all(tries).await.into_iter().map(|answer| answer.unwrap()).collect();
        let joined: Vec<&Reply> = answers.iter().filter(|answer| answer.status == 201).collect();
        let [joined] = joined[..] else { panic!("{answers:#?}") };
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            answer.clone().refused(401, "unauthenticated");
        }
        assert_eq!(mailed.agents().await.len(), before + 1);
        let id = joined.json["agent"]["id"].as_str().unwrap();
        let path = format!("/agents/{id}");
        mailed.workspace.root("DELETE", &path, Value::Null).await.expect(204);
    }
}

#[tokio::test]
async fn an_invite_that_was_revoked_or_sent_again_opens_nothing() {
    let mailed = Mailed::set().await;
    let (id, revoked) = mailed.invite("ida@example.org").await;
    let path = format!("/invites/{id}");
    mailed.workspace.root("DELETE", &path, Value::Null).await.expect(204);
    mailed.accept(&revoked).await.refused(401, "unauthenticated");
    mailed.workspace.root("DELETE", &path, Value::Null).await.refused(404, "not_found");
    let resend = format!("{path}/resend");
    mailed.workspace.root("POST", &resend, json!({})).await.refused(404, "not_found");
    let (id, old) = mailed.invite("bob@example.org").await;
    let resend = format!("/invites/{id}/resend");
    mailed.workspace.root("POST", &resend, json!({})).await.expect(200);
    let new = mailed.newer("bob@example.org", "join", &old).await;
    mailed.accept(&old).await.refused(401, "unauthenticated");
    assert_eq!(mailed.agents().await, ["ada"]);
    mailed.accept(&new).await.expect(201);
}

#[tokio::test]
async fn a_link_that_was_changed_opens_nothing() {
    let mailed = Mailed::set().await;
    let elsewhere = mailed.server.workspace().await;
    let (_, token) = mailed.invite("ida@example.org").await;
    mailed.workspace.patch("/agents/ada", json!({"password": PASSWORD})).await;
    let reset = mailed.forgot("ada@example.org", "").await;
    for (token, is_invite) in [(&token, true), (&reset, false)] {
        let at = token.len() - 2;
        let last = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        for forged in [
            String::new(),
            "it_".to_owned(),
            format!("it_{}", mailed.workspace.id),
            format!("{}{last}{}", &token[..at], &token[at + 1..]),
            format!("{token}A"),
            token[..at].to_owned(),
            format!("{}{}", if is_invite { "rt_" } else { "it_" }, &token[3..]),
            token.replacen(&mailed.workspace.id, &elsewhere.id, 1),
            token.replacen(&mailed.workspace.id, "nobodys", 1),
            "x".repeat(100_000),
        ] {
            // As what it is, and as the other kind of link.
            for refused in
                [mailed.accept(&forged).await, mailed.reset(&forged, "other words").await]
            {
                assert_eq!(refused.status, 401, "{forged:.60}: {}", refused.text);
                refused.refused(401, "unauthenticated");
            }
        }
    }
    mailed.accept(&reset).await.refused(401, "unauthenticated");
    mailed.reset(&token, "other words").await.refused(401, "unauthenticated");
    assert_eq!(mailed.agents().await, ["ada"]);
    assert_eq!(mailed.sign_in(PASSWORD).await, 200, "nothing has changed");
    // Too short or too long a password leaves the link as good as it was.
    for bad in ["", "seven77", &"x".repeat(1_025)] {
        let refused = mailed.reset(&reset, bad).await.refused(400, "bad_request");
        assert_eq!(refused.json["errors"][0]["field"], "password");
        let body = json!({"token": token, "name": "Ida", "password": bad});
        let refused = mailed.server.http().call("POST", "/v1/invites/accept", "", body).await;
        let refused = refused.refused(400, "bad_request");
        assert_eq!(refused.json["errors"][0]["field"], "password");
    }
    mailed.accept(&token).await.expect(201);
    mailed.reset(&reset, "other words").await.expect(200);
}

#[tokio::test]
async fn a_link_to_set_a_password_is_good_once_and_the_newest_alone() {
    let mailed = Mailed::set().await;
    let old = mailed.forgot("ada@example.org", "").await;
    let new = mailed.forgot("ada@example.org", &old).await;
    mailed.reset(&old, "words of the old one").await.refused(401, "unauthenticated");
    let before = mailed.workspace.token("ada").await;
    mailed.reset(&new, "words of the new one").await.expect(200);
    mailed.reset(&new, "words of another").await.refused(401, "unauthenticated");
    assert_eq!(mailed.sign_in("words of the new one").await, 200);
    assert_eq!(mailed.sign_in("words of the old one").await, 401);
    assert_eq!(mailed.sign_in("words of another").await, 401);
    // Whoever was in with another password is out.
    let me = mailed.server.http().call("GET", "/v1/me", &before, Value::Null).await;
    me.refused(401, "unauthenticated");
    // Two at once with one link: one of them.
    let link = mailed.forgot("ada@example.org", &new).await;
    let both =
        [mailed.reset(&link, "words of the first"), mailed.reset(&link, "words of the second")];
    let statuses: Vec<u16> = join_all(both).await.iter().map(|answer| answer.status).collect();
    assert!(statuses == [200, 401] || statuses == [401, 200], "{statuses:?}");
    let first = mailed.sign_in("words of the first").await;
    let second = mailed.sign_in("words of the second").await;
    assert_eq!(first, statuses[0], "whose answer it was");
    assert_eq!(second, statuses[1]);
}

#[tokio::test]
async fn a_repeat_under_a_key_shows_no_token_again() {
    let mailed = Mailed::set().await;
    let (_, token) = mailed.invite("ida@example.org").await;
    let body = json!({"token": token, "name": "Ida", "password": PASSWORD});
    let http = mailed.server.http();
    let send = async |key: &str, body: &Value| {
        let headers = [("idempotency-key", key)];
        http.send("POST", "/v1/invites/accept", "", &headers, body.to_string()).await
    };
    let first = send("k1", &body).await.expect(201);
    let again = send("k1", &body).await.expect(201);
    let mut expected = first.json.clone();
    expected.as_object_mut().unwrap().remove("token").expect("it was shown once");
    assert_eq!(again.json, expected);
    send("k2", &body).await.refused(401, "unauthenticated");
    let other = json!({"token": token, "name": "Eve", "password": PASSWORD});
    send("k1", &other).await.refused(409, "conflict");
    assert_eq!(mailed.agents().await.len(), 2);
}
