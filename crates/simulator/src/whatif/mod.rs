//! What if: the same visitors, services and hours as in a recording of a workspace, once more, with
//! another strategy, other capacities or other people.
//!
//! [`read()`] takes in what `GET …/events` told. [`Story`] is what people did in it. [`rerun()`]
//! carries that out around the product's own engine, in a [`crate::centre`]. [`Figures`] are what
//! came of it, measured of the recording and of every rerun by the same rules.
//!
//! Owns what is taken from a recording, and what is guessed where it says nothing. It decides
//! nothing about who takes a conversation, and knows no file, terminal or clock.
//!
//! What cannot be recorded is said where it is guessed: [`Guessed`], [`Imagined`] and
//! `docs/proof.md`.

mod alternative;
mod beginning;
mod case;
mod cast;
mod chart;
mod deeds;
mod happening;
mod imagine;
mod measure;
mod page;
mod patience;
mod policy;
mod read;
mod report;
mod rerun;
mod story;
mod told;
mod words;

pub use alternative::{Alternative, AlternativeError, MAX_ADDED, Otherwise, Rule, Scope, Setting};
pub use beginning::Guessed;
pub use cast::{Cast, Plan};
pub use happening::{
    Came, Described, Happening, Request, Unaccepted, Unreadable, What, understand,
};
pub use imagine::{Imagined, UNKNOWN_SERVICE_MS};
pub use measure::{FAIR_SHARE, Fate, Figures, Visit, Work, quantile};
pub use page::{Subject, page};
pub use patience::{ENOUGH, Patience};
pub use read::{MAX_EVENT_BYTES, MAX_EVENTS, ReadError, Recording, read};
pub use report::{Column, Row, remarks, table};
pub use rerun::{Rerun, UNKNOWN_ANSWER_MS, rerun};
pub use story::{Answered, Case, Deed, HandOn, Story};
pub use words::{duration, percent};

/// What was measured of a recording, of the rerun as it was, and of one rerun for each alternative.
///
/// # Errors
/// Where an alternative means somebody who is not in the recording.
pub fn compare(
    story: &Story,
    alternatives: &[Alternative],
    seed: u64,
) -> Result<(Cast, Vec<Column>), AlternativeError> {
    let figures = recorded(story);
    let cast = Cast::of(&story.happenings, &figures);
    // All are understood before the first is run.
    let plans = alternatives.iter().map(|alternative| cast.plan(alternative));
    let plans = plans.collect::<Result<Vec<_>, _>>()?;
    let column = |name: String, otherwise, Rerun { figures, refused }| Column {
        name,
        otherwise,
        figures,
        refused,
    };
    let mut columns = vec![column("recorded".into(), None, Rerun { figures, refused: 0 })];
    columns.push(column("as it was".into(), None, rerun(story, &Plan::default(), seed)));
    for (number, (alternative, plan)) in alternatives.iter().zip(&plans).enumerate() {
        let otherwise = Some(alternative.to_string());
        columns.push(column(letter(number), otherwise, rerun(story, plan, seed)));
    }
    Ok((cast, columns))
}

/// `A` … `Z`, then `A1` …
fn letter(number: usize) -> String {
    let letter = char::from(b'A' + (number % 26) as u8);
    match number / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}

/// What was measured of the recording itself.
pub fn recorded(story: &Story) -> Figures {
    let mut measure = measure::Measure::default();
    for happening in &story.happenings {
        measure.hear(happening);
    }
    measure.finish(story.from, story.until)
}
