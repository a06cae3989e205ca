//! Fuzzing: every target for a while, one after the other, led by coverage.
//!
//! Owns how the fuzzer is built and started, and what its last words mean. What the targets do is
//! theirs (`crates/fuzz`); their names are repeated here, since this tool depends on nothing.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{fs, io};

use crate::command::Command;
use crate::need::{self, Install, Need};
use crate::report::{Outcome, Report};

/// How long each target is fuzzed unless said.
pub(crate) const SECONDS: u32 = 60;
/// More than this, and the fuzzer calls it a leak: ten times what the hungriest target takes.
const RSS_LIMIT_MB: u32 = 1_024;
/// One input may take so long. The slowest takes a fiftieth.
const INPUT_SECONDS: u32 = 10;

/// So many lines of what the fuzzer said are shown where it found something.
const SHOWN_LINES: usize = 80;

/// A target, and the longest input that is worth its time.
#[derive(Debug)]
pub(crate) struct Target {
    name: &'static str,
    max_bytes: u32,
}

/// All of them; a test compares the names.
pub(crate) const TARGETS: &[Target] = &[
    Target { name: "frames", max_bytes: 10_000 },
    Target { name: "http", max_bytes: 4_096 },
    Target { name: "codecs", max_bytes: 4_096 },
    Target { name: "credentials", max_bytes: 1_024 },
    Target { name: "records", max_bytes: 4_096 },
    Target { name: "sessions", max_bytes: 2_048 },
    Target { name: "commands", max_bytes: 2_048 },
];

/// libFuzzer is C++, and comes as source.
const COMPILER: Need = Need {
    name: "tool: C++ compiler",
    probe: Command::new("c++", &["--version"]),
    install: Command::new("apt-get", &["install", "--yes", "g++"]),
};

/// The counters are a pass of the compiler's own: no sanitizer, and a stable toolchain will do.
const BUILD: Command = Command::new(
    "cargo",
    &[
        "build",
        "--profile=fuzz",
        "--package=switchboard-fuzz",
        "--bin=fuzz",
        // Named, so that the flags are not for build scripts and macros as well.
        "--target=host-tuple",
        "--target-dir=target/fuzz",
    ],
)
.with_env(&[(
    "RUSTFLAGS",
    "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
     -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
     -Cllvm-args=-simplifycfg-branch-fold-threshold=0",
)]);

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    seconds: u32,
    targets: Vec<&'static Target>,
}

impl Asked {
    /// Every target, for as long as the gate has.
    pub(crate) fn all() -> Self {
        Self { seconds: SECONDS, targets: TARGETS.iter().collect() }
    }

    /// Reads `[--seconds N] [TARGET...]`.
    pub(crate) fn parse(args: &[&str]) -> Option<Self> {
        let (seconds, names) = match args {
            ["--seconds", seconds, names @ ..] => (seconds.parse().ok()?, names),
            names => (SECONDS, names),
        };
        let find = |name: &&str| TARGETS.iter().find(|target| target.name == *name);
        let named: Option<Vec<_>> = names.iter().map(find).collect();
        let targets = named?;
        let targets = if targets.is_empty() { TARGETS.iter().collect() } else { targets };
        Some(Self { seconds, targets })
    }
}

/// Builds the fuzzer, and gives each target its time.
pub(crate) fn run(asked: &Asked, install: Install) -> Report {
    let mut report = Report::default();
    let started = Instant::now();
    let outcome = need::ensure(&COMPILER, install);
    report.add(COMPILER.name, outcome, started.elapsed());
    let started = Instant::now();
    let built = match BUILD.run() {
        Ok(()) => fuzzer().map_err(|error| error.to_string()),
        Err(failure) => Err(failure.to_string()),
    };
    let outcome =
        built.as_ref().map_or_else(|why| Outcome::Failed(why.clone()), |_| Outcome::Passed);
    report.add("fuzz: build", outcome, started.elapsed());
    let mut figures = String::new();
    for target in &asked.targets {
        let started = Instant::now();
        let outcome = match &built {
            Ok(fuzzer) => fuzz(fuzzer, target, asked.seconds, &mut figures),
            Err(_) => Outcome::NotChecked("without the fuzzer".to_owned()),
        };
        report.add(format!("fuzz: {}", target.name), outcome, started.elapsed());
    }
    println!(
        "\n{:12} {:>10} {:>9} {:>9} {:>8}\n{figures}",
        "target", "inputs", "edges", "kept", "MB"
    );
    report
}

