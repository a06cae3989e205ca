//! What becomes of a mail where the mail server refuses, hangs, breaks off or is not there.

use std::time::Duration;

use switchboard_server::{
    mail::{MailSettings, Mailer, Outcome, Via},
    metrics::Metrics,
};
use tokio::net::TcpListener;

use crate::{
    post::{mailer, send, settings},
    smtp::{MailServer, Manners, Reaction, Verb},
};

const URL: &str = "smtp://{}?tls=none";
const EVERYWHERE: [Verb; 6] =
    [Verb::Connect, Verb::Ehlo, Verb::Mail, Verb::Rcpt, Verb::Data, Verb::End];

#[tokio::test]
async fn what_is_refused_for_now_is_tried_again_until_it_is_taken() {
    for verb in EVERYWHERE {
        let mut server = MailServer::start(Manners::default()).await;
        server.next_says(verb, "451 4.3.0 Try later");
        server.next_says(verb, "421 4.3.2 Closing");
        let mut outcomes = send(&mailer(URL, &server));
        for said in ["451 4.3.0 Try later", "421 4.3.2 Closing"] {
            let reason = outcomes.retrying().await;
            assert!(reason.ends_with(&format!(": {said}")), "{verb:?}: {reason}");
        }
        outcomes.sent().await;
        server.received().await;
        assert!(server.received_no_more(), "{verb:?}");
    }
}

