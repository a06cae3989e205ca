//! Errors (RFC 9457) and pages of lists.

use serde::{Deserialize, Serialize};

use crate::code::ErrorCode;
use crate::text::FieldError;

/// A problem document: what every HTTP error answers with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// What sort of problem; `about:blank` where `code` says it all.
    #[serde(rename = "type")]
    pub kind: String,
    /// The sort, for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// This case, for people.
    pub detail: String,
    /// The sort, for programs.
    pub code: ErrorCode,
    /// Which request it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The fields that cannot be taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<FieldError>>,
    /// When to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Problem {
    /// A problem with this code; the status goes with it.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: title(code.status()).to_owned(),
            status: code.status(),
            detail: detail.into(),
            code,
            instance: None,
            errors: None,
            retry_after_ms: None,
        }
    }

    /// A body that cannot be taken because of one field.
    #[must_use]
    pub fn bad_field(error: FieldError) -> Self {
        let mut problem = Self::new(ErrorCode::BadRequest, error.to_string());
        if !error.field.is_empty() {
            problem.errors = Some(vec![error]);
        }
        problem
    }

    /// The same, to be tried again after so long.
    #[must_use]
    pub fn retry_after(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }
}

/// `about:blank` asks for the status's own phrase as the title.
fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// What to ask the next page with; null on the last.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page that is all there is.
    #[must_use]
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }
}
