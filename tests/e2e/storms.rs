//! Very many sockets come at once: all of them get in, a bounded number a second, and those who
//! are there hardly notice.

use std::{cell::Cell, time::Duration};

use futures::future::join_all;
use serde_json::json;
use switchboard_client::{Client, Options, Push};
use switchboard_protocol::{Rate, ServerMessage};
use tokio::time::{Instant, sleep};

use crate::{
    people::{assigned, heard, on_duty, visit},
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, check_error, check_fields, in_both},
};

/// How many come.
const CROWD: usize = 300;
/// How many of them are let in.
const HELLOS: Rate = Rate::per_second(150, 60);
/// What everybody together may take at least: all but the burst at the rate.
const AT_LEAST: Duration = Duration::from_millis(1_500);
/// And at most; it is some 3 s where nothing else is done.
const AT_MOST: Duration = Duration::from_secs(15);
/// What an answer may take while they come, in a debug build on a busy machine.
const QUICK: Duration = Duration::from_secs(2);

in_both![too_many_hellos_are_told_when_to_come_back];

async fn too_many_hellos_are_told_when_to_come_back(encoding: Encoding) {
    let few = Some(Rate::per_minute(1, 1));
    let server = TestServer::start_with(|config| config.limits.hellos = few).await;
    let workspace = server.workspace().await;
    let _in_time = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let mut late = Ws::connect(server.addr, Some(encoding.subprotocol())).await;
    let hello = json!({"type": "hello", "site_key": workspace.site_key});
    let answer = late.request(hello).await;
    check_error(&answer, "overloaded");
    check_fields(&answer, &["type", "ref", "code", "message", "retryable", "retry_after_ms"]);
    assert_eq!(answer["retryable"], true);
    assert!(answer["retry_after_ms"].as_u64().unwrap() >= 60_000, "{answer}");
    late.expect_close(4005).await;
    let metrics = server.anyone("GET", "/metrics").await.expect(200).text;
    assert!(metrics.contains("\nswitchboard_overloaded_total 1\n"), "{metrics}");
}

/// One of the crowd gets in, whenever it is told to.
async fn arrive(workspace: &Workspace, url: String) -> Client {
    loop {
        match Client::connect(Options::visitor(&url, &workspace.site_key)).await {
            Ok(client) => return client,
            Err(error) => {
                assert!(error.retryable(), "{error}");
                sleep(error.retry_after().expect("a time to come back")).await;
            }
        }
    }
}

/// It lost its socket, and is back in its session. Whoever was told to stay away is not.
async fn return_of(client: &mut Client) {
    loop {
        match client.next_push().await {
            Some(Push::Resumed { resumed, .. }) => {
                assert!(resumed, "the session goes on");
                return;
            }
            Some(Push::Disconnected(_) | Push::Message(_)) => {}
            other => panic!("it does not come back: {other:?}"),
        }
    }
}

/// An agent and a visitor, and how long it takes from an open to its agent, and to its end.
struct Routine {
    agent: Client,
    visitor: Client,
    took: Vec<Duration>,
}

impl Routine {
    async fn begin(workspace: &Workspace) -> Self {
        let token = workspace.agent("ann", &["sales"]).await;
        let agent = on_duty(workspace, "ann", &token).await;
        Self { agent, visitor: visit(workspace).await, took: Vec::new() }
    }

    /// Goes on until that is done; gives how long that took.
    async fn during(&mut self, what: impl Future<Output = ()>) -> Duration {
        let begun = Instant::now();
        let done = Cell::new(false);
        let watched = async {
            what.await;
            done.set(true);
            begun.elapsed()
        };
        tokio::join!(watched, self.goes_on(&done)).0
    }

    async fn goes_on(&mut self, done: &Cell<bool>) {
        while !done.get() {
            let begun = Instant::now();
            let (opened, id) =
                tokio::join!(self.visitor.open(Default::default()), assigned(&mut self.agent));
            assert_eq!(opened.expect("an answer").id, id);
            self.took.push(begun.elapsed());
            let closed = heard(&mut self.visitor, |message| match message {
                ServerMessage::ConversationClosed(push) => Some(push.conversation_id.clone()),
                _ => None,
            });
            let (ended, told) = tokio::join!(self.agent.close(id.as_str()), closed);
            assert_eq!(ended.expect("an answer").id, told);
            self.took.push(begun.elapsed());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_gets_in_at_its_rate_and_those_who_are_there_go_on() {
    let server = TestServer::start_with(|config| config.limits.hellos = Some(HELLOS)).await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let mut routine = Routine::begin(&workspace).await;

    let mut crowd = Vec::new();
    let arriving = async {
        let arrivals = (0..CROWD).map(|_| arrive(&workspace, server.ws_url()));
        crowd = join_all(arrivals).await;
    };
    let arrived_in = routine.during(arriving).await;

    // All of them lose their sockets at the same moment.
    let returning = async {
        join_all(crowd.iter().map(|client| client.sever())).await;
        join_all(crowd.iter_mut().map(return_of)).await;
    };
    let returned_in = routine.during(returning).await;

    for (what, took) in [("arrived", arrived_in), ("returned", returned_in)] {
        assert!((AT_LEAST..AT_MOST).contains(&took), "{CROWD} {what} in {took:?}");
    }
    let slowest = routine.took.iter().max().expect("something was done meanwhile");
    assert!(routine.took.len() > 20, "{} steps", routine.took.len());
    assert!(*slowest < QUICK, "an answer took {slowest:?}");
    let metrics = server.anyone("GET", "/metrics").await.expect(200).text;
    let count = |series: &str| -> u64 {
        let line = metrics.lines().find_map(|line| line.strip_prefix(series));
        line.unwrap_or_else(|| panic!("no {series}")).trim().parse().unwrap()
    };
    let refused = count("switchboard_overloaded_total");
    assert!(refused >= CROWD as u64, "{refused} of two crowds were sent away at first");
    assert_eq!(count("switchboard_sockets_closed_total{code=\"4005\"}"), refused);
}
