//! Which crate may use which, and what every manifest says: read from the manifests themselves.
//!
//! An arrow that is not in the table below is a decision about the architecture. Take it in
//! docs/architecture.md first, and then here.

use std::fs;
use std::path::{Path, PathBuf};

/// Our crates by folder, each with those of ours that it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("routing", &[]),
    ("protocol", &[]),
    ("journal", &["routing"]),
    ("client", &["protocol"]),
    // The client for `switchboard demo` alone, the simulator for `switchboard simulate` alone.
    ("server", &["routing", "journal", "protocol", "client", "simulator"]),
    // The wire for what it has that is pure: the streams of sessions.
    ("simulator", &["routing", "journal", "protocol"]),
    // Everything that reads what comes from outside, and the oracle that judges the core.
    ("fuzz", &["routing", "journal", "protocol", "server", "simulator"]),
    ("xtask", &[]),
];

/// Crates of others that only some of ours may use, in whatever kind of dependency.
const RESERVED: &[(&str, &[&str])] = &[
    ("tokio", &["server", "client", "fuzz"]),
    ("tokio-tungstenite", &["server", "client"]),
    ("axum", &["server"]),
    ("hyper", &["server"]),
    ("dashmap", &["server"]),
    ("metrics", &["server"]),
    ("metrics-exporter-prometheus", &["server"]),
    ("tracing", &["server", "client", "journal"]),
    ("rusqlite", &["journal"]),
    // Passwords, and the signatures of hosts.
    ("argon2", &["server"]),
    ("aws-lc-rs", &["server"]),
    ("jsonwebtoken", &["server"]),
    // Randomness is the shell's: what the core and the simulator do follows from their inputs.
    ("getrandom", &["server", "client"]),
    // A generator without a seed of its own: worlds are drawn from the seed that is printed.
    ("rand_pcg", &["simulator"]),
    ("rand", &[]),
    ("fastrand", &[]),
    // Benches live at the root.
    ("criterion", &[]),
];

/// A folder by one of these names collects whatever has no place.
const NOT_A_NAME: &[&str] = &["common", "core", "helpers", "misc", "shared", "util", "utils"];

/// `xtask` is standard library alone, so that the gate starts at once.
const WITHOUT_DEPENDENCIES: &[&str] = &["xtask"];

/// One `[header]` of a manifest and the `key = value` lines under it.
#[derive(Debug, PartialEq)]
struct Section {
    header: String,
    entries: Vec<(String, String)>,
}

/// Enough of TOML for the manifests here: one entry to a line, comments on lines of their own.
fn parse(manifest: &str) -> Vec<Section> {
    let mut sections = vec![Section { header: String::new(), entries: Vec::new() }];
    for line in manifest.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if line.starts_with('[') {
            let header = line.trim_matches(['[', ']']).to_owned();
            sections.push(Section { header, entries: Vec::new() });
        } else if let Some((key, value)) = line.split_once('=') {
            let entry = (key.trim().to_owned(), value.trim().to_owned());
            sections.last_mut().expect("one from the start").entries.push(entry);
        }
    }
    sections
}

/// The names of all dependencies, of every kind and in every spelling of the table.
fn dependencies(sections: &[Section]) -> Vec<&str> {
    let mut names = Vec::new();
    for section in sections {
        if let Some((_, name)) = section.header.rsplit_once("dependencies.") {
            names.push(name);
        } else if section.header.ends_with("dependencies") {
            let keys = section.entries.iter().map(|(key, _)| key.as_str());
            names.extend(keys.map(|key| key.split('.').next().unwrap_or(key)));
        }
    }
    names
}

fn says(section: &Section, key: &str, value: &str) -> bool {
    section.entries.iter().any(|(k, v)| k == key && v == value)
}

