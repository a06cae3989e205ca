//! What becomes of an invite's mail: refused, a server that is away, a restart, no server at all.

use serde_json::{Value, json};

use crate::{
    mime::Message,
    people::until,
    server::TestServer,
    smtp::{Reaction, Verb},
    team::{Office, PUBLIC_URL, link_of, mailing},
};

#[tokio::test]
async fn a_mail_that_is_refused_says_why_and_can_be_sent_again() {
    let mut office = Office::on("custom").await;
    office.mails.next_says(Verb::Rcpt, "550 5.1.1 No such person here");
    let invite = office.workspace.post("/invites", json!({"email": "ann@example.org"})).await.json;
    let failed = office.invite_is(&invite["id"], "failed").await;
    let why = failed["mail_error"].as_str().unwrap();
    assert!(why.contains("550") && why.contains("No such person here"), "{why}");
    assert_eq!(office.seats().await, 1, "the invite holds");
    let path = format!("/invites/{}/resend", invite["id"].as_str().unwrap());
    let again = office.workspace.root("POST", &path, Value::Null).await.expect(200).json;
    assert_eq!((&again["state"], again.get("mail_error")), (&json!("queued"), None));
    let link = link_of(&office.mail_to("ann@example.org").await, "join");
    let sent = office.invite_is(&invite["id"], "sent").await;
    assert_eq!(sent.get("mail_error"), None);
    office.accept(&link, "Ann").await.expect(201);
}

/// Until a mail could not be sent, and waits to be tried again.
async fn waits_with_a_reason(office: &Office, id: &Value) -> String {
    let reason = || async { office.invite_now(id).await["mail_error"].is_string() };
    until("a reason", reason).await;
    let invite = office.invite_now(id).await;
    assert_eq!(invite["state"], "queued");
    invite["mail_error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_tried_again_and_then_takes_it() {
    let mut office = Office::on("custom").await;
    office.mails.next_says(Verb::Connect, "421 4.3.2 Closed for now");
    let invite = office.workspace.post("/invites", json!({"email": "ann@example.org"})).await.json;
    let why = waits_with_a_reason(&office, &invite["id"]).await;
    assert!(why.contains("421"), "{why}");
    // Five seconds later it is tried again, by itself.
    let link = link_of(&office.mail_to("ann@example.org").await, "join");
    let sent = office.invite_is(&invite["id"], "sent").await;
    assert_eq!(sent.get("mail_error"), None);
    office.accept(&link, "Ann").await.expect(201);
}

#[tokio::test]
async fn what_waited_to_be_sent_is_sent_after_a_restart_with_a_link_that_works() {
    let mut office = Office::on("custom").await;
    office.mails.always(Verb::Mail, Reaction::Says("451 4.3.0 Not now".to_owned()));
    let invite = office.workspace.post("/invites", json!({"email": "ann@example.org"})).await.json;
    waits_with_a_reason(&office, &invite["id"]).await;
    let mails = crate::smtp::MailServer::start(crate::smtp::Manners::default()).await;
    office.server.restart_with(mailing(&mails)).await;
    (office.mails, office.workspace.http) = (mails, office.server.http());
    // Nobody asks for the workspace: it is the server's to remember.
    let link = link_of(&office.mail_to("ann@example.org").await, "join");
    office.invite_is(&invite["id"], "sent").await;
    let joined = office.accept(&link, "Ann").await.expect(201);
    assert_eq!(office.invite_now(&invite["id"]).await["agent_id"], joined.json["agent"]["id"]);
}

#[tokio::test]
async fn an_invite_that_was_sent_survives_a_restart() {
    let mut office = Office::on("custom").await;
    let (invite, link) = office.invite("ann@example.org", json!({"role": "admin"})).await;
    office.invite_is(&invite["id"], "sent").await;
    let send = mailing(&office.mails);
    office.server.restart_with(send).await;
    office.workspace.http = office.server.http();
    assert_eq!(office.invite_now(&invite["id"]).await["state"], "sent");
    assert_eq!(office.seats().await, 1);
    let joined = office.accept(&link, "Ann").await.expect(201);
    assert_eq!(joined.json["agent"]["role"], "admin");
    assert!(office.mails.received_no_more(), "it is not sent twice");
}

#[tokio::test]
async fn without_a_mail_server_it_is_in_the_outbox() {
    let server = TestServer::start_with(|c| c.public_url = Some(PUBLIC_URL.to_owned())).await;
    let workspace = server.workspace().await;
    let invite = workspace.post("/invites", json!({"email": "ann@example.org"})).await.json;
    let outbox = server.data_dir().join("outbox");
    let sent = || async { workspace.get("/invites").await.items()[0]["state"] == "sent" };
    until("sent", sent).await;
    let mut files = std::fs::read_dir(outbox).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    let message = Message::parse(&std::fs::read_to_string(file).unwrap());
    let link = link_of(&message.part("text/plain"), "join");
    let body = json!({"token": link, "name": "Ann", "password": "a long password"});
    let joined = server.http().call("POST", "/v1/invites/accept", "", body).await.expect(201);
    let now = workspace.get("/invites").await.items()[0].clone();
    assert_eq!((&now["id"], &now["agent_id"]), (&invite["id"], &joined.json["agent"]["id"]));
}