#[tokio::test]
async fn every_attempt_is_the_same_mail() {
    let mut server = MailServer::start(Manners::default()).await;
    server.next_says(Verb::End, "451 4.3.0 Try later");
    server.next(Verb::End, Reaction::BreaksOff);
    let mut outcomes = send(&mailer(URL, &server));
    outcomes.retrying().await;
    outcomes.retrying().await;
    outcomes.sent().await;
    server.received().await;
    let ended = server.ended();
    let ids: Vec<&str> = ended.iter().map(|message| message.header("Message-ID")).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[tokio::test]
async fn what_is_refused_for_good_fails_at_once() {
    for (verb, what) in [
        (Verb::Connect, "the mail server turned us away"),
        (Verb::Mail, "the mail server refused the sender"),
        (Verb::Rcpt, "the mail server refused the address"),
        (Verb::Data, "the mail server refused the mail"),
        (Verb::End, "the mail server refused the mail"),
    ] {
        let mut server = MailServer::start(Manners::default()).await;
        server.next_says(verb, "550 5.1.1 <bob@example.org>: no such user");
        let reason = send(&mailer(URL, &server)).failed().await;
        assert_eq!(reason, format!("{what}: 550 5.1.1 <bob@example.org>: no such user"));
        assert_eq!(server.connections(), 1);
        assert!(server.received_no_more());
    }
}

#[tokio::test]
async fn a_reason_is_one_short_line_whatever_the_server_says() {
    let server = MailServer::start(Manners::default()).await;
    let rude = format!("550-5.1.1 \u{1b}[31m\u{202E}no\r\n550 {}", "blah ".repeat(100));
    server.next_says(Verb::Rcpt, &rude);
    let reason = send(&mailer(URL, &server)).failed().await;
    assert!(
        reason.starts_with("the mail server refused the address: 550 5.1.1 [31mno"),
        "{reason}"
    );
    assert!(reason.chars().count() < 260 && reason.ends_with('…'), "{reason}");
    assert!(!reason.chars().any(char::is_control) && !reason.contains('\u{202E}'), "{reason}");
}

#[tokio::test]
async fn what_is_too_large_fails_at_once() {
    let server = MailServer::start(Manners::default()).await;
    let (report, mut outcomes) = crate::post::told();
    let mail = crate::post::mail_to("bob@example.org");
    let text = "too much\n".repeat(20_000);
    let mailer = mailer(URL, &server);
    mailer.send(switchboard_server::mail::Mail { text, ..mail }, report).unwrap();
    let reason = outcomes.failed().await;
    assert_eq!(reason, "the mail server refused the mail: 552 5.3.4 Too large");
}

#[tokio::test]
async fn a_server_that_hangs_is_left_and_tried_again() {
    for verb in EVERYWHERE {
        let mut server = MailServer::start(Manners::default()).await;
        server.next(verb, Reaction::Hangs);
        let timeout = Duration::from_millis(300);
        let mailer = Mailer::start(MailSettings { timeout, ..settings(URL, &server) });
        let mut outcomes = send(&mailer);
        let reason = outcomes.retrying().await;
        assert_eq!(reason, "the mail server did not answer within 300ms", "{verb:?}");
        // Whoever is slow may be slow again, on a machine that is busy.
        while outcomes.next().await != Outcome::Sent {}
        server.received().await;
    }
}

#[tokio::test]
async fn a_server_that_breaks_off_or_talks_nonsense_is_tried_again() {
    for verb in EVERYWHERE {
        let mut server = MailServer::start(Manners::default()).await;
        server.next(verb, Reaction::BreaksOff);
        server.next_says(verb, "hello there");
        let mut outcomes = send(&mailer(URL, &server));
        for _ in 0..2 {
            let reason = outcomes.retrying().await;
            let known = ["the mail server broke off", "lost the connection", "cannot connect"];
            assert!(known.iter().any(|start| reason.starts_with(start)), "{verb:?}: {reason}");
        }
        outcomes.sent().await;
        server.received().await;
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again_and_then_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let via = Via::Smtp(format!("smtp://{address}").into());
    let retry = vec![Duration::from_millis(1); 2];
    let metrics = Metrics::new();
    let settings = MailSettings { retry, ..MailSettings::new(via, "a@example.org", "http://x") };
    let mut outcomes = send(&Mailer::start_counting(settings, metrics.mails()));
    for _ in 0..2 {
        let reason = outcomes.retrying().await;
        assert!(reason.starts_with("cannot connect to the mail server: "), "{reason}");
    }
    let reason = outcomes.failed().await;
    assert!(reason.ends_with("; tried 3 times"), "{reason}");
    let shown = metrics.render();
    for (outcome, count) in [("sent", 0), ("retried", 2), ("failed", 1)] {
        let line = format!("switchboard_mails_total{{outcome=\"{outcome}\"}} {count}");
        assert!(shown.lines().any(|found| found == line), "{line}");
    }
}

#[tokio::test]
async fn a_server_with_a_name_that_nobody_knows_is_tried_again() {
    let via = Via::Smtp("smtp://no-such-host.invalid".into());
    let settings = MailSettings::new(via, "a@example.org", "http://x");
    let mailer = Mailer::start(settings);
    let reason = send(&mailer).retrying().await;
    assert!(reason.starts_with("cannot connect to the mail server: "), "{reason}");
    mailer.stop_now();
}

#[tokio::test]
async fn settings_that_cannot_be_fail_every_mail_and_show_no_password() {
    let server = MailServer::start(Manners::default()).await;
    let bad_url = MailSettings {
        via: Via::Smtp("smtp://me:s3cret@mail?tls=opportunistic".into()),
        ..settings(URL, &server)
    };
    let bad_from = MailSettings { from: "nobody".to_owned(), ..settings(URL, &server) };
    let tls = settings("smtp://{}", &server);
    let bad_ca = MailSettings { smtp_ca: Some(b"nothing".to_vec()), ..tls };
    for (settings, why) in
        [(bad_url, "tls=opportunistic cannot"), (bad_from, "not a mailbox"), (bad_ca, "no certif")]
    {
        assert!(!format!("{settings:?}").contains("s3cret"));
        let reason = send(&Mailer::start(settings)).failed().await;
        assert!(reason.starts_with(why), "{reason}");
    }
    assert_eq!(server.connections(), 0);
}
