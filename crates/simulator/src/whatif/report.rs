//! What is told of a recording and its reruns: one table, and what a reader has to know beside it.
//! The terminal and the page show the same.

use switchboard_routing::DepartmentId;

use super::{
    Fate, Figures, Recording, Story, Visit,
    imagine::UNKNOWN_SERVICE_MS,
    quantile,
    rerun::UNKNOWN_ANSWER_MS,
    words::{duration, or_dash, percent},
};

/// How many departments have rows of their own.
const DEPARTMENTS: usize = 12;
/// How many ids a remark names.
const NAMED: usize = 8;

/// A rerun is believed that is so near to the recording for so large a share of all waits.
const NEAR_MS: u64 = 100;
const TRUSTED: f64 = 0.9;

/// The recording, or one of its reruns.
#[derive(Clone, Debug)]
pub struct Column {
    /// A short name: `recorded`, `as it was`, `A`.
    pub name: String,
    /// What is otherwise, as it was written; none: nothing.
    pub otherwise: Option<String>,
    /// What was measured.
    pub figures: Figures,
    /// What was refused in a rerun: see [`super::Rerun`].
    pub refused: u64,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What the line is about; the same as the line before belongs to the same group.
    pub group: String,
    /// What is in it.
    pub name: &'static str,
    /// One for each column.
    pub cells: Vec<String>,
}

/// The table.
pub fn table(columns: &[Column], departments: &[&DepartmentId]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |group: &str, name, cell: &dyn Fn(&Figures) -> String| {
        let cells = columns.iter().map(|column| cell(&column.figures)).collect();
        rows.push(Row { group: group.to_owned(), name, cells });
    };
    row("visits", "in all", &|of| of.visits.len().to_string());
    row("visits", "served", &|of| of.fates(Fate::Served).to_string());
    row("visits", "abandoned", &|of| {
        let share = of.abandonment().filter(|share| *share > 0.0).map(percent);
        let many = of.fates(Fate::Abandoned);
        share.map_or_else(|| many.to_string(), |share| format!("{many} · {share}"))
    });
    row("visits", "rejected", &|of| of.fates(Fate::Rejected).to_string());
    row("visits", "waiting at the end", &|of| of.fates(Fate::Waits).to_string());
    for (name, share) in QUANTILES {
        row("wait", name, &|of| or_dash(of.wait_at(share), |ms| duration(ms as f64)));
    }
    row("wait", "mean", &|of| or_dash(of.mean_wait(), duration));
    if departments.len() > 1 {
        for department in departments.iter().take(DEPARTMENTS) {
            for (name, share) in QUANTILES {
                row(&format!("wait in {department}"), name, &|of| {
                    let waits = of.waits_in(department);
                    or_dash(quantile(&waits, share), |ms| duration(ms as f64))
                });
            }
        }
    }
    row("agents", "fairness", &|of| or_dash(of.fairness(), |index| format!("{index:.3}")));
    row("agents", "occupancy", &|of| or_dash(of.occupancy(), percent));
    row("agents", "lost conversations", &|of| of.requeued.to_string());
    row("offers", "made", &|of| of.offers.to_string());
    row("offers", "missed", &|of| of.missed.to_string());
    row("offers", "declined", &|of| of.declined.to_string());
    rows
}

const QUANTILES: [(&str, f64); 3] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)];

/// What a reader has to know: how well the rerun repeats what was recorded, and what was guessed.
pub fn remarks(recording: &Recording, story: &Story, columns: &[Column]) -> Vec<String> {
    let mut remarks = Vec::new();
    if let [recorded, again, ..] = columns {
        remarks.push(faithful(&recorded.figures.visits, &again.figures.visits));
    }
    let imagined = &story.imagined;
    if imagined.services > 0 {
        remarks.push(format!(
            "Visits that were not served to their end: {}. How long that would take is drawn from {}.",
            imagined.services,
            match imagined.no_service_known {
                true => format!("nothing but a guess of {}", duration(UNKNOWN_SERVICE_MS as f64)),
                false =>
                    "the services of their department, of those that took longer where it had \
                          begun"
                        .to_owned(),
            }
        ));
    }
    remarks.push(match imagined.left {
        0 => "Nobody left while waiting, so in the reruns nobody does, however long it takes."
            .to_owned(),
        left => format!(
            "Visitors who left while waiting: {left}. Their patience is known; that of the other {} is \
             at least their wait, and drawn beyond it (Kaplan and Meier).",
            imagined.patiences
        ),
    });
    if story.habits.is_empty() && columns.iter().any(|column| column.figures.offers > 0) {
        remarks.push(format!(
            "Nobody was ever asked in the recording: in the reruns everybody accepts after {}.",
            duration(UNKNOWN_ANSWER_MS as f64)
        ));
    }
    for column in columns.iter().filter(|column| column.refused > 0) {
        let Column { name, refused, .. } = column;
        remarks.push(format!(
            "{name}: {refused} times, what somebody did in the recording was refused: a conversation \
             was elsewhere by then, or its agent had no room."
        ));
    }
    remarks.extend(gaps(recording, story));
    remarks
}

