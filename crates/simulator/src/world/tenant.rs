//! One workspace of a world: turn after turn people ask, things go wrong, time passes, and what
//! comes of it is judged.

use std::sync::Arc;

use switchboard_journal::{LogError, Memory};
use switchboard_routing::WorkspaceId;

use super::{Plan, chance::fate, devices::Devices, names::Names};
use crate::{
    Rng,
    checks::{self, Violation},
    digest::Digest,
    ledger::Ledger,
    node::{Ask, Fate, Node, Traced, Turn},
    races::Races,
    swarm::{Fault, Swarm},
};

/// The full scan looks after so many turns, on average.
const SCANNED: u64 = 256;
/// The inputs that are taken in at once; what is more is turned away.
const MAILBOX: usize = 12;

/// See the module.
#[derive(Debug)]
pub struct Tenant {
    pub(super) rng: Rng,
    pub(super) swarm: Swarm,
    pub(super) node: Node,
    pub(super) ledger: Ledger,
    pub(super) devices: Devices,
    pub(super) names: Names,
    pub(super) now: u64,
    /// What is asked in this turn.
    pub(super) asks: Vec<Ask>,
    /// What the turn is about, so that people meet.
    pub(super) focus: Focus,
    /// Offers that were made lately: the conversation, who was asked, the offer's number.
    pub(super) offered: Vec<(usize, usize, u64)>,
    /// How many conversations, agents and departments were ever asked for.
    pub(super) conversations: usize,
    pub(super) agents: usize,
    pub(super) departments: usize,
    /// How many invites were ever made.
    pub(super) invites: usize,
    pub(super) asked: u64,
    seen: Vec<Turn>,
    digest: Digest,
    races: Races,
    turns: u64,
    trace: Vec<Traced>,
    traces: bool,
}

/// Whom and what the last ask was about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Focus {
    pub(super) conversation: Option<usize>,
    pub(super) agent: Option<usize>,
}

impl Tenant {
    /// A workspace with people in it.
    pub(super) fn new(
        id: WorkspaceId,
        memory: Arc<Memory>,
        swarm: Swarm,
        rng: Rng,
        plan: &Plan,
    ) -> Result<Self, LogError> {
        let mut node = Node::new(id, memory, swarm.snapshot_every)?;
        node.explain(swarm.explains);
        if plan.oracle {
            node.run_the_oracle();
        }
        if plan.trace {
            node.trace();
        }
        let mut tenant = Self {
            rng,
            node,
            ledger: Ledger::default(),
            devices: Devices::default(),
            names: Names::default(),
            now: 1_000_000,
            asks: Vec::new(),
            focus: Focus::default(),
            offered: Vec::new(),
            conversations: 0,
            agents: 0,
            departments: 0,
            invites: 0,
            asked: 0,
            seen: Vec::new(),
            digest: Digest::default(),
            races: Races::default(),
            turns: 0,
            trace: Vec::new(),
            traces: plan.trace,
            swarm,
        };
        tenant.found();
        Ok(tenant)
    }

    /// How many events there were.
    pub fn events(&self) -> u64 {
        self.ledger.position
    }

    /// How many things were asked.
    pub fn asks(&self) -> u64 {
        self.asked
    }

    /// How many turns there were.
    pub fn turns(&self) -> u64 {
        self.turns
    }

    /// A digest of everything that happened and was said.
    pub fn digest(&self) -> u64 {
        self.digest.value()
    }

    /// Which races were reached.
    pub fn races(&self) -> &Races {
        &self.races
    }

    pub(super) fn take_trace(&mut self) -> Vec<Traced> {
        let mut trace = std::mem::take(&mut self.trace);
        // What was not judged yet, of which the last broke something.
        for turn in &mut self.seen {
            trace.append(&mut turn.trace);
        }
        trace.extend(self.node.take_trace());
        trace
    }

    /// Time passes, people ask, something goes wrong or not.
    ///
    /// # Errors
    /// Where a promise is broken.
    pub fn turn(&mut self) -> Result<(), Violation> {
        if self.ledger.position == 0 && !self.asks.is_empty() {
            // What it begins with.
            return self.carry_out(None);
        }
        self.turns += 1;
        self.pass();
        let fault = self.fault();
        self.focus = Focus::default();
        let most = self.swarm.asks as u64;
        let wanted = match fault {
            Some(Fault::Overload) => 4 * MAILBOX as u64,
            _ => 1 + self.rng.below(most),
        };
        if self.rng.permille(300) {
            self.just_in_time();
        }
        for _ in 0..wanted {
            self.choose();
        }
        // What is turned away is not done at all.
        self.asks.truncate(MAILBOX.max(self.swarm.asks));
        self.carry_out(fault)
    }

