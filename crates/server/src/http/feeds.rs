//! What happens in a workspace: `…/live`, `…/events`, `…/reports`, `…/audit`.

use switchboard_protocol::{
    FieldError,
    model::{AuditEntry, Event, LiveSnapshot, Report, ReportBucket, ReportGroup},
};

use super::{
    PAGE,
    request::Request,
    route::{QueryParameter, Route, integer, text},
};
use crate::ask::{Question, ReportQuery};

const EVENTS: &[QueryParameter] = &[
    integer("after", "Only those after this offset."),
    integer("limit", "How many at most: 1 … 100, by default 50."),
    text("cursor", "Where the page before ended: its `next_cursor`."),
];

const REPORTS: &[QueryParameter] = &[
    integer("from", "From when, in milliseconds since the epoch; by default a day before `to`."),
    integer("to", "Until when; by default until now."),
    text("group", "By `department`, which is the default, or `agent`."),
    text("bucket", "By `hour`, which is the default, or `day`, in UTC."),
];

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("read_live", "/v1/workspaces/{ws}/live", "Who is there and what waits, now")
            .gives::<LiveSnapshot>()
            .asks(|_| Ok(Question::Live)),
        Route::get("list_events", "/v1/workspaces/{ws}/events", "The feed of events, oldest first")
            .gives_page::<Event>()
            .query(EVENTS)
            .asks(|request| {
                let after = request.parsed::<u64>("after", "not an offset")?;
                Ok(Question::Events { after, page: request.page()? })
            }),
        Route::get("list_audit", "/v1/workspaces/{ws}/audit", "What people changed, newest first")
            .query(PAGE)
            .gives_page::<AuditEntry>()
            .asks(|request| Ok(Question::Audit(request.page()?))),
        Route::get("read_reports", "/v1/workspaces/{ws}/reports", "Figures over time")
            .gives::<Report>()
            .query(REPORTS)
            .asks(|request| Ok(Question::Reports(report(request)?))),
    ]
}

fn report(request: &Request) -> Result<ReportQuery, FieldError> {
    let time = |name| request.parsed::<u64>(name, "not a time in milliseconds since the epoch");
    let group = request.parsed("group", "not `department` or `agent`")?;
    let bucket = request.parsed("bucket", "not `hour` or `day`")?;
    Ok(ReportQuery {
        from: time("from")?,
        to: time("to")?,
        group: group.unwrap_or(ReportGroup::Department),
        bucket: bucket.unwrap_or(ReportBucket::Hour),
    })
}
