//! Telling visitors their place in the queue: whenever it changed, at most once a second each, and
//! the last one right.
//!
//! Whoever comes to wait is looked at by itself. Where a line moved, those behind are walked: only
//! the conversations whose visitor has a socket, and only so many in a turn, so that nobody else
//! waits for them. What this module knows of a conversation may be behind; whoever is looked at is
//! looked up in the core, and told what is so then.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use switchboard_protocol::{ConversationQueued, ServerMessage};
use switchboard_routing::{
    Conversation, ConversationId, DepartmentId, Estimate, Event, Person, SessionId, State,
    Timestamp, VisitorId, Whereabouts, Workspace,
};

use super::worker::Worker;
use crate::seam::{LatestKind, Link, SharedMessage, ToConnection};

/// A conversation's place is told at most once in so long.
const TOLD_EVERY_MS: u64 = 1_000;
/// At most so many are looked at in a turn.
const CHUNK: usize = 256;
/// The actor does other things for so long before it looks at more.
const REST_MS: u64 = 1;
/// A line is walked at most once in so long, from the end of a walk.
const WALK_EVERY_MS: u64 = 100;
/// The same for a line that is longer than [`CHUNK`]: most in it were told lately.
const LONG_WALK_EVERY_MS: u64 = TOLD_EVERY_MS;

/// A conversation's place in the order in which a line is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    urgency: i64,
    place: u64,
}

impl Key {
    const FIRST: Self = Self { urgency: i64::MIN, place: 0 };

    fn of(conversation: &Conversation) -> Self {
        Self { urgency: -i64::from(conversation.priority), place: conversation.place }
    }

    fn next(self) -> Self {
        Self { place: self.place + 1, ..self }
    }
}

/// What a conversation's visitor was told.
#[derive(Debug, Default)]
struct Told {
    /// Its place; none: what it knows is over.
    position: Option<u64>,
    /// When it was last pushed.
    pushed_at: Option<Timestamp>,
}

impl Told {
    /// From when on it may be told again.
    fn free_at(&self) -> Timestamp {
        self.pushed_at.map_or(Timestamp::default(), |at| at.plus_ms(TOLD_EVERY_MS))
    }
}

/// Those of a department's line whose visitor has a socket.
#[derive(Debug, Default)]
struct Line {
    watched: BTreeMap<Key, ConversationId>,
    /// From where on places may have changed since the last walk.
    stirred: Option<Key>,
    /// Where a walk that is not over goes on.
    walking: Option<Key>,
    walked_at: Option<Timestamp>,
}

impl Line {
    /// When the next walk may begin.
    fn free_at(&self) -> Timestamp {
        let long = self.watched.len() > CHUNK;
        let every = if long { LONG_WALK_EVERY_MS } else { WALK_EVERY_MS };
        self.walked_at.map_or(Timestamp::default(), |at| at.plus_ms(every))
    }
}

/// What visitors know of their places.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    told: HashMap<ConversationId, Told>,
    lines: HashMap<DepartmentId, Line>,
    /// Conversations to be looked at by themselves, by when.
    due: BTreeSet<(Timestamp, ConversationId)>,
    /// Lines to be walked, by when.
    walks: BTreeSet<(Timestamp, DepartmentId)>,
    /// Nothing is looked at before.
    rests_until: Timestamp,
}

impl Positions {
    /// Notes an event; `before` is where its conversation was until then.
    pub(crate) fn observe(&mut self, event: &Event, before: &Whereabouts, core: &Workspace) {
        let Some(id) = event.subject() else { return };
        let entered = match event {
            Event::ConversationQueued { department_id, .. }
            | Event::ConversationOffered { department_id, .. }
            | Event::ConversationRequeued { department_id, .. }
            | Event::ConversationTransferred { department_id, .. } => Some(department_id),
            // It is asked about again: another place is told, the same is known.
            Event::OfferEnded { .. } => return self.look(id),
            _ => None,
        };
        let left = before.line();
        if let Some(entered) = entered {
            // An offer is nothing that a visitor hears of, where it had a place before.
            let offered = matches!(event, Event::ConversationOffered { .. });
            if !(offered && left == Some(entered)) {
                self.hear(id);
            }
        }
        if left != entered {
            // Who is gone by now was anywhere.
            let key = core.conversation(id.as_str()).map_or(Key::FIRST, Key::of);
            left.into_iter().chain(entered).for_each(|line| self.stir(line, key));
        }
    }

    /// What a visitor knows of a conversation's place is over: it is looked at as soon as it may be
    /// told again.
    fn hear(&mut self, id: &ConversationId) {
        if let Some(told) = self.told.get_mut(id) {
            told.position = None;
        }
        self.look(id);
    }

