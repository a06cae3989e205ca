//! What a peer says on a WebSocket after its handshake, as the server's socket reads it.
//!
//! The first byte chooses the largest message, the second how many of the bytes after it say
//! where the rest is cut. However it is cut, the same is heard.

use std::task::{Context, Poll, Waker};

use switchboard_server::fuzzing::{Frames, Heard};

use crate::{measure::within, pipe::Pipe};

/// Before a hello, a visitor's, and less than any: so that short inputs come to the bound.
const LARGEST: [usize; 4] = [64, 1_024, 4_096, 8_192];
/// How many frames the server reads before it writes what answers them.
const READS_PER_WRITE: usize = 16;
/// What a frame can be answered with by itself: a pong, or a goodbye.
const MAX_CONTROL_BYTES: usize = 2 + 125;
/// What a socket takes beside its message: its buffers.
const BUFFERS: usize = 4 * 1_024 + READS_PER_WRITE * MAX_CONTROL_BYTES * 2;

pub(crate) fn run(bytes: &[u8]) {
    let [first, cuts, rest @ ..] = bytes else { return };
    let largest = LARGEST[usize::from(*first) % LARGEST.len()];
    let (cuts, said) = rest.split_at(usize::from(*cuts).min(rest.len()));
    // Half of them begin with what came with the handshake.
    let part = if first & 0x80 == 0 { 0 } else { said.len() / 2 };
    let whole = hear(said, 0, &[], largest);
    assert_eq!(hear(said, part, cuts, largest), whole, "cut otherwise, it says something else");
}

/// Everything that is heard until the end, and how it ends.
fn hear(said: &[u8], part: usize, cuts: &[u8], largest: usize) -> (Vec<Heard>, u16) {
    let (part, later) = said.split_at(part);
    // The stream keeps what comes and what it was told.
    let pieces = if cuts.iter().all(|cut| *cut == 0) { 1 } else { said.len() * (1 + cuts.len()) };
    let stream = Pipe::cut(later, cuts);
    let room = BUFFERS + 4 * largest + 48 * said.len() + 64 * pieces;
    within(room, "a socket", || until_the_end(Frames::new(stream, part.to_vec(), largest), largest))
}

fn until_the_end(mut frames: Frames<Pipe>, largest: usize) -> (Vec<Heard>, u16) {
    let cx = &mut Context::from_waker(Waker::noop());
    let mut heard = Vec::new();
    loop {
        for _ in 0..READS_PER_WRITE {
            match frames.poll_next(cx) {
                Poll::Ready(Ok(frame)) => {
                    assert!(length(&frame) <= largest, "more than {largest} bytes were taken");
                    let over = matches!(frame, Heard::Close(_));
                    heard.push(frame);
                    if over {
                        return (heard, 0);
                    }
                }
                Poll::Ready(Err(code)) => return (heard, code),
                Poll::Pending => {}
            }
        }
        assert!(frames.unwritten() <= READS_PER_WRITE * MAX_CONTROL_BYTES, "answers pile up");
        assert_eq!(frames.poll_flush(cx), Poll::Ready(Ok(())));
    }
}

fn length(frame: &Heard) -> usize {
    match frame {
        Heard::Text(bytes) | Heard::Binary(bytes) => bytes.len(),
        Heard::Control | Heard::Close(_) => 0,
    }
}
