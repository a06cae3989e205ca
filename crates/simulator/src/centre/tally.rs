//! What is measured: waits, those who gave up, how long the line was and how busy the agents were,
//! in batches of equally many arrivals, after a warm-up.
//!
//! It reads the events alone, and keeps no view of its own of who could have taken whom. Only the
//! first wait of each conversation counts: from its arrival until somebody has it or it ends.

use switchboard_routing::{By, ConversationId, Event, Record, Timestamp};

use super::{Quantiles, Step, number_of, numbered::Numbered};

/// Equally many arrivals in a row, and the time from the first of them until the next batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// How many arrived.
    pub arrivals: u64,
    /// How many of them were not somebody's in the very step of their arrival.
    pub delayed: u64,
    /// How many gave up waiting.
    pub abandoned: u64,
    /// How many were rejected, or closed by somebody else while they waited.
    pub turned_away: u64,
    /// How many waited for longer than asked about.
    pub longer: u64,
    /// How long they waited in all, in milliseconds.
    pub waited_ms: u128,
    /// How long it lasted, in milliseconds.
    pub lasted_ms: u64,
    /// The length of the line, added up over its milliseconds.
    pub line_ms: u128,
    /// How many were being served, added up over its milliseconds.
    pub served_ms: u128,
}

impl Batch {
    /// So many of its arrivals, as a share.
    pub fn share(&self, many: u64) -> f64 {
        many as f64 / self.arrivals as f64
    }

    /// The mean wait of its arrivals, in milliseconds.
    pub fn mean_wait_ms(&self) -> f64 {
        self.waited_ms as f64 / self.arrivals as f64
    }

    /// The mean length of the line over its time.
    pub fn mean_line(&self) -> f64 {
        self.line_ms as f64 / self.lasted_ms as f64
    }