fn arrow_faults(folder: &str, sections: &[Section]) -> Vec<String> {
    let Some((_, ours)) = ARROWS.iter().find(|(name, _)| *name == folder) else {
        return vec![format!("{folder} has no row in the table of arrows")];
    };
    let mut faults = Vec::new();
    for name in dependencies(sections) {
        if let Some(target) = name.strip_prefix("switchboard-")
            && !ours.contains(&target)
        {
            faults.push(format!("{folder} → {target} is not in the table of arrows"));
        }
        let reserved = RESERVED.iter().find(|(reserved, _)| *reserved == name);
        if let Some((_, users)) = reserved
            && !users.contains(&folder)
        {
            faults.push(format!("{folder} uses {name}, which is for {users:?} alone"));
        }
        if WITHOUT_DEPENDENCIES.contains(&folder) {
            faults.push(format!("{folder} uses {name}, but is standard library alone"));
        }
    }
    faults
}

/// Whether a manifest asks for the bugs that are there on purpose: by default, or of a dependency.
fn plants(sections: &[Section]) -> bool {
    let asks = |section: &Section| {
        section.entries.iter().any(|(key, value)| {
            let by_default = section.header == "features" && key == "default";
            let dependency = section.header.contains("dependencies");
            (by_default || dependency) && format!("{key} {value}").contains("planted")
        })
    };
    sections.iter().any(asks)
}

fn manifest_faults(folder: &str, sections: &[Section]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            faults.push(format!("crates/{folder}/Cargo.toml: {what}"));
        }
    };
    let with = |header: &'static str| sections.iter().filter(move |s| s.header == header);
    let name = format!("\"switchboard-{folder}\"");

    must(!NOT_A_NAME.contains(&folder), "name it after what it owns");
    must(with("package").any(|s| says(s, "name", &name)), "the package is switchboard-<folder>");
    for key in ["version", "edition", "rust-version", "license", "publish"] {
        let key = format!("{key}.workspace");
        must(with("package").any(|s| says(s, &key, "true")), &format!("wants `{key} = true`"));
    }
    must(with("lints").any(|s| says(s, "workspace", "true")), "wants `[lints] workspace = true`");
    must(with("lib").chain(with("bin")).count() > 0, "wants a [lib] or a [[bin]] section");
    for target in with("lib").chain(with("bin")) {
        must(says(target, "bench", "false"), "wants `bench = false` on every [lib] and [[bin]]");
    }
    let renamed = sections
        .iter()
        .filter(|s| s.header.contains("dependencies"))
        .flat_map(|s| &s.entries)
        .any(|(key, value)| key == "package" || value.contains("package ="));
    must(!renamed, "a renamed dependency hides what is used");
    must(!plants(sections), "bugs on purpose are for `--features planted` alone");
    faults
}

