//! Policies.

use switchboard_protocol::model;
use switchboard_routing as core;

use super::{ToCore, ToWire};

/// A department's policy as the wire writes it.
pub(crate) fn policy_to_wire(policy: &core::Policy) -> model::Policy {
    model::Policy {
        strategy: policy.strategy.to_wire(),
        offer_timeout_ms: policy.offer_timeout_ms,
        decline_cooldown_ms: policy.decline_cooldown_ms,
        on_unstaffed: policy.on_unstaffed.to_wire(),
        max_queue: policy.max_queue.map(u64::from),
        max_wait_ms: policy.max_wait_ms,
        fallback_department_id: policy.fallback_department_id.as_ref().map(ToString::to_string),
        on_agent_lost: policy.on_agent_lost.to_wire(),
        reconnect_grace_ms: policy.reconnect_grace_ms,
        agent_capacity: policy.agent_capacity,
        sticky_ms: policy.sticky_ms,
        wrap_up_ms: policy.wrap_up_ms,
        visitor_grace_ms: policy.visitor_grace_ms,
        business_hours: policy.business_hours.as_ref().and_then(carry_over),
    }
}

/// A checked policy of the wire's, as the core has it.
pub(crate) fn policy_from_wire(policy: model::Policy) -> core::Policy {
    let default = core::Policy::default();
    core::Policy {
        strategy: policy.strategy.to_core().unwrap_or(default.strategy),
        offer_timeout_ms: policy.offer_timeout_ms,
        decline_cooldown_ms: policy.decline_cooldown_ms,
        on_unstaffed: policy.on_unstaffed.to_core().unwrap_or(default.on_unstaffed),
        // More than the server's own bound is that bound.
        max_queue: policy
            .max_queue
            .map(|max| u32::try_from(max).map_or(core::MAX_QUEUE, |max| max.min(core::MAX_QUEUE))),
        max_wait_ms: policy.max_wait_ms,
        fallback_department_id: policy.fallback_department_id.map(Into::into),
        on_agent_lost: policy.on_agent_lost.to_core().unwrap_or(default.on_agent_lost),
        reconnect_grace_ms: policy.reconnect_grace_ms,
        agent_capacity: policy.agent_capacity,
        sticky_ms: policy.sticky_ms,
        wrap_up_ms: policy.wrap_up_ms,
        visitor_grace_ms: policy.visitor_grace_ms,
        business_hours: policy.business_hours.as_ref().and_then(carry_over),
    }
}

/// Opening hours are written alike on both sides, and are data to both.
fn carry_over<A: serde::Serialize, B: serde::de::DeserializeOwned>(hours: &A) -> Option<B> {
    serde_json::from_value(serde_json::to_value(hours).ok()?).ok()
}
