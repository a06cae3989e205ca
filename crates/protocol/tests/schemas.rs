//! The schemas that `/openapi.json` is made of say what serde writes.
#![cfg(feature = "openapi")]
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use switchboard_protocol::http::{OpenedConversation, Page, PatchAgent};
use switchboard_protocol::model::{Agent, Availability, Conversation};
use utoipa::{PartialSchema, ToSchema};

fn schema<T: PartialSchema>() -> Value {
    serde_json::to_value(T::schema()).unwrap()
}

#[test]
fn enums_list_what_is_known() {
    assert_eq!(schema::<Availability>(), json!({"type": "string", "enum": ["online", "away"]}));
    assert_eq!(Availability::name(), "Availability");
}

#[test]
fn nulls_that_are_always_there_are_required() {
    let conversation = schema::<Conversation>();
    let required = conversation["required"].as_array().unwrap();
    for field in ["agent", "position", "eta_ms", "reason", "assignment", "attributes"] {
        assert!(required.contains(&json!(field)), "{field}");
    }
    for field in ["offer", "skills", "priority", "external_id"] {
        assert!(!required.contains(&json!(field)), "{field}");
    }
}

#[test]
fn a_patch_is_a_value_or_null() {
    let patch = schema::<PatchAgent>();
    assert_eq!(patch["properties"]["avatar_url"]["type"], json!(["string", "null"]));
    assert!(patch.get("required").is_none());
}

#[test]
fn wrapped_objects_are_flat() {
    assert!(schema::<OpenedConversation>()["allOf"].is_array());
    assert!(schema::<Page<Agent>>()["properties"]["items"].is_object());
}
