//! How a conversation was routed, and what it waits for: from the core's decisions.

use std::sync::Arc;

use switchboard_protocol::model;
use switchboard_routing::{Candidate, Conversation, Decision, Need, Timestamp, WaitsFor};

use super::ToWire;

/// An explanation of a conversation in its last state. `waits_for` is what the core says of one
/// that waits, `opens_at` when its department opens.
pub(crate) fn explanation_of(
    of: &Conversation,
    decisions: &[Arc<Decision>],
    waits_for: Option<Vec<WaitsFor>>,
    opens_at: Option<Timestamp>,
) -> model::Explanation {
    model::Explanation {
        conversation_id: of.id.to_string(),
        state: of.state.to_wire(),
        decisions: decisions.iter().map(|decision| decided(decision)).collect(),
        waiting_for: waits_for
            .map(|all| all.into_iter().map(|one| awaited(one, opens_at)).collect()),
    }
}

fn decided(decision: &Decision) -> model::Decision {
    let left_out = decision.left_out.iter();
    model::Decision {
        offset: decision.position,
        at: decision.at.0,
        department_id: decision.department_id.to_string(),
        cause: decision.cause.to_wire(),
        strategy: decision.strategy.to_wire(),
        chosen_agent_id: decision.chosen.as_ref().map(ToString::to_string),
        candidates: decision.candidates.iter().map(candidate).collect(),
        left_out: left_out.map(|(reason, count)| (reason.to_wire(), *count)).collect(),
    }
}

fn candidate(candidate: &Candidate) -> model::Candidate {
    model::Candidate {
        agent_id: candidate.agent_id.to_string(),
        load: candidate.load,
        capacity: candidate.capacity,
        rank: candidate.rank,
        reason: candidate.reason.to_wire(),
    }
}

fn awaited(waits_for: WaitsFor, opens_at: Option<Timestamp>) -> model::WaitsFor {
    match waits_for {
        WaitsFor::Agent(agent_id, need) => {
            let (need, at) = needed(need);
            let (agent_id, at) = (agent_id.to_string(), at.map(|at| at.0));
            model::WaitsFor::Agent { agent_id, need, at }
        }
        WaitsFor::Others(need, count) => model::WaitsFor::Agents { need: needed(need).0, count },
        WaitsFor::Opening => model::WaitsFor::Opening { at: opens_at.map(|at| at.0) },
        WaitsFor::Skills(skills) => model::WaitsFor::Skills { skills },
        WaitsFor::Members => model::WaitsFor::Members,
    }
}

/// What an agent would have to do, and when that is, where it is known.
fn needed(need: Need) -> (model::Need, Option<Timestamp>) {
    match need {
        Need::ComeOnline => (model::Need::ComeOnline, None),
        Need::ComeBack => (model::Need::ComeBack, None),
        Need::Close => (model::Need::Close, None),
        Need::Rest(at) => (model::Need::Rest, Some(at)),
        Need::HaveRoom => (model::Need::HaveRoom, None),
        Need::CoolDown(at) => (model::Need::CoolDown, Some(at)),
        Need::Answer => (model::Need::Answer, None),
    }
}
