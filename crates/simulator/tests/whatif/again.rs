//! Recordings of the engine itself: run again as they were, nothing is otherwise.

use std::collections::VecDeque;

use switchboard_routing::{
    AgentId, Availability, Command, Conversation, DepartmentId, Input, OnUnstaffed, Origin, Person,
    Policy, Role, Strategy, Timestamp, Workspace,
};
use switchboard_simulator::{
    Rng,
    centre::{Answer, Arrival, Centre, Change, Parting, Traffic},
    whatif::{Alternative, Figures, Plan, Story, read, recorded, rerun},
};

use crate::publish::publish;

/// How many visitors come in two hours.
const VISITORS: usize = 600;
const SEEDS: u64 = if cfg!(debug_assertions) { 4 } else { 30 };
const AGENTS: u64 = 12;
const MINUTE: u64 = 60_000;

/// A busy contact centre in which whatever can be recorded happens: offers answered in every way,
/// breaks, lost sockets, sessions that are ended, handings-on, visitors who give up or come back,
/// rejections, admins at work.
struct Busy {
    rng: Rng,
    now: u64,
    left: usize,
    changes: VecDeque<Change>,
}

impl Busy {
    fn new(seed: u64) -> Self {
        let rng = Rng::new(seed);
        let mut busy = Self { rng, now: 20 * MINUTE, left: VISITORS, changes: VecDeque::new() };
        busy.plan();
        busy
    }

    fn plan(&mut self) {
        let mut changes: Vec<(u64, Command)> = opened();
        for agent in 0..AGENTS {
            changes.extend(self.shift(&agent_id(agent)));
        }
        changes.push((100 * MINUTE, Command::Recover));
        for agent in 0..AGENTS {
            let agent = agent_id(agent);
            changes.push((100 * MINUTE + 4_000 + self.rng.below(9_000), comes(&agent)));
        }
        let (agent_id, department_id) = (agent_id(3), DepartmentId::from("sales"));
        changes.push((60 * MINUTE, Command::RemoveMember { department_id, agent_id }));
        changes.push((70 * MINUTE, hours("support", false)));
        changes.push((74 * MINUTE, hours("support", true)));
        changes.push((80 * MINUTE, Command::RemoveAgent { agent_id: self::agent_id(7) }));
        changes.extend((0..VISITORS).map(|number| self.meddling(number)));
        changes.sort_by_key(|(at, _)| *at);
        let change =
            |(at, command)| Change { at: Timestamp(at), input: Input::new(Origin::ROOT, command) };
        self.changes = changes.into_iter().map(change).collect();
    }

    /// What others do with a conversation about when it is opened, where it lets them.
    fn meddling(&mut self, number: usize) -> (u64, Command) {
        let opened = 20 * MINUTE + number as u64 * 120 * MINUTE / VISITORS as u64;
        let conversation_id = format!("c{number}").into();
        let agent_id = agent_id(self.rng.below(AGENTS));
        let command = match self.rng.below(12) {
            2.. => Command::ClaimConversation { conversation_id, agent_id },
            0 => Command::AssignConversation { conversation_id, agent_id, force: true },
            _ => Command::TransferConversation {
                conversation_id,
                department_id: Some("sales".into()),
                agent_id: None,
                force: false,
            },
        };
        (opened + self.rng.below(2 * MINUTE), command)
    }

    /// When an agent is there, and says it is online.
    fn shift(&mut self, agent: &AgentId) -> Vec<(u64, Command)> {
        let mut shift = Vec::new();
        let mut at = 10 * MINUTE;
        for _ in 0..20 {
            at += 1 + self.rng.below(10 * MINUTE);
            shift.push((at, comes(agent)));
            shift.push((at + 1, says(agent, Availability::Online)));
            at += 2 * MINUTE + self.rng.below(10 * MINUTE);
            match self.rng.below(3) {
                0 => shift.push((at, says(agent, Availability::Away))),
                1 => shift.push((at, Command::LoseSession { session_id: session(agent) })),
                _ => shift.push((at, Command::EndSession { session_id: session(agent) })),
            }
            at += self.rng.below(MINUTE);
        }
        shift
    }
}

impl Traffic for Busy {
    fn arrival(&mut self) -> Option<Arrival> {
        self.left = self.left.checked_sub(1)?;
        self.now += 1 + self.rng.below(2 * 120 * MINUTE / VISITORS as u64);
        let service_ms = 10_000 + self.rng.below(5 * MINUTE);
        let mut arrival = Arrival::new(Timestamp(self.now), service_ms);
        let rooms = ["sales", "support", "night"];
        arrival.department_id = self.rng.pick(&rooms).map(|id| DepartmentId::from(*id));
        arrival.visitor_id = Some(format!("v{}", self.rng.below(200)).into());
        arrival.priority = self.rng.below(3) as i32;
        arrival.patience_ms = self.rng.permille(600).then(|| 2_000 + self.rng.below(3 * MINUTE));
        if self.rng.permille(150) {
            arrival.skills = vec!["french".into()];
        }
        Some(arrival)
    }

