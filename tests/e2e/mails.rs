//! Mails on their way through a mail server: in the clear, encrypted, signed in, and what arrives.

use switchboard_server::mail::{
    Mail, MailSettings, Mailer,
    letters::{Invitation, PasswordReset, invitation, password_reset},
};

use crate::{
    post::{mail_to, mailer, send, send_to, settings, told},
    smtp::{MailServer, Manners, Verb},
};

const ACCOUNT: (&str, &str) = ("me@example.org", "pass/w:rd ü");
const URL_OF_ACCOUNT: &str = "smtp://me%40example.org:pass%2Fw%3Ard%20%C3%BC@{}";

fn with_account() -> Manners {
    Manners { starttls: true, account: Some(ACCOUNT), ..Manners::default() }
}

/// Nothing that names the account, as it is or as it is sent.
fn shows_no_account(lines: &[String]) -> bool {
    let secrets = ["AUTH PLAIN ", "AUTH LOGIN", "me@", "pass/w", "AG1l"];
    lines.iter().all(|line| secrets.iter().all(|secret| !line.contains(secret)))
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let mut server = MailServer::start(Manners::default()).await;
    let mailer = mailer("smtp://{}?tls=none", &server);
    send(&mailer).sent().await;
    let received = server.received().await;
    assert_eq!((received.from.as_str(), received.to), {
        ("no-reply@example.org", vec!["bob@example.org".to_owned()])
    });
    assert!(!received.encrypted && received.user.is_none() && received.parameters.is_empty());
    let message = received.message;
    assert_eq!(message.header("From"), "Switchboard <no-reply@example.org>");
    assert_eq!(message.header("To"), "bob@example.org");
    assert_eq!(message.header("Subject"), "Hello");
    assert_eq!(message.header("Auto-Submitted"), "auto-generated");
    assert_eq!(message.header("MIME-Version"), "1.0");
    assert!(message.header("Date").ends_with(" +0000"), "{}", message.header("Date"));
    let id = message.header("Message-ID");
    assert!(id.starts_with('<') && id.ends_with("@example.org>") && id.len() > 30, "{id}");
    assert!(message.header("Content-Type").starts_with("multipart/alternative"));
    assert_eq!(message.part("text/plain").trim_end(), "Hello\n.\n..there");
    assert_eq!(message.part("text/html").trim_end(), "<p>Hello</p>");
    assert!(message.parts[0].header("Content-Type").starts_with("text/plain"), "best last");
    assert_eq!(server.in_the_clear()[0], "EHLO chat.example.org");
}

#[tokio::test]
async fn a_password_goes_through_starttls() {
    let mut server = MailServer::start(with_account()).await;
    send(&mailer(URL_OF_ACCOUNT, &server)).sent().await;
    let received = server.received().await;
    assert!(received.encrypted);
    assert_eq!(received.user.as_deref(), Some(ACCOUNT.0));
    assert_eq!(server.in_the_clear(), ["EHLO chat.example.org", "STARTTLS"]);
}

#[tokio::test]
async fn smtps_is_encrypted_from_the_first_byte() {
    let manners = Manners { implicit_tls: true, account: Some(ACCOUNT), ..Manners::default() };
    let mut server = MailServer::start(manners).await;
    send(&mailer(&URL_OF_ACCOUNT.replace("smtp:", "smtps:"), &server)).sent().await;
    let received = server.received().await;
    assert!(received.encrypted && received.user.is_some());
    assert!(server.in_the_clear().is_empty());
}

#[tokio::test]
async fn a_server_that_knows_login_alone_is_signed_in_to() {
    let mut server = MailServer::start(Manners { mechanisms: "LOGIN", ..with_account() }).await;
    send(&mailer(URL_OF_ACCOUNT, &server)).sent().await;
    assert_eq!(server.received().await.user.as_deref(), Some(ACCOUNT.0));
}

