//! The state of a workspace's actor, and a step of it: the core, the people's names, the streams,
//! and what waits for the journal. Synchronous; the task around it is in the module above.

use std::{
    cell::Cell,
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use switchboard_journal::{
    Batch, Details, Entry, Figures, Histories, PersonalChange, Profiles, Store, VisitorProfile,
    Writer, remember,
};
use switchboard_protocol::{
    ErrorCode, ServerMessage,
    model::{self, PublicDepartment},
};
use switchboard_routing::{
    Command, ConversationId, Decision, Done, Eta, Event, Input, Notice, Origin, Output, Person,
    Record, Refusal, SessionId, Timestamp, VisitorId, Workspace, WorkspaceId,
};
use tokio::time::Instant;

use super::{
    archive::Unwritten,
    census::Census,
    commit::{Effect, Held},
    history::{before_the_last, wait_ended},
    limits::OpenLimits,
    live::Live,
    positions::Positions,
    retention::Retention,
    session_log::SessionLog,
    stream::Streams,
};
use crate::{
    ask::ApiError,
    convert::{People, Reader, View},
    hours::Timetable,
    ids::PublicIds,
    node::{Clock, Node},
    registry::Stats,
    seam::{Link, ToConnection},
};

/// The state of an actor.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) id: WorkspaceId,
    pub(crate) node: Arc<Node>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) entry: Entry,
    /// Workspace time: the node's, and never before what happened last, although the wall clock was
    /// put back. What tokens and opening hours say is by the node's own.
    pub(crate) clock: Clock,
    pub(crate) stats: Arc<Stats>,
    pub(crate) core: Workspace,
    pub(crate) profiles: Profiles,
    pub(crate) histories: Histories,
    /// What the hours come to.
    pub(super) figures: Figures,
    pub(crate) streams: Streams,
    pub(crate) live: Live,
    pub(crate) positions: Positions,
    pub(crate) eta: Eta,
    pub(crate) timetable: Timetable,
    pub(crate) opens: OpenLimits,
    pub(crate) census: Census,
    pub(crate) retention: Retention,
    pub(super) unwritten: Unwritten,
    /// Sessions by when their token ends.
    pub(crate) tokens: BTreeSet<(Timestamp, SessionId)>,
    /// Sessions by when they are to be warned of that.
    pub(crate) warnings: BTreeSet<(Timestamp, SessionId)>,
    /// What visitors know of the departments.
    pub(crate) departments_told: Option<Arc<[PublicDepartment]>>,
    /// Whether that may have changed.
    pub(crate) departments_stirred: bool,
    /// Lost sessions by when they can no longer be resumed.
    pub(crate) expiring: BTreeSet<(Timestamp, SessionId, u64)>,
    /// Whether what the node shows of this workspace may have changed.
    pub(super) summary_stirred: bool,
    /// Sockets that were told to close, until what it depends on is safe.
    pub(super) parting: Vec<Arc<dyn Link>>,
    /// When somebody last wanted something.
    pub(crate) last_asked: Instant,
    pub(super) writer: Box<dyn Writer>,
    pub(super) batch: Batch,
    /// What happened to the streams of sessions since the last append.
    pub(super) session_log: SessionLog,
    pub(super) effects: Vec<Effect>,
    /// What waits for an append: released in order.
    pub(super) held: VecDeque<Held>,
    /// How many appends were pending so far.
    pub(super) appended: u64,
    /// Whether anything was written since it was loaded.
    pub(super) has_written: bool,
    /// Whether something that was asked for could not be read from the store.
    pub(super) unread: Cell<bool>,
    outputs: Vec<Output>,
}

impl People for Worker {
    fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    fn visitor(&self, id: &VisitorId) -> Option<Arc<VisitorProfile>> {
        self.visitor(id)
    }
}

/// What a step did, but for what the core keeps.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) done: Done,
    pub(crate) notices: Vec<(Person, Option<SessionId>, Notice)>,
    /// The conversation that was opened in it.
    pub(crate) opened: Option<ConversationId>,
}

