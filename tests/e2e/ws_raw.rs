//! A socket without any WebSocket library: bytes, to say what no library would.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::ws::DEADLINE;

/// The key of the RFC's example, and what it is answered with.
pub const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// See [`KEY`].
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// First bytes of whole frames.
pub const TEXT: u8 = 0x81;
/// See [`TEXT`].
pub const BINARY: u8 = 0x82;
/// See [`TEXT`].
pub const CLOSE: u8 = 0x88;
/// See [`TEXT`].
pub const PING: u8 = 0x89;

/// The mask of every frame from here.
const MASK: [u8; 4] = [1, 2, 3, 4];

/// A connection, and what was read of it too early.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    read: Vec<u8>,
}

/// The bytes of a handshake, with changed headers: an empty value leaves one out.
pub fn handshake(changes: &[(&str, &str)]) -> Vec<u8> {
    let usual = [
        ("Host", "test"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", KEY),
    ];
    let changed = |name: &str| changes.iter().any(|(other, _)| *other == name);
    let kept = usual.iter().filter(|(name, _)| !changed(name));
    let mut text = "GET /v1/ws HTTP/1.1\r\n".to_owned();
    for (name, value) in kept.chain(changes).filter(|(_, value)| !value.is_empty()) {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// A frame as a client sends it.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len(), 0x80);
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A frame as only a server may send it.
pub fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(first, payload.len(), 0);
    frame.extend_from_slice(payload);
    frame
}

fn header(first: u8, length: usize, mask: u8) -> Vec<u8> {
    match u16::try_from(length) {
        Ok(length @ 0..126) => vec![first, mask | length as u8],
        Ok(length) => [&[first, mask | 126][..], &length.to_be_bytes()].concat(),
        Err(_) => [&[first, mask | 127][..], &(length as u64).to_be_bytes()].concat(),
    }
}

impl Raw {
    /// A connection that has said nothing.
    pub async fn connect(addr: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(addr).await.unwrap(), read: Vec::new() }
    }

    /// One in whose buffers little can wait to be read.
    pub async fn connect_narrow(addr: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        Self { stream: socket.connect(addr).await.unwrap(), read: Vec::new() }
    }

    /// Shakes hands; the server agrees.
    pub async fn upgrade(mut self, subprotocol: &str) -> Self {
        self.write(&handshake(&[("Sec-WebSocket-Protocol", subprotocol)])).await;
        let head = self.head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        self
    }

    /// Says bytes.
    pub async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Says bytes, unless they are not taken within this time; false where nobody is there.
    pub async fn write_within(&mut self, time: Duration, bytes: &[u8]) -> Option<bool> {
        let written = timeout(time, self.stream.write_all(bytes)).await;
        written.ok().map(|outcome| outcome.is_ok())
    }

    /// The head of the answer to a handshake.
    pub async fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head: Vec<u8> = self.read.drain(..end + 4).collect();
                return String::from_utf8(head)
                    .unwrap()
                    .to_ascii_lowercase()
                    .replacen("http", "HTTP", 1);
            }
            assert!(self.read_more(DEADLINE).await.expect("in time") > 0, "the server hung up");
        }
    }

    /// The next frame: its first byte, and its payload. None once the server hung up.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some(frame) = self.take_frame() {
                return Some(frame);
            }
            if self.read_more(DEADLINE).await.expect("in time") == 0 {
                return None;
            }
        }
    }

    fn take_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let (first, second) = (*self.read.first()?, *self.read.get(1)?);
        assert_eq!(second & 0x80, 0, "servers mask nothing");
        let (length, start) = match second {
            126 => (u16::from_be_bytes(*self.read.get(2..)?.first_chunk()?) as usize, 4),
            127 => (u64::from_be_bytes(*self.read.get(2..)?.first_chunk()?) as usize, 10),
            short => (short as usize, 2),
        };
        let payload = self.read.get(start..start + length)?.to_vec();
        self.read.drain(..start + length);
        Some((first, payload))
    }

    /// The number of the server's goodbye, whatever it says before; none where it only hung up.
    pub async fn goodbye(&mut self) -> Option<u16> {
        loop {
            match self.frame().await? {
                (CLOSE, payload) => return Some(u16::from_be_bytes(*payload.first_chunk()?)),
                _ => continue,
            }
        }
    }

    /// Whether the server hung up within this time.
    pub async fn hung_up_within(&mut self, time: Duration) -> bool {
        self.read_more(time).await == Some(0)
    }

    /// Reads what is there; none where nothing comes in time.
    async fn read_more(&mut self, time: Duration) -> Option<usize> {
        let read = timeout(time, self.stream.read_buf(&mut self.read)).await.ok()?;
        // One that is reset is over too.
        Some(read.unwrap_or(0))
    }
}
