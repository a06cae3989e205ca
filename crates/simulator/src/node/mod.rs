//! The shell of one workspace in miniature: turns, commits, and taking up again what a log has.
//!
//! It does what the server's actor does, and keeps its promises: nothing is released before the
//! append that it depends on is safe, an append that failed or whose fate is unknown costs the
//! whole state, which is taken up again from the log. Only the socket is not there: what is
//! released is looked at by the checks.

mod beside;
mod limbo;
mod store;
mod turn;

use std::{collections::VecDeque, sync::Arc};

use switchboard_journal::{
    Append, Archive, Batch, Claim, Ended, Log, LogError, Memory, Stored, Writer,
};
use switchboard_routing::{
    Command, Conversation, Done, Input, Origin, Output, Record, Refusal, Snapshot, Timestamp,
    Workspace, WorkspaceId,
};

pub(crate) use limbo::is_as_it_was;
pub use store::{Fate, FaultyWriter};
pub use turn::{Answered, Ask, Asked, StepEnd, THE_OPEN_OFFER, Traced, Turn};
pub(crate) use turn::{What, is_forced};

use crate::checks::{self, Violation};

/// See the module.
#[derive(Debug)]
pub struct Node {
    id: WorkspaceId,
    memory: Arc<Memory>,
    core: Workspace,
    writer: FaultyWriter,
    /// What the turn that runs has done so far.
    turn: Turn,
    batch: Batch,
    /// Turns whose append is pending.
    held: VecDeque<Turn>,
    /// Turns of which nobody knows whether they were written.
    limbo: Vec<Turn>,
    /// The last event that was released.
    released: Option<Arc<Record>>,
    /// A snapshot is stored after so many events.
    snapshot_every: u64,
    explains: bool,
    outputs: Vec<Output>,
    /// Turns that are done with, for their buffers.
    spare: Vec<Turn>,
    /// Whether turns remember what they were asked.
    traces: bool,
    /// The naive oracle, where one runs beside the core.
    beside: Option<Box<beside::Beside>>,
}

/// How a turn ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was appended, or will be.
    Committed,
    /// The state had to be taken up again.
    TakenUp,
}

impl Node {
    /// Takes a workspace up that the store has.
    ///
    /// # Errors
    /// Where the store does not have it.
    pub fn new(
        id: WorkspaceId,
        memory: Arc<Memory>,
        snapshot_every: u64,
    ) -> Result<Self, LogError> {
        let claim = claim(&memory, &id)?;
        Ok(Self {
            core: claim.recovered.workspace,
            writer: FaultyWriter::new(claim.writer),
            id,
            memory,
            turn: Turn::default(),
            batch: Batch::default(),
            held: VecDeque::new(),
            limbo: Vec::new(),
            released: None,
            snapshot_every,
            explains: false,
            outputs: Vec::new(),
            spare: Vec::new(),
            traces: false,
            beside: None,
        })
    }

    /// Whether decisions are explained, from now on.
    pub fn explain(&mut self, explains: bool) {
        self.explains = explains;
        let core = std::mem::replace(&mut self.core, Workspace::new(0));
        self.core = core.explaining(explains);
    }

    /// Lets turns remember what they were asked, from now on.
    pub fn trace(&mut self) {
        self.traces = true;
    }

    /// Lets the naive oracle run beside the core. To be called before anything is asked.
    pub fn run_the_oracle(&mut self) {
        self.beside = Some(Box::default());
    }

    /// What was asked and is not released yet, in its order.
    pub fn take_trace(&mut self) -> Vec<Traced> {
        let unreleased = self.held.iter_mut().chain([&mut self.turn]);
        unreleased.flat_map(|turn| std::mem::take(&mut turn.trace)).collect()
    }

    /// The workspace as it is in memory: it may be ahead of the log.
    pub fn core(&self) -> &Workspace {
        &self.core
    }

    /// Whether everything that was done is safe.
    pub fn is_safe(&self) -> bool {
        self.held.is_empty()
    }

    /// A conversation that ended, as the turn that runs, what is being written, or the archive has
    /// it.
    fn ended(&self, id: &switchboard_routing::ConversationId) -> Option<Arc<Ended>> {
        let here = self.batch.ended.iter().rfind(|ended| ended.conversation.id == *id);
        let here = here.cloned().or_else(|| self.writer.ended(id));
        here.or_else(|| self.memory.find(&self.id, id).ok().flatten())
    }

