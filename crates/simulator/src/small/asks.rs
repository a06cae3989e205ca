//! What a deed asks of the workspace, where it makes sense at all.

use switchboard_routing::{
    Agent, Availability, By, Command, Conversation, Input, Key, OpenConversation, Origin, Person,
    SessionId, SessionState, Workspace,
};

use super::{CONVERSATIONS, Deed, Setting, UNIT, world::World};

/// For how long a device asks to sleep: as long as it may.
const SLEEP_MS: u64 = 2 * UNIT;

/// Something that is asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) input: Input,
    /// An admin insists.
    pub(super) forced: bool,
    /// It must not be done.
    pub(super) to_be_refused: bool,
}

impl Asked {
    pub(super) fn new(origin: Origin, session: Option<SessionId>, command: Command) -> Self {
        let forced = matches!(command, Command::AssignConversation { force: true, .. });
        let input = Input { origin, session, command };
        Self { input, forced, to_be_refused: false }
    }

    /// What is due is asked for.
    pub(super) fn tick() -> Self {
        Self::new(Origin::ENGINE, None, Command::Tick)
    }

    fn by_agent(a: usize, command: Command) -> Self {
        let origin = Origin::new(By::Agent, agent(a));
        Self::new(origin, Some(device(a, 0)), command)
    }

    fn by_visitor(v: usize, command: Command) -> Self {
        let origin = Origin::new(By::Visitor, visitor(v));
        Self::new(origin, Some(visitor_session(v)), command)
    }

    fn by_host(command: Command) -> Self {
        Self::new(Origin::new(By::Api, "host"), None, command)
    }
}

fn agent(a: usize) -> String {
    format!("a{a}")
}

fn visitor(v: usize) -> String {
    format!("v{v}")
}

fn device(a: usize, d: usize) -> SessionId {
    format!("a{a}/{d}").into()
}

fn visitor_session(v: usize) -> SessionId {
    format!("v{v}/0").into()
}

impl World {
    /// None: nobody would do it here, or nothing would come of it.
    pub(super) fn asked(&self, setting: &Setting, deed: Deed) -> Option<Asked> {
        match deed {
            Deed::Open => (self.opened < CONVERSATIONS).then(|| opening(setting, self.opened)),
            Deed::Repeat(c) => (c < self.opened).then(|| repeat(setting, c)),
            Deed::Close(c) => self.open(c).map(|c| {
                Asked::by_host(Command::CloseConversation { conversation_id: c.id.clone() })
            }),
            Deed::Reopen(c) => self.ended.get(c)?.as_ref().map(|ended| {
                let conversation = Box::new(ended.clone());
                let command = Command::ReopenConversation { conversation };
                Asked::by_visitor(setting.visitor_of(c), command)
            }),
            Deed::Hours => {
                let open = !self.core.department("d0")?.open;
                let department_id = "d0".into();
                Some(Asked::by_host(Command::SetDepartmentOpen { department_id, open }))
            }
            Deed::Away(a) => self.says(a, Availability::Away),
            Deed::Online(a) => self.says(a, Availability::Online),
            Deed::Arrive(v) => {
                attach(&self.core, visitor_session(v), Person::Visitor(visitor(v).into()))
            }
            Deed::Leave(v) => lose(&self.core, visitor_session(v)),
            deed => self.by_a_device(deed).or_else(|| self.handed(deed)),
        }
    }

    fn by_a_device(&self, deed: Deed) -> Option<Asked> {
        match deed {
            Deed::Disconnect(a, d) => lose(&self.core, device(a, d)),
            Deed::Resume(a, d) => attach(&self.core, device(a, d), Person::Agent(agent(a).into())),
            Deed::Sleep(a, d) => {
                let session_id = on_socket(&self.core, device(a, d))?;
                let session = session_id.clone();
                let command = Command::HoldSession { session_id, hold_ms: SLEEP_MS };
                Some(Asked::new(Origin::new(By::Agent, agent(a)), Some(session), command))
            }
            Deed::SignOut(a, d) => {
                let session_id = on_socket(&self.core, device(a, d))?;
                Some(Asked::new(Origin::ENGINE, None, Command::EndSession { session_id }))
            }
            _ => None,
        }
    }

