//! How long people waited, so that percentiles of many hours can be told exactly.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// So many different waits of one department, or one agent, in one hour are kept to the
/// millisecond. More than that are kept in buckets.
pub const EXACT_WAITS: usize = 10_000;
/// So many different waits are kept to the millisecond where hours are put together.
pub const EXACT_WAITS_TOGETHER: usize = 1_000_000;

/// As a power of two: so many buckets to each doubling. One is less than 1 % wide.
const PARTS_LOG: u32 = 7;
const PARTS: u32 = 1 << PARTS_LOG;
/// The bucket of the longest wait that there can be.
const LAST_BUCKET: u32 = (63 - PARTS_LOG + 1) * PARTS + PARTS - 1;

/// Waits, each with how often it was. Stored as differences, so that an hour is short.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct Waits {
    /// By how long they were, in milliseconds.
    exact: BTreeMap<u64, u64>,
    /// Those that came when there were too many, by bucket.
    coarse: BTreeMap<u32, u64>,
}

impl Waits {
    /// Notes a wait.
    pub(crate) fn note(&mut self, ms: u64) {
        self.put(ms, 1, EXACT_WAITS);
    }

    /// Adds other waits, of which so many different ones are kept to the millisecond.
    pub(crate) fn add(&mut self, other: &Self, most: usize) {
        for (ms, count) in &other.exact {
            self.put(*ms, *count, most);
        }
        for (bucket, count) in &other.coarse {
            tally(&mut self.coarse, *bucket, *count);
        }
    }

    fn put(&mut self, ms: u64, count: u64, most: usize) {
        if self.exact.len() < most || self.exact.contains_key(&ms) {
            tally(&mut self.exact, ms, count);
        } else {
            tally(&mut self.coarse, bucket_of(ms), count);
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.coarse.is_empty()
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.exact.values().chain(self.coarse.values()).fold(0, |sum, n| sum.saturating_add(*n))
    }

    /// The shortest wait than which so many of a hundred were not longer; none of none. One that
    /// is in a bucket is told as the shortest of that bucket.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = self.count().saturating_mul(percent).div_ceil(100).max(1);
        let mut exact = self.exact.iter().map(|(ms, count)| (*ms, *count)).peekable();
        let mut coarse = self.coarse.iter().map(|(b, count)| (least_of(*b), *count)).peekable();
        let mut seen = 0_u64;
        loop {
            let first = match (exact.peek(), coarse.peek()) {
                (Some((one, _)), Some((other, _))) if one <= other => exact.next(),
                (_, Some(_)) => coarse.next(),
                _ => exact.next(),
            };
            let (ms, count) = first?;
            seen = seen.saturating_add(count);
            if seen >= rank {
                return Some(ms);
            }
        }
    }
}

fn tally<K: Ord>(counts: &mut BTreeMap<K, u64>, key: K, more: u64) {
    let count = counts.entry(key).or_default();
    *count = count.saturating_add(more);
}

/// Exact below [`PARTS`].
fn bucket_of(ms: u64) -> u32 {
    if ms < u64::from(PARTS) {
        return ms as u32;
    }
    let doubling = 63 - ms.leading_zeros();
    let part = (ms >> (doubling - PARTS_LOG)) as u32 & (PARTS - 1);
    (doubling - PARTS_LOG + 1) * PARTS + part
}

/// The shortest wait in a bucket.
fn least_of(bucket: u32) -> u64 {
    if bucket < PARTS {
        return u64::from(bucket);
    }
    let (doublings, part) = (bucket / PARTS - 1, bucket % PARTS);
    u64::from(PARTS + part) << doublings.min(63 - PARTS_LOG)
}

/// The stored form: in turn how much longer than the one before, and how often.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exact: Vec<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    coarse: Vec<u64>,
}

impl From<Waits> for Stored {
    fn from(waits: Waits) -> Self {
        let coarse = waits.coarse.into_iter().map(|(bucket, count)| (u64::from(bucket), count));
        Self { exact: differences(waits.exact), coarse: differences(coarse) }
    }
}

