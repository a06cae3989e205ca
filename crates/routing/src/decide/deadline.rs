//! What is due.

use crate::{
    AgentId, Availability, Event, Origin, Person, RequeuedReason, SessionId, SessionState,
    Timestamp, Workspace, deadline::Deadline, slab::DepartmentIx,
};

use super::{Plan, agent, conversation, offer, routing, session};

/// Does what a deadline was armed for: the first agent or conversation that it is about. The
/// next one has a deadline of its own afterwards.
pub(crate) fn due(workspace: &Workspace, deadline: Deadline, now: Timestamp) -> Plan {
    let mut plan = Plan::new(Origin::ENGINE, now);
    let id_of = |ix| -> AgentId { workspace.agents[ix].id.clone() };
    match deadline {
        Deadline::WrapUpOver(agent, conversation_id) => {
            plan.push(Event::WrapUpEnded { agent_id: id_of(agent), conversation_id });
        }
        Deadline::CooledDown(conversation, agent) => {
            let conversation_id = workspace.conversations[conversation].conversation.id.clone();
            plan.push(Event::CooldownEnded { conversation_id, agent_id: id_of(agent) });
        }
        Deadline::OfferExpired(conversation) => offer::expire(workspace, conversation, &mut plan),
        Deadline::AgentLost(department) => agent_lost(workspace, department, &mut plan),
        Deadline::VisitorLeft(department) => visitor_left(workspace, department, &mut plan),
        Deadline::HoldOver(session) => hold_over(workspace, session, &mut plan),
        Deadline::MaxWait(department) => {
            if let Some((.., ix)) = workspace.departments[department].waiting.first() {
                routing::move_on(workspace, *ix, &mut plan);
            }
        }
        Deadline::AgentAbsent(ix) => goes_away(id_of(ix), Origin::ABSENCE, &mut plan),
        Deadline::AgentIdle(ix) => goes_away(id_of(ix), Origin::IDLE, &mut plan),
        Deadline::SeatExpired(invite_id) => {
            plan.push(Event::SeatReleased { invite_id, expired: true });
        }
    }
    plan
}

fn goes_away(agent_id: AgentId, origin: Origin, plan: &mut Plan) {
    let availability = Availability::Away;
    plan.push_as(origin, Event::AvailabilityChanged { agent_id, availability });
}

fn agent_lost(workspace: &Workspace, department: DepartmentIx, plan: &mut Plan) {
    if let Some((_, ix)) = workspace.departments[department].missing.first() {
        let reason = RequeuedReason::AgentLost;
        let agent = &workspace.agents[*ix];
        agent::requeue_held(workspace, agent, reason, plan, |of| of == department);
    }
}

fn visitor_left(workspace: &Workspace, department: DepartmentIx, plan: &mut Plan) {
    if let Some((.., ix)) = workspace.departments[department].left.first() {
        let left = &workspace.conversations[*ix].conversation;
        conversation::end(workspace, left, Origin::VISITOR_LEFT, plan);
    }
}

/// A session whose leave is over is lost; one whose socket is still there is awake again.
fn hold_over(workspace: &Workspace, session_id: SessionId, plan: &mut Plan) {
    let Some(session) = workspace.session(&session_id) else { return };
    let person: &Person = &session.person;
    match session.state {
        SessionState::Held { on_socket: true, .. } => {
            plan.push(Event::SessionAttached { session_id, person: person.clone() });
        }
        _ => session::lost(workspace, session, session_id, plan),
    }
}
