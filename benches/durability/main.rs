//! What it costs to lose nothing: the same load through a workspace's actor in memory, and with
//! each durability, one after the other in one run. Then what a conversation takes on disk, and how
//! long recovery takes.
//!
//! Opens arrive at a fixed rate, whatever becomes of those before (an open loop); what is measured
//! is from when an open was due to when its agent's outbox has the push. Agents close at once what
//! they are given. No sockets: what those cost is the same in all three.
//!
//! `cargo bench --bench durability`, with `-- --seconds 10 --events 1000000` for longer.

mod load;
mod recovery;

use std::{path::PathBuf, sync::Arc};

use switchboard_journal::{Durability, Memory, Options, Sqlite, Store};

/// A directory that goes with its owner.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("switchboard-bench-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn open(&self, durability: Durability) -> Sqlite {
        Sqlite::open(&Options { durability, ..Options::new(&self.0) }).expect("a database")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A number behind a flag.
fn flag(name: &str, default: u64) -> u64 {
    let arguments: Vec<String> = std::env::args().collect();
    let at = arguments.iter().position(|argument| argument == name);
    at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(default)
}

fn main() {
    let (seconds, events) = (flag("--seconds", 3), flag("--events", 200_000));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    println!(
        "{:<10} {:>8} {:>10} {:>10} {:>10} {:>12} {:>12}",
        "store", "rate/s", "p50 µs", "p99 µs", "max µs", "assigned/s", "events/s"
    );
    for rate in [2_000, 10_000] {
        for name in ["memory", "relaxed", "strict"] {
            let scratch = Scratch::new(name);
            let store: Arc<dyn Store> = match name {
                "relaxed" => Arc::new(scratch.open(Durability::Relaxed)),
                "strict" => Arc::new(scratch.open(Durability::Strict)),
                _ => Arc::new(Memory::default()),
            };
            let measured = runtime.block_on(load::run(store, rate, seconds));
            println!(
                "{name:<10} {rate:>8} {:>10} {:>10} {:>10} {:>12.0} {:>12.0}",
                measured.p50,
                measured.p99,
                measured.max,
                measured.assigned_a_second,
                measured.events_a_second
            );
        }
    }
    recovery::run(&Scratch::new("recovery"), events);
}