#[tokio::test]
async fn a_wrong_password_fails_at_once_and_is_not_repeated() {
    let server = MailServer::start(with_account()).await;
    let mailer = mailer("smtp://me%40example.org:wr0ng@{}", &server);
    let reason = send(&mailer).failed().await;
    assert_eq!(reason, "the mail server refused the user or password (535)");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_server_that_lets_nobody_sign_in_fails_at_once() {
    for mechanisms in ["", "CRAM-MD5"] {
        let server = MailServer::start(Manners { mechanisms, ..with_account() }).await;
        let reason = send(&mailer(URL_OF_ACCOUNT, &server)).failed().await;
        assert_eq!(reason, "No compatible authentication mechanism was found");
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_neither_password_nor_mail() {
    let mut server = MailServer::start(Manners { starttls: false, ..with_account() }).await;
    for url in [URL_OF_ACCOUNT, "smtp://{}?tls=required"] {
        let reason = send(&mailer(url, &server)).failed().await;
        assert_eq!(reason, "the mail server has no STARTTLS, and tls=required");
    }
    let heard = server.in_the_clear();
    assert!(heard.iter().all(|line| line.starts_with("EHLO ") || line == "QUIT"), "{heard:?}");
    assert!(server.received_no_more());
}

#[tokio::test]
async fn a_server_that_refuses_starttls_gets_neither() {
    let server = MailServer::start(with_account()).await;
    server.next_says(Verb::StartTls, "554 5.7.0 Not now");
    let reason = send(&mailer(URL_OF_ACCOUNT, &server)).failed().await;
    assert_eq!(reason, "the mail server refused STARTTLS: 554 5.7.0 Not now");
    assert!(shows_no_account(&server.in_the_clear()));
}

#[tokio::test]
async fn a_certificate_that_nobody_knows_gets_neither_and_is_tried_again() {
    let implicit = Manners { implicit_tls: true, starttls: false, ..with_account() };
    let smtps = URL_OF_ACCOUNT.replace("smtp:", "smtps:");
    for (url, manners) in [(URL_OF_ACCOUNT, with_account()), (smtps.as_str(), implicit)] {
        let mut server = MailServer::start(manners).await;
        let mailer = Mailer::start(MailSettings { smtp_ca: None, ..settings(url, &server) });
        let reason = send(&mailer).retrying().await;
        let expected = "cannot connect to the mail server: invalid peer certificate: ";
        assert!(reason.starts_with(expected), "{reason}");
        mailer.stop_now();
        assert!(server.received_no_more() && shows_no_account(&server.in_the_clear()));
    }
}

#[tokio::test]
async fn without_a_password_starttls_is_used_where_there_is_one() {
    for (starttls, trusted) in [(true, true), (true, false), (false, true)] {
        let mut server = MailServer::start(Manners { starttls, ..Manners::default() }).await;
        let mut settings = settings("smtp://{}", &server);
        settings.smtp_ca = settings.smtp_ca.filter(|_| trusted);
        send(&Mailer::start(settings)).sent().await;
        assert_eq!(server.received().await.encrypted, starttls);
    }
}

#[tokio::test]
async fn a_password_goes_in_the_clear_where_that_was_said() {
    let mut server = MailServer::start(with_account()).await;
    send(&mailer(&format!("{URL_OF_ACCOUNT}?tls=none"), &server)).sent().await;
    let received = server.received().await;
    assert!(!received.encrypted && received.user.is_some());
    assert!(!shows_no_account(&server.in_the_clear()), "this check can fail");
}

#[tokio::test]
async fn letters_arrive_word_for_word() {
    let mut server = MailServer::start(Manners::default()).await;
    let mailer = mailer("smtp://{}?tls=none", &server);
    let long = "Ünïcödé 🦀 ".repeat(40);
    for name in
        ["Acme", "Café 👩‍👩‍👧", "שלום עולם", &long, "a\r\nBcc: all@example.org", "=?utf-8?q?x?="]
    {
        let of = Invitation {
            to: "bob@example.org",
            workspace_name: name,
            invited_by: Some(name),
            role: "Admin",
            departments: &[name, "Sales"],
            link: "https://chat.example.org/invite?token=iv_x.y=z",
            expires_at: 1_795_846_800_000,
        };
        let of_reset = PasswordReset {
            to: of.to,
            workspace_name: name,
            name,
            link: of.link,
            expires_at: of.expires_at,
        };
        for mail in [invitation(&of), password_reset(&of_reset)] {
            let Mail { subject, text, html, .. } = mail.clone();
            let (report, mut outcomes) = told();
            mailer.send(mail, report).unwrap();
            outcomes.sent().await;
            let message = server.received().await.message;
            assert_eq!(message.header("Subject"), subject);
            assert_eq!(message.part("text/plain").trim_end(), text.trim_end());
            assert_eq!(message.part("text/html").trim_end(), html.trim_end());
            assert!(!message.has("Bcc"));
        }
    }
}

#[tokio::test]
async fn no_subject_makes_a_header() {
    let mut server = MailServer::start(Manners::default()).await;
    let mailer = mailer("smtp://{}?tls=none", &server);
    let subject = "Hello\r\nBcc: all@example.org\r\n\r\n=?utf-8?b?DQo=?=".to_owned();
    let (report, mut outcomes) = told();
    mailer.send(Mail { subject, ..mail_to("bob@example.org") }, report).unwrap();
    outcomes.sent().await;
    let received = server.received().await;
    assert_eq!(received.message.header("Subject"), "Hello Bcc: all@example.org = ?utf-8?b?DQo= ?=");
    assert!(!received.message.has("Bcc"));
    assert_eq!(received.to, ["bob@example.org"]);
}

#[tokio::test]
async fn a_domain_in_another_alphabet_needs_nothing() {
    let mut server = MailServer::start(Manners::default()).await;
    send_to(&mailer("smtp://{}?tls=none", &server), "bob@exämple.org").sent().await;
    let received = server.received().await;
    assert_eq!(received.to, ["bob@xn--exmple-cua.org"]);
    assert_eq!(received.parameters, "");
}

#[tokio::test]
async fn an_address_in_another_alphabet_needs_smtputf8() {
    for smtputf8 in [true, false] {
        let mut server = MailServer::start(Manners { smtputf8, ..Manners::default() }).await;
        let mut outcomes = send_to(&mailer("smtp://{}?tls=none", &server), "ü@exämple.org");
        if !smtputf8 {
            let reason = outcomes.failed().await;
            assert!(reason.contains("SMTPUTF8"), "{reason}");
            continue;
        }
        outcomes.sent().await;
        let received = server.received().await;
        assert_eq!(received.to, ["ü@xn--exmple-cua.org"]);
        assert_eq!(received.parameters, "SMTPUTF8 BODY=8BITMIME");
    }
}

#[tokio::test]
async fn what_can_be_nobodys_address_goes_nowhere() {
    let server = MailServer::start(Manners::default()).await;
    let mailer = mailer("smtp://{}?tls=none", &server);
    let long = format!("{}@example.org", "a".repeat(1_000_000));
    for to in [
        "",
        "bob",
        "@",
        "bob@",
        "@example.org",
        "bob@example.org\r\nRCPT TO:<all@example.org>",
        "bob\r\nDATA\r\n@example.org",
        "bob@example.org>",
        "<bob@example.org>",
        "bob@example.org, all@example.org",
        "bob@exa\u{202E}mple.org\0",
        "bob@☃☃..org",
        &long,
    ] {
        let reason = send_to(&mailer, to).failed().await;
        assert_eq!(reason, "this can be nobody's address", "{to:.80}");
    }
    assert_eq!(server.connections(), 0);
}
