//! What must hold whatever is routed how, one promise to a file. Every event is judged by the
//! ledger as it was just before; what can only be seen once a step is over, after it.
//!
//! Each is a few lines over the ledger and shares no code with the core. All of them together
//! cost less than the routing they watch; what costs more, the full scan, is looked at now and
//! then.

mod capacity;
mod circles;
mod conservation;
mod eligible;
mod ended;
mod grace;
mod holder;
mod keys;
mod misses;
mod offers;
mod order;
mod overdue;
mod pick;
mod presence;
mod refusals;
mod rights;
mod scan;
mod seats;
mod vain;

use std::sync::Arc;

use switchboard_routing::{
    AgentId, AssignmentCause, Command, ConversationId, Done, Event, Record, Refusal, Workspace,
};

use crate::ledger::{Ledger, number};

/// What judges beside the checks, each by the name that it goes by in a [`Violation`].
pub const ORACLE: &str = "the naive oracle";
/// See [`ORACLE`].
pub const FOLD: &str = "recovery is the fold of the log";
/// See [`ORACLE`].
pub const SETTLES: &str = "everything settles";
/// See [`ORACLE`].
pub const LOG: &str = "the log is it all";
/// See [`ORACLE`].
pub const PRESENCE: &str = "presence";
const KEYS: &str = "one key, one conversation";
const OFFERS: &str = "an offer ends once";

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The check that found it.
    pub check: &'static str,
    /// What was found.
    pub what: String,
    /// Position of the event that it was found at.
    pub position: u64,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} (at event {})", self.check, self.what, self.position)
    }
}

/// What a check says.
pub type Verdict = Result<(), String>;

/// Somebody is given something, or asked to take it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    pub(crate) conversation: usize,
    pub(crate) agent: usize,
    pub(crate) department: usize,
    /// None: it is an offer.
    pub(crate) cause: Option<AssignmentCause>,
    /// An admin insisted.
    pub(crate) forced: bool,
    pub(crate) record: &'a Record,
}

impl<'a> Given<'a> {
    /// What an event gives, if it does.
    fn by(record: &'a Record, forced: bool) -> Option<Self> {
        let ids = |conversation: &ConversationId, agent: &AgentId| {
            (number(conversation.as_str()), number(agent.as_str()))
        };
        match &record.event {
            Event::ConversationAssigned { conversation_id, department_id, agent_id, cause } => {
                let (conversation, agent) = ids(conversation_id, agent_id);
                let department = number(department_id.as_str());
                let cause = Some(*cause);
                Some(Self { conversation, agent, department, cause, forced, record })
            }
            Event::ConversationOffered {
                conversation_id, department_id, agent_id, forced, ..
            } => {
                let (conversation, agent) = ids(conversation_id, agent_id);
                let (department, forced) = (number(department_id.as_str()), *forced);
                Some(Self { conversation, agent, department, cause: None, forced, record })
            }
            _ => None,
        }
    }

    /// Somebody said who is to have it.
    fn is_by_name(&self) -> bool {
        use AssignmentCause::{Accepted, Assigned, Claimed, Transferred};
        matches!(self.cause, Some(Accepted | Assigned | Claimed | Transferred))
            || self.cause.is_none() && self.record.origin.by != switchboard_routing::By::Engine
    }
}

/// Judges an event by the ledger as it was just before it.
///
/// # Errors
/// The first promise that it breaks.
pub fn event(before: &Ledger, record: &Record, forced: bool) -> Result<(), Violation> {
    let found = |check, verdict: Verdict| {
        verdict.map_err(|what| Violation { check, what, position: record.position })
    };
    if record.position != before.position + 1 {
        let what = format!("{} follows {}", record.position, before.position);
        return found("one order of events", Err(what));
    }
    if let Some(given) = Given::by(record, forced) {
        found("one holder", holder::given(before, &given))?;
        found("only the eligible", eligible::given(before, &given))?;
        found("capacity", capacity::given(before, &given))?;
        found("first come, first served", order::given(before, &given))?;
        found("the strategy's choice", pick::given(before, &given))?;
    }
    found(OFFERS, offers::event(before, record))?;
    found("closed is final", ended::event(before, record))?;
    found(KEYS, keys::event(before, record))?;
    found("only who may", rights::event(before, record))?;
    found("the grace", grace::event(before, record))?;
    found("fallbacks end", circles::event(before, record))?;
    found(PRESENCE, presence::event(before, record))?;
    found("seats and admins", seats::event(before, record))
}

/// Whether [`answered`] has anything to say of a command.
pub fn judges_answer(command: &Command) -> bool {
    match command {
        Command::OpenConversation(open) => open.key.is_some(),
        Command::AcceptOffer { .. } | Command::DeclineOffer { .. } => true,
        _ => false,
    }
}

/// Judges what a command was answered, by the ledger as it was just before.
///
/// # Errors
/// The first promise that it breaks.
pub fn answered(
    before: &Ledger,
    command: &Command,
    answer: &Result<Done, Refusal>,
) -> Result<(), Violation> {
    let position = before.position;
    let found =
        |check, verdict: Verdict| verdict.map_err(|what| Violation { check, what, position });
    match command {
        Command::OpenConversation(open) => found(KEYS, keys::answered(before, open, answer)),
        _ => found(OFFERS, offers::answered(before, command, answer)),
    }
}

/// Judges the ledger as a step left it, which was refused or not.
///
/// # Errors
/// The first promise that is broken.
pub fn step(after: &mut Ledger, records: &[Arc<Record>], refused: bool) -> Result<(), Violation> {
    let position = after.position;
    let found =
        |check, verdict: Verdict| verdict.map_err(|what| Violation { check, what, position });
    let stirred = std::mem::take(&mut after.stirred);
    found("a refusal does nothing", refusals::step(refused, records))?;
    found(PRESENCE, presence::step(records))?;
    found("nobody waits in vain", vain::step(after, stirred))?;
    found("three misses set away", misses::step(after, records))?;
    found("conservation", conservation::step(after))
}

/// Compares the ledger with the workspace that wrote the log: everything that both know.
///
/// # Errors
/// The first difference.
pub fn full_scan(ledger: &Ledger, core: &Workspace, now: u64) -> Result<(), Violation> {
    let position = ledger.position;
    let found =
        |check, verdict: Verdict| verdict.map_err(|what| Violation { check, what, position });
    found("conservation", conservation::scan(ledger, core))?;
    found(LOG, scan::compare(ledger, core))?;
    found("nothing is overdue", overdue::scan(ledger, now))?;
    found("the grace", grace::scan(ledger, now))
}
