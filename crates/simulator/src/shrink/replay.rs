//! A history once more, of a workspace alone: no store, and so nothing that goes wrong there.

use std::{
    collections::BTreeMap,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
};

use switchboard_routing::{
    Command, Conversation, ConversationId, Done, Input, Origin, Output, Record, Refusal, Timestamp,
    Workspace,
};

use super::step::{self, BEGINNING, Step};
use crate::{
    checks::{self, Violation},
    judge,
    ledger::Ledger,
    node::THE_OPEN_OFFER,
    oracle::{self, Oracle},
    world::{ASSERTED, Plan},
};

/// The words of two assertions are compared up to here: further on they tell of the case.
const WORDS: usize = 24;
/// Whatever is due comes to its end after so many deadlines, or does not.
const ROUNDS: usize = 1_000;

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct How<'a> {
    /// What is looked for; whatever else is wrong does not count.
    broken: Option<&'a Violation>,
    /// The oracle runs beside.
    oracle: bool,
    /// What is taken up is compared with the fold of the log.
    folds: bool,
    /// In the end everything must settle.
    settles: bool,
}

impl<'a> How<'a> {
    /// What has to be looked at to find this again.
    pub(super) fn of(plan: &Plan, broken: &'a Violation) -> Self {
        Self {
            broken: Some(broken),
            oracle: plan.oracle && broken.check == checks::ORACLE,
            folds: broken.check == checks::FOLD,
            settles: broken.check == checks::SETTLES,
        }
    }

    /// Whether this is what was looked for.
    fn is_same(self, found: &Violation) -> bool {
        let Some(broken) = self.broken else { return false };
        let words = |violation: &Violation| -> String {
            violation.what.chars().take(WORDS).take_while(|c| !c.is_ascii_digit()).collect()
        };
        found.check == broken.check && (found.check != ASSERTED || words(found) == words(broken))
    }
}

/// Goes through the steps: at which of them what is looked for was found, and what it was.
pub(super) fn replay(steps: &[Step], how: How<'_>) -> Option<(usize, Violation)> {
    let mut replay = Replay::new(how);
    let mut at = 0;
    let ran = panic::catch_unwind(AssertUnwindSafe(|| {
        for (step, ticks) in step::ticking(steps) {
            replay.step(step)?;
            if ticks {
                replay.step(&Step::Tick)?;
            }
            at += 1;
        }
        replay.end()
    }));
    let last = steps.len().saturating_sub(1);
    match ran {
        Ok(Ok(())) => None,
        Ok(Err(found)) => Some((at.min(last), found)),
        Err(panicked) => {
            let (what, position) = (judge::words(&*panicked), replay.core.position());
            let found = Violation { check: ASSERTED, what, position };
            how.is_same(&found).then_some((at.min(last), found))
        }
    }
}

/// See the module.
pub(super) struct Replay<'a> {
    pub(super) core: Workspace,
    ledger: Ledger,
    oracle: Oracle,
    ended: BTreeMap<ConversationId, Conversation>,
    log: Vec<Arc<Record>>,
    pub(super) now: u64,
    how: How<'a>,
}

impl<'a> Replay<'a> {
    fn new(how: How<'a>) -> Self {
        Self {
            core: Workspace::new(1),
            ledger: Ledger::default(),
            oracle: Oracle::new(),
            ended: BTreeMap::new(),
            log: Vec::new(),
            now: BEGINNING,
            how,
        }
    }

    /// One that only does what it is asked.
    pub(super) fn unjudged() -> Self {
        Self::new(How { broken: None, oracle: false, folds: false, settles: false })
    }

    pub(super) fn step(&mut self, step: &Step) -> Result<(), Violation> {
        match step {
            Step::Pass(by) => {
                self.now = self.now.saturating_add_signed(*by).max(1);
                Ok(())
            }
            Step::Tick => self.ask(Input::new(Origin::ENGINE, Command::Tick)),
            Step::Ask(input) => {
                if self.is_due() {
                    self.step(&Step::Tick)?;
                }
                self.meant(input).map_or(Ok(()), |input| self.ask(input))
            }
            Step::Restart => {
                self.is_the_fold()?;
                self.core = Workspace::restore(&self.core.snapshot(), &[]);
                self.ask(Input::new(Origin::ENGINE, Command::Recover))
            }
        }
    }

