//! A policy as the wire writes it, for the engine: field by field, as in the server.

use switchboard_protocol::model;
use switchboard_routing as core;

/// The engine's form. Opening hours are left out: a recording says when they began and ended.
pub(super) fn to_core(policy: &model::Policy) -> core::Policy {
    core::Policy {
        strategy: match policy.strategy {
            model::Strategy::LeastBusy | model::Strategy::Other => core::Strategy::LeastBusy,
            model::Strategy::RoundRobin => core::Strategy::RoundRobin,
            model::Strategy::LongestIdle => core::Strategy::LongestIdle,
        },
        offer_timeout_ms: policy.offer_timeout_ms,
        decline_cooldown_ms: policy.decline_cooldown_ms,
        on_unstaffed: match policy.on_unstaffed {
            model::OnUnstaffed::Queue | model::OnUnstaffed::Other => core::OnUnstaffed::Queue,
            model::OnUnstaffed::Reject => core::OnUnstaffed::Reject,
            model::OnUnstaffed::Fallback => core::OnUnstaffed::Fallback,
        },
        max_queue: policy.max_queue.map(|most| u32::try_from(most).unwrap_or(core::MAX_QUEUE)),
        max_wait_ms: policy.max_wait_ms,
        fallback_department_id: policy.fallback_department_id.as_deref().map(Into::into),
        on_agent_lost: match policy.on_agent_lost {
            model::OnAgentLost::Requeue | model::OnAgentLost::Other => core::OnAgentLost::Requeue,
            model::OnAgentLost::Keep => core::OnAgentLost::Keep,
        },
        reconnect_grace_ms: policy.reconnect_grace_ms,
        agent_capacity: policy.agent_capacity,
        sticky_ms: policy.sticky_ms,
        wrap_up_ms: policy.wrap_up_ms,
        visitor_grace_ms: policy.visitor_grace_ms,
        business_hours: None,
    }
}
