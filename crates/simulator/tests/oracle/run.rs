//! The core and the oracle side by side.

use std::cell::RefCell;

use proptest::{
    strategy::Strategy,
    test_runner::{Config as Settings, RngSeed, TestError, TestRunner},
};
use switchboard_routing::*;
use switchboard_simulator::oracle::{Oracle, Step as Did};

use crate::{
    commands::{self, Step},
    counts::{self, Counts},
    crowd, deeds, promises,
    shrink::shrink,
    witness::Witness,
};

struct Run {
    core: Workspace,
    oracle: Oracle,
    witness: Witness,
    now: u64,
    /// The core as it was left by the last step.
    before: Snapshot,
    kept: String,
    since: Vec<Record>,
    /// As they ended; of those of the same id the last one counts.
    ended: Vec<Conversation>,
    /// Whether the commands are said, for whoever reads what went wrong.
    says: bool,
}

impl Run {
    fn new(says: bool) -> Self {
        let core = Workspace::new(1);
        let before = core.snapshot();
        let kept = serde_json::to_string(&before).unwrap();
        let (oracle, witness) = (Oracle::new(), Witness::default());
        let (since, ended) = (Vec::new(), Vec::new());
        Self { core, oracle, witness, now: 1_000, before, kept, since, ended, says }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Pass(ms) => {
                self.now += ms;
                self.ask(Origin::ENGINE, Command::Tick);
            }
            Step::Ask(origin, command) => self.ask(origin, command),
            Step::Invite(invites) => self.ask(Origin::ROOT, invites.command(self.now, &self.core)),
            Step::Do(which, who, deed) => {
                let command = deeds::command(&self.core, &self.ended, which, &who, &deed);
                if let Some((origin, command)) = command {
                    self.ask(origin, command);
                }
            }
            Step::Keep => {
                self.kept = serde_json::to_string(&self.before).unwrap();
                self.since.clear();
            }
            Step::TakeUp => {
                let kept = serde_json::from_str(&self.kept).unwrap();
                let again = Workspace::restore(&kept, &self.since);
                assert_eq!(again.snapshot(), self.before, "taken up as it was");
                self.core = again;
                let differs = self.oracle.differs(&self.core, Timestamp(self.now));
                assert!(differs.is_none(), "{}", differs.unwrap());
            }
        }
    }

    fn ask(&mut self, origin: Origin, command: Command) {
        if self.is_taken(&command) {
            return;
        }
        if self.says {
            println!("{:6} {:?} {:?}: {command:?}", self.now, origin.by, origin.by_id);
        }
        let mut out = Vec::new();
        let (now, input) = (Timestamp(self.now), asked(origin, command.clone()));
        let answer = self.core.handle(now, input.clone(), &mut out);
        let did = Did { answer: &answer, out: &out, explains: true };
        let differs = self.oracle.follow(now, &input, did, &self.core);
        assert!(differs.is_none(), "{}", differs.unwrap());
        if answer.is_err() {
            assert!(out.is_empty());
            assert_eq!(self.core.snapshot(), self.before, "a refusal changes nothing");
            return;
        }
        self.witness.see(&out, is_forced(&command));
        if command != Command::Tick {
            promises::nothing_is_offered_again(&out);
        }
        self.before = self.core.snapshot();
        assert_eq!(self.witness.workspace.snapshot(), self.before, "the log is it all");
        self.note(&out);
    }

    /// An id is a conversation's own: not given again although it has ended.
    fn is_taken(&self, command: &Command) -> bool {
        match command {
            Command::OpenConversation(open) => {
                let id = &open.conversation_id;
                let is_open = self.core.conversation(id.as_str()).is_some();
                !is_open && self.ended.iter().any(|c| c.id == *id)
            }
            _ => false,
        }
    }

    fn note(&mut self, out: &[Output]) {
        for output in out {
            match output {
                Output::Event(record) => self.since.push(record.as_ref().clone()),
                Output::Ended(c) => {
                    self.ended.retain(|other| other.id != c.id);
                    self.ended.push(c.as_ref().clone());
                }
                _ => {}
            }
        }
    }
}

/// Agents and visitors ask on a session, which gets the answer.
fn asked(origin: Origin, command: Command) -> Input {
    let person = origin.by_id.clone().filter(|_| matches!(origin.by, By::Agent | By::Visitor));
    match person {
        Some(id) => Input::from_session(origin, format!("{id}/0").into(), command),
        None => Input::new(origin, command),
    }
}

fn is_forced(command: &Command) -> bool {
    matches!(
        command,
        Command::AssignConversation { force: true, .. }
            | Command::TransferConversation { force: true, .. }
    )
}

fn run(steps: Vec<Step>, says: bool) -> Counts {
    let mut run = Run::new(says);
    steps.into_iter().for_each(|step| run.step(step));
    run.witness.counts
}

/// Where no other seed is asked for, the cases are the same each time: that the rare things are
/// reached is then no matter of chance. `PROPTEST_RNG_SEED` draws others, `PROPTEST_CASES` more.
fn settings(cases: u32) -> Settings {
    let asked = Settings::default();
    let usual = 256;
    let rng_seed = match asked.rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        fixed => fixed,
    };
    Settings {
        cases: (cases * asked.cases).div_ceil(usual),
        rng_seed,
        max_shrink_iters: 0,
        failure_persistence: None,
        ..asked
    }
}

/// Runs so many cases, and a short script that fails if there is one.
fn check(cases: u32, steps: impl Strategy<Value = Vec<Step>>) -> Counts {
    let settings = settings(cases);
    let counts = RefCell::new(Counts::default());
    let outcome = TestRunner::new(settings).run(&steps, |steps| {
        counts.borrow_mut().merge(run(steps, false));
        Ok(())
    });
    match outcome {
        Ok(()) => counts.into_inner(),
        Err(TestError::Fail(_, steps)) => {
            let steps = shrink(steps, |steps| drop(run(steps, false)));
            println!("A short script that fails:");
            run(steps, true);
            panic!("it failed only once");
        }
        Err(failure) => panic!("{failure}"),
    }
}

#[test]
fn the_core_is_the_oracle() {
    check(330, commands::run(160)).assert_reached(counts::REACHED);
}

#[test]
fn the_core_is_the_oracle_in_a_crowd() {
    check(20, crowd::run(60)).assert_reached(counts::REACHED_IN_A_CROWD);
}
