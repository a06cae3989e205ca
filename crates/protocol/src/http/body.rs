//! Reading a request's body.

use serde::de::DeserializeOwned;

use crate::codec::{self, Encoding};
use crate::scan;
use crate::text::FieldError;

/// A body that can be asked whether it can be taken.
pub trait Body: DeserializeOwned {
    /// Checks every bound that the kinds of its fields don't tell, and trims names.
    fn check(&mut self) -> Result<(), FieldError> {
        Ok(())
    }
}

/// Reads a JSON body. The error names the field; its `field` is empty where it is not one field's
/// fault. An empty body reads as `{}`.
pub fn decode_body<T: Body>(bytes: &[u8]) -> Result<T, FieldError> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    let (_, scanned) = scan::scan(bytes, Encoding::Json);
    scanned.map_err(|fault| FieldError::new("", fault.to_string()))?;
    // Else a list would be read as the fields in their order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(FieldError::new("", "not an object"));
    }
    let mut body: T = codec::read_strict(bytes, Encoding::Json)?;
    body.check()?;
    Ok(body)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::http::{
        CreateAgent, CreateDepartment, CreateToken, OpenConversation, Patch, PatchAgent,
        PatchDepartment, PatchWorkspace, SetAvailability,
    };
    use crate::model::Policy;

    fn refusal<T: Body>(json: &str) -> String {
        decode_body::<T>(json.as_bytes()).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn complaints_name_the_field() {
        for (found, expected) in [
            (
                refusal::<CreateDepartment>(r#"{"name":"x","policy":{"max_queue":"y"}}"#),
                r#"policy.max_queue: invalid type: string "y", expected u64"#,
            ),
            (refusal::<CreateAgent>(r#"{"email":"a@b"}"#), "name: the field is missing"),
            (
                refusal::<CreateAgent>(r#"{"email":3}"#),
                "email: invalid type: integer `3`, expected a string",
            ),
            (
                refusal::<SetAvailability>(r#"{"availability":"other"}"#),
                "availability: invalid value: string \"other\", expected one of `online` `away`",
            ),
            (
                refusal::<SetAvailability>(r#"{"availability":1}"#),
                "availability: invalid type: integer `1`, expected one of `online` `away`",
            ),
            (
                refusal::<CreateDepartment>(r#"{"name":"x","policy":{"offer_timeout_ms":1}}"#),
                "policy.offer_timeout_ms: not in 100 … 3600000",
            ),
            (
                refusal::<CreateDepartment>(
                    r#"{"name":"x","policy":{"business_hours":{"time_zone":"UTC","weekly":[{"day":"mon","from":"9","to":"10:00"}]}}}"#,
                ),
                "policy.business_hours.weekly.from: not a time of day such as 09:30",
            ),
            (
                refusal::<CreateToken>(r#"{"ttl_ms":-1}"#),
                "ttl_ms: invalid value: integer `-1`, expected u64",
            ),
            (
                refusal::<OpenConversation>(r#"{"visitor":[]}"#),
                "visitor: invalid type: sequence, expected a map",
            ),
            (
                refusal::<OpenConversation>(r#"{"visitor":{"email":"x"}}"#),
                "visitor.email: not an e-mail address",
            ),
            (
                refusal::<OpenConversation>(r#"{"attributes":{"a":[]}}"#),
                "attributes: invalid type: sequence, expected a string, an integer, a finite number or a boolean",
            ),
            (refusal::<CreateToken>("[]"), "the message is not a map"),
            (refusal::<CreateToken>("{"), "the message ends too early"),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let token: CreateToken = decode_body(br#"{"ttl_ms":5,"":1,"x":{"y":[]}}"#).unwrap();
        assert_eq!(token.ttl_ms, Some(5));
        assert_eq!(decode_body::<CreateToken>(b"").unwrap(), CreateToken::default());
    }

    #[test]
    fn a_patch_tells_absent_from_null() {
        let patch: PatchAgent = decode_body(br#"{"avatar_url":null,"capacity":0}"#).unwrap();
        assert_eq!(patch.avatar_url, Patch::Clear);
        assert_eq!(patch.capacity, Patch::Set(0));
        assert_eq!(patch.external_id, Patch::Keep);
        let patch: PatchWorkspace = decode_body(br#"{"limits":{"seats":null}}"#).unwrap();
        assert_eq!(patch.limits.value().unwrap().seats, Patch::Clear);
    }

    #[test]
    fn a_policy_merges_field_by_field() {
        let mut policy = Policy { max_wait_ms: Some(500), sticky_ms: 0, ..Policy::default() };
        let body = br#"{"policy":{"max_wait_ms":null,"max_queue":3,"strategy":"round_robin"}}"#;
        let patch: PatchDepartment = decode_body(body).unwrap();
        let Patch::Set(changes) = patch.policy else { unreachable!() };
        changes.apply(&mut policy).unwrap();
        assert_eq!(policy.max_wait_ms, None);
        assert_eq!(policy.max_queue, Some(3));
        assert_eq!(policy.sticky_ms, 0);
    }
}