impl Step {
    /// One in which nothing happened.
    pub(crate) fn nothing(done: Done) -> Self {
        Self { done, notices: Vec::new(), opened: None }
    }
}

impl Worker {
    /// The actor's state as the journal has it.
    pub(crate) fn load(
        id: WorkspaceId,
        node: Arc<Node>,
        store: Arc<dyn Store>,
        entry: Entry,
        stats: Arc<Stats>,
        claim: switchboard_journal::Claim,
    ) -> Self {
        let switchboard_journal::Claim { recovered, profiles, sessions, writer } = claim;
        let mut streams = Streams::default();
        SessionLog::recall(&sessions, &mut streams, node.limits.answers_kept);
        let clock = node.clock.not_before(recovered.workspace.clock());
        let opens = OpenLimits::new(&node.limits);
        Self {
            id,
            node,
            store,
            entry,
            clock,
            stats,
            core: recovered.workspace,
            profiles,
            histories: recovered.histories,
            figures: recovered.figures,
            streams,
            live: Live::default(),
            positions: Positions::default(),
            eta: Eta::default(),
            timetable: Timetable::default(),
            opens,
            census: Census::default(),
            retention: Retention::default(),
            unwritten: Unwritten::default(),
            tokens: BTreeSet::new(),
            warnings: BTreeSet::new(),
            departments_told: None,
            departments_stirred: true,
            expiring: BTreeSet::new(),
            summary_stirred: true,
            parting: Vec::new(),
            last_asked: Instant::now(),
            writer,
            batch: Batch::default(),
            session_log: SessionLog::default(),
            effects: Vec::new(),
            held: VecDeque::new(),
            appended: 0,
            has_written: false,
            unread: Cell::new(false),
            outputs: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().max(self.core.clock())
    }

    /// Makes the public ids of events and offers.
    pub(crate) fn public_ids(&self) -> PublicIds<'_> {
        PublicIds(&self.entry.token_secret)
    }

