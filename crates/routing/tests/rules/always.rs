//! What is so after every step of every script, whatever it was.

use switchboard_routing::*;

/// Nothing changes unnoticed, and nobody waits whom somebody could take.
pub(crate) fn holds(workspace: &Workspace, before: &[Conversation], ended: &[Conversation]) {
    for was in before {
        let ended = || ended.iter().rev().find(|c| c.id == was.id);
        let is = workspace.conversation(was.id.as_str()).or_else(ended).unwrap();
        // Whether the visitor was ever there is shown to nobody.
        let same = Conversation { attended: was.attended, ..is.clone() } == *was;
        assert!(same || is.revision > was.revision, "no change goes unnoticed: {is:?}");
    }
    for was in ended {
        let again = workspace.conversation(was.id.as_str());
        assert!(again.is_none_or(|is| is.revision > was.revision), "nor does a reopening: {was:?}");
    }
    for waits in workspace.conversations().filter(|c| c.is_waiting()) {
        assert!(!workspace.waits_for(waits).is_empty(), "nobody waits for nothing: {waits:?}");
    }
}

/// Whoever is given or asked to take something is so by a decision that says why, of which every
/// member of the department is part; but an answer to an offer decides nothing.
pub(crate) fn explained(workspace: &Workspace, out: &[Output]) {
    let decisions = || {
        out.iter().filter_map(|output| match output {
            Output::Decided(decision) => Some(decision.as_ref()),
            _ => None,
        })
    };
    let records = || {
        out.iter().filter_map(|output| match output {
            Output::Event(record) => Some(record.as_ref()),
            _ => None,
        })
    };
    for record in records() {
        let Some((id, agent)) = taken(&record.event) else { continue };
        let said = decisions().filter(|d| d.position == record.position && d.chosen.is_some());
        let said: Vec<_> = said.map(|d| (&d.conversation_id, d.chosen.as_ref())).collect();
        assert_eq!(said, [(id, Some(agent))], "{record:?}");
    }
    for decision in decisions() {
        let at = records().find(|record| record.position == decision.position);
        let at = at.unwrap_or_else(|| panic!("about nothing that happened: {decision:?}"));
        assert_eq!(decision.at, at.at);
        let chose = taken(&at.event);
        let chosen = decision.chosen.as_ref().map(|agent| (&decision.conversation_id, agent));
        assert!(chosen.is_none() || chose == chosen, "{decision:?} led to {at:?}");
        accounts(workspace, decision);
    }
}

/// Whom an event gives something to, or asks to take it, by a decision.
fn taken(event: &Event) -> Option<(&ConversationId, &AgentId)> {
    match event {
        Event::ConversationAssigned { conversation_id, agent_id, cause, .. } => {
            (*cause != AssignmentCause::Accepted).then_some((conversation_id, agent_id))
        }
        Event::ConversationOffered { conversation_id, agent_id, .. } => {
            Some((conversation_id, agent_id))
        }
        _ => None,
    }
}

fn accounts(workspace: &Workspace, decision: &Decision) {
    let named = &decision.candidates;
    let is_chosen = |c: &&Candidate| c.reason == CandidateReason::Chosen;
    let chosen: Vec<_> = named.iter().filter(is_chosen).map(|c| &c.agent_id).collect();
    assert_eq!(chosen, decision.chosen.iter().collect::<Vec<_>>(), "{decision:?}");
    let ranks: Vec<_> = named.iter().filter_map(|c| c.rank).collect();
    assert!(ranks.iter().copied().eq(1..=ranks.len() as u32), "ranks have no gap: {decision:?}");
    let Some(department) = workspace.department(decision.department_id.as_str()) else { return };
    let counted = decision.left_out.values().sum::<u32>() as usize;
    assert_eq!(named.len() + counted, department.member_count(), "{decision:?}");
    assert!(named.len() == department.member_count() || named.len() == NAMED_CANDIDATES);
}
