//! Who reads along: the feed, event after event, and the line of who waits.

use std::net::SocketAddr;

use serde_json::Value;

use super::Turn;
use crate::{
    http::{Call, Caller},
    process::ROOT,
    seen::Line,
    session::Memory,
};

/// Reads until the server is gone, or it is enough.
pub(crate) async fn watch(addr: SocketAddr, workspace: String, memory: Memory, mut turn: Turn) {
    let mut caller = Caller::new(addr, ROOT);
    while turn.goes_on() {
        let after = memory.lock().offset();
        let path = format!("/v1/workspaces/{workspace}/events?limit=100&after={after}");
        let Some(page) = caller.call(Call::get(path)).await else { return };
        if let Some(events) = page.json["items"].as_array() {
            memory.lock().events.extend(events.iter().cloned());
        }
        let after = memory.lock().offset();
        let path = format!("/v1/workspaces/{workspace}/live");
        let Some(live) = caller.call(Call::get(path)).await else { return };
        memory.lock().line = Line { ids: line(&live.json), after };
        turn.think().await;
    }
}

/// Who waits, first one first.
pub(crate) fn line(live: &Value) -> Vec<String> {
    let queued = live["queued"].as_array().into_iter().flatten();
    queued.filter_map(|queued| queued["conversation_id"].as_str()).map(str::to_owned).collect()
}
