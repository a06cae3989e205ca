//! Making and changing departments, and the site that the public sees.

use serde::{Deserialize, Serialize};

use super::{Body, Patch};
use crate::model::{BusinessHours, OnAgentLost, OnUnstaffed, Policy, PublicDepartment, Strategy};
use crate::text::{self, FieldError};

/// `POST …/departments`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreateDepartment {
    /// Its id; else the server makes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// How it routes, where not by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PatchPolicy>,
}

/// `PATCH …/departments/{id}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchDepartment {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Changes of how it routes; null brings the defaults back.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<PatchPolicy>))]
    pub policy: Patch<PatchPolicy>,
}

/// `GET /v1/site`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Site {
    /// The departments that a visitor may ask.
    pub departments: Vec<PublicDepartment>,
}

/// Changes of a policy, field by field. Null clears: a field that cannot be null takes its
/// default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchPolicy {
    /// See [`Policy::strategy`].
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Strategy>))]
    pub strategy: Patch<Strategy>,
    /// See [`Policy::offer_timeout_ms`].
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub offer_timeout_ms: Patch<u64>,
    /// See [`Policy::decline_cooldown_ms`].
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub decline_cooldown_ms: Patch<u64>,
    /// See [`Policy::on_unstaffed`].
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<OnUnstaffed>))]
    pub on_unstaffed: Patch<OnUnstaffed>,
    /// See [`Policy::max_queue`].
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub max_queue: Patch<u64>,
    /// See [`Policy::max_wait_ms`].
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub max_wait_ms: Patch<u64>,
    /// See [`Policy::fallback_department_id`].
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub fallback_department_id: Patch<String>,
    /// See [`Policy::on_agent_lost`].
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<OnAgentLost>))]
    pub on_agent_lost: Patch<OnAgentLost>,
    /// See [`Policy::reconnect_grace_ms`].
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub reconnect_grace_ms: Patch<u64>,
    /// See [`Policy::agent_capacity`].
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>))]
    pub agent_capacity: Patch<u32>,
    /// See [`Policy::sticky_ms`].
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub sticky_ms: Patch<u64>,
    /// See [`Policy::wrap_up_ms`].
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub wrap_up_ms: Patch<u64>,
    /// See [`Policy::visitor_grace_ms`].
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub visitor_grace_ms: Patch<u64>,
    /// See [`Policy::business_hours`]. Replaced as a whole.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<BusinessHours>))]
    pub business_hours: Patch<BusinessHours>,
}

impl PatchPolicy {
    /// Changes the policy. Check the outcome with [`Policy::validate`].
    pub fn apply(self, policy: &mut Policy) {
        let default = Policy::default();
        self.strategy.apply_or(&mut policy.strategy, default.strategy);
        self.offer_timeout_ms.apply(&mut policy.offer_timeout_ms);
        self.decline_cooldown_ms
            .apply_or(&mut policy.decline_cooldown_ms, default.decline_cooldown_ms);
        self.on_unstaffed.apply_or(&mut policy.on_unstaffed, default.on_unstaffed);
        self.max_queue.apply(&mut policy.max_queue);
        self.max_wait_ms.apply(&mut policy.max_wait_ms);
        self.fallback_department_id.apply(&mut policy.fallback_department_id);
        self.on_agent_lost.apply_or(&mut policy.on_agent_lost, default.on_agent_lost);
        self.reconnect_grace_ms
            .apply_or(&mut policy.reconnect_grace_ms, default.reconnect_grace_ms);
        self.agent_capacity.apply(&mut policy.agent_capacity);
        self.sticky_ms.apply_or(&mut policy.sticky_ms, default.sticky_ms);
        self.wrap_up_ms.apply_or(&mut policy.wrap_up_ms, default.wrap_up_ms);
        self.visitor_grace_ms.apply_or(&mut policy.visitor_grace_ms, default.visitor_grace_ms);
        self.business_hours.apply(&mut policy.business_hours);
    }

    /// Every range holds for each field on its own, so a patch can be checked before it is merged.
    fn check(&self) -> Result<(), FieldError> {
        let mut policy = Policy::default();
        self.clone().apply(&mut policy);
        policy.validate().map_err(|error| error.within("policy"))
    }
}

impl Body for CreateDepartment {
    fn check(&mut self) -> Result<(), FieldError> {
        if let Some(id) = &self.id {
            text::check_id("id", id)?;
        }
        text::trim_name("name", &mut self.name)?;
        self.policy.as_ref().map_or(Ok(()), PatchPolicy::check)
    }
}

impl Body for PatchDepartment {
    fn check(&mut self) -> Result<(), FieldError> {
        if let Some(name) = &mut self.name {
            text::trim_name("name", name)?;
        }
        self.policy.value().map_or(Ok(()), PatchPolicy::check)
    }
}
