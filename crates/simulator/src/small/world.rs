//! One state of a small world: the workspace, what its log says, and the checks that judge every
//! step of it.

use std::sync::Arc;

use switchboard_routing::{
    Command, Conversation, Done, Event, Input, Origin, Output, Record, Refusal, Timestamp,
    Workspace,
};

use super::{
    CONVERSATIONS, Deed, Setting, UNIT,
    asks::Asked,
    key::{self, Facts, Seen},
    start,
};
use crate::{
    checks::{self, Violation},
    ledger::Ledger,
    oracle::{Oracle, Step},
};

/// When a small world begins: long enough after nothing for everything to be "long ago".
const BEGINNING: u64 = 1_000 * UNIT;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) core: Workspace,
    pub(super) ledger: Ledger,
    pub(super) now: u64,
    /// How many conversations were opened.
    pub(super) opened: usize,
    /// As they ended, where they may come back.
    pub(super) ended: Vec<Option<Conversation>>,
    /// The naive model beside it, in some.
    oracle: Option<Box<Oracle>>,
}

/// What came of a deed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// It was refused, and changed nothing.
    Refused,
    /// It was done.
    Done,
}

/// How a step came about.
#[derive(Clone, Copy, Debug)]
struct Manner {
    /// An admin insisted.
    forced: bool,
    /// It was refused.
    refused: bool,
}

impl World {
    /// The world of a setting in which nothing was done yet, and the log that led there.
    pub(super) fn new(setting: &Setting, oracle: bool, log: &mut Log) -> Result<Self, Violation> {
        let mut world = Self {
            core: Workspace::new(1).explaining(oracle),
            ledger: Ledger::default(),
            now: BEGINNING,
            opened: 0,
            ended: vec![None; CONVERSATIONS],
            oracle: oracle.then(Box::default),
        };
        for command in start::commands(setting) {
            let asked = Asked::new(Origin::ROOT, None, command);
            world.ask(setting, asked, log)?;
        }
        Ok(world)
    }

    /// What tells this state from those that go on otherwise.
    pub(super) fn key(&self, facts: Facts) -> u64 {
        let (snapshot, ledger) = (&self.core.snapshot(), &self.ledger);
        let (now, opened, ended) = (self.now, self.opened, &self.ended);
        key::key(facts, &Seen { snapshot, ledger, now, opened, ended })
    }

    /// The world after something was done, and whatever was due by then; none: it makes no sense
    /// here. What happened goes to the log.
    pub(super) fn after(
        &self,
        setting: &Setting,
        deed: Deed,
        log: &mut Log,
    ) -> Result<Option<(Self, Outcome)>, Violation> {
        let asked = match deed {
            Deed::Wait => Some(Asked::tick()),
            Deed::Crash => None,
            deed => match self.asked(setting, deed) {
                None => return Ok(None),
                asked => asked,
            },
        };
        let mut next = self.clone();
        next.now += if deed == Deed::Wait { UNIT } else { 0 };
        let outcome = match asked {
            Some(asked) => next.ask(setting, asked, log)?,
            None => next.taken_up(setting, log)?,
        };
        next.opened += usize::from(deed == Deed::Open && outcome == Outcome::Done);
        if next.core.next_deadline().is_some_and(|(at, _)| at.0 <= next.now) {
            next.ask(setting, Asked::tick(), log)?;
        }
        checks::full_scan(&next.ledger, &next.core, next.now)?;
        Ok(Some((next, outcome)))
    }

    /// The process died: what is taken up must be what was, then everybody is lost.
    fn taken_up(&mut self, setting: &Setting, log: &mut Log) -> Result<Outcome, Violation> {
        let was = self.core.snapshot();
        let mut again = Workspace::restore(&was, &[]);
        for (is, check) in [
            (log.fold().snapshot(), "recovery is the fold of the log"),
            (again.snapshot(), "a snapshot is it all"),
        ] {
            if is != was {
                let what = format!("taken up: {is:?}\nwas: {was:?}");
                return Err(self.violation(check, what));
            }
        }
        again.begin_epoch(self.core.epoch() + 1);
        self.core = again.explaining(self.oracle.is_some());
        self.ask(setting, Asked::new(Origin::ENGINE, None, Command::Recover), log)
    }

