//! What the terminal shows.
#![allow(clippy::print_stdout)] // this is the program's output

use std::{
    collections::BTreeMap,
    env,
    io::{IsTerminal, stdout},
    net::SocketAddr,
    time::Duration,
};

use parking_lot::Mutex;
use switchboard_protocol::{
    Secret,
    model::{LiveDepartment, LiveTotals},
};
use tokio::time::Instant;

use super::seed::{Seeded, WORKSPACE};

/// How often the standing of the departments is shown.
const STANDING_EVERY: Duration = Duration::from_secs(5);

const GREEN: &str = "32";
const YELLOW: &str = "33";
const BLUE: &str = "34";
const RED: &str = "31";
const DIM: &str = "2";
const BOLD: &str = "1";

/// The terminal.
#[derive(Debug)]
pub(super) struct Screen {
    colour: bool,
    begun: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    departments: BTreeMap<String, LiveDepartment>,
    totals: LiveTotals,
    shown: Option<Instant>,
    /// How long the routed ones took, as their visitors saw it.
    took: Vec<Duration>,
}

impl Screen {
    pub(super) fn new() -> Self {
        let colour = stdout().is_terminal() && env::var_os("NO_COLOR").is_none();
        Self { colour, begun: Instant::now(), state: Mutex::default() }
    }

    pub(super) fn introduce(&self, addr: SocketAddr, root_key: &Secret, seeded: &Seeded) {
        let (site, guest) = (seeded.site_key.expose(), seeded.guest_token.expose());
        let (root, admin) = (root_key.expose(), seeded.admin_token.expose());
        let head = |text: &str| println!("\n{}", self.paint(BOLD, text));
        head(&format!("Switchboard serves http://{addr} and ws://{addr}/v1/ws"));
        println!(
            "Workspace `{WORKSPACE}`: two departments, six agents at work, visitors coming in."
        );
        println!("Everybody below is a real client on a real socket. Ctrl-C ends it.");
        head("Try it by hand, in another terminal");
        println!("# be a visitor");
        println!("cargo run -q --example widget -- ws://{addr}/v1/ws {site} sales");
        println!("# be an agent, of both departments");
        println!("cargo run -q --example agent -- ws://{addr}/v1/ws {guest}");
        println!("# watch the routing live, as an admin");
        println!("cargo run -q --example ops -- ws://{addr}/v1/ws {admin}");
        let curl = format!("curl -s -H 'Authorization: Bearer {root}'");
        println!("# why did that conversation go to that agent? (any id from the events)");
        println!("{curl} http://{addr}/v1/workspaces/{WORKSPACE}/conversations/ID/explain");
        println!("# how it stands, and what happened");
        println!("{curl} http://{addr}/v1/workspaces/{WORKSPACE}/live");
        println!("{curl} 'http://{addr}/v1/workspaces/{WORKSPACE}/events?limit=5'");
        println!("curl -s 'http://{addr}/v1/site?site_key={site}'");
        println!("curl -s http://{addr}/metrics");
        head("What is being routed");
    }

    pub(super) fn routed(&self, visitor: &str, department: &str, agent: &str, took: Duration) {
        self.state.lock().took.push(took);
        let ms = took.as_secs_f64() * 1_000.0;
        let to = self.paint(BOLD, agent);
        self.line(GREEN, "routed", visitor, department, &format!("→ {to} in {ms:.2} ms"));
    }

    pub(super) fn offered(&self, visitor: &str, department: &str, took: Duration) {
        let ms = took.as_secs_f64() * 1_000.0;
        let what = format!("somebody is asked, after {ms:.2} ms");
        self.line(GREEN, "offered", visitor, department, &what);
    }

    pub(super) fn declined(&self, agent: &str, department: &str) {
        self.line(YELLOW, "declined", agent, department, "the next is asked");
    }

    pub(super) fn missed(&self, agent: &str) {
        self.line(BLUE, "away", agent, "", "missed three offers in a row");
    }

    pub(super) fn handed_on(&self, visitor: &str, department: &str, agent: &str) {
        let to = self.paint(BOLD, agent);
        self.line(BLUE, "moved", visitor, department, &format!("→ {to}"));
    }

    pub(super) fn waits(&self, visitor: &str, department: &str, position: Option<u64>) {
        let place = position.map_or_else(String::new, |position| format!(", number {position}"));
        self.line(YELLOW, "waits", visitor, department, &format!("nobody has room{place}"));
    }

    pub(super) fn served(&self, visitor: &str, department: &str, agent: &str, waited_ms: u64) {
        let waited = waited_ms as f64 / 1_000.0;
        let to = self.paint(BOLD, agent);
        let what = format!("→ {to} after a wait of {waited:.1} s");
        self.line(GREEN, "served", visitor, department, &what);
    }

    pub(super) fn closed(&self, visitor: &str, department: &str) {
        self.line(DIM, "closed", visitor, department, "");
    }

    pub(super) fn gave_up(&self, visitor: &str, department: &str, after: Duration) {
        let what = format!("left after {} s", after.as_secs());
        self.line(RED, "gave up", visitor, department, &what);
    }

    pub(super) fn away(&self, agent: &str) {
        self.line(BLUE, "away", agent, "", "takes a break: nothing new arrives");
    }

    pub(super) fn online(&self, agent: &str) {
        self.line(BLUE, "online", agent, "", "is back: the queue drains at once");
    }

    pub(super) fn lost(&self, agent: &str) {
        self.line(RED, "lost", agent, "", "lost the network; keeps what it holds for 4 s");
    }

    pub(super) fn back(&self, agent: &str, resumed: bool) {
        let how = if resumed { "resumed its session: nothing was missed" } else { "is back" };
        self.line(BLUE, "back", agent, "", how);
    }

    pub(super) fn gone(&self, agent: &str, why: &str) {
        self.line(RED, "gone", agent, "", why);
    }

    /// How the departments stand, every few seconds.
    pub(super) fn standing(&self, departments: &[LiveDepartment], totals: &LiveTotals) {
        let mut state = self.state.lock();
        for department in departments {
            state.departments.insert(department.id.clone(), department.clone());
        }
        state.totals.clone_from(totals);
        if state.shown.is_some_and(|shown| shown.elapsed() < STANDING_EVERY) {
            return;
        }
        state.shown = Some(Instant::now());
        let stand = state.departments.values().map(|d| {
            let LiveDepartment { name, online, assigned, queued, .. } = d;
            format!("{name}: {online} online, {assigned} in conversation, {queued} waiting")
        });
        let stand: Vec<_> = stand.collect();
        println!("{}", self.paint(DIM, &format!("── {} ──", stand.join("  ·  "))));
    }

    /// What came of it.
    pub(super) fn conclude(&self) {
        let mut state = self.state.lock();
        let LiveTotals { opened, assigned, closed, waiting, .. } = state.totals.clone();
        println!("\n{opened} opened, {assigned} assigned, {closed} closed, {waiting} waiting");
        state.took.sort_unstable();
        if let Some(median) = state.took.get(state.took.len() / 2) {
            let ms = median.as_secs_f64() * 1_000.0;
            println!(
                "routed at once: {} (median {ms:.2} ms, as visitors saw it)",
                state.took.len()
            );
        }
    }

    fn line(&self, colour: &str, what: &str, who: &str, department: &str, more: &str) {
        let at = self.begun.elapsed().as_secs_f64();
        let what = self.paint(colour, &format!("{what:<8}"));
        let time = self.paint(DIM, &format!("{at:7.2}"));
        println!("{}", format!("{time}  {what} {who:<6} {department:<8} {more}").trim_end());
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
