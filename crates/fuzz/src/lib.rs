//! Fuzz targets: whatever bytes come from outside, nothing panics, memory is bounded, and what
//! was read means the same however it came in.
//!
//! Each target is a function of bytes, over the product's own code. `cargo xtask fuzz` lets
//! libFuzzer look for bytes that break one, led by coverage; `cargo test` replays the seeds, what
//! was found before, and small changes of both. A target must not know how it is driven.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a target says what is wrong by panicking"
)]

mod codecs;
mod commands;
mod credentials;
mod frames;
mod http;
mod identities;
mod measure;
mod pipe;
mod records;
mod scene;
mod sessions;

use std::{cell::Cell, env, panic, sync::Once};

/// One target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What it is called, as its folders of inputs are.
    pub name: &'static str,
    /// Panics where something is wrong.
    pub run: fn(&[u8]),
}

/// All of them. `cargo xtask fuzz` has the names once more, with the longest input of each.
pub const TARGETS: &[Target] = &[
    Target { name: "frames", run: |bytes| watched(frames::run, bytes) },
    Target { name: "http", run: |bytes| watched(http::run, bytes) },
    Target { name: "codecs", run: |bytes| watched(codecs::run, bytes) },
    Target { name: "credentials", run: |bytes| watched(credentials::run, bytes) },
    Target { name: "records", run: |bytes| watched(records::run, bytes) },
    Target { name: "sessions", run: |bytes| watched(sessions::run, bytes) },
    Target { name: "commands", run: |bytes| watched(commands::run, bytes) },
];

/// The target that the environment asks for.
#[must_use]
pub fn named_by_environment() -> fn(&[u8]) {
    let name = env::var("SWITCHBOARD_FUZZ_TARGET").unwrap_or_default();
    let target = TARGETS.iter().find(|target| target.name == name);
    target.unwrap_or_else(|| panic!("SWITCHBOARD_FUZZ_TARGET is no target: `{name}`")).run
}

thread_local! {
    static PANICS: Cell<u32> = const { Cell::new(0) };
}

/// Runs a target, and panics as well where a panic in it was caught: an actor survives its own.
fn watched(run: fn(&[u8]), bytes: &[u8]) {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICS.set(PANICS.get() + 1);
            usual(info);
        }));
    });
    PANICS.set(0);
    run(bytes);
    assert_eq!(PANICS.get(), 0, "something panicked, and was caught");
}