    fn change(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    fn answer(&mut self, _: &AgentId, _: &Conversation) -> Answer {
        let after = 500 + self.rng.below(20_000);
        match self.rng.below(10) {
            0 => Answer::Decline(after),
            1 => Answer::Ignore,
            _ => Answer::Accept(after),
        }
    }

    fn parting(&mut self, number: u64, handed_on: u32) -> Parting {
        // Asked more than once, it must say the same.
        let mut rng = Rng::stream(5, number * 8 + u64::from(handed_on));
        match rng.below(10) {
            0 if handed_on < 3 => Parting::HandedOn {
                department_id: rng.pick(&["sales", "support"]).map(|id| DepartmentId::from(*id)),
                agent_id: rng.permille(300).then(|| agent_id(rng.below(AGENTS))),
                service_ms: 5_000 + rng.below(MINUTE),
            },
            1..4 => Parting::OthersClose,
            _ => Parting::AgentCloses,
        }
    }
}

fn opened() -> Vec<(u64, Command)> {
    let sales = Policy { strategy: Strategy::RoundRobin, wrap_up_ms: 7_000, ..Policy::default() };
    let support = Policy {
        strategy: Strategy::LongestIdle,
        offer_timeout_ms: Some(15_000),
        max_wait_ms: Some(4 * MINUTE),
        fallback_department_id: Some("sales".into()),
        on_unstaffed: OnUnstaffed::Fallback,
        ..Policy::default()
    };
    let night = Policy {
        on_unstaffed: OnUnstaffed::Reject,
        max_queue: Some(3),
        agent_capacity: Some(2),
        sticky_ms: 0,
        ..Policy::default()
    };
    let mut commands = Vec::new();
    for (id, policy) in [("sales", sales), ("support", support), ("night", night)] {
        let (department_id, name, policy) = (id.into(), id.to_owned(), Box::new(policy));
        commands.push((MINUTE, Command::CreateDepartment { department_id, name, policy }));
    }
    for agent in 0..AGENTS {
        let rooms: &[&str] = match agent % 4 {
            0 => &["sales"],
            1 => &["support"],
            2 => &["sales", "support"],
            _ => &["night", "sales"],
        };
        commands.push((
            2 * MINUTE,
            Command::AddAgent {
                agent_id: agent_id(agent),
                role: Role::Agent,
                capacity: 1 + (agent % 3) as u32,
                skills: if agent % 2 == 0 { vec!["french".into()] } else { Vec::new() },
                department_ids: rooms.iter().map(|id| DepartmentId::from(*id)).collect(),
                invite_id: None,
            },
        ));
    }
    commands
}

fn agent_id(number: u64) -> AgentId {
    format!("a{number}").into()
}

fn session(agent: &AgentId) -> switchboard_routing::SessionId {
    format!("s-{agent}").into()
}

fn comes(agent: &AgentId) -> Command {
    Command::AttachSession { session_id: session(agent), person: Person::Agent(agent.clone()) }
}

fn says(agent: &AgentId, availability: Availability) -> Command {
    Command::SetAvailability { agent_id: agent.clone(), availability }
}

fn hours(id: &str, open: bool) -> Command {
    Command::SetDepartmentOpen { department_id: id.into(), open }
}

/// What the server would have told of a busy time, one event a line.
fn recording_of(seed: u64) -> String {
    let mut centre = Centre::new(Workspace::new(1).explaining(false), Busy::new(seed));
    let mut lines = String::new();
    centre.run(|step| {
        for event in step.records().filter_map(|record| publish(record)) {
            lines.push_str(&format!("{event}\n"));
        }
    });
    lines
}

fn again(seed: u64) -> (Story, Figures, Figures) {
    let story = Story::of(&read(recording_of(seed).as_bytes()).unwrap(), seed);
    let (before, after) = (recorded(&story), rerun(&story, &Plan::default(), seed).figures);
    (story, before, after)
}

#[test]
fn everything_that_can_be_recorded_is_in_these_recordings() {
    let recording: String = (0..SEEDS).map(recording_of).collect();
    for kind in [
        "conversation.rejected",
        "conversation.requeued",
        "conversation.transferred",
        "offer.declined",
        "offer.expired",
        "offer.withdrawn",
        "\"missed_offers\"",
        "\"max_wait\"",
        "\"queue_full\"",
        "\"no_agents_online\"",
        "\"agent_lost\"",
        "\"sticky\"",
        "\"claimed\"",
        "\"assigned\"",
        "workspace.recovered",
        "department.closed",
        "agent.removed",
    ] {
        assert!(recording.contains(kind), "no {kind}");
    }
}

#[test]
fn as_it_was_it_is_again() {
    for seed in 0..SEEDS {
        let (story, before, after) = again(seed);
        assert_eq!((story.strangers, story.torn), (0, 0));
        assert_eq!(story.cases.len(), VISITORS);
        for (number, (was, is)) in before.visits.iter().zip(&after.visits).enumerate() {
            assert_eq!(was, is, "seed {seed}, visit {number}");
        }
        assert_eq!(before, after, "seed {seed}");
    }
}

#[test]
fn under_other_rules_it_is_another() {
    let story = again(1).0;
    let cast = switchboard_simulator::whatif::Cast::of(&story.happenings, &recorded(&story));
    let was = rerun(&story, &Plan::default(), 1).figures;
    for text in ["strategy=least_busy", "capacity=9", "offer_timeout=3s", "agents=-a0", "agents=+3"]
    {
        let alternative: Alternative = text.parse().unwrap();
        let is = rerun(&story, &cast.plan(&alternative).unwrap(), 1).figures;
        assert_ne!(was, is, "{text}");
        assert_eq!(was.visits.len(), is.visits.len(), "{text}");
    }
}
