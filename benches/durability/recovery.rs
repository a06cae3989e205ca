//! How long it takes to take a workspace up again, and what a conversation takes on disk.

use std::{sync::Arc, time::Instant};

use switchboard_journal::{
    Batch, Claim, Directory, Durability, Ended, Entry, Histories, Log, Stored,
};
use switchboard_routing::{
    Command, Input, OpenConversation, Origin, Output, Person, Timestamp, Workspace, WorkspaceId,
};

use super::Scratch;

/// Conversations that are open at any time.
const OPEN: u64 = 500;

pub fn run(scratch: &Scratch, events: u64) {
    let id = WorkspaceId::from("w");
    let store = scratch.open(Durability::Relaxed);
    let entry = Entry::new(id.clone(), "pk".into(), [1; 32]);
    store.create(entry).expect("created");
    let claim = store.claim(&id, Arc::new(|_, _| {})).expect("claimed");
    let begun = Instant::now();
    let (core, conversations, histories) = write(claim, events);
    let took = begun.elapsed();
    let written = core.position();
    println!(
        "\nwrote {written} events of {conversations} conversations in {took:.1?}: {:.0}/s",
        written as f64 / took.as_secs_f64()
    );
    store.scrub().expect("brought home");
    let bytes: u64 = std::fs::read_dir(&scratch.0)
        .expect("files")
        .filter_map(|file| Some(file.ok()?.metadata().ok()?.len()))
        .sum();
    println!(
        "on disk: {:.0} MB, {} bytes a conversation",
        bytes as f64 / 1e6,
        bytes / conversations
    );
    let begun = Instant::now();
    let mut claim = store.claim(&id, Arc::new(|_, _| {})).expect("claimed");
    let whole = begun.elapsed();
    assert_eq!(claim.recovered.workspace.position(), written);
    println!(
        "recovery, {written} events replayed, no snapshot: {whole:.1?}, {:.0} events/s",
        written as f64 / whole.as_secs_f64()
    );
    let snapshot = claim.recovered.workspace.snapshot();
    let stored = Stored { snapshot, histories, figures: None, sessions: None, dormant: false };
    claim.writer.snapshot(stored).expect("stored");
    claim.writer.settle();
    let begun = Instant::now();
    store.claim(&id, Arc::new(|_, _| {})).expect("claimed");
    println!("recovery from a snapshot: {:.1?}", begun.elapsed());
    drop((claim, store));
    let begun = Instant::now();
    let store = scratch.open(Durability::Relaxed);
    println!("opening the database: {:.1?}", begun.elapsed());
    let begun = Instant::now();
    store.claim(&id, Arc::new(|_, _| {})).expect("claimed");
    println!("and taking the workspace up: {:.1?}", begun.elapsed());
}

fn write(mut claim: Claim, events: u64) -> (Workspace, u64, Histories) {
    let mut core = claim.recovered.workspace.clone();
    let (mut batch, mut out, mut histories) = (Batch::default(), Vec::new(), Histories::new());
    let (mut clock, mut appended) = (0, 0_u64);
    let mut step = |core: &mut Workspace, command| {
        clock += 1;
        let input = Input::new(Origin::ROOT, command);
        core.handle(Timestamp(clock), input, &mut out).expect("done");
        for output in out.drain(..) {
            match output {
                Output::Event(record) => {
                    switchboard_journal::remember(&mut histories, &record);
                    batch.events.push(record);
                }
                Output::Ended(conversation) => {
                    let history = histories.remove(&conversation.id).unwrap_or_default();
                    let conversation = *conversation;
                    batch.ended.push(Arc::new(Ended { conversation, details: None, history }));
                }
                Output::Decided(decision) => {
                    batch.decisions.push((core.position(), (*decision).into()))
                }
                Output::Notice { .. } => {}
            }
        }
        if batch.events.len() >= 64 {
            claim.writer.append(std::mem::take(&mut batch));
            appended += 1;
            if appended % 256 == 0 {
                claim.writer.settle();
            }
        }
    };
    let name = "D".to_owned();
    step(
        &mut core,
        Command::CreateDepartment { department_id: "d".into(), name, policy: Box::default() },
    );
    for agent in 0..10 {
        let agent_id = switchboard_routing::AgentId::from(format!("a{agent}"));
        step(
            &mut core,
            Command::AddAgent {
                agent_id: agent_id.clone(),
                role: Default::default(),
                capacity: 1_000,
                skills: vec![],
                department_ids: vec!["d".into()],
                invite_id: None,
            },
        );
        let person = Person::Agent(agent_id.clone());
        step(&mut core, Command::AttachSession { session_id: format!("s{agent}").into(), person });
        step(
            &mut core,
            Command::SetAvailability {
                agent_id,
                availability: switchboard_routing::Availability::Online,
            },
        );
    }
    let mut opened = 0;
    while core.position() < events {
        step(
            &mut core,
            Command::OpenConversation(OpenConversation {
                conversation_id: format!("cnv_{opened:022}").into(),
                visitor_id: format!("vis_{opened:022}").into(),
                department_id: None,
                priority: 0,
                skills: vec![],
                key: None,
            }),
        );
        opened += 1;
        if opened > OPEN {
            let conversation_id = format!("cnv_{:022}", opened - OPEN - 1).into();
            step(&mut core, Command::CloseConversation { conversation_id });
        }
    }
    claim.writer.append(batch);
    claim.writer.settle();
    (core, opened, histories)
}