    /// What the turn is asked is done, with what goes wrong.
    fn carry_out(&mut self, fault: Option<Fault>) -> Result<(), Violation> {
        let (now, seen) = (self.now, &mut self.seen);
        let taken_up = match fault {
            Some(Fault::Crash) => {
                let written = self.rng.index(4);
                self.races.crash(&self.ledger, self.node.is_safe());
                self.node.crash(now, &mut self.asks, written, seen)?;
                true
            }
            Some(Fault::Panic) => {
                self.node.crash(now, &mut self.asks, usize::MAX, seen)?;
                true
            }
            Some(Fault::Unload) => {
                self.scan()?;
                self.node.snapshot();
                self.node.crash(now, &mut self.asks, usize::MAX, &mut self.seen)?;
                true
            }
            _ => {
                let fate = fate(fault);
                self.races.fate(fate);
                let ending = self.node.turn(now, &mut self.asks, fate, seen)?;
                ending == crate::node::Ending::TakenUp
            }
        };
        if taken_up {
            self.devices.cut_off();
        }
        self.look()?;
        if !self.node.is_safe() && self.rng.permille(400) {
            self.hear_of_appends()?;
        }
        if self.rng.below(SCANNED) == 0 || taken_up {
            self.scan()?;
        }
        Ok(())
    }

    /// What was asked is done, and nothing goes wrong.
    pub(super) fn with_node(&mut self, fate: Fate) -> Result<(), Violation> {
        self.node.turn(self.now, &mut self.asks, fate, &mut self.seen).map(|_| ())
    }

    /// The store says what became of some of what is pending.
    fn hear_of_appends(&mut self) -> Result<(), Violation> {
        let bad = [Fault::Failed, Fault::UnknownLost, Fault::UnknownWritten];
        let bad = bad.into_iter().find(|bad| self.swarm.faults.iter().any(|(f, _)| f == bad));
        let fate = if self.rng.permille(20) { fate(bad) } else { Fate::Done };
        let ending = self.node.settle(self.now, fate, &mut self.seen)?;
        if ending == crate::node::Ending::TakenUp {
            self.devices.cut_off();
        }
        self.look()
    }

    /// Everything is written, and compared.
    pub(super) fn scan(&mut self) -> Result<(), Violation> {
        while !self.node.is_safe() {
            self.node.settle(self.now, Fate::Done, &mut self.seen)?;
            self.look()?;
        }
        let now = self.node.core().clock().0.max(self.now);
        // What became due while nobody looked is done first.
        self.node.turn(now, &mut self.asks, Fate::Done, &mut self.seen)?;
        self.look()?;
        checks::full_scan(&self.ledger, self.node.core(), now)
    }

    /// Judges what was released.
    pub(super) fn look(&mut self) -> Result<(), Violation> {
        let mut seen = std::mem::take(&mut self.seen);
        for turn in seen.drain(..) {
            self.read(&turn)?;
            self.node.recycle(turn);
        }
        self.seen = seen;
        Ok(())
    }

    fn read(&mut self, turn: &Turn) -> Result<(), Violation> {
        if self.traces {
            self.trace.extend(turn.trace.iter().cloned());
        }
        self.races.turn(&self.ledger, turn);
        let mut answers = turn.answers.iter().peekable();
        let mut first = 0;
        for step in &turn.steps {
            let records = turn.records.get(first..step.records).unwrap_or_default();
            while let Some(answer) = answers.next_if(|answer| answer.at <= first) {
                self.answered(answer)?;
            }
            for record in records {
                checks::event(&self.ledger, record, step.forced)?;
                self.digest.record(record);
                self.ledger.read(record);
                self.note(record);
            }
            checks::step(&mut self.ledger, records, step.refused)?;
            first = step.records;
        }
        answers.try_for_each(|answer| self.answered(answer))?;
        for (to, except, notice) in &turn.notices {
            self.digest.notice(to, except.as_ref(), notice);
        }
        Ok(())
    }

    fn answered(&mut self, answer: &crate::node::Answered) -> Result<(), Violation> {
        self.digest.answer(answer.number, &answer.answer);
        let Some(command) = &answer.command else { return Ok(()) };
        checks::answered(&self.ledger, command, &answer.answer)
    }

    /// Remembers what people will still talk about when it is over.
    fn note(&mut self, record: &switchboard_routing::Record) {
        if let switchboard_routing::Event::ConversationOffered {
            conversation_id, agent_id, ..
        } = &record.event
        {
            let conversation = crate::ledger::number(conversation_id.as_str());
            let agent = crate::ledger::number(agent_id.as_str());
            if self.offered.len() >= 16 {
                self.offered.swap_remove(self.rng.index(16));
            }
            self.offered.push((conversation, agent, record.position));
        }
    }
}
