//! What the journal keeps of the streams of sessions, so that they go on after a restart: every
//! sequenced push and every answer, with the events that they depend on. Kept for a few minutes
//! only: whoever comes back after a crash has missed no more than was on its way.

use std::{
    collections::{HashMap, HashSet},
    mem::take,
};

use serde::{Deserialize, Serialize};
use switchboard_journal::Opaque;
use switchboard_protocol::ServerMessage;
use switchboard_routing::{Person, SessionId, VisitorId};

use super::stream::{Stream, Streams};

/// What happened to a stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Change {
    /// It is there, and this far.
    Is(Standing),
    /// These are all that there are, with every snapshot: whatever is not among them is over.
    All(Vec<Standing>),
    /// A sequenced push.
    Pushed(SessionId, ServerMessage),
    /// The answer to a `ref`.
    Answered(SessionId, i64, ServerMessage),
    /// It is over.
    Ended(SessionId),
}

/// How far a stream is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Standing {
    session_id: SessionId,
    person: Person,
    device_id: Option<String>,
    epoch: u64,
    /// Number of the last sequenced push.
    seq: u64,
    /// The highest `ref` that was answered, of what lasts.
    answered: Option<i64>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct SessionLog(Vec<Change>);

impl SessionLog {
    /// A stream began, or is another device's now.
    pub(super) fn began(&mut self, session_id: &SessionId, stream: &Stream) {
        self.0.push(Change::Is(standing(session_id, stream)));
    }

    /// A sequenced push was made.
    pub(super) fn pushed(&mut self, session_id: &SessionId, push: &ServerMessage) {
        self.0.push(Change::Pushed(session_id.clone(), push.clone()));
    }

    /// A `ref` was answered.
    pub(super) fn answered(
        &mut self,
        session_id: &SessionId,
        reference: i64,
        answer: &ServerMessage,
    ) {
        self.0.push(Change::Answered(session_id.clone(), reference, answer.clone()));
    }

    /// A stream is over.
    pub(super) fn ended(&mut self, session_id: &SessionId) {
        self.0.push(Change::Ended(session_id.clone()));
    }

    /// What tells of a visitor is not written.
    pub(super) fn forget(&mut self, visitor: &VisitorId) {
        self.0.retain(|change| match change {
            Change::Pushed(_, message) | Change::Answered(_, _, message) => {
                message.conversation().is_none_or(|of| of.visitor.id != visitor.as_str())
            }
            _ => true,
        });
    }

    /// What happened since this was asked last, to be written.
    pub(super) fn take(&mut self) -> Option<Opaque> {
        (!self.0.is_empty()).then(|| opaque(take(&mut self.0)))
    }

    /// All streams as they are, to be written with a snapshot.
    pub(super) fn whole(streams: &Streams) -> Opaque {
        let all = streams.all().map(|(id, stream)| standing(id, stream)).collect();
        opaque(vec![Change::All(all)])
    }

    /// Takes streams up again from what was written. What cannot be read is as if it had not been
    /// written: whoever had it gets a full welcome.
    pub(super) fn recall(written: &[Vec<u8>], streams: &mut Streams, answers_kept: usize) {
        let mut known: HashMap<SessionId, Known> = HashMap::new();
        for bytes in written {
            match rmp_serde::from_slice::<Vec<Change>>(bytes) {
                Ok(changes) => apply(changes, &mut known, answers_kept),
                Err(error) => {
                    tracing::warn!(%error, "streams of sessions cannot be read");
                    known.clear();
                }
            }
        }
        for (session_id, known) in known {
            if let (Some(Standing { person, device_id, epoch, seq, answered, .. }), mut stream) =
                (known.standing, known.stream)
            {
                stream.recalled(person.clone(), device_id, epoch, seq, answered);
                streams.put_back(session_id, stream);
            }
        }
    }
}

/// A stream on its way back.
#[derive(Debug)]
struct Known {
    /// None for one whose beginning is not written any more: it may be told yet.
    standing: Option<Standing>,
    stream: Stream,
}

fn apply(changes: Vec<Change>, known: &mut HashMap<SessionId, Known>, answers_kept: usize) {
    for change in changes {
        match change {
            Change::Is(standing) => {
                let id = standing.session_id.clone();
                entry(known, &id).standing = Some(standing);
            }
            Change::All(all) => {
                let there: HashSet<_> = all.iter().map(|one| one.session_id.clone()).collect();
                known.retain(|id, _| there.contains(id));
                for standing in all {
                    let id = standing.session_id.clone();
                    entry(known, &id).standing = Some(standing);
                }
            }
            Change::Pushed(session_id, push) => {
                let known = entry(known, &session_id);
                if let (Some(standing), Some(seq)) = (&mut known.standing, push.seq()) {
                    standing.seq = standing.seq.max(seq);
                }
                known.stream.keep(push);
            }
            Change::Answered(session_id, reference, answer) => {
                let known = entry(known, &session_id);
                known.stream.answered(reference, answer, answers_kept);
                known.stream.lasts(reference);
            }
            Change::Ended(session_id) => {
                known.remove(&session_id);
            }
        }
    }
}

