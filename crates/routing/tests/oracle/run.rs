//! The core and the model side by side.

use std::cell::RefCell;

use proptest::{
    strategy::Strategy,
    test_runner::{Config as Settings, RngSeed, TestError, TestRunner},
};
use switchboard_routing::*;

use crate::{
    commands::{self, Step},
    compare,
    counts::{self, Counts},
    crowd, decisions, deeds,
    model::Model,
    promises,
    shrink::shrink,
    witness::Witness,
    words,
};

struct Run {
    core: Workspace,
    model: Model,
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
        let (model, witness) = (Model::default(), Witness::default());
        let (since, ended) = (Vec::new(), Vec::new());
        Self { core, model, witness, now: 1_000, before, kept, since, ended, says }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Pass(ms) => {
                self.now += ms;
                self.ask(Origin::ENGINE, Command::Tick);
            }
            Step::Ask(origin, command) => self.ask(origin, command),
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
            }
        }
        assert_eq!(compare::of_core(&self.core, self.now), compare::of_model(&self.model));
    }

    fn ask(&mut self, origin: Origin, command: Command) {
        if self.is_taken(&command) {
            return;
        }
        if self.says {
            println!("{:6} {:?} {:?}: {command:?}", self.now, origin.by, origin.by_id);
        }
        let mut out = Vec::new();
        let expected = self.model.step(self.now, &origin, &command);
        let (now, input) = (Timestamp(self.now), Input::new(origin, command.clone()));
        let answer = self.core.handle(now, input, &mut out);
        assert_eq!(answer.clone().map(|_| ()), expected);
        if answer.is_err() {
            assert!(out.is_empty());
            assert_eq!(self.core.snapshot(), self.before, "a refusal changes nothing");
            return;
        }
        if let (Ok(Done::Existing(id)), Command::OpenConversation(open)) = (answer, &command) {
            self.is_what_the_key_opened(open, &id);
        }
        self.witness.see(&out, is_forced(&command));
        if command != Command::Tick {
            promises::nothing_is_offered_again(&out);
        }
        self.before = self.core.snapshot();
        assert_eq!(self.witness.workspace.snapshot(), self.before, "the log is it all");
        assert_eq!(words::told(&out), compare::sorted(self.model.told.iter().cloned()));
        decisions::agree(&out, &self.model);
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

    fn is_what_the_key_opened(&self, open: &OpenConversation, id: &ConversationId) {
        let key = open.key.as_ref().unwrap();
        let known = |k: &(String, String, u64, String)| {
            (&*k.0, &*k.1, k.2, &*k.3)
                == (open.visitor_id.as_str(), &*key.key, key.fingerprint, id.as_str())
        };
        assert!(self.model.keys.iter().any(known), "{id} is not what the key opened");
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
        for c in &mut self.model.conversations {
            let known = self.core.conversation(&c.id).and_then(|c| c.offer.as_ref());
            if let (Some(offer), Some(known)) = (&mut c.offer, known) {
                offer.number = known.number;
            }
        }
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
fn the_core_is_the_model() {
    check(330, commands::run(160)).assert_reached(counts::REACHED);
}

#[test]
fn the_core_is_the_model_in_a_crowd() {
    check(20, crowd::run(60)).assert_reached(counts::REACHED_IN_A_CROWD);
}
