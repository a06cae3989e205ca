//! A curl command line as a shell reads it, as much as the guide needs: words, both kinds of
//! quotation marks, names with a dollar, and a comment with the status of the answer.

use crate::guide::Names;

/// A call that a command line makes.
#[derive(Debug, PartialEq)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// What it is answered with.
    pub status: u16,
}

/// The call of a block: a curl command, and `# → 201`.
pub fn parse(block: &str, names: &Names, base: &str) -> Call {
    let (command, comment) =
        block.rsplit_once("# → ").unwrap_or_else(|| panic!("no status: {block}"));
    let status = comment.trim().parse().unwrap_or_else(|_| panic!("no status: {block}"));
    let mut words = words(command, names).into_iter();
    assert_eq!(words.next().as_deref(), Some("curl"), "{block}");
    let (mut method, mut url, mut headers, mut body) = (None, None, Vec::new(), None);
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_else(|| panic!("nothing after {word}: {block}"));
        match word.as_str() {
            "-X" => method = Some(value()),
            "-H" => {
                let header = value();
                let (name, value) = header.split_once(": ").expect("a header");
                headers.push((name.to_lowercase(), value.to_owned()));
            }
            "--json" => body = Some(value()),
            option if option.starts_with('-') => panic!("unknown: {option}"),
            _ => assert!(url.replace(word).is_none(), "two URLs: {block}"),
        }
    }
    let url = url.unwrap_or_else(|| panic!("no URL: {block}"));
    let path = url.strip_prefix(base).unwrap_or_else(|| panic!("not here: {url}"));
    if body.is_some() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    let usual = if body.is_some() { "POST" } else { "GET" };
    Call {
        method: method.unwrap_or_else(|| usual.to_owned()),
        path: path.to_owned(),
        headers,
        body: body.unwrap_or_default(),
        status,
    }
}

fn words(command: &str, names: &Names) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = command.chars().peekable();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => match chars.next().expect("something after a backslash") {
                '\n' => {}
                c => word.get_or_insert_default().push(c),
            },
            (None | Some('"'), '$') => {
                let mut name = String::new();
                while let Some(c) = chars.next_if(|c| c.is_ascii_uppercase() || *c == '_') {
                    name.push(c);
                }
                let value =
                    names.get(&name).unwrap_or_else(|| panic!("what is ${name}? {command}"));
                word.get_or_insert_default().push_str(value);
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    assert!(quote.is_none(), "an open quotation: {command}");
    words.extend(word);
    words
}

#[test]
fn a_command_is_read_as_a_shell_reads_it() {
    let names = Names::from([("BASE".into(), "http://x".into()), ("T".into(), "a b".into())]);
    let block = "curl -X PATCH $BASE/v1/x?y=1 \\\n  -H \"Authorization: Bearer $T\" \\\n  \
                 --json '{\"k\": \"$T'\"$T\"'\"}'\n# → 409";
    let call = parse(block, &names, "http://x");
    assert_eq!(
        (call.method.as_str(), call.path.as_str(), call.status),
        ("PATCH", "/v1/x?y=1", 409)
    );
    assert_eq!(call.headers[0], ("authorization".to_owned(), "Bearer a b".to_owned()));
    assert_eq!(call.body, r#"{"k": "$Ta b"}"#);
    assert_eq!(parse("curl $BASE/\n# → 200", &names, "http://x").method, "GET");
}
