//! What a department's admins decide: how its conversations are routed.

use serde::{Deserialize, Serialize};

use crate::DepartmentId;

/// Who, of the eligible agents, is taken first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Smallest load ÷ capacity; ties go to whom the last assignment is longest ago (never:
    /// first), then by id.
    #[default]
    LeastBusy,
    /// The member after the one assigned last in this department, in joining order.
    RoundRobin,
    /// Whose last assignment or close, whichever is later, is longest ago.
    LongestIdle,
}

/// What an open meets where the department is closed or no member is online and present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnstaffed {
    /// It waits.
    #[default]
    Queue,
    /// It is rejected, `no_agents_online`.
    Reject,
    /// It goes on to the fallback department; without one it waits.
    Fallback,
}

/// What becomes of conversations whose agent stays lost past the grace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnAgentLost {
    /// They go back to the queue, at their original place.
    #[default]
    Requeue,
    /// They stay with the agent.
    Keep,
}

/// One weekly opening time. The shell interprets it; the core only keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningTime {
    /// `mon` … `sun`.
    pub day: String,
    /// `HH:MM`, local.
    pub from: String,
    /// `HH:MM`, local; `24:00` is the end of the day.
    pub to: String,
}

/// When a department is open. Kept, not interpreted: time zones are the shell's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusinessHours {
    /// IANA name.
    pub time_zone: String,
    /// Opening times of a week.
    pub weekly: Vec<OpeningTime>,
    /// Closed days, `YYYY-MM-DD`.
    pub holidays: Vec<String>,
}

/// The routing policy of a department (contract, section 6). Durations are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// Who is taken first.
    pub strategy: Strategy,
    /// How long an agent has to accept; none: assigned at once.
    pub offer_timeout_ms: Option<u64>,
    /// How long who declined or missed an offer is not asked again for that conversation.
    pub decline_cooldown_ms: u64,
    /// What an open meets where nobody is there.
    pub on_unstaffed: OnUnstaffed,
    /// The longest queue; none, and at the most: [`crate::MAX_QUEUE`].
    pub max_queue: Option<u32>,
    /// The longest wait.
    pub max_wait_ms: Option<u64>,
    /// Where conversations go that this department cannot take.
    pub fallback_department_id: Option<DepartmentId>,
    /// What becomes of a lost agent's conversations.
    pub on_agent_lost: OnAgentLost,
    /// How long a lost agent may take to come back.
    pub reconnect_grace_ms: u64,
    /// The most conversations of this department on one agent.
    pub agent_capacity: Option<u32>,
    /// How long a returning visitor is led to the same agent; 0 is off.
    pub sticky_ms: u64,
    /// How long a closed conversation still counts as load.
    pub wrap_up_ms: u64,
    /// How long a visitor who left keeps the place.
    pub visitor_grace_ms: u64,
    /// When the department is open; none: always.
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
