//! A page that shows a comparison: one file, with its plots in it, that asks the network nothing.

use std::fmt::Write;

use switchboard_routing::AgentId;

use super::{
    chart::{self, Axis, Dot, Dots, Line, Unit},
    report::{Column, Row},
};

/// Colours for so many alternatives; after that they come again.
const COLOURS: usize = 6;
/// How many points a line over time has at most.
const SAMPLES: usize = 480;
/// How many agents have rows of their own.
const AGENTS: usize = 40;
const STYLE: &str = include_str!("page.css");

/// What a page is about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its heading.
    pub title: &'a str,
    /// What the recording is: how many events, how long.
    pub about: &'a str,
    /// From when, in milliseconds.
    pub from: u64,
    /// The table, of these columns.
    pub rows: &'a [Row],
    /// The recording, the rerun as it was, and the others.
    pub columns: &'a [Column],
    /// What a reader has to know.
    pub remarks: &'a [String],
}

/// The page.
pub fn page(subject: &Subject<'_>) -> String {
    let Subject { title, about, columns, rows, .. } = subject;
    let title = escaped(title);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>What if: {title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>What if</h1>\n\
         <p>{title} · {}</p>\n</header>\n",
        escaped(about)
    );
    html.push_str(&legend(columns));
    html.push_str(&section("In figures", "", &table(columns, rows)));
    let waits = waits(columns);
    html.push_str(&section(
        "Waits",
        "The share of visitors who wait for longer than that.",
        &waits,
    ));
    let line = line(columns, subject.from);
    html.push_str(&section("The line", "How many wait, over the time of the recording.", &line));
    html.push_str(&section(
        "Who gets the work",
        "Conversations per hour that an agent was online and there.",
        &agents(columns),
    ));
    html.push_str(&section("To know", "", &remarks(subject.remarks)));
    html.push_str("</main>\n</body>\n</html>\n");
    html
}

fn section(heading: &str, about: &str, body: &str) -> String {
    let about =
        if about.is_empty() { String::new() } else { format!("<p class=\"about\">{about}</p>\n") };
    format!("<section>\n<h2>{heading}</h2>\n{about}{body}\n</section>\n")
}

/// The class of a column's colour.
fn class(index: usize) -> String {
    match index {
        0 => "recorded".to_owned(),
        1 => "again".to_owned(),
        other => format!("c{}", (other - 2) % COLOURS),
    }
}

fn legend(columns: &[Column]) -> String {
    let mut html = String::from("<ul class=\"legend\">\n");
    for (index, Column { name, otherwise, .. }) in columns.iter().enumerate() {
        let what = otherwise.as_deref().map(|what| format!("<code>{}</code>", escaped(what)));
        let _ = writeln!(
            html,
            "<li><i class=\"{}\"></i><b>{}</b>{}</li>",
            class(index),
            escaped(name),
            what.unwrap_or_default()
        );
    }
    html.push_str("</ul>\n");
    html
}

