//! What a decision costs: a conversation is opened, assigned and closed, through
//! `Workspace::handle`, with ever more members of the department to choose from. Beside it, up to
//! 10 000 members, what choosing by looking at every member costs.
//!
//! The ratio between sizes is what matters: 100 000 members at most three times 100.

use std::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use switchboard_routing::*;

const MEMBERS: [usize; 6] = [10, 100, 1_000, 10_000, 100_000, 1_000_000];
const MEMBERS_SCANNED: [usize; 4] = [10, 100, 1_000, 10_000];
const CAPACITY: u32 = 5;

const STRATEGIES: [(&str, Strategy); 3] = [
    ("least_busy", Strategy::LeastBusy),
    ("round_robin", Strategy::RoundRobin),
    ("longest_idle", Strategy::LongestIdle),
];

/// A workspace with one department, and the buffer that its outputs go into.
struct Desk {
    workspace: Workspace,
    out: Vec<Output>,
}

impl Desk {
    /// Every member is online and present, with the skills that `skills` says.
    fn new(strategy: Strategy, members: usize, skills: impl Fn(usize) -> Vec<String>) -> Self {
        let mut desk = Self { workspace: Workspace::new(1), out: Vec::new() };
        desk.ask(Command::CreateDepartment {
            department_id: "sales".into(),
            name: "Sales".into(),
            // Always the same visitor, whom its last agent would get again.
            policy: Box::new(Policy { strategy, sticky_ms: 0, ..Policy::default() }),
        });
        for number in 0..members {
            desk.staff(format!("agent-{number}").into(), skills(number));
        }
        desk
    }

    fn staff(&mut self, agent_id: AgentId, skills: Vec<String>) {
        self.ask(Command::AddAgent {
            agent_id: agent_id.clone(),
            role: Role::Agent,
            capacity: CAPACITY,
            skills,
            department_ids: vec!["sales".into()],
            invite_id: None,
        });
        let session_id = format!("session-of-{agent_id}").into();
        self.ask(Command::AttachSession { session_id, person: Person::Agent(agent_id.clone()) });
        self.ask(Command::SetAvailability { agent_id, availability: Availability::Online });
    }

    fn ask(&mut self, command: Command) {
        self.out.clear();
        let input = Input::new(Origin::ROOT, command);
        self.workspace.handle(Timestamp(1), input, &mut self.out).unwrap();
    }

    /// The offer that is open.
    fn offer(&self) -> (ConversationId, AgentId, u64) {
        let conversation = self.workspace.conversation("conversation").unwrap();
        let offer = conversation.offer.as_ref().unwrap();
        (conversation.id.clone(), offer.agent_id.clone(), offer.number)
    }

    /// One conversation comes and goes.
    fn serve(&mut self, opening: &OpenConversation) {
        self.ask(Command::OpenConversation(opening.clone()));
        let assigned = |o: &Output| matches!(o, Output::Event(r) if matches!(r.event, Event::ConversationAssigned { .. }));
        assert!(self.out.iter().any(assigned));
        black_box(&self.out);
        let conversation_id = opening.conversation_id.clone();
        self.ask(Command::CloseConversation { conversation_id });
        black_box(&self.out);
    }
}

fn opening(skills: &[&str]) -> OpenConversation {
    OpenConversation {
        conversation_id: "conversation".into(),
        visitor_id: "visitor".into(),
        department_id: Some("sales".into()),
        priority: 0,
        skills: skills.iter().map(|skill| (*skill).to_owned()).collect(),
        key: None,
    }
}

fn by_strategy(c: &mut Criterion) {
    for (name, strategy) in STRATEGIES {
        let mut group = c.benchmark_group(format!("decide/{name}"));
        group.sample_size(20).measurement_time(Duration::from_secs(2));
        for members in MEMBERS {
            let mut desk = Desk::new(strategy, members, |_| vec![]);
            group.bench_function(BenchmarkId::from_parameter(members), |b| {
                b.iter(|| desk.serve(&opening(&[])));
            });
        }
        group.finish();
    }
}

/// A conversation asks for a skill that all have, in eight different sets and in as many sets as
/// there are members: the pick looks at the head of each set.
fn by_skills(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide/skills");
    group.sample_size(20).measurement_time(Duration::from_secs(2));
    let skilled = |set: usize| vec!["french".to_owned(), format!("product-{set}")];
    for members in [100, 1_000, 10_000, 100_000] {
        let mut desk = Desk::new(Strategy::LeastBusy, members, |number| skilled(number % 8));
        group.bench_function(BenchmarkId::new("eight_sets", members), |b| {
            b.iter(|| desk.serve(&opening(&["french"])));
        });
    }
    for members in [10, 100, 1_000] {
        let mut desk = Desk::new(Strategy::LeastBusy, members, skilled);
        group.bench_function(BenchmarkId::new("every_set_another", members), |b| {
            b.iter(|| desk.serve(&opening(&["french"])));
        });
    }
    group.finish();
}

