//! What a queue costs: 1 000 who wait are given to 50 agents in one step, and one more joins a
//! line of 100 000, finds its place in it and leaves.

use std::{hint::black_box, time::Duration};

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use switchboard_routing::*;

const WAITING: usize = 1_000;
const AGENTS: usize = 50;
const CAPACITY: u32 = 20;
const LINES: [usize; 4] = [100, 1_000, 10_000, 100_000];

fn ask(workspace: &mut Workspace, command: Command) -> Vec<Output> {
    let mut out = Vec::new();
    workspace.handle(Timestamp(1), Input::new(Origin::ROOT, command), &mut out).unwrap();
    out
}

/// A department to which nobody can be given: closed, or with no room for anyone.
fn department(workspace: &mut Workspace, policy: Policy, open: bool) {
    let (department_id, name) = (DepartmentId::from("sales"), "Sales".to_owned());
    let policy = Box::new(policy);
    ask(workspace, Command::CreateDepartment { department_id, name, policy });
    ask(workspace, Command::SetDepartmentOpen { department_id: "sales".into(), open });
}

fn staff(workspace: &mut Workspace) {
    for number in 0..AGENTS {
        let agent_id = AgentId::from(format!("agent-{number}"));
        let (session_id, person) =
            (format!("session-{number}").into(), Person::Agent(agent_id.clone()));
        let availability = Availability::Online;
        ask(
            workspace,
            Command::AddAgent {
                agent_id: agent_id.clone(),
                role: Role::Agent,
                capacity: CAPACITY,
                skills: vec![],
                department_ids: vec!["sales".into()],
                invite_id: None,
            },
        );
        ask(workspace, Command::AttachSession { session_id, person });
        ask(workspace, Command::SetAvailability { agent_id, availability });
    }
}

fn open(number: usize) -> Command {
    Command::OpenConversation(OpenConversation {
        conversation_id: format!("conversation-{number}").into(),
        visitor_id: format!("visitor-{number}").into(),
        department_id: None,
        priority: (number % 3) as i32,
        skills: vec![],
        key: None,
    })
}

fn drain(c: &mut Criterion) {
    let full = Policy { agent_capacity: Some(0), max_queue: None, ..Policy::default() };
    let cases = [
        ("department_opened", Policy::default(), false),
        ("department_capacity_lifted", full, true),
    ];
    let mut group = c.benchmark_group("drain");
    group.sample_size(20).throughput(Throughput::Elements(WAITING as u64));
    for (name, policy, is_open) in cases {
        let mut workspace = Workspace::new(1);
        department(&mut workspace, policy, is_open);
        staff(&mut workspace);
        (0..WAITING).for_each(|number| drop(ask(&mut workspace, open(number))));
        let trigger = || match is_open {
            false => Command::SetDepartmentOpen { department_id: "sales".into(), open: true },
            true => Command::UpdateDepartment {
                department_id: "sales".into(),
                name: "Sales".into(),
                policy: Box::default(),
            },
        };
        group.bench_function(BenchmarkId::new(name, WAITING), |b| {
            b.iter_batched(
                || workspace.clone(),
                |mut workspace| {
                    let out = ask(&mut workspace, trigger());
                    assert_eq!(workspace.departments().map(Department::queued).sum::<usize>(), 0);
                    (workspace, out)
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn line(c: &mut Criterion) {
    let mut group = c.benchmark_group("line");
    group.sample_size(20).measurement_time(Duration::from_secs(2));
    for waiting in LINES {
        let mut workspace = Workspace::new(1);
        let policy = Policy { max_queue: Some(u32::MAX), ..Policy::default() };
        department(&mut workspace, policy, true);
        // One place is left for who joins.
        (1..waiting).for_each(|number| drop(ask(&mut workspace, open(number))));
        let mut next = waiting;
        group.bench_function(BenchmarkId::new("join_and_leave", waiting), |b| {
            b.iter(|| {
                next += 1;
                black_box(ask(&mut workspace, open(next)));
                let conversation_id = format!("conversation-{next}").into();
                black_box(ask(&mut workspace, Command::CloseConversation { conversation_id }));
            });
        });
        let middle = workspace.conversation(&format!("conversation-{}", waiting / 2)).unwrap();
        group.bench_function(BenchmarkId::new("place_in_it", waiting), |b| {
            b.iter(|| black_box(workspace.queue_position(black_box(middle))));
        });
    }
    group.finish();
}

criterion_group!(benches, drain, line);
criterion_main!(benches);
