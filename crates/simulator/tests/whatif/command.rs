//! The command line, from its words to what it leaves behind.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::Parser;
use switchboard_simulator::cli::{self, Args};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/demo.json");

#[derive(Debug, Parser)]
struct Simulate {
    #[command(flatten)]
    args: Args,
}

fn parsed(words: &[&str]) -> Result<Args, String> {
    let words = ["simulate"].iter().chain(words);
    Simulate::try_parse_from(words).map(|simulate| simulate.args).map_err(|e| e.to_string())
}

fn outcome(words: &[&str]) -> ExitCode {
    cli::run(&parsed(words).unwrap())
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn a_comparison_leaves_a_page() {
    let html = file("whatif.html");
    let words = [
        "--replay",
        DEMO,
        "--policy",
        "strategy=round_robin",
        "--policy",
        "sales.capacity=4,agents=+1",
        "--html",
        html.to_str().unwrap(),
    ];
    assert_eq!(outcome(&words), ExitCode::SUCCESS);
    let page = fs::read_to_string(&html).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(page.contains("sales.capacity=4,agents=+1") && page.contains("demo.json"));
    fs::remove_file(html).unwrap();
}

#[test]
fn what_cannot_be_read_written_or_meant_fails() {
    let garbage = file("garbage.json");
    fs::write(&garbage, "{\"items\":[{\"offset\":").unwrap();
    for words in [
        &["--replay", "/nowhere/at-all.json"][..],
        &["--replay", garbage.to_str().unwrap()],
        &["--replay", DEMO, "--policy", "nobody.capacity=3"],
        &["--replay", DEMO, "--html", "/nowhere/at-all.html"],
    ] {
        assert_eq!(outcome(words), ExitCode::FAILURE, "{words:?}");
    }
    fs::remove_file(garbage).unwrap();
}

#[test]
fn words_that_mean_nothing_are_refused_before_anything_is_done() {
    for (words, why) in [
        (&["--replay", DEMO, "--policy", "strategy=fair"][..], "it takes least_busy, round_robin"),
        (&["--replay", DEMO, "--policy", "speed=3"], "there is no setting `speed`"),
        (&["--policy", "strategy=round_robin"], "--replay"),
        (&["--html", "page.html"], "--replay"),
    ] {
        let error = parsed(words).unwrap_err();
        assert!(error.contains(why), "{words:?}: {error}");
    }
}
