//! What a run is: how many rounds, from which seed, with which durability. Said by the
//! environment, as `cargo xtask crash` sets it.

use std::{env, str::FromStr, time::SystemTime};

/// Rounds of a plain `cargo test`: some seconds.
const FEW: u32 = 4;

/// How a round ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By `kill -9`.
    Kill,
    /// Everybody's sockets are lost, and the server lives on.
    Cut,
    /// Everybody stops, and the server lives on.
    Stop,
    /// By SIGTERM.
    Drain,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// So many rounds are ended so.
    pub(crate) rounds: u32,
    /// What ends a round.
    pub(crate) ends: End,
    /// Every choice follows from it.
    pub(crate) seed: u64,
    /// What the server is started with, besides the usual.
    pub(crate) flags: Vec<String>,
    /// In round 2 the server finds the data that it had left in round 1: a planted loss.
    pub(crate) goes_back: bool,
}

impl Plan {
    /// What the environment says, else a few rounds from a seed of the day.
    pub(crate) fn from_environment() -> Self {
        let durability = env::var("CRASH_DURABILITY").unwrap_or_else(|_| "relaxed".to_owned());
        Self {
            rounds: said("CRASH_ROUNDS").unwrap_or(FEW),
            ends: End::Kill,
            seed: said("CRASH_SEED").unwrap_or_else(fresh_seed),
            flags: vec!["--durability".to_owned(), durability],
            goes_back: false,
        }
    }
}

fn said<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} cannot be: {text}")))
}

fn fresh_seed() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    since.as_micros() as u64 % 1_000_000_000
}
