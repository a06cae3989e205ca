//! What a turn was asked, did, and has to say.

use std::sync::Arc;

use switchboard_routing::{
    Command, ConversationId, Decision, Done, Input, Notice, Origin, Person, Record, Refusal,
    SessionId, Workspace,
};

/// Something that somebody asks of a workspace.
#[derive(Clone, Debug)]
pub struct Ask {
    pub(crate) what: What,
    /// Its number among all that was asked.
    pub number: u64,
    /// What it is about.
    pub asked: Asked,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    /// A command.
    Input(Input),
    /// To take in again what had ended, as the archive has it.
    Reopen(Origin, Option<SessionId>, ConversationId),
}

/// What an ask is about, for telling which ones raced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Of what kind it is.
    pub kind: crate::swarm::Kind,
    /// About which conversation.
    pub conversation: Option<usize>,
    /// About, or by, which agent.
    pub agent: Option<usize>,
    /// About which department.
    pub department: Option<usize>,
}

/// What an ask was answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The ask's number.
    pub number: u64,
    /// What it was about.
    pub asked: Asked,
    /// The answer.
    pub answer: Result<Done, Refusal>,
    /// The command, where the answer is judged by it: an open with a key, an answer to an offer.
    pub command: Option<Box<Command>>,
    /// How many of the turn's events were there before it.
    pub at: usize,
}

/// Where a step ends.
#[derive(Clone, Copy, Debug)]
pub struct StepEnd {
    /// After so many of the turn's events.
    pub records: usize,
    /// An admin insisted.
    pub forced: bool,
    /// It was refused.
    pub refused: bool,
}

/// Everything that a turn did. All of it depends on its last event.
#[derive(Debug, Default)]
pub struct Turn {
    /// The wall clock.
    pub now: u64,
    /// Position of the workspace after it.
    pub position: u64,
    /// What happened.
    pub records: Vec<Arc<Record>>,
    /// In which steps.
    pub steps: Vec<StepEnd>,
    /// Who is answered what.
    pub answers: Vec<Answered>,
    /// Who is told what.
    pub notices: Vec<(Person, Option<SessionId>, Notice)>,
    /// How routing decided.
    pub decisions: Vec<Decision>,
    /// What it was asked, where that is remembered.
    pub trace: Vec<Traced>,
    /// The oracle as it was after it, where one may have to go back to that.
    pub(super) oracle: Option<Box<crate::oracle::Oracle>>,
}

/// What a workspace went through.
#[derive(Clone, Debug)]
pub enum Traced {
    /// It was asked something, at a time. An answer to an offer is to [`THE_OPEN_OFFER`] or to
    /// another one: the number of an offer is where it stands in the log, and means nothing in
    /// another one.
    Input(u64, Box<Input>),
    /// It was taken up again from its log.
    TakenUp,
}

/// See [`Traced::Input`].
pub const THE_OPEN_OFFER: u64 = u64::MAX;

/// What is remembered of an input.
pub(super) fn traced(now: u64, input: &Input, core: &Workspace) -> Traced {
    let mut input = Box::new(input.clone());
    if let Command::AcceptOffer { conversation_id, offer, .. }
    | Command::DeclineOffer { conversation_id, offer, .. } = &mut input.command
    {
        let open = core.conversation(conversation_id.as_str()).and_then(|c| c.offer.as_ref());
        let is_open = open.is_some_and(|open| open.number == *offer);
        *offer = if is_open { THE_OPEN_OFFER } else { 0 };
    }
    Traced::Input(now, input)
}

impl Turn {
    /// Its buffers alone.
    pub(super) fn emptied(mut self) -> Self {
        self.records.clear();
        self.steps.clear();
        self.answers.clear();
        self.notices.clear();
        self.decisions.clear();
        self.trace.clear();
        self.oracle = None;
        self
    }

    /// The same without what anybody is told: they were gone by then.
    pub(super) fn unanswered(mut self) -> Self {
        self.answers.clear();
        self.notices.clear();
        self
    }

    /// What another turn has to say, which did nothing itself.
    pub(super) fn take_answers(&mut self, other: &mut Self) {
        // They were read off the state that this one left.
        let at = self.records.len();
        self.answers.extend(other.answers.drain(..).map(|answer| Answered { at, ..answer }));
        self.trace.append(&mut other.trace);
    }
}

/// Whether an admin insists.
pub(crate) fn is_forced(command: &Command) -> bool {
    matches!(
        command,
        Command::AssignConversation { force: true, .. }
            | Command::TransferConversation { force: true, .. }
    )
}