fn faithful(recorded: &[Visit], again: &[Visit]) -> String {
    let pairs = recorded.iter().zip(again);
    let mut differ: Vec<u64> = pairs.map(|(a, b)| a.wait_ms.abs_diff(b.wait_ms)).collect();
    let (all, same) = (differ.len(), differ.iter().filter(|by| **by == 0).count());
    if same == all && recorded.len() == again.len() {
        return format!("The rerun as it was has every one of the {all} waits of the recording.");
    }
    differ.sort_unstable();
    let near = differ.partition_point(|by| *by <= NEAR_MS);
    let trust = match near as f64 >= all as f64 * TRUSTED {
        true => "",
        false => {
            " That is too far off: something that routing depended on is not in the recording, and \
                  the alternatives are to be compared with the rerun, if with anything."
        }
    };
    let most = |share| or_dash(quantile(&differ, share), |ms| duration(ms as f64));
    format!(
        "The rerun as it was has {same} of the {all} waits of the recording to the millisecond; \
         half of all differ by {} at most, 99 of 100 by {}, all by {}.{trust}",
        most(0.5),
        most(0.99),
        most(1.0)
    )
}

/// What the recording does not have.
fn gaps(recording: &Recording, story: &Story) -> Vec<String> {
    let mut gaps = Vec::new();
    let first = recording.happenings.first().map_or(0, |first| first.offset);
    let guessed = &story.guessed;
    let is_whole = guessed.departments.is_empty() && guessed.agents.is_empty();
    if !is_whole || story.strangers > 0 || first > 1 {
        gaps.push(format!(
            "The recording begins in the middle, with offset {first}: what was before is guessed."
        ));
    }
    if !guessed.departments.is_empty() {
        let ids = named(guessed.departments.iter());
        gaps.push(format!(
            "No policy is recorded from the beginning of {ids}: the default one is used."
        ));
    }
    if !guessed.agents.is_empty() {
        let ids = named(guessed.agents.iter());
        gaps.push(format!(
            "Not described from the beginning: {ids}. Each has the default capacity and no skills, \
             and is where it was first heard of."
        ));
    }
    if story.strangers > 0 {
        gaps.push(format!(
            "Conversations that were opened before the recording begins, or where it has a gap: {}. They \
             are left out, also from what agents held.",
            story.strangers
        ));
    }
    if story.torn > 0 {
        gaps.push(format!(
            "Conversations that go on with something that cannot follow from what is recorded: {}. \
             Events are missing in between.",
            story.torn
        ));
    }
    if recording.repeats > 0 {
        gaps.push(format!(
            "Events that come more than once, and count once: {}.",
            recording.repeats
        ));
    }
    if recording.unknown > 0 {
        gaps.push(format!("Events of types that are not known here: {}.", recording.unknown));
    }
    gaps
}

fn named<I: ToString>(ids: impl Iterator<Item = I>) -> String {
    let mut ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    let more = ids.len().saturating_sub(NAMED);
    ids.truncate(NAMED);
    match more {
        0 => ids.join(", "),
        more => format!("{} and {more} more", ids.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(waits: &[u64]) -> Vec<Visit> {
        let visit = |wait_ms: &u64| Visit {
            at: 0,
            department: "d".into(),
            wait_ms: *wait_ms,
            agent: None,
            fate: Fate::Served,
        };
        waits.iter().map(visit).collect()
    }

    #[test]
    fn a_rerun_that_is_far_off_is_not_to_be_trusted() {
        let was = waiting(&[0, 1_000, 2_000]);
        assert!(faithful(&was, &was).contains("every one of the 3 waits"));
        let near = faithful(&was, &waiting(&[0, 1_000, 2_004]));
        assert!(near.contains("2 of the 3 waits") && near.contains("all by 4 ms"), "{near}");
        assert!(!near.contains("too far off"), "{near}");
        let far = faithful(&was, &waiting(&[0, 1_000, 9_000]));
        assert!(far.contains("too far off"), "{far}");
    }
}
