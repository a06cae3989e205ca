//! Reports: what happened over time, by department or by agent. What each figure counts is in
//! `docs/reports.md`.

use serde::{Deserialize, Serialize};

use crate::wire_enum::wire_enum;

wire_enum! {
    /// By what a report's figures are grouped.
    pub enum ReportGroup {
        /// By department.
        Department = "department",
        /// By agent.
        Agent = "agent",
    }
}

wire_enum! {
    /// The spans of time of a report, in UTC.
    pub enum ReportBucket {
        /// Hours.
        Hour = "hour",
        /// Days.
        Day = "day",
    }
}

impl ReportBucket {
    /// How long one is, in milliseconds.
    #[must_use]
    pub fn ms(self) -> u64 {
        match self {
            Self::Hour | Self::Other => 3_600_000,
            Self::Day => 24 * 3_600_000,
        }
    }
}

/// Figures over time: `GET …/reports`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// From when: the beginning of the first bucket.
    pub from: u64,
    /// Until when: the end of the last bucket, which may not be over yet.
    pub to: u64,
    /// The spans of time.
    pub bucket: ReportBucket,
    /// Whose figures they are.
    pub group: ReportGroup,
    /// By time, then by id. Where nothing happened, there is no item.
    pub items: Vec<ReportItem>,
    /// The same figures over all items.
    pub totals: ReportFigures,
}

/// The figures of one department or agent in one bucket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportItem {
    /// When the bucket begins.
    pub at: u64,
    /// The department, where they are grouped by department; it may be deleted by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department_id: Option<String>,
    /// The agent, where they are grouped by agent; it may be removed by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
    /// The figures.
    #[serde(flatten)]
    pub figures: ReportFigures,
}

/// What happened. Durations are milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportFigures {
    /// Conversations that arrived; of an agent 0.
    pub opened: u64,
    /// Assignments.
    pub assigned: u64,
    /// Conversations that were closed; of an agent those that it held.
    pub closed: u64,
    /// Conversations that were rejected; of an agent 0.
    pub rejected: u64,
    /// Of those closed, the ones that their visitors gave up while they waited; of an agent 0.
    pub abandoned: u64,
    /// Half of those who were assigned waited no longer; null where nobody was.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub wait_p50_ms: Option<u64>,
    /// 90 of 100 waited no longer.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub wait_p90_ms: Option<u64>,
    /// 99 of 100 waited no longer.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub wait_p99_ms: Option<u64>,
    /// How long those assignments took that ended, together.
    pub handle_ms: u64,
    /// How many assignments ended.
    pub handled: u64,
    /// Offers that nobody answered in time.
    pub missed_offers: u64,
    /// How long agents were online and present; of a department, its members together.
    pub online_ms: u64,
    /// In which share of that they held something, 0 to 1; of a department, something of its own.
    /// Null where nobody was online.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub occupancy: Option<f64>,
}
