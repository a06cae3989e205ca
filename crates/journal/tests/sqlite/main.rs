//! The store in a file: what it gives back after it was closed, whom it refuses, and what it leaves
//! in its files.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod rig;

use std::sync::Arc;

use rig::{Rig, reported};
use switchboard_journal::*;
use switchboard_routing::{State, Timestamp};

#[test]
fn a_log_and_its_snapshots_give_the_state_that_wrote_them() {
    let mut rig = Rig::new("state");
    for round in 0..6 {
        for number in 0..40 {
            rig.open(&format!("c{round}-{number}"), &format!("v{number}"));
            if number % 3 == 0 {
                rig.close(&format!("c{round}-{number}"));
            }
        }
        if round % 2 == 1 {
            rig.snapshot();
        }
        let was = rig.core.snapshot();
        rig.reopen_store();
        // Each tenure has an epoch of its own; all else is as it was.
        let mut is = rig.core.clone();
        is.begin_epoch(1);
        let mut before = switchboard_routing::Workspace::restore(&was, &[]);
        before.begin_epoch(1);
        assert_eq!(is.snapshot(), before.snapshot());
    }
}

#[test]
fn what_ended_is_read_with_its_history_and_details() {
    let mut rig = Rig::new("ended");
    let details = Details { external_id: Some("case-1".into()), ..Details::default() };
    rig.open("c1", "v1");
    rig.write(|batch| {
        batch.personal.push(PersonalChange::Conversation("c1".into(), details.clone()))
    });
    rig.open("c2", "v1");
    rig.close("c1");
    rig.reopen_store();
    let ended = rig.store.find(&rig.id, &"c1".into()).unwrap().unwrap();
    assert_eq!(ended.conversation.state, State::Closed);
    assert_eq!(ended.details.as_deref(), Some(&details));
    let first = ended.history.first().unwrap().position;
    assert_eq!(ended.history.len(), 3, "{:?}", ended.history);
    let feed = rig.store.read(&rig.id, first - 1, 1).unwrap();
    assert_eq!(feed[0], ended.history[0]);
    let last = rig.store.last_of(&rig.id, &"v1".into()).unwrap().unwrap();
    assert_eq!(last.conversation.id, "c1".into());
    assert!(rig.store.find(&rig.id, &"c2".into()).unwrap().is_none(), "it is open");
    let filter = ArchiveFilter { state: Some(State::Rejected), ..ArchiveFilter::default() };
    assert!(rig.store.list(&rig.id, &filter, 0, 10).unwrap().is_empty());
    assert_eq!(rig.store.list(&rig.id, &ArchiveFilter::default(), 0, 10).unwrap().len(), 1);
}

#[test]
fn who_is_fenced_off_writes_nothing() {
    let mut rig = Rig::new("fence");
    rig.open("c1", "v1");
    let (notify, mut told) = reported();
    let mut old = rig.store.claim(&rig.id, notify).unwrap();
    let new = rig.store.claim(&rig.id, Arc::new(|_, _| {})).unwrap();
    let batch = rig.batch_of("c2", "v2");
    assert_eq!(old.writer.append(batch), Append::Pending);
    assert_eq!(told.next(), (1, Append::Fenced));
    let again = rig.store.claim(&rig.id, Arc::new(|_, _| {})).unwrap();
    let position = |claim: &Claim| claim.recovered.workspace.position();
    assert_eq!(position(&again), position(&new), "nothing of it is there");
}

#[test]
fn who_could_not_be_written_is_over_and_its_neighbours_are_not() {
    let mut rig = Rig::new("broken");
    let (notify, mut told) = reported();
    let mut bad = rig.store.claim(&rig.id, notify).unwrap();
    let good = rig.other("good");
    let (notify, mut well) = reported();
    let mut good = rig.store.claim(&good, notify).unwrap();
    // A position that is taken: nothing of the batch is written, and what comes behind is refused.
    let first = rig.batch_of("c1", "v1");
    let (repeat, behind) = (first.clone(), rig.batch_of("c2", "v2"));
    for batch in [first, repeat, behind] {
        assert_eq!(bad.writer.append(batch), Append::Pending);
    }
    let mut core = good.recovered.workspace.clone();
    assert_eq!(good.writer.append(rig::department(&mut core)), Append::Pending);
    assert_eq!(well.next(), (1, Append::Done));
    assert_eq!(told.next(), (1, Append::Done));
    assert!(matches!(told.next(), (2, Append::Failed(_))));
    assert!(matches!(told.next(), (3, Append::Failed(_))));
    let again = rig.store.claim(&rig.id, Arc::new(|_, _| {})).unwrap();
    assert!(again.recovered.workspace.conversation("c1").is_some());
    assert!(again.recovered.workspace.conversation("c2").is_none());
}