/// Where the build left it: under the name of the platform, which only the compiler knows.
fn fuzzer() -> io::Result<PathBuf> {
    let folders = fs::read_dir("target/fuzz")?.filter_map(Result::ok);
    let mut paths = folders.map(|folder| folder.path().join("fuzz/fuzz"));
    paths.find(|path| path.is_file()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Inputs that lead somewhere are kept from run to run; those that break something go to the
/// folder whose inputs are tests.
fn fuzz(fuzzer: &Path, target: &Target, seconds: u32, figures: &mut String) -> Outcome {
    let name = target.name;
    let [kept, found] = [format!("target/fuzz/kept/{name}"), format!("crates/fuzz/found/{name}")];
    for folder in [&kept, &found] {
        if let Err(error) = fs::create_dir_all(folder) {
            return Outcome::Failed(format!("{folder}: {error}"));
        }
    }
    let args = [
        format!("-max_total_time={seconds}"),
        format!("-max_len={}", target.max_bytes),
        format!("-rss_limit_mb={RSS_LIMIT_MB}"),
        format!("-timeout={INPUT_SECONDS}"),
        format!("-artifact_prefix={found}/"),
        "-print_final_stats=1".to_owned(),
        kept,
        format!("crates/fuzz/seeds/{name}"),
        found.clone(),
    ];
    println!("\n$ SWITCHBOARD_FUZZ_TARGET={name} {} {}", fuzzer.display(), args.join(" "));
    let output =
        std::process::Command::new(fuzzer).args(args).env("SWITCHBOARD_FUZZ_TARGET", name).output();
    // Empty unless something was found.
    let _ = fs::remove_dir(&found);
    let output = match output {
        Ok(output) => output,
        Err(error) => return Outcome::Failed(format!("could not be started: {error}")),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let last = LastWords::read(&said);
    let _ = writeln!(
        figures,
        "{name:12} {:>10} {:>9} {:>9} {:>8}",
        last.inputs, last.edges, last.kept, last.megabytes
    );
    if output.status.success() && last.inputs > 0 {
        return Outcome::Passed;
    }
    let from = said.lines().count().saturating_sub(SHOWN_LINES);
    said.lines().skip(from).for_each(|line| println!("{line}"));
    Outcome::Failed(format!("{}; the input is in {found}", output.status))
}

/// What the fuzzer counted.
#[derive(Debug, Default, PartialEq, Eq)]
struct LastWords {
    inputs: u64,
    edges: u64,
    kept: u64,
    megabytes: u64,
}

impl LastWords {
    fn read(said: &str) -> Self {
        let number = |text: &str| text.trim().split(['/', ' ']).next()?.parse().ok();
        let after = |line: &str, word: &str| number(line.split_once(word)?.1);
        let last = |word: &str| said.lines().rev().find_map(|line| after(line, word)).unwrap_or(0);
        Self {
            inputs: last("stat::number_of_executed_units:"),
            edges: last(" cov: "),
            kept: last(" corp: "),
            megabytes: last("stat::peak_rss_mb:"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_words_it_is_every_target_for_a_minute() {
        let asked = Asked::parse(&[]).unwrap();
        assert_eq!((asked.seconds, asked.targets.len()), (60, TARGETS.len()));
        let asked = Asked::parse(&["--seconds", "5", "frames", "http"]).unwrap();
        let names: Vec<_> = asked.targets.iter().map(|target| target.name).collect();
        assert_eq!((asked.seconds, names), (5, vec!["frames", "http"]));
        assert!(Asked::parse(&["nothing"]).is_none());
        assert!(Asked::parse(&["--seconds", "x"]).is_none());
    }

    #[test]
    fn the_last_words_are_understood() {
        let said = "#2 INITED cov: 12 ft: 13 corp: 1/1b exec/s: 0 rss: 40Mb\n\
            #4096 DONE cov: 321 ft: 999 corp: 45/6Kb lim: 40 exec/s: 100 rss: 61Mb\n\
            stat::number_of_executed_units: 4096\nstat::peak_rss_mb:              61\n";
        let expected = LastWords { inputs: 4_096, edges: 321, kept: 45, megabytes: 61 };
        assert_eq!(LastWords::read(said), expected);
        assert_eq!(LastWords::read(""), LastWords::default());
    }

    #[test]
    fn the_targets_are_those_that_there_are() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let source = fs::read_to_string(crates.join("fuzz/src/lib.rs")).unwrap();
        let named = source.matches("Target { name: \"").count();
        assert_eq!(named, TARGETS.len());
        for target in TARGETS {
            let named = format!("Target {{ name: \"{}\"", target.name);
            assert!(source.contains(&named), "{} is no target", target.name);
        }
    }
}
