//! A whole server in memory, in paused time: connections are pipes, and time passes only while
//! nothing is left to do. So "a moment later" is when everybody has done what there was to do.

use std::time::Duration;

use switchboard_protocol::Limits;
use switchboard_server::fuzzing::Station;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split},
    runtime::{Builder, Runtime},
    task::JoinHandle,
    time::sleep,
};

use crate::pipe::cut;

/// The workspace that is talked to.
pub(crate) const WORKSPACE: &str = "acme";
/// The one beside it.
pub(crate) const NEIGHBOUR: &str = "next";
/// The operator's key.
pub(crate) const ROOT_KEY: &str = "rk_that_nobody_else_has";
/// What is on its way in either direction at most.
const PIPE_BYTES: usize = 16 * 1_024;
/// Longer than any connection outlives its peer.
const ALL_OVER: Duration = Duration::from_secs(10);

/// See the module.
pub(crate) struct Scene {
    station: Station,
}

/// One client, which hears all the time.
pub(crate) struct Client {
    says: WriteHalf<DuplexStream>,
    hears: JoinHandle<Vec<u8>>,
}

/// A runtime of one thread whose time is paused.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
}

/// Everybody does what there is to do.
pub(crate) async fn a_moment() {
    sleep(Duration::from_millis(1)).await;
}

impl Scene {
    /// Two workspaces, each with a department and an agent.
    pub(crate) async fn set() -> Self {
        let station = Station::start(Limits::off(), ROOT_KEY);
        for workspace in [WORKSPACE, NEIGHBOUR] {
            station.found(workspace).await.expect("it is new");
        }
        Self { station }
    }

    /// A client of the server's, on a connection of its own.
    pub(crate) fn client(&self) -> Client {
        let (ours, theirs) = duplex(PIPE_BYTES);
        tokio::spawn(self.station.receive(theirs));
        let (hears, says) = split(ours);
        Client { says, hears: tokio::spawn(hear(hears)) }
    }

    /// Puts what only this server knows where the text asks for it.
    pub(crate) fn fill_in(&self, text: &[u8]) -> Vec<u8> {
        let of = |workspace| {
            let site = self.station.site_key(workspace).expect("it is there");
            (site, self.station.token(workspace).expect("it is there"))
        };
        let (site, token) = of(WORKSPACE);
        let names = [("@site@", site), ("@token@", token), ("@root@", ROOT_KEY.to_owned())];
        names.iter().fold(text.to_vec(), |text, (name, value)| replaced(&text, name, value))
    }

    /// A text of the neighbour's, filled in with its own.
    pub(crate) fn neighbours_token(&self) -> String {
        self.station.token(NEIGHBOUR).expect("it is there")
    }
}

impl Client {
    /// Says something, in pieces as long as `cuts` says in turn, a moment between each and the
    /// next. Once nobody listens any more, the rest is not said.
    pub(crate) async fn say(&mut self, bytes: &[u8], cuts: &[u8]) {
        for piece in cut(bytes, cuts).filter(|piece| !piece.is_empty()) {
            if self.says.write_all(piece).await.is_err() {
                return;
            }
            a_moment().await;
        }
    }

    /// Waits for whatever still comes, goes without a goodbye, and gives everything it heard.
    pub(crate) async fn leave(self) -> Vec<u8> {
        let Self { mut says, hears } = self;
        a_moment().await;
        let _ = says.shutdown().await;
        sleep(ALL_OVER).await;
        drop(says);
        assert!(hears.is_finished(), "a connection outlives its peer");
        hears.await.expect("hearing does not fail")
    }
}

async fn hear(mut stream: ReadHalf<DuplexStream>) -> Vec<u8> {
    let mut heard = Vec::new();
    // An error is an end as well.
    let _ = stream.read_to_end(&mut heard).await;
    heard
}

fn replaced(text: &[u8], name: &str, value: &str) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(at) = rest.windows(name.len()).position(|window| window == name.as_bytes()) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(value.as_bytes());
        rest = &rest[at + name.len()..];
    }
    out.extend_from_slice(rest);
    out
}
