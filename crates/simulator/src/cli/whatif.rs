//! What if: a recording, the same people again, and the same people under other rules.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    process::ExitCode,
};

use switchboard_routing::DepartmentId;

use super::{Shared, complain, say};
use crate::whatif::{
    self, Alternative, AlternativeError, Column, ReadError, Recording, Row, Story, Subject,
};

/// What if: recorded events, rerun with other rules, capacities or people
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What if")]
#[group(skip)]
pub(crate) struct Options {
    /// A workspace's recorded events, as `GET …/events` tells them: pages, a list, or one event a
    /// line; `-` reads them from standard input
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// What is to be otherwise, as often as you like: strategy=longest_idle,
    /// sales.capacity=3,wrap_up=20s, agents=+2, agents=-ada. Settings: strategy, offer_timeout,
    /// decline_cooldown, on_unstaffed, max_queue, max_wait, reconnect_grace, agent_capacity,
    /// sticky, wrap_up, capacity, agents; before a dot for which department or agent
    #[arg(long, value_name = "SETTINGS", requires = "replay")]
    policy: Vec<Alternative>,
    /// Also write a page with plots
    #[arg(long, value_name = "FILE", requires = "replay")]
    html: Option<PathBuf>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum WhatIfError {
    #[error("cannot open {0}")]
    Open(PathBuf, #[source] io::Error),
    #[error("{0} is no recording")]
    Read(PathBuf, #[source] ReadError),
    #[error("--policy {0}")]
    Alternative(#[from] AlternativeError),
    #[error("cannot write {0}")]
    Write(PathBuf, #[source] io::Error),
}

impl Options {
    /// Whether this is what is to be done; nothing: something else is.
    pub(super) fn run(&self, shared: &Shared) -> Option<ExitCode> {
        self.replay.is_some().then(|| run(shared, self))
    }
}

fn run(shared: &Shared, options: &Options) -> ExitCode {
    match compare(shared, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(told(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error with what it came from.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn compare(shared: &Shared, options: &Options) -> Result<(), WhatIfError> {
    let Some(file) = &options.replay else { return Ok(()) };
    let recording = read(file)?;
    let story = Story::of(&recording, shared.seed);
    let (cast, columns) = whatif::compare(&story, &options.policy, shared.seed)?;
    let departments: Vec<&DepartmentId> = cast.departments().collect();
    let rows = whatif::table(&columns, &departments);
    let remarks = whatif::remarks(&recording, &story, &columns);
    let about = about(&recording, &story);
    report(file, &about, &columns, &rows, &remarks);
    let Some(html) = &options.html else { return Ok(()) };
    let title = name_of(file);
    let page = whatif::page(&Subject {
        title: &title,
        about: &about,
        from: story.from,
        rows: &rows,
        columns: &columns,
        remarks: &remarks,
    });
    fs::write(html, page).map_err(|error| WhatIfError::Write(html.clone(), error))?;
    say(format_args!("\nPlots: {}", html.display()));
    Ok(())
}

fn read(file: &Path) -> Result<Recording, WhatIfError> {
    let from: Box<dyn Read> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(file).map_err(|error| WhatIfError::Open(file.to_owned(), error))?)
    };
    whatif::read(from).map_err(|error| WhatIfError::Read(file.to_owned(), error))
}

fn name_of(file: &Path) -> String {
    match file.file_name() {
        Some(name) if file != Path::new("-") => name.to_string_lossy().into_owned(),
        _ => "standard input".to_owned(),
    }
}

fn about(recording: &Recording, story: &Story) -> String {
    format!(
        "{} events over {}, {} visits",
        recording.happenings.len() as u64 + recording.unknown,
        whatif::duration(story.until.saturating_sub(story.from) as f64),
        story.cases.len()
    )
}

fn report(file: &Path, about: &str, columns: &[Column], rows: &[Row], remarks: &[String]) {
    say(format_args!("{}: {about}", name_of(file)));
    for Column { name, otherwise, .. } in columns {
        if let Some(otherwise) = otherwise {
            say(format_args!("  {name:<3}{otherwise}"));
        }
    }
    say("");
    for line in lines(columns, rows) {
        say(line.trim_end());
    }
    if !remarks.is_empty() {
        say("");
    }
    for remark in remarks {
        say(format_args!("· {remark}"));
    }
}

/// The table, each column as wide as it must be.
fn lines(columns: &[Column], rows: &[Row]) -> Vec<String> {
    let width = |text: &str| text.chars().count();
    let group = rows.iter().map(|row| width(&row.group)).max().unwrap_or(0);
    let name = rows.iter().map(|row| width(row.name)).max().unwrap_or(0);
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let cells = rows.iter().filter_map(|row| row.cells.get(index));
            cells.map(|cell| width(cell)).chain([width(&column.name)]).max().unwrap_or(0)
        })
        .collect();
    let line = |left: &str, what: &str, cells: &mut dyn Iterator<Item = &String>| {
        let mut line = format!("{left:<group$}  {what:<name$}");
        for (cell, width) in cells.zip(&widths) {
            line.push_str(&format!("  {cell:>width$}"));
        }
        line
    };
    let mut lines = vec![line("", "", &mut columns.iter().map(|column| &column.name))];
    let mut last = "";
    for row in rows {
        let left = if row.group == last { "" } else { &row.group };
        last = &row.group;
        lines.push(line(left, row.name, &mut row.cells.iter()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_of_the_table_is_as_wide_as_it_must_be() {
        let column = |name: &str| Column {
            name: name.into(),
            otherwise: None,
            figures: whatif::Figures::default(),
            refused: 0,
        };
        let row = |group: &str, name, cells: [&str; 2]| Row {
            group: group.into(),
            name,
            cells: cells.map(str::to_owned).into(),
        };
        let rows = [
            row("visits", "in all", ["1", "100 000"]),
            row("visits", "served", ["–", "99"]),
            row("wait", "p50", ["1.0 s", "2.5 min"]),
        ];
        let expected = [
            "                recorded        A",
            "visits  in all         1  100 000",
            "        served         –       99",
            "wait    p50        1.0 s  2.5 min",
        ];
        assert_eq!(lines(&[column("recorded"), column("A")], &rows), expected);
    }
}
