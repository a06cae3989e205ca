//! Making and changing workspaces.

use serde::{Deserialize, Serialize};

use super::{Body, Patch};
use crate::model::{MAX_DURATION_MS, MissingOrigin, Plan, PlanLimits, Settings, WorkspaceStatus};
use crate::text::{self, FieldError};

/// `POST /v1/workspaces`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateWorkspace {
    /// Its id; else the server makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its plan.
    pub plan: Plan,
}

/// `PATCH /v1/workspaces/{ws}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchWorkspace {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its plan. Root's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// Its limits, other than the plan's; null brings the plan's back. Root's.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<PatchLimits>))]
    pub limits: Patch<PatchLimits>,
    /// Whether it is served. Root's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<WorkspaceStatus>,
    /// What it sets for itself; null brings the defaults back.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<PatchSettings>))]
    pub settings: Patch<PatchSettings>,
}

/// Changes of the limits; null is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchLimits {
    /// Seats.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>))]
    pub seats: Patch<u32>,
    /// Departments.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>))]
    pub departments: Patch<u32>,
}

/// Changes of the settings; null is off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchSettings {
    /// An agent absent for so long is set away.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub absent_away_ms: Patch<u64>,
    /// An agent without activity for so long is set away.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub idle_away_ms: Patch<u64>,
    /// How long a session may be held asleep.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub mobile_hold_ms: Patch<u64>,
    /// Where conversations go that name no department.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub default_department_id: Patch<String>,
    /// The origins from which widgets may connect, all of them; null: from anywhere.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<String>>))]
    pub allowed_origins: Patch<Vec<String>>,
    /// What becomes of a widget that says no origin.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<MissingOrigin>))]
    pub missing_origin: Patch<MissingOrigin>,
}

impl PatchLimits {
    /// Changes the limits.
    pub fn apply(self, limits: &mut PlanLimits) {
        self.seats.apply(&mut limits.seats);
        self.departments.apply(&mut limits.departments);
    }
}

impl PatchSettings {
    /// Changes the settings.
    pub fn apply(self, settings: &mut Settings) {
        self.absent_away_ms.apply(&mut settings.absent_away_ms);
        self.idle_away_ms.apply(&mut settings.idle_away_ms);
        // Nobody is idle for no time at all: it is off.
        settings.idle_away_ms = settings.idle_away_ms.filter(|ms| *ms > 0);
        self.mobile_hold_ms.apply_or(&mut settings.mobile_hold_ms, 0);
        self.default_department_id.apply(&mut settings.default_department_id);
        self.allowed_origins.apply_or(&mut settings.allowed_origins, Vec::new());
        self.missing_origin.apply_or(&mut settings.missing_origin, MissingOrigin::Allow);
    }
}

impl Body for CreateWorkspace {
    fn check(&mut self) -> Result<(), FieldError> {
        if let Some(id) = &self.id {
            text::check_id("id", id)?;
        }
        text::trim_name("name", &mut self.name)
    }
}

impl Body for PatchWorkspace {
    fn check(&mut self) -> Result<(), FieldError> {
        if let Some(name) = &mut self.name {
            text::trim_name("name", name)?;
        }
        let Patch::Set(settings) = &self.settings else { return Ok(()) };
        let durations = [
            ("settings.absent_away_ms", settings.absent_away_ms),
            ("settings.idle_away_ms", settings.idle_away_ms),
            ("settings.mobile_hold_ms", settings.mobile_hold_ms),
        ];
        for (field, duration) in durations {
            if matches!(duration, Patch::Set(ms) if ms > MAX_DURATION_MS) {
                return Err(FieldError::new(field, format!("not in 0 … {MAX_DURATION_MS}")));
            }
        }
        let origins = settings.allowed_origins.value();
        origins.map_or(Ok(()), |all| text::check_origins("settings.allowed_origins", all))
    }
}