    /// A conversation is looked at as soon as it may be told again.
    fn look(&mut self, id: &ConversationId) {
        let at = self.told.get(id).map_or(Timestamp::default(), Told::free_at);
        self.due.insert((at, id.clone()));
    }

    /// Places changed in a line, from here on.
    fn stir(&mut self, department: &DepartmentId, from: Key) {
        let Some(line) = self.lines.get_mut(department) else { return };
        if line.walking.is_some_and(|walking| walking <= from) {
            // The walk comes by there yet.
            return;
        }
        if line.stirred.is_none() && line.walking.is_none() {
            self.walks.insert((line.free_at(), department.clone()));
        }
        line.stirred = Some(line.stirred.map_or(from, |stirred| stirred.min(from)));
    }

    /// Notes the place that an answer told.
    fn told(&mut self, id: &ConversationId, position: u64) {
        self.told.entry(id.clone()).or_default().position = Some(position);
    }

    /// A conversation does not wait, or nobody hears of it. When it was told last is remembered for
    /// as long as that matters.
    pub(crate) fn forget(&mut self, id: &ConversationId, now: Timestamp) {
        let Some(told) = self.told.get_mut(id) else { return };
        told.position = None;
        if told.free_at() > now {
            self.due.insert((told.free_at(), id.clone()));
        } else {
            self.told.remove(id);
        }
    }

    fn watch(&mut self, conversation: &Conversation) {
        let line = self.lines.entry(conversation.department_id.clone()).or_default();
        line.watched.insert(Key::of(conversation), conversation.id.clone());
    }

    fn unwatch(&mut self, department: &DepartmentId, key: Key) {
        let Some(line) = self.lines.get_mut(department) else { return };
        line.watched.remove(&key);
        if line.watched.is_empty() && line.stirred.is_none() && line.walking.is_none() {
            self.lines.remove(department);
        }
    }

    /// When somebody is next to be looked at.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let due = self.due.first().map(|(at, _)| *at);
        let walk = self.walks.first().map(|(at, _)| *at);
        Some(due.into_iter().chain(walk).min()?.max(self.rests_until))
    }

    /// Whose time has come, at most so many: by themselves first, then a piece of a line.
    fn next(&mut self, now: Timestamp, most: usize) -> Vec<Looked> {
        let mut found = Vec::new();
        while found.len() < most
            && let Some(id) = pop_due(&mut self.due, now)
        {
            found.push(Looked { id, at: None });
        }
        if found.is_empty()
            && let Some(department) = pop_due(&mut self.walks, now)
        {
            self.walk(&department, now, most, &mut found);
        }
        found
    }

    fn walk(
        &mut self,
        department: &DepartmentId,
        now: Timestamp,
        most: usize,
        found: &mut Vec<Looked>,
    ) {
        let Some(line) = self.lines.get_mut(department) else { return };
        let Some(from) = line.walking.take().or_else(|| line.stirred.take()) else { return };
        let piece = line.watched.range(from..).take(most);
        found.extend(
            piece.map(|(key, id)| Looked { id: id.clone(), at: Some((department.clone(), *key)) }),
        );
        let last = found.last().and_then(|looked| looked.at.as_ref()).map(|(_, key)| *key);
        match last.filter(|_| found.len() == most) {
            Some(last) => {
                line.walking = Some(last.next());
                self.walks.insert((now, department.clone()));
            }
            None => {
                line.walked_at = Some(now);
                if line.stirred.is_some() {
                    self.walks.insert((line.free_at(), department.clone()));
                } else if line.watched.is_empty() {
                    self.lines.remove(department);
                }
            }
        }
    }
}

/// The first whose time has come.
fn pop_due<T: Ord>(times: &mut BTreeSet<(Timestamp, T)>, now: Timestamp) -> Option<T> {
    if times.first().is_none_or(|(at, _)| *at > now) {
        return None;
    }
    times.pop_first().map(|(_, due)| due)
}

/// A conversation to be looked at, and where a walk came by it.
#[derive(Debug)]
struct Looked {
    id: ConversationId,
    at: Option<(DepartmentId, Key)>,
}

/// What lines can expect: the same for all that are told in a turn.
type Estimates = HashMap<DepartmentId, Option<Estimate>>;

impl Worker {
    /// Tells those whose place changed and whose time has come, as many as a turn has time for.
    pub(crate) fn tell_positions(&mut self) {
        let now = self.clock.now();
        if self.positions.deadline().is_none_or(|due| due > now) {
            return;
        }
        let (mut left, mut estimates) = (CHUNK, Estimates::new());
        while left > 0 {
            let found = self.positions.next(now, left);
            if found.is_empty() && self.positions.deadline().is_none_or(|due| due > now) {
                return;
            }
            left = left.saturating_sub(found.len().max(1));
            for looked in found {
                self.look_at(looked, now, &mut estimates);
            }
        }
        self.positions.rests_until = self.clock.now().plus_ms(REST_MS);
    }

