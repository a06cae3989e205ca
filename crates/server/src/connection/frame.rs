//! Frames that a server writes: never masked, never in parts, so the same for every peer.

use switchboard_protocol::Encoding;

/// The longest header that is written here.
pub(crate) const MAX_HEADER_BYTES: usize = 10;

/// "The last part of a message", and its kind.
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
/// Lengths up to 125 stand in the second byte; these say where else they are.
const LENGTH_IN_TWO: u8 = 126;
const LENGTH_IN_EIGHT: u8 = 127;

/// Writes a message as one frame at the end of a buffer.
pub(crate) fn append(out: &mut Vec<u8>, payload: &[u8], encoding: Encoding) {
    out.reserve(MAX_HEADER_BYTES + payload.len());
    out.push(if encoding.is_text() { TEXT } else { BINARY });
    let length = payload.len();
    match u8::try_from(length) {
        Ok(length) if length < LENGTH_IN_TWO => out.push(length),
        _ => match u16::try_from(length) {
            Ok(length) => {
                out.push(LENGTH_IN_TWO);
                out.extend_from_slice(&length.to_be_bytes());
            }
            Err(_) => {
                out.push(LENGTH_IN_EIGHT);
                out.extend_from_slice(&(length as u64).to_be_bytes());
            }
        },
    }
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    };

    use super::*;

    #[test]
    fn frames_are_what_the_library_would_write() {
        for length in [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 200_000] {
            for encoding in Encoding::ALL {
                let payload = vec![b'x'; length];
                let kind = if encoding.is_text() { Data::Text } else { Data::Binary };
                let mut theirs = Vec::new();
                let frame = Frame::message(payload.clone(), OpCode::Data(kind), true);
                frame.format(&mut theirs).unwrap();
                let mut ours = Vec::new();
                append(&mut ours, &payload, encoding);
                assert_eq!(ours, theirs, "{length} bytes");
            }
        }
    }
}