/// What capturing the explanation costs: the same with it and without, in the same run.
fn explained(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide/explain");
    group.sample_size(20).measurement_time(Duration::from_secs(2));
    for members in [1, 10, 100, 100_000] {
        for (name, explains) in [("with", true), ("without", false)] {
            let mut desk = Desk::new(Strategy::LeastBusy, members, |_| vec![]);
            desk.workspace = desk.workspace.explaining(explains);
            group.bench_function(BenchmarkId::new(name, members), |b| {
                b.iter(|| desk.serve(&opening(&[])));
            });
        }
    }
    group.finish();
}

/// A step beside a queue that nobody here can serve, in ever more parts: each of those who wait
/// asks for a skill that no member has, all for the same one or each for another.
fn beside_the_unservable(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide/beside_unservable");
    group.sample_size(20).measurement_time(Duration::from_secs(2));
    for parts in [1, 100, 1_000] {
        let mut desk = Desk::new(Strategy::LeastBusy, 100, |_| vec![]);
        for number in 0..1_000 {
            let skill = format!("skill-{}", number % parts);
            let conversation_id = format!("waiting-{number}").into();
            let skills = vec![skill];
            let waiting = OpenConversation { conversation_id, skills, ..opening(&[]) };
            desk.ask(Command::OpenConversation(waiting));
        }
        group.bench_function(BenchmarkId::new("parts", parts), |b| {
            b.iter(|| desk.serve(&opening(&[])));
        });
    }
    group.finish();
}

/// Offered, declined and offered to the next, and in the end accepted by the one who is left.
fn offered(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide/declined_by");
    group.sample_size(20).measurement_time(Duration::from_secs(2));
    for declining in [0, 1, 10] {
        let mut desk = Desk::new(Strategy::LeastBusy, 1_000, |_| vec![]);
        desk.ask(Command::UpdateDepartment {
            department_id: "sales".into(),
            name: "Sales".into(),
            policy: Box::new(Policy {
                offer_timeout_ms: Some(10_000),
                sticky_ms: 0,
                ..Policy::default()
            }),
        });
        group.bench_function(BenchmarkId::from_parameter(declining), |b| {
            b.iter(|| {
                desk.ask(Command::OpenConversation(opening(&[])));
                for _ in 0..declining {
                    let (conversation_id, agent_id, offer) = desk.offer();
                    desk.ask(Command::DeclineOffer { conversation_id, agent_id, offer });
                }
                let (conversation_id, agent_id, offer) = desk.offer();
                desk.ask(Command::AcceptOffer { conversation_id, agent_id, offer });
                desk.ask(Command::CloseConversation { conversation_id: "conversation".into() });
                black_box(&desk.out);
            });
        });
    }
    group.finish();
}

/// The same choice by looking at everybody, and nothing but the choice: no events, no notices.
struct Scanned {
    members: Vec<ScannedAgent>,
    turn: u64,
}

struct ScannedAgent {
    id: AgentId,
    reachable: bool,
    load: u32,
    last_assigned: u64,
}

impl Scanned {
    fn new(members: usize) -> Self {
        let agent = |number| ScannedAgent {
            id: format!("agent-{number}").into(),
            reachable: true,
            load: 0,
            last_assigned: 0,
        };
        Self { members: (0..members).map(agent).collect(), turn: 0 }
    }

    fn serve(&mut self) {
        let free = self.members.iter_mut().filter(|a| a.reachable && a.load < CAPACITY);
        let order = |a: &ScannedAgent, b: &ScannedAgent| {
            a.load.cmp(&b.load).then(a.last_assigned.cmp(&b.last_assigned)).then(a.id.cmp(&b.id))
        };
        let agent = free.min_by(|a, b| order(a, b)).unwrap();
        self.turn += 1;
        agent.last_assigned = self.turn;
        agent.load += 1;
        black_box(&agent.id);
        agent.load -= 1;
    }
}

fn by_scanning(c: &mut Criterion) {
    let mut group = c.benchmark_group("decide/naive_scan");
    group.sample_size(20).measurement_time(Duration::from_secs(2));
    for members in MEMBERS_SCANNED {
        let mut scanned = Scanned::new(members);
        group.bench_function(BenchmarkId::from_parameter(members), |b| b.iter(|| scanned.serve()));
    }
    group.finish();
}

criterion_group!(
    benches,
    by_strategy,
    by_skills,
    explained,
    beside_the_unservable,
    offered,
    by_scanning
);
criterion_main!(benches);
