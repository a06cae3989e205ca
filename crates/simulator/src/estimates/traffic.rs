//! Who comes into a world: one stream for each department, with service, patience and waves.

use std::f64::consts::TAU;

use switchboard_routing::{AgentId, Conversation, DepartmentId, Timestamp};

use crate::{
    Rng,
    centre::{Answer, Arrival, Change, Traffic},
};

/// How long services are, around their mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// As if by chance: theory's own.
    Exponential,
    /// All the same.
    Steady,
    /// Log-normal, with a deviation of one and a half means, as in telephone centres: L. Brown et
    /// al., "Statistical Analysis of a Telephone Call Center", JASA 100, 2005.
    LogNormal,
    /// Eight of ten take half the mean, two take three times as much; each as if by chance.
    Mixed,
}

impl Service {
    fn draw_ms(self, rng: &mut Rng, mean_ms: f64) -> u64 {
        let times = match self {
            Self::Exponential => rng.exponential(1.0),
            Self::Steady => 1.0,
            Self::LogNormal => {
                // ln(1 + 1.5²), and the mean is one.
                let variance = 3.25_f64.ln();
                (variance.sqrt() * normal(rng) - variance / 2.0).exp()
            }
            Self::Mixed => rng.exponential(1.0) * if rng.permille(200) { 3.0 } else { 0.5 },
        };
        (times * mean_ms).round() as u64
    }
}

/// Box and Muller's.
fn normal(rng: &mut Rng) -> f64 {
    (2.0 * rng.exponential(1.0)).sqrt() * (TAU * rng.unit()).cos()
}

/// Who comes into a department.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    /// What is between two arrivals, on average.
    pub between_ms: f64,
    /// How long they take to serve, on average.
    pub service_ms: f64,
    /// And around that.
    pub service: Service,
    /// When those who wait give up, on average; none: never. One in ten never does.
    pub patience_ms: Option<f64>,
    /// By how much more, and less, come at times, as a part: up and down in [`Stream::WAVE_MS`].
    pub swing: f64,
    /// So many of a thousand are more urgent than the others.
    pub urgent_permille: u32,
    /// So many of a thousand need the skill of some.
    pub skilled_permille: u32,
}

impl Stream {
    /// From one height of the swing to the next: eight hours.
    pub const WAVE_MS: f64 = 288e5;
    /// The skill that some need.
    pub const SKILL: &str = "special";

    /// Steadily, patient, exponential, and all alike.
    pub fn plain(between_ms: f64, service_ms: f64) -> Self {
        Self {
            between_ms,
            service_ms,
            service: Service::Exponential,
            patience_ms: None,
            swing: 0.0,
            urgent_permille: 0,
            skilled_permille: 0,
        }
    }

    /// The next one after this time, by thinning out what would come at the height of the swing.
    fn next_after(&self, rng: &mut Rng, mut at: f64) -> f64 {
        let most = 1.0 + self.swing;
        loop {
            at += rng.exponential(most / self.between_ms);
            let now = 1.0 + self.swing * (TAU * at / Self::WAVE_MS).sin();
            if rng.unit() * most <= now {
                return at;
            }
        }
    }
}

/// The streams of a world, one after the other in time, and what its agents do besides.
pub(super) struct Streams {
    streams: Vec<(DepartmentId, Stream, f64)>,
    changes: std::vec::IntoIter<Change>,
    /// How long agents take to answer what they are asked, on average.
    answer_ms: f64,
    rng: Rng,
    left: u64,
}

/// Of those who might give up so many in a thousand never do.
const PATIENT_PERMILLE: u32 = 100;
/// Agents decline so many in a thousand of what they are asked.
const DECLINED_PERMILLE: u32 = 100;

impl Streams {
    pub(super) fn new(
        streams: &[(DepartmentId, Stream)],
        changes: Vec<Change>,
        answer_ms: f64,
        arrivals: u64,
        seed: u64,
    ) -> Self {
        let mut rng = Rng::new(seed);
        let begun = streams.iter().map(|(id, stream)| {
            let first = stream.next_after(&mut rng, 0.0);
            (id.clone(), *stream, first)
        });
        let streams = begun.collect();
        Self { streams, changes: changes.into_iter(), answer_ms, rng, left: arrivals }
    }
}

impl Traffic for Streams {
    fn arrival(&mut self) -> Option<Arrival> {
        self.left = self.left.checked_sub(1)?;
        let Self { streams, rng, .. } = self;
        let (id, stream, next) = streams.iter_mut().min_by(|a, b| a.2.total_cmp(&b.2))?;
        let mut arrival = Arrival::new(
            Timestamp(next.round() as u64),
            stream.service.draw_ms(rng, stream.service_ms),
        );
        *next = stream.next_after(rng, *next);
        arrival.department_id = Some(id.clone());
        arrival.priority = i32::from(rng.permille(stream.urgent_permille));
        if rng.permille(stream.skilled_permille) {
            arrival.skills.push(Stream::SKILL.to_owned());
        }
        let patient = rng.permille(PATIENT_PERMILLE);
        let patience = stream.patience_ms.filter(|_| !patient);
        arrival.patience_ms = patience.map(|mean| (rng.exponential(1.0) * mean).round() as u64);
        Some(arrival)
    }

    fn change(&mut self) -> Option<Change> {
        self.changes.next()
    }

    fn answer(&mut self, _: &AgentId, _: &Conversation) -> Answer {
        let after_ms = (self.rng.exponential(1.0) * self.answer_ms).round() as u64;
        match self.rng.permille(DECLINED_PERMILLE) {
            true => Answer::Decline(after_ms),
            false => Answer::Accept(after_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_their_mean() {
        for service in [Service::Exponential, Service::Steady, Service::LogNormal, Service::Mixed] {
            let mut rng = Rng::new(1);
            let drawn = (0..100_000).map(|_| service.draw_ms(&mut rng, 1_000.0)).sum::<u64>();
            let mean = drawn as f64 / 1e5;
            assert!((975.0..1_025.0).contains(&mean), "{service:?}: {mean}");
        }
    }

    #[test]
    fn a_swing_brings_as_many_in_all() {
        let stream = Stream { swing: 0.8, ..Stream::plain(1_000.0, 1.0) };
        let mut rng = Rng::new(2);
        let last = (0..288_000).fold(0.0, |at, _| stream.next_after(&mut rng, at));
        assert!((last / 288e6 - 1.0).abs() < 0.02, "{last}");
    }
}
