//! A peer that says what it has to say in pieces, and takes whatever it is told.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// One end of a connection, after which the peer is gone.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    /// What comes, one read after the other; an empty piece is a time in which nothing does.
    pieces: VecDeque<Vec<u8>>,
    /// What the peer was told.
    pub(crate) told: Vec<u8>,
}

impl Pipe {
    /// These bytes, cut where `lengths` says, in turn; without any they come at once.
    pub(crate) fn cut(bytes: &[u8], lengths: &[u8]) -> Self {
        Self { pieces: cut(bytes, lengths).map(<[u8]>::to_vec).collect(), told: Vec::new() }
    }
}

/// Pieces of bytes, as long as `lengths` says in turn; 0 is an empty one. Without any lengths,
/// or with zeros alone, there is one piece.
pub(crate) fn cut<'b>(bytes: &'b [u8], lengths: &'b [u8]) -> impl Iterator<Item = &'b [u8]> {
    let whole = lengths.iter().all(|length| *length == 0);
    let mut lengths = lengths.iter().map(|length| usize::from(*length)).cycle();
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let length = if whole { rest.len() } else { lengths.next()?.min(rest.len()) };
        let (piece, after) = rest.split_at(length);
        rest = after;
        Some(piece)
    })
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(mut piece) = self.pieces.pop_front() else { return Poll::Ready(Ok(())) };
        if piece.is_empty() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let rest = piece.split_off(piece.len().min(buffer.remaining()));
        buffer.put_slice(&piece);
        if !rest.is_empty() {
            self.pieces.push_front(rest);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.told.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
