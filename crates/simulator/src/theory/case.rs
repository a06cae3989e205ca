//! A case that theory knows, carried out by the real engine.

use switchboard_routing::{DepartmentId, Policy, Refusal, Strategy, Timestamp};

use super::{Interval, Offered, erlang_a, erlang_c};
use crate::{
    Rng,
    centre::{Arrival, Batch, Centre, Floor, Room, Tally, Traffic},
};

/// So many of the core's milliseconds make a mean service: with a thousand servers it is still a
/// million from one arrival to the next, and rounding to whole ones is not to be seen.
const TICKS_PER_SERVICE: f64 = 1e9;
/// With which probability an interval contains what it is for.
const CONFIDENCE: f64 = 0.9999;
/// Enough for the quantile of t to be near the normal one, few enough for each to be long.
const BATCHES: usize = 32;

/// A contact centre whose agents are all alike. Rates are in any unit of time, the same for all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    /// How many arrive in a unit of time.
    pub arrivals: f64,
    /// How many conversations of each of an agent's places end in a unit of time.
    pub service: f64,
    /// How many of those who wait give up in a unit of time; none: nobody ever does.
    pub impatience: Option<f64>,
    /// How many agents there are.
    pub agents: u32,
    /// For how many at once each has room.
    pub capacity: u32,
    /// Over how many departments those who arrive are spread; every agent is a member of all.
    pub departments: u32,
    /// Who is taken first.
    pub strategy: Strategy,
    /// Waits for longer than this are counted too.
    pub longer_than: Option<f64>,
}

/// How much of it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// So many arrive before anything is measured.
    pub warm_up: u64,
    /// How many batches follow.
    pub batches: usize,
    /// How many arrive in each.
    pub size: u64,
}

impl Length {
    /// So many arrivals in 32 batches, after a twentieth as many that warm up.
    pub fn of(arrivals: u64) -> Self {
        let size = (arrivals / BATCHES as u64).max(1);
        Self { warm_up: arrivals / 20, batches: BATCHES, size }
    }
}

/// What is measured, and known to theory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// P(wait): the share that is not with an agent at once.
    Delayed,
    /// E\[W]: the mean wait, of all.
    MeanWait,
    /// Lq: how many wait, on average over time.
    Line,
    /// P(W > t): the share that waits for longer than asked about.
    Longer,
    /// P(abandon): the share that gives up.
    Abandoned,
    /// How much of the agents' room is taken, on average over time.
    Utilisation,
}

/// A measured figure, and the same from theory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Which one.
    pub what: What,
    /// What was measured. Times are in the unit of the case.
    pub simulated: Interval,
    /// What theory says; none: it says nothing.
    pub theory: Option<f64>,
}

impl Figure {
    /// Whether what was measured contradicts theory.
    pub fn contradicts(&self) -> bool {
        self.theory.is_some_and(|theory| !self.simulated.contains(theory))
    }
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// What theory may know too.
    pub figures: Vec<Figure>,
    /// How long 50, 90 and 99 % waited at most, in the unit of the case.
    pub quantiles: [f64; 3],
    /// How many were refused: the line was at its longest.
    pub refused: u64,
}

impl Case {
    /// How many can be served at once, at what load.
    pub fn offered(&self) -> Offered {
        let servers = self.agents.saturating_mul(self.capacity);
        Offered { arrivals: self.arrivals, service: self.service, servers }
    }

    /// Runs it.
    ///
    /// # Errors
    /// Where the engine refuses to make its departments or agents.
    pub fn run(&self, length: Length, seed: u64) -> Result<Measured, Refusal> {
        let ticks = TICKS_PER_SERVICE * self.service;
        let mut tally = Tally::new(length.warm_up, length.batches, length.size);
        if let Some(wait) = self.longer_than {
            tally = tally.longer_than((wait * ticks) as u64);
        }
        let visitors = Poisson::new(self, ticks, seed, tally.arrivals());
        // To the end: who still waits when nobody comes any more is served as if they did.
        Centre::new(self.floor().open(Timestamp(0))?, visitors).run(|step| tally.observe(step));
        Ok(self.measured(&tally, ticks))
    }

    fn floor(&self) -> Floor {
        // Everybody comes once: nobody is to be remembered.
        let policy = Policy { strategy: self.strategy, sticky_ms: 0, ..Policy::default() };
        let mut floor = Floor::alike(self.agents, self.capacity, policy.clone());
        let rooms = (0..self.departments)
            .map(|number| Room { id: department(number), policy: policy.clone() });
        floor.rooms = rooms.collect();
        let ids: Vec<_> = floor.rooms.iter().map(|room| room.id.clone()).collect();
        floor.desks.iter_mut().for_each(|desk| desk.department_ids = ids.clone());
        floor
    }

