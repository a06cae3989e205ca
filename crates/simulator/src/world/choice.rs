//! What is asked next, and of whom.

use switchboard_routing::{Command, Input, Origin, SessionId, Status};

use super::Tenant;
use crate::{
    ledger::{AGENTS, Agent},
    node::{Ask, Asked, What},
    swarm::Kind,
};

impl Tenant {
    /// Asks something.
    pub(super) fn ask(&mut self, asked: Asked, origin: Origin, command: Command) {
        self.put(asked, What::Input(Input::new(origin, command)));
    }

    /// The same, as one of somebody's sessions.
    pub(super) fn ask_from(
        &mut self,
        asked: Asked,
        origin: Origin,
        session: Option<SessionId>,
        command: Command,
    ) {
        self.put(asked, What::Input(Input { origin, session, command }));
    }

    pub(super) fn put(&mut self, asked: Asked, what: What) {
        self.asked += 1;
        if asked.conversation.is_some() {
            self.focus.conversation = asked.conversation;
        }
        if asked.agent.is_some() {
            self.focus.agent = asked.agent;
        }
        self.asks.push(Ask { what, number: self.asked, asked });
    }

    pub(super) fn choose(&mut self) {
        let suspended = self.ledger.config.status == Status::Suspended;
        if suspended && self.rng.permille(300) {
            // Nothing else gets it going again.
            return self.administer(Kind::Configure);
        }
        let Some(kind) = self.rng.pick(&self.swarm.kinds).copied() else { return };
        let crowded = self.ledger.open.len() >= self.swarm.open;
        let kind = match kind {
            Kind::Open if crowded => Kind::Close,
            Kind::Open | Kind::Close if self.rng.permille(100) => self.wanted().unwrap_or(kind),
            kind => kind,
        };
        match kind {
            Kind::Open
            | Kind::OpenAgain
            | Kind::Close
            | Kind::Accept
            | Kind::Decline
            | Kind::Claim
            | Kind::Assign
            | Kind::Transfer
            | Kind::Reopen
            | Kind::Forget => self.deed(kind),
            Kind::Online
            | Kind::Away
            | Kind::Connect
            | Kind::Lose
            | Kind::Resume
            | Kind::LateClose
            | Kind::End
            | Kind::Hold
            | Kind::Activity
            | Kind::Arrive
            | Kind::Leave
            | Kind::Return => self.presence(kind),
            _ => self.administer(kind),
        }
    }

    /// An agent, mostly one who is there; the one the turn is about now and then.
    pub(super) fn some_agent(&mut self) -> Option<usize> {
        if let Some(agent) = self.focus.agent.filter(|_| self.rng.permille(400)) {
            return Some(agent);
        }
        let most = self.agents.min(AGENTS);
        for _ in 0..4 {
            let number = self.rng.index(most);
            if self.ledger.agent(number).is_some() {
                return Some(number);
            }
        }
        (most > 0).then(|| self.rng.index(most))
    }

    /// What the workspace cannot do without, where it is without it.
    fn wanted(&self) -> Option<Kind> {
        if !self.swarm.tended {
            return None;
        }
        if self.ledger.existing_departments().next().is_none() {
            return Some(Kind::Create);
        }
        if !self.ledger.existing_departments().any(|(_, department)| department.open) {
            return Some(Kind::Hours);
        }
        let members = || self.ledger.active_agents().filter(|(_, agent)| agent.departments != 0);
        let (mut some, mut online) = (false, false);
        for (_, agent) in members() {
            if agent.is_reachable() {
                return None;
            }
            some = true;
            online |= agent.online;
        }
        Some(match (some, online) {
            (false, _) => Kind::Hire,
            (true, false) => Kind::Online,
            (true, true) => Kind::Connect,
        })
    }

    /// An agent of a department, mostly one who could take something; now and then anybody.
    pub(super) fn some_member(&mut self, department: usize) -> Option<usize> {
        if self.rng.permille(150) {
            return self.some_agent();
        }
        let members = self.ledger.department(department).map_or(0, |room| room.joined.len());
        for _ in 0..5 {
            let at = self.rng.index(members);
            let Some(room) = self.ledger.department(department) else { break };
            let Some(number) = room.joined.get(at).copied().flatten() else { continue };
            let able = |a: &Agent| a.is_reachable() && a.load < a.capacity;
            if self.ledger.agent(number).is_some_and(able) {
                return Some(number);
            }
        }
        self.some_agent()
    }

    /// A department, mostly one that exists; now and then one of the agent that the turn is about.
    pub(super) fn some_department(&mut self) -> usize {
        let own = self.focus.agent.and_then(|agent| self.ledger.agent(agent));
        let own = own.map_or(0, |agent| agent.departments);
        if own != 0 && self.rng.permille(500) {
            return own.trailing_zeros() as usize;
        }
        for _ in 0..3 {
            let number = self.rng.index(self.departments);
            if self.ledger.department(number).is_some() {
                return number;
            }
        }
        self.rng.index(self.departments)
    }
}