fn entry<'k>(known: &'k mut HashMap<SessionId, Known>, id: &SessionId) -> &'k mut Known {
    known.entry(id.clone()).or_insert_with(|| Known {
        standing: None,
        // Whose it is, its standing says.
        stream: Stream::new(Person::Visitor(id.as_str().into()), 0),
    })
}

fn standing(session_id: &SessionId, stream: &Stream) -> Standing {
    Standing {
        session_id: session_id.clone(),
        person: stream.person.clone(),
        device_id: stream.device_id.clone(),
        epoch: stream.epoch,
        seq: stream.seq,
        answered: stream.highest_lasting(),
    }
}

fn opaque(changes: Vec<Change>) -> Opaque {
    Opaque::new(move || {
        rmp_serde::to_vec_named(&changes).unwrap_or_else(|error| {
            tracing::error!(%error, "streams of sessions cannot be written");
            Vec::new()
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use switchboard_protocol::{Heartbeat, MembershipChanged};

    use super::*;
    use crate::actor::stream::Repeat;

    fn push(stream: &mut Stream) -> ServerMessage {
        let changed = MembershipChanged { seq: 0, department_ids: Vec::new() };
        stream.sequence(ServerMessage::MembershipChanged(changed))
    }

    fn answer(now: u64) -> ServerMessage {
        ServerMessage::Heartbeat(Heartbeat { now })
    }

    /// What streams are after what a rig wrote was read again.
    fn recalled(written: &[Opaque]) -> Streams {
        let written: Vec<_> = written.iter().map(Opaque::bytes).collect();
        let mut streams = Streams::default();
        SessionLog::recall(&written, &mut streams, 64);
        streams
    }

    #[test]
    fn a_stream_goes_on_where_it_was() {
        let (id, mut log) = (SessionId::from("ses_1"), SessionLog::default());
        let mut stream = Stream::new(Person::Agent("ann".into()), 1);
        stream.epoch = 7;
        log.began(&id, &stream);
        for _ in 0..3 {
            log.pushed(&id, &push(&mut stream));
        }
        log.answered(&id, 4, &answer(40));
        let streams = recalled(&[log.take().unwrap()]);
        let back = streams.find(&id).unwrap();
        assert_eq!((back.seq, back.epoch), (3, 7));
        assert_eq!(back.person, Person::Agent("ann".into()));
        assert!(back.can_resume(0) && back.can_resume(3) && !back.can_resume(4));
        assert_eq!(back.seen(4), Repeat::Answered(Box::new(answer(40))));
        assert_eq!(back.seen(5), Repeat::New);
        assert_eq!(back.seen(3), Repeat::New, "not all refs need be used");
    }

    #[test]
    fn what_is_older_than_what_is_kept_is_not_forgotten_altogether() {
        let (id, mut log) = (SessionId::from("ses_1"), SessionLog::default());
        let mut stream = Stream::new(Person::Agent("ann".into()), 1);
        stream.answered(9, answer(9), 64);
        stream.lasts(9);
        // A ping's answer is of the moment.
        stream.answered(10, answer(10), 64);
        push(&mut stream);
        push(&mut stream);
        let mut streams = Streams::default();
        streams.put_back(id.clone(), stream);
        let whole = SessionLog::whole(&streams);
        log.pushed(&id, &push(streams.find_mut(&id).unwrap()));
        let streams = recalled(&[whole, log.take().unwrap()]);
        let back = streams.find(&id).unwrap();
        assert_eq!(back.seq, 3);
        assert!(back.can_resume(2) && !back.can_resume(1));
        assert_eq!(back.seen(9), Repeat::TooOld);
        assert_eq!(back.seen(10), Repeat::New);
    }

    #[test]
    fn what_ended_does_not_come_back() {
        let (one, other) = (SessionId::from("ses_1"), SessionId::from("ses_2"));
        let (mut log, mut streams) = (SessionLog::default(), Streams::default());
        for id in [&one, &other] {
            let stream = Stream::new(Person::Agent("ann".into()), 1);
            log.began(id, &stream);
            streams.put_back(id.clone(), stream);
        }
        let begun = log.take().unwrap();
        log.ended(&one);
        let after = recalled(&[begun.clone(), log.take().unwrap()]);
        assert!(after.find(&one).is_none() && after.find(&other).is_some());
        streams.remove(&other);
        let after = recalled(&[begun, SessionLog::whole(&streams)]);
        assert!(after.find(&one).is_some() && after.find(&other).is_none());
    }
}