    pub(crate) fn view(&self) -> View<'_> {
        View {
            core: &self.core,
            people: self,
            eta: &self.eta,
            timetable: &self.timetable,
            ids: self.public_ids(),
            now: self.now(),
        }
    }

    /// Lets the core carry out a command; whoever is to be told is in the step.
    pub(crate) fn step(
        &mut self,
        origin: Origin,
        session: Option<&SessionId>,
        command: Command,
    ) -> Result<Step, Refusal> {
        let mut outputs = std::mem::take(&mut self.outputs);
        let input = Input { origin, session: session.cloned(), command };
        let now = self.clock.now();
        let begun = Instant::now();
        let done = self.core.handle(now, input, &mut outputs);
        self.node.metrics.decision.record(begun.elapsed().as_secs_f64());
        let done = match done {
            Ok(done) => done,
            Err(refusal) => {
                self.outputs = outputs;
                return Err(refusal);
            }
        };
        let mut step = Step { done, notices: Vec::new(), opened: None };
        let mut decisions = Vec::new();
        for output in outputs.drain(..) {
            match output {
                Output::Event(record) => {
                    if let Event::ConversationOpened { conversation_id, .. } = &record.event {
                        step.opened = Some(conversation_id.clone());
                    }
                    self.observe(&record);
                }
                Output::Notice { to, except, notice } => {
                    self.live.observe_notice(&to, &notice);
                    step.notices.push((to, except, notice));
                }
                Output::Decided(decision) => decisions.push(Arc::new(*decision)),
                Output::Ended(conversation) => self.archive(*conversation),
            }
        }
        self.outputs = outputs;
        // Only now: what ended in this step is known by then.
        decisions.into_iter().for_each(|decision| self.decided(decision));
        Ok(step)
    }

    /// The same, for commands of the engine's own, which are never refused for a reason that
    /// anybody could be told of.
    pub(crate) fn step_as_engine(&mut self, command: Command) {
        match self.step(Origin::ENGINE, None, command) {
            Ok(step) => self.tell(&step),
            Err(refusal) => tracing::debug!(workspace = %self.id, %refusal, "nothing to do"),
        }
    }

    /// Everything that follows from an event, outside of the core.
    fn observe(&mut self, record: &Arc<Record>) {
        if let Event::ConversationReopened { conversation, .. } = &record.event {
            self.take_back(&conversation.id);
        }
        let history = remember(&mut self.histories, record);
        let before = before_the_last(history);
        let assigned = matches!(record.event, Event::ConversationAssigned { .. });
        let wait_ms = if assigned { wait_ended(history) } else { None };
        if let Some(wait_ms) = wait_ms {
            self.node.metrics.queue_wait.record(wait_ms as f64 / 1_000.0);
        }
        self.batch.events.push(record.clone());
        self.figures.observe(record);
        if let Event::SeatReleased { invite_id, expired: true } = &record.event {
            self.expire_invite(invite_id);
        }
        self.drop_comment(&record.event);
        self.departments_stirred |= Self::stirs_departments(&record.event);
        self.summary_stirred |= Self::stirs_summary(&record.event);
        self.eta.observe(record, &before, &self.core);
        self.positions.observe(&record.event, &before, &self.core);
        self.observe_hours(&record.event);
        self.live.observe(record, wait_ms, &self.core);
        self.census.observe(record, &self.core, &self.node.metrics);
    }

    /// What the node shows of this workspace may have changed.
    pub(crate) fn stir_summary(&mut self) {
        self.summary_stirred = true;
    }

    fn decided(&mut self, decision: Arc<Decision>) {
        self.unwritten.decided(&decision);
        let open = self.core.conversation(decision.conversation_id.as_str());
        let number = open.map(|open| open.number).or_else(|| {
            // It ended in the same step: it was rejected.
            Some(self.ended(&decision.conversation_id)?.conversation.number)
        });
        self.batch.decisions.extend(number.map(|number| (number, decision)));
    }

    /// Changes personal data, in the same transaction as the step around it.
    pub(crate) fn change(&mut self, change: PersonalChange) {
        self.profiles.apply(&change);
        match &change {
            PersonalChange::Visitor(id, _) => self.unwritten.touched(self.core.position(), id),
            PersonalChange::VisitorForgotten(id) | PersonalChange::VisitorErased(id) => {
                self.unwritten.erased(self.core.position(), id);
            }
            _ => {}
        }
        self.batch.personal.push(change);
    }

    /// Attaches what the host gave to a conversation.
    pub(crate) fn attach_details(&mut self, id: &ConversationId, details: Details) {
        if details != Details::default() {
            self.change(PersonalChange::Conversation(id.clone(), details));
        }
    }

    /// A conversation as a reader sees it now, open or ended.
    pub(crate) fn shown(
        &self,
        id: &ConversationId,
        reader: Reader,
    ) -> Option<Arc<model::Conversation>> {
        let view = self.view();
        if let Some(conversation) = self.core.conversation(id.as_str()) {
            return Some(Arc::new(view.conversation(conversation, reader)));
        }
        Some(Arc::new(view.ended(self.ended(id)?.as_ref(), reader)))
    }

    /// An answer, unless it rests on something that could not be read. What was done was done.
    pub(crate) fn unless_unread<T>(
        &self,
        answered: Result<T, ApiError>,
        is_done: impl FnOnce(&T) -> bool,
    ) -> Result<T, ApiError> {
        let failed = self.failed_to_read();
        if failed && !answered.as_ref().is_ok_and(is_done) {
            let detail = "what this is about cannot be read; the fault is noted";
            return Err(ApiError::new(ErrorCode::Internal, detail));
        }
        answered
    }

    /// A message for a socket.
    pub(crate) fn deliver(&mut self, link: &Arc<dyn Link>, message: ToConnection) {
        self.effects.push(Effect::Deliver(link.clone(), message));
    }

    /// A sequenced push to a session: numbered, kept for a resume, and sent where it is live.
    pub(crate) fn push(&mut self, session_id: &SessionId, push: ServerMessage) {
        let Some(stream) = self.streams.find_mut(session_id) else { return };
        let push = stream.sequence(push);
        self.session_log.pushed(session_id, &push);
        if let Some(link) = stream.link.clone() {
            self.deliver(&link, ToConnection::Message(push));
        }
    }
}
