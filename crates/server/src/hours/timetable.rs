//! Which departments of a workspace keep hours, how each stands, and when to look again.

use std::collections::{BTreeMap, BTreeSet};

use switchboard_protocol::model::BusinessHours;
use switchboard_routing::{DepartmentId, Timestamp};

use super::{Hours, Standing};

/// Hours are looked at no later than after so long: somebody may have set the wall clock.
const LOOK_AGAIN_MS: u64 = 60_000;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Timetable {
    kept: BTreeMap<DepartmentId, Kept>,
    /// Departments whose hours may be others since the last look.
    stirred: BTreeSet<DepartmentId>,
    /// When to look again; none: nobody keeps hours.
    due: Option<Timestamp>,
}

#[derive(Debug)]
struct Kept {
    hours: Hours,
    standing: Standing,
}

/// What a look at the clock showed.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Of each department that was looked at, whether it is open.
    pub(crate) open: Vec<(DepartmentId, bool)>,
    /// Whether any stands otherwise than before.
    pub(crate) changed: bool,
}

impl Timetable {
    /// Notes a department's hours. Whose cannot be read is always open: better there than not.
    pub(crate) fn set(&mut self, department: &DepartmentId, hours: Option<&BusinessHours>) {
        self.stir(department);
        let read = hours.map(Hours::new).transpose().unwrap_or_else(|error| {
            tracing::error!(%department, %error, "its hours are of no use: it is always open");
            None
        });
        match read {
            Some(hours) => {
                self.kept.insert(department.clone(), Kept { hours, standing: Standing::default() });
            }
            None => {
                self.kept.remove(department);
            }
        }
    }

    /// Has a department looked at the next time, whether it is due or not.
    pub(crate) fn stir(&mut self, department: &DepartmentId) {
        self.stirred.insert(department.clone());
    }

    /// Forgets a department that is no more.
    pub(crate) fn remove(&mut self, department: &DepartmentId) {
        self.kept.remove(department);
        self.stirred.remove(department);
    }

    /// When a department that is closed opens next.
    pub(crate) fn opens_at(&self, department: &DepartmentId) -> Option<Timestamp> {
        self.kept.get(department)?.standing.opens_at()
    }

    /// When to look next: at the next change, and before the clock may have been set for long.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.due
    }

    /// Looks at the clock, where it is time to. `wall` is what it shows at `now`.
    pub(crate) fn look(&mut self, now: Timestamp, wall: impl FnOnce() -> Timestamp) -> Look {
        let due = self.due.is_some_and(|due| due <= now);
        if !due && self.stirred.is_empty() {
            return Look::default();
        }
        let mut departments = std::mem::take(&mut self.stirred);
        if due {
            departments.extend(self.kept.keys().cloned());
        }
        let wall = wall();
        let mut look = Look::default();
        for department in departments {
            let open = match self.kept.get_mut(&department) {
                None => true,
                Some(kept) => {
                    let before = std::mem::replace(&mut kept.standing, kept.hours.at(wall));
                    look.changed |= before != kept.standing;
                    kept.standing.open
                }
            };
            look.open.push((department, open));
        }
        self.due = self.next_look(now, wall);
        look
    }

    fn next_look(&self, now: Timestamp, wall: Timestamp) -> Option<Timestamp> {
        let changes = self.kept.values().map(|kept| kept.standing.changes_at);
        let after_ms = |change: Option<Timestamp>| {
            change.map_or(LOOK_AGAIN_MS, |at| at.since_ms(wall).min(LOOK_AGAIN_MS))
        };
        changes.map(after_ms).min().map(|ms| now.plus_ms(ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    /// The first of 1970 was a Thursday.
    fn thursdays() -> BusinessHours {
        let json = r#"{"time_zone":"UTC","weekly":[{"day":"thu","from":"01:00","to":"02:00"}]}"#;
        serde_json::from_str(json).unwrap()
    }

    fn look(timetable: &mut Timetable, now: u64, wall: u64) -> (Vec<bool>, bool) {
        let look = timetable.look(Timestamp(now), || Timestamp(wall));
        (look.open.into_iter().map(|(_, open)| open).collect(), look.changed)
    }

    #[test]
    fn a_clock_that_is_set_is_noticed_within_a_minute() {
        let (mut timetable, sales) = (Timetable::default(), DepartmentId::from("sales"));
        timetable.set(&sales, Some(&thursdays()));
        assert_eq!(look(&mut timetable, 5, 0), (vec![false], true));
        assert_eq!(timetable.opens_at(&sales), Some(Timestamp(HOUR_MS)));
        assert_eq!(timetable.deadline(), Some(Timestamp(5 + LOOK_AGAIN_MS)));
        // Not due: the clock is not even looked at.
        assert_eq!(look(&mut timetable, 4 + LOOK_AGAIN_MS, HOUR_MS), (vec![], false));
        let now = 5 + LOOK_AGAIN_MS;
        assert_eq!(look(&mut timetable, now, 2 * HOUR_MS - 1_500), (vec![true], true));
        assert_eq!(timetable.deadline(), Some(Timestamp(now + 1_500)));
        assert_eq!(timetable.opens_at(&sales), None);
        // And back again.
        assert_eq!(look(&mut timetable, now + 1_500, 0), (vec![false], true));
    }

    #[test]
    fn who_keeps_no_hours_is_open_and_wakes_nobody() {
        let (mut timetable, sales) = (Timetable::default(), DepartmentId::from("sales"));
        timetable.set(&sales, None);
        assert_eq!(look(&mut timetable, 1, 1), (vec![true], false));
        assert_eq!(timetable.deadline(), None);
        timetable.set(&sales, Some(&thursdays()));
        assert_eq!(look(&mut timetable, 2, 2).0, [false]);
        // A zone that the table no longer has.
        let lost = BusinessHours { time_zone: "Europe/Atlantis".to_owned(), ..thursdays() };
        timetable.set(&sales, Some(&lost));
        assert_eq!(look(&mut timetable, 3, 3).0, [true]);
        assert_eq!(timetable.deadline(), None);
    }

    #[test]
    fn a_department_that_is_gone_is_not_looked_at() {
        let (mut timetable, sales) = (Timetable::default(), DepartmentId::from("sales"));
        timetable.set(&sales, Some(&thursdays()));
        timetable.remove(&sales);
        assert_eq!(look(&mut timetable, 1, 1), (vec![], false));
        assert_eq!(timetable.deadline(), None);
    }
}