fn table(columns: &[Column], rows: &[Row]) -> String {
    let mut html = String::from("<div class=\"wide\"><table>\n<thead><tr><th></th><th></th>");
    for (index, column) in columns.iter().enumerate() {
        let name = escaped(&column.name);
        let _ = write!(html, "<th><i class=\"{}\"></i>{name}</th>", class(index));
    }
    html.push_str("</tr></thead>\n");
    for group in rows.chunk_by(|a, b| a.group == b.group) {
        html.push_str("<tbody>\n");
        for (index, row) in group.iter().enumerate() {
            html.push_str("<tr>");
            if index == 0 {
                let (rows, group) = (group.len(), escaped(&row.group));
                let _ = write!(html, "<th class=\"group\" rowspan=\"{rows}\">{group}</th>");
            }
            let _ = write!(html, "<th>{}</th>", row.name);
            for cell in &row.cells {
                let _ = write!(html, "<td>{}</td>", escaped(cell));
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody>\n");
    }
    html.push_str("</table></div>");
    html
}

/// How a column is called where it is pointed at.
fn called(column: &Column) -> String {
    match &column.otherwise {
        Some(what) => escaped(&format!("{}: {what}", column.name)),
        None => escaped(&column.name),
    }
}

/// Of all who were not rejected, the share who wait longer.
fn waits(columns: &[Column]) -> String {
    let longest = columns.iter().filter_map(|column| column.figures.waits().last());
    let max = longest.copied().max().unwrap_or(0) as f64;
    let lines = columns.iter().enumerate().map(|(index, column)| Line {
        class: class(index),
        name: called(column),
        points: exceeding(column.figures.waits(), max),
        steps: true,
    });
    let lines: Vec<Line> = lines.collect();
    let x = Axis { unit: Unit::Duration, max: max.max(1_000.0), title: "wait" };
    let y = Axis { unit: Unit::Share, max: 1.0, title: "" };
    chart::lines("The share of visitors who wait longer, by wait", &x, &y, &lines)
}

fn exceeding(waits: &[u64], max: f64) -> Vec<(f64, f64)> {
    let all = waits.len().max(1) as f64;
    let samples = 0..=SAMPLES;
    let points = samples.map(|sample| {
        let at = max * sample as f64 / SAMPLES as f64;
        let longer = waits.len() - waits.partition_point(|wait| *wait as f64 <= at);
        (at, longer as f64 / all)
    });
    points.collect()
}

fn line(columns: &[Column], from: u64) -> String {
    let lasted = columns.iter().map(|column| column.figures.lasted_ms).max().unwrap_or(0);
    let lines = columns.iter().enumerate().map(|(index, column)| Line {
        class: class(index),
        name: called(column),
        points: sampled(&column.figures.line, from, lasted),
        steps: true,
    });
    let lines: Vec<Line> = lines.collect();
    let most = lines.iter().flat_map(|line| &line.points).map(|(_, many)| *many);
    let y = Axis { unit: Unit::Count, max: most.fold(1.0, f64::max), title: "" };
    let x = Axis { unit: Unit::Duration, max: (lasted as f64).max(1.0), title: "time" };
    chart::lines("How many wait, over time", &x, &y, &lines)
}

/// The longest line of every moment that the plot can show.
fn sampled(line: &[(u64, u64)], from: u64, lasted: u64) -> Vec<(f64, f64)> {
    let mut points = Vec::with_capacity(SAMPLES + 1);
    let mut left = line.iter().peekable();
    let mut waiting = 0;
    for sample in 0..=SAMPLES as u64 {
        let at = (u128::from(lasted) * u128::from(sample) / SAMPLES as u128) as u64;
        let mut most = waiting;
        while let Some((_, many)) = left.next_if(|(when, _)| *when <= from.saturating_add(at)) {
            waiting = *many;
            most = most.max(waiting);
        }
        points.push((at as f64, most as f64));
    }
    points
}

fn agents(columns: &[Column]) -> String {
    let mut ids: Vec<&AgentId> =
        columns.iter().flat_map(|column| column.figures.agents.keys()).collect();
    ids.sort_unstable();
    ids.dedup();
    let reached = |id: &&AgentId| {
        columns.iter().any(|c| c.figures.agents.get(*id).is_some_and(|work| work.reachable_ms > 0))
    };
    let ids: Vec<&AgentId> = ids.into_iter().filter(reached).collect();
    let rows: Vec<Dots> = ids.iter().take(AGENTS).map(|id| dots_of(id, columns)).collect();
    let most = rows.iter().flat_map(|row| &row.dots).map(|dot| dot.value);
    let x = Axis {
        unit: Unit::Count,
        max: most.fold(1.0, f64::max),
        title: "conversations per reachable hour",
    };
    let mut html = chart::dots("Conversations per reachable hour, by agent", &x, &rows);
    if ids.len() > AGENTS {
        let _ = write!(html, "<p class=\"about\">The first {AGENTS} of {}.</p>", ids.len());
    }
    html
}

fn dots_of(id: &AgentId, columns: &[Column]) -> Dots {
    // What was is what is recorded, or next to it: its dot would only cover that one.
    let shown = columns.iter().enumerate().filter(|(index, _)| *index != 1);
    let dots = shown.filter_map(|(index, column)| {
        let work = column.figures.agents.get(id).filter(|work| work.reachable_ms > 0)?;
        let value = work.per_hour();
        let what = format!("{}: {value:.1} an hour, {} in all", called(column), work.got);
        let among = columns.len().saturating_sub(3).max(1) as f64;
        let lane = index.checked_sub(2).map(|other| other as f64 / among - 0.5);
        Some(Dot { class: class(index), what, value, lane })
    });
    Dots { name: escaped(id.as_str()), dots: dots.collect() }
}

fn remarks(remarks: &[String]) -> String {
    let items = remarks.iter().map(|remark| format!("<li>{}</li>\n", escaped(remark)));
    format!("<ul class=\"remarks\">\n{}</ul>", items.collect::<String>())
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_recording_becomes_markup() {
        assert_eq!(
            escaped("<a href='x'>&\"</a>"),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;"
        );
    }

    #[test]
    fn a_moment_shows_the_longest_line_in_it() {
        let line = [(100, 1), (101, 7), (102, 0), (600, 2)];
        let points = sampled(&line, 100, 960);
        assert_eq!(points.len(), SAMPLES + 1);
        assert_eq!(points[1], (2.0, 7.0), "of the first two milliseconds");
        assert_eq!((points[2].1, points[300].1), (0.0, 2.0));
    }

    #[test]
    fn those_who_wait_longer_become_fewer() {
        let points = exceeding(&[0, 10, 20, 40], 40.0);
        assert_eq!(points[0], (0.0, 0.75));
        assert_eq!(points[SAMPLES], (40.0, 0.0));
        assert!(points.is_sorted_by(|a, b| a.1 >= b.1));
    }
}
