//! What goes wrong with a request, and the problem document that it becomes.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use serde::Serialize;
use switchboard_protocol::{
    ErrorCode, FieldError,
    http::{PROBLEM_MEDIA_TYPE, Problem},
    model::{PlanLimits, PlanUsage},
};

use crate::ask::ApiError;

/// When to come back where nobody said.
const DEFAULT_RETRY_MS: u64 = 1_000;

/// Why a request is not answered as it would like.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A field cannot be taken.
    Field(FieldError),
    /// Anything else.
    Api(ApiError),
}

impl Failure {
    /// A failure with a code and a sentence.
    pub(crate) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self::Api(ApiError::new(code, detail))
    }

    /// The thing is not there, or not for this caller to see.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::Api(ApiError::not_found(what))
    }
}

impl From<FieldError> for Failure {
    fn from(error: FieldError) -> Self {
        Self::Field(error)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

/// A problem with what some kinds of it add.
#[derive(Serialize)]
struct Document {
    #[serde(flatten)]
    problem: Problem,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<PlanLimits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<PlanUsage>,
}

/// A failure ready to be sent, or kept for a repeat of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProblemBody {
    pub(super) code: ErrorCode,
    pub(super) retry_after_ms: Option<u64>,
    pub(super) json: Vec<u8>,
}

impl From<Failure> for ProblemBody {
    fn from(failure: Failure) -> Self {
        let (problem, plan) = match failure {
            Failure::Field(error) => (Problem::bad_field(error), None),
            Failure::Api(error) => {
                let mut problem = Problem::new(error.code, error.detail);
                problem.retry_after_ms = retry_after(error.code, error.retry_after_ms);
                (problem, error.plan)
            }
        };
        let (code, retry_after_ms) = (problem.code, problem.retry_after_ms);
        let (limits, usage) = plan.unzip();
        let json = serde_json::to_vec(&Document { problem, limits, usage }).unwrap_or_default();
        Self { code, retry_after_ms, json }
    }
}

fn retry_after(code: ErrorCode, asked: Option<u64>) -> Option<u64> {
    match code {
        ErrorCode::RateLimited | ErrorCode::Overloaded => Some(asked.unwrap_or(DEFAULT_RETRY_MS)),
        _ => asked,
    }
}

impl ProblemBody {
    pub(super) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.json));
        *response.status_mut() =
            StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut set = |name: HeaderName, value| response.headers_mut().insert(name, value);
        set(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_MEDIA_TYPE));
        if self.code == ErrorCode::Unauthenticated {
            set(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(ms) = self.retry_after_ms {
            set(header::RETRY_AFTER, HeaderValue::from(ms.div_ceil(1_000).max(1)));
        }
        response
    }
}

/// A failure as the response that it is.
pub(super) fn respond(failure: Failure) -> Response {
    ProblemBody::from(failure).into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document(failure: Failure) -> Value {
        serde_json::from_slice(&ProblemBody::from(failure).json).unwrap()
    }

    #[test]
    fn a_problem_says_what_and_why() {
        let expected = json!({
            "type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found",
            "detail": "there is no such agent",
        });
        assert_eq!(document(Failure::not_found("agent")), expected);
    }

    #[test]
    fn a_bad_field_is_named() {
        let problem = document(FieldError::new("policy.max_wait_ms", "too small").into());
        assert_eq!(problem["code"], "bad_request");
        assert_eq!(
            problem["errors"],
            json!([{"field": "policy.max_wait_ms", "message": "too small"}])
        );
    }

    #[test]
    fn a_plan_too_small_shows_both() {
        let mut error = ApiError::new(ErrorCode::PlanTooSmall, "there are more");
        error.plan = Some((
            PlanLimits { seats: Some(1), departments: None },
            PlanUsage { seats: 3, departments: 2 },
        ));
        let problem = document(error.into());
        assert_eq!(problem["status"], 409);
        assert_eq!(problem["limits"], json!({"seats": 1, "departments": null}));
        assert_eq!(problem["usage"], json!({"seats": 3, "departments": 2}));
    }

    #[test]
    fn headers_go_with_the_code() {
        let response = respond(Failure::new(ErrorCode::Unauthenticated, "who?"));
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer");
        assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_MEDIA_TYPE);
        let mut error = ApiError::new(ErrorCode::RateLimited, "slowly");
        error.retry_after_ms = Some(1_001);
        let response = respond(error.into());
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        let response = respond(Failure::new(ErrorCode::Overloaded, "busy"));
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }
}
