//! A page of the docs taken apart: its calls, the answers that it tells, the mails; and whether an
//! answer is as told.

use serde_json::Value;

use crate::guide::Names;

/// A block of a page that says what happens.
#[derive(Debug, PartialEq)]
pub enum Block {
    /// ```` ```sh ````: one call.
    Shell(String),
    /// ```` ```json ````: the answer to the call before it.
    Json(String),
    /// ```` ```mail ````: a mail that has come.
    Mail(String),
}

/// The blocks of a page, in their order; of other kinds there are none.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else { continue };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let text = text.join("\n");
        blocks.push(match kind {
            "sh" => Block::Shell(text),
            "json" => Block::Json(text),
            "mail" => Block::Mail(text),
            other => panic!("nobody runs a block of {other:?}:\n{text}"),
        });
    }
    blocks
}

/// An answer as the page tells it: `…` outside of a text is a value like any other.
pub fn expected(text: &str) -> Value {
    let mut json = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            '…' if !quoted => json.push_str("\"…\""),
            '$' if !quoted => panic!("a name stands in quotation marks: {text}"),
            c => json.push(c),
        }
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Whether an answer is as told. `…` stands for anything, also within a text and for the rest of a
/// list; fields that are not told are not looked at; a name is what stood there first.
pub fn matches(told: &Value, seen: &Value, names: &mut Names) -> Result<(), String> {
    let differ = || Err(format!("told: {told}\nseen: {seen}"));
    match (told, seen) {
        (Value::String(told), _) if told == "…" => Ok(()),
        (Value::String(told), Value::String(seen)) => match told.strip_prefix('$') {
            Some(name) => {
                let known = names.entry(name.to_owned()).or_insert_with(|| seen.clone());
                if known == seen { Ok(()) } else { differ() }
            }
            None if fits(told, seen) => Ok(()),
            None => differ(),
        },
        (Value::Object(told), Value::Object(all)) => told.iter().try_for_each(|(name, told)| {
            let seen = all.get(name).ok_or_else(|| format!("no field {name} in {seen}"))?;
            matches(told, seen, names)
        }),
        (Value::Array(told), Value::Array(all)) => {
            let (told, rest) = match told.split_last() {
                Some((last, told)) if last == "…" => (told, true),
                _ => (told.as_slice(), false),
            };
            if all.len() < told.len() || (all.len() > told.len() && !rest) {
                return differ();
            }
            told.iter().zip(all).try_for_each(|(told, seen)| matches(told, seen, names))
        }
        _ if told == seen => Ok(()),
        _ => differ(),
    }
}

/// Whether a text is as told, with `…` for whatever stands there.
fn fits(told: &str, seen: &str) -> bool {
    match told.split_once('…') {
        None => told == seen,
        Some((begin, end)) => seen
            .strip_prefix(begin)
            .is_some_and(|rest| rest.len() >= end.len() && rest.ends_with(end)),
    }
}

#[test]
fn what_differs_from_the_page_is_noticed() {
    let mut names = Names::new();
    let mut check = |told: &str, seen: Value| matches(&expected(told), &seen, &mut names);
    let seen = || serde_json::json!({"id": "inv_1", "list": [1, 2], "more": true, "none": null});
    assert_eq!(check(r#"{"id": "inv_…", "list": [1, …]}"#, seen()), Ok(()));
    assert_eq!(check(r#"{"id": "$ID", "list": …, "none": null}"#, seen()), Ok(()));
    assert_eq!(check(r#"{"id": "$ID"}"#, seen()), Ok(()));
    for wrong in [
        r#"{"id": "key_…"}"#,
        r#"{"list": [1]}"#,
        r#"{"list": [2, …]}"#,
        r#"{"list": [1, 2, 3]}"#,
        r#"{"more": false}"#,
        r#"{"less": …}"#,
        r#"{"none": 1}"#,
        r#"[…]"#,
    ] {
        assert!(check(wrong, seen()).is_err(), "{wrong}");
    }
    assert!(check(r#"{"id": "$ID"}"#, serde_json::json!({"id": "inv_2"})).is_err());
}