impl TryFrom<Stored> for Waits {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let bucket = |(bucket, count): (u64, u64)| {
            let bucket = u32::try_from(bucket).ok().filter(|bucket| *bucket <= LAST_BUCKET);
            bucket.map(|bucket| (bucket, count)).ok_or("there is no such bucket")
        };
        let coarse = sums(&stored.coarse)?.into_iter().map(bucket);
        Ok(Self {
            exact: sums(&stored.exact)?.into_iter().collect(),
            coarse: coarse.collect::<Result<_, _>>()?,
        })
    }
}

fn differences(counts: impl IntoIterator<Item = (u64, u64)>) -> Vec<u64> {
    let mut last = 0;
    let step = |(value, count)| [value - std::mem::replace(&mut last, value), count];
    counts.into_iter().flat_map(step).collect()
}

fn sums(stored: &[u64]) -> Result<Vec<(u64, u64)>, &'static str> {
    let mut last = 0_u64;
    let pairs = stored.chunks(2).map(|pair| match pair {
        [more, count] => {
            last = last.checked_add(*more).ok_or("a wait is too long")?;
            Ok((last, *count))
        }
        _ => Err("a wait has no count"),
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn of(waits: impl IntoIterator<Item = u64>) -> Waits {
        let mut all = Waits::default();
        waits.into_iter().for_each(|ms| all.note(ms));
        all
    }

    #[test]
    fn a_bucket_is_less_than_a_hundredth_wide() {
        for ms in (0..50_000).chain([1 << 20, (1 << 30) + 12_345, u64::MAX / 2, u64::MAX]) {
            let least = least_of(bucket_of(ms));
            assert!(least <= ms && ms - least < (ms / 100).max(1), "{ms} is in that of {least}");
            assert!(bucket_of(ms) <= LAST_BUCKET);
        }
        assert_eq!(bucket_of(u64::MAX), LAST_BUCKET);
    }

    #[test]
    fn percentiles_are_of_what_was_noted() {
        assert_eq!(Waits::default().percentile(50), None);
        let waits = of((1..=100).rev());
        let told = [1, 50, 90, 99, 100].map(|percent| waits.percentile(percent).unwrap());
        assert_eq!(told, [1, 50, 90, 99, 100]);
        let waits = of([7]);
        assert_eq!((waits.percentile(1), waits.percentile(99)), (Some(7), Some(7)));
    }

    #[test]
    fn too_many_different_ones_are_nearly_exact() {
        let last = EXACT_WAITS as u64 * 10;
        let waits = of((0..last).map(|nth| nth * 3));
        assert_eq!(waits.exact.len(), EXACT_WAITS);
        assert_eq!(waits.count(), last);
        for percent in [1, 5, 50, 90, 99] {
            let (told, true_one) =
                (waits.percentile(percent).unwrap(), (last * percent / 100 - 1) * 3);
            assert!(told <= true_one && true_one - told <= true_one / 100, "{percent}: {told}");
        }
        let again = of([0, 3, 3]);
        let mut both = waits.clone();
        both.add(&again, EXACT_WAITS);
        assert_eq!(
            (both.count(), both.exact.len()),
            (last + 3, EXACT_WAITS),
            "known ones are exact"
        );
    }

    #[test]
    fn they_read_as_they_were_written() {
        let mut waits = of([5, 5, 1_000, 12]);
        waits.add(&of((0..20_000).map(|nth| nth * 2)), EXACT_WAITS);
        let json = serde_json::to_string(&waits).unwrap();
        assert_eq!(serde_json::from_str::<Waits>(&json).unwrap(), waits);
        assert_eq!(serde_json::to_string(&of([5, 5, 12])).unwrap(), r#"{"exact":[5,2,7,1]}"#);
        for bad in [
            r#"{"exact":[1]}"#,
            r#"{"exact":[1,1,18446744073709551615,1]}"#,
            r#"{"coarse":[9000,1]}"#,
        ] {
            assert!(serde_json::from_str::<Waits>(bad).is_err(), "{bad}");
        }
    }
}
