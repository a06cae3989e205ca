//! The formulas of Erlang and of Palm: pure, stable for thousands of servers.
//!
//! Erlang B by its recursion in the number of servers, B₀ = 1, Bₖ = A·Bₖ₋₁ / (k + A·Bₖ₋₁), in which
//! nothing is subtracted and nothing grows; Erlang C from it. Sources: R. B. Cooper, "Introduction
//! to Queueing Theory", 2nd ed. 1981, chapter 3; the documentation of the `queueing` package for
//! Octave. Erlang A (Palm's M/M/n+M): A. Mandelbaum and S. Zeltyn, "The Palm/Erlang-A Queue, with
//! Applications to Call Centers", 2005.

/// What comes in, and what there is to take it. Any unit of time, the same for all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offered {
    /// λ: how many arrive in a unit of time.
    pub arrivals: f64,
    /// μ: how many one server serves in a unit of time, while it has somebody.
    pub service: f64,
    /// n: how many can be served at once.
    pub servers: u32,
}

impl Offered {
    /// A = λ/μ: how many servers would be busy on average, were there enough.
    pub fn load(self) -> f64 {
        self.arrivals / self.service
    }

    /// ρ = A/n.
    pub fn load_per_server(self) -> f64 {
        self.load() / f64::from(self.servers)
    }
}

/// What comes of it where everybody waits for as long as it takes (M/M/n).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangC {
    /// The share that is not served at once.
    pub delayed: f64,
    /// The mean wait of all, those who do not wait included.
    pub mean_wait: f64,
    /// How many wait, on average over time.
    pub line: f64,
    /// How much of the servers' time is spent serving.
    pub utilisation: f64,
    /// How fast a wait ends that lasts still: nμ - λ.
    ending: f64,
}

impl ErlangC {
    /// The share that waits for longer than this.
    pub fn longer_than(&self, wait: f64) -> f64 {
        self.delayed * (-self.ending * wait).exp()
    }
}

/// What comes of it where who waits gives up (M/M/n+M).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErlangA {
    /// The share that is not served at once.
    pub delayed: f64,
    /// The share that gives up.
    pub abandoned: f64,
    /// The mean wait of all: of those who do not wait, of those who give up, and of the others.
    pub mean_wait: f64,
    /// How many wait, on average over time.
    pub line: f64,
    /// How much of the servers' time is spent serving.
    pub utilisation: f64,
}

/// The share that is turned away where nobody may wait (M/M/n/n), at a load of A = λ/μ.
pub fn erlang_b(load: f64, servers: u32) -> f64 {
    (1..=servers).fold(1.0, |blocked, servers| {
        let more = load * blocked;
        more / (f64::from(servers) + more)
    })
}

/// None where more comes than can be served: the line grows without end.
pub fn erlang_c(offered: Offered) -> Option<ErlangC> {
    let (load, servers) = (offered.load(), f64::from(offered.servers));
    let ending = servers * offered.service - offered.arrivals;
    if ending.is_nan() || ending <= 0.0 {
        return None;
    }
    let blocked = erlang_b(load, offered.servers);
    let delayed = servers * blocked / (servers - load * (1.0 - blocked));
    let mean_wait = delayed / ending;
    Some(ErlangC {
        delayed,
        mean_wait,
        line: offered.arrivals * mean_wait,
        utilisation: offered.load_per_server(),
        ending,
    })
}

/// With patience that ends at the rate θ. There is always a line that lasts.
pub fn erlang_a(offered: Offered, impatience: f64) -> ErlangA {
    let Offered { arrivals, service, servers } = offered;
    let blocked = erlang_b(offered.load(), servers);
    let crowd = crowd(f64::from(servers) * service / impatience, arrivals / impatience);
    // a·B / (1 + (a - 1)·B), in a form in which neither may be too large.
    let delayed = 1.0 / (1.0 + (1.0 / blocked - 1.0) / crowd);
    let per_server = offered.load_per_server();
    let abandoned = delayed * (1.0 / (per_server * crowd) + 1.0 - 1.0 / per_server);
    let mean_wait = abandoned / impatience;
    let utilisation = per_server * (1.0 - abandoned);
    ErlangA { delayed, abandoned, mean_wait, line: arrivals * mean_wait, utilisation }
}

