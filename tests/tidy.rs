//! House rules that no compiler checks: the size of files, what never appears in code, and that
//! every exception in the tools' settings says why.

use std::fs;
use std::path::{Path, PathBuf};

/// Past this a file has more than one subject. Most are a third of it.
const LINES: usize = 700;

/// Where our code is.
const FOLDERS: &[&str] = &["crates", "tests", "examples", "benches"];

/// What never appears in code, and why. In two halves, or this file would find itself.
const NEVER: &[(&str, &str)] = &[
    (concat!("#[", "ignore"), "a test runs, or it goes"),
    (concat!("thread::", "sleep"), "wait for what you are waiting for"),
    (concat!("to", "do!("), "finish it, or leave it out"),
    (concat!("unimple", "mented!("), "finish it, or leave it out"),
    (concat!("db", "g!("), "for the desk alone"),
];

/// The code of a line, without a comment at its end. An address (`://`) is not a comment.
fn code(line: &str) -> &str {
    let comment = line.match_indices("//").map(|(at, _)| at).find(|at| !line[..*at].ends_with(':'));
    &line[..comment.unwrap_or(line.len())]
}

fn source_faults(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let lines = text.lines().count();
    if lines > LINES {
        faults.push(format!("{name}: {lines} lines, more than {LINES}"));
    }
    for (number, line) in text.lines().enumerate() {
        for (needle, why) in NEVER.iter().filter(|(needle, _)| code(line).contains(needle)) {
            faults.push(format!("{name}:{}: `{needle}`: {why}", number + 1));
        }
    }
    faults
}

/// The paths that a clippy.toml bans, and its settings, each as it is compared.
fn clippy_rules(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let rule = |line: &str| match line.split_once("path = \"") {
        Some((_, rest)) => rest.split('"').next().map(str::to_owned),
        None => line.starts_with("allow-").then(|| line.to_owned()),
    };
    lines.filter(|line| !line.starts_with('#')).filter_map(rule).collect()
}

/// What the routing crate's clippy.toml, which replaces the root's, left out of it. The core has
/// nothing but the standard library to misuse.
fn forgotten(root: &str, routing: &str) -> Vec<String> {
    let repeated = clippy_rules(routing);
    let shared = |rule: &String| rule.starts_with("std::") || rule.starts_with("allow-");
    let mut rules = clippy_rules(root);
    rules.retain(|rule| shared(rule) && !repeated.contains(rule));
    rules
}

/// Exceptions of deny.toml that do not say until when: in their reason, or in the comment above.
fn endless_exceptions(text: &str) -> Vec<String> {
    let mut endless = Vec::new();
    let (mut inside, mut comment) = (false, String::new());
    for line in text.lines().map(str::trim) {
        let opens = ["skip = [", "skip-tree = [", "ignore = [", "exceptions = ["];
        inside =
            (inside || opens.iter().any(|list| line.starts_with(list))) && !line.ends_with(']');
        if let Some(words) = line.strip_prefix('#') {
            comment.push_str(words);
            continue;
        }
        let reason = format!("{comment} {line}").to_lowercase();
        if inside && line.starts_with(['{', '"']) && !reason.contains("until ") {
            endless.push(line.to_owned());
        }
        comment.clear();
    }
    endless
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file under a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("a readable entry").path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn sources_keep_the_house_rules() {
    let mut files = Vec::new();
    for folder in FOLDERS {
        sources(&root().join(folder), &mut files);
    }
    assert!(files.iter().any(|file| file.ends_with("tests/tidy.rs")), "looked in the wrong place");
    let name = |file: &Path| file.strip_prefix(root()).unwrap_or(file).display().to_string();
    let faults: Vec<String> =
        files.iter().flat_map(|file| source_faults(&name(file), &read(file))).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_core_bans_what_the_workspace_bans() {
    let path = root().join("crates/routing/clippy.toml");
    let forgotten = forgotten(&read(&root().join("clippy.toml")), &read(&path));
    assert!(forgotten.is_empty(), "crates/routing/clippy.toml lacks {forgotten:?}");
}

#[test]
fn every_exception_of_deny_ends_some_day() {
    let endless = endless_exceptions(&read(&root().join("deny.toml")));
    assert!(endless.is_empty(), "without \"until\":\n{}", endless.join("\n"));
}

/// The checks above can fail: each finds what is planted here.
mod planted {
    use super::*;

    #[test]
    fn a_long_file() {
        let long = "\n".repeat(LINES + 1);
        assert_eq!(source_faults("x.rs", &long).len(), 1);
        assert_eq!(source_faults("x.rs", &long[1..]).len(), 0);
    }

    #[test]
    fn each_thing_that_never_appears() {
        for (needle, _) in NEVER {
            let text = format!("fn f() {{\n    {needle}x); // so it is\n}}");
            let found = source_faults("x.rs", &text);
            assert!(found.len() == 1 && found[0].starts_with("x.rs:2: "), "{needle}: {found:?}");
        }
    }

    #[test]
    fn comments_are_left_alone_and_addresses_are_not_comments() {
        for (needle, _) in NEVER {
            assert_eq!(source_faults("x.rs", &format!("let a = 1; // not {needle}")).len(), 0);
            let after_address = format!("let a = \"http://b\"; {needle}");
            assert_eq!(source_faults("x.rs", &after_address).len(), 1);
        }
    }

    #[test]
    fn a_ban_and_a_setting_that_were_not_repeated() {
        let root = "allow-x = true\nlist = [\n{ path = \"std::a\" },\n{ path = \"tokio::b\" },\n]";
        assert_eq!(forgotten(root, ""), ["allow-x = true", "std::a"]);
        assert_eq!(forgotten(root, "allow-x = false\n# { path = \"std::a\" }").len(), 2);
        assert_eq!(forgotten(root, root).len(), 0);
    }

    #[test]
    fn an_exception_without_an_end() {
        let with = |entries: &str| endless_exceptions(&format!("skip = [\n{entries}\n]\n{{ x }}"));
        assert_eq!(with("{ crate = \"a\", reason = \"it is old\" },").len(), 1);
        assert_eq!(with("{ crate = \"a\", reason = \"old; until b is gone\" },").len(), 0);
        assert_eq!(with("# Until b is gone.\n{ crate = \"a\" },\n{ crate = \"c\" },").len(), 1);
    }
}