/// Every folder of `crates/`, by name.
fn crates() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates");
    let entries = fs::read_dir(root).expect("a folder `crates`");
    let folders = entries.map(|entry| entry.expect("a readable entry").path());
    let mut crates: Vec<_> = folders
        .filter(|path| path.is_dir())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path))
        .collect();
    crates.sort();
    crates
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_arrow_is_in_the_table() {
    let crates = crates();
    assert!(crates.len() >= 6, "found only {crates:?}");
    let faults: Vec<String> = crates
        .iter()
        .flat_map(|(folder, path)| arrow_faults(folder, &parse(&read(&path.join("Cargo.toml")))))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_manifest_says_what_it_must() {
    let faults: Vec<String> = crates()
        .iter()
        .flat_map(|(folder, path)| manifest_faults(folder, &parse(&read(&path.join("Cargo.toml")))))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn no_dependency_of_the_workspace_is_renamed_or_asks_for_bugs() {
    let root = parse(&read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")));
    let entries =
        root.iter().filter(|s| s.header.contains("dependencies")).flat_map(|s| &s.entries);
    let renamed: Vec<_> = entries.filter(|(_, value)| value.contains("package =")).collect();
    assert!(renamed.is_empty(), "{renamed:?}");
    assert!(!plants(&root), "bugs on purpose are for `--features planted` alone");
}

#[test]
fn the_table_has_no_circle_and_no_dangling_arrow() {
    for (folder, ours) in ARROWS {
        let mut reached: Vec<&str> = ours.to_vec();
        let mut next = 0;
        while let Some(target) = reached.get(next).copied() {
            let row = ARROWS.iter().find(|(name, _)| *name == target);
            let (_, further) = row.unwrap_or_else(|| panic!("{folder} → {target}: no such row"));
            let new: Vec<&str> = further.iter().copied().filter(|t| !reached.contains(t)).collect();
            reached.extend(new);
            next += 1;
        }
        assert!(!reached.contains(folder), "{folder} reaches itself over {reached:?}");
    }
}

/// The checks above can fail: each finds what is planted here.
mod planted {
    use super::*;

    fn arrows_in(folder: &str, manifest: &str) -> String {
        arrow_faults(folder, &parse(manifest)).join("\n")
    }

    #[test]
    fn an_unlisted_arrow() {
        let manifest =
            "[dependencies]\nserde.workspace = true\nswitchboard-protocol.workspace = true";
        let found = arrows_in("routing", manifest);
        assert_eq!(found, "routing → protocol is not in the table of arrows");
        assert_eq!(arrows_in("client", manifest), "");
    }

    #[test]
    fn an_arrow_in_every_spelling_and_kind() {
        for manifest in [
            "[dependencies]\nswitchboard-server = { path = \"../server\" }",
            "[dependencies.switchboard-server]\npath = \"../server\"",
            "[dev-dependencies]\nswitchboard-server.workspace = true",
            "[build-dependencies]\nswitchboard-server = \"1\"",
            "[target.'cfg(unix)'.dependencies]\nswitchboard-server = \"1\"",
        ] {
            assert!(arrows_in("client", manifest).contains("client → server"), "{manifest}");
        }
    }

    #[test]
    fn a_reserved_crate_elsewhere() {
        assert!(arrows_in("journal", "[dependencies]\ntokio = \"1\"").contains("uses tokio"));
        assert!(arrows_in("routing", "[dependencies]\nrand = \"1\"").contains("uses rand"));
        assert!(arrows_in("server", "[dev-dependencies]\ncriterion = \"1\"").contains("criterion"));
        assert_eq!(arrows_in("server", "[dependencies]\ntokio = \"1\"\n# rand = \"1\""), "");
    }

    #[test]
    fn a_crate_without_a_row_and_a_dependency_of_xtask() {
        assert!(arrows_in("extras", "").contains("no row"));
        assert!(arrows_in("xtask", "[dependencies]\nserde = \"1\"").contains("standard library"));
    }

    #[test]
    fn each_line_that_a_manifest_lacks() {
        let whole = "[package]\nname = \"switchboard-routing\"\nversion.workspace = true\n\
            edition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n\
            publish.workspace = true\n[lints]\nworkspace = true\n[lib]\nbench = false\n";
        assert_eq!(manifest_faults("routing", &parse(whole)), Vec::<String>::new());
        for (index, line) in whole.lines().enumerate().filter(|(_, line)| !line.starts_with('[')) {
            let kept = whole.lines().enumerate().filter(|(i, _)| *i != index).map(|(_, line)| line);
            let less = kept.collect::<Vec<_>>().join("\n");
            assert_eq!(manifest_faults("routing", &parse(&less)).len(), 1, "without {line}");
        }
    }

    #[test]
    fn a_bench_harness_on_a_binary_a_poor_name_and_a_rename() {
        let faults = |folder, manifest| manifest_faults(folder, &parse(manifest)).join("\n");
        let bench = "wants `bench = false` on";
        assert!(faults("server", "[lib]\nbench = false\n[[bin]]\nname = \"x\"").contains(bench));
        assert!(faults("util", "").contains("name it after what it owns"));
        let renamed = "[dependencies]\nx = { package = \"rand\", version = \"1\" }";
        assert!(faults("routing", renamed).contains("renamed"));
    }

    #[test]
    fn bugs_on_purpose_in_what_ships() {
        for manifest in [
            "[features]\nplanted = []\ndefault = [\"planted\"]",
            "[dependencies]\nswitchboard-routing = { path = \"..\", features = [\"planted\"] }",
            "[dependencies.switchboard-routing]\nfeatures = [\"planted\"]",
        ] {
            assert!(plants(&parse(manifest)), "{manifest}");
        }
        let asked =
            "[features]\nplanted = [\"switchboard-routing/planted\"]\n[dependencies]\nx = \"1\"";
        assert!(!plants(&parse(asked)));
    }
}
