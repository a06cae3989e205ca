//! The core and the model side by side.

use proptest::test_runner::{Config as Settings, TestRunner};
use switchboard_routing::*;

use crate::{
    commands::{self, Step},
    compare,
    model::Model,
    promises::Witness,
};

struct Run {
    core: Workspace,
    model: Model,
    witness: Witness,
    now: u64,
    kept: String,
    since: Vec<Record>,
    counts: [usize; 4],
}

impl Run {
    fn new() -> Self {
        let core = Workspace::new(1);
        let kept = serde_json::to_string(&core.snapshot()).unwrap();
        let (model, witness) = (Model::default(), Witness::default());
        Self { core, model, witness, now: 1_000, kept, since: Vec::new(), counts: [0; 4] }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Pass(ms) => {
                self.now += ms;
                self.ask(Origin::ENGINE, Command::Tick);
            }
            Step::Ask(origin, command) => self.ask(origin, command),
            Step::Keep => {
                self.kept = serde_json::to_string(&self.core.snapshot()).unwrap();
                self.since.clear();
            }
            Step::TakeUp => {
                let kept = serde_json::from_str(&self.kept).unwrap();
                let again = Workspace::restore(&kept, &self.since);
                assert_eq!(again.snapshot(), self.core.snapshot(), "taken up as it was");
                self.core = again;
            }
        }
        assert_eq!(compare::of_core(&self.core, self.now), compare::of_model(&self.model));
    }

    fn ask(&mut self, origin: Origin, command: Command) {
        let before = self.core.snapshot();
        let mut out = Vec::new();
        let expected = self.model.step(self.now, &origin, &command);
        let (now, input) = (Timestamp(self.now), Input::new(origin, command.clone()));
        let answer = self.core.handle(now, input, &mut out);
        assert_eq!(answer.clone().map(|_| ()), expected);
        if answer.is_err() {
            assert!(out.is_empty());
            assert_eq!(self.core.snapshot(), before, "a refusal changes nothing");
        }
        if let (Ok(Done::Existing(id)), Command::OpenConversation(open)) = (answer, command) {
            let key = open.key.unwrap();
            let known = |k: &(String, String, u64, String)| {
                (&*k.0, &*k.1, k.2, &*k.3)
                    == (open.visitor_id.as_str(), &*key.key, key.fingerprint, id.as_str())
            };
            assert!(self.model.keys.iter().any(known), "{id} is not what the key opened");
        }
        self.witness.see(&out);
        assert_eq!(self.witness.workspace.snapshot(), self.core.snapshot(), "the log is it all");
        self.endings();
        self.note(&out);
    }

    fn endings(&mut self) {
        let mut expected = std::mem::take(&mut self.model.ended);
        expected.sort();
        self.witness.endings.sort();
        assert_eq!(self.witness.endings, expected);
    }

    fn note(&mut self, out: &[Output]) {
        for output in out {
            let Output::Event(record) = output else { continue };
            self.since.push(record.as_ref().clone());
            match record.event {
                Event::ConversationAssigned { .. } => self.counts[0] += 1,
                Event::ConversationQueued { .. } => self.counts[1] += 1,
                Event::ConversationRequeued { .. } => self.counts[2] += 1,
                Event::ConversationRejected { .. } => self.counts[3] += 1,
                _ => {}
            }
        }
    }
}

/// Cases in a run, and steps in each.
const CASES: u32 = 400;
const STEPS: usize = 120;

#[test]
fn the_core_is_the_model() {
    let config = Settings { cases: CASES, failure_persistence: None, ..Default::default() };
    let mut counts = [0; 4];
    let mut runner = TestRunner::new(config);
    let counted = std::cell::RefCell::new(&mut counts);
    let outcome = runner.run(&commands::run(STEPS), |steps| {
        let mut run = Run::new();
        steps.into_iter().for_each(|step| run.step(step));
        counted.borrow_mut().iter_mut().zip(run.counts).for_each(|(sum, count)| *sum += count);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    let [assigned, queued, requeued, rejected] = counts;
    assert!(
        assigned > 500 && queued > 500 && requeued > 100 && rejected > 50,
        "too little happened: {counts:?}"
    );
}
