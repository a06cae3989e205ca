//! How a department routes.

use serde::{Deserialize, Serialize};

use super::BusinessHours;
use crate::text::FieldError;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// Which of the eligible agents is next.
    pub enum Strategy {
        /// The one with the smallest load for its capacity.
        LeastBusy = "least_busy",
        /// The member after the last one assigned.
        RoundRobin = "round_robin",
        /// The one whose last assignment or close is longest ago.
        LongestIdle = "longest_idle",
    }
}

wire_enum! {
    /// What happens to a conversation when nobody is there.
    pub enum OnUnstaffed {
        /// It waits.
        Queue = "queue",
        /// It is rejected.
        Reject = "reject",
        /// It goes to the fallback department.
        Fallback = "fallback",
    }
}

wire_enum! {
    /// What happens to the conversations of an agent that is gone for too long.
    pub enum OnAgentLost {
        /// They wait again, at their old places.
        Requeue = "requeue",
        /// They stay.
        Keep = "keep",
    }
}

/// The longest duration that is taken: what a double holds exactly.
pub const MAX_DURATION_MS: u64 = 9_007_199_254_740_991;

/// A department's policy, every field of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Policy {
    /// Which of the eligible agents is next.
    pub strategy: Strategy,
    /// How long an offer waits for its answer; null assigns at once.
    pub offer_timeout_ms: Option<u64>,
    /// How long one who declined or missed a conversation is not asked for it again.
    pub decline_cooldown_ms: u64,
    /// What happens when nobody is there.
    pub on_unstaffed: OnUnstaffed,
    /// How many may wait; null is the server's bound.
    pub max_queue: Option<u64>,
    /// How long one may wait here; null is for ever.
    pub max_wait_ms: Option<u64>,
    /// Where it goes after that.
    pub fallback_department_id: Option<String>,
    /// What happens when an agent is gone for too long.
    pub on_agent_lost: OnAgentLost,
    /// How long that is.
    pub reconnect_grace_ms: u64,
    /// How many of this department's one agent holds; null is as many as its capacity allows.
    pub agent_capacity: Option<u32>,
    /// For how long a visitor comes back to the same agent; 0 is off.
    pub sticky_ms: u64,
    /// For how long a closed conversation still counts as load.
    pub wrap_up_ms: u64,
    /// For how long a visitor without a socket keeps its place.
    pub visitor_grace_ms: u64,
    /// When it is open; null is always.
    pub business_hours: Option<BusinessHours>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            strategy: Strategy::LeastBusy,
            offer_timeout_ms: None,
            decline_cooldown_ms: 5_000,
            on_unstaffed: OnUnstaffed::Queue,
            max_queue: None,
            max_wait_ms: None,
            fallback_department_id: None,
            on_agent_lost: OnAgentLost::Requeue,
            reconnect_grace_ms: 30_000,
            agent_capacity: None,
            sticky_ms: 86_400_000,
            wrap_up_ms: 0,
            visitor_grace_ms: 300_000,
            business_hours: None,
        }
    }
}

impl Policy {
    /// Checks every range; the error names the field and what it may be.
    pub fn validate(&self) -> Result<(), FieldError> {
        let unset = |field: &str| Err(FieldError::new(field, "not a known value"));
        if self.strategy == Strategy::Other {
            return unset("strategy");
        }
        if self.on_unstaffed == OnUnstaffed::Other {
            return unset("on_unstaffed");
        }
        if self.on_agent_lost == OnAgentLost::Other {
            return unset("on_agent_lost");
        }
        for (field, value, low, high) in self.durations() {
            if value.is_some_and(|value| value < low || value > high) {
                return Err(FieldError::new(field, format!("not in {low} … {high}")));
            }
        }
        match &self.business_hours {
            Some(hours) => hours.validate(),
            None => Ok(()),
        }
    }

    /// Each duration with its range.
    fn durations(&self) -> [(&'static str, Option<u64>, u64, u64); 7] {
        const HOUR: u64 = 3_600_000;
        const MAX: u64 = MAX_DURATION_MS;
        [
            ("offer_timeout_ms", self.offer_timeout_ms, 100, HOUR),
            ("decline_cooldown_ms", Some(self.decline_cooldown_ms), 0, HOUR),
            ("max_wait_ms", self.max_wait_ms, 100, MAX),
            ("reconnect_grace_ms", Some(self.reconnect_grace_ms), 0, MAX),
            ("sticky_ms", Some(self.sticky_ms), 0, MAX),
            ("wrap_up_ms", Some(self.wrap_up_ms), 0, MAX),
            ("visitor_grace_ms", Some(self.visitor_grace_ms), 0, MAX),
        ]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        Policy::default().validate().unwrap();
    }

    #[test]
    fn a_value_out_of_range_is_named() {
        let policy = Policy { offer_timeout_ms: Some(99), ..Policy::default() };
        let error = policy.validate().unwrap_err();
        assert_eq!(error.to_string(), "offer_timeout_ms: not in 100 … 3600000");
        let policy = Policy { max_wait_ms: Some(0), ..Policy::default() };
        assert_eq!(policy.validate().unwrap_err().field, "max_wait_ms");
        let policy = Policy { wrap_up_ms: u64::MAX, ..Policy::default() };
        assert_eq!(policy.validate().unwrap_err().field, "wrap_up_ms");
    }
}
