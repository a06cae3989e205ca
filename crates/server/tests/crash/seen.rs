//! What an observer of one workspace remembers: what it asked, what it was answered, and what it
//! was shown. It knows nothing that the server did not say.

use std::collections::BTreeMap;

use serde_json::Value;
use switchboard_simulator::Rng;

use crate::history::State;

/// What somebody asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Deed {
    /// A conversation, by the `external_id` that no other has.
    Open(String),
    /// This of a conversation; the event that it is.
    Change(String, &'static str),
    /// The same where it may change nothing: whoever it is given to may have it.
    Give(String, &'static str),
    /// An agent's availability.
    Say(String, String),
    /// What is looked at elsewhere.
    Other,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No answer came: it may have been done.
    Unknown,
    /// It was done.
    Done,
    /// It was not.
    Refused,
}

/// Something that was asked.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Who: as events say it.
    pub(crate) by: &'static str,
    /// Which one.
    pub(crate) by_id: Option<String>,
    /// What.
    pub(crate) deed: Deed,
    /// What came of it.
    pub(crate) outcome: Outcome,
    /// The conversation that an open came to.
    pub(crate) opened: Option<String>,
}

/// A conversation that was shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// What never changes, by field.
    pub(crate) facts: BTreeMap<&'static str, Value>,
    /// What it was at each revision that was shown, and where.
    pub(crate) states: BTreeMap<u64, State>,
}

/// A push that names a revision without showing the conversation.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// Its type.
    pub(crate) kind: String,
    /// The conversation.
    pub(crate) conversation: String,
    /// The revision that it is about.
    pub(crate) revision: u64,
}

/// A request with an `Idempotency-Key`, or an open with a `key`.
#[derive(Clone, Debug)]
pub(crate) struct Keyed {
    /// The request.
    pub(crate) call: crate::http::Call,
    /// Its answer, if one came.
    pub(crate) answer: Option<crate::http::Answer>,
    /// What it asked.
    pub(crate) ask: usize,
    /// The register that it writes, if it does.
    pub(crate) register: Option<String>,
}

/// Something that one person alone writes: what it is, and what it may be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Register {
    /// As acknowledged; none: not there.
    pub(crate) is: Option<Value>,
    /// As it is if what was not answered was done.
    pub(crate) maybe: Option<Value>,
}

/// The order of who waits, as it was shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    /// Their ids, first one first.
    pub(crate) ids: Vec<String>,
    /// The last event that was known before.
    pub(crate) after: u64,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Every conversation that was shown.
    pub(crate) conversations: BTreeMap<String, Known>,
    /// Pushes that are to be checked.
    pub(crate) told: Vec<Told>,
    /// The feed.
    pub(crate) events: Vec<Value>,
    /// So many events of it are counted.
    pub(crate) counted: usize,
    /// All that was asked.
    pub(crate) asks: Vec<Ask>,
    /// All that was asked over HTTP with an `Idempotency-Key` or a `key`.
    pub(crate) keyed: Vec<Keyed>,
    /// What is written by one person, by path.
    pub(crate) registers: BTreeMap<String, Register>,
    /// Agents' tokens.
    pub(crate) tokens: Vec<(String, String)>,
    /// Who waited, last.
    pub(crate) line: Line,
    /// What was wrong when it was shown.
    pub(crate) wrong: Vec<String>,
    /// How many sequenced pushes came.
    pub(crate) pushes: u64,
    /// Where the last check ended: revisions shown before were looked at.
    pub(crate) fresh: Vec<(String, u64)>,
    /// The same of what was asked with a key.
    pub(crate) keyed_checked: usize,
}

/// What never changes of a conversation.
const FACTS: &[&str] = &["external_id", "opened_at", "attributes", "priority", "skills"];