/// a = 1 + Σⱼ yʲ / Πₖ₌₁..ⱼ (x + k): how likely it is that all are busy, as against that they are
/// and nobody waits. Infinite where so much more comes than is served that the two do not compare.
fn crowd(x: f64, y: f64) -> f64 {
    let (mut sum, mut term, mut waiting) = (1.0_f64, 1.0_f64, 0.0_f64);
    while sum.is_finite() {
        waiting += 1.0;
        let ratio = y / (x + waiting);
        term *= ratio;
        sum += term;
        // What is left is less than a geometric series with this ratio.
        if ratio < 1.0 && term * ratio <= sum * (1.0 - ratio) * f64::EPSILON {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::table::{IMPATIENT, IMPATIENT_EXPECTED, PATIENT, PATIENT_EXPECTED};

    /// Half of the last digit that the table has.
    #[track_caller]
    fn same(what: &str, ours: f64, expected: f64, digits: i32) {
        let most = 0.5001 * 10_f64.powi(-digits);
        assert!((ours - expected).abs() <= most, "{what}: {ours} for {expected}");
    }

    #[test]
    fn every_row_of_erlang_c_is_right_to_the_last_digit() {
        for (row, expected) in PATIENT.iter().zip(PATIENT_EXPECTED) {
            let ours = erlang_c(row.offered()).unwrap();
            let what = format!("{row:?}");
            let [delayed, mean_wait, line, longer] = expected;
            same(&what, ours.delayed, delayed, 6);
            same(&what, ours.mean_wait, mean_wait, 6);
            same(&what, ours.line, line, 5);
            same(&what, ours.longer_than(0.2 / row.service), longer, 6);
        }
        assert_eq!(PATIENT.len(), PATIENT_EXPECTED.len());
    }

    #[test]
    fn every_row_of_erlang_a_is_right_to_the_last_digit() {
        for (row, expected) in IMPATIENT.iter().zip(IMPATIENT_EXPECTED) {
            let ours = erlang_a(row.offered(), row.impatience.unwrap());
            let what = format!("{row:?}");
            let [delayed, abandoned, mean_wait, line, utilisation] = expected;
            same(&what, ours.delayed, delayed, 6);
            same(&what, ours.abandoned, abandoned, 6);
            same(&what, ours.mean_wait, mean_wait, 6);
            same(&what, ours.line, line, 5);
            same(&what, ours.utilisation, utilisation, 5);
        }
        assert_eq!(IMPATIENT.len(), IMPATIENT_EXPECTED.len());
    }

    fn offered(arrivals: f64, servers: u32) -> Offered {
        Offered { arrivals, service: 1.0, servers }
    }

    #[test]
    fn one_server_is_as_in_every_book() {
        let one = erlang_c(offered(0.75, 1)).unwrap();
        assert_eq!((one.delayed, one.mean_wait, one.line), (0.75, 3.0, 2.25));
        same("B", erlang_b(2.0, 2), 0.4, 12);
    }

    #[test]
    fn more_than_can_be_served_is_no_case_for_patience() {
        assert_eq!(erlang_c(offered(2.0, 2)), None);
        assert_eq!(erlang_c(offered(3.0, 2)), None);
        assert_eq!(erlang_c(offered(f64::NAN, 2)), None);
    }

    #[test]
    fn where_patience_ends_as_fast_as_service_it_is_a_poisson_tail() {
        // P(wait) = P(Poisson(A) >= n), by adding up.
        for (load, servers) in [(1.0, 1), (10.0, 12), (50.0, 40), (300.0, 330)] {
            let (mut term, mut below) = (f64::exp(-load), 0.0);
            for busy in 0..servers {
                below += term;
                term *= load / f64::from(busy + 1);
            }
            same("tail", erlang_a(offered(load, servers), 1.0).delayed, 1.0 - below, 10);
        }
    }

    #[test]
    fn the_most_patient_are_nearly_those_who_never_give_up() {
        for (arrivals, servers) in [(0.5, 1), (9.0, 10), (990.0, 1_000)] {
            let patient = erlang_c(offered(arrivals, servers)).unwrap();
            let nearly = erlang_a(offered(arrivals, servers), 1e-9);
            same("delayed", nearly.delayed, patient.delayed, 5);
            same("wait", nearly.mean_wait, patient.mean_wait, 4);
        }
    }

    #[test]
    fn nothing_is_too_large_or_too_small() {
        for servers in [1, 100, 1_000, 10_000] {
            for load in [1e-9, 1e-3, 0.5, 0.999, 1.0, 1.001, 2.0, 1e6] {
                for impatience in [1e-9, 1e-3, 1.0, 1e6] {
                    let offered = offered(load * f64::from(servers), servers);
                    let ErlangA { delayed, abandoned, mean_wait, line, utilisation } =
                        erlang_a(offered, impatience);
                    let what = format!("{offered:?}, {impatience}");
                    let shares = [delayed, abandoned, utilisation];
                    let tolerated = -1e-9..=1.0 + 1e-9;
                    assert!(shares.iter().all(|share| tolerated.contains(share)), "{what}");
                    assert!(mean_wait.is_finite() && line.is_finite(), "{what}");
                }
            }
        }
    }

    #[test]
    fn what_is_offered_beyond_all_measure_is_given_up() {
        let swamped = erlang_a(offered(1_000.0, 10), 1.0);
        same("delayed", swamped.delayed, 1.0, 9);
        same("abandoned", swamped.abandoned, 0.99, 9);
        same("utilisation", swamped.utilisation, 1.0, 9);
    }
}
