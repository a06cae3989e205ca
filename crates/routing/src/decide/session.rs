//! Sessions: presence is what they add up to.

use crate::{
    Agent, Done, Event, Kind, Person, Refusal, Session, SessionId, SessionState, Workspace,
};

use super::Plan;

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
    if session.state != SessionState::Live {
        return Ok(Done::Done);
    }
    let goes = last_of(workspace, session, &session_id);
    plan.push(Event::SessionLost { session_id });
    leave(goes, plan);
    Ok(Done::Done)
}

pub(super) fn end(
    workspace: &Workspace,
    session_id: SessionId,
    plan: &mut Plan,
) -> Result<Done, Refusal> {
    let session = find(workspace, &session_id)?;
    let goes = last_of(workspace, session, &session_id);
    plan.push(Event::SessionEnded { session_id });
    leave(goes, plan);
    Ok(Done::Done)
}

/// The agent whose last live session this is.
fn last_of<'a>(
    workspace: &'a Workspace,
    session: &Session,
    session_id: &SessionId,
) -> Option<&'a Agent> {
    let Person::Agent(id) = &session.person else { return None };
    let agent = workspace.agent(id.as_str())?;
    (agent.sessions.len() == 1 && agent.sessions.contains(session_id)).then_some(agent)
}

fn leave(agent: Option<&Agent>, plan: &mut Plan) {
    if let Some(agent) = agent {
        plan.push(Event::PresenceChanged { agent_id: agent.id.clone(), present: false });
    }
}

fn find<'a>(workspace: &'a Workspace, id: &SessionId) -> Result<&'a Session, Refusal> {
    workspace.session(id).ok_or(Refusal::NotFound(Kind::Session))
}
