//! Reports: which hours are asked for.

use switchboard_journal::HOUR_MS;
use switchboard_protocol::{ErrorCode, model::ReportBucket};

use super::Rights;
use crate::{
    actor::worker::Worker,
    ask::{Answer, ApiError, ReportQuery},
    convert::Report,
};

const DAY_MS: u64 = 24 * HOUR_MS;
/// The longest report by the hour.
const MOST_BY_HOUR_MS: u64 = 31 * DAY_MS;
/// The longest report by the day.
const MOST_BY_DAY_MS: u64 = 400 * DAY_MS;
/// The latest time that any JSON reader can write.
const LATEST: u64 = switchboard_protocol::model::MAX_DURATION_MS;

impl Worker {
    pub(super) fn reports(
        &mut self,
        rights: &Rights,
        query: &ReportQuery,
    ) -> Result<Answer, ApiError> {
        rights.admin()?;
        let (from, to) = span(query, self.now().0)?;
        let ReportQuery { group, bucket, .. } = *query;
        let hours = self.hours(from / HOUR_MS, to.div_ceil(HOUR_MS));
        Ok(Answer::ok(Report { from, to, bucket, group, hours }))
    }
}

/// From when until when a report is, in whole buckets.
fn span(query: &ReportQuery, now: u64) -> Result<(u64, u64), ApiError> {
    let to = query.to.unwrap_or(now);
    let from = query.from.unwrap_or_else(|| to.saturating_sub(DAY_MS));
    let refused = |field: &str, what: &str| {
        Err(ApiError::new(ErrorCode::BadRequest, format!("{field}: {what}")))
    };
    if to > LATEST {
        return refused("to", "is too late");
    }
    if from >= to {
        let field = if query.from.is_some() { "from" } else { "to" };
        return refused(field, "`from` is not before `to`");
    }
    let (most, said) = match query.bucket {
        ReportBucket::Hour | ReportBucket::Other => (MOST_BY_HOUR_MS, "more than 31 days of hours"),
        ReportBucket::Day => (MOST_BY_DAY_MS, "more than 400 days"),
    };
    if to - from > most {
        return refused("from", &format!("asks for {said}"));
    }
    let ms = query.bucket.ms();
    Ok((from / ms * ms, to.div_ceil(ms) * ms))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use switchboard_protocol::model::ReportGroup;

    use super::*;

    const NOW: u64 = 1_767_625_200_123;
    const HOUR: u64 = NOW / HOUR_MS * HOUR_MS;
    const DAY: u64 = NOW / DAY_MS * DAY_MS;

    fn asked(
        bucket: ReportBucket,
        from: Option<u64>,
        to: Option<u64>,
    ) -> Result<(u64, u64), String> {
        let query = ReportQuery { from, to, group: ReportGroup::Agent, bucket };
        span(&query, NOW).map_err(|error| error.detail)
    }

    #[test]
    fn a_report_is_of_whole_buckets() {
        use ReportBucket::{Day, Hour};
        assert_eq!(asked(Hour, None, None), Ok((HOUR - DAY_MS, HOUR + HOUR_MS)));
        assert_eq!(asked(Day, None, None), Ok((DAY - DAY_MS, DAY + DAY_MS)));
        assert_eq!(asked(Hour, Some(HOUR), Some(HOUR + 1)), Ok((HOUR, HOUR + HOUR_MS)));
        let whole = Ok((HOUR, HOUR + HOUR_MS));
        assert_eq!(asked(Hour, Some(HOUR), Some(HOUR + HOUR_MS)), whole);
        assert_eq!(asked(Day, Some(0), Some(1)), Ok((0, DAY_MS)));
        assert_eq!(asked(Hour, None, Some(1)), Ok((0, HOUR_MS)));
        let year = asked(Day, Some(NOW - MOST_BY_DAY_MS), None).unwrap();
        assert_eq!(year.1 - year.0, MOST_BY_DAY_MS + DAY_MS, "one begun and one not over");
    }

    #[test]
    fn what_makes_no_report_is_refused_by_name() {
        use ReportBucket::{Day, Hour};
        let said = |bucket, from, to| asked(bucket, from, to).unwrap_err();
        assert_eq!(said(Hour, Some(5), Some(5)), "from: `from` is not before `to`");
        assert_eq!(said(Hour, Some(NOW), None), "from: `from` is not before `to`");
        assert_eq!(said(Hour, None, Some(0)), "to: `from` is not before `to`");
        let long = Some(NOW - MOST_BY_HOUR_MS - 1);
        assert_eq!(said(Hour, long, None), "from: asks for more than 31 days of hours");
        assert!(asked(Day, long, None).is_ok());
        let longer = Some(NOW - MOST_BY_DAY_MS - 1);
        assert_eq!(said(Day, longer, None), "from: asks for more than 400 days");
        assert_eq!(said(Day, Some(LATEST), Some(u64::MAX)), "to: is too late");
    }
}
