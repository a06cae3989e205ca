//! Opening hours: whether a department is open at a moment, and when that changes next. Pure: it
//! is told what time it is, and reads no clock.
//!
//! A department is open exactly while a clock on the wall there, set to its zone, shows a time
//! within its hours, on a day that is no holiday of its. So it opens where a skipped hour ends if
//! its hours begin within it, and an hour that comes twice counts twice.

#[cfg(test)]
mod tests;
mod timetable;

use std::collections::BTreeSet;

use jiff::{
    civil,
    tz::{TimeZone, TimeZoneDatabase},
};
use switchboard_protocol::model::{BusinessHours, Date, Opening};
use switchboard_routing::Timestamp;

pub(crate) use timetable::Timetable;

const MINUTE: i64 = 60;
const DAY_MINUTES: u16 = 24 * 60;
const DAY: i64 = DAY_MINUTES as i64 * MINUTE;
const WEEK_DAYS: i64 = 7;
/// Whoever ever opens, opens within so many days, even if every holiday falls on the one day of
/// the week that has hours. A closing that is further away is found as it comes nearer.
const LOOK_AHEAD_DAYS: i64 = WEEK_DAYS * (BusinessHours::MAX_ENTRIES as i64 + 2);

/// The name of a zone that the bundled table does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time zone that is known here")]
pub(crate) struct UnknownZone;

/// Opening hours, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) struct Hours {
    zone: TimeZone,
    /// When each day of the week is open, Monday first: in minutes from midnight, in order, with a
    /// time between one and the next.
    week: [Vec<(u16, u16)>; WEEK_DAYS as usize],
    /// Counted in days from 1970.
    holidays: BTreeSet<i64>,
}

/// How a department stands at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) open: bool,
    /// The next moment at which `open` is another; none: not in years.
    pub(crate) changes_at: Option<Timestamp>,
}

impl Standing {
    /// When it opens next; none where it is open, or never opens.
    pub(crate) fn opens_at(&self) -> Option<Timestamp> {
        self.changes_at.filter(|_| !self.open)
    }
}

impl Hours {
    /// Reads hours whose form was checked.
    ///
    /// # Errors
    /// Where nobody knows the zone.
    pub(crate) fn new(hours: &BusinessHours) -> Result<Self, UnknownZone> {
        let mut week: [Vec<(u16, u16)>; WEEK_DAYS as usize] = Default::default();
        for opening in &hours.weekly {
            for (day, from, to) in days_of(opening) {
                if let Some(spans) = week.get_mut(day).filter(|_| from < to) {
                    spans.push((from, to));
                }
            }
        }
        week.iter_mut().for_each(join);
        let holidays = hours.holidays.iter().filter_map(day_number).collect();
        Ok(Self { zone: zone(&hours.time_zone)?, week, holidays })
    }

    /// How things stand at a moment.
    pub(crate) fn at(&self, moment: Timestamp) -> Standing {
        let at = i64::try_from(moment.0 / 1_000).unwrap_or_default();
        let open = self.is_open(at);
        let changes = self.next_change(at, open).and_then(|at| u64::try_from(at).ok());
        Standing { open, changes_at: changes.map(|at| Timestamp(at.saturating_mul(1_000))) }
    }

    fn is_open(&self, at: i64) -> bool {
        self.shows_open(at.saturating_add(self.offset(at)))
    }

    /// Whether it is open when the clock on the wall shows this, in seconds from 1970.
    fn shows_open(&self, shown: i64) -> bool {
        let minute = shown.rem_euclid(DAY) / MINUTE;
        let within = |(from, to): &(u16, u16)| (i64::from(*from)..i64::from(*to)).contains(&minute);
        self.spans(shown.div_euclid(DAY)).iter().any(within)
    }

    /// When a day is open.
    fn spans(&self, day: i64) -> &[(u16, u16)] {
        if self.holidays.contains(&day) {
            return &[];
        }
        // The first of 1970 was a Thursday.
        let weekday = usize::try_from((day + 3).rem_euclid(WEEK_DAYS)).unwrap_or_default();
        self.week.get(weekday).map_or(&[], Vec::as_slice)
    }

    /// The first moment after `at` at which it is not `open`. The clock on the wall runs evenly
    /// from one of its changes to the next, so each such stretch is looked at by itself.
    fn next_change(&self, mut at: i64, open: bool) -> Option<i64> {
        loop {
            let offset = self.offset(at);
            let change = self.next_shown(at.saturating_add(offset), open)? - offset;
            match self.next_shift(at).filter(|shift| *shift <= change) {
                None => return Some(change),
                Some(shift) if self.is_open(shift) != open => return Some(shift),
                Some(shift) => at = shift,
            }
        }
    }

    /// The first time after `after` that the clock shows, were it never shifted, at which it is
    /// not `open`.
    fn next_shown(&self, after: i64, open: bool) -> Option<i64> {
        let today = after.div_euclid(DAY);
        (today..=today + LOOK_AHEAD_DAYS).find_map(|day| {
            let edges = self.spans(day).iter().flat_map(|(from, to)| [*from, *to]);
            let edges = std::iter::once(0).chain(edges);
            let mut shown = edges.map(|minute| day * DAY + i64::from(minute) * MINUTE);
            shown.find(|edge| *edge > after && self.shows_open(*edge) != open)
        })
    }

    /// How far the clock on the wall is ahead of UTC.
    fn offset(&self, at: i64) -> i64 {
        let at = jiff::Timestamp::from_second(at);
        at.map_or(0, |at| i64::from(self.zone.to_offset(at).seconds()))
    }

    /// When that may change next.
    fn next_shift(&self, after: i64) -> Option<i64> {
        let after = jiff::Timestamp::from_second(after).ok()?;
        self.zone.following(after).next().map(|shift| shift.timestamp().as_second())
    }
}

fn zone(name: &str) -> Result<TimeZone, UnknownZone> {
    let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| UnknownZone)?;
    // `Etc/Unknown` is a name, and the name of none.
    if zone.is_unknown() { Err(UnknownZone) } else { Ok(zone) }
}

/// The days that an opening is on: its own and, where it ends on the next, that one.
fn days_of(opening: &Opening) -> Vec<(usize, u16, u16)> {
    use switchboard_protocol::model::Day;
    let day = Day::KNOWN.iter().position(|day| *day == opening.day);
    let (from, to) = (opening.from.minutes(), opening.to.minutes());
    match day {
        None => Vec::new(),
        Some(day) if from < to => vec![(day, from, to)],
        Some(day) => vec![(day, from, DAY_MINUTES), ((day + 1) % Day::KNOWN.len(), 0, to)],
    }
}

/// Puts the openings of a day in order; those that overlap or adjoin are one.
fn join(spans: &mut Vec<(u16, u16)>) {
    spans.sort_unstable();
    spans.dedup_by(|next, span| {
        let one = next.0 <= span.1;
        if one {
            span.1 = span.1.max(next.1);
        }
        one
    });
}

fn day_number(date: &Date) -> Option<i64> {
    let (year, month, day) = (date.year.try_into(), date.month.try_into(), date.day.try_into());
    let date = civil::Date::new(year.ok()?, month.ok()?, day.ok()?).ok()?;
    Some(date.duration_since(civil::date(1970, 1, 1)).as_secs().div_euclid(DAY))
}
