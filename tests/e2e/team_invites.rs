//! Asking people to join: from the invite to the first conversation.

use futures::future::join;
use serde_json::{Value, json};

use crate::{
    team::{Office, PUBLIC_URL},
    ws::check_fields,
};

async fn with_departments() -> Office {
    let office = Office::on("custom").await;
    for (id, name) in [("sales", "Sales & more"), ("help", "Help")] {
        office.workspace.post("/departments", json!({"id": id, "name": name})).await;
    }
    office
}

#[tokio::test]
async fn a_mail_says_who_asks_where_to_as_what_and_until_when() {
    let mut office = with_departments().await;
    let ada = office.workspace.admin("ada").await;
    let body = json!({"email": "Ann@example.org", "department_ids": ["sales", "help"]});
    let invite = office.workspace.call("POST", "/invites", &ada, body).await.expect(201).json;
    check_fields(
        &invite,
        &[
            "id",
            "email",
            "role",
            "department_ids",
            "state",
            "created_at",
            "expires_at",
            "invited_by",
            "invited_by_id",
        ],
    );
    assert!(invite["id"].as_str().unwrap().starts_with("inv_"));
    assert_eq!((&invite["role"], &invite["state"]), (&json!("agent"), &json!("queued")));
    assert_eq!((&invite["invited_by"], &invite["invited_by_id"]), (&json!("admin"), &json!("ada")));
    let (made, ends) = (invite["created_at"].as_u64().unwrap(), invite["expires_at"].as_u64());
    assert_eq!(ends, Some(made + 72 * 3_600_000));
    let mail = office.mails.received().await;
    assert_eq!(mail.to, ["Ann@example.org"]);
    assert_eq!(mail.message.header("Subject"), "ada invites you to join A workspace");
    let (text, html) = (mail.message.part("text/plain"), mail.message.part("text/html"));
    for line in ["Workspace: A workspace", "Invited by: ada", "Your role: Agent"] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    assert!(text.contains("Departments: Sales & more, Help\n"), "{text}");
    assert!(text.contains("Valid until: ") && text.contains(" UTC"), "{text}");
    assert!(html.contains("Sales &amp; more, Help"), "{html}");
    let link = crate::team::link_of(&text, "join");
    assert!(html.contains(&format!("{PUBLIC_URL}/join#{link}")), "{html}");
    assert!(link.len() > 43, "256 random bits: {link}");
    office.invite_is(&invite["id"], "sent").await;
}

#[tokio::test]
async fn who_joins_is_a_member_away_and_takes_conversations_once_online() {
    let mut office = with_departments().await;
    let fields = json!({"department_ids": ["sales"]});
    let (invite, link) = office.invite("ann@example.org", fields).await;
    let joined = office.accept(&link, "Ann").await.expect(201);
    check_fields(&joined.json, &["workspace", "agent", "token", "expires_at"]);
    let agent = joined.json["agent"].clone();
    assert_eq!(joined.json["workspace"], json!({"id": office.workspace.id, "name": "A workspace"}));
    for (field, value) in [
        ("name", json!("Ann")),
        ("email", json!("ann@example.org")),
        ("role", json!("agent")),
        ("department_ids", json!(["sales"])),
        ("availability", json!("away")),
        ("routable", json!(false)),
        ("routable_reason", json!("away")),
    ] {
        assert_eq!(agent[field], value, "{field} of {agent}");
    }
    let now = office.invite_now(&invite["id"]).await;
    assert_eq!((&now["state"], &now["agent_id"]), (&json!("accepted"), &agent["id"]));
    let waits = office.workspace.open("sales").await.json;
    assert_eq!(waits["state"], "queued");
    let mut ann = office.device(&joined.text_of("token")).await;
    ann.quiet().await;
    ann.set_availability("online").await;
    let given = ann.push("conversation.assigned").await;
    assert_eq!(given["conversation"]["id"], waits["id"]);
    assert_eq!(office.me(&joined.text_of("token")).await.json["routable"], true);
}

#[tokio::test]
async fn a_link_is_used_once_even_by_two_at_once() {
    let mut office = with_departments().await;
    for round in 0..5 {
        let (_, link) = office.invite(&format!("a{round}@example.org"), json!({})).await;
        let (one, two) = join(office.accept(&link, "One"), office.accept(&link, "Two")).await;
        let mut seen = [one.status, two.status];
        seen.sort_unstable();
        assert_eq!(seen, [201, 401], "{} {}", one.text, two.text);
        office.accept(&link, "Three").await.refused(401, "unauthenticated");
    }
    assert_eq!(office.seats().await, 5);
}

#[tokio::test]
async fn sending_again_makes_a_new_link_and_the_old_one_is_dead() {
    let mut office = with_departments().await;
    let (invite, first) = office.invite("ann@example.org", json!({"role": "admin"})).await;
    let path = format!("/invites/{}/resend", invite["id"].as_str().unwrap());
    let again = office.workspace.root("POST", &path, Value::Null).await.expect(200).json;
    assert_eq!((&again["id"], &again["role"]), (&invite["id"], &json!("admin")));
    assert!(again["expires_at"].as_u64() >= invite["expires_at"].as_u64());
    let second = crate::team::link_of(&office.mail_to("ann@example.org").await, "join");
    assert_ne!(first, second);
    assert_eq!(office.seats().await, 1, "it is the same invite");
    office.accept(&first, "Eve").await.refused(401, "unauthenticated");
    let joined = office.accept(&second, "Ann").await.expect(201);
    assert_eq!(joined.json["agent"]["role"], "admin");
    office.workspace.root("POST", &path, Value::Null).await.refused(409, "conflict");
}

