//! Sessions: presence is what they add up to.

use crate::{
    Agent, Availability, Conversation, Done, Event, Kind, Origin, Person, Refusal, RequeuedReason,
    Session, SessionId, SessionState, Workspace,
};

use super::{Plan, agent, conversation};

pub(super) fn attach(
    workspace: &Workspace,
    session_id: SessionId,
    person: Person,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    if let Some(session) = workspace.session(&session_id) {
        if session.person != person {
            return Err(Refusal::NotFound(Kind::Session));
        }
        if session.state == SessionState::Live {
            // It moves from one socket to another: nothing changes.
            return Ok(Done::Done);
        }
    }
    let arrives = match &person {
        Person::Agent(id) => {
            let agent = workspace.agent(id.as_str()).ok_or(Refusal::NotFound(Kind::Agent))?;
            if planted!(DeviceSetsOnline) && agent.availability == Availability::Away {
                let (agent_id, availability) = (id.clone(), Availability::Online);
                plan.push(Event::AvailabilityChanged { agent_id, availability });
            }
            if planted!(ReturnTakesHeld) && !agent.present {
                agent::requeue_held(workspace, agent, RequeuedReason::AgentLost, plan, |_| true);
            }
            (!agent.present).then(|| id.clone())
        }
        Person::Visitor(_) => None,
    };
    plan.push(Event::SessionAttached { session_id, person });
    if let Some(agent_id) = arrives {
        plan.push(Event::PresenceChanged { agent_id, present: true });
    }
    Ok(Done::Done)
}

pub(super) fn lose(
    workspace: &Workspace,
    session_id: SessionId,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let session = find(workspace, &session_id)?;
    match session.state {
        SessionState::Live => lost(workspace, session, session_id, plan),
        // It has leave.
        SessionState::Held { until, on_socket: true } => {
            plan.push(Event::SessionHeld { session_id, until, on_socket: false });
        }
        SessionState::Held { .. } | SessionState::Lost(_) => {}
    }
    Ok(Done::Done)
}

/// A session is lost; an agent who has no other is absent.
pub(super) fn lost(
    workspace: &Workspace,
    session: &Session,
    session_id: SessionId,
    plan: &mut Plan,
) {
    let goes = last_of(workspace, session, &session_id);
    plan.push(Event::SessionLost { session_id });
    leave(goes, plan);
}

pub(super) fn hold(
    workspace: &Workspace,
    session_id: SessionId,
    hold_ms: u64,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let session = find(workspace, &session_id)?;
    if matches!(session.person, Person::Visitor(_)) {
        return Err(Refusal::Forbidden);
    }
    let on_socket = match session.state {
        SessionState::Live => true,
        SessionState::Held { on_socket, .. } => on_socket,
        SessionState::Lost(_) => return Err(Refusal::NotFound(Kind::Session)),
    };
    let longest = workspace.config.mobile_hold_ms;
    if longest == 0 {
        return Err(Refusal::NoLeave);
    }
    let until = plan.now.plus_ms(hold_ms.min(longest));
    plan.push(Event::SessionHeld { session_id, until, on_socket });
    Ok(Done::HeldUntil(until))
}

pub(super) fn end(
    workspace: &Workspace,
    session_id: SessionId,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let session = find(workspace, &session_id)?;
    let goes = last_of(workspace, session, &session_id);
    let left_waiting = waits_for(workspace, session, &session_id);
    plan.push(Event::SessionEnded { session_id });
    leave(goes, plan);
    // Gone on purpose: what the grace would have led to happens at once.
    if let Some(agent) = goes {
        agent::requeue_held(workspace, agent, RequeuedReason::AgentLost, plan, |of| {
            workspace.departments[of].takes_from_lost()
        });
    }
    for conversation in left_waiting {
        conversation::end(workspace, conversation, Origin::VISITOR_LEFT, plan);
    }
    Ok(Done::Done)
}

/// What waits for a visitor whose last live session this is, in the order of arrival.
fn waits_for<'a>(
    workspace: &'a Workspace,
    session: &Session,
    session_id: &SessionId,
) -> Vec<&'a Conversation> {
    let Person::Visitor(id) = &session.person else { return Vec::new() };
    let is_last = workspace.visitors.get(id).is_some_and(|visitor| {
        visitor.sessions.len() == 1 && visitor.sessions.contains(session_id)
    });
    if !is_last {
        return Vec::new();
    }
    let waiting = workspace.opened_by(id.as_str()).filter(|c| c.is_waiting());
    let mut waiting: Vec<_> = waiting.collect();
    waiting.sort_unstable_by_key(|c| c.place);
    waiting
}

/// The agent whose last session this is, of those that make it present.
fn last_of<'a>(
    workspace: &'a Workspace,
    session: &Session,
    session_id: &SessionId,
) -> Option<&'a Agent> {
    let Person::Agent(id) = &session.person else { return None };
    let agent = workspace.agent(id.as_str())?;
    let mut here = agent.sessions.iter().chain(&agent.asleep);
    let is_one = here.next() == Some(session_id);
    (is_one && (here.next().is_none() || planted!(OneDeviceIsAll))).then_some(agent)
}

fn leave(agent: Option<&Agent>, plan: &mut Plan) {
    if let Some(agent) = agent {
        plan.push(Event::PresenceChanged { agent_id: agent.id.clone(), present: false });
    }
}

fn find<'a>(workspace: &'a Workspace, id: &SessionId) -> Result<&'a Session, Refusal> {
    workspace.session(id).ok_or(Refusal::NotFound(Kind::Session))
}
