//! The reference table: cases for which theory was computed elsewhere, and checked there against
//! the solved equations of the birth and death process.

use switchboard_routing::Strategy;

use super::{Case, Offered};

/// A case of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// λ.
    pub arrivals: f64,
    /// μ.
    pub service: f64,
    /// θ; none: they never give up.
    pub impatience: Option<f64>,
    /// n.
    pub servers: u32,
}

/// Those who wait for as long as it takes.
pub const PATIENT: [Row; 11] = [
    patient(0.5, 1.0, 1),
    patient(0.9, 1.0, 1),
    patient(1.0, 1.0, 2),
    patient(2.0, 1.0, 3),
    patient(4.0, 1.0, 5),
    patient(8.0, 1.0, 10),
    patient(9.0, 1.0, 10),
    patient(18.0, 1.0, 20),
    patient(2.5, 0.1, 30),
    patient(95.0, 1.0, 100),
    patient(990.0, 1.0, 1_000),
];

/// Those who give up.
pub const IMPATIENT: [Row; 10] = [
    impatient(1.0, 1.0, 1.0, 1),
    impatient(10.0, 1.0, 1.0, 10),
    impatient(10.0, 1.0, 1.0, 12),
    impatient(8.0, 1.0, 0.2, 10),
    impatient(6.0, 1.0 / 6.0, 1.0 / 3.0, 30),
    impatient(6.0, 1.0 / 6.0, 1.0 / 3.0, 40),
    impatient(48.0, 1.0, 0.5, 45),
    impatient(100.0, 1.0, 0.5, 95),
    impatient(100.0, 1.0, 0.5, 100),
    impatient(100.0, 1.0, 0.1, 105),
];

/// P(wait), E\[W], Lq and P(W > 0.2/μ) of [`PATIENT`].
#[cfg(test)]
pub(super) const PATIENT_EXPECTED: [[f64; 4]; 11] = [
    [0.500000, 1.000000, 0.50000, 0.452419],
    [0.900000, 9.000000, 8.10000, 0.882179],
    [0.333333, 0.333333, 0.33333, 0.272910],
    [0.444444, 0.444444, 0.88889, 0.363880],
    [0.554113, 0.554113, 2.21645, 0.453669],
    [0.409180, 0.204590, 1.63672, 0.274282],
    [0.668732, 0.668732, 6.01858, 0.547511],
    [0.550769, 0.275385, 4.95692, 0.369192],
    [0.249893, 0.499786, 1.24947, 0.091931],
    [0.506457, 0.101291, 9.62268, 0.186315],
    [0.659080, 0.065908, 65.24896, 0.089197],
];

/// P(wait), P(abandon), E\[W], Lq and utilisation of [`IMPATIENT`].
#[cfg(test)]
pub(super) const IMPATIENT_EXPECTED: [[f64; 5]; 10] = [
    [0.632121, 0.367879, 0.367879, 0.36788, 0.63212],
    [0.542070, 0.125110, 0.125110, 1.25110, 0.87489],
    [0.303224, 0.053092, 0.053092, 0.53092, 0.78909],
    [0.354920, 0.022960, 0.114799, 0.91840, 0.78163],
    [0.757505, 0.188885, 0.566654, 3.39993, 0.97334],
    [0.234270, 0.033477, 0.100431, 0.60259, 0.86987],
    [0.786867, 0.083602, 0.167205, 8.02584, 0.97749],
    [0.807124, 0.062711, 0.125422, 12.54217, 0.98662],
    [0.596703, 0.033030, 0.066060, 6.60603, 0.96697],
    [0.456527, 0.006110, 0.061100, 6.11002, 0.94656],
];

/// How much room each agent has, where it has room for several: the largest of these that divides
/// the servers.
const ROOMS: [u32; 3] = [5, 3, 2];
/// Where the load is above this, see [`Row::remembers_long`].
const LONG_MEMORY: f64 = 0.985;

const fn patient(arrivals: f64, service: f64, servers: u32) -> Row {
    Row { arrivals, service, impatience: None, servers }
}

const fn impatient(arrivals: f64, service: f64, impatience: f64, servers: u32) -> Row {
    Row { arrivals, service, impatience: Some(impatience), servers }
}

impl Row {
    /// What theory is told of it.
    pub fn offered(&self) -> Offered {
        let Self { arrivals, service, servers, .. } = *self;
        Offered { arrivals, service, servers }
    }

    /// With this strategy, by agents with room for one each.
    pub fn case(&self, strategy: Strategy) -> Case {
        Case {
            arrivals: self.arrivals,
            service: self.service,
            impatience: self.impatience,
            agents: self.servers,
            capacity: 1,
            departments: 1,
            strategy,
            longer_than: self.impatience.is_none().then_some(0.2 / self.service),
        }
    }

    /// The same by fewer agents with room for several, where the servers can be so divided.
    pub fn roomy_case(&self, strategy: Strategy) -> Option<Case> {
        let room = ROOMS.into_iter().find(|room| self.servers.is_multiple_of(*room))?;
        let agents = self.servers / room;
        Some(Case { agents, capacity: room, ..self.case(strategy) })
    }

    /// Whether its queue remembers for so long that a run of the usual length says nothing: near a
    /// load of one, a batch has to be many times as long as n/(1 - ρ)² services are apart.
    pub fn remembers_long(&self) -> bool {
        self.impatience.is_none() && self.offered().load_per_server() > LONG_MEMORY
    }
}

/// Every row but those with a long memory, with every strategy; and, with one of them in turn, by
/// agents who have room for several.
pub fn cases() -> impl Iterator<Item = Case> {
    let rows = PATIENT.iter().chain(&IMPATIENT).filter(|row| !row.remembers_long());
    rows.zip(STRATEGIES.into_iter().cycle()).flat_map(|(row, in_turn)| {
        let plain = STRATEGIES.map(|strategy| Some(row.case(strategy)));
        plain.into_iter().chain([row.roomy_case(in_turn)]).flatten()
    })
}

/// All that there are.
pub const STRATEGIES: [Strategy; 3] =
    [Strategy::LeastBusy, Strategy::RoundRobin, Strategy::LongestIdle];
