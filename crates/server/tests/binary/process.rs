//! A process of the binary, its output line by line, and the least of an HTTP client.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Longer than anything here takes.
const DEADLINE: Duration = Duration::from_secs(20);

/// A folder of a test's own, gone with it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("binary-{}-{number}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.0.join(name), text).unwrap();
        self.path(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running `switchboard serve`; killed where a test forgets it.
pub(crate) struct Switchboard {
    pub(crate) addr: SocketAddr,
    child: Child,
    lines: Receiver<String>,
    heard: String,
}

impl Switchboard {
    /// Starts it on a free port, in memory.
    pub(crate) fn start(scratch: &Scratch, flags: &[&str], variables: &[(&str, &str)]) -> Self {
        let data = scratch.path("data");
        let flags = [&["--in-memory", "--data-dir", &data], flags].concat();
        Self::start_bare(scratch, &flags, variables)
    }

    /// Starts it on a free port, with these flags and variables and nothing else.
    pub(crate) fn start_bare(
        scratch: &Scratch,
        flags: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--addr-file", &scratch.path("addr")]);
        command.args(flags);
        Self::spawn(command, variables)
    }

    /// Starts it with so many file descriptors: it raises a soft limit, so the hard one is set.
    pub(crate) fn start_within(scratch: &Scratch, descriptors: u32, flags: &[&str]) -> Self {
        let mut command = Command::new("sh");
        let script = format!("ulimit -S -n {descriptors}; ulimit -H -n {descriptors}; exec \"$@\"");
        command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_switchboard"), "serve"]);
        command.args(["--in-memory", "--listen", "127.0.0.1:0"]);
        command.args(["--addr-file", &scratch.path("addr")]).args(flags);
        Self::spawn(command, &[])
    }

    /// Starts it so that a file that may not grow is an error of the disk, and not the end.
    pub(crate) fn start_with_failing_files(scratch: &Scratch, flags: &[&str]) -> Self {
        let mut command = Command::new("sh");
        let binary = env!("CARGO_BIN_EXE_switchboard");
        command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", binary, "serve"]);
        command.args(["--listen", "127.0.0.1:0", "--addr-file", &scratch.path("addr")]);
        command.args(flags);
        Self::spawn(command, &[])
    }

    fn spawn(mut command: Command, variables: &[(&str, &str)]) -> Self {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SWITCHBOARD_")) {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = channel();
        tell_lines(child.stdout.take().unwrap(), sender.clone());
        tell_lines(child.stderr.take().unwrap(), sender);
        let addr = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { addr, child, lines, heard: String::new() };
        let line = server.wait_for("127.0.0.1:");
        let rest = line.split("127.0.0.1:").nth(1).unwrap();
        let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
        server.addr.set_port(port.parse().unwrap());
        server
    }

    pub(crate) fn socket_url(&self) -> String {
        format!("ws://{}/v1/ws", self.addr)
    }

    /// The first line of output that has this in it.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let line =
                match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                    Ok(line) => line,
                    Err(RecvTimeoutError::Timeout) => panic!("never said {text}: {}", self.heard),
                    Err(RecvTimeoutError::Disconnected) => panic!("it ended: {}", self.heard),
                };
            self.heard.push_str(&line);
            self.heard.push('\n');
            if line.contains(text) {
                return line;
            }
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// SIGKILL, and waits until it is dead.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM.
    pub(crate) fn signal(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Waits for its end: the exit code, and all that it ever said.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> (i32, String) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.heard += &(line + "\n"),
                // Its output is closed: it is gone.
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end: {}", self.heard),
            }
        }
        let code = self.child.wait().unwrap().code();
        (code.unwrap_or_else(|| panic!("killed: {}", self.heard)), self.heard.clone())
    }

    /// Sends SIGTERM and waits for the end.
    #[track_caller]
    pub(crate) fn terminate(mut self) -> (i32, String) {
        self.signal();
        self.ended()
    }
}

impl Drop for Switchboard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tell_lines(output: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
}

/// Runs `switchboard serve`, which is not to start: the exit code, and what it said.
pub(crate) fn refused_to_start(flags: &[&str], variables: &[(&str, &str)]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.args(["serve", "--in-memory"]).args(flags).envs(variables.iter().copied());
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

/// What [`workspace`] made.
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) site_key: String,
    pub(crate) token: String,
    pub(crate) visitor_token: String,
}

/// Makes a workspace with a department, an agent and a conversation.
pub(crate) fn workspace(server: &Switchboard, root: &str) -> Made {
    let make = |path: &str, body: &str| -> Value {
        let (status, answer) = call(server.addr, "POST", path, root, body);
        assert_eq!(status, 201, "{path}: {answer}");
        serde_json::from_str(&answer).unwrap()
    };
    let text = |from: &Value, field: &str| from[field].as_str().unwrap().to_owned();
    let made = make("/v1/workspaces", r#"{"name":"Acme","plan":"custom"}"#);
    let id = text(&made, "id");
    let of = |rest: &str| format!("/v1/workspaces/{id}{rest}");
    make(&of("/departments"), r#"{"id":"help","name":"Help"}"#);
    make(&of("/agents"), r#"{"id":"ann","name":"Ann","email":"ann@example.org"}"#);
    let token = text(&make(&of("/agents/ann/tokens"), ""), "token");
    let visitor_token = text(&make(&of("/conversations"), "{}"), "visitor_token");
    Made { site_key: text(&made, "site_key"), id, token, visitor_token }
}

/// One request, one answer: the status and the body.
pub(crate) fn call(
    addr: SocketAddr,
    method: &str,
    path: &str,
    bearer: &str,
    body: &str,
) -> (u16, String) {
    call_with(addr, method, path, bearer, "", body)
}

/// The same with more lines of head, each with its end.
pub(crate) fn call_with(
    addr: SocketAddr,
    method: &str,
    path: &str,
    bearer: &str,
    head: &str,
    body: &str,
) -> (u16, String) {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         authorization: Bearer {bearer}\r\n{head}content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// The head of an answer on a connection that stays; nothing where it does not. The body is
/// taken off, too.
pub(crate) fn head(stream: &mut TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
    stream.read_exact(&mut vec![0; length]).ok()?;
    Some(head)
}
