//! The stream of a session: what was pushed to it and in which order, so that it can go on after
//! a lost socket. It lives with the workspace; only the bytes on their way live with the socket.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use switchboard_protocol::{ServerMessage, VisitorClaims};
use switchboard_routing::{Person, SessionId, Timestamp, VisitorId};

use crate::{
    auth::Proof,
    seam::{Generation, Identity, Link},
};

/// How many sequenced pushes of a session can be given again after a lost socket.
const REPLAY: usize = 256;

/// See the module.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) person: Person,
    pub(crate) generation: Generation,
    /// The socket it is on, if it is on one.
    pub(crate) link: Option<Arc<dyn Link>>,
    pub(crate) device_id: Option<String>,
    /// The tenure of the workspace in which it began: within it, its numbers rise.
    pub(crate) epoch: u64,
    /// Number of the last sequenced push.
    pub(crate) seq: u64,
    /// In the order of their hellos.
    pub(crate) number: u64,
    /// What a visitor says of itself: kept with the workspace once it opens something.
    pub(crate) claims: Option<VisitorClaims>,
    /// What its host says of a visitor.
    pub(crate) identity: Option<Identity>,
    /// What an agent came in with.
    pub(crate) proof: Option<Proof>,
    /// The key that a back end came in with.
    pub(crate) api_key: Option<Arc<str>>,
    /// When an agent's token ends.
    pub(crate) expires_at: Option<Timestamp>,
    /// When its agent last said, on it, that it does something, and was heard.
    pub(crate) active_at: Option<Timestamp>,
    replay: VecDeque<ServerMessage>,
    answers: Answers,
}

/// What is kept of the answers to a session's requests.
#[derive(Debug, Default)]
struct Answers {
    kept: VecDeque<(i64, ServerMessage)>,
    /// Whether older ones are gone.
    full: bool,
    /// Up to which `ref` they may be gone, after a restart.
    floor: Option<i64>,
    /// The highest `ref` whose answer is to be known after a restart.
    lasting: Option<i64>,
}

/// What a request's `ref` says of it.
#[derive(Debug, PartialEq)]
pub(crate) enum Repeat {
    /// It was not seen before.
    New,
    /// It was answered: this is the answer.
    Answered(Box<ServerMessage>),
    /// It is older than the answers that are kept.
    TooOld,
}

impl Stream {
    pub(crate) fn new(person: Person, number: u64) -> Self {
        Self {
            person,
            generation: 0,
            link: None,
            device_id: None,
            epoch: 0,
            seq: 0,
            number,
            claims: None,
            identity: None,
            proof: None,
            api_key: None,
            expires_at: None,
            active_at: None,
            replay: VecDeque::new(),
            answers: Answers::default(),
        }
    }

    /// Numbers a sequenced push, and keeps it for a resume.
    pub(crate) fn sequence(&mut self, mut push: ServerMessage) -> ServerMessage {
        self.seq += 1;
        push.set_seq(self.seq);
        self.keep(push.clone());
        push
    }

    /// Keeps a sequenced push for a resume. Behind a gap, what was before is of no use.
    pub(super) fn keep(&mut self, push: ServerMessage) {
        let last = self.replay.back().and_then(ServerMessage::seq);
        if last.is_some_and(|last| push.seq() != Some(last + 1)) {
            self.replay.clear();
        }
        if self.replay.len() == REPLAY {
            self.replay.pop_front();
        }
        self.replay.push_back(push);
    }

    /// It is this person's, and this far: taken up again after a restart.
    pub(super) fn recalled(
        &mut self,
        person: Person,
        device_id: Option<String>,
        epoch: u64,
        seq: u64,
        answered: Option<i64>,
    ) {
        (self.person, self.device_id, self.epoch, self.seq) = (person, device_id, epoch, seq);
        self.answers.floor = answered;
    }

    /// The answer to a `ref` is to be known after a restart too.
    pub(super) fn lasts(&mut self, reference: i64) {
        self.answers.lasting = self.answers.lasting.max(Some(reference));
    }

    /// The highest `ref` whose answer is to be known after a restart.
    pub(super) fn highest_lasting(&self) -> Option<i64> {
        self.answers.lasting.max(self.answers.floor)
    }

    /// Drops what tells of a visitor: pushes, and answers, which nobody gets again.
    pub(super) fn forget(&mut self, visitor: &VisitorId) -> bool {
        let tells = |message: &ServerMessage| {
            message.conversation().is_some_and(|of| of.visitor.id == visitor.as_str())
        };
        let pushed = self.replay.iter().any(tells);
        if pushed {
            self.replay.clear();
        }
        let answered = self.answers.kept.iter().any(|(_, answer)| tells(answer));
        if answered {
            let kept = self.answers.kept.iter().map(|(reference, _)| *reference).max();
            self.answers.floor = self.answers.floor.max(kept);
            self.answers.kept.clear();
        }
        pushed || answered
    }

    /// Whether everything after `seq` is still here.
    pub(crate) fn can_resume(&self, seq: u64) -> bool {
        seq <= self.seq && self.seq - seq <= self.replay.len() as u64
    }

    /// The pushes after `seq`, as they are told now.
    pub(crate) fn missed(&self, seq: u64, now: Timestamp) -> impl Iterator<Item = ServerMessage> {
        let missed = self.replay.iter().filter(move |push| push.seq().is_some_and(|own| own > seq));
        missed.map(move |push| as_of(push.clone(), now))
    }

