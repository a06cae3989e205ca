//! Who waits, waits at its place.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Look, feed::Histories};
use crate::{load, report::Fault};

/// So many of who waits are shown.
const SHOWN: usize = 100;

impl Look<'_> {
    /// Who waits, and all conversations, at one moment: some are requeued after a while.
    pub(crate) async fn line_and_list(&mut self) -> (Vec<String>, Vec<Value>) {
        let mut line = self.line().await;
        loop {
            let listed = self.conversations_listed().await;
            let again = self.line().await;
            if line == again {
                return (line, listed);
            }
            line = again;
        }
    }

    /// Who waits, first one first.
    async fn line(&mut self) -> Vec<String> {
        load::line(&self.caller.read(&format!("{}/live", self.base)).await)
    }

    /// The line is in the order of arrival, and in that in which it was shown before.
    pub(crate) fn order(&mut self, line: &[String], listed: &[Value], histories: &Histories) {
        let mut expected: Vec<(i64, u64, &str)> = Vec::new();
        for conversation in listed.iter().filter(|listed| listed["state"] == "queued") {
            let Some(id) = conversation["id"].as_str() else { continue };
            let priority = conversation["priority"].as_i64().unwrap_or_default();
            let arrived = histories.get(id).map(|history| history.arrived).unwrap_or_default();
            expected.push((-priority, arrived, id));
        }
        expected.sort_unstable();
        let expected: Vec<&str> = expected.into_iter().map(|(.., id)| id).take(SHOWN).collect();
        self.report.places += line.len() as u64;
        self.report.hold(line == expected, Fault::Disordered, || {
            format!("they came as {expected:?} and stand as {line:?}")
        });
        let before = std::mem::take(&mut self.memory.lock().line);
        let stayed = |id: &&String| {
            histories.get(*id).is_some_and(|history| history.arrived <= before.after)
        };
        let now: BTreeSet<&String> = line.iter().filter(stayed).collect();
        let then: BTreeSet<&String> = before.ids.iter().filter(stayed).collect();
        let was: Vec<&String> = before.ids.iter().filter(|id| now.contains(id)).collect();
        let is: Vec<&String> = line.iter().filter(|id| then.contains(id) && stayed(id)).collect();
        self.report.places += was.len() as u64;
        self.report.hold(was == is, Fault::Disordered, || {
            format!("they stood as {was:?} and stand as {is:?}")
        });
    }
}
