//! What people do about conversations. They go by what they were told, which may be over.

use switchboard_routing::{By, Command, Key, OpenConversation, Origin, SessionId, State};

use super::Tenant;
use crate::{
    node::{Asked, What},
    swarm::Kind,
};

impl Tenant {
    pub(super) fn deed(&mut self, kind: Kind) {
        match kind {
            Kind::Open => self.open(),
            Kind::OpenAgain => self.open_again(),
            Kind::Accept | Kind::Decline => self.answer(kind),
            Kind::Reopen => self.reopen(),
            Kind::Forget => self.forget(),
            _ => self.handle(kind),
        }
    }

    fn open(&mut self) {
        let number = self.conversations;
        self.conversations += 1;
        let visitor = self.rng.index(self.swarm.visitors);
        let key = self.rng.permille(80).then(|| self.key(visitor));
        self.open_as(number, visitor, key);
    }

    /// With a key that was used: a retry of what was not answered, or another content.
    fn open_again(&mut self) {
        let number = self.conversations;
        self.conversations += 1;
        let used = self.rng.index(self.ledger.keys.len());
        let used = self.ledger.keys.iter().nth(used).map(|(used, known)| (*used, *known));
        let Some(((visitor, letter), (_, fingerprint))) = used else { return };
        let same = self.rng.permille(800);
        let fingerprint = if same { fingerprint } else { fingerprint ^ 1 };
        let key = Key { key: char::from(letter).to_string().as_str().into(), fingerprint };
        self.open_as(number, visitor, Some(key));
    }

    /// A key, mostly one that this visitor has not used.
    fn key(&mut self, visitor: usize) -> Key {
        let mut letter = b'k';
        for _ in 0..4 {
            letter = b'a' + self.rng.below(26) as u8;
            if !self.ledger.keys.contains_key(&(visitor, letter)) {
                break;
            }
        }
        Key { key: char::from(letter).to_string().as_str().into(), fingerprint: self.rng.below(2) }
    }

    fn open_as(&mut self, number: usize, visitor: usize, key: Option<Key>) {
        let department = self.rng.permille(970).then(|| self.some_department());
        let priority = if self.swarm.priorities { self.rng.below(3) as i32 - 1 } else { 0 };
        let skills = match self.swarm.skills && self.rng.permille(350) {
            true => self.skills(2),
            false => Vec::new(),
        };
        let visitor_id = self.names.visitor(visitor);
        let by_visitor = self.rng.permille(800);
        let (origin, session) = match by_visitor {
            true => (self.names.as_visitor(visitor), self.page_of(visitor)),
            false => (Origin::new(By::Api, "key"), None),
        };
        let command = Command::OpenConversation(OpenConversation {
            conversation_id: self.names.conversation(number),
            visitor_id,
            department_id: department.map(|number| self.names.department(number)),
            priority,
            skills,
            key,
        });
        let asked = Asked { kind: Kind::Open, conversation: Some(number), agent: None, department };
        self.ask_from(asked, origin, session, command);
    }

    /// So many skills at most.
    pub(super) fn skills(&mut self, most: u64) -> Vec<String> {
        let count = self.rng.below(most + 1);
        let mut skills: Vec<String> =
            (0..count).map(|_| format!("k{}", self.rng.below(4))).collect();
        skills.sort_unstable();
        skills.dedup();
        skills
    }

    /// An agent answers what it was asked, or somebody answers what was over long ago.
    fn answer(&mut self, kind: Kind) {
        let Some((number, agent, offer)) = self.offer() else { return };
        let agent = match self.rng.permille(960) {
            true => agent,
            false => self.some_agent().unwrap_or(agent),
        };
        let (conversation_id, agent_id) =
            (self.names.conversation(number), self.names.agent(agent));
        let asked =
            Asked { kind, conversation: Some(number), agent: Some(agent), department: None };
        let command = match kind {
            Kind::Accept => Command::AcceptOffer { conversation_id, agent_id, offer },
            _ => Command::DeclineOffer { conversation_id, agent_id, offer },
        };
        let session = self.session_of(agent);
        self.ask_from(asked, self.names.as_agent(agent), session, command);
    }

    /// An offer that is open; now and then one that is over.
    fn offer(&mut self) -> Option<(usize, usize, u64)> {
        let mut last = None;
        for _ in 0..6 {
            let at = self.rng.index(self.offered.len());
            let (number, agent, offer) = *self.offered.get(at)?;
            last = Some((number, agent, offer));
            let open = self.ledger.conversation(number).and_then(|c| c.offer);
            if open.is_some_and(|open| open.number == offer) {
                return last;
            }
            self.offered.swap_remove(at);
        }
        last
    }

