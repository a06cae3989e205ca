//! What happens in a workspace: `…/live`, `…/events`, and the reports and audit to come.

use switchboard_protocol::model::{Event, LiveSnapshot};

use super::{
    PAGE,
    route::{QueryParameter, Route, integer, text},
};
use crate::ask::Question;

const EVENTS: &[QueryParameter] = &[
    integer("after", "Only those after this offset."),
    integer("limit", "How many at most: 1 … 100, by default 50."),
    text("cursor", "Where the page before ended: its `next_cursor`."),
];

const REPORTS: &[QueryParameter] = &[
    integer("from", "From when, in milliseconds since the epoch."),
    integer("to", "Until when."),
    text("group", "By `department` or `agent`."),
    text("bucket", "By `hour` or `day`."),
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
            .gives_other("application/json")
            .later_for_admins(),
        Route::get("read_reports", "/v1/workspaces/{ws}/reports", "Figures over time")
            .query(REPORTS)
            .gives_other("application/json")
            .later_for_admins(),
    ]
}
