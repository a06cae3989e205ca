//! What is asked again is not done again.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Look;
use crate::{
    http::{Answer, Call},
    load::conversation_in,
    report::Fault,
    seen::{Ask, Deed, Keyed, Outcome},
};

/// So many of the older keys are repeated.
const SAMPLE: usize = 8;
/// Answers to a request that say nothing of it, so that it may be asked again.
const NOT_KEPT: &[u16] = &[401, 429, 500, 503];

impl Look<'_> {
    /// Repeats opens with their `key`: the same conversation. Twice where no answer had come.
    pub(crate) async fn repeat_keys(&mut self) {
        let opens: Vec<(usize, Call)> = {
            let seen = self.memory.lock();
            let has_key = |keyed: &&Keyed| keyed.call.body["key"].is_string();
            let own = seen.keyed.iter().filter(has_key);
            own.map(|keyed| (keyed.ask, Call { key: None, ..keyed.call.clone() })).collect()
        };
        let unknown =
            |look: &Self, ask: usize| look.memory.lock().asks[ask].outcome == Outcome::Unknown;
        let (open, mut older): (Vec<_>, Vec<_>) =
            opens.into_iter().partition(|(ask, _)| unknown(self, *ask));
        while older.len() > SAMPLE {
            older.swap_remove(self.rng.index(older.len()));
        }
        for (ask, call) in open.iter().chain(&open).chain(&older) {
            let Some(answer) = self.caller.call(call.clone()).await else { continue };
            self.report.keys += 1;
            match answer.is_done() {
                true => self.memory.lock().done(*ask, conversation_in(&answer.json)),
                false => {
                    let what = format!("{call:?} again: {answer:?}");
                    self.report.wrong(Fault::Lost, what);
                }
            }
        }
    }

    /// Repeats requests with their `Idempotency-Key`: the first status and body.
    pub(crate) async fn repeat_idempotency_keys(&mut self) {
        let (from, all) = {
            let mut seen = self.memory.lock();
            let from = seen.keyed_checked;
            seen.keyed_checked = seen.keyed.len();
            (from, seen.keyed.len())
        };
        let mut again: Vec<usize> = (from..all).collect();
        again.extend((0..SAMPLE).filter(|_| from > 0).map(|_| self.rng.index(from)));
        for index in again {
            self.repeat_one(index).await;
        }
    }

    async fn repeat_one(&mut self, index: usize) {
        let keyed = self.memory.lock().keyed[index].clone();
        if keyed.call.key.is_none() {
            return;
        }
        let first = match &keyed.answer {
            Some(first) if NOT_KEPT.contains(&first.status) => return,
            Some(first) => first.clone(),
            None => {
                let Some(first) = self.caller.call(keyed.call.clone()).await else { return };
                self.settle(&keyed, &first);
                self.memory.lock().keyed[index].answer = Some(first.clone());
                first
            }
        };
        let again = self.caller.call(keyed.call.clone()).await;
        self.report.repeated += 1;
        let same = again.as_ref().is_some_and(|again| {
            again.status == first.status
                && without_secrets(&again.json) == without_secrets(&first.json)
        });
        self.report.hold(same, Fault::Doubled, || {
            format!("{:?} was answered {first:?} and then {again:?}", keyed.call)
        });
    }

    /// The first answer to a request whose first answer did not come. Where it had been done, a
    /// refusal of the repeat is noted.
    fn settle(&mut self, keyed: &Keyed, answer: &Answer) {
        let mut seen = self.memory.lock();
        if answer.is_done() {
            if let Some(path) = &keyed.register {
                seen.written(path, Some(answer.json.clone()));
            }
            return seen.done(keyed.ask, conversation_in(&answer.json));
        }
        let Deed::Change(id, kind) = &seen.asks[keyed.ask].deed else { return };
        let event = |event: &&Value| {
            event["type"] == *kind && event["conversation_id"] == **id && event["by"] == "root"
        };
        // Others may have asked the same, and not been answered either.
        let other = |(index, ask): &(usize, &Ask)| {
            let perhaps = ask.by == "root" && ask.outcome != Outcome::Refused;
            perhaps && *index != keyed.ask && ask.deed == seen.asks[keyed.ask].deed
        };
        let others = seen.asks.iter().enumerate().filter(other).count();
        let done = seen.events.iter().filter(event).count() > others;
        self.report.refused_repeats += u64::from(done);
    }

    /// Each open that was acknowledged is there once, and none is there that nobody asked for.
    pub(crate) fn opened_once(&mut self, listed: &[Value]) {
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for conversation in listed {
            let name = conversation["external_id"].as_str().unwrap_or_default();
            *times.entry(name).or_default() += 1;
        }
        let seen = self.memory.lock();
        for ask in &seen.asks {
            let Deed::Open(name) = &ask.deed else { continue };
            let times = times.remove(name.as_str()).unwrap_or_default();
            let least = usize::from(ask.outcome == Outcome::Done);
            let most = usize::from(ask.outcome != Outcome::Refused);
            self.report.hold(times >= least, Fault::Lost, || format!("{name}: {ask:?}"));
            self.report.hold(times <= most, Fault::Doubled, || format!("{name}: {times}, {ask:?}"));
        }
        for name in times.keys() {
            self.report.wrong(Fault::Untrue, format!("nobody opened {name}"));
        }
    }
}

/// The body, less what is shown once.
fn without_secrets(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("token");
    }
    body
}