impl Seen {
    /// A conversation is shown, by whatever message.
    pub(crate) fn show(&mut self, conversation: &Value) {
        let (Some(id), Some(revision)) =
            (conversation["id"].as_str(), conversation["revision"].as_u64())
        else {
            return self.wrong.push(format!("no conversation: {conversation}"));
        };
        let known = self.conversations.entry(id.to_owned()).or_default();
        let own = FACTS.iter().map(|field| (*field, conversation.get(field)));
        let visitor = [("visitor", conversation["visitor"].get("id"))];
        for (field, value) in own.chain(visitor) {
            let Some(value) = value else { continue };
            let first = known.facts.entry(field).or_insert_with(|| value.clone());
            if first != value {
                self.wrong.push(format!("{field} of {id} was {first} and is {value}"));
            }
        }
        let state = State::shown(conversation);
        let first = known.states.entry(revision).or_insert_with(|| {
            self.fresh.push((id.to_owned(), revision));
            state.clone()
        });
        if *first != state {
            self.wrong.push(format!("{id} at {revision} was {first:?} and is {state:?}"));
        }
    }

    /// A push came.
    pub(crate) fn push(&mut self, push: &Value) {
        if push["seq"].is_u64() {
            self.pushes += 1;
        }
        if push["conversation"].is_object() {
            return self.show(&push["conversation"]);
        }
        let (kind, conversation) = (push["type"].as_str(), push["conversation_id"].as_str());
        if let (Some(kind), Some(conversation), Some(revision)) =
            (kind, conversation, push["revision"].as_u64())
        {
            let (kind, conversation) = (kind.to_owned(), conversation.to_owned());
            self.told.push(Told { kind, conversation, revision });
        }
    }

    /// Something is about to be asked.
    pub(crate) fn ask(&mut self, by: &'static str, by_id: Option<&str>, deed: Deed) -> usize {
        let by_id = by_id.map(str::to_owned);
        self.asks.push(Ask { by, by_id, deed, outcome: Outcome::Unknown, opened: None });
        self.asks.len() - 1
    }

    /// It was done; the conversation that the answer shows, if it does.
    pub(crate) fn done(&mut self, ask: usize, conversation: &Value) {
        if conversation.is_object() {
            self.show(conversation);
        }
        let asked = &mut self.asks[ask];
        asked.outcome = Outcome::Done;
        if let (Deed::Open(_), Some(id)) = (&asked.deed, conversation["id"].as_str()) {
            let first = asked.opened.get_or_insert_with(|| id.to_owned());
            if first != id {
                self.wrong.push(format!("the same open came to {first} and to {id}"));
            }
        }
    }

    /// It was refused. What was done once stays done, whatever a repeat is told.
    pub(crate) fn refused(&mut self, ask: usize) {
        if self.asks[ask].outcome == Outcome::Unknown {
            self.asks[ask].outcome = Outcome::Refused;
        }
    }

    /// One of the conversations that were last seen in one of these states.
    pub(crate) fn pick(&self, rng: &mut Rng, states: &[&str]) -> Option<String> {
        let last = |known: &Known| known.states.last_key_value().map(|(_, s)| s.state.clone());
        let fits = |known: &Known| last(known).is_some_and(|s| states.contains(&s.as_str()));
        let ids: Vec<&String> =
            self.conversations.iter().filter(|(_, k)| fits(k)).map(|(id, _)| id).collect();
        rng.pick(&ids).map(|id| (*id).clone())
    }

    /// One is about to write a register.
    pub(crate) fn write(&mut self, path: &str, maybe: Value) {
        self.registers.entry(path.to_owned()).or_default().maybe = Some(maybe);
    }

    /// A register was written, or it was not: what it is.
    pub(crate) fn written(&mut self, path: &str, is: Option<Value>) {
        let register = self.registers.entry(path.to_owned()).or_default();
        register.maybe = None;
        if is.is_some() {
            register.is = is;
        }
    }

    /// The last offset of the feed.
    pub(crate) fn offset(&self) -> u64 {
        self.events.last().and_then(|event| event["offset"].as_u64()).unwrap_or_default()
    }
}