    /// What a request's `ref` says of it.
    pub(crate) fn seen(&self, reference: i64) -> Repeat {
        if let Some((_, answer)) = self.answers.kept.iter().find(|(own, _)| *own == reference) {
            return Repeat::Answered(Box::new(answer.clone()));
        }
        if self.answers.floor.is_some_and(|floor| reference <= floor) {
            return Repeat::TooOld;
        }
        let oldest = self.answers.kept.iter().map(|(own, _)| *own).min();
        match oldest {
            Some(oldest) if self.answers.full && reference < oldest => Repeat::TooOld,
            _ => Repeat::New,
        }
    }

    /// Keeps an answer.
    pub(crate) fn answered(&mut self, reference: i64, answer: ServerMessage, bound: usize) {
        let answers = &mut self.answers;
        if answers.kept.len() >= bound {
            answers.kept.pop_front();
            answers.full = true;
        }
        answers.kept.push_back((reference, answer));
    }
}

/// What an offer has left counts from when it is told: who slept has less than when it was made.
fn as_of(mut push: ServerMessage, now: Timestamp) -> ServerMessage {
    if let ServerMessage::ConversationOffered(offered) = &mut push
        && let Some(Some(offer)) = &mut Arc::make_mut(&mut offered.conversation).offer
    {
        offer.expires_in_ms = Timestamp(offer.expires_at).since_ms(now);
    }
    push
}

/// The streams of a workspace.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    by_id: HashMap<SessionId, Stream>,
    by_person: HashMap<Person, Vec<SessionId>>,
    hellos: u64,
}

impl Streams {
    pub(crate) fn find(&self, id: &SessionId) -> Option<&Stream> {
        self.by_id.get(id)
    }

    pub(crate) fn find_mut(&mut self, id: &SessionId) -> Option<&mut Stream> {
        self.by_id.get_mut(id)
    }

    /// The sessions of a person, live and lost, in the order of their first hello.
    pub(crate) fn of(&self, person: &Person) -> &[SessionId] {
        self.by_person.get(person).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every session that is on a socket.
    pub(crate) fn live(&self) -> impl Iterator<Item = (&SessionId, &Stream)> {
        self.by_id.iter().filter(|(_, stream)| stream.link.is_some())
    }

    /// Every session, on a socket or not.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&SessionId, &Stream)> {
        self.by_id.iter()
    }

    /// The same, to be changed.
    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = (&SessionId, &mut Stream)> {
        self.by_id.iter_mut()
    }

    pub(crate) fn insert(&mut self, id: SessionId, person: Person, epoch: u64) {
        let mut stream = Stream::new(person, 0);
        stream.epoch = epoch;
        self.put_back(id, stream);
    }

    /// A stream that there was.
    pub(super) fn put_back(&mut self, id: SessionId, stream: Stream) {
        self.by_person.entry(stream.person.clone()).or_default().push(id.clone());
        self.by_id.insert(id, stream);
    }

    /// Numbers a hello.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.hellos += 1;
        self.hellos
    }

    pub(crate) fn remove(&mut self, id: &SessionId) -> Option<Stream> {
        let stream = self.by_id.remove(id)?;
        if let Some(own) = self.by_person.get_mut(&stream.person) {
            own.retain(|other| other != id);
            if own.is_empty() {
                self.by_person.remove(&stream.person);
            }
        }
        Some(stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switchboard_protocol::{Heartbeat, MembershipChanged};

    fn push() -> ServerMessage {
        let changed = MembershipChanged { seq: 0, department_ids: Vec::new() };
        ServerMessage::MembershipChanged(changed)
    }

    fn stream() -> Stream {
        Stream::new(Person::Agent("ann".into()), 1)
    }

    #[test]
    fn numbers_from_one_without_a_gap_and_gives_again_what_was_missed() {
        let mut stream = stream();
        let numbers: Vec<_> = (0..5).map(|_| stream.sequence(push()).seq()).collect();
        assert_eq!(numbers, (1..=5).map(Some).collect::<Vec<_>>());
        assert!(stream.can_resume(0) && stream.can_resume(5) && !stream.can_resume(6));
        assert_eq!(
            stream.missed(3, Timestamp(0)).map(|push| push.seq()).collect::<Vec<_>>(),
            [Some(4), Some(5)]
        );
    }

    #[test]
    fn is_too_far_behind_once_a_missed_push_is_gone() {
        let mut stream = stream();
        for _ in 0..REPLAY + 1 {
            stream.sequence(push());
        }
        assert!(!stream.can_resume(0));
        assert!(stream.can_resume(1));
    }

    #[test]
    fn answers_a_repeated_ref_as_the_first_time() {
        let mut stream = stream();
        let answer = |now| ServerMessage::Heartbeat(Heartbeat { now });
        for reference in 0..70 {
            assert_eq!(stream.seen(reference), Repeat::New);
            stream.answered(reference, answer(reference as u64), 64);
        }
        assert_eq!(stream.seen(69), Repeat::Answered(Box::new(answer(69))));
        assert_eq!(stream.seen(6), Repeat::Answered(Box::new(answer(6))));
        assert_eq!(stream.seen(5), Repeat::TooOld);
        assert_eq!(stream.seen(70), Repeat::New);
    }
}
