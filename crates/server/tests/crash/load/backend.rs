//! The host's back end, as root: it opens, gives, hands on, closes and reopens over HTTP.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{AGENTS, DEPARTMENTS, Turn};
use crate::{
    http::{Call, Caller},
    process::ROOT,
    seen::{Deed, Keyed},
    session::Memory,
};

/// Visitors whom the back end knows by its own ids.
const VISITORS: u64 = 12;

/// Calls until the server is gone, or it is enough.
pub(crate) async fn backend(addr: SocketAddr, workspace: String, memory: Memory, mut turn: Turn) {
    let mut caller = Caller::new(addr, ROOT);
    while turn.goes_on() {
        let Some((path, body, deed)) = wish(&memory, &mut turn) else { continue };
        let mut call = Call::new("POST", format!("/v1/workspaces/{workspace}{path}"), body);
        let keyed = turn.rng.permille(500);
        call.key = keyed.then(|| format!("i{}", turn.fresh()));
        if !perform(&mut caller, &memory, call, deed).await {
            return;
        }
        turn.think().await;
    }
}

/// Asks, and remembers what came of it; whether an answer came.
pub(crate) async fn perform(caller: &mut Caller, memory: &Memory, call: Call, deed: Deed) -> bool {
    let ask = memory.lock().ask("root", None, deed);
    let again = call.key.is_some() || call.body["key"].is_string();
    let kept = again.then(|| {
        let mut seen = memory.lock();
        seen.keyed.push(Keyed { call: call.clone(), answer: None, ask, register: None });
        seen.keyed.len() - 1
    });
    let Some(answer) = caller.call(call).await else { return false };
    let mut seen = memory.lock();
    match answer.is_done() {
        true => seen.done(ask, conversation_in(&answer.json)),
        false => seen.refused(ask),
    }
    if let Some(kept) = kept {
        seen.keyed[kept].answer = Some(answer);
    }
    true
}

/// The body where it is a conversation.
pub(crate) fn conversation_in(body: &Value) -> &Value {
    if body["revision"].is_u64() { body } else { &Value::Null }
}

fn wish(memory: &Memory, turn: &mut Turn) -> Option<(String, Value, Deed)> {
    let lot = turn.rng.below(100);
    if lot < 40 {
        return Some(open(turn));
    }
    let among: &[&str] = match lot {
        40..70 => &["queued", "offered", "assigned"],
        70..80 => &["queued", "offered"],
        80..90 => &["assigned"],
        _ => &["closed"],
    };
    let id = memory.lock().pick(&mut turn.rng, among)?;
    let (what, body, event) = match lot {
        40..70 => ("close", Value::Null, "conversation.closed"),
        70..80 => {
            let body = json!({"agent_id": turn.pick(&AGENTS), "force": turn.rng.permille(500)});
            ("assign", body, "conversation.assigned")
        }
        80..85 => {
            let body = json!({"agent_id": turn.pick(&AGENTS), "force": true, "comment": "yours"});
            ("transfer", body, "conversation.transferred")
        }
        85..90 => {
            let body = json!({"department_id": turn.pick(&DEPARTMENTS)});
            ("transfer", body, "conversation.transferred")
        }
        _ => ("reopen", Value::Null, "conversation.reopened"),
    };
    let path = format!("/conversations/{id}/{what}");
    let deed = match body["agent_id"].is_string() {
        true => Deed::Give(id, event),
        false => Deed::Change(id, event),
    };
    Some((path, body, deed))
}

fn open(turn: &mut Turn) -> (String, Value, Deed) {
    let name = turn.fresh();
    let mut body = json!({
        "department_id": turn.pick(&DEPARTMENTS), "external_id": name,
        "priority": turn.pick(&[0, 0, 0, 5, -3]),
        "attributes": {"page": "/prices", "visits": turn.rng.below(9), "score": 0.25},
    });
    if turn.rng.permille(100) {
        body["skills"] = json!(["french"]);
    }
    if turn.rng.permille(600) {
        let visitor = format!("v{}", turn.rng.below(VISITORS));
        body["visitor"] = json!({"external_id": visitor, "name": visitor});
        if turn.rng.permille(700) {
            body["key"] = json!(name);
        }
    }
    ("/conversations".to_owned(), body, Deed::Open(name))
}