    /// Does what is due, then what is asked, and commits it with this fate. What is released is
    /// given to `seen`.
    ///
    /// # Errors
    /// Where taking up breaks a promise.
    pub fn turn(
        &mut self,
        now: u64,
        asks: &mut Vec<Ask>,
        fate: Fate,
        seen: &mut Vec<Turn>,
    ) -> Result<Ending, Violation> {
        self.may_go_back(fate);
        self.tick(now);
        for ask in asks.drain(..) {
            self.ask(now, ask);
        }
        self.tick(now);
        self.agrees()?;
        self.commit(now, fate, seen)
    }

    fn tick(&mut self, now: u64) {
        if self.core.next_deadline().is_some_and(|(at, _)| at.0 <= now) {
            let _ = self.step(now, Input::new(Origin::ENGINE, Command::Tick));
        }
    }

    fn ask(&mut self, now: u64, ask: Ask) {
        let Ask { what, number, asked } = ask;
        let input = match what {
            What::Input(input) => input,
            What::Reopen(origin, session, id) => {
                let open = self.core.conversation(id.as_str()).cloned();
                let ended = || self.ended(&id).map(|ended| ended.conversation.clone());
                let Some(conversation) = open.or_else(ended) else { return };
                let conversation = Box::new(conversation);
                Input { origin, session, command: Command::ReopenConversation { conversation } }
            }
        };
        let is_judged = checks::judges_answer(&input.command);
        let command = is_judged.then(|| Box::new(input.command.clone()));
        let at = self.turn.records.len();
        let answer = self.step(now, input);
        self.turn.answers.push(Answered { number, asked, answer, command, at });
    }

    fn step(&mut self, now: u64, input: Input) -> Result<Done, Refusal> {
        if self.traces {
            self.turn.trace.push(turn::traced(now, &input, &self.core));
        }
        let forced = is_forced(&input.command);
        let beside = self.beside.is_some().then(|| input.clone());
        let mut outputs = std::mem::take(&mut self.outputs);
        let done = self.core.handle(Timestamp(now), input, &mut outputs);
        if let Some(input) = beside {
            self.follow(now, &input, &done, &outputs);
        }
        if outputs.is_empty() {
            self.outputs = outputs;
            return done;
        }
        for output in outputs.drain(..) {
            match output {
                Output::Event(record) => {
                    if let switchboard_routing::Event::ConversationReopened { conversation, .. } =
                        &record.event
                        && let Some(ended) = self.ended(&conversation.id)
                    {
                        self.batch.reopen(ended);
                    }
                    self.batch.events.push(record.clone());
                    self.turn.records.push(record);
                }
                Output::Notice { to, except, notice } => {
                    self.turn.notices.push((to, except, notice));
                }
                Output::Decided(decision) => {
                    self.turn.decisions.push((*decision).clone());
                    // The store in memory finds it by its conversation.
                    self.batch.decisions.push((0, Arc::new(*decision)));
                }
                Output::Ended(conversation) => self.batch.ended.push(archived(*conversation)),
            }
        }
        self.outputs = outputs;
        self.turn.steps.push(StepEnd {
            records: self.turn.records.len(),
            forced,
            refused: done.is_err(),
        });
        done
    }

    /// Writes what the turn did, and releases what depends on it once it is safe.
    fn commit(&mut self, now: u64, fate: Fate, seen: &mut Vec<Turn>) -> Result<Ending, Violation> {
        let spare = self.spare.pop().unwrap_or_default();
        let mut turn = std::mem::replace(&mut self.turn, spare);
        turn.now = now;
        turn.position = self.core.position();
        if self.batch.is_empty() {
            // What was read may still be undone: it waits for that.
            match self.held.back_mut() {
                Some(last) => last.take_answers(&mut turn),
                None => seen.push(turn),
            }
            return Ok(Ending::Committed);
        }
        if fate == Fate::Fenced {
            // Somebody else takes the workspace over.
            let _ = claim(&self.memory, &self.id);
        }
        self.writer.next = fate;
        let batch = std::mem::take(&mut self.batch);
        match self.writer.append(batch) {
            Append::Done => {
                self.release(turn, seen);
                self.snapshot_if_due();
                Ok(Ending::Committed)
            }
            Append::Pending => {
                turn.oracle = self.as_followed();
                self.held.push_back(turn);
                Ok(Ending::Committed)
            }
            Append::Fenced | Append::Failed(_) | Append::Unknown => {
                turn.oracle = self.as_followed();
                self.limbo.push(turn);
                self.take_up(now, seen)?;
                Ok(Ending::TakenUp)
            }
        }
    }

