//! A life of a workspace: commands that the bytes say, one after the other, each followed by the
//! naive oracle and judged by the simulator's checks.

mod draw;

use std::sync::Arc;

use arbitrary::Unstructured;
use switchboard_routing::{
    By, Command, Conversation, Input, Origin, Output, Record, Snapshot, Timestamp, Workspace,
};
use switchboard_simulator::{
    checks,
    ledger::Ledger,
    oracle::{Oracle, Step},
};

/// The oracle scans, and what is kept grows: longer lives cost more than they show.
const MAX_STEPS: usize = 160;
/// The full scan and the comparison with a workspace taken up again are not cheap.
const SCANNED: usize = 16;

/// A workspace, and everything that was ever heard of it.
struct Life {
    core: Workspace,
    now: u64,
    records: Vec<Arc<Record>>,
    /// As they ended; of those of the same id the last one counts.
    ended: Vec<Conversation>,
    /// None: nobody judges.
    judges: Option<(Oracle, Ledger)>,
    steps: usize,
}

pub(crate) fn run(bytes: &[u8]) {
    let mut life = Life::new(Some((Oracle::new(), Ledger::default())));
    life.go_on(&mut Unstructured::new(bytes), MAX_STEPS);
    life.scan();
}

/// The same without judges: its records, what it was halfway, and what it came to be.
pub(crate) fn lived(bytes: &[u8]) -> (Vec<Arc<Record>>, Snapshot, Workspace) {
    let mut life = Life::new(None);
    let bytes = &mut Unstructured::new(bytes);
    life.go_on(bytes, MAX_STEPS / 2);
    let halfway = life.core.snapshot();
    life.go_on(bytes, MAX_STEPS / 2);
    (life.records, halfway, life.core)
}

impl Life {
    fn new(judges: Option<(Oracle, Ledger)>) -> Self {
        let core = Workspace::new(1);
        let (records, ended) = (Vec::new(), Vec::new());
        let mut life = Self { core, now: 1_000, records, ended, judges, steps: 0 };
        draw::beginning().into_iter().for_each(|command| life.ask(Origin::ROOT, command));
        life
    }

    fn go_on(&mut self, bytes: &mut Unstructured<'_>, steps: usize) {
        for step in 1..=steps {
            if bytes.is_empty() {
                return;
            }
            if step.is_multiple_of(SCANNED) {
                self.scan();
            }
            let Ok(ms) = draw::pause(bytes) else { return };
            if ms > 0 {
                self.now += ms;
                self.ask(Origin::ENGINE, Command::Tick);
            }
            match draw::command(bytes, self.now, &self.core, &self.ended) {
                Ok(Some((origin, command))) => self.ask(origin, command),
                Ok(None) => {}
                Err(_) => return,
            }
        }
    }

    fn ask(&mut self, origin: Origin, command: Command) {
        if self.is_taken(&command) {
            return;
        }
        let forced = matches!(
            command,
            Command::AssignConversation { force: true, .. }
                | Command::TransferConversation { force: true, .. }
        );
        let input = input(origin, command);
        let before = self.steps.is_multiple_of(SCANNED).then(|| self.core.snapshot());
        let mut out = Vec::new();
        let answer = self.core.handle(Timestamp(self.now), input.clone(), &mut out);
        if let (Err(_), Some(before)) = (&answer, before) {
            assert_eq!(self.core.snapshot(), before, "a refusal changes nothing");
        }
        let at = self.records.len();
        self.note(&out);
        if let Some((oracle, ledger)) = &mut self.judges {
            let did = Step { answer: &answer, out: &out, explains: true };
            let differs = oracle.follow(Timestamp(self.now), &input, did, &self.core);
            assert!(differs.is_none(), "{input:?}: {}", differs.unwrap_or_default());
            judge(ledger, &self.records[at..], forced, answer.is_err());
        }
        self.steps += 1;
    }

    /// A policy that has just changed may have made something due.
    fn scan(&mut self) {
        if self.core.next_deadline().is_some_and(|(at, _)| at.0 <= self.now) {
            self.ask(Origin::ENGINE, Command::Tick);
        }
        let Some((_, ledger)) = &self.judges else { return };
        if let Err(violation) = checks::full_scan(ledger, &self.core, self.now) {
            panic!("{violation}");
        }
        let snapshot = self.core.snapshot();
        assert_eq!(Workspace::restore(&snapshot, &[]).snapshot(), snapshot, "taken up as it was");
    }

    /// Ids are the shell's to make: none is given twice.
    fn is_taken(&self, command: &Command) -> bool {
        let Command::OpenConversation(open) = command else { return false };
        let id = &open.conversation_id;
        self.core.conversation(id.as_str()).is_none() && self.ended.iter().any(|c| c.id == *id)
    }

    fn note(&mut self, out: &[Output]) {
        for output in out {
            match output {
                Output::Event(record) => self.records.push(Arc::clone(record)),
                Output::Ended(ended) => {
                    self.ended.retain(|other| other.id != ended.id);
                    self.ended.push(ended.as_ref().clone());
                }
                Output::Notice { .. } | Output::Decided(_) => {}
            }
        }
    }
}

/// The simulator's checks: every event by the ledger before it, and the step as a whole.
fn judge(ledger: &mut Ledger, records: &[Arc<Record>], forced: bool, refused: bool) {
    for record in records {
        if let Err(violation) = checks::event(ledger, record, forced) {
            panic!("{violation}: {record:?}");
        }
        ledger.read(record);
    }
    if let Err(violation) = checks::step(ledger, records, refused) {
        panic!("{violation}");
    }
}

/// Agents and visitors ask on a session, which gets the answer.
fn input(origin: Origin, command: Command) -> Input {
    let person = origin.by_id.clone().filter(|_| matches!(origin.by, By::Agent | By::Visitor));
    match person {
        Some(id) => Input::from_session(origin, format!("{id}/0").into(), command),
        None => Input::new(origin, command),
    }
}