#[tokio::test]
async fn an_invite_that_is_taken_back_frees_its_seat_and_its_link_is_dead() {
    let mut office = Office::on("free").await;
    let (invite, link) = office.invite("ann@example.org", json!({})).await;
    let other = json!({"email": "bob@example.org"});
    office.workspace.root("POST", "/invites", other.clone()).await.refused(402, "seat_limit");
    let path = format!("/invites/{}", invite["id"].as_str().unwrap());
    office.workspace.root("DELETE", &path, Value::Null).await.expect(204);
    office.workspace.root("DELETE", &path, Value::Null).await.refused(404, "not_found");
    office.accept(&link, "Ann").await.refused(401, "unauthenticated");
    office.workspace.post("/invites", other).await;
    assert_eq!(office.seats().await, 1);
}

#[tokio::test]
async fn many_are_asked_or_none() {
    let mut office = Office::on("starter").await;
    let invites = |names: &[&str]| {
        let one = |name: &&str| json!({"email": format!("{name}@example.org")});
        json!({"invites": names.iter().map(one).collect::<Vec<_>>()})
    };
    let asked = |names: &[&str]| {
        let (workspace, body) = (office.workspace.clone(), invites(names));
        async move { workspace.root("POST", "/invites", body).await }
    };
    asked(&["a", "b", "c", "d"]).await.refused(402, "seat_limit");
    let twice = asked(&["a", "b", "A"]).await.refused(409, "already_invited");
    assert!(twice.text_of("detail").starts_with("invites.2: "), "{}", twice.text);
    asked(&[]).await.refused(400, "bad_request");
    assert_eq!(office.seats().await, 0);
    let made = asked(&["a", "b", "c"]).await.expect(201);
    let addresses: Vec<_> = made.items().iter().map(|invite| invite["email"].clone()).collect();
    assert_eq!(addresses, ["a@example.org", "b@example.org", "c@example.org"]);
    let mut told: Vec<String> = Vec::new();
    for _ in 0..3 {
        told.extend(office.mails.received().await.to);
    }
    told.sort();
    assert_eq!(told, ["a@example.org", "b@example.org", "c@example.org"]);
    assert!(office.mails.received_no_more(), "nobody is told of what was refused");
}

#[tokio::test]
async fn an_address_is_asked_once_in_a_workspace_and_may_be_in_two() {
    let mut office = with_departments().await;
    let ann = office.joins("ann", json!({})).await;
    let again = json!({"email": "ANN@example.org"});
    office.workspace.root("POST", "/invites", again.clone()).await.refused(409, "already_member");
    office.invite("bob@example.org", json!({})).await;
    let bob = json!({"email": "Bob@Example.org"});
    office.workspace.root("POST", "/invites", bob).await.refused(409, "already_invited");
    let first = std::mem::replace(&mut office.workspace, office.server.workspace().await);
    let elsewhere = office.joins("ann", json!({})).await;
    assert_ne!(elsewhere.id, ann.id);
    for (workspace, member) in [(&first, &ann), (&office.workspace, &elsewhere)] {
        let body = json!({"workspace_id": workspace.id, "email": member.email,
                          "password": crate::team::PASSWORD});
        let signed_in = office.server.http().call("POST", "/v1/sign-in", "", body).await;
        assert_eq!(signed_in.expect(200).json["agent"]["id"], member.id);
    }
}

#[tokio::test]
async fn an_agent_who_is_made_directly_takes_the_seat_of_its_invite() {
    let mut office = Office::on("free").await;
    let (invite, link) = office.invite("ann@example.org", json!({})).await;
    let body = json!({"id": "bob", "name": "Bob", "email": "bob@example.org"});
    office.workspace.root("POST", "/agents", body).await.refused(402, "seat_limit");
    let body = json!({"id": "ann", "name": "Ann", "email": "ANN@example.org"});
    office.workspace.post("/agents", body).await;
    assert_eq!(office.seats().await, 1);
    let now = office.invite_now(&invite["id"]).await;
    assert_eq!((&now["state"], &now["agent_id"]), (&json!("accepted"), &json!("ann")));
    office.accept(&link, "Eve").await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn an_acceptance_that_is_sent_again_is_answered_again_without_the_token() {
    let mut office = Office::on("custom").await;
    let (_, link) = office.invite("ann@example.org", json!({})).await;
    let body = json!({"token": link, "name": "Ann", "password": crate::team::PASSWORD});
    let send = || {
        let (http, body) = (office.server.http(), body.to_string());
        let headers = [("idempotency-key", "k")];
        async move { http.send("POST", "/v1/invites/accept", "", &headers, body).await }
    };
    let first = send().await.expect(201);
    let again = send().await.expect(201);
    assert_eq!(again.json["agent"]["id"], first.json["agent"]["id"]);
    assert!(!again.text.contains("at_"), "{}", again.text);
    office.me(&first.text_of("token")).await.expect(200);
    assert_eq!(office.seats().await, 1);
}
