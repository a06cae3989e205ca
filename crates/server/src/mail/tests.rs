//! What the log has of mails, and what it has not.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{net::TcpListener, sync::mpsc, time::timeout};
use tracing_subscriber::fmt::MakeWriter;

use super::{Mail, MailSettings, Mailer, Outcome, Report, Via};
use crate::ids;

const PATIENCE: Duration = Duration::from_secs(30);

/// A log that is kept for the test.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

async fn last_outcome(mailer: &Mailer) -> Outcome {
    let (sender, mut outcomes) = mpsc::channel(16);
    let report: Report = Arc::new(move |outcome| sender.try_send(outcome).unwrap());
    let mail = Mail {
        to: "canary-bob@example.org".to_owned(),
        subject: "canary-subject".to_owned(),
        text: "canary-text https://chat.example.org/canary-link".to_owned(),
        html: "canary-html".to_owned(),
    };
    assert_eq!(format!("{mail:?}"), "Mail { .. }");
    mailer.send(mail, report).unwrap();
    let mut last = None;
    while let Some(outcome) = timeout(PATIENCE, outcomes.recv()).await.unwrap() {
        last = Some(outcome);
    }
    last.unwrap()
}

fn once(via: Via) -> MailSettings {
    let retry = vec![Duration::from_millis(1)];
    MailSettings { retry, ..MailSettings::new(via, "us@example.org", "https://chat.example.org") }
}

/// A mail server that refuses everybody and repeats what it knows.
async fn chatty() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let greeting = b"554 canary-bob@example.org is not welcome\r\n";
            while stream.writable().await.is_ok() && stream.try_write(greeting).is_err() {}
        }
    });
    address.to_string()
}

#[tokio::test]
async fn the_log_has_every_trouble_and_nothing_of_the_mail() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(log.clone()).with_max_level(tracing::Level::TRACE);
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let folder = std::env::temp_dir().join(ids::fresh("switchboard-outbox"));
    let mailer = Mailer::start(once(Via::Folder(folder.clone())));
    for _ in 0..3 {
        assert_eq!(last_outcome(&mailer).await, Outcome::Sent);
    }
    let said = log.text().matches("no smtp_url is set: mails are files").count();
    assert_eq!(said, 1, "{}", log.text());
    std::fs::remove_dir_all(folder).unwrap();

    let nowhere = Mailer::start(once(Via::Folder(PathBuf::from("/dev/null/outbox"))));
    assert!(matches!(last_outcome(&nowhere).await, Outcome::Failed { .. }));
    assert!(log.text().contains("a mail could not be sent yet"), "{}", log.text());

    let url = format!("smtp://canary-user:canary-password@{}?tls=none", chatty().await);
    let refused = Mailer::start(once(Via::Smtp(url.into())));
    let Outcome::Failed { reason } = last_outcome(&refused).await else { panic!("sent") };
    assert!(reason.contains("canary-bob"), "an admin may read it: {reason}");
    let text = log.text();
    assert!(text.contains("a mail could not be sent") && text.contains("554"), "{text}");
    assert!(!text.contains("canary"), "{text}");
}
