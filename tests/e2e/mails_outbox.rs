//! Mails without a mail server: files in the data dir.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use switchboard_server::mail::{MailSettings, Mailer, Via};

use crate::{
    mime::Message,
    post::send_to,
    server::{DataDir, TestServer},
};

fn mailer(folder: &Path) -> Mailer {
    let via = Via::Folder(folder.to_owned());
    let retry = vec![Duration::from_millis(1)];
    Mailer::start(MailSettings { retry, ..MailSettings::new(via, "a@example.org", "http://x/") })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_mail_is_a_file_that_nobody_else_reads() {
    let data = DataDir::new();
    let folder = data.path().join("outbox");
    let mailer = mailer(&folder);
    assert_eq!(mailer.public_url(), "http://x");
    assert!(!folder.exists(), "no mail, no trace");
    send_to(&mailer, "bob@example.org").sent().await;
    let [file] = &files(&folder)[..] else { panic!("{:?}", files(&folder)) };
    assert_eq!((mode(&folder), mode(file)), (0o700, 0o600));
    assert!(file.extension().is_some_and(|extension| extension == "eml"));
    let message = Message::parse(&fs::read_to_string(file).unwrap());
    assert_eq!(message.header("To"), "bob@example.org");
    assert_eq!(message.part("text/plain").trim_end(), "Hello\n.\n..there");
}

#[tokio::test]
async fn files_sort_by_time() {
    let data = DataDir::new();
    let mailer = mailer(data.path());
    for number in 0..20 {
        send_to(&mailer, &format!("b{number}@example.org")).sent().await;
    }
    let to =
        |file: &PathBuf| Message::parse(&fs::read_to_string(file).unwrap()).header("To").to_owned();
    let sorted: Vec<String> = files(data.path()).iter().map(to).collect();
    let sent: Vec<String> = (0..20).map(|number| format!("b{number}@example.org")).collect();
    assert_eq!(sorted, sent);
}

#[tokio::test]
async fn many_at_once_are_all_whole() {
    let data = DataDir::new();
    let mailer = mailer(data.path());
    let outcomes: Vec<_> = (0..500).map(|_| send_to(&mailer, "bob@example.org")).collect();
    for mut outcomes in outcomes {
        outcomes.sent().await;
    }
    let files = files(data.path());
    assert_eq!(files.len(), 500);
    for file in files {
        assert!(file.extension().is_some_and(|extension| extension == "eml"), "{file:?}");
        Message::parse(&fs::read_to_string(file).unwrap());
    }
}

#[tokio::test]
async fn an_outbox_that_cannot_be_written_is_tried_again() {
    let data = DataDir::new();
    fs::create_dir_all(data.path()).unwrap();
    let folder = data.path().join("outbox");
    fs::write(&folder, "in the way").unwrap();
    let mailer = mailer(&folder);
    let mut outcomes = send_to(&mailer, "bob@example.org");
    let reason = outcomes.retrying().await;
    assert!(reason.starts_with("cannot write into the outbox: "), "{reason}");
    assert!(!reason.contains(data.path().to_str().unwrap()), "{reason}");
    assert!(outcomes.failed().await.ends_with("; tried 2 times"));
}

#[tokio::test]
async fn a_server_without_a_mail_server_serves_and_says_what_it_counts() {
    let server = TestServer::start().await;
    let shown = server.anyone("GET", "/metrics").await;
    assert!(shown.text.contains("switchboard_mails_total{outcome=\"sent\"} 0"));
    server.shutdown().await;
}
