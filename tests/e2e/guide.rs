//! `docs/team.md` as its reader would follow it: every call in it is made, in its order, against a
//! whole server with a mail server behind it, and answered as the page says.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    guide_page::{Block, blocks, expected, matches},
    guide_shell::{Call, parse},
    http::Http,
    server::TestServer,
    smtp::{MailServer, Manners, Received},
};

const PAGE: &str = include_str!("../../docs/team.md");
const PUBLIC_URL: &str = "https://chat.example.com";

/// What the page calls by a name with a dollar.
pub type Names = BTreeMap<String, String>;

async fn make(http: Http, call: &Call) -> (u16, Value) {
    let headers: Vec<(&str, &str)> =
        call.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let reply = http.send(&call.method, &call.path, "", &headers, call.body.clone()).await;
    (reply.status, reply.json)
}

/// Every line of the page's mail is in the one that came; a name at a line's end is what stands
/// there.
fn check_mail(written: &str, received: &Received, names: &mut Names) {
    let (message, text) = (&received.message, received.message.part("text/plain"));
    for line in written.lines().filter(|line| !line.is_empty() && *line != "…") {
        let header = ["To", "Subject"].iter().find_map(|name| {
            let value = line.strip_prefix(&format!("{name}: "))?;
            Some((message.header(name), value))
        });
        if let Some((seen, value)) = header {
            assert_eq!(seen, value, "{written}");
            continue;
        }
        let (begin, name) = line.split_once('$').map_or((line, None), |(l, n)| (l, Some(n)));
        let begin = begin.trim_end_matches('…');
        let seen = text.lines().find(|seen| seen.starts_with(begin) && !begin.is_empty());
        let seen = seen.unwrap_or_else(|| panic!("no line {begin:?} in\n{text}"));
        if let Some(name) = name {
            names.insert(name.to_owned(), seen[begin.len()..].to_owned());
        } else if !line.ends_with('…') {
            assert_eq!(seen, line);
        }
    }
}

#[tokio::test]
async fn the_guide_to_teams_is_true() {
    let mut mails = MailServer::start(Manners::default()).await;
    let url = format!("smtp://{}?tls=none", mails.addr);
    let server = TestServer::start_with(|config| {
        config.smtp_url = Some(url.as_str().into());
        config.public_url = Some(PUBLIC_URL.to_owned());
    })
    .await;
    let base = format!("http://{}", server.addr);
    let mut names =
        Names::from([("BASE".to_owned(), base.clone()), ("ROOT".to_owned(), server.root.clone())]);
    let (mut calls, mut answers, mut letters) = (0, 0, 0);
    let mut last = None;
    for block in blocks(PAGE) {
        match block {
            Block::Shell(text) => {
                let call = parse(&text, &names, &base);
                let (status, json) = make(server.http(), &call).await;
                assert_eq!(status, call.status, "{text}\n{json:#}");
                (last, calls) = (Some((text, json)), calls + 1);
            }
            Block::Json(text) => {
                let (asked, seen) = last.take().expect("an answer follows its call");
                let told = matches(&expected(&text), &seen, &mut names);
                told.unwrap_or_else(|why| panic!("{asked}\n{why}\n{seen:#}"));
                answers += 1;
            }
            Block::Mail(text) => {
                check_mail(&text, &mails.received().await, &mut names);
                letters += 1;
            }
        }
    }
    // Without blocks the page would be true as well.
    assert!(calls >= 40 && answers >= 30 && letters >= 2, "{calls} {answers} {letters}");
}
