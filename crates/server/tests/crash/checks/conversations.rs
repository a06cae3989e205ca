//! Every conversation is there, is what the feed says, and was what it was shown to be; and what
//! was done to it was done once.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Look, feed::Histories};
use crate::{
    history::{History, State},
    http::{Answer, Call},
    report::Fault,
    seen::{Deed, Known, Outcome, Told},
};

/// So many of the older ones are read one by one; of all others the lists.
const SAMPLE: usize = 12;

impl Look<'_> {
    /// All of them, as the list shows them.
    pub(crate) async fn conversations_listed(&mut self) -> Vec<Value> {
        self.caller.list(&format!("{}/conversations", self.base)).await
    }

    /// Compares lists, feed, histories, and what was shown.
    pub(crate) async fn conversations(&mut self, listed: &[Value], histories: &Histories) {
        let by_id: BTreeMap<&str, &Value> =
            listed.iter().filter_map(|c| Some((c["id"].as_str()?, c))).collect();
        self.report.conversations += listed.len() as u64;
        if by_id.len() != listed.len() {
            self.report.wrong(Fault::Doubled, "a conversation is twice in the list");
        }
        let highest: Vec<(String, u64)> = {
            let seen = self.memory.lock();
            let last =
                |(id, k): (&String, &Known)| Some((id.clone(), *k.states.last_key_value()?.0));
            seen.conversations.iter().filter_map(last).collect()
        };
        for (id, revision) in &highest {
            match by_id.get(id.as_str()).map(|c| c["revision"].as_u64().unwrap_or_default()) {
                None => self.report.wrong(Fault::Lost, format!("{id} is not there")),
                Some(is) if is < *revision => {
                    let what = format!("{id} was shown at {revision}, and is at {is}");
                    self.report.wrong(Fault::Lost, what);
                }
                Some(_) => {}
            }
        }
        listed.iter().for_each(|conversation| self.memory.lock().show(conversation));
        self.shown(histories);
        let fresh: Vec<String> = highest.iter().rev().map(|(id, _)| id.clone()).collect();
        for _ in 0..SAMPLE.min(fresh.len()) {
            let Some(id) = self.rng.pick(&fresh).cloned() else { break };
            self.one(&id).await;
        }
    }

    /// One conversation: its history is the feed's, and it is what its history says.
    async fn one(&mut self, id: &str) {
        let path = format!("{}/conversations/{id}", self.base);
        let answer = self.caller.call(Call::get(path)).await;
        let Some(detail) = answer.filter(Answer::is_done).map(|answer| answer.json) else {
            return self.report.wrong(Fault::Lost, format!("{id} cannot be read"));
        };
        let mut own = History::default();
        for event in detail["history"].as_array().into_iter().flatten() {
            if let Err(wrong) = own.push(event) {
                self.report.wrong(Fault::Untrue, format!("{id} was {wrong}"));
            }
        }
        let feed: Vec<Value> = {
            let seen = self.memory.lock();
            seen.events.iter().filter(|event| event["conversation_id"] == id).cloned().collect()
        };
        let is_prefix = own.events.len() >= feed.len() && own.events[..feed.len()] == feed[..];
        self.report.hold(is_prefix, Fault::Untrue, || {
            format!("the history of {id} is {:#?} and the feed has {feed:#?}", own.events)
        });
        let (is, says) = (State::shown(&detail), own.state().cloned().unwrap_or_default());
        self.report.hold(is == says, Fault::Untrue, || format!("{id} is {is:?}, not {says:?}"));
        self.report.conversations += 1;
    }

    /// What was shown since the last look was so.
    fn shown(&mut self, histories: &Histories) {
        let (fresh, told) = {
            let mut seen = self.memory.lock();
            (std::mem::take(&mut seen.fresh), std::mem::take(&mut seen.told))
        };
        for (id, revision) in fresh {
            let state = self.memory.lock().conversations[&id].states[&revision].clone();
            let was = histories.get(&id).and_then(|history| history.at(revision));
            self.report.shown += 1;
            match was {
                None => {
                    let what = format!("{id} was shown at {revision} as {state:?}");
                    self.report.wrong(Fault::Lost, what);
                }
                Some((event, was)) if *was != state => {
                    let what = format!(
                        "{id} was shown at {revision} as {state:?}, and is {was:?} by {event}"
                    );
                    self.report.wrong(Fault::Lost, what);
                }
                Some(_) => {}
            }
        }
        for told in &told {
            self.told(told, histories);
        }
    }

    /// A push that names a revision: the event of that revision is what it told.
    fn told(&mut self, told: &Told, histories: &Histories) {
        let at = histories.get(&told.conversation).and_then(|history| history.at(told.revision));
        let event = at.map(|(event, _)| event["type"].as_str().unwrap_or_default());
        let fits: &[&str] = match told.kind.as_str() {
            "conversation.closed" => &["conversation.closed"],
            "conversation.rejected" => &["conversation.rejected"],
            "conversation.released" => {
                &["conversation.requeued", "conversation.transferred", "conversation.assigned"]
            }
            "offer.withdrawn" => {
                &["offer.declined", "offer.expired", "offer.withdrawn", "conversation.assigned"]
            }
            _ => &[],
        };
        self.report.shown += 1;
        let holds = event.is_some_and(|event| fits.is_empty() || fits.contains(&event));
        self.report.hold(holds, Fault::Lost, || format!("{told:?} was told, and it is {event:?}"));
    }

    /// What was acknowledged is in the feed; what is in the feed was asked for, as often.
    pub(crate) fn deeds(&mut self, histories: &Histories) {
        // By conversation, event and person: how often it was done, and may have been.
        type Counted =
            BTreeMap<(String, &'static str, &'static str, Option<String>), (usize, usize)>;
        let mut counted = Counted::new();
        let seen = self.memory.lock();
        for ask in &seen.asks {
            let (conversation, event) = match &ask.deed {
                Deed::Change(conversation, event) | Deed::Give(conversation, event) => {
                    (conversation.clone(), *event)
                }
                Deed::Open(_) | Deed::Say(..) | Deed::Other => {
                    let done = ask.outcome == Outcome::Done;
                    self.report.acknowledgements += u64::from(done);
                    continue;
                }
            };
            let (done, may) =
                counted.entry((conversation, event, ask.by, ask.by_id.clone())).or_default();
            let is_sure = matches!(ask.deed, Deed::Change(..));
            match ask.outcome {
                Outcome::Done if is_sure => *done += 1,
                Outcome::Done => {
                    // The conversation in its answer says the rest.
                    self.report.acknowledgements += 1;
                    *may += 1;
                }
                Outcome::Unknown => *may += 1,
                Outcome::Refused => {}
            }
        }
        drop(seen);
        for ((id, event, by, by_id), (done, may)) in counted {
            let history = histories.get(&id);
            let is = history.map_or(0, |history| history.count(event, by, by_id.as_deref()));
            self.report.acknowledgements += done as u64;
            let by = by_id.as_deref().unwrap_or(by);
            self.report.hold(is >= done, Fault::Lost, || {
                format!("{event} of {id} by {by} was acknowledged {done} times, and was done {is}")
            });
            // What is assigned follows from much else besides.
            let counts = event != "conversation.assigned";
            self.report.hold(!counts || is <= done + may, Fault::Doubled, || {
                format!("{event} of {id} by {by} was asked {done} and perhaps {may} times: {is}")
            });
        }
    }
}