    fn ask(
        &mut self,
        setting: &Setting,
        asked: Asked,
        log: &mut Log,
    ) -> Result<Outcome, Violation> {
        let Asked { input, forced, to_be_refused } = asked;
        let before = self.core.position();
        let mut out = Vec::new();
        let judged = checks::judges_answer(&input.command).then(|| input.command.clone());
        let beside = self.oracle.is_some().then(|| input.clone());
        let answer = self.core.handle(Timestamp(self.now), input, &mut out);
        if let Some(command) = judged {
            checks::answered(&self.ledger, &command, &answer)?;
        }
        if answer.is_ok() && to_be_refused {
            let what = "an answer to an offer that is over was taken".into();
            return Err(self.violation("an offer ends once", what));
        }
        if answer.is_err() && (self.core.position() != before || !out.is_empty()) {
            let what = format!("{answer:?} came with {out:?}");
            return Err(self.violation("a refusal changes nothing", what));
        }
        self.follow(beside, &answer, &out)?;
        self.read(setting, out, Manner { forced, refused: answer.is_err() }, log)?;
        Ok(if answer.is_ok() { Outcome::Done } else { Outcome::Refused })
    }

    /// Lets the naive model do the same.
    fn follow(
        &mut self,
        input: Option<Input>,
        answer: &Result<Done, Refusal>,
        out: &[Output],
    ) -> Result<(), Violation> {
        let (Some(oracle), Some(input)) = (&mut self.oracle, input) else { return Ok(()) };
        let did = Step { answer, out, explains: true };
        let differs = oracle.follow(Timestamp(self.now), &input, did, &self.core);
        differs.map_or(Ok(()), |what| Err(self.violation("the naive oracle", what)))
    }

    /// Judges what happened, event by event, then what it left.
    fn read(
        &mut self,
        setting: &Setting,
        out: Vec<Output>,
        Manner { forced, refused }: Manner,
        log: &mut Log,
    ) -> Result<(), Violation> {
        let first = log.records.len();
        for output in out {
            match output {
                Output::Event(record) => {
                    checks::event(&self.ledger, &record, forced)?;
                    if let Event::ConversationReopened { conversation, .. } = &record.event {
                        self.set_ended(conversation, None);
                    }
                    self.ledger.read(&record);
                    log.records.push(record);
                }
                Output::Ended(ended) if setting.reopens() => {
                    self.set_ended(&ended, Some(ended.as_ref().clone()));
                }
                _ => {}
            }
        }
        checks::step(&mut self.ledger, log.records.get(first..).unwrap_or_default(), refused)
    }

    fn set_ended(&mut self, conversation: &Conversation, to: Option<Conversation>) {
        let number = crate::ledger::number(conversation.id.as_str());
        if let Some(place) = self.ended.get_mut(number) {
            *place = to;
        }
    }

    fn violation(&self, check: &'static str, what: String) -> Violation {
        Violation { check, what, position: self.core.position() }
    }
}

/// The log of one way through a small world, from its beginning.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    records: Vec<Arc<Record>>,
}

impl Log {
    /// How long it is.
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// Goes back to what it was.
    pub(super) fn truncate(&mut self, len: usize) {
        self.records.truncate(len);
    }

    /// The workspace that wrote it.
    fn fold(&self) -> Workspace {
        let mut again = Workspace::new(1);
        for record in &self.records {
            again.replay(record);
        }
        if let Some(last) = self.records.last() {
            again.begin_epoch(last.epoch);
        }
        again
    }
}
