//! Refusals.

use switchboard_protocol::ErrorCode;
use switchboard_routing::Refusal;

use crate::ask::ApiError;

/// What a caller is told of a refusal.
pub(crate) fn refused(refusal: Refusal) -> ApiError {
    let code = match refusal {
        Refusal::NotFound(_) => ErrorCode::NotFound,
        Refusal::Forbidden | Refusal::Suspended => ErrorCode::Forbidden,
        Refusal::KeyReused => ErrorCode::Conflict,
        Refusal::IdTaken(_) => ErrorCode::IdTaken,
        Refusal::SeatLimit => ErrorCode::SeatLimit,
        Refusal::DepartmentLimit => ErrorCode::DepartmentLimit,
        Refusal::PlanTooSmall => ErrorCode::PlanTooSmall,
        Refusal::LastAdmin => ErrorCode::LastAdmin,
        Refusal::OfferExpired => ErrorCode::OfferExpired,
        Refusal::AlreadyTaken => ErrorCode::AlreadyTaken,
        Refusal::AtCapacity => ErrorCode::AtCapacity,
        Refusal::NotEligible(_) => ErrorCode::NotEligible,
        Refusal::NoAgentsOnline => ErrorCode::NoAgentsOnline,
        Refusal::QueueFull => ErrorCode::QueueFull,
        Refusal::NotEnded => ErrorCode::Conflict,
        Refusal::NoLeave => ErrorCode::Forbidden,
        Refusal::DepartmentRequired => ErrorCode::BadRequest,
    };
    ApiError::new(code, refusal.to_string())
}
