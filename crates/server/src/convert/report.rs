//! Hours, put together into a report. They are read, and added up, when the report is written out,
//! which is outside of the workspace's actor: nobody waits for a year of hours.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer, ser::Error};
use switchboard_journal::{HOUR_MS, HourFigures, LogError, Tally};
use switchboard_protocol::model::{self, ReportBucket, ReportGroup};

use crate::actor::{Hours, without_blocking_others};

/// A report that is not added up yet: what is asked for, and the hours that it is of.
#[derive(Debug)]
pub(crate) struct Report {
    /// The beginning of its first bucket.
    pub(crate) from: u64,
    /// The end of its last one.
    pub(crate) to: u64,
    pub(crate) bucket: ReportBucket,
    pub(crate) group: ReportGroup,
    pub(crate) hours: Hours,
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = without_blocking_others(|| self.add_up());
        report.map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl Report {
    fn add_up(&self) -> Result<model::Report, LogError> {
        let mut sums: BTreeMap<(u64, &str), Tally> = BTreeMap::new();
        let mut all = Tally::default();
        let hours = self.hours.read()?;
        for (hour, figures) in &hours {
            let at = hour * HOUR_MS / self.bucket.ms() * self.bucket.ms();
            for (id, tally) in self.of_group(figures) {
                sums.entry((at, id)).or_default().add(tally);
                all.add(tally);
            }
        }
        let items = sums.iter().map(|((at, id), tally)| self.item(*at, id, tally)).collect();
        let Self { from, to, bucket, group, .. } = *self;
        Ok(model::Report { from, to, bucket, group, items, totals: figures_of(&all) })
    }

    fn of_group<'f>(&self, figures: &'f HourFigures) -> Vec<(&'f str, &'f Tally)> {
        match self.group {
            ReportGroup::Department | ReportGroup::Other => {
                figures.departments.iter().map(|(id, tally)| (id.as_str(), tally)).collect()
            }
            ReportGroup::Agent => {
                figures.agents.iter().map(|(id, tally)| (id.as_str(), tally)).collect()
            }
        }
    }

    fn item(&self, at: u64, id: &str, tally: &Tally) -> model::ReportItem {
        let is_agent = self.group == ReportGroup::Agent;
        model::ReportItem {
            at,
            department_id: (!is_agent).then(|| id.to_owned()),
            agent_id: is_agent.then(|| id.to_owned()),
            figures: figures_of(tally),
        }
    }
}

fn figures_of(tally: &Tally) -> model::ReportFigures {
    model::ReportFigures {
        opened: tally.opened,
        assigned: tally.assigned,
        closed: tally.closed,
        rejected: tally.rejected,
        abandoned: tally.abandoned,
        wait_p50_ms: tally.waits.percentile(50),
        wait_p90_ms: tally.waits.percentile(90),
        wait_p99_ms: tally.waits.percentile(99),
        handle_ms: tally.handle_ms,
        handled: tally.handled,
        missed_offers: tally.missed_offers,
        online_ms: tally.online_ms,
        occupancy: tally.occupancy(),
    }
}
