//! The examples, as a reader would start them: real processes against a real server.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    sync::OnceCell,
    time::timeout,
};

use crate::{people::until, server::TestServer, ws::DEADLINE};

/// A running example, and what it prints.
struct Example {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// Where this build's examples are. `cargo test` has built them; asked for this test alone, it
/// has not.
async fn examples() -> &'static Path {
    static FOLDER: OnceCell<PathBuf> = OnceCell::const_new();
    FOLDER
        .get_or_init(|| async {
            let test = std::env::current_exe().unwrap();
            let profile = test.parent().and_then(Path::parent).unwrap().to_owned();
            let folder = profile.join("examples");
            if !["widget", "agent", "ops"].iter().all(|name| folder.join(name).exists()) {
                build(&profile).await;
            }
            folder
        })
        .await
}

async fn build(profile: &Path) {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--offline", "--examples", "--target-dir"]);
    build.arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
    if profile.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().await.expect("cargo runs").success(), "they do not build");
}

impl Example {
    async fn start(name: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(examples().await.join(name));
        command.args(arguments).env_clear().kill_on_drop(true);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    async fn line(&mut self) -> String {
        let line = timeout(DEADLINE, self.lines.next_line()).await.expect("a line in time");
        line.unwrap().expect("a line, not the end")
    }

    async fn says(&mut self, expected: &str) {
        assert_eq!(self.line().await, expected);
    }

    /// Reads on up to this line.
    async fn comes_to(&mut self, expected: &str) {
        while self.line().await != expected {}
    }

    /// As Ctrl-C does, once it listens for that: a process that does not just dies of it.
    async fn interrupt(&self) {
        let id = self.process.id().expect("it runs");
        let listens = async || listens_to_interrupts(id).unwrap_or(true);
        until("it listens for Ctrl-C", listens).await;
        let id = rustix::process::Pid::from_raw(id.try_into().unwrap()).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    }

    /// Ends well, having said nothing more.
    async fn ends(mut self) {
        let rest = timeout(DEADLINE, self.lines.next_line()).await.expect("an end in time");
        assert_eq!(rest.unwrap(), None);
        let status = timeout(DEADLINE, self.process.wait()).await.expect("an end in time");
        assert!(status.as_ref().is_ok_and(std::process::ExitStatus::success), "{status:?}");
    }
}

/// Whether a process catches SIGINT; unknown where the system does not tell.
fn listens_to_interrupts(id: u32) -> Option<bool> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
    let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
    Some(caught & 0b10 != 0)
}

#[tokio::test]
async fn a_widget_and_an_agent_meet() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let token = workspace.agent("ann", &["sales"]).await;
    let url = server.ws_url();

    let mut widget = Example::start("widget", &[&url, &workspace.site_key]).await;
    widget.says("department sales (sales): nobody there").await;
    let opened = widget.line().await;
    let id = opened.strip_prefix("opened ").and_then(|rest| rest.strip_suffix(": queued"));
    let id = id.unwrap_or_else(|| panic!("{opened}"));
    widget.says("you are number 1").await;

    let mut agent = Example::start("agent", &[&url, &token, "0.1"]).await;
    agent.says("ann is online").await;
    let arrived = agent.line().await;
    assert!(arrived.starts_with(&format!("{id} arrived after ")), "{arrived}");
    agent.says(&format!("{id} is done")).await;
    widget.says("ann is with you").await;
    widget.says("closed by agent").await;
    widget.ends().await;
    agent.interrupt().await;
    agent.says("ann is away").await;
    agent.ends().await;
    assert_eq!(workspace.conversation(id).await["state"], "closed");
}

#[tokio::test]
async fn an_agent_is_told_what_others_do() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let token = workspace.agent("ann", &["sales"]).await;
    let url = server.ws_url();
    let mut agent = Example::start("agent", &[&url, &token, "600"]).await;
    agent.says("ann is online").await;
    let mut widget = Example::start("widget", &[&url, &workspace.site_key, "sales"]).await;
    widget.says("department sales (sales): staffed").await;
    let opened = widget.line().await;
    let id = opened.strip_prefix("opened ").and_then(|rest| rest.strip_suffix(": assigned"));
    let id = id.unwrap_or_else(|| panic!("{opened}"));
    widget.says("ann is with you").await;
    let arrived = agent.line().await;
    assert!(arrived.starts_with(&format!("{id} arrived after ")), "{arrived}");
    widget.interrupt().await;
    widget.says("closed by you").await;
    widget.ends().await;
    agent.says(&format!("{id} was closed by visitor")).await;
    workspace.set_availability("ann", "away").await;
    agent.says("ann is away by root").await;
}

#[tokio::test]
async fn an_agent_takes_what_it_is_offered() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department_with("sales", json!({"offer_timeout_ms": 60_000})).await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut agent = Example::start("agent", &[&server.ws_url(), &token, "0.1"]).await;
    agent.says("ann is online").await;
    let id = workspace.open("sales").await.text_of("id");
    let accepted = agent.line().await;
    assert!(accepted.starts_with(&format!("{id} accepted after ")), "{accepted}");
    agent.says(&format!("{id} is done")).await;
    let history = workspace.conversation(&id).await["history"].clone();
    let assigned =
        history.as_array().unwrap().iter().find(|e| e["type"] == "conversation.assigned");
    assert_eq!(assigned.unwrap()["data"]["cause"], "accepted");
}

#[tokio::test]
async fn ops_prints_what_changes() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let boss = workspace.admin("boss").await;
    let mut ops = Example::start("ops", &[&server.ws_url(), &boss]).await;
    ops.says("waiting 0 · last hour: opened 0, assigned 0, closed 0, rejected 0").await;
    ops.says("  sales                0 online, 0 queued, 0 assigned").await;
    ops.says("  boss                 away present, 0/5").await;
    let id = workspace.open("sales").await.text_of("id");
    ops.comes_to("waiting 1 · last hour: opened 1, assigned 0, closed 0, rejected 0").await;
    ops.says("  sales                0 online, 1 queued, 0 assigned").await;
    let close = format!("/conversations/{id}/close");
    workspace.root("POST", &close, json!({})).await.expect(200);
    ops.comes_to("waiting 0 · last hour: opened 1, assigned 0, closed 1, rejected 0").await;
    workspace.root("DELETE", "/departments/sales", Value::Null).await.expect(204);
    ops.comes_to("waiting 0 · last hour: opened 1, assigned 0, closed 1, rejected 0").await;
    ops.says("  boss                 away present, 0/5").await;
}

#[tokio::test]
async fn credentials_that_do_not_hold_are_the_end() {
    let server = TestServer::start().await;
    let url = server.ws_url();
    for (name, credential) in [("widget", "pk_nobodys"), ("agent", "nobodys"), ("ops", "nobodys")] {
        let example = Example::start(name, &[&url, credential]).await;
        let ended = timeout(DEADLINE, example.process.wait_with_output()).await;
        let ended = ended.expect("an end in time").unwrap();
        assert!(!ended.status.success(), "{name}");
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(said.contains("4501") && said.contains("unauthenticated"), "{name}: {said}");
    }
}
