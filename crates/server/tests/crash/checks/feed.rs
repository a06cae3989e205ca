//! The feed has what it showed, as it showed it, and tells of each conversation what can be.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Look;
use crate::{history::History, report::Fault};

/// The departments' `reconnect_grace_ms`, which nobody changes.
const GRACE_MS: u64 = 30_000;

/// Of each conversation, by id.
pub(crate) type Histories = BTreeMap<String, History>;

impl Look<'_> {
    /// Reads the whole feed, compares it with what it showed, and folds it.
    pub(crate) async fn feed(&mut self) -> Histories {
        let events = self.events().await;
        self.compare(&events);
        self.grace(&events);
        let mut histories = Histories::new();
        let known = std::mem::replace(&mut self.memory.lock().counted, events.len());
        for event in events.iter().skip(known) {
            let kind = event["type"].as_str().unwrap_or_default();
            *self.report.kinds.entry(kind.to_owned()).or_default() += 1;
        }
        for event in &events {
            let Some(id) = event["conversation_id"].as_str() else { continue };
            if let Err(wrong) = histories.entry(id.to_owned()).or_default().push(event) {
                self.report.wrong(Fault::Untrue, format!("{id} was {wrong}"));
            }
        }
        self.memory.lock().events = events;
        histories
    }

    async fn events(&mut self) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        let mut last = 0;
        loop {
            let path = format!("{}/events?limit=100&after={last}", self.base);
            let page = self.caller.read(&path).await;
            let items = page["items"].as_array().cloned().unwrap_or_default();
            if items.is_empty() {
                return events;
            }
            for event in items {
                let offset = event["offset"].as_u64().unwrap_or_default();
                let rises = offset > last;
                self.report.hold(rises, Fault::Disordered, || format!("after {last}: {event}"));
                last = last.max(offset);
                events.push(event);
            }
        }
    }

    /// After a restart everybody has the whole grace to come back.
    fn grace(&mut self, events: &[Value]) {
        let mut recovered = None;
        for event in events {
            let at = event["at"].as_u64().unwrap_or_default();
            if event["type"] == "workspace.recovered" {
                recovered = Some(at);
            }
            let early = recovered.is_some_and(|recovered| at < recovered + GRACE_MS);
            if event["data"]["reason"] == "agent_lost" && early {
                self.report.wrong(Fault::Untrue, format!("within the grace: {event}"));
            }
        }
    }

    fn compare(&mut self, events: &[Value]) {
        let seen = self.memory.lock();
        self.report.events += seen.events.len() as u64;
        for (shown, is) in seen.events.iter().zip(events) {
            if shown != is {
                let what = format!("the feed showed {shown} and shows {is} in its place");
                return self.report.wrong(Fault::Lost, what);
            }
        }
        if let Some(shown) = seen.events.get(events.len()) {
            let missing = seen.events.len() - events.len();
            self.report.wrong(Fault::Lost, format!("{missing} events, from {shown}"));
        }
        let time = |event: &Value| event["at"].as_u64();
        if let Some(pair) = events.windows(2).find(|pair| time(&pair[0]) > time(&pair[1])) {
            self.report.wrong(Fault::Disordered, format!("time went back: {pair:?}"));
        }
    }
}
