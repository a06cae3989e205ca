//! The store in memory: what it keeps, what it drops, and when it asks for a snapshot.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{collections::HashMap, sync::Arc};

use switchboard_journal::*;
use switchboard_routing::{Command, Input, Origin, Output, Timestamp, Workspace, WorkspaceId};

struct Rig {
    store: Memory,
    id: WorkspaceId,
    writer: Box<dyn Writer>,
    core: Workspace,
}

impl Rig {
    fn keeping(ended: usize) -> Self {
        let (store, id) = (Memory::keeping(1_000, ended), WorkspaceId::from("w"));
        let entry = Entry::new(id.clone(), String::new(), [0; 32]);
        store.create(entry).unwrap();
        let writer = store.claim(&id, Arc::new(|_, _| {})).unwrap().writer;
        let mut rig = Self { store, id, writer, core: Workspace::new(1) };
        let (department_id, name) = ("d".into(), "D".into());
        rig.ask(Command::CreateDepartment { department_id, name, policy: Box::default() });
        rig
    }

    fn ask(&mut self, command: Command) {
        let mut out = Vec::new();
        let input = Input::new(Origin::ROOT, command);
        self.core.handle(Timestamp(1), input, &mut out).unwrap();
        let mut batch = Batch::default();
        for output in out {
            match output {
                Output::Decided(_) => {}
                Output::Event(record) => batch.events.push(record),
                Output::Ended(conversation) => batch.ended.push(Arc::new(Ended {
                    conversation: *conversation,
                    details: None,
                    history: Vec::new(),
                })),
                Output::Notice { .. } => {}
            }
        }
        assert_eq!(self.writer.append(batch), Append::Done);
    }

    fn open(&mut self, id: &str, visitor: &str) {
        self.ask(Command::OpenConversation(switchboard_routing::OpenConversation {
            conversation_id: id.into(),
            visitor_id: visitor.into(),
            department_id: None,
            priority: 0,
            skills: vec![],
            key: None,
        }));
    }

    fn close(&mut self, id: &str) {
        self.ask(Command::CloseConversation { conversation_id: id.into() });
    }

    fn listed(&self) -> Vec<String> {
        let listed = self.store.list(&self.id, &ArchiveFilter::default(), 0, 100).unwrap();
        listed.iter().map(|ended| ended.conversation.id.to_string()).collect()
    }

    fn last_of(&self, visitor: &str) -> Option<String> {
        let last = self.store.last_of(&self.id, &visitor.into()).unwrap()?;
        Some(last.conversation.id.to_string())
    }
}

#[test]
fn those_who_ended_last_are_kept_and_listed_in_the_order_of_arrival() {
    let mut rig = Rig::keeping(2);
    for (id, visitor) in [("c1", "v1"), ("c2", "v2"), ("c3", "v1"), ("c4", "v2")] {
        rig.open(id, visitor);
    }
    rig.close("c3");
    rig.close("c4");
    // The first that arrived is the last that ended.
    rig.close("c1");
    assert_eq!(rig.listed(), ["c1", "c4"]);
    assert!(rig.store.find(&rig.id, &"c3".into()).unwrap().is_none());
    assert_eq!(rig.last_of("v1").unwrap(), "c1");
    rig.close("c2");
    assert_eq!(rig.listed(), ["c1", "c2"]);
    assert_eq!(rig.last_of("v2").unwrap(), "c2");
    rig.open("c5", "v3");
    rig.close("c5");
    assert_eq!((rig.listed(), rig.last_of("v1")), (vec!["c2".into(), "c5".into()], None));
}

#[test]
fn whatever_is_replayed_counts_towards_the_next_snapshot() {
    let mut rig = Rig::keeping(2);
    let before = rig.writer.since_snapshot();
    let change = PersonalChange::VisitorForgotten("v1".into());
    let batch = Batch { personal: vec![change; 3], ..Batch::default() };
    assert_eq!(rig.writer.append(batch), Append::Done);
    assert_eq!(rig.writer.since_snapshot() - before, 3);
    rig.open("c1", "v1");
    rig.close("c1");
    // Opened, queued, closed; and what ended.
    assert_eq!(rig.writer.since_snapshot() - before, 3 + 3 + 1);
    let snapshot = rig.core.snapshot();
    let stored = Stored {
        snapshot,
        histories: HashMap::new(),
        figures: None,
        sessions: None,
        dormant: false,
    };
    rig.writer.snapshot(stored).unwrap();
    assert_eq!(rig.writer.since_snapshot(), 0);
}

mod decisions {
    use std::collections::BTreeMap;

    use switchboard_routing::{
        AssignmentCause, Candidate, CandidateReason, Decision, Strategy, Timestamp,
    };

    use super::*;

    fn decision(about: &str, position: u64, candidates: usize) -> Decision {
        let candidate = Candidate {
            agent_id: "ann".into(),
            load: 0,
            capacity: 5,
            rank: None,
            reason: CandidateReason::Away,
        };
        Decision {
            conversation_id: about.into(),
            department_id: "d".into(),
            position,
            at: Timestamp(1),
            cause: AssignmentCause::Routed,
            strategy: Strategy::LeastBusy,
            chosen: None,
            candidates: vec![candidate; candidates],
            left_out: BTreeMap::new(),
        }
    }

    fn store(bytes: usize) -> (Memory, WorkspaceId, Box<dyn Writer>) {
        let (store, id) = (Memory::keeping(10, 10).with_decision_bytes(bytes), "w".into());
        let entry = Entry::new(WorkspaceId::clone(&id), String::new(), [0; 32]);
        store.create(entry).unwrap();
        let writer = store.claim(&id, Arc::new(|_, _| {})).unwrap().writer;
        (store, id, writer)
    }

