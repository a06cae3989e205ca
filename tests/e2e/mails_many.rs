//! Very many mails, and the end of a mailer: what is bounded, and what waits for what.

use std::time::Duration;

use switchboard_server::mail::{MAILS_AT_ONCE, MAILS_WAITING, Mailer, Outcome, TooManyMails};
use tokio::sync::watch;

use crate::{
    post::{Outcomes, mail_to, mailer, send, told},
    smtp::{MailServer, Manners, Reaction, Verb},
};

const URL: &str = "smtp://{}?tls=none";

#[tokio::test]
async fn a_few_are_sent_at_once_and_over_few_connections() {
    let mut server = MailServer::start(Manners::default()).await;
    let gate = watch::Sender::new(false);
    server.always(Verb::End, Reaction::Waits(gate.subscribe()));
    let mailer = mailer(URL, &server);
    let outcomes: Vec<Outcomes> = (0..100).map(|_| send(&mailer)).collect();
    server.held(MAILS_AT_ONCE).await;
    assert_eq!((server.held_now(), server.connections()), (MAILS_AT_ONCE, MAILS_AT_ONCE));
    gate.send_replace(true);
    for mut outcomes in outcomes {
        outcomes.sent().await;
        server.received().await;
    }
    assert!(server.connections() <= 4 * MAILS_AT_ONCE, "{}", server.connections());
}

#[tokio::test]
async fn a_connection_that_the_server_ends_costs_no_attempt() {
    let manners = Manners { mails_per_connection: 1, ..Manners::default() };
    let mut server = MailServer::start(manners).await;
    let mailer = mailer(URL, &server);
    let outcomes: Vec<Outcomes> = (0..20).map(|_| send(&mailer)).collect();
    for mut outcomes in outcomes {
        outcomes.sent().await;
        server.received().await;
    }
    assert_eq!(server.connections(), 20);
}

#[tokio::test]
async fn nobody_keeps_a_connection_that_is_not_needed() {
    let mut server = MailServer::start(Manners::default()).await;
    let mailer = mailer(URL, &server);
    for connections in 1..=3 {
        send(&mailer).sent().await;
        server.received().await;
        assert_eq!(server.connections(), connections);
    }
}

#[tokio::test]
async fn a_server_that_hangs_on_one_delays_no_other() {
    let mut server = MailServer::start(Manners::default()).await;
    server.next(Verb::Rcpt, Reaction::Hangs);
    let mailer = mailer(URL, &server);
    let _hung = send(&mailer);
    server.connected(1).await;
    for _ in 0..20 {
        send(&mailer).sent().await;
        server.received().await;
    }
}

#[tokio::test]
async fn more_than_may_wait_are_refused_at_once() {
    let server = MailServer::start(Manners::default()).await;
    server.always(Verb::Connect, Reaction::Hangs);
    let mailer = mailer(URL, &server);
    let (report, outcomes) = told();
    for _ in 0..MAILS_WAITING {
        mailer.send(mail_to("bob@example.org"), report.clone()).unwrap();
    }
    for _ in 0..2 {
        let refused = mailer.send(mail_to("bob@example.org"), report.clone());
        assert_eq!(refused, Err(TooManyMails));
    }
    server.connected(MAILS_AT_ONCE).await;
    mailer.stop_now();
    drop(report);
    assert_eq!(outcomes.all().await, [], "they are dropped, and nothing is said of them");
}

#[tokio::test]
async fn a_mailer_that_stops_ends_what_it_sends_and_begins_nothing() {
    let mut server = MailServer::start(Manners::default()).await;
    let gate = watch::Sender::new(false);
    server.always(Verb::End, Reaction::Waits(gate.subscribe()));
    let mailer = mailer(URL, &server);
    let outcomes: Vec<Outcomes> = (0..20).map(|_| send(&mailer)).collect();
    server.held(MAILS_AT_ONCE).await;
    let stopping = mailer.stop(Duration::from_secs(30));
    let opening = async {
        tokio::task::yield_now().await;
        gate.send_replace(true);
    };
    tokio::join!(stopping, opening);
    let mut all = Vec::new();
    for outcomes in outcomes {
        all.extend(outcomes.all().await);
    }
    assert_eq!(all, vec![Outcome::Sent; MAILS_AT_ONCE]);
    for _ in 0..MAILS_AT_ONCE {
        server.received().await;
    }
    assert!(server.received_no_more());
    let (report, _outcomes) = told();
    assert_eq!(mailer.send(mail_to("bob@example.org"), report), Err(TooManyMails));
}

#[tokio::test]
async fn a_mailer_that_stops_waits_no_longer_than_told() {
    let server = MailServer::start(Manners::default()).await;
    server.always(Verb::Rcpt, Reaction::Hangs);
    let mailer = mailer(URL, &server);
    let outcomes = send(&mailer);
    server.connected(1).await;
    mailer.stop(Duration::from_millis(50)).await;
    assert_eq!(outcomes.all().await, []);
    mailer.stop(Duration::from_secs(30)).await;
}

#[tokio::test]
async fn a_mail_that_waits_to_be_tried_again_does_not_hold_up_the_end() {
    let server = MailServer::start(Manners::default()).await;
    server.always(Verb::Connect, Reaction::Says("451 4.3.0 Try later".to_owned()));
    let mut settings = crate::post::settings(URL, &server);
    settings.retry = vec![Duration::from_hours(1)];
    let mailer = Mailer::start(settings);
    let mut outcomes = send(&mailer);
    outcomes.retrying().await;
    mailer.stop(Duration::from_secs(30)).await;
    assert_eq!(outcomes.all().await, []);
}

#[tokio::test]
async fn a_mailer_to_nowhere_takes_whatever_there_is() {
    let mailer = Mailer::nowhere();
    assert_eq!(mailer.public_url(), "http://localhost");
    assert_eq!(send(&mailer).all().await, []);
    mailer.stop(Duration::from_secs(30)).await;
}
