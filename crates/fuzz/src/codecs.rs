//! Messages and HTTP bodies, in both encodings. What is read is written and read again as the
//! same, in either; and reading builds no more than a few times what came.
//!
//! The first byte chooses what the others are read as.

use std::fmt::Debug;

use serde::Serialize;
use switchboard_protocol::{
    Encoding, ServerMessage, decode_client, decode_server, encode,
    http::{
        AssignConversation, Body, CreateAgent, CreateDepartment, CreateToken, CreateWorkspace,
        OpenConversation, PatchAgent, PatchDepartment, PatchWorkspace, SetAvailability,
        TransferConversation, decode_body,
    },
};

use crate::measure::within;

/// For each byte that came. An attribute of a few bytes takes a node of a map.
const ROOM_EACH: usize = 64;
/// A complaint, the trail to it, and what every message has.
const ROOM: usize = 16 * 1_024;

pub(crate) fn run(bytes: &[u8]) {
    let [kind, bytes @ ..] = bytes else { return };
    let room = ROOM + ROOM_EACH * bytes.len();
    within(room, "reading", || match kind % 5 {
        0 => drop(decode_client(bytes, Encoding::Json)),
        1 => drop(decode_client(bytes, Encoding::MessagePack)),
        2 => drop(decode_server(bytes, Encoding::Json)),
        3 => drop(decode_server(bytes, Encoding::MessagePack)),
        _ => body(kind / 5, bytes),
    });
    match kind % 5 {
        0 => client(bytes, Encoding::Json),
        1 => client(bytes, Encoding::MessagePack),
        2 => server(bytes, Encoding::Json),
        3 => server(bytes, Encoding::MessagePack),
        _ => {}
    }
}

fn client(bytes: &[u8], encoding: Encoding) {
    let Ok(message) = decode_client(bytes, encoding) else { return };
    again(&message, |bytes, encoding| decode_client(bytes, encoding).map_err(|e| e.to_string()));
}

fn server(bytes: &[u8], encoding: Encoding) {
    let Ok(message) = decode_server(bytes, encoding) else { return };
    if message != ServerMessage::Unknown {
        again(&message, |bytes, encoding| {
            decode_server(bytes, encoding).map_err(|e| e.to_string())
        });
    }
}

fn again<T>(message: &T, read: impl Fn(&[u8], Encoding) -> Result<T, String>)
where
    T: Serialize + PartialEq + Debug,
{
    for encoding in Encoding::ALL {
        let written = encode(message, encoding).expect("what was read can be written");
        let again = read(&written, encoding);
        assert_eq!(again.as_ref(), Ok(message), "not the same again, as {encoding:?}");
    }
}

fn body(kind: u8, bytes: &[u8]) {
    match kind % 11 {
        0 => read::<AssignConversation>(bytes),
        1 => read::<CreateAgent>(bytes),
        2 => read::<CreateDepartment>(bytes),
        3 => read::<CreateToken>(bytes),
        4 => read::<CreateWorkspace>(bytes),
        5 => read::<OpenConversation>(bytes),
        6 => read::<PatchAgent>(bytes),
        7 => read::<PatchDepartment>(bytes),
        8 => read::<PatchWorkspace>(bytes),
        9 => read::<SetAvailability>(bytes),
        _ => read::<TransferConversation>(bytes),
    }
}

fn read<T: Body>(bytes: &[u8]) {
    drop(decode_body::<T>(bytes));
}