    /// How many were being served, on average over its time.
    pub fn mean_served(&self) -> f64 {
        self.served_ms as f64 / self.lasted_ms as f64
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Tally {
    warm_up: u64,
    size: u64,
    /// Waits longer than this are counted.
    longer_than_ms: u64,
    batches: Vec<Batch>,
    /// All waits of the batches.
    pub waits: Quantiles,
    /// Commands that were refused: see [`Step::outcome`].
    pub refused: u64,
    under_way: Numbered<Progress>,
    /// The batch whose time it is; none: not begun, or over.
    current: Option<usize>,
    counted_until: Timestamp,
    line: u64,
    served: u64,
}

#[derive(Clone, Copy, Debug)]
struct Progress {
    opened_at: Timestamp,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Opened just now.
    Arriving,
    /// It waits for the first time.
    Waiting,
    /// It waits again.
    WaitingAgain,
    /// An agent has it.
    Served,
}

impl Tally {
    /// After so many arrivals, so many batches of so many. For all of them to be whole, one more
    /// must arrive than that: see [`Tally::arrivals`].
    pub fn new(warm_up: u64, batches: usize, size: u64) -> Self {
        Self {
            warm_up,
            size: size.max(1),
            longer_than_ms: u64::MAX,
            batches: vec![Batch::default(); batches],
            waits: Quantiles::default(),
            refused: 0,
            under_way: Numbered::default(),
            current: None,
            counted_until: Timestamp::default(),
            line: 0,
            served: 0,
        }
    }

    /// Also counts those who wait for longer than this.
    #[must_use]
    pub fn longer_than(mut self, ms: u64) -> Self {
        self.longer_than_ms = ms;
        self
    }

    /// How many must arrive in all.
    pub fn arrivals(&self) -> u64 {
        self.warm_up + self.batches.len() as u64 * self.size + 1
    }

    /// What was measured.
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// Measures a step.
    pub fn observe(&mut self, step: &Step<'_>) {
        self.refused += u64::from(step.outcome.is_err());
        self.pass_time(step.at);
        for record in step.records() {
            self.learn(record);
        }
        // Known to the engine, and not added up here.
        self.line = step.workspace.queued() as u64;
    }

    /// What was so until now lasted until now.
    fn pass_time(&mut self, now: Timestamp) {
        let passed = now.since_ms(self.counted_until);
        self.counted_until = now;
        if let Some(batch) = self.current.and_then(|batch| self.batches.get_mut(batch)) {
            batch.lasted_ms += passed;
            batch.line_ms += u128::from(self.line) * u128::from(passed);
            batch.served_ms += u128::from(self.served) * u128::from(passed);
        }
    }

    fn learn(&mut self, record: &Record) {
        match &record.event {
            Event::ConversationOpened { conversation_id, .. } => {
                self.arrives(conversation_id, record.at);
            }
            Event::ConversationQueued { conversation_id, .. }
            | Event::ConversationOffered { conversation_id, .. } => self.waits(conversation_id),
            Event::ConversationAssigned { conversation_id, .. } => {
                self.moves(conversation_id, Stage::Served, record.at);
            }
            Event::ConversationTransferred { conversation_id, .. }
            | Event::ConversationRequeued { conversation_id, .. } => self.waits(conversation_id),
            Event::ConversationClosed { conversation_id, .. }
            | Event::ConversationRejected { conversation_id, .. } => {
                self.ends(conversation_id, record);
            }
            _ => {}
        }
    }

    fn arrives(&mut self, id: &ConversationId, at: Timestamp) {
        let Some(number) = number_of(id) else { return };
        self.under_way.put(number, Progress { opened_at: at, stage: Stage::Arriving });
        // Whoever is refused begins no batch: the next one does.
        if let Some(after) = number.checked_sub(self.warm_up) {
            self.current = usize::try_from(after / self.size).ok();
        }
        if let Some(batch) = self.batch_of(number) {
            batch.arrivals += 1;
        }
    }

    fn waits(&mut self, id: &ConversationId) {
        let Some(number) = number_of(id) else { return };
        let Some(progress) = self.under_way.at(number) else { return };
        match progress.stage {
            Stage::Arriving => {
                progress.stage = Stage::Waiting;
                if let Some(batch) = self.batch_of(number) {
                    batch.delayed += 1;
                }
            }
            Stage::Served => {
                progress.stage = Stage::WaitingAgain;
                self.served -= 1;
            }
            Stage::Waiting | Stage::WaitingAgain => {}
        }
    }

    fn moves(&mut self, id: &ConversationId, stage: Stage, at: Timestamp) {
        let Some(number) = number_of(id) else { return };
        let Some(progress) = self.under_way.at(number) else { return };
        let before = std::mem::replace(progress, Progress { stage, ..*progress });
        self.served += u64::from(before.stage != Stage::Served);
        self.first_wait_over(number, before, at);
    }

    fn ends(&mut self, id: &ConversationId, record: &Record) {
        let Some(number) = number_of(id) else { return };
        let Some(last) = self.under_way.remove(number) else { return };
        self.served -= u64::from(last.stage == Stage::Served);
        self.first_wait_over(number, last, record.at);
        let gave_up = matches!(record.event, Event::ConversationClosed { .. })
            && matches!(record.origin.by, By::Visitor | By::VisitorLeft);
        if let Some(batch) = self.batch_of(number).filter(|_| last.stage != Stage::Served) {
            batch.abandoned += u64::from(gave_up);
            batch.turned_away += u64::from(!gave_up);
        }
    }

    fn first_wait_over(&mut self, number: u64, before: Progress, at: Timestamp) {
        if !matches!(before.stage, Stage::Arriving | Stage::Waiting) {
            return;
        }
        let waited_ms = at.since_ms(before.opened_at);
        let longer_than_ms = self.longer_than_ms;
        let Some(batch) = self.batch_of(number) else { return };
        batch.waited_ms += u128::from(waited_ms);
        batch.longer += u64::from(waited_ms > longer_than_ms);
        self.waits.add(waited_ms);
    }

    fn batch_of(&mut self, number: u64) -> Option<&mut Batch> {
        let after = number.checked_sub(self.warm_up)?;
        self.batches.get_mut(usize::try_from(after / self.size).ok()?)
    }
}
