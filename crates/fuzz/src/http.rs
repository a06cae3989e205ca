//! Connections that speak HTTP, or something like it: requests one after the other, the upgrade,
//! and what comes after it. The same is answered however they are cut, as far as it is: where a body
//! was refused before all of it was there, the connection may end or go on.
//!
//! The first byte says how many after it say where the rest is cut. In
//! the rest, `@root@`, `@site@` and `@token@` stand for credentials that hold.

use std::time::Duration;

use tokio::time::timeout;

use crate::{
    measure::within,
    scene::{Scene, runtime},
};

/// A server with two workspaces, and one connection with its largest head and body.
const ROOM: usize = 8 * 1_024 * 1_024;
/// In paused time: only what never ends takes so long.
const LONG: Duration = Duration::from_secs(3_600);

pub(crate) fn run(bytes: &[u8]) {
    let [cuts, rest @ ..] = bytes else { return };
    let (cuts, said) = rest.split_at(usize::from(cuts % 16).min(rest.len()));
    let whole = answered(said, &[]);
    // What answers HEAD says how long it would be, and is not.
    let comparable = !said.windows(4).any(|word| word == b"HEAD");
    if comparable && cuts.iter().any(|cut| *cut > 0) {
        let cut = answered(said, cuts);
        let alike = cut.starts_with(&whole) || whole.starts_with(&cut);
        assert!(alike, "cut otherwise, it is answered otherwise: {cut:?}, {whole:?}");
    }
}

/// The status of each answer.
fn answered(said: &[u8], cuts: &[u8]) -> Vec<u16> {
    let talk = async {
        let scene = Scene::set().await;
        let mut client = scene.client();
        client.say(&scene.fill_in(said), cuts).await;
        client.leave().await
    };
    let heard = within(ROOM, "a connection", || {
        runtime().block_on(async { timeout(LONG, talk).await.expect("it ends") })
    });
    assert!(heard.is_empty() || heard.starts_with(b"HTTP/1."), "this is no answer");
    statuses(&heard)
}

fn statuses(mut heard: &[u8]) -> Vec<u16> {
    let mut statuses = Vec::new();
    while let Some(end) = heard.windows(4).position(|window| window == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&heard[..end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let Some(status) = status.filter(|_| head.starts_with("http/1.")) else { break };
        statuses.push(status);
        if status == 101 {
            break;
        }
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        let length = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
        heard = heard.get(end + 4 + length..).unwrap_or_default();
    }
    statuses
}
