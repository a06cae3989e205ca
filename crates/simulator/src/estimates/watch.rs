//! What is asked, and what came of it.

use std::collections::BTreeMap;

use switchboard_routing::{
    Conversation, ConversationId, Eta, Event, State, Timestamp, Whereabouts,
};

use super::Sample;
use crate::{
    Rng,
    centre::{Step, number_of},
};

/// Asks for estimates as the server does, and waits for what comes.
#[derive(Debug)]
pub struct Watch {
    eta: Eta,
    whereabouts: BTreeMap<u64, Whereabouts>,
    /// What those who wait were told, and when.
    told: BTreeMap<u64, Vec<Told>>,
    /// Those who wait for as long as it takes.
    rng: Rng,
    /// Of whoever was told something at its arrival.
    pub at_arrival: Vec<Sample>,
    /// Of those who had waited already.
    pub later: Vec<Sample>,
    /// How often there was nothing to tell.
    pub nulls: u64,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    at: Timestamp,
    arriving: bool,
    position: u64,
    predicted_ms: u64,
}

impl Watch {
    /// Nobody has been asked; whom to ask again is drawn from the seed.
    pub fn new(seed: u64) -> Self {
        Self {
            eta: Eta::default(),
            whereabouts: BTreeMap::new(),
            told: BTreeMap::new(),
            rng: Rng::new(seed),
            at_arrival: Vec::new(),
            later: Vec::new(),
            nulls: 0,
        }
    }

    /// Sees a step. Of those who arrive only those are asked of whom this says so.
    pub fn observe(&mut self, step: &Step<'_>, patient: impl Fn(u64) -> bool) {
        let mut arrived = None;
        for record in step.records() {
            let number = record.event.subject().and_then(number_of);
            let before = number.map_or(Whereabouts::Nowhere, |number| {
                match Whereabouts::after(record) {
                    Whereabouts::Nowhere => self.whereabouts.remove(&number),
                    now => self.whereabouts.insert(number, now),
                }
                .unwrap_or(Whereabouts::Nowhere)
            });
            self.eta.observe(record, &before, step.workspace);
            match &record.event {
                Event::ConversationQueued { .. } => arrived = number.filter(|n| patient(*n)),
                Event::ConversationAssigned { .. } => self.came_true(number, record.at),
                Event::ConversationClosed { .. } | Event::ConversationRejected { .. } => {
                    number.map(|number| self.told.remove(&number));
                }
                _ => {}
            }
        }
        if let Some(arrived) = arrived {
            let index = self.rng.index(self.told.len());
            let again = self.told.keys().nth(index).copied();
            again.into_iter().for_each(|again| self.ask(again, false, step));
            self.ask(arrived, true, step);
        }
    }

    fn ask(&mut self, number: u64, arriving: bool, step: &Step<'_>) {
        let id = ConversationId::from(format!("c{number}"));
        let core = step.workspace;
        let waiting = core.conversation(id.as_str()).filter(|c| c.state == State::Queued);
        let Some((waiting, position)) =
            waiting.and_then(|c: &Conversation| Some((c, core.queue_position(c)?)))
        else {
            return;
        };
        let department = core.department(waiting.department_id.as_str());
        let estimate = department.and_then(|d| self.eta.estimate(core, d, step.at));
        let told = self.told.entry(number).or_default();
        match estimate {
            Some(estimate) => {
                let predicted_ms = estimate.at(position);
                told.push(Told { at: step.at, arriving, position, predicted_ms });
            }
            None => self.nulls += 1,
        }
    }

    fn came_true(&mut self, number: Option<u64>, at: Timestamp) {
        for told in number.and_then(|number| self.told.remove(&number)).unwrap_or_default() {
            let Told { position, predicted_ms, .. } = told;
            let sample = Sample { position, predicted_ms, actual_ms: at.since_ms(told.at) };
            if told.arriving { self.at_arrival.push(sample) } else { self.later.push(sample) }
        }
    }
}