    fn release(&mut self, mut turn: Turn, seen: &mut Vec<Turn>) {
        self.is_safe_now(turn.oracle.take());
        if let Some(last) = turn.records.last() {
            self.released = Some(last.clone());
        }
        seen.push(turn);
    }

    /// The store says what became of the append that is pending longest.
    ///
    /// # Errors
    /// Where taking up breaks a promise.
    pub fn settle(
        &mut self,
        now: u64,
        fate: Fate,
        seen: &mut Vec<Turn>,
    ) -> Result<Ending, Violation> {
        match self.writer.settle(fate) {
            None => Ok(Ending::Committed),
            Some(Append::Done) => {
                if let Some(turn) = self.held.pop_front() {
                    self.release(turn, seen);
                }
                Ok(Ending::Committed)
            }
            Some(_) => {
                self.take_up(now, seen)?;
                Ok(Ending::TakenUp)
            }
        }
    }

    /// The process dies, in the middle of a turn where `asks` are given; of the appends that are
    /// pending the store has written so many. It is started again.
    ///
    /// # Errors
    /// Where something that was released is gone, or the state is not what the log says.
    pub fn crash(
        &mut self,
        now: u64,
        asks: &mut Vec<Ask>,
        written: usize,
        seen: &mut Vec<Turn>,
    ) -> Result<(), Violation> {
        let was = (asks.is_empty() && self.is_safe()).then(|| self.core.snapshot());
        self.may_go_back(Fate::Failed);
        for ask in asks.drain(..) {
            self.ask(now, ask);
        }
        self.agrees()?;
        self.writer.die(written);
        if let Some(was) = was {
            let mut again = self.claim()?.recovered.workspace;
            // Each claim writes under an epoch of its own.
            again.begin_epoch(self.core.epoch());
            is_as_it_was(&was, &again.snapshot())?;
        }
        self.take_up(now, seen)
    }

    fn claim(&self) -> Result<Claim, Violation> {
        claim(&self.memory, &self.id).map_err(|error| limbo::violation(error.to_string(), 0))
    }

    /// Drops the state, and takes it up again from the log.
    fn take_up(&mut self, now: u64, seen: &mut Vec<Turn>) -> Result<(), Violation> {
        let unfinished = std::mem::take(&mut self.turn);
        self.spare.push(unfinished.emptied());
        self.batch = Batch::default();
        self.limbo.splice(0..0, self.held.drain(..));
        let claim = self.claim()?;
        self.core = claim.recovered.workspace.explaining(self.explains);
        self.writer = FaultyWriter::new(claim.writer);
        self.nothing_released_is_lost()?;
        self.find_out(seen)?;
        self.go_back();
        if self.traces {
            self.turn.trace.push(Traced::TakenUp);
        }
        if self.core.position() > 0 {
            let _ = self.step(now, Input::new(Origin::ENGINE, Command::Recover));
        }
        self.agrees()?;
        self.commit(now, Fate::Done, seen).map(|_| ())
    }

    fn snapshot_if_due(&mut self) {
        if self.writer.since_snapshot() > self.snapshot_every {
            self.snapshot();
        }
    }

    /// Stores a snapshot, as at a drain.
    pub fn snapshot(&mut self) {
        let snapshot: Snapshot = self.core.snapshot();
        let dormant = self.core.is_dormant();
        let stored = Stored {
            snapshot,
            histories: Default::default(),
            figures: None,
            sessions: None,
            dormant,
        };
        // A snapshot that fails costs nothing: the log is intact.
        let _ = self.writer.snapshot(stored);
    }

    /// Gives a turn's buffers back.
    pub fn recycle(&mut self, turn: Turn) {
        self.spare.push(turn.emptied());
    }
}

fn claim(memory: &Memory, id: &WorkspaceId) -> Result<Claim, LogError> {
    memory.claim(id, Arc::new(|_, _| {}))
}

fn archived(conversation: Conversation) -> Arc<Ended> {
    Arc::new(Ended { conversation, details: None, history: Vec::new() })
}
