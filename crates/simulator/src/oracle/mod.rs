//! The oracle: a second, naive implementation of the routing rules, over plain lists that are
//! scanned. It runs beside the core, is given the same commands, and says where the two differ;
//! the contract then says which of them is wrong.
//!
//! It shares the core's words for commands, refusals, events and decisions, and none of its code.
//! What the core alone can number (offers, revisions) is learned from it.
//!
//! It is slow: every question is a scan. Clone it to go back to an earlier state, as a workspace
//! does that is loaded again after an append that failed.

mod compare;
mod decisions;
mod model;
mod notices;
mod words;

use std::collections::BTreeMap;

use switchboard_routing::{
    Command, Done, Event, Input, Key, OpenConversation, Origin, Output, Refusal, SessionId,
    Timestamp, Workspace,
};

use model::Model;
use notices::Offers;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    model: Model,
    offers: Offers,
    /// The revision of each conversation after the last step that was followed.
    revisions: BTreeMap<String, u64>,
}

/// What a workspace made of an input.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What it answered.
    pub answer: &'a Result<Done, Refusal>,
    /// What it gave.
    pub out: &'a [Output],
    /// Whether it explains its decisions.
    pub explains: bool,
}

impl Oracle {
    /// Of a workspace in which nothing has happened.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does what a workspace was asked to do, and says what is not as it would have it: the
    /// answer, what happened, who is told of it, how it was decided, and what can be seen of the
    /// workspace afterwards. None: all is the same.
    pub fn follow(
        &mut self,
        now: Timestamp,
        input: &Input,
        did: Step<'_>,
        after: &Workspace,
    ) -> Option<String> {
        let expected = self.step(now, &input.origin, &input.command);
        if did.answer.as_ref().map(|_| ()) != expected.as_ref().map(|_| ()) {
            return Some(format!("answered {:?}, not {expected:?}", did.answer));
        }
        if expected.is_err() && !did.out.is_empty() {
            return Some(format!("a refusal gave {:?}", did.out));
        }
        let revisions = notices::misnumbers(did.out, &self.revisions, after);
        self.revisions = after.conversations().map(|c| (c.id.to_string(), c.revision)).collect();
        let answered = did.answer.as_ref().ok().and_then(|done| self.misanswers(input, done));
        answered
            .or_else(|| self.hear(did.out, input.session.as_ref()))
            .or(revisions)
            .or_else(|| self.misjudges(did.out).filter(|_| did.explains))
            .or_else(|| self.differs(after, now))
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// A refusal leaves everything as it is.
    pub fn step(
        &mut self,
        now: Timestamp,
        origin: &Origin,
        command: &Command,
    ) -> Result<(), Refusal> {
        self.model.step(now.0, origin, command)
    }

    /// What is not as it should be in what the last step was answered.
    pub fn misanswers(&self, input: &Input, done: &Done) -> Option<String> {
        let is_right = match (&input.command, done) {
            (Command::OpenConversation(open), Done::Existing(id)) => {
                self.is_what_the_key_opened(open, id.as_str())
            }
            (Command::OpenConversation(open), Done::Conversation(id)) => {
                open.conversation_id == *id
            }
            (Command::HoldSession { session_id, .. }, Done::HeldUntil(until)) => {
                self.model.held_until(session_id.as_str()) == Some(until.0)
            }
            (
                Command::CloseConversation { conversation_id: id }
                | Command::AcceptOffer { conversation_id: id, .. }
                | Command::DeclineOffer { conversation_id: id, .. }
                | Command::ClaimConversation { conversation_id: id, .. }
                | Command::AssignConversation { conversation_id: id, .. }
                | Command::TransferConversation { conversation_id: id, .. },
                Done::Conversation(answered),
            ) => id == answered,
            (Command::ReopenConversation { conversation }, Done::Conversation(id)) => {
                conversation.id == *id
            }
            (_, done) => *done == Done::Done,
        };
        (!is_right).then(|| format!("answered {done:?} to {:?}", input.command))
    }

    fn is_what_the_key_opened(&self, open: &OpenConversation, id: &str) -> bool {
        let Some(Key { key, fingerprint }) = &open.key else { return false };
        let visitor = open.visitor_id.as_str();
        let mut keys = self.model.keys.iter();
        keys.any(|(v, k, f, opened)| {
            (&**v, &**k, *f, &**opened) == (visitor, key, *fingerprint, id)
        })
    }

    /// Hears what the last step gave, learns what the core numbers in it, and says what happened
    /// otherwise than it should have, or who is told what he should not be. `asking` is the
    /// session that asked. To be called once after every step that was carried out.
    pub fn hear(&mut self, out: &[Output], asking: Option<&SessionId>) -> Option<String> {
        let mut late = None;
        for output in out {
            let Output::Event(record) = output else { continue };
            if record.at.0 != self.model.clock {
                late = Some(format!("not at {}: {record:?}", self.model.clock));
            }
            self.model.last = self.model.last.max(record.at.0);
            if let Event::ConversationOffered { conversation_id, agent_id, .. } = &record.event {
                self.learn_offer(record.position, conversation_id.as_str(), agent_id.as_str());
            }
        }
        let told = words::differ(out, &self.model.told);
        let heard = notices::differ(out, asking, &self.model.heard, &mut self.offers);
        late.or(told).or(heard)
    }

    fn learn_offer(&mut self, number: u64, id: &str, agent: &str) {
        self.offers.insert(number, (id.into(), agent.into()));
        let offer = self.model.conversation_mut(id).and_then(|c| c.offer.as_mut());
        if let Some(offer) = offer.filter(|offer| offer.agent == agent) {
            offer.number = number;
        }
    }

    /// What the last step decided otherwise than it should have, or for other reasons. Only of a
    /// workspace that explains its decisions.
    pub fn misjudges(&self, out: &[Output]) -> Option<String> {
        decisions::differ(out, &self.model)
    }

    /// What of a workspace is not as it should be, at `now`.
    pub fn differs(&self, workspace: &Workspace, now: Timestamp) -> Option<String> {
        compare::differ(workspace, now.max(workspace.clock()), &self.model)
    }
}
