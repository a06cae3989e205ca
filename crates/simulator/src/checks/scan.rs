//! The workspace is what its log says, in everything that can be seen of it.

use std::collections::BTreeMap;

use switchboard_routing::{Agent as Core, Availability, SessionState, Workspace};

use super::{Verdict, vain};
use crate::ledger::{Agent, Ledger, SessionIs, number, session};

pub(super) fn compare(ledger: &Ledger, core: &Workspace) -> Verdict {
    agents(ledger, core)?;
    conversations(ledger, core)?;
    departments(ledger, core)?;
    sessions(ledger, core)?;
    let keys = core.keys().count();
    if keys != ledger.keys.len() {
        return Err(format!("{keys} keys are known, {} were used", ledger.keys.len()));
    }
    for (visitor, key, id) in core.keys() {
        let letter = key.bytes().next().unwrap_or_default();
        let known = ledger.keys.get(&(number(visitor.as_str()), letter));
        if known.map(|(own, _)| *own) != Some(number(id.as_str())) {
            return Err(format!("the key {key} of {visitor} is {id}'s, and was {known:?}'s"));
        }
    }
    Ok(())
}

fn agents(ledger: &Ledger, core: &Workspace) -> Verdict {
    let (known, taken) = (ledger.active_agents().count(), ledger.seats());
    let (there, seats) = (core.agents().count(), core.seats() as usize);
    if (there, seats) != (known, taken) {
        return Err(format!("{there} agents, {seats} seats, and the log has {known} and {taken}"));
    }
    let reserved = core.reserved_seats().map(|(id, until)| (number(id.as_str()), until.0));
    let reserved: BTreeMap<usize, u64> = reserved.collect();
    if reserved != ledger.invites {
        return Err(format!("{reserved:?} hold seats, by the log {:?}", ledger.invites));
    }
    for agent in core.agents() {
        let Some(own) = ledger.agent(number(agent.id.as_str())) else {
            return Err(format!("{} is no agent by the log", agent.id));
        };
        let (is, should) = (seen(agent), as_logged(own));
        if is != should {
            return Err(format!("{}: {is:?}, and by the log {should:?}", agent.id));
        }
    }
    Ok(())
}

/// What is compared of an agent: online, present, awake, capacity, load, offers.
type Looks = (bool, bool, bool, u32, u32, usize);

fn seen(agent: &Core) -> Looks {
    let online = agent.availability == Availability::Online;
    let (awake, load) = (agent.is_awake(), agent.load());
    (online, agent.present, awake, agent.capacity, load, agent.offered())
}

fn as_logged(own: &Agent) -> Looks {
    let (present, awake) = (own.is_present(), own.is_awake());
    (own.online, present, awake, own.capacity, own.load, own.offers as usize)
}

fn conversations(ledger: &Ledger, core: &Workspace) -> Verdict {
    for id in &ledger.open {
        let Some(own) = ledger.conversation(*id) else { continue };
        let Some(c) = core.conversation(&format!("c{id}")) else {
            return Err(format!("c{id} is gone"));
        };
        let agent = c.agent_id.as_ref().map(|id| number(id.as_str()));
        let asked = c.offer.as_ref().map(|o| (o.number, number(o.agent_id.as_str())));
        let is = (c.state, number(c.department_id.as_str()), agent, asked);
        if c.revision != own.changes {
            let (is, changes) = (c.revision, own.changes);
            return Err(format!("c{id} is at revision {is}, and changed {changes} times"));
        }
        let offer = own.offer.map(|offer| (offer.number, offer.agent));
        let should = (own.state, own.department, own.agent, offer);
        if is != should {
            return Err(format!("c{id}: {is:?}, and by the log {should:?}"));
        }
    }
    Ok(())
}

fn departments(ledger: &Ledger, core: &Workspace) -> Verdict {
    for department in core.departments() {
        let id = number(department.id.as_str());
        let Some(own) = ledger.department(id) else {
            return Err(format!("{} is deleted by the log", department.id));
        };
        let members = core.members(&department.id).map(|agent| number(agent.id.as_str()));
        if !members.eq(own.members()) {
            return Err(format!("the members of d{id} are others by the log"));
        }
        let line = core.queue(department).filter(|c| c.offer.is_none());
        let line: Vec<usize> = line.map(|c| number(c.id.as_str())).collect();
        if !own.line.iter().map(|(_, id)| *id).eq(line.iter().copied()) {
            return Err(format!("the line of d{id} is {line:?}, by the log {:?}", own.line));
        }
        if (department.open, department.queued()) != (own.open, own.line.len()) {
            return Err(format!("d{id} is open, or counts who waits, otherwise by the log"));
        }
        vain::department(ledger, id)?;
    }
    Ok(())
}

fn sessions(ledger: &Ledger, core: &Workspace) -> Verdict {
    for (id, own) in core.sessions() {
        let (person, device) = session(id.as_str());
        let same = match (id.as_str().starts_with('v'), own.state) {
            (true, state) => {
                let live = ledger.visitor_sessions.get(&(person, device)).copied();
                live == Some(state == SessionState::Live)
            }
            (false, state) => {
                let known = ledger.agent(person).and_then(|agent| agent.session(device));
                known == Some(logged(state))
            }
        };
        if !same {
            return Err(format!("the session {id} is {:?}, otherwise by the log", own.state));
        }
    }
    Ok(())
}

fn logged(state: SessionState) -> SessionIs {
    match state {
        SessionState::Live => SessionIs::Live,
        SessionState::Held { until, .. } => SessionIs::Held(until.0),
        SessionState::Lost(_) => SessionIs::Lost,
    }
}
