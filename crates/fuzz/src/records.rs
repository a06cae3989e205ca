//! What a log is read from: records of events and snapshots, in their durable form. Anything else
//! is an error, and what is read is written as the same.
//!
//! The first byte chooses what the others are read as. With 2 they are a life of a workspace (see
//! `commands`), of which records and snapshot are made, written, and read.

use std::fmt::Debug;

use serde::{Serialize, de::DeserializeOwned};
use switchboard_journal::Profiles;
use switchboard_routing::{Conversation, Input, Record, Snapshot, Workspace};

use crate::{commands, measure::within};

/// For each byte that came: an empty member of a list is two of them.
const ROOM_EACH: usize = 512;
const ROOM: usize = 64 * 1_024;

pub(crate) fn run(bytes: &[u8]) {
    let [kind, bytes @ ..] = bytes else { return };
    let room = ROOM + ROOM_EACH * bytes.len();
    match kind % 6 {
        0 => within(room, "a record", || same_again::<Record>(bytes)),
        1 => within(room, "a snapshot", || same_again::<Snapshot>(bytes)),
        2 => life(bytes),
        3 => within(room, "an input", || same_again::<Input>(bytes)),
        4 => within(room, "a conversation", || same_again::<Conversation>(bytes)),
        _ => within(room, "profiles", || same_again::<Profiles>(bytes)),
    }
}

fn same_again<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(bytes) else { return };
    assert_eq!(rewritten(&read), read);
}

fn rewritten<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let written = serde_json::to_vec(value).expect("what was read can be written");
    let read = serde_json::from_slice(&written);
    read.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&written)))
}

/// A workspace's log says what it is: from its beginning, and from a snapshot halfway.
fn life(bytes: &[u8]) {
    let (records, halfway, workspace) = commands::lived(bytes);
    let records: Vec<Record> = records.iter().map(|record| rewritten(record.as_ref())).collect();
    let mut from_nothing = Workspace::new(1);
    records.iter().for_each(|record| from_nothing.replay(record));
    assert_eq!(from_nothing.snapshot(), workspace.snapshot(), "the log is it all");
    let tail: Vec<Record> =
        records.into_iter().filter(|record| record.position > halfway.position).collect();
    let from_halfway = Workspace::restore(&rewritten(&halfway), &tail);
    assert_eq!(from_halfway.snapshot(), workspace.snapshot(), "a snapshot is it all");
}
