//! What happened in the last hour, by the minute and department.

use std::collections::BTreeMap;

use switchboard_protocol::model::LiveTotals;
use switchboard_routing::{DepartmentId, Event, Record, Timestamp};

use super::live::Scope;

const MINUTE_MS: u64 = 60_000;
const HOUR: u64 = 60;

/// The counts of the last hour.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    minutes: BTreeMap<u64, BTreeMap<DepartmentId, Counts>>,
}

#[derive(Clone, Debug, Default)]
struct Counts {
    opened: u64,
    assigned: u64,
    closed: u64,
    rejected: u64,
    waits: Waits,
}

impl Totals {
    /// Counts an event, and the wait that it ended. What is reopened was opened once already.
    pub(crate) fn observe(&mut self, record: &Record, wait_ms: Option<u64>) {
        match &record.event {
            Event::ConversationOpened { department_id, .. } => {
                self.at(record.at, department_id).opened += 1;
            }
            Event::ConversationAssigned { department_id, .. } => {
                let counts = self.at(record.at, department_id);
                counts.assigned += 1;
                if let Some(wait_ms) = wait_ms {
                    counts.waits.record(wait_ms);
                }
            }
            Event::ConversationClosed { department_id, .. } => {
                self.at(record.at, department_id).closed += 1;
            }
            Event::ConversationRejected { department_id, .. } => {
                self.at(record.at, department_id).rejected += 1;
            }
            _ => {}
        }
    }

    fn at(&mut self, at: Timestamp, department: &DepartmentId) -> &mut Counts {
        let minute = at.0 / MINUTE_MS;
        while self.minutes.first_key_value().is_some_and(|(first, _)| first + HOUR <= minute) {
            self.minutes.pop_first();
        }
        self.minutes.entry(minute).or_default().entry(department.clone()).or_default()
    }

    /// When nothing of it is of the last hour any more; none: nothing is.
    pub(crate) fn over_at(&self) -> Option<Timestamp> {
        let (last, _) = self.minutes.last_key_value()?;
        Some(Timestamp((last + HOUR) * MINUTE_MS))
    }

    /// The sums over the last hour, of the departments in scope.
    pub(crate) fn of_last_hour(&self, now: Timestamp, scope: &Scope, waiting: u64) -> LiveTotals {
        let mut sum = Counts::default();
        let first = (now.0 / MINUTE_MS).saturating_sub(HOUR - 1);
        let recent = self.minutes.range(first..);
        for (department, counts) in recent.flat_map(|(_, counts)| counts) {
            if scope.as_ref().is_none_or(|own| own.contains(department)) {
                sum.add(counts);
            }
        }
        LiveTotals {
            opened: sum.opened,
            assigned: sum.assigned,
            closed: sum.closed,
            rejected: sum.rejected,
            waiting,
            wait_p50_ms: sum.waits.percentile(50),
            wait_p99_ms: sum.waits.percentile(99),
        }
    }
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.opened += other.opened;
        self.assigned += other.assigned;
        self.closed += other.closed;
        self.rejected += other.rejected;
        self.waits.add(&other.waits);
    }
}

/// Waits in buckets that are an eighth of their value wide, so that a percentile is at most so
/// far off: the log-linear histogram of HdrHistogram, in small. Only buckets that hold something
/// are kept.
#[derive(Clone, Debug, Default)]
struct Waits {
    buckets: BTreeMap<u32, u64>,
    count: u64,
}

impl Waits {
    fn record(&mut self, ms: u64) {
        *self.buckets.entry(bucket_of(ms)).or_default() += 1;
        self.count += 1;
    }

    fn add(&mut self, other: &Self) {
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
        self.count += other.count;
    }

    fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.count * percent).div_ceil(100);
        let mut seen = 0;
        let reaches = |(bucket, count): (&u32, &u64)| {
            seen += count;
            (seen >= rank).then(|| least_of(*bucket))
        };
        self.buckets.iter().find_map(reaches)
    }
}

/// Eight buckets to each doubling; exact below 8.
fn bucket_of(ms: u64) -> u32 {
    if ms < 8 {
        return ms as u32;
    }
    let doubling = 63 - ms.leading_zeros();
    let eighth = (ms >> (doubling - 3)) & 7;
    (doubling - 2) * 8 + eighth as u32
}

/// The smallest value in a bucket.
fn least_of(bucket: u32) -> u64 {
    if bucket < 8 {
        return u64::from(bucket);
    }
    let (doubling, eighth) = (bucket / 8 + 2, u64::from(bucket % 8));
    (8 + eighth) << (doubling - 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_at_most_an_eighth_wide() {
        for ms in (0..5_000).chain([1 << 20, (1 << 30) + 12_345, u64::MAX / 2]) {
            let least = least_of(bucket_of(ms));
            assert!(least <= ms && ms - least <= ms / 8, "{ms} is in the bucket of {least}");
        }
    }

    #[test]
    fn percentiles_are_of_what_was_recorded() {
        let mut waits = Waits::default();
        assert_eq!(waits.percentile(50), None);
        (0..100).for_each(|_| waits.record(0));
        assert_eq!(waits.percentile(99), Some(0));
        (0..100).for_each(|_| waits.record(4_096));
        assert_eq!((waits.percentile(50), waits.percentile(51)), (Some(0), Some(4_096)));
    }
}