    /// A conversation that is open and like this, if there is one at hand; now and then another,
    /// or the one that the turn is about already.
    pub(super) fn some_conversation(&mut self, like: impl Fn(State) -> bool) -> Option<usize> {
        if let Some(number) = self.focus.conversation.filter(|_| self.rng.permille(300)) {
            return Some(number);
        }
        let mut found = None;
        for _ in 0..6 {
            let at = self.rng.index(self.ledger.open.len());
            let number = self.ledger.open.get(at).copied()?;
            let state = self.ledger.conversation(number).map(|c| c.state);
            if state.is_some_and(&like) {
                return Some(number);
            }
            found = Some(number);
        }
        found.filter(|_| self.rng.permille(100))
    }

    fn reopen(&mut self) {
        let near = self.focus.conversation.filter(|_| self.rng.permille(500));
        // Of those that ended lately.
        let late = self.ledger.ended.len().min(64);
        let back = self.rng.index(late);
        let recent = self.ledger.ended.iter().rev().nth(back).copied();
        let Some(number) = near.or(recent) else { return };
        let Some(c) = self.ledger.conversation(number) else { return };
        let (is_open, visitor, last) = (c.is_open(), c.visitor, c.last_agent);
        if is_open && near.is_none() && self.rng.permille(900) {
            return;
        }
        let (origin, session) = self.doer(visitor, last);
        let asked =
            Asked { kind: Kind::Reopen, conversation: Some(number), agent: None, department: None };
        let id = self.names.conversation(number);
        self.put(asked, What::Reopen(origin, session, id));
    }

    /// Who does something: the visitor whose it is, the agent who has it, an admin, a stranger.
    fn doer(&mut self, visitor: usize, agent: Option<usize>) -> (Origin, Option<SessionId>) {
        match (self.rng.below(20), agent) {
            (0..=8, Some(agent)) => (self.names.as_agent(agent), self.session_of(agent)),
            (0..=13, _) => (self.names.as_visitor(visitor), self.page_of(visitor)),
            (14, _) => {
                let stranger = self.rng.index(self.swarm.visitors);
                (self.names.as_visitor(stranger), None)
            }
            (15, _) => {
                let stranger = self.some_agent().unwrap_or_default();
                (self.names.as_agent(stranger), self.session_of(stranger))
            }
            (16..=17, _) => (Origin::new(By::Admin, "a0"), None),
            _ => (Origin::ROOT, None),
        }
    }

    fn forget(&mut self) {
        let used = self.rng.index(self.ledger.keys.len());
        let Some(((visitor, letter), (own, _))) = self.ledger.keys.iter().nth(used) else { return };
        // Only what has ended is ever forgotten.
        if self.ledger.conversation(*own).is_some_and(|c| c.is_open()) {
            return;
        }
        let key = char::from(*letter).to_string().as_str().into();
        let command = Command::Forget { visitor_id: self.names.visitor(*visitor), key };
        let asked =
            Asked { kind: Kind::Forget, conversation: Some(*own), agent: None, department: None };
        self.ask(asked, Origin::ENGINE, command);
    }

    fn handle(&mut self, kind: Kind) {
        let visitors_leave = self.rng.permille(300);
        let like = |state| match kind {
            Kind::Claim => state == State::Offered,
            Kind::Assign => true,
            // Visitors leave, and take what they wait for with them.
            Kind::Close if visitors_leave => true,
            _ => state == State::Assigned,
        };
        let Some(number) = self.some_conversation(like) else { return };
        let Some(c) = self.ledger.conversation(number) else { return };
        let (visitor, holder, own) = (c.visitor, c.agent, c.department);
        let (origin, session) = self.doer(visitor, holder);
        let conversation_id = self.names.conversation(number);
        let mut asked = Asked { kind, conversation: Some(number), agent: None, department: None };
        match kind {
            Kind::Close => {
                let command = Command::CloseConversation { conversation_id };
                self.ask_from(asked, origin, session, command);
            }
            Kind::Claim => {
                let Some(agent) = self.some_member(own) else { return };
                asked.agent = Some(agent);
                let agent_id = self.names.agent(agent);
                let command = Command::ClaimConversation { conversation_id, agent_id };
                let session = self.session_of(agent);
                self.ask_from(asked, self.names.as_agent(agent), session, command);
            }
            Kind::Assign => {
                let Some(agent) = self.some_member(own) else { return };
                asked.agent = Some(agent);
                let (agent_id, force) = (self.names.agent(agent), self.rng.permille(250));
                let origin = if self.rng.permille(900) { Origin::ROOT } else { origin };
                let command = Command::AssignConversation { conversation_id, agent_id, force };
                self.ask(asked, origin, command);
            }
            _ => {
                let to = self.rng.permille(700).then(|| self.some_department());
                let agent = match to.is_none() || self.rng.permille(350) {
                    true => self.some_member(to.unwrap_or(own)),
                    false => None,
                };
                (asked.agent, asked.department) = (agent, Some(to.unwrap_or(own)));
                let command = Command::TransferConversation {
                    conversation_id,
                    department_id: to.map(|number| self.names.department(number)),
                    agent_id: agent.map(|number| self.names.agent(number)),
                    force: self.rng.permille(60),
                };
                self.ask_from(asked, origin, session, command);
            }
        }
    }
}
