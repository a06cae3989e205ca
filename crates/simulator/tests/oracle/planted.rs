//! The oracle can see: each kind of difference, planted, is found, and what is right passes.

use switchboard_routing::*;
use switchboard_simulator::oracle::{Oracle, Step};

/// What a step gave, to be tampered with.
struct Given {
    answer: Result<Done, Refusal>,
    out: Vec<Output>,
    after: Workspace,
}

/// What the oracle says of the last of these commands, when that was tampered with.
fn says(commands: &[Command], tamper: impl FnOnce(&mut Given)) -> Option<String> {
    let (mut core, mut oracle) = (Workspace::new(1), Oracle::new());
    let (last, before) = commands.split_last().unwrap();
    let give = |core: &mut Workspace, now: u64, command: &Command| {
        let (mut out, now) = (Vec::new(), Timestamp(now));
        let input = Input::new(Origin::ROOT, command.clone());
        let answer = core.handle(now, input.clone(), &mut out);
        (input, Given { answer, out, after: core.clone() })
    };
    let mut follow = |now: u64, input: &Input, given: &Given| {
        let did = Step { answer: &given.answer, out: &given.out, explains: true };
        oracle.follow(Timestamp(now), input, did, &given.after)
    };
    for (now, command) in (1..).zip(before) {
        let (input, given) = give(&mut core, now, command);
        assert_eq!(follow(now, &input, &given), None, "{command:?}");
    }
    let now = commands.len() as u64;
    let (input, mut given) = give(&mut core, now, last);
    tamper(&mut given);
    follow(now, &input, &given)
}

fn opened(id: &str) -> Command {
    Command::OpenConversation(OpenConversation {
        conversation_id: id.into(),
        visitor_id: "v1".into(),
        department_id: None,
        priority: 0,
        skills: Vec::new(),
        key: None,
    })
}

/// An agent who is asked for `c1`; offers end at 1 000.
fn asked() -> Vec<Command> {
    let agent_id = AgentId::from("ann");
    let policy = Policy { offer_timeout_ms: Some(1_000), ..Policy::default() };
    vec![
        Command::CreateDepartment {
            department_id: "sales".into(),
            name: "Sales".into(),
            policy: Box::new(policy),
        },
        Command::AddAgent {
            agent_id: agent_id.clone(),
            role: Role::Agent,
            capacity: 1,
            skills: Vec::new(),
            department_ids: vec!["sales".into()],
            invite_id: None,
        },
        Command::AttachSession {
            session_id: "ann/0".into(),
            person: Person::Agent(agent_id.clone()),
        },
        Command::SetAvailability { agent_id, availability: Availability::Online },
        opened("c1"),
    ]
}

fn gone() -> Vec<Command> {
    let agent_id = "ann".into();
    let away = Command::SetAvailability { agent_id, availability: Availability::Away };
    [asked(), vec![away]].concat()
}

#[track_caller]
fn finds(found: Option<String>, words: &str) {
    let found = found.expect("it was found");
    assert!(found.contains(words), "{found}");
}

#[test]
fn what_is_right_passes() {
    assert_eq!(says(&asked(), |_| {}), None);
    assert_eq!(says(&gone(), |_| {}), None);
}

#[test]
fn another_answer() {
    finds(says(&asked(), |given| given.answer = Err(Refusal::QueueFull)), "answered");
    let other = |given: &mut Given| given.answer = Ok(Done::Conversation("c2".into()));
    finds(says(&asked(), other), "answered");
}

#[test]
fn another_workspace() {
    let emptied = |given: &mut Given| given.after = Workspace::new(1);
    finds(says(&asked(), emptied), "oracle: 1 seats, 1 departments");
}

#[test]
fn something_that_did_not_happen() {
    let without_offer = |given: &mut Given| {
        given.out.retain(|output| match output {
            Output::Event(record) => !matches!(record.event, Event::ConversationOffered { .. }),
            _ => true,
        });
    };
    finds(says(&asked(), without_offer), "oracle: c1 offered to ann");
}

#[test]
fn something_that_happened_at_another_time() {
    let earlier = |given: &mut Given| {
        for output in &mut given.out {
            if let Output::Event(record) = output {
                std::sync::Arc::make_mut(record).at.0 -= 1;
            }
        }
    };
    finds(says(&asked(), earlier), "not at 5");
}

#[test]
fn a_person_who_was_not_told() {
    let untold = |given: &mut Given| given.out.retain(|o| !matches!(o, Output::Notice { .. }));
    finds(says(&asked(), untold), "oracle: Agent(ann) hears, except None: ConversationOffered(c1)");
}

#[test]
fn an_undecided_offer_and_a_decision_for_another_reason() {
    let undecided = |given: &mut Given| given.out.retain(|o| !matches!(o, Output::Decided(_)));
    finds(says(&asked(), undecided), "is decided 0 times");
    let busier = |given: &mut Given| {
        for output in &mut given.out {
            let Output::Decided(decision) = output else { continue };
            decision.candidates.iter_mut().for_each(|candidate| candidate.load += 1);
        }
    };
    finds(says(&asked(), busier), "is none of");
}

/// Changes what is said of a withdrawn offer.
fn withdrawn(change: impl Fn(&mut u64, &mut u64)) -> impl FnOnce(&mut Given) {
    move |given| {
        for output in &mut given.out {
            if let Output::Notice {
                notice: Notice::OfferWithdrawn { revision, offer, .. }, ..
            } = output
            {
                change(revision, offer);
            }
        }
    }
}

#[test]
fn numbers_that_are_not_its_own() {
    finds(says(&gone(), withdrawn(|_, offer| *offer += 1)), "which is an offer of None");
    finds(says(&gone(), withdrawn(|revision, _| *revision = 1)), "not of this step");
    finds(says(&gone(), withdrawn(|revision, _| *revision += 1)), "not of this step");
}
