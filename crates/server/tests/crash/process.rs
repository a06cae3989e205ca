//! A process of the binary and the folder that outlives it: started, killed, started again.

use std::{
    fs::{self, File, Permissions},
    io::{BufRead, BufReader},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

use crate::http::{Call, Caller};

/// The operator's key.
pub(crate) const ROOT: &str = "rk_of_the_crash_test_0123456789";
/// Longer than a start takes.
const DEADLINE: Duration = Duration::from_secs(60);

/// Where a server keeps what it has.
#[derive(Debug)]
pub(crate) struct Place {
    dir: PathBuf,
    flags: Vec<String>,
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    /// From its start until it was ready.
    pub(crate) took: Duration,
    began: Instant,
}

impl Place {
    /// A new folder, without data.
    pub(crate) fn new(flags: &[String]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("crash-{}-{number}", std::process::id());
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("root"), format!("{ROOT}\n")).unwrap();
        fs::set_permissions(dir.join("root"), Permissions::from_mode(0o600)).unwrap();
        Self { dir, flags: flags.to_vec() }
    }

    /// Starts the server and waits until it is ready.
    pub(crate) async fn start(&self) -> Process {
        let began = Instant::now();
        let child = self.command().spawn().expect("the binary starts");
        let addr = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut process = Process { child, addr, took: Duration::ZERO, began };
        let out = process.child.stdout.take().unwrap();
        let announced = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            // Read to the first line, then let go: nothing more is to be said.
            BufReader::new(out).read_line(&mut line).map(|_| line)
        });
        let line = announced.await.unwrap().unwrap();
        assert!(line.starts_with("Switchboard listens on"), "it does not start: {}", self.log());
        process.addr = fs::read_to_string(self.dir.join("addr")).unwrap().parse().unwrap();
        let mut caller = Caller::new(process.addr, "");
        loop {
            let answer = caller.call(Call::get("/readyz")).await;
            if answer.is_some_and(|answer| answer.status == 200) {
                process.took = began.elapsed();
                return process;
            }
            assert!(began.elapsed() < DEADLINE, "it is not ready: {}", self.log());
            tokio::task::yield_now().await;
        }
    }

    /// Starts the server and kills it so soon that it may not even be ready.
    pub(crate) async fn die_early(&self, after: Duration) {
        let mut child = self.command().spawn().expect("the binary starts");
        sleep(after).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SWITCHBOARD_")) {
            command.env_remove(name);
        }
        command.args(["serve", "--listen", "127.0.0.1:0", "--limits", "off"]);
        command.arg("--addr-file").arg(self.dir.join("addr"));
        command.arg("--data-dir").arg(self.dir.join("data"));
        command.arg("--root-key-file").arg(self.dir.join("root")).args(&self.flags);
        let log = File::options().create(true).append(true).open(self.dir.join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        command
    }

    /// Keeps the data as they are now, beside them.
    pub(crate) fn remember(&self) {
        copy(&self.dir.join("data"), &self.dir.join("before"));
    }

    /// Puts the data back that were remembered.
    pub(crate) fn go_back(&self) {
        fs::remove_dir_all(self.dir.join("data")).unwrap();
        copy(&self.dir.join("before"), &self.dir.join("data"));
    }

    /// The end of what the server logged.
    pub(crate) fn log(&self) -> String {
        let log = fs::read_to_string(self.dir.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// The folder, for whoever looks for what went wrong.
    pub(crate) fn kept(&self) -> String {
        self.dir.display().to_string()
    }

    /// Nothing went wrong.
    pub(crate) fn remove(self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.unwrap(), to.to_owned());
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

impl Process {
    /// `kill -9`, and its death.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// For how long it has been there.
    pub(crate) fn age(&self) -> Duration {
        self.began.elapsed()
    }

    /// SIGTERM; whether it ended well.
    pub(crate) async fn drain(mut self) -> bool {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let ended = tokio::task::spawn_blocking(move || self.child.wait().unwrap());
        ended.await.unwrap().success()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
