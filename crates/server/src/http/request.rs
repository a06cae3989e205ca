//! A request as handlers see it: parameters, query and body, each with a complaint that names
//! what is wrong.

use std::{net::IpAddr, str::FromStr};

use axum::http::HeaderMap;
use bytes::Bytes;
use switchboard_protocol::{
    FieldError,
    http::{Body, DEFAULT_PAGE, MAX_PAGE, decode_body},
    text,
};

use super::failure::Failure;
use crate::{ask::PageQuery, auth::Bearer, idempotency::Keep};

/// The longest cursor: longer than any of ours.
const MAX_CURSOR_BYTES: usize = 256;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Request {
    /// Who sent it, where a credential was asked for.
    pub(super) caller: Option<Bearer>,
    /// What came in its head.
    pub(super) headers: HeaderMap,
    /// The parameters of the path.
    pub(super) parameters: Vec<(String, String)>,
    /// Those of the query.
    pub(super) query: Vec<(String, String)>,
    /// From where it came.
    pub(super) address: Option<IpAddr>,
    /// Its body.
    pub(super) body: Bytes,
    /// How its answer is kept, where it came with an idempotency key.
    pub(super) keep: Option<Keep>,
}

impl Request {
    /// A parameter of the path; each has been checked to be an id.
    pub(super) fn parameter(&self, name: &str) -> String {
        let found = self.parameters.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// The body.
    pub(super) fn body<T: Body>(&self) -> Result<T, Failure> {
        Ok(decode_body(&self.body)?)
    }

    /// A parameter of the query.
    pub(super) fn query(&self, name: &str) -> Result<Option<&str>, FieldError> {
        let mut found = self.query.iter().filter(|(key, _)| key == name);
        let value = found.next().map(|(_, value)| value.as_str());
        if found.next().is_some() {
            return Err(FieldError::new(name, "is given twice"));
        }
        Ok(value)
    }

    /// An id in the query.
    pub(super) fn id(&self, name: &str) -> Result<Option<String>, FieldError> {
        let id = self.query(name)?;
        id.map(|id| text::check_id(name, id).map(|()| id.to_owned())).transpose()
    }

    /// A value in the query that is read from text.
    pub(super) fn parsed<T: FromStr>(
        &self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, FieldError> {
        let read = |value: &str| value.parse().map_err(|_| FieldError::new(name, expected));
        self.query(name)?.map(read).transpose()
    }

    /// Which page of a list is asked for.
    pub(super) fn page(&self) -> Result<PageQuery, FieldError> {
        let expected = format!("not in 1 … {MAX_PAGE}");
        let limit = self.parsed::<u32>("limit", &expected)?.unwrap_or(DEFAULT_PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(FieldError::new("limit", expected));
        }
        let cursor = self.query("cursor")?.map(ToOwned::to_owned);
        if cursor.as_ref().is_some_and(|cursor| !fits_cursor(cursor)) {
            return Err(FieldError::new("cursor", "not a cursor of this list"));
        }
        Ok(PageQuery { limit: limit as usize, cursor })
    }
}

fn fits_cursor(cursor: &str) -> bool {
    (1..=MAX_CURSOR_BYTES).contains(&cursor.len()) && cursor.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(query: &[(&str, &str)]) -> Request {
        let owned = |(key, value): &(&str, &str)| (String::from(*key), String::from(*value));
        Request { query: query.iter().map(owned).collect(), ..Request::default() }
    }

    #[test]
    fn a_page_is_fifty_unless_said() {
        let page = request(&[]).page().unwrap();
        assert_eq!(page, PageQuery { limit: 50, cursor: None });
        let page = request(&[("limit", "100"), ("cursor", "abc")]).page().unwrap();
        assert_eq!(page, PageQuery { limit: 100, cursor: Some("abc".into()) });
    }

    #[test]
    fn a_bad_page_is_refused_by_name() {
        for limit in ["0", "101", "-1", "", "x", "1.5", "99999999999999999999"] {
            let error = request(&[("limit", limit)]).page().unwrap_err();
            assert_eq!(error.to_string(), "limit: not in 1 … 100");
        }
        for cursor in ["", "a b", "\n", &"x".repeat(257)] {
            let error = request(&[("cursor", cursor)]).page().unwrap_err();
            assert_eq!(error.field, "cursor");
        }
        let twice = request(&[("limit", "1"), ("limit", "2")]).page().unwrap_err();
        assert_eq!(twice.to_string(), "limit: is given twice");
    }
}
