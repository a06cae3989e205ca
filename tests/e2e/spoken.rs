//! What agents hear of conversations, checked in full, and what they say to them.

use serde_json::{Value, json};

use crate::ws::{Ws, check_fields};

/// The next push, which is an offer; gives the conversation.
pub async fn offered(ws: &mut Ws) -> Value {
    let push = ws.push("conversation.offered").await;
    check_fields(&push, &["type", "seq", "conversation"]);
    let conversation = push["conversation"].clone();
    assert_eq!(conversation["state"], "offered", "{conversation}");
    assert!(conversation["offer"]["id"].as_str().unwrap().starts_with("off_"), "{conversation}");
    conversation
}

/// The next push, which gives a conversation to whoever listens.
pub async fn given(ws: &mut Ws) -> Value {
    let push = ws.push("conversation.assigned").await;
    check_fields(&push, &["type", "seq", "conversation"]);
    assert_eq!(push["conversation"]["state"], "assigned", "{push}");
    push["conversation"].clone()
}

/// The next push, which takes this offer back.
pub async fn withdrawn(ws: &mut Ws, offer: &Value, reason: &str) {
    let push = ws.push("offer.withdrawn").await;
    check_withdrawn(&push, offer, reason);
}

/// A push that takes this offer back.
#[track_caller]
pub fn check_withdrawn(push: &Value, offer: &Value, reason: &str) {
    check_fields(push, &["type", "seq", "conversation_id", "revision", "offer_id", "reason"]);
    assert_eq!((&push["conversation_id"], &push["reason"]), (&offer["id"], &json!(reason)));
    assert_eq!(push["offer_id"], offer["offer"]["id"]);
    assert!(push["revision"].as_u64() > offer["revision"].as_u64(), "{push}");
}

/// The next push, which takes this conversation away.
pub async fn released(ws: &mut Ws, conversation: &Value, reason: &str) {
    let push = ws.push("conversation.released").await;
    check_fields(&push, &["type", "seq", "conversation_id", "revision", "reason"]);
    assert_eq!((&push["conversation_id"], &push["reason"]), (&conversation["id"], &json!(reason)));
    assert!(push["revision"].as_u64() > conversation["revision"].as_u64(), "{push}");
}

/// The next sequenced pushes, one of each kind, in whatever order they come; in this one.
pub async fn each(ws: &mut Ws, kinds: &[&str]) -> Vec<Value> {
    let mut found = vec![Value::Null; kinds.len()];
    while found.contains(&Value::Null) {
        let said = ws.recv().await;
        if said.get("seq").is_none() {
            continue;
        }
        let index = kinds.iter().zip(&found).position(|(k, f)| said["type"] == *k && f.is_null());
        let index = index.unwrap_or_else(|| panic!("{kinds:?} were waited for: {said}"));
        found[index] = said;
    }
    found
}

/// What says yes to an offer.
pub fn accept(offer: &Value) -> Value {
    answer("conversation.accept", offer)
}

/// What says no to an offer.
pub fn decline(offer: &Value) -> Value {
    answer("conversation.decline", offer)
}

fn answer(kind: &str, offer: &Value) -> Value {
    json!({"type": kind, "conversation_id": offer["id"], "offer_id": offer["offer"]["id"]})
}

/// What says which offer is meant, over HTTP.
pub fn offer_id(offer: &Value) -> Value {
    json!({"offer_id": offer["offer"]["id"]})
}

/// What asks something of a conversation and needs no more than its id.
pub fn about(kind: &str, conversation: &Value) -> Value {
    json!({"type": kind, "conversation_id": conversation["id"]})
}

/// What gives a conversation away.
pub fn transfer(conversation: &Value, to: Value) -> Value {
    let mut body = about("conversation.transfer", conversation);
    for (field, value) in to.as_object().unwrap() {
        body[field] = value.clone();
    }
    body
}