    fn handed(&self, deed: Deed) -> Option<Asked> {
        match deed {
            Deed::Accept(c) => self.answer(c, 0, |conversation_id, agent_id, offer| {
                Command::AcceptOffer { conversation_id, agent_id, offer }
            }),
            Deed::AcceptLate(c) => {
                let late = self.answer(c, 1, |conversation_id, agent_id, offer| {
                    Command::AcceptOffer { conversation_id, agent_id, offer }
                });
                late.map(|asked| Asked { to_be_refused: true, ..asked })
            }
            Deed::Decline(c) => self.answer(c, 0, |conversation_id, agent_id, offer| {
                Command::DeclineOffer { conversation_id, agent_id, offer }
            }),
            Deed::HandBack(c) => self.hand_on(c, None),
            Deed::HandTo(c, a) => self.hand_on(c, Some(a)),
            Deed::Claim(c, a) => self.for_another(c, a, |conversation_id| {
                let command =
                    Command::ClaimConversation { conversation_id, agent_id: agent(a).into() };
                Asked::by_agent(a, command)
            }),
            Deed::Assign(c, a) => self.assign(c, a, false),
            Deed::Insist(c, a) => self.assign(c, a, true),
            _ => None,
        }
    }

    fn open(&self, c: usize) -> Option<&Conversation> {
        self.core.conversation(&format!("c{c}"))
    }

    /// What is open, and is not this agent's.
    fn for_another(
        &self,
        c: usize,
        a: usize,
        ask: impl FnOnce(switchboard_routing::ConversationId) -> Asked,
    ) -> Option<Asked> {
        let open = self.open(c)?;
        let own = open.agent_id.as_ref().is_some_and(|id| id.as_str() == agent(a));
        (!own).then(|| ask(open.id.clone()))
    }

    fn assign(&self, c: usize, a: usize, force: bool) -> Option<Asked> {
        self.for_another(c, a, |conversation_id| {
            let agent_id = agent(a).into();
            Asked::by_host(Command::AssignConversation { conversation_id, agent_id, force })
        })
    }

    fn says(&self, a: usize, availability: Availability) -> Option<Asked> {
        let agent: &Agent = self.core.agent(&agent(a))?;
        let agent_id = agent.id.clone();
        (agent.availability != availability)
            .then(|| Asked::by_agent(a, Command::SetAvailability { agent_id, availability }))
    }

    /// An answer to the offer of a conversation, or to one of `earlier`.
    fn answer(
        &self,
        c: usize,
        earlier: u64,
        command: impl FnOnce(
            switchboard_routing::ConversationId,
            switchboard_routing::AgentId,
            u64,
        ) -> Command,
    ) -> Option<Asked> {
        let open = self.open(c)?;
        let offer = open.offer.as_ref()?;
        let number = offer.number.saturating_sub(earlier);
        let asked = crate::ledger::number(offer.agent_id.as_str());
        let command = command(open.id.clone(), offer.agent_id.clone(), number);
        Some(Asked::by_agent(asked, command))
    }

    /// Its holder hands it on: to somebody else, or to the department.
    fn hand_on(&self, c: usize, to: Option<usize>) -> Option<Asked> {
        let open = self.open(c)?;
        let holder = crate::ledger::number(open.agent_id.as_ref()?.as_str());
        let department_id = to.is_none().then(|| open.department_id.clone());
        let command = Command::TransferConversation {
            conversation_id: open.id.clone(),
            department_id,
            agent_id: to.map(|a| agent(a).into()),
            force: false,
        };
        (to != Some(holder)).then(|| Asked::by_agent(holder, command))
    }
}

fn opening(setting: &Setting, c: usize) -> Asked {
    let v = setting.visitor_of(c);
    let key = setting.keyed.then(|| Key { key: "k".into(), fingerprint: 1 });
    let open = OpenConversation {
        conversation_id: format!("c{c}").into(),
        visitor_id: visitor(v).into(),
        department_id: None,
        priority: setting.priorities.get(c).copied().unwrap_or_default(),
        skills: Vec::new(),
        key,
    };
    Asked::by_visitor(v, Command::OpenConversation(open))
}

/// The same under another id, as a server makes one for each open that comes in.
fn repeat(setting: &Setting, c: usize) -> Asked {
    let mut asked = opening(setting, c);
    if let Command::OpenConversation(open) = &mut asked.input.command {
        open.conversation_id = format!("c{}", CONVERSATIONS + c).into();
    }
    asked
}

fn attach(core: &Workspace, session_id: SessionId, person: Person) -> Option<Asked> {
    let live = core.session(&session_id).is_some_and(|s| s.state == SessionState::Live);
    let command = Command::AttachSession { session_id, person };
    (!live).then(|| Asked::new(Origin::ENGINE, None, command))
}

fn lose(core: &Workspace, session_id: SessionId) -> Option<Asked> {
    let session_id = on_socket(core, session_id)?;
    Some(Asked::new(Origin::ENGINE, None, Command::LoseSession { session_id }))
}

/// The session, if it is on a socket: awake, or asleep with it.
fn on_socket(core: &Workspace, id: SessionId) -> Option<SessionId> {
    let is = match core.session(&id)?.state {
        SessionState::Live => true,
        SessionState::Held { on_socket, .. } => on_socket,
        SessionState::Lost(_) => false,
    };
    is.then_some(id)
}