    fn measured(&self, tally: &Tally, ticks: f64) -> Measured {
        let over = |read: &dyn Fn(&Batch) -> f64| {
            let means: Vec<f64> = tally.batches().iter().map(read).collect();
            Interval::of(&means, CONFIDENCE)
        };
        let room = f64::from(self.offered().servers);
        let figure = |what| {
            let simulated = match what {
                What::Delayed => over(&|batch| batch.share(batch.delayed)),
                What::MeanWait => over(&|batch| batch.mean_wait_ms() / ticks),
                What::Line => over(&|batch| batch.mean_line()),
                What::Longer => over(&|batch| batch.share(batch.longer)),
                What::Abandoned => over(&|batch| batch.share(batch.abandoned)),
                What::Utilisation => over(&|batch| batch.mean_served() / room),
            };
            Figure { what, simulated, theory: self.theory(what) }
        };
        let quantile = |share| tally.waits.at(share).unwrap_or_default() as f64 / ticks;
        Measured {
            figures: self.asked().map(figure).collect(),
            quantiles: [0.5, 0.9, 0.99].map(quantile),
            refused: tally.refused,
        }
    }

    /// What is worth measuring.
    fn asked(&self) -> impl Iterator<Item = What> {
        let longer = self.longer_than.map(|_| What::Longer);
        let abandoned = self.impatience.map(|_| What::Abandoned);
        let always = [What::Delayed, What::MeanWait, What::Line, What::Utilisation];
        always.into_iter().chain(longer).chain(abandoned)
    }

    /// What theory says of it; none: nothing.
    pub fn theory(&self, what: What) -> Option<f64> {
        match self.impatience {
            Some(impatience) => {
                let theory = erlang_a(self.offered(), impatience);
                match what {
                    What::Delayed => Some(theory.delayed),
                    What::MeanWait => Some(theory.mean_wait),
                    What::Line => Some(theory.line),
                    What::Abandoned => Some(theory.abandoned),
                    What::Utilisation => Some(theory.utilisation),
                    What::Longer => None,
                }
            }
            None => {
                let theory = erlang_c(self.offered())?;
                match what {
                    What::Delayed => Some(theory.delayed),
                    What::MeanWait => Some(theory.mean_wait),
                    What::Line => Some(theory.line),
                    What::Longer => self.longer_than.map(|wait| theory.longer_than(wait)),
                    What::Utilisation => Some(theory.utilisation),
                    What::Abandoned => None,
                }
            }
        }
    }
}

fn department(number: u32) -> DepartmentId {
    format!("d{number}").into()
}

/// Strangers who come as if by chance, each with a stream of chance for what it does: what one of
/// them is changed in does not change the others.
struct Poisson {
    arrivals: Rng,
    services: Rng,
    patiences: Rng,
    choices: Rng,
    departments: Vec<DepartmentId>,
    /// The means, in the core's milliseconds.
    between: f64,
    patience: Option<f64>,
    at: u64,
    /// How many come yet.
    left: u64,
}

impl Poisson {
    fn new(case: &Case, ticks: f64, seed: u64, left: u64) -> Self {
        let [arrivals, services, patiences, choices] =
            [0, 1, 2, 3].map(|part| Rng::stream(seed, part));
        Self {
            arrivals,
            services,
            patiences,
            choices,
            departments: (0..case.departments).map(department).collect(),
            between: ticks / case.arrivals,
            patience: case.impatience.map(|impatience| ticks / impatience),
            at: 0,
            left,
        }
    }
}

/// A time, in whole ticks; a cast saturates.
fn drawn(rng: &mut Rng, mean: f64) -> u64 {
    (rng.exponential(1.0) * mean).round() as u64
}

impl Traffic for Poisson {
    fn arrival(&mut self) -> Option<Arrival> {
        self.left = self.left.checked_sub(1)?;
        self.at = self.at.saturating_add(drawn(&mut self.arrivals, self.between));
        let service_ms = drawn(&mut self.services, TICKS_PER_SERVICE);
        let patience_ms = self.patience.map(|mean| drawn(&mut self.patiences, mean));
        let department_id = self.choices.pick(&self.departments).cloned();
        let stranger = Arrival::new(Timestamp(self.at), service_ms);
        Some(Arrival { department_id, patience_ms, ..stranger })
    }
}
