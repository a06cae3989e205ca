//! What was mailed, read from the folder where mails go without a mail server.

use std::{fs, path::Path};

use crate::{mime::Message, people::until};

/// The token of the newest link of this kind (`join`, `reset`) that was mailed to an address.
/// Waits for the mail.
pub async fn link_token(data_dir: &Path, to: &str, kind: &str) -> String {
    let mut found = None;
    until("a mail is written", || {
        found = newest(data_dir, to, kind);
        let is_there = found.is_some();
        async move { is_there }
    })
    .await;
    found.unwrap()
}

fn newest(data_dir: &Path, to: &str, kind: &str) -> Option<String> {
    let mut files: Vec<_> =
        fs::read_dir(data_dir.join("outbox")).ok()?.map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
    files.sort();
    files.iter().rev().find_map(|file| {
        let message = Message::parse(&fs::read_to_string(file).unwrap());
        let text = (message.header("To") == to).then(|| message.part("text/plain"))?;
        let (_, link) = text.split_once(&format!("/{kind}#"))?;
        link.split_whitespace().next().map(str::to_owned)
    })
}
