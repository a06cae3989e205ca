//! A random life of a workspace: commands of everybody, at times that jump by moments, by hours
//! and by days, as the routing core carries them out.

use std::sync::Arc;

use switchboard_journal::{Histories, remember};
use switchboard_routing::*;

use crate::HOUR_MS;

const AGENTS: [&str; 4] = ["ann", "bob", "cat", "dan"];
const DEPARTMENTS: [&str; 3] = ["help", "sales", "night"];

pub(crate) struct Life {
    pub(crate) core: Workspace,
    pub(crate) records: Vec<Arc<Record>>,
    ended: Vec<Conversation>,
    now: u64,
    opened: u64,
    chance: u64,
}

impl Life {
    pub(crate) fn new(seed: u64) -> Self {
        let chance = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let now = 1_767_225_600_000 + seed * 977_777;
        let core = Workspace::new(1).explaining(false);
        let (records, ended) = (vec![], vec![]);
        let mut life = Self { core, records, ended, now, opened: 0, chance };
        let config = Config { mobile_hold_ms: HOUR_MS, ..Config::default() };
        life.ask(Command::Configure(Box::new(config)));
        for (nth, id) in DEPARTMENTS.into_iter().enumerate() {
            let policy = Policy {
                offer_timeout_ms: (nth == 1).then_some(20_000),
                fallback_department_id: (nth == 1).then(|| "help".into()),
                max_wait_ms: (nth == 2).then_some(3 * HOUR_MS),
                max_queue: (nth == 0).then_some(6),
                ..Policy::default()
            };
            let (department_id, name) = (id.into(), id.to_owned());
            life.ask(Command::CreateDepartment { department_id, name, policy: Box::new(policy) });
        }
        for id in AGENTS {
            let (agent_id, role, skills) = (id.into(), Role::Admin, vec![]);
            let department_ids = vec!["help".into(), "sales".into()];
            life.ask(Command::AddAgent {
                agent_id,
                role,
                capacity: 2,
                skills,
                department_ids,
                invite_id: None,
            });
        }
        life
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.now)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 11) as usize % bound
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() {
            return None;
        }
        let nth = self.below(of.len());
        of.get(nth).cloned()
    }

    fn ask(&mut self, command: Command) {
        self.ask_as(Origin::new(By::Admin, "ann"), command);
    }

    /// Whatever is refused has not happened.
    fn ask_as(&mut self, origin: Origin, command: Command) {
        let mut out = Vec::new();
        let _ = self.core.handle(Timestamp(self.now), Input::new(origin, command), &mut out);
        for output in out {
            match output {
                Output::Event(record) => self.records.push(record),
                Output::Ended(conversation) => self.ended.push(*conversation),
                _ => {}
            }
        }
    }

    /// Time goes by, and what is due by then happens when it is due.
    fn pass(&mut self, ms: u64) {
        let until = self.now + ms;
        while let Some((at, _)) = self.core.next_deadline().filter(|(at, _)| at.0 <= until) {
            self.now = self.now.max(at.0);
            self.ask(Command::Tick);
        }
        self.now = until;
    }

    /// Something is done, some time after what was done last.
    pub(crate) fn live(&mut self) {
        let ms = match self.below(40) {
            0 => 30 * HOUR_MS,
            1..4 => HOUR_MS + 7,
            4..10 => 20 * 60_000,
            10..20 => 45_000,
            20..30 => 0,
            _ => 3_333,
        };
        self.pass(ms);
        let agent = AGENTS[self.below(AGENTS.len())];
        let department = DEPARTMENTS[self.below(DEPARTMENTS.len())];
        match self.below(100) {
            0..25 => self.open(department),
            25..55 => self.do_with_one(agent, department),
            55..60 => self.reopen(),
            60..70 => {
                let away = self.below(4) == 0;
                let availability = if away { Availability::Away } else { Availability::Online };
                self.ask(Command::SetAvailability { agent_id: agent.into(), availability });
            }
            70..80 => self.attach(Person::Agent(agent.into()), agent),
            80..83 => self.lose(agent),
            // Asleep, it is asked and not given.
            83 => {
                let session_id = format!("ses_{agent}").into();
                self.ask(Command::HoldSession { session_id, hold_ms: HOUR_MS });
            }
            84..88 => {
                let visitor = format!("v{}", self.below(6));
                match self.below(2) {
                    0 => self.attach(Person::Visitor(visitor.as_str().into()), &visitor),
                    _ => self.lose(&visitor),
                }
            }
            88..93 => {
                let (department_id, agent_id) = (department.into(), agent.into());
                let leaves = self.below(3) == 0;
                self.ask(match leaves {
                    true => Command::RemoveMember { department_id, agent_id },
                    false => Command::AddMember { department_id, agent_id },
                });
            }
            93..95 => self.ask(Command::Recover),
            95..97 => {
                let open = self.below(3) > 0;
                self.ask(Command::SetDepartmentOpen { department_id: department.into(), open });
            }
            97 if self.below(6) == 0 => self.ask(Command::RemoveAgent { agent_id: "dan".into() }),
            98 if self.below(6) == 0 => {
                self.ask(Command::DeleteDepartment { department_id: "sales".into() });
            }
            _ => {}
        }
    }

    fn attach(&mut self, person: Person, id: &str) {
        self.ask(Command::AttachSession { session_id: format!("ses_{id}").into(), person });
    }

    fn lose(&mut self, id: &str) {
        let session_id = format!("ses_{id}").into();
        let on_purpose = self.below(3) == 0;
        self.ask(match on_purpose {
            true => Command::EndSession { session_id },
            false => Command::LoseSession { session_id },
        });
    }

    fn open(&mut self, department: &str) {
        self.opened += 1;
        let visitor = format!("v{}", self.below(6));
        self.ask(Command::OpenConversation(OpenConversation {
            conversation_id: format!("c{}", self.opened).into(),
            visitor_id: visitor.into(),
            department_id: Some(department.into()),
            priority: 0,
            skills: vec![],
            key: None,
        }));
    }

    fn do_with_one(&mut self, agent: &str, department: &str) {
        let open: Vec<_> = self.core.conversations().cloned().collect();
        let Some(of) = self.one(&open) else { return };
        let (conversation_id, agent_id) = (of.id.clone(), AgentId::from(agent));
        let offer = of.offer.as_ref().map_or(0, |offer| offer.number);
        let asked = of.offer.map_or(agent_id.clone(), |offer| offer.agent_id);
        let visitor = Origin::new(By::Visitor, of.visitor_id.as_str());
        match self.below(12) {
            0..3 => self.ask(Command::CloseConversation { conversation_id }),
            3..5 => self.ask_as(visitor, Command::CloseConversation { conversation_id }),
            5 => self.ask(Command::AcceptOffer { conversation_id, agent_id: asked, offer }),
            6 => self.ask(Command::DeclineOffer { conversation_id, agent_id: asked, offer }),
            7 => self.ask(Command::ClaimConversation { conversation_id, agent_id }),
            8 => self.ask(Command::AssignConversation { conversation_id, agent_id, force: true }),
            nth => self.ask(Command::TransferConversation {
                conversation_id,
                department_id: (nth != 9).then(|| department.into()),
                agent_id: (nth != 10).then_some(agent_id),
                force: true,
            }),
        }
    }

    fn reopen(&mut self) {
        let ended = std::mem::take(&mut self.ended);
        let Some(conversation) = self.one(&ended).map(Box::new) else { return };
        self.ended = ended.into_iter().filter(|other| other.id != conversation.id).collect();
        self.ask(Command::ReopenConversation { conversation });
    }

    /// One agent is online and present.
    pub(crate) fn somebody_is_there(&mut self) {
        self.attach(Person::Agent("ann".into()), "ann");
        let availability = Availability::Online;
        self.ask(Command::SetAvailability { agent_id: "ann".into(), availability });
    }

    /// A while later; gives when.
    pub(crate) fn end(&mut self) -> Timestamp {
        self.pass(2 * HOUR_MS + 5);
        self.now()
    }

    /// The events of each conversation that has not ended.
    pub(crate) fn histories(&self) -> Histories {
        let mut histories = Histories::new();
        for record in &self.records {
            remember(&mut histories, record);
        }
        histories.retain(|id, _| self.core.conversation(id.as_str()).is_some());
        histories
    }
}
