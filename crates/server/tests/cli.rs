//! The `switchboard` binary from outside: sources of settings, exit codes, files, signals.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// A directory of its own for each test, gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let dir = std::env::temp_dir().join(switchboard_server::ids::fresh("switchboard-cli"));
        fs::create_dir(&dir).unwrap();
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    fn serve(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        command.current_dir(&self.0).arg("serve").stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server that is killed with its test.
struct Serving {
    child: Child,
    out: BufReader<ChildStdout>,
    announced: String,
}

/// How a server ended, and what it said.
struct Ended {
    code: Option<i32>,
    out: String,
    log: String,
}

impl Serving {
    /// Waits until it announces its address; by then the file of it is written.
    fn start(command: &mut Command, addr_file: &Path) -> (Self, String) {
        let mut child = command.arg("--addr-file").arg(addr_file).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut serving = Self { child, out, announced: String::new() };
        serving.out.read_line(&mut serving.announced).unwrap();
        assert!(serving.announced.starts_with("Switchboard listens on"), "it does not serve");
        (serving, fs::read_to_string(addr_file).unwrap())
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    fn end(mut self) -> Ended {
        let mut out = std::mem::take(&mut self.announced);
        self.out.read_to_string(&mut out).unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        Ended { code: self.child.wait().unwrap().code(), out, log }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(address: &str, path: &str, bearer: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {bearer}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn refused(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), errors)
}

#[test]
fn it_serves_drains_and_ends_well() {
    let scratch = Scratch::new();
    let mut command = scratch.serve();
    command.args(["--listen", "127.0.0.1:0", "--in-memory", "--log-format", "json"]);
    let (serving, address) = Serving::start(&mut command, &scratch.path("addr"));
    let key_file = scratch.path("switchboard-data/root-key");
    assert_eq!(fs::metadata(&key_file).unwrap().mode() & 0o777, 0o600);
    let key = fs::read_to_string(&key_file).unwrap();
    assert!(get(&address, "/v1/workspaces", key.trim()).starts_with("HTTP/1.1 200"));
    assert!(get(&address, "/readyz", "").starts_with("HTTP/1.1 200"));

    serving.signal(Signal::TERM);
    let told = Instant::now();
    while get(&address, "/readyz", "").starts_with("HTTP/1.1 200") {
        assert!(told.elapsed() < Duration::from_millis(900), "it is still ready");
    }
    assert!(get(&address, "/readyz", "").starts_with("HTTP/1.1 503"));
    let Ended { code, out, log } = serving.end();
    assert_eq!(code, Some(0));
    assert!(told.elapsed() < Duration::from_secs(10));
    assert!(out.contains(&address) && out.contains("root-key"), "{out}");
    assert!(!out.contains(key.trim()) && !log.contains(key.trim()));
    for line in log.lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(entry["level"].is_string(), "{line}");
    }
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let scratch = Scratch::new();
    let file = "listen = '127.0.0.1:1'\nroot_key = 'rk_from_the_file_'\ndata_dir = 'from-file'\n\
                admin_listen = '127.0.0.1:0'\nin_memory = true\n";
    let config = scratch.write("switchboard.toml", file);
    let mut command = scratch.serve();
    command.arg("--config").arg(config).args(["--listen", "127.0.0.1:0"]);
    command.env("SWITCHBOARD_LISTEN", "127.0.0.1:2");
    command.env("SWITCHBOARD_ROOT_KEY", "rk_from_the_environment");
    let (serving, address) = Serving::start(&mut command, &scratch.path("addr"));
    let admin = fs::read_to_string(scratch.path("addr.admin")).unwrap();
    let asked = |address: &str, key| get(address, "/v1/workspaces", key);
    assert!(asked(&admin, "rk_from_the_environment").starts_with("HTTP/1.1 200"));
    assert!(asked(&admin, "rk_from_the_file_").starts_with("HTTP/1.1 401"));
    assert!(asked(&address, "rk_from_the_environment").starts_with("HTTP/1.1 404"));
    assert!(get(&admin, "/metrics", "").starts_with("HTTP/1.1 200"));
    assert!(get(&address, "/metrics", "").starts_with("HTTP/1.1 404"));
    assert!(!scratch.path("from-file").exists());
    serving.signal(Signal::INT);
    assert_eq!(serving.end().code, Some(0));
}

#[test]
fn two_root_keys_hold_at_once() {
    let scratch = Scratch::new();
    let keys = scratch.write("keys", "rk_the_current_one\nrk_the_one_before\n");
    let mut command = scratch.serve();
    command.args(["--listen", "127.0.0.1:0", "--in-memory", "--root-key-file"]).arg(keys);
    let (_serving, address) = Serving::start(&mut command, &scratch.path("addr"));
    for (key, status) in
        [("rk_the_current_one", "200"), ("rk_the_one_before", "200"), ("rk_another_one_", "401")]
    {
        let answer = get(&address, "/v1/workspaces", key);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{key}: {answer}");
    }
}

#[test]
fn what_cannot_be_ends_with_2_and_says_why() {
    let scratch = Scratch::new();
    let config = scratch.write("switchboard.toml", "in_memory = true\nlisten_on = 'x'\n");
    let (code, errors) = refused(scratch.serve().arg("--config").arg(&config));
    assert_eq!(code, 2);
    assert!(errors.contains("switchboard.toml:2:1: unknown field `listen_on`"), "{errors}");
    let (code, errors) = refused(scratch.serve().args(["--config", "nowhere.toml"]));
    assert_eq!(code, 2);
    assert!(errors.contains("nowhere.toml"), "{errors}");
    let (code, errors) = refused(scratch.serve().args(["--root-key", "s3cret"]));
    assert_eq!(code, 2);
    assert!(errors.contains("root_key") && !errors.contains("s3cret"), "{errors}");
    let (code, _) = refused(scratch.serve().args(["--durability", "none"]));
    assert_eq!(code, 2);
    let (code, errors) = refused(scratch.serve().env("SWITCHBOARD_LIMITS", "maybe"));
    assert_eq!(code, 2);
    assert!(errors.contains("neither `on` nor `off`"), "{errors}");
}

#[test]
fn an_address_in_use_ends_with_1() {
    let scratch = Scratch::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, errors) = refused(scratch.serve().args(["--in-memory", "--listen", &address]));
    assert_eq!(code, 1);
    assert!(errors.contains(&format!("cannot listen on {address}")), "{errors}");
}

#[test]
fn without_storage_it_warns() {
    let scratch = Scratch::new();
    let mut command = scratch.serve();
    command.args(["--in-memory", "--listen", "127.0.0.1:0"]);
    let (serving, _) = Serving::start(&mut command, &scratch.path("addr"));
    serving.signal(Signal::TERM);
    let log = serving.end().log;
    assert!(log.contains("state is kept in memory alone"), "{log}");
}