    fn batch(decisions: Vec<Decision>) -> Batch {
        let decisions = decisions.into_iter().map(|decision| (0, Arc::new(decision))).collect();
        Batch { decisions, ..Batch::default() }
    }

    fn positions(store: &Memory, id: &WorkspaceId, about: &str) -> Vec<u64> {
        let decisions = store.decisions(id, &about.into(), 0).unwrap();
        decisions.iter().map(|decision| decision.position).collect()
    }

    #[test]
    fn they_are_read_back_in_order_and_by_conversation() {
        let (store, id, mut writer) = store(RETAINED_DECISION_BYTES);
        let decisions = vec![decision("c1", 1, 2), decision("c2", 2, 1), decision("c1", 3, 0)];
        let first = decisions[0].clone();
        assert_eq!(writer.append(batch(decisions)), Append::Done);
        assert_eq!(positions(&store, &id, "c1"), [1, 3]);
        assert_eq!(positions(&store, &id, "c2"), [2]);
        assert_eq!(*store.decisions(&id, &"c1".into(), 0).unwrap()[0], first);
        assert!(positions(&store, &id, "c3").is_empty());
        assert!(positions(&store, &"other".into(), "c1").is_empty());
    }

    #[test]
    fn the_oldest_go_first_where_they_would_take_too_many_bytes() {
        let (store, id, mut writer) = store(100_000);
        for position in 1..=1_000 {
            let about = format!("c{position}");
            writer.append(batch(vec![decision(&about, position, 50)]));
        }
        let kept = |position: &u64| !positions(&store, &id, &format!("c{position}")).is_empty();
        let kept: Vec<u64> = (1..=1_000).filter(kept).collect();
        assert!((20..60).contains(&kept.len()), "some 2.5 KB each: {}", kept.len());
        assert_eq!(kept.last(), Some(&1_000));
        assert!(kept.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{kept:?}");
    }

    #[test]
    fn one_conversation_does_not_push_out_the_others() {
        let (store, id, mut writer) = store(100_000);
        writer.append(batch(vec![decision("c1", 1, 1)]));
        for position in 2..=10_000 {
            writer.append(batch(vec![decision("c2", position, 1)]));
        }
        assert_eq!(positions(&store, &id, "c1"), [1]);
        let last = RETAINED_DECISIONS_EACH as u64;
        assert_eq!(positions(&store, &id, "c2"), Vec::from_iter(10_001 - last..=10_000));
    }

    #[test]
    fn nothing_is_replayed_from_them_and_erasing_takes_them_along() {
        let (store, id, mut writer) = store(RETAINED_DECISION_BYTES);
        writer.append(batch(vec![decision("c1", 1, 1)]));
        assert_eq!(writer.since_snapshot(), 0);
        let _claim = store.claim(&id, Arc::new(|_, _| {})).unwrap();
        assert_eq!(positions(&store, &id, "c1"), [1], "a reload does not lose them");
        assert_eq!(writer.append(batch(vec![decision("c1", 2, 1)])), Append::Fenced);
        assert_eq!(positions(&store, &id, "c1"), [1]);
        assert!(store.erase("w").unwrap());
        assert!(positions(&store, &id, "c1").is_empty());
    }
}
impl Rig {
    /// As a reopening does: the archive gives it up.
    fn reopen(&mut self, id: &str) -> Arc<Ended> {
        let ended = self.store.find(&self.id, &id.into()).unwrap().unwrap();
        let mut batch = Batch::default();
        batch.reopen(ended.clone());
        assert_eq!(self.writer.append(batch), Append::Done);
        ended
    }
}

#[test]
fn what_is_reopened_is_off_the_shelf_until_it_ends_again() {
    let mut rig = Rig::keeping(2);
    for (id, visitor) in [("c1", "v1"), ("c2", "v1"), ("c3", "v2")] {
        rig.open(id, visitor);
    }
    rig.close("c1");
    rig.close("c2");
    let ended = rig.reopen("c2");
    assert!(rig.store.find(&rig.id, &"c2".into()).unwrap().is_none());
    assert_eq!((rig.listed(), rig.last_of("v1").unwrap()), (vec!["c1".into()], "c1".into()));
    // It no longer takes the place of another.
    rig.close("c3");
    assert_eq!(rig.listed(), ["c1", "c3"]);
    let before = rig.writer.since_snapshot();
    let batch = Batch { ended: vec![ended], ..Batch::default() };
    assert_eq!(rig.writer.append(batch), Append::Done);
    assert_eq!(rig.writer.since_snapshot() - before, 1);
    // What counts is its last ending: the first that ended goes.
    assert_eq!(
        (rig.listed(), rig.last_of("v1").unwrap()),
        (vec!["c2".into(), "c3".into()], "c2".into())
    );
}

#[test]
fn a_batch_knows_what_came_last_of_an_ending_and_a_reopening() {
    let mut rig = Rig::keeping(9);
    for id in ["c1", "c2"] {
        rig.open(id, "v1");
        rig.close(id);
    }
    let (first, second) =
        (rig.reopen("c1"), rig.store.find(&rig.id, &"c2".into()).unwrap().unwrap());
    // The first ended and was reopened, the second was reopened and ended.
    let mut batch = Batch { ended: vec![first.clone()], ..Batch::default() };
    batch.reopen(first.clone());
    batch.reopen(second.clone());
    batch.ended.push(second);
    batch.reopen(first);
    assert_eq!((batch.reopened.len(), batch.ended.len(), batch.size()), (2, 1, 3));
    assert_eq!(rig.writer.append(batch), Append::Done);
    assert_eq!(rig.listed(), ["c2"]);
}