    /// Whether something is to be done before anybody asks.
    pub(super) fn is_due(&self) -> bool {
        self.core.next_deadline().is_some_and(|(at, _)| at.0 <= self.now)
    }

    /// What is asked here: an offer as it is numbered here, a conversation as it ended here. None
    /// where nobody would ask it.
    pub(super) fn meant(&self, input: &Input) -> Option<Input> {
        let mut input = input.clone();
        match &mut input.command {
            Command::AcceptOffer { conversation_id, offer, .. }
            | Command::DeclineOffer { conversation_id, offer, .. } => {
                let open = self.core.conversation(conversation_id.as_str());
                let open = open.and_then(|c| c.offer.as_ref()).map_or(0, |open| open.number);
                *offer = if *offer == THE_OPEN_OFFER { open } else { 0 };
            }
            Command::ReopenConversation { conversation } => {
                let open = self.core.conversation(conversation.id.as_str());
                **conversation = open.or(self.ended.get(&conversation.id))?.clone();
            }
            Command::Forget { visitor_id, key } => {
                // Only what has ended is ever forgotten.
                let mut keys = self.core.keys();
                let (.., id) = keys.find(|(v, k, _)| *v == visitor_id && *k == key)?;
                if self.core.conversation(id.as_str()).is_some() {
                    return None;
                }
            }
            _ => {}
        }
        Some(input)
    }

    fn ask(&mut self, input: Input) -> Result<(), Violation> {
        let (mut out, now) = (Vec::new(), Timestamp(self.now));
        let answer = self.core.handle(now, input.clone(), &mut out);
        for output in &out {
            match output {
                Output::Event(record) => self.log.push(record.clone()),
                Output::Ended(c) => drop(self.ended.insert(c.id.clone(), c.as_ref().clone())),
                _ => {}
            }
        }
        self.judge(&input, &answer, &out)?;
        let overdue = matches!(input.command, Command::Tick);
        let now = if overdue { self.core.clock().0.max(self.now) } else { 0 };
        self.counts(checks::full_scan(&self.ledger, &self.core, now))
    }

    /// What does not count is let pass.
    fn counts(&self, verdict: Result<(), Violation>) -> Result<(), Violation> {
        verdict.or_else(|found| if self.how.is_same(&found) { Err(found) } else { Ok(()) })
    }

    fn judge(
        &mut self,
        input: &Input,
        answer: &Result<Done, Refusal>,
        out: &[Output],
    ) -> Result<(), Violation> {
        let position = self.core.position();
        self.counts(checks::answered(&self.ledger, &input.command, answer))?;
        let forced = crate::node::is_forced(&input.command);
        let mut records = Vec::new();
        for output in out {
            let Output::Event(record) = output else { continue };
            self.counts(checks::event(&self.ledger, record, forced))?;
            self.ledger.read(record);
            records.push(record.clone());
        }
        let verdict = checks::step(&mut self.ledger, &records, answer.is_err());
        self.counts(verdict)?;
        if !self.how.oracle {
            return Ok(());
        }
        let did = oracle::Step { answer, out, explains: true };
        let differs = self.oracle.follow(Timestamp(self.now), input, did, &self.core);
        differs.map_or(Ok(()), |what| Err(Violation { check: checks::ORACLE, what, position }))
    }

    fn is_the_fold(&self) -> Result<(), Violation> {
        if !self.how.folds {
            return Ok(());
        }
        let mut fold = Workspace::new(1);
        self.log.iter().for_each(|record| fold.replay(record));
        crate::node::is_as_it_was(&self.core.snapshot(), &fold.snapshot())
    }

    /// The last step was done.
    fn end(&mut self) -> Result<(), Violation> {
        self.is_the_fold()?;
        if !self.how.settles {
            return Ok(());
        }
        for _ in 0..ROUNDS {
            let Some((at, _)) = self.core.next_deadline() else { return Ok(()) };
            self.now = self.now.max(at.0);
            self.step(&Step::Tick)?;
        }
        let (what, position) = ("something is due for ever".into(), self.core.position());
        Err(Violation { check: checks::SETTLES, what, position })
    }
}
