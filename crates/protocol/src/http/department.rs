//! Making and changing departments, and the site that the public sees.

use serde::{Deserialize, Serialize};

use super::{Body, Patch};
use crate::model::{
    BusinessHours, Date, OnAgentLost, OnUnstaffed, Opening, Policy, PublicDepartment, Strategy,
};
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
    /// Its place among the departments, from 1; those behind move back. Null: the last.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u32>))]
    pub position: Patch<u32>,
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
    /// See [`Policy::business_hours`]. Null is always open.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<PatchBusinessHours>))]
    pub business_hours: Patch<PatchBusinessHours>,
}

/// Changes of opening hours, field by field; each array is replaced as a whole, and null empties
/// it. Where there are no hours yet, the time zone must be given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchBusinessHours {
    /// See [`BusinessHours::time_zone`]. Not null: hours are always somewhere's.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, required = false))]
    pub time_zone: Patch<String>,
    /// See [`BusinessHours::weekly`].
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<Opening>>))]
    pub weekly: Patch<Vec<Opening>>,
    /// See [`BusinessHours::holidays`].
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<String>>))]
    pub holidays: Patch<Vec<Date>>,
}

impl PatchBusinessHours {
    /// The hours as they are then.
    fn applied(self, before: Option<BusinessHours>) -> Result<BusinessHours, FieldError> {
        let (before, mut weekly, mut holidays) = match before {
            Some(hours) => (Some(hours.time_zone), hours.weekly, hours.holidays),
            None => (None, Vec::new(), Vec::new()),
        };
        let no_zone = |message: &str| FieldError::new("time_zone", message);
        let time_zone = match self.time_zone {
            Patch::Set(time_zone) => time_zone,
            Patch::Clear => return Err(no_zone("it must not be null")),
            Patch::Keep => before.ok_or_else(|| no_zone("the field is missing"))?,
        };
        self.weekly.apply_or(&mut weekly, Vec::new());
        self.holidays.apply_or(&mut holidays, Vec::new());
        Ok(BusinessHours { time_zone, weekly, holidays })
    }
}

impl PatchPolicy {
    /// Changes the policy. Check the outcome with [`Policy::validate`]. Refused, naming the field,
    /// where it leaves opening hours without a time zone; then nothing is changed.
    pub fn apply(self, policy: &mut Policy) -> Result<(), FieldError> {
        match self.business_hours {
            Patch::Keep => {}
            Patch::Clear => policy.business_hours = None,
            Patch::Set(patch) => {
                let hours = patch.applied(policy.business_hours.clone());
                policy.business_hours = Some(hours.map_err(|e| e.within("business_hours"))?);
            }
        }
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
        Ok(())
    }

    /// Every range holds for each field on its own, so a patch can be checked before it is merged,
    /// on any policy. Whether there are hours to be merged with is the one thing that depends.
    fn check(&self, mut policy: Policy) -> Result<(), FieldError> {
        let applied = self.clone().apply(&mut policy).and_then(|()| policy.validate());
        applied.map_err(|error| error.within("policy"))
    }

    /// The same, of a department that may have hours or not.
    fn check_patch(&self) -> Result<(), FieldError> {
        let time_zone = "UTC".to_owned();
        let hours = BusinessHours { time_zone, weekly: Vec::new(), holidays: Vec::new() };
        self.check(Policy { business_hours: Some(hours), ..Policy::default() })
    }
}

impl Body for CreateDepartment {
    fn check(&mut self) -> Result<(), FieldError> {
        if let Some(id) = &self.id {
            text::check_id("id", id)?;
        }
        text::trim_name("name", &mut self.name)?;
        self.policy.as_ref().map_or(Ok(()), |policy| policy.check(Policy::default()))
    }
}

impl Body for PatchDepartment {
    fn check(&mut self) -> Result<(), FieldError> {
        if let Some(name) = &mut self.name {
            text::trim_name("name", name)?;
        }
        if self.position.value() == Some(&0) {
            return Err(FieldError::new("position", "places are counted from 1"));
        }
        self.policy.value().map_or(Ok(()), PatchPolicy::check_patch)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::http::decode_body;

    const WHOLE: &str = r#"{"time_zone":"UTC","weekly":[{"day":"mon","from":"09:00","to":"17:00"}],"holidays":["2026-12-24"]}"#;

    fn changes(hours: &str) -> Result<PatchPolicy, FieldError> {
        let body = format!(r#"{{"policy":{{"business_hours":{hours}}}}}"#);
        let patch: PatchDepartment = decode_body(body.as_bytes())?;
        Ok(patch.policy.value().unwrap().clone())
    }

    /// A policy with the hours that it had, patched.
    fn patched(before: &str, hours: &str) -> Result<Option<BusinessHours>, FieldError> {
        let business_hours = serde_json::from_str(before).unwrap();
        let mut policy = Policy { business_hours, ..Policy::default() };
        changes(hours)?.apply(&mut policy)?;
        Ok(policy.business_hours)
    }

    #[test]
    fn hours_merge_field_by_field() {
        let before: BusinessHours = serde_json::from_str(WHOLE).unwrap();
        for (patch, expected) in [
            ("{}", before.clone()),
            (
                r#"{"time_zone":"Europe/Berlin"}"#,
                BusinessHours { time_zone: "Europe/Berlin".into(), ..before.clone() },
            ),
            (r#"{"weekly":[]}"#, BusinessHours { weekly: Vec::new(), ..before.clone() }),
            (r#"{"weekly":null}"#, BusinessHours { weekly: Vec::new(), ..before.clone() }),
            (r#"{"holidays":null}"#, BusinessHours { holidays: Vec::new(), ..before.clone() }),
            (
                r#"{"holidays":["2027-01-01"]}"#,
                BusinessHours { holidays: vec!["2027-01-01".parse().unwrap()], ..before.clone() },
            ),
        ] {
            assert_eq!(patched(WHOLE, patch).unwrap(), Some(expected), "{patch}");
        }
        let zone_alone = BusinessHours { weekly: Vec::new(), holidays: Vec::new(), ..before };
        assert_eq!(patched("null", r#"{"time_zone":"UTC"}"#).unwrap(), Some(zone_alone));
        assert_eq!(patched(WHOLE, "null").unwrap(), None);
    }

    #[test]
    fn hours_are_never_without_a_zone() {
        let refused = |before, patch| patched(before, patch).unwrap_err().to_string();
        for patch in ["{}", r#"{"weekly":[]}"#, r#"{"holidays":null}"#] {
            let missing = "business_hours.time_zone: the field is missing";
            assert_eq!(refused("null", patch), missing, "{patch}");
            let body = format!(r#"{{"name":"x","policy":{{"business_hours":{patch}}}}}"#);
            let created = decode_body::<CreateDepartment>(body.as_bytes()).unwrap_err();
            assert_eq!(created.to_string(), format!("policy.{missing}"), "{patch}");
        }
        let null = refused(WHOLE, r#"{"time_zone":null}"#);
        assert_eq!(null, "policy.business_hours.time_zone: it must not be null");
        let none = r#"{"weekly":[{"day":"mon","from":"09:00","to":"09:00"}]}"#;
        assert!(refused(WHOLE, none).starts_with("policy.business_hours.weekly: "));
    }
}
