//! The `switchboard` binary: allocator, runtime, command line.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use switchboard_server::cli::Cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The allocator asks for huge pages, and the kernel clears each of them in one go: stalls of
    // milliseconds, in which nobody is routed. A kernel that cannot do without them serves too.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(cli.run()),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "switchboard: cannot start a runtime: {error}");
            ExitCode::FAILURE
        }
    }
}