#[test]
fn a_torn_end_is_left_out_and_damage_before_it_is_refused() {
    let mut rig = Rig::new("torn");
    let neighbour = rig.other("neighbour");
    for number in 0..5 {
        rig.open(&format!("c{number}"), "v1");
    }
    let last = rig.core.position();
    rig.damage(&format!("UPDATE log SET record = substr(record, 1, 20) WHERE position = {last}"));
    let claim = rig.store.claim(&rig.id, Arc::new(|_, _| {})).unwrap();
    assert_eq!(claim.recovered.workspace.position(), last - 1);
    drop(claim);
    rig.damage(
        "UPDATE log SET record = replace(record, 'c1', 'cX') WHERE workspace = 1 AND position = 4",
    );
    let refused = rig.store.claim(&rig.id, Arc::new(|_, _| {})).unwrap_err();
    assert_eq!(
        refused,
        LogError::Damaged { position: 3, what: "event 4 is not what was written".into() }
    );
    assert!(rig.store.claim(&neighbour, Arc::new(|_, _| {})).is_ok(), "the others serve");
}

#[test]
fn what_is_kept_no_longer_is_given_up_with_all_that_is_its() {
    let mut rig = Rig::keeping("kept", Some(10_000));
    for number in 0..4 {
        rig.open(&format!("c{number}"), &format!("v{number}"));
        rig.close(&format!("c{number}"));
    }
    rig.snapshot();
    let now = Timestamp(rig.now() + 9_000);
    let expired = rig.store.expired(&rig.id, now, 10).unwrap();
    assert!(!expired.is_empty() && expired.len() < 4, "by their age: {}", expired.len());
    let (gone, keep_from) = (expired.len(), rig.core.position() + 1);
    rig.write(|batch| (batch.dropped, batch.keep_from) = (expired, Some(keep_from)));
    let left = rig.store.list(&rig.id, &ArchiveFilter::default(), 0, 10).unwrap();
    assert_eq!(left.len(), 4 - gone);
    let first = rig.store.read(&rig.id, 0, 1).unwrap()[0].position;
    let kept = rig.store.find(&rig.id, &left[0].conversation.id).unwrap().unwrap();
    assert_eq!(kept.history[0].position, first, "the log begins with the oldest that is kept");
    rig.reopen_store();
}

#[test]
fn a_visitor_who_is_erased_is_in_no_byte_of_the_files() {
    let mut rig = Rig::new("erased");
    let profile = |number: u64| VisitorProfile {
        name: Some(format!("Name-{number}-{}", "n".repeat((number % 90) as usize))),
        email: Some(format!("canary-{number}-@example.org")),
        external_id: Some(format!("external-{number}-")),
        vouched: true,
        verified: false,
    };
    for number in 0..1_500 {
        let visitor = format!("v{number}");
        rig.write(|batch| {
            batch.personal.push(PersonalChange::Visitor(visitor.as_str().into(), profile(number)));
        });
        // Rows move about: some change their size, some are erased meanwhile.
        if number % 5 == 4 {
            let other = format!("v{}", number / 2);
            let profile = profile(number / 2);
            let longer = VisitorProfile { name: Some("x".repeat(150)), ..profile };
            rig.write(|batch| {
                batch.personal.push(PersonalChange::Visitor(other.as_str().into(), longer));
            });
        }
    }
    for number in (0..1_500).filter(|number| number % 3 == 0) {
        let visitor = format!("v{number}");
        rig.write(|batch| {
            batch.personal.push(PersonalChange::VisitorErased(visitor.as_str().into()));
        });
    }
    rig.store.scrub().unwrap();
    let files = rig.bytes();
    let is_in = |text: &str| files.windows(text.len()).any(|part| part == text.as_bytes());
    for number in (0..1_500).step_by(50) {
        let (erased, text) = (number % 3 == 0, format!("canary-{number}-@"));
        assert_eq!(is_in(&text), !erased, "{text}");
        assert!(!erased || !is_in(&format!("external-{number}-")), "external id of {number}");
    }
    let known = rig.store.vouched(&rig.id, "external-1-").unwrap();
    assert_eq!(known, Some("v1".into()));
    assert_eq!(rig.store.vouched(&rig.id, "external-3-").unwrap(), None);
}

#[test]
fn blanked_rows_are_filled_again() {
    let mut rig = Rig::new("filled");
    let mut sizes = Vec::new();
    for round in 0..6 {
        for number in 0..200 {
            let visitor = format!("v{number}");
            let name = Some(format!("{round} {}", "n".repeat(number)));
            let profile = VisitorProfile { name, ..VisitorProfile::default() };
            rig.write(|batch| {
                let change = PersonalChange::Visitor(visitor.as_str().into(), profile);
                batch.personal.push(change);
            });
        }
        sizes.push(rig.rows_of_people());
    }
    // One more of each size while it changes, and no more than that ever after.
    assert_eq!(sizes[1], sizes[5], "{sizes:?}");
}
