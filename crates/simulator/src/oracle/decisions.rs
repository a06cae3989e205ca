//! Whether the core decided as the model did, and for the same reasons.

use std::collections::BTreeMap;

use switchboard_routing::{AssignmentCause, Decision, Event, NAMED_CANDIDATES, Output};

use super::model::Model;

/// What a step decided otherwise than the model.
pub(super) fn differ(out: &[Output], model: &Model) -> Option<String> {
    undecided(out).or_else(|| decided_otherwise(out, model))
}

fn decided_otherwise(out: &[Output], model: &Model) -> Option<String> {
    let decisions = out.iter().filter_map(|output| match output {
        Output::Decided(decision) => Some(decision.as_ref()),
        _ => None,
    });
    let (chose, nobody): (Vec<_>, Vec<_>) = decisions.partition(|d| d.chosen.is_some());
    let mut left = model.chose.clone();
    for decision in chose {
        let Some(same) = left.iter().position(|other| is_same(decision, other)) else {
            return Some(format!("{decision:#?} is none of {left:#?}"));
        };
        left.remove(same);
    }
    if !left.is_empty() {
        return Some(format!("not decided: {left:#?}"));
    }
    // Whom a chain of fallbacks passed by need not be told; who waits in the end must be.
    let known = || model.passed_by.iter().chain(&model.unplaced);
    for decision in &nobody {
        let mut known_of = known().filter(|d| d.conversation_id == decision.conversation_id);
        if !known().any(|other| is_same(decision, other)) {
            return Some(format!("{decision:#?} is not so: {:#?}", known_of.next()));
        }
    }
    let is_there = |expected: &&Decision| nobody.iter().any(|other| is_same(other, expected));
    let missing = model.unplaced.iter().find(|expected| !is_there(expected))?;
    Some(format!("{missing:#?} is none of {nobody:#?}"))
}

/// A decision of the core names some, and counts the others; the model names all.
fn is_same(core: &Decision, model: &Decision) -> bool {
    let about = |d: &Decision| (d.conversation_id.clone(), d.department_id.clone(), d.at);
    let how = |d: &Decision| (d.cause, d.strategy, d.chosen.clone());
    if about(core) != about(model) || how(core) != how(model) {
        return false;
    }
    let everybody = model.candidates.len();
    if core.candidates.len() != everybody.min(NAMED_CANDIDATES) {
        return false;
    }
    let mut others = model.candidates.clone();
    for named in &core.candidates {
        let Some(at) = others.iter().position(|other| other == named) else { return false };
        others.remove(at);
    }
    let mut left_out = BTreeMap::new();
    others.iter().for_each(|other| *left_out.entry(other.reason).or_insert(0) += 1);
    left_out == core.left_out && is_in_order(core)
}

/// Those who could be taken are in the order in which they would be, from the first.
fn is_in_order(decision: &Decision) -> bool {
    let ranks: Vec<_> = decision.candidates.iter().filter_map(|c| c.rank).collect();
    ranks.iter().copied().eq(1..=ranks.len() as u32)
}

/// Every event by which routing, or somebody, gave or offered a conversation has one decision;
/// an answer to an offer has none.
fn undecided(out: &[Output]) -> Option<String> {
    for output in out {
        let Output::Event(record) = output else { continue };
        let (id, agent) = match &record.event {
            Event::ConversationAssigned { cause: AssignmentCause::Accepted, .. } => continue,
            Event::ConversationAssigned { conversation_id, agent_id, .. }
            | Event::ConversationOffered { conversation_id, agent_id, .. } => {
                (conversation_id, agent_id)
            }
            _ => continue,
        };
        let decisions = out.iter().filter(|output| {
            matches!(output, Output::Decided(d) if d.position == record.position
                && d.conversation_id == *id && d.chosen.as_ref() == Some(agent))
        });
        let times = decisions.count();
        if times != 1 {
            return Some(format!("{:?} is decided {times} times", record.event));
        }
    }
    None
}
