//! What the event feed says that a conversation was, after each of its events. Every event is one
//! change, so that its revision is how many there were.

use serde_json::Value;

/// What a conversation is, as far as events say it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    /// `queued`, `offered`, `assigned`, `closed`, `rejected`.
    pub(crate) state: String,
    department: Option<String>,
    /// Who has it.
    pub(crate) agent: Option<String>,
    cause: Option<String>,
    reason: Option<String>,
    queued_at: Option<u64>,
    assigned_at: Option<u64>,
    closed_at: Option<u64>,
}

/// A conversation's events, with what it was after each.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Its events.
    pub(crate) events: Vec<Value>,
    states: Vec<State>,
    /// Since when it has its place in the line: the offset of its arrival, or of its last reopening.
    pub(crate) arrived: u64,
}

impl State {
    /// The same of a conversation as the server shows it.
    pub(crate) fn shown(conversation: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            state: text(&conversation["state"]).unwrap_or_default(),
            department: text(&conversation["department_id"]),
            agent: text(&conversation["agent"]["id"]),
            cause: text(&conversation["assignment"]["cause"]),
            reason: text(&conversation["reason"]),
            queued_at: conversation["queued_at"].as_u64(),
            assigned_at: conversation["assigned_at"].as_u64(),
            closed_at: conversation["closed_at"].as_u64(),
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state.as_str(), "closed" | "rejected")
    }

    /// What it is after this event; an error where that cannot be.
    fn after(&self, event: &Value) -> Result<Self, String> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (kind, at) = (event["type"].as_str().unwrap_or_default(), event["at"].as_u64());
        let mut next = self.clone();
        next.department = text(&event["department_id"]);
        let waits = |next: &mut Self| {
            (next.agent, next.cause, next.assigned_at) = (None, None, None);
            "queued".clone_into(&mut next.state);
        };
        let may = match kind {
            "conversation.opened" => {
                waits(&mut next);
                self.state.is_empty()
            }
            "conversation.reopened" => {
                waits(&mut next);
                (next.queued_at, next.closed_at, next.reason) = (None, None, None);
                self.is_over()
            }
            "conversation.queued" => {
                next.queued_at = at;
                self.state == "queued" && self.queued_at.is_none()
            }
            "conversation.offered" => {
                next.queued_at = self.queued_at.or(at);
                "offered".clone_into(&mut next.state);
                self.state == "queued"
            }
            "offer.declined" | "offer.expired" | "offer.withdrawn" => {
                "queued".clone_into(&mut next.state);
                self.state == "offered"
            }
            "conversation.assigned" => {
                "assigned".clone_into(&mut next.state);
                (next.agent, next.assigned_at) = (text(&event["agent_id"]), at);
                next.cause = text(&event["data"]["cause"]);
                let handed = matches!(next.cause.as_deref(), Some("assigned" | "transferred"));
                !self.is_over() && (self.agent.is_none() || handed)
            }
            "conversation.requeued" | "conversation.transferred" => {
                waits(&mut next);
                next.queued_at = at;
                !self.is_over()
            }
            "conversation.closed" => {
                "closed".clone_into(&mut next.state);
                next.closed_at = at;
                !self.is_over()
            }
            "conversation.rejected" => {
                "rejected".clone_into(&mut next.state);
                (next.agent, next.cause, next.closed_at) = (None, None, at);
                next.reason = text(&event["data"]["reason"]);
                !self.is_over()
            }
            _ => return Err(format!("an event of no known type: {event}")),
        };
        let known = !self.state.is_empty() || kind == "conversation.opened";
        if may && known { Ok(next) } else { Err(format!("{self:?} and then {event}")) }
    }
}

impl History {
    /// One event more.
    pub(crate) fn push(&mut self, event: &Value) -> Result<(), String> {
        let none = State::default();
        let next = self.states.last().unwrap_or(&none).after(event)?;
        if matches!(event["type"].as_str(), Some("conversation.opened" | "conversation.reopened")) {
            self.arrived = event["offset"].as_u64().unwrap_or_default();
        }
        self.events.push(event.clone());
        self.states.push(next);
        Ok(())
    }

    /// The event that made a revision, and what the conversation was by it.
    pub(crate) fn at(&self, revision: u64) -> Option<(&Value, &State)> {
        let index = usize::try_from(revision.checked_sub(1)?).ok()?;
        Some((self.events.get(index)?, self.states.get(index)?))
    }

    /// What it is by its last event.
    pub(crate) fn state(&self) -> Option<&State> {
        self.states.last()
    }

    /// How many events are of this type and by this person.
    pub(crate) fn count(&self, kind: &str, by: &str, by_id: Option<&str>) -> usize {
        let is = |event: &&Value| {
            event["type"] == kind && event["by"] == by && event["by_id"].as_str() == by_id
        };
        self.events.iter().filter(is).count()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn history(kinds: &[&str]) -> Result<History, String> {
        let mut history = History::default();
        for (at, kind) in (1_u64..).zip(kinds) {
            let (kind, agent) = kind.split_once(' ').unwrap_or((kind, ""));
            let data = json!({"cause": "routed"});
            let event = json!({
                "offset": at, "at": at, "type": kind, "agent_id": agent, "department_id": "d",
                "by": "agent", "by_id": agent, "data": data,
            });
            history.push(&event)?;
        }
        Ok(history)
    }

    #[test]
    fn every_event_is_a_revision() {
        let kinds = [
            "conversation.opened",
            "conversation.offered ann",
            "conversation.assigned ann",
            "conversation.closed ann",
            "conversation.reopened",
            "conversation.queued",
        ];
        let history = history(&kinds).unwrap();
        let at = |revision| history.at(revision).unwrap().1;
        assert_eq!((at(2).state.as_str(), at(2).queued_at), ("offered", Some(2)));
        assert_eq!((at(4).agent.as_deref(), at(4).closed_at), (Some("ann"), Some(4)));
        assert_eq!((at(6).agent.as_deref(), at(6).closed_at), (None, None));
        assert_eq!(history.arrived, 5);
        assert!(history.at(0).is_none() && history.at(7).is_none());
        assert_eq!(history.count("conversation.closed", "agent", Some("ann")), 1);
    }

    #[test]
    fn what_cannot_be_is_told() {
        for kinds in [
            &["conversation.assigned ann"][..],
            &["conversation.opened", "conversation.opened"],
            &["conversation.opened", "conversation.assigned ann", "conversation.assigned bob"],
            &["conversation.opened", "conversation.assigned ann", "conversation.offered bob"],
            &["conversation.opened", "conversation.closed", "conversation.closed"],
            &["conversation.opened", "conversation.reopened"],
            &["conversation.opened", "offer.expired ann"],
        ] {
            assert!(history(kinds).is_err(), "{kinds:?}");
        }
    }
}
