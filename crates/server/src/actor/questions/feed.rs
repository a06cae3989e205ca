//! The event feed.

use switchboard_protocol::{ErrorCode, http, model};

use super::Rights;
use crate::{
    actor::worker::Worker,
    ask::{Answer, ApiError, PageQuery},
    convert::event_of,
    registry::bad_cursor,
};

impl Worker {
    pub(super) fn events(
        &self,
        rights: &Rights,
        after: Option<u64>,
        page: &PageQuery,
    ) -> Result<Answer, ApiError> {
        rights.admin()?;
        let mut after = match &page.cursor {
            None => after.unwrap_or(0),
            Some(cursor) => cursor.parse().map_err(|_| bad_cursor())?,
        };
        let mut items: Vec<model::Event> = Vec::new();
        // Some records are not public: it is read on until the page is full and one more.
        while items.len() <= page.limit {
            let records = self.store.read(&self.id, after, page.limit + 1);
            let records = records.map_err(|e| ApiError::new(ErrorCode::Internal, e.to_string()))?;
            let Some(last) = records.last() else { break };
            after = last.position;
            let public = |record| event_of(record, self.public_ids());
            items.extend(records.iter().map(AsRef::as_ref).filter_map(public));
        }
        let more = items.len() > page.limit;
        items.truncate(page.limit);
        let next_cursor = items.last().filter(|_| more).map(|event| event.offset.to_string());
        Ok(Answer::ok(http::Page { items, next_cursor }))
    }
}
