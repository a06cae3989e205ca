//! One workspace of a world: turn after turn people ask, things go wrong, time passes, and what
//! comes of it is judged.

use std::sync::Arc;

use switchboard_journal::{LogError, Memory};
use switchboard_routing::{Command, DeadlineKind, Input, Origin, SessionId, Status, WorkspaceId};

use super::{Plan, devices::Devices, names::Names};
use crate::{
    Rng,
    checks::{self, Violation},
    digest::Digest,
    ledger::{AGENTS, Ledger},
    node::{Ask, Asked, Fate, Node, Traced, Turn, What},
    races::Races,
    swarm::{Fault, Kind, Swarm},
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
    asked: u64,
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

    /// What goes wrong in this turn.
    fn fault(&mut self) -> Option<Fault> {
        let lots = self.lots();
        let mut lot = self.rng.below(lots) as u32;
        for (fault, often) in &self.swarm.faults {
            if lot < *often {
                return Some(*fault);
            }
            lot -= often;
        }
        None
    }

    /// A fault hits so many turns of so many. It is worth most where something is under way.
    fn lots(&self) -> u64 {
        if !self.node.is_safe() {
            return 10_000;
        }
        let agents = || self.ledger.active_agents().map(|(_, agent)| agent);
        match () {
            () if agents().any(|agent| agent.held > 0 && !agent.is_present()) => 5_000,
            () if agents().any(|agent| agent.offers > 0) => 25_000,
            () => 50_000,
        }
    }

    /// Somebody comes back just when time is up.
    fn just_in_time(&mut self) {
        let due = self.node.core().next_deadline().filter(|(at, _)| at.0 <= self.now);
        match due.map(|(_, kind)| kind) {
            Some(DeadlineKind::AgentLost) => {
                let lost = |a: &crate::ledger::Agent| a.held > 0 && !a.is_present();
                let lost = self.ledger.active_agents().find(|(_, agent)| lost(agent));
                self.focus.agent = lost.map(|(number, _)| number);
                self.presence(Kind::Resume);
            }
            Some(DeadlineKind::VisitorLeft) => self.presence(Kind::Return),
            _ => {}
        }
    }

    /// Time passes: not at all, a little, or just until something is due.
    fn pass(&mut self) {
        let due = self.node.core().next_deadline().map(|(at, _)| at.0);
        self.now = match (self.rng.below(16), due) {
            (0..=5, _) => self.now,
            (6..=11, _) => self.now + 1 + self.rng.below(20),
            (12, _) | (_, None) => self.now + self.rng.below(1_000),
            (13, Some(due)) => self.now.max(due.saturating_sub(1)),
            (14, Some(due)) => self.now.max(due + self.rng.below(3)),
            (_, Some(due)) => self.now.max(due),
        };
        if self.swarm.faults.iter().any(|(f, _)| *f == Fault::ClockJump)
            && self.rng.below(2_000) == 0
        {
            let by = 1 + self.rng.below(7_200_000);
            let back = self.rng.permille(700);
            self.now = if back { self.now.saturating_sub(by).max(1) } else { self.now + by };
        }
    }

    /// Asks something.
    pub(super) fn ask(&mut self, asked: Asked, origin: Origin, command: Command) {
        self.put(asked, What::Input(Input::new(origin, command)));
    }

    /// The same, as one of somebody's sessions.
    pub(super) fn ask_from(
        &mut self,
        asked: Asked,
        origin: Origin,
        session: Option<SessionId>,
        command: Command,
    ) {
        self.put(asked, What::Input(Input { origin, session, command }));
    }

    pub(super) fn put(&mut self, asked: Asked, what: What) {
        self.asked += 1;
        if asked.conversation.is_some() {
            self.focus.conversation = asked.conversation;
        }
        if asked.agent.is_some() {
            self.focus.agent = asked.agent;
        }
        self.asks.push(Ask { what, number: self.asked, asked });
    }

    fn choose(&mut self) {
        let suspended = self.ledger.config.status == Status::Suspended;
        if suspended && self.rng.permille(300) {
            // Nothing else gets it going again.
            return self.administer(Kind::Configure);
        }
        let Some(kind) = self.rng.pick(&self.swarm.kinds).copied() else { return };
        let crowded = self.ledger.open.len() >= self.swarm.open;
        let kind = match kind {
            Kind::Open if crowded => Kind::Close,
            Kind::Open | Kind::Close if self.rng.permille(100) => self.wanted().unwrap_or(kind),
            kind => kind,
        };
        match kind {
            Kind::Open
            | Kind::OpenAgain
            | Kind::Close
            | Kind::Accept
            | Kind::Decline
            | Kind::Claim
            | Kind::Assign
            | Kind::Transfer
            | Kind::Reopen
            | Kind::Forget => self.deed(kind),
            Kind::Online
            | Kind::Away
            | Kind::Connect
            | Kind::Lose
            | Kind::Resume
            | Kind::LateClose
            | Kind::End
            | Kind::Hold
            | Kind::Activity
            | Kind::Arrive
            | Kind::Leave
            | Kind::Return => self.presence(kind),
            _ => self.administer(kind),
        }
    }

    /// An agent, mostly one who is there; the one the turn is about now and then.
    pub(super) fn some_agent(&mut self) -> Option<usize> {
        if let Some(agent) = self.focus.agent.filter(|_| self.rng.permille(400)) {
            return Some(agent);
        }
        let most = self.agents.min(AGENTS);
        for _ in 0..4 {
            let number = self.rng.index(most);
            if self.ledger.agent(number).is_some() {
                return Some(number);
            }
        }
        (most > 0).then(|| self.rng.index(most))
    }

    /// What the workspace cannot do without, where it is without it.
    fn wanted(&self) -> Option<Kind> {
        if !self.swarm.tended {
            return None;
        }
        if self.ledger.existing_departments().next().is_none() {
            return Some(Kind::Create);
        }
        if !self.ledger.existing_departments().any(|(_, department)| department.open) {
            return Some(Kind::Hours);
        }
        let members = || self.ledger.active_agents().filter(|(_, agent)| agent.departments != 0);
        let (mut some, mut online) = (false, false);
        for (_, agent) in members() {
            if agent.is_reachable() {
                return None;
            }
            some = true;
            online |= agent.online;
        }
        Some(match (some, online) {
            (false, _) => Kind::Hire,
            (true, false) => Kind::Online,
            (true, true) => Kind::Connect,
        })
    }

    /// An agent of a department, mostly one who could take something; now and then anybody.
    pub(super) fn some_member(&mut self, department: usize) -> Option<usize> {
        if self.rng.permille(150) {
            return self.some_agent();
        }
        let members = self.ledger.department(department).map_or(0, |room| room.joined.len());
        for _ in 0..5 {
            let at = self.rng.index(members);
            let Some(room) = self.ledger.department(department) else { break };
            let Some(number) = room.joined.get(at).copied().flatten() else { continue };
            let able = |a: &crate::ledger::Agent| a.is_reachable() && a.load < a.capacity;
            if self.ledger.agent(number).is_some_and(able) {
                return Some(number);
            }
        }
        self.some_agent()
    }

    /// A department, mostly one that exists; now and then one of the agent that the turn is about.
    pub(super) fn some_department(&mut self) -> usize {
        let own = self.focus.agent.and_then(|agent| self.ledger.agent(agent));
        let own = own.map_or(0, |agent| agent.departments);
        if own != 0 && self.rng.permille(500) {
            return own.trailing_zeros() as usize;
        }
        for _ in 0..3 {
            let number = self.rng.index(self.departments);
            if self.ledger.department(number).is_some() {
                return number;
            }
        }
        self.rng.index(self.departments)
    }
}

fn fate(fault: Option<Fault>) -> Fate {
    match fault {
        Some(Fault::Failed) => Fate::Failed,
        Some(Fault::UnknownWritten) => Fate::UnknownWritten,
        Some(Fault::UnknownLost) => Fate::UnknownLost,
        Some(Fault::Slow) => Fate::Pending,
        Some(Fault::Fenced) => Fate::Fenced,
        _ => Fate::Done,
    }
}