    /// Tells a conversation's visitor its place, where there is something to tell.
    fn look_at(&mut self, looked: Looked, now: Timestamp, estimates: &mut Estimates) {
        let Looked { id, at } = looked;
        let waiting = self.core.conversation(id.as_str()).filter(|c| c.is_waiting());
        let links = waiting.map_or_else(Vec::new, |c| self.links_of(&c.visitor_id));
        let Some(waiting) = waiting.filter(|_| !links.is_empty()) else {
            if let Some((department, key)) = at {
                self.positions.unwatch(&department, key);
            }
            return self.positions.forget(&id, now);
        };
        match at {
            // It stands elsewhere by now.
            Some((department, key))
                if waiting.department_id != department || Key::of(waiting) != key =>
            {
                return self.positions.unwatch(&department, key);
            }
            Some(_) => {}
            None => self.positions.watch(waiting),
        }
        if waiting.state != State::Queued {
            return;
        }
        let Some(position) = self.core.queue_position(waiting) else { return };
        let told = self.positions.told.entry(id.clone()).or_default();
        if told.position == Some(position) {
            return;
        }
        if told.free_at() > now {
            let at = told.free_at();
            self.positions.due.insert((at, id));
            return;
        }
        *told = Told { position: Some(position), pushed_at: Some(now) };
        let estimate = match estimates.get(&waiting.department_id) {
            Some(estimate) => *estimate,
            None => {
                let estimate = self.estimate(&waiting.department_id);
                estimates.insert(waiting.department_id.clone(), estimate);
                estimate
            }
        };
        let message = queued(waiting, position, estimate);
        let kind = LatestKind::Queued(id.as_str().into());
        for link in links {
            self.deliver(&link, ToConnection::Latest(kind.clone(), message.clone()));
        }
    }

    fn estimate(&self, department: &DepartmentId) -> Option<Estimate> {
        let department = self.core.department(department.as_str())?;
        self.eta.estimate(&self.core, department, self.now())
    }

    /// The sockets that a visitor is on.
    fn links_of(&self, visitor: &VisitorId) -> Vec<Arc<dyn Link>> {
        let sessions = self.streams.of(&Person::Visitor(visitor.clone())).iter();
        sessions.filter_map(|session| self.streams.find(session)?.link.clone()).collect()
    }

    /// Notes the place that an answer told a visitor. Its other devices may know an older one: then
    /// all of them are told.
    pub(crate) fn answered_position(
        &mut self,
        visitor: &VisitorId,
        id: &ConversationId,
        position: u64,
    ) {
        let known = self.positions.told.get(id).and_then(|told| told.position);
        if known.is_none() || self.links_of(visitor).len() <= 1 {
            self.positions.told(id, position);
        }
    }

    /// The places of a visitor who is on another socket: afresh where it was resumed; else the
    /// welcome told them.
    pub(crate) fn tell_positions_to(&mut self, session: &SessionId, resumed: bool) {
        let Some(stream) = self.streams.find(session) else { return };
        let Person::Visitor(visitor) = &stream.person else { return };
        let visitor = visitor.clone();
        let waiting = self.core.opened_by(visitor.as_str()).filter(|c| c.is_waiting());
        let waiting: Vec<ConversationId> = waiting.map(|c| c.id.clone()).collect();
        for id in waiting {
            let Some(conversation) = self.core.conversation(id.as_str()) else { continue };
            self.positions.watch(conversation);
            let position = self.core.queue_position(conversation);
            let queued_at = position.filter(|_| conversation.state == State::Queued);
            let Some(position) = queued_at else { continue };
            if !resumed {
                self.answered_position(&visitor, &id, position);
                continue;
            }
            let estimate = self.estimate(&conversation.department_id);
            let message = queued(conversation, position, estimate);
            self.send_latest(session, LatestKind::Queued(id.as_str().into()), &message);
            self.answered_position(&visitor, &id, position);
            let told = self.positions.told.entry(id).or_default();
            told.pushed_at = Some(self.clock.now());
        }
    }

    /// A latest value for one session, where it is live.
    pub(crate) fn send_latest(
        &mut self,
        session: &SessionId,
        kind: LatestKind,
        message: &SharedMessage,
    ) {
        let link = self.streams.find(session).and_then(|stream| stream.link.clone());
        if let Some(link) = link {
            self.deliver(&link, ToConnection::Latest(kind, message.clone()));
        }
    }
}

fn queued(of: &Conversation, position: u64, estimate: Option<Estimate>) -> SharedMessage {
    SharedMessage::new(ServerMessage::ConversationQueued(ConversationQueued {
        conversation_id: of.id.to_string(),
        revision: of.revision,
        position: Some(position),
        eta_ms: estimate.map(|estimate| estimate.at(position)),
    }))
}
