//! A mailer for one test, and what it reports.

use std::{sync::Arc, time::Duration};

use switchboard_server::mail::{Mail, MailSettings, Mailer, Outcome, Report, Via};
use tokio::{sync::mpsc, time::timeout};

use crate::smtp::{MailServer, certificate};

/// Whoever waits longer waits for nothing.
const PATIENCE: Duration = Duration::from_secs(30);
const FROM: &str = "Switchboard <no-reply@example.org>";
const PUBLIC_URL: &str = "https://chat.example.org/";

/// Outcomes as they are reported.
pub struct Outcomes(mpsc::Receiver<Outcome>);

impl Outcomes {
    /// The next one.
    pub async fn next(&mut self) -> Outcome {
        timeout(PATIENCE, self.0.recv()).await.expect("an outcome in time").expect("an outcome")
    }

    /// It was sent, and nothing happened before that.
    pub async fn sent(&mut self) {
        assert_eq!(self.next().await, Outcome::Sent);
    }

    /// It is tried again; the reason.
    pub async fn retrying(&mut self) -> String {
        match self.next().await {
            Outcome::Retrying { reason } => reason,
            other => panic!("not retrying: {other:?}"),
        }
    }

    /// It is given up, at once; the reason.
    pub async fn failed(&mut self) -> String {
        match self.next().await {
            Outcome::Failed { reason } => reason,
            other => panic!("not failed: {other:?}"),
        }
    }

    /// Everything until the mailer has dropped the mail.
    pub async fn all(mut self) -> Vec<Outcome> {
        let mut all = Vec::new();
        let ended = async {
            while let Some(outcome) = self.0.recv().await {
                all.push(outcome);
            }
        };
        timeout(PATIENCE, ended).await.expect("an end in time");
        all
    }
}

/// What to report to, and what was.
pub fn told() -> (Report, Outcomes) {
    let (sender, receiver) = mpsc::channel(16);
    (Arc::new(move |outcome| sender.try_send(outcome).unwrap()), Outcomes(receiver))
}

/// Through this server: `{}` in the URL is where it is. It tries again at once, three times.
pub fn settings(url: &str, server: &MailServer) -> MailSettings {
    let url = url.replace("{}", &server.addr.to_string());
    MailSettings {
        retry: vec![Duration::from_millis(1); 3],
        smtp_ca: Some(certificate()),
        ..MailSettings::new(Via::Smtp(url.into()), FROM, PUBLIC_URL)
    }
}

pub fn mailer(url: &str, server: &MailServer) -> Mailer {
    Mailer::start(settings(url, server))
}

pub fn mail_to(to: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: "Hello".to_owned(),
        text: "Hello\n.\n..there\n".to_owned(),
        html: "<p>Hello</p>\n".to_owned(),
    }
}

/// Sends one to Bob.
pub fn send(mailer: &Mailer) -> Outcomes {
    send_to(mailer, "bob@example.org")
}

pub fn send_to(mailer: &Mailer, to: &str) -> Outcomes {
    let (report, outcomes) = told();
    mailer.send(mail_to(to), report).unwrap();
    outcomes
}
