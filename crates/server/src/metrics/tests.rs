use std::{fmt::Write as _, fs, path::Path};

use switchboard_protocol::CloseCode;

use super::*;

#[test]
fn everything_is_there_at_zero_from_the_start() {
    let rendered = Metrics::new().render();
    for metric in CATALOGUE {
        assert!(rendered.contains(&format!("# HELP {} {}", metric.name, metric.help)));
        assert!(rendered.contains(&format!("# TYPE {} {}\n", metric.name, metric.kind.name())));
        for label in metric.labels {
            for value in (label.values)() {
                let pair = format!("{}=\"{value}\"", label.name);
                let line = rendered
                    .lines()
                    .find(|line| line.starts_with(metric.name) && line.contains(&pair));
                let line = line.unwrap_or_else(|| panic!("{} has no {pair}", metric.name));
                let expected = if metric.name.ends_with("build_info") { " 1" } else { " 0" };
                assert!(line.ends_with(expected), "{line}");
            }
        }
    }
}

#[test]
fn nothing_is_rendered_that_is_not_in_the_catalogue() {
    for line in Metrics::new().render().lines().filter(|line| line.starts_with("# TYPE")) {
        let name = line.split(' ').nth(2).unwrap();
        assert!(CATALOGUE.iter().any(|metric| metric.name == name), "{name}");
    }
}

#[test]
fn histograms_have_buckets_that_fit_microseconds() {
    let metrics = Metrics::new();
    metrics.decision.record(Duration::from_micros(3));
    let rendered = metrics.render();
    assert!(rendered.contains("switchboard_decision_seconds_bucket{le=\"0.000002\"} 0"));
    assert!(rendered.contains("switchboard_decision_seconds_bucket{le=\"0.000005\"} 1"));
    assert!(rendered.contains("switchboard_decision_seconds_bucket{le=\"+Inf\"} 1"));
    assert!(rendered.contains("switchboard_queue_wait_seconds_bucket{le=\"3600\"} 0"));
    assert!(!rendered.contains("quantile="));
}

#[test]
fn counts_land_on_their_label() {
    let metrics = Metrics::new();
    metrics.assigned(AssignmentCause::Sticky);
    metrics.sockets_closed(CloseCode::SlowReader.code());
    metrics.sockets_closed(3999);
    metrics.agents(Availability::Online, true).increment(2.0);
    metrics.sessions(SessionKind::Visitor).increment(1.0);
    metrics.messages_rejected(ErrorCode::RateLimited);
    let rendered = metrics.render();
    for line in [
        "switchboard_conversations_assigned_total{cause=\"sticky\"} 1",
        "switchboard_sockets_closed_total{code=\"4002\"} 1",
        "switchboard_sockets_closed_total{code=\"other\"} 1",
        "switchboard_agents{availability=\"online\",present=\"true\"} 2",
        "switchboard_sessions{kind=\"visitor\"} 1",
        "switchboard_messages_rejected_total{code=\"rate_limited\"} 1",
    ] {
        assert!(rendered.contains(line), "{line}\n{rendered}");
    }
}

#[test]
fn two_nodes_share_nothing() {
    let (one, other) = (Metrics::new(), Metrics::new());
    one.opened.increment(5);
    assert!(one.render().contains("switchboard_conversations_opened_total 5"));
    assert!(other.render().contains("switchboard_conversations_opened_total 0"));
}

#[test]
fn upkeep_loses_no_sample() {
    let metrics = Metrics::new();
    for _ in 0..3 {
        metrics.journal_commit.record(0.5);
        metrics.upkeep();
    }
    assert!(metrics.render().contains("switchboard_journal_commit_seconds_count 3"));
}

/// `docs/metrics.md` is the catalogue. `UPDATE_DOCS=1` writes it anew.
#[test]
fn the_documentation_is_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let expected = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "docs/metrics.md is stale: run this test with UPDATE_DOCS=1");
}

fn document() -> String {
    let mut text = String::from(
        "# Metrics\n\nWhat `GET /metrics` answers, in Prometheus' text format. Every one is there \
         from the start, at zero,\nand so is every value of its labels. No workspace and no person \
         is a label. With `--admin-listen` they\nare served on that address alone.\n\nThis page is \
         made from the catalogue in `crates/server/src/metrics/catalogue.rs`.\n\n",
    );
    text.push_str("| metric | kind | unit | says |\n|---|---|---|---|\n");
    for metric in CATALOGUE {
        let (name, kind) = (metric.name, metric.kind.name());
        writeln!(text, "| `{name}` | {kind} | {} | {} |", metric.unit, metric.help).unwrap();
    }
    text.push_str("\n## Labels\n\n| metric | label | values |\n|---|---|---|\n");
    for metric in CATALOGUE {
        for label in metric.labels.iter().filter(|label| label.name != "version") {
            let values: Vec<String> =
                (label.values)().into_iter().map(|value| format!("`{value}`")).collect();
            let values = values.join(" ");
            writeln!(text, "| `{}` | `{}` | {values} |", metric.name, label.name).unwrap();
        }
    }
    text.push_str("\n`switchboard_build_info` has the label `version`.\n");
    text.push_str("\n## Buckets\n\nUpper bounds in seconds.\n\n");
    for metric in CATALOGUE {
        let Kind::Histogram(bounds) = metric.kind else { continue };
        let bounds: Vec<String> = bounds.iter().map(ToString::to_string).collect();
        writeln!(text, "- `{}`: {}", metric.name, bounds.join(" ")).unwrap();
    }
    text
}
