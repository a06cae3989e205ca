//! A mail as its reader's program takes it apart: headers unfolded and decoded, and the parts. As
//! much of MIME as our mails have, and strict where a mail could be misread.

use data_encoding::BASE64;

/// A message, or a part of one.
#[derive(Debug)]
pub struct Message {
    /// Unfolded, encoded words decoded.
    pub headers: Vec<(String, String)>,
    /// Decoded; empty where there are parts.
    pub body: String,
    pub parts: Vec<Message>,
}

impl Message {
    pub fn parse(raw: &str) -> Self {
        let (head, body) = raw.split_once("\r\n\r\n").expect("a blank line after the headers");
        assert!(!head.replace("\r\n", "").contains(['\r', '\n']), "bare CR or LF: {head:?}");
        let headers = headers(head);
        let mut message = Self { headers, body: String::new(), parts: Vec::new() };
        let kind = message.header("Content-Type").to_owned();
        match kind.split_once("boundary=\"").and_then(|(_, rest)| rest.split_once('"')) {
            Some((boundary, _)) => message.parts = parts(body, boundary),
            None => message.body = decoded(message.header("Content-Transfer-Encoding"), body),
        }
        message
    }

    /// The one header of this name.
    pub fn header(&self, name: &str) -> &str {
        let mut all = self.headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        let (_, value) = all.next().unwrap_or_else(|| panic!("no {name}: {:?}", self.headers));
        assert!(all.next().is_none(), "several {name}");
        value
    }

    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(found, _)| found.eq_ignore_ascii_case(name))
    }

    /// The body of the part of this kind, with `\n` at the end of its lines.
    pub fn part(&self, kind: &str) -> String {
        let is = |part: &&Self| part.header("Content-Type").starts_with(kind);
        let part = self.parts.iter().find(is).unwrap_or_else(|| panic!("no part {kind}"));
        part.body.replace("\r\n", "\n")
    }
}

fn headers(head: &str) -> Vec<(String, String)> {
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let header = |line: &str| {
        let (name, value) = line.split_once(':').expect("a header has a colon");
        (name.to_owned(), words(value.trim()))
    };
    unfolded.split("\r\n").map(header).collect()
}

/// Decodes encoded words; what is between two of them belongs to neither.
fn words(value: &str) -> String {
    let value = value.replace("?= =?", "?==?");
    let mut decoded = String::new();
    let mut rest = value.as_str();
    while let Some((before, word)) = rest.split_once("=?") {
        decoded.push_str(before);
        let (charset, word) = word.split_once('?').unwrap();
        let (encoding, word) = word.split_once('?').unwrap();
        let (text, after) = word.split_once("?=").unwrap();
        assert!(charset.eq_ignore_ascii_case("utf-8") && encoding.eq_ignore_ascii_case("b"));
        let bytes = BASE64.decode(text.as_bytes()).unwrap();
        decoded.push_str(&String::from_utf8(bytes).unwrap());
        rest = after;
    }
    decoded + rest
}

fn parts(body: &str, boundary: &str) -> Vec<Message> {
    let (inside, _) = body.split_once(&format!("--{boundary}--")).expect("a last boundary");
    let line = format!("--{boundary}\r\n");
    let parts = inside.split(&line).skip(1);
    parts.map(|part| Message::parse(part.strip_suffix("\r\n").unwrap())).collect()
}

fn decoded(encoding: &str, body: &str) -> String {
    match encoding {
        "7bit" => {
            assert!(body.is_ascii());
            body.to_owned()
        }
        "base64" => {
            let text: String = body.split_whitespace().collect();
            String::from_utf8(BASE64.decode(text.as_bytes()).unwrap()).unwrap()
        }
        "quoted-printable" => quoted_printable(body),
        other => panic!("an encoding that nobody asked for: {other}"),
    }
}

fn quoted_printable(body: &str) -> String {
    let body = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = body.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'=' {
            let digits = std::str::from_utf8(&rest[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &rest[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}
