//! Commands for whoever looks after a data directory: check, backup, export, import. What each does
//! is the journal's; here is what is said of it, and what the process ends with.

use std::{
    error::Error,
    fs::{File, OpenOptions},
    io::{BufReader, BufWriter, Write, stderr, stdout},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use switchboard_journal::{Options, Report, backup, check, export, import};

/// What a check ends with where the store cannot be opened.
const NOT_OPENED: u8 = 2;

/// `switchboard check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The data directory, or a backup
    #[arg(value_name = "DATA_DIR")]
    place: PathBuf,
}

/// `switchboard backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The data directory; a server may run
    data_dir: PathBuf,
    /// The copy: a file that is not there yet, and that nobody else may read
    target_file: PathBuf,
}

/// `switchboard export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The data directory; a server may run
    #[arg(long, default_value = "./switchboard-data", env = "SWITCHBOARD_DATA_DIR")]
    data_dir: PathBuf,
    /// The id of the workspace
    workspace: String,
    /// A file that is not there yet, and that nobody else may read; else standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// `switchboard import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The data directory, made where there is none; no server may run
    #[arg(long, default_value = "./switchboard-data", env = "SWITCHBOARD_DATA_DIR")]
    data_dir: PathBuf,
    /// What `switchboard export` wrote
    file: PathBuf,
}

/// 0 where it is sound, 1 where something is damaged, 2 where it cannot be opened.
pub(crate) fn run_check(args: &CheckArgs) -> ExitCode {
    let report = match check(&args.place) {
        Ok(report) => report,
        Err(error) => {
            complain(&error);
            return ExitCode::from(NOT_OPENED);
        }
    };
    // A closed stdout changes nothing of what was found.
    let _ = tell(&report);
    if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(report: &Report) -> std::io::Result<()> {
    let mut out = stdout().lock();
    for finding in &report.findings {
        writeln!(out, "{finding}")?;
    }
    if !report.wal_seen {
        writeln!(out, "a server runs: its write-ahead log was read through SQLite alone")?;
    }
    let Report { workspaces, events, conversations, bytes, .. } = report;
    let verdict = if report.is_sound() { "sound" } else { "damaged" };
    writeln!(
        out,
        "{verdict}: {workspaces} workspaces, {events} events, {conversations} conversations, \
         {bytes} bytes"
    )
}

/// Copies the database.
pub(crate) fn run_backup(args: &BackupArgs) -> ExitCode {
    match backup(&args.data_dir, &args.target_file) {
        Ok(bytes) => say(&format!("{bytes} bytes in {}", args.target_file.display())),
        Err(error) => fail(&error),
    }
}

/// Writes a workspace as lines of JSON.
pub(crate) fn run_export(args: &ExportArgs) -> ExitCode {
    let Some(path) = &args.output else {
        let mut out = BufWriter::new(stdout().lock());
        return match export(&args.data_dir, &args.workspace, &mut out) {
            Ok(_) => ExitCode::SUCCESS,
            Err(error) => fail(&error),
        };
    };
    match export_to(args, path) {
        Ok(lines) => say(&format!("{lines} lines in {}", path.display())),
        Err(error) => fail(error.as_ref()),
    }
}

fn export_to(args: &ExportArgs, path: &Path) -> Result<u64, Box<dyn Error>> {
    let mut options = OpenOptions::new();
    let file = options.create_new(true).write(true).mode(0o600).open(path);
    let file = file.map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    let mut out = BufWriter::new(file);
    let written = export(&args.data_dir, &args.workspace, &mut out).map_err(Into::into);
    let kept = written.and_then(|lines| {
        out.get_ref().sync_all()?;
        Ok(lines)
    });
    if kept.is_err() {
        // It is ours: it was not there before.
        let _ = std::fs::remove_file(path);
    }
    kept
}

/// Takes a workspace in.
pub(crate) fn run_import(args: &ImportArgs) -> ExitCode {
    let file = match File::open(&args.file) {
        Ok(file) => file,
        Err(error) => return fail(&format!("cannot read {}: {error}", args.file.display())),
    };
    match import(&Options::new(&args.data_dir), &mut BufReader::new(file)) {
        Ok(done) => say(&format!("workspace {} of {} lines", done.workspace, done.lines)),
        Err(error) => fail(&format!("{}: {error}", args.file.display())),
    }
}

fn say(what: &str) -> ExitCode {
    // It is done, whether or not anybody hears of it.
    let _ = writeln!(stdout().lock(), "{what}");
    ExitCode::SUCCESS
}

fn fail(error: &(impl std::fmt::Display + ?Sized)) -> ExitCode {
    complain(error);
    ExitCode::FAILURE
}

fn complain(error: &(impl std::fmt::Display + ?Sized)) {
    let _ = writeln!(stderr().lock(), "switchboard: {error}");
}
