//! A world: workspaces on one store, the people who use them, and what goes wrong.
//!
//! Everything in it follows from its seed. Each workspace draws from a stream of its own, so that
//! what happens in one is the same with and without the others.

mod admin;
mod chance;
mod choice;
mod deeds;
mod devices;
mod invites;
mod names;
mod settle;
mod tenant;

use std::sync::Arc;

use switchboard_journal::{Directory, Entry, Memory};
use switchboard_routing::WorkspaceId;

pub use tenant::Tenant;

use crate::{checks::Violation, races::Races, swarm::Swarm};

/// How many of a workspace's last events the store keeps for reading: those of all turns that can be
/// pending, and more.
const REREAD: usize = 4_096;
/// How much of a workspace's ended conversations the store keeps.
const KEPT: usize = 256;

/// What found it, where it was the engine itself.
pub const ASSERTED: &str = "the core's own assertion";

/// What a world is to be.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Everything is drawn from it.
    pub seed: u64,
    /// So many events, then the faults stop and everything must settle. Twice as many turns
    /// are enough too: in some worlds little happens.
    pub events: u64,
    /// How many workspaces.
    pub workspaces: u64,
    /// Whether the naive oracle runs beside each of them.
    pub oracle: bool,
    /// Whether what was asked is remembered.
    pub trace: bool,
}

impl Plan {
    /// A world of one workspace.
    pub fn new(seed: u64, events: u64) -> Self {
        Self { seed, events, workspaces: 1, oracle: false, trace: false }
    }
}

/// What became of a world.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many events there were, in all its workspaces.
    pub events: u64,
    /// How many things were asked.
    pub asks: u64,
    /// A digest of everything that happened and was said, for each workspace.
    pub digests: Vec<u64>,
    /// Which races were reached, how often.
    pub races: Races,
    /// The promise that was broken, and in which workspace.
    pub violation: Option<(usize, Violation)>,
    /// What the workspace that broke it was asked, where that is remembered.
    pub trace: Vec<crate::node::Traced>,
}

/// Runs a world to its end, or to the first promise that is broken.
pub fn run(plan: &Plan) -> Outcome {
    let mut world = World::new(plan);
    world.run();
    world.outcome()
}

/// A world that can be asked what became of it, also where the engine's own assertions ended it.
#[derive(Debug, Default)]
pub struct World {
    tenants: Vec<Tenant>,
    /// So many events of each workspace.
    share: u64,
    /// The workspace whose turn it is.
    turn: usize,
    violation: Option<(usize, Violation)>,
}

impl World {
    /// A world in which nothing has happened yet.
    pub fn new(plan: &Plan) -> Self {
        let memory = Arc::new(Memory::keeping(REREAD, KEPT));
        let share = plan.events / plan.workspaces.max(1);
        let mut world = Self { share, ..Self::default() };
        for number in 0..plan.workspaces {
            match open(plan, number, &memory) {
                Ok(tenant) => world.tenants.push(tenant),
                Err(violation) => world.violation = Some((number as usize, violation)),
            }
        }
        world
    }

    /// Runs it to its end, or to the first promise that is broken.
    pub fn run(&mut self) {
        let mut running = true;
        while running && self.violation.is_none() {
            running = false;
            for (number, tenant) in self.tenants.iter_mut().enumerate() {
                self.turn = number;
                if tenant.events() < self.share && tenant.turns() < 2 * self.share {
                    running = true;
                    self.violation = tenant.turn().err().map(|violation| (number, violation));
                }
                if self.violation.is_some() {
                    break;
                }
            }
        }
        for (number, tenant) in self.tenants.iter_mut().enumerate() {
            self.turn = number;
            if self.violation.is_none() {
                self.violation = tenant.settle().err().map(|violation| (number, violation));
            }
        }
    }

    /// The engine's own assertions ended the turn that ran: that is a promise as well.
    pub fn panicked(&mut self, what: String) {
        let position = self.tenants.get(self.turn).map_or(0, Tenant::events);
        self.violation = Some((self.turn, Violation { check: ASSERTED, what, position }));
    }

    /// What became of it.
    pub fn outcome(mut self) -> Outcome {
        let mut outcome = Outcome::default();
        for tenant in &self.tenants {
            outcome.events += tenant.events();
            outcome.asks += tenant.asks();
            outcome.digests.push(tenant.digest());
            outcome.races.add(tenant.races());
        }
        if let Some((number, _)) = &self.violation {
            outcome.trace =
                self.tenants.get_mut(*number).map(Tenant::take_trace).unwrap_or_default();
        }
        outcome.violation = self.violation;
        outcome
    }
}

fn open(plan: &Plan, number: u64, memory: &Arc<Memory>) -> Result<Tenant, Violation> {
    let id = WorkspaceId::from(format!("w{number}"));
    let entry = Entry::new(id.clone(), String::new(), [0; 32]);
    let failed = |what: String| Violation { check: "the store", what, position: 0 };
    memory.create(entry).map_err(|error| failed(error.to_string()))?;
    let mut rng = crate::Rng::stream(plan.seed, number);
    let swarm = Swarm::draw(&mut rng);
    Tenant::new(id, memory.clone(), swarm, rng, plan).map_err(|error| failed(error.to_string()))
}
