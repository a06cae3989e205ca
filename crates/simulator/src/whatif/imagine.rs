//! What a recording cannot say of a visit: how long who was never served to the end would have
//! taken, and how long who did not leave would have waited.
//!
//! Owns what is drawn. Each visit has a stream of choices of its own, so that every rerun of a
//! recording with the same seed has the same visitors.

use std::collections::BTreeMap;

use switchboard_routing::DepartmentId;

use super::{
    case::{Ending, Track},
    patience::Patience,
    story::{Answered, Case},
};
use crate::Rng;

/// How long service takes where nobody was ever served to the end.
pub const UNKNOWN_SERVICE_MS: u64 = 300_000;

/// How much of the visits had to be imagined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imagined {
    /// Visits of which the recording does not have all of the service.
    pub services: u64,
    /// Visitors who did not leave while they waited: their patience is at least their wait.
    pub patiences: u64,
    /// Visitors who did: their patience is known.
    pub left: u64,
    /// Whether nobody was served to the end: then service takes [`UNKNOWN_SERVICE_MS`].
    pub no_service_known: bool,
}

/// The visits in full.
pub(super) fn complete(mut tracks: Vec<Track>, until: u64, seed: u64) -> (Vec<Case>, Imagined) {
    for track in tracks.iter_mut().filter(|track| track.ending == Ending::Open) {
        track.pass(until);
        if let Some((agent, since)) = track.asked.take() {
            track.answers.push((agent, Answered::NotYet(until.saturating_sub(since))));
        }
    }
    let known = Known::of(&tracks);
    let mut imagined = Imagined { no_service_known: known.all.is_empty(), ..Imagined::default() };
    let cases = tracks.into_iter().enumerate().map(|(number, track)| {
        let mut rng = Rng::stream(seed, number as u64);
        known.complete(track, &mut rng, &mut imagined)
    });
    (cases.collect(), imagined)
}

/// What is known of visits, by department.
struct Known {
    /// Whole services, the shortest first.
    services: BTreeMap<DepartmentId, Vec<u64>>,
    all: Vec<u64>,
    patience: BTreeMap<DepartmentId, Patience>,
    all_patience: Patience,
}

impl Known {
    fn of(tracks: &[Track]) -> Self {
        let mut services: BTreeMap<DepartmentId, Vec<u64>> = BTreeMap::new();
        let mut waits: BTreeMap<DepartmentId, Vec<(u64, bool)>> = BTreeMap::new();
        for track in tracks {
            if matches!(track.ending, Ending::Served { .. }) {
                let of = services.entry(track.department.clone()).or_default();
                of.push(track.whole_service_ms());
            }
            let of = waits.entry(track.department.clone()).or_default();
            of.push((track.waited_ms, track.ending == Ending::Left));
        }
        let mut all: Vec<u64> = services.values().flatten().copied().collect();
        all.sort_unstable();
        services.values_mut().for_each(|of| of.sort_unstable());
        let all_patience = Patience::of(waits.values().flatten().copied().collect());
        let patience = waits.into_iter().map(|(id, waits)| (id, Patience::of(waits))).collect();
        Self { services, all, patience, all_patience }
    }

    fn complete(&self, mut track: Track, rng: &mut Rng, imagined: &mut Imagined) -> Case {
        // Both are drawn always, so that one does not depend on whether the other is needed.
        let (mut for_service, mut for_patience) = (Rng::new(rng.bits()), Rng::new(rng.bits()));
        let served = matches!(track.ending, Ending::Served { .. });
        if !served {
            let so_far = track.whole_service_ms();
            let whole = self.service_beyond(&track.department, so_far, &mut for_service);
            *track.last_service() += whole.saturating_sub(so_far);
            imagined.services += 1;
        }
        let patience_ms = match track.ending {
            Ending::Left => Some(track.waited_ms),
            _ => self.patience(&track.department).longer_than(track.waited_ms, &mut for_patience),
        };
        imagined.left += u64::from(track.ending == Ending::Left);
        imagined.patiences += u64::from(track.ending != Ending::Left);
        Case {
            at: track.at,
            department: track.department,
            request: track.request,
            service_ms: track.service_ms,
            handed_on: track.handed_on,
            patience_ms,
            agent_closes: !matches!(track.ending, Ending::Served { agent_closes: false }),
            answers: track.answers,
        }
    }

    /// One of the services that took longer than this; where none did, a little longer.
    fn service_beyond(&self, department: &DepartmentId, so_far: u64, rng: &mut Rng) -> u64 {
        let own = self.services.get(department).map_or(&[][..], Vec::as_slice);
        for known in [own, &self.all] {
            let longer = known.partition_point(|service| *service <= so_far);
            if let Some(drawn) = known.get(longer..).and_then(|longer| rng.pick(longer)) {
                return *drawn;
            }
        }
        // All that is known is that it takes longer than everything that is known.
        let least = self.all.last().copied().unwrap_or(UNKNOWN_SERVICE_MS);
        least.max(so_far + 1)
    }

    fn patience(&self, department: &DepartmentId) -> &Patience {
        let own = self.patience.get(department).filter(|own| own.is_enough());
        own.unwrap_or(&self.all_patience)
    }
}
