//! The command line.

use std::{
    fmt::Display,
    io::{Write, stderr, stdout},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use switchboard_simulator::cli as simulator;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    config::{Config, Settings},
    demo::{self, DemoArgs},
    logging,
    server::{Running, Server},
    upkeep::{self, BackupArgs, CheckArgs, ExportArgs, ImportArgs},
};

/// What the process ends with where what it was told cannot be.
const BAD_CONFIGURATION: u8 = 2;
/// For so long at least `/readyz` says that the server drains, before nobody answers.
const DRAIN_NOTICE: Duration = Duration::from_secs(1);

/// Real-time routing for live chat: decides who takes a conversation, and tells everyone.
#[derive(Debug, Parser)]
#[command(name = "switchboard", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(Box<Settings>),
    /// See it at work: a server, a workspace, and people who use it
    Demo(DemoArgs),
    /// Read everything in a data directory, and say what is wrong and where
    ///
    /// Changes nothing; a server may run. One line for each finding, then a summary. Ends with 0
    /// where all is sound, 1 where something is damaged, 2 where there is nothing that can be opened.
    Check(CheckArgs),
    /// Copy the database to a file, also while the server runs
    ///
    /// The copy is as secret as the database. The root key's file is not in it.
    Backup(BackupArgs),
    /// Write one workspace as lines of JSON, for `switchboard import`
    ///
    /// Its keys and all personal data are in it: the file is as secret as the database.
    Export(ExportArgs),
    /// Take in a workspace that `switchboard export` wrote: all of it or nothing
    Import(ImportArgs),
    /// Put the routing engine to the proof: worlds full of faults, queueing theory, what-if
    Simulate(Box<simulator::Args>),
}

impl Cli {
    /// Does what the command line says.
    pub async fn run(self) -> ExitCode {
        match self.command {
            Command::Serve(settings) => serve(*settings).await,
            Command::Demo(args) => match demo::run(args).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail(&error),
            },
            Command::Check(args) => upkeep::run_check(&args),
            Command::Backup(args) => upkeep::run_backup(&args),
            Command::Export(args) => upkeep::run_export(&args),
            Command::Import(args) => upkeep::run_import(&args),
            // It computes for as long as it likes: nothing else runs in this process.
            Command::Simulate(args) => simulator::run(&args),
        }
    }
}

async fn serve(settings: Settings) -> ExitCode {
    let config = match Config::resolve(settings) {
        Ok(config) => config,
        Err(error) => {
            complain(&error);
            return ExitCode::from(BAD_CONFIGURATION);
        }
    };
    logging::start(&config);
    raise_descriptor_limit();
    warn_of_what_is_not_kept(&config);
    let signals = signal(SignalKind::terminate()).and_then(|terminate| {
        signal(SignalKind::interrupt()).map(|interrupt| (terminate, interrupt))
    });
    let (terminate, interrupt) = match signals {
        Ok(signals) => signals,
        Err(error) => return fail(&error),
    };
    match Server::start(config).await {
        Ok(running) => until_told(running, terminate, interrupt).await,
        Err(error) => fail(&error),
    }
}

async fn until_told(
    mut running: Running,
    mut terminate: Signal,
    mut interrupt: Signal,
) -> ExitCode {
    announce(&running);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = running.wait() => {
            tracing::error!("the server stopped by itself");
            return ExitCode::FAILURE;
        }
    }
    tracing::info!("draining; a second signal stops at once");
    tokio::select! {
        () = running.shutdown_after(DRAIN_NOTICE) => ExitCode::SUCCESS,
        _ = terminate.recv() => ExitCode::FAILURE,
        _ = interrupt.recv() => ExitCode::FAILURE,
    }
}

/// For whoever sits in front of it; what a program needs is in the log and the address file.
fn announce(running: &Running) {
    let mut out = stdout().lock();
    // A closed stdout is no reason not to serve.
    let _ = writeln!(out, "Switchboard listens on http://{}", running.addr);
    if let Some(address) = running.admin_addr {
        let _ = writeln!(out, "root's calls and metrics: http://{address}");
    }
    if let Some(path) = &running.root_key_file {
        let _ = writeln!(out, "root key: in {}", path.display());
    }
}

fn fail(error: &impl Display) -> ExitCode {
    tracing::error!(%error, "cannot start");
    complain(error);
    ExitCode::FAILURE
}

fn complain(error: &impl Display) {
    let _ = writeln!(stderr().lock(), "switchboard: {error}");
}

/// Each socket is a descriptor: takes as many as the system lets us have.
fn raise_descriptor_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    match raised {
        Ok(()) => tracing::debug!(from = ?current, to = ?maximum, "raised the limit of open files"),
        Err(error) => tracing::warn!(%error, limit = ?current, "cannot raise the limit of files"),
    }
}

fn warn_of_what_is_not_kept(config: &Config) {
    if config.in_memory {
        tracing::warn!("state is kept in memory alone, and lost at a restart");
    }
}
