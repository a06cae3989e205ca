//! Workspaces: one customer each.

use serde::{Deserialize, Serialize};

use crate::wire_enum::wire_enum;

wire_enum! {
    /// What a customer pays for. It sets the limits.
    pub enum Plan {
        /// One seat, one department.
        Free = "free",
        /// Three seats, one department.
        Starter = "starter",
        /// Five of each.
        Pro = "pro",
        /// Twenty of each.
        Enterprise = "enterprise",
        /// No limit but what root sets.
        Custom = "custom",
    }
}

wire_enum! {
    /// Whether a workspace is served.
    pub enum WorkspaceStatus {
        /// It is.
        Active = "active",
        /// Its sockets are closed, and nobody gets in.
        Suspended = "suspended",
    }
}

wire_enum! {
    /// What becomes of a widget that does not say from where it comes.
    pub enum MissingOrigin {
        /// It may connect.
        Allow = "allow",
        /// It may not.
        Refuse = "refuse",
    }
}

impl Plan {
    /// The limits that come with the plan.
    #[must_use]
    pub fn limits(self) -> PlanLimits {
        let both =
            |seats, departments| PlanLimits { seats: Some(seats), departments: Some(departments) };
        match self {
            Self::Free => both(1, 1),
            Self::Starter => both(3, 1),
            Self::Pro => both(5, 5),
            Self::Enterprise => both(20, 20),
            Self::Custom | Self::Other => PlanLimits::default(),
        }
    }
}

/// How much of each there may be; null is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanLimits {
    /// Active agents and pending invites.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub seats: Option<u32>,
    /// Departments.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub departments: Option<u32>,
}

/// How much of each there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanUsage {
    /// Active agents and pending invites.
    pub seats: u32,
    /// Departments.
    pub departments: u32,
}

/// What a workspace sets for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Settings {
    /// An agent absent for so long is set away; null never.
    pub absent_away_ms: Option<u64>,
    /// An agent without activity for so long is set away; null never.
    pub idle_away_ms: Option<u64>,
    /// How long a session may be held asleep; 0 refuses it.
    pub mobile_hold_ms: u64,
    /// Where conversations go that name no department.
    pub default_department_id: Option<String>,
    /// The origins from which widgets may connect, such as `https://example.org` or
    /// `https://*.example.org`; empty: from anywhere.
    pub allowed_origins: Vec<String>,
    /// What becomes of a widget that says no origin, while only some may connect: browsers always
    /// say one, apps do not.
    pub missing_origin: MissingOrigin,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            absent_away_ms: Some(43_200_000),
            idle_away_ms: None,
            mobile_hold_ms: 0,
            default_department_id: None,
            allowed_origins: Vec::new(),
            missing_origin: MissingOrigin::Allow,
        }
    }
}

/// A workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Workspace {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its plan.
    pub plan: Plan,
    /// What it may have.
    pub limits: PlanLimits,
    /// What it has.
    pub usage: PlanUsage,
    /// The public key of its widget.
    pub site_key: String,
    /// Its public keys before, while they hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub old_site_keys: Vec<OldSiteKey>,
    /// What it sets for itself.
    pub settings: Settings,
    /// Whether it is served.
    pub status: WorkspaceStatus,
    /// When it was made.
    pub created_at: u64,
}

/// A public key that was changed, and still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OldSiteKey {
    /// The key.
    pub site_key: String,
    /// Until when it holds.
    pub valid_until: u64,
}

/// A workspace in root's list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkspaceEntry {
    /// The workspace, field by field.
    #[serde(flatten)]
    pub workspace: Workspace,
    /// Its open sockets.
    pub sockets: u64,
    /// How many wait in all its queues.
    pub queued: u64,
    /// How long the oldest of them has; null when nobody waits.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub oldest_wait_ms: Option<u64>,
}

/// The workspace of a welcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkspaceRef {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}
