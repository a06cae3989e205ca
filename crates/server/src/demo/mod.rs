//! `switchboard demo`: the server, a seeded workspace, and people who use it, all as real clients
//! over real sockets. The terminal shows what is being routed.

mod api;
mod chance;
mod people;
mod screen;
mod seed;

use std::{sync::Arc, time::Duration};

use clap::Args;
use switchboard_protocol::Limits;

use crate::{
    config::{Config, DEFAULT_LISTEN},
    server::{Server, StartError},
};
use screen::Screen;

/// What `switchboard demo` takes.
#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, default_value = DEFAULT_LISTEN)]
    pub listen: String,
    /// Stop after so many seconds; without it, go on until Ctrl-C.
    #[arg(long)]
    pub seconds: Option<u64>,
    /// How many visitors come in a minute, on average.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=6_000))]
    pub visitors_per_minute: u32,
}

/// Why the demo could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The server did not start.
    #[error("the server did not start: {0}")]
    Start(#[from] StartError),
    /// A call of the seeding failed.
    #[error("seeding the workspace: {0}")]
    Seed(#[from] api::ApiFailure),
    /// One of the people could not connect.
    #[error("connecting: {0}")]
    Connect(#[from] switchboard_client::ConnectError),
    /// One of the people's requests failed.
    #[error("a request: {0}")]
    Request(#[from] switchboard_client::RequestError),
}

/// Runs the demo until Ctrl-C, or for as long as asked.
///
/// # Errors
/// Where the server does not start, or the workspace cannot be filled.
pub async fn run(args: DemoArgs) -> Result<(), DemoError> {
    let running = Server::start(config(&args)).await?;
    let (addr, root_key) = (running.addr, running.root_key.clone());
    let seeded = seed::seed(addr, &root_key).await?;
    let screen = Arc::new(Screen::new());
    screen.introduce(addr, &root_key, &seeded);
    let url = format!("ws://{addr}/v1/ws");
    let mut people = tokio::task::JoinSet::new();
    for (name, token) in &seeded.agents {
        let client = people::sign_in(&url, token).await?;
        people.spawn(people::agent(client, name.clone(), screen.clone()));
    }
    people.spawn(people::watcher(url.clone(), seeded.admin_token.clone(), screen.clone()));
    let every = Duration::from_secs(60) / args.visitors_per_minute;
    people.spawn(people::visitors(url, seeded.site_key.clone(), every, screen.clone()));
    let failure = tokio::select! {
        failed = failure_of(&mut people) => Some(failed),
        _ = tokio::signal::ctrl_c() => None,
        () = stop_after(args.seconds) => None,
    };
    people.shutdown().await;
    running.shutdown().await;
    screen.conclude();
    failure.map_or(Ok(()), Err)
}

/// Waits for one of the people to give up.
async fn failure_of(people: &mut tokio::task::JoinSet<Result<(), DemoError>>) -> DemoError {
    loop {
        match people.join_next().await {
            Some(Ok(Err(error))) => return error,
            Some(_) => {}
            None => std::future::pending().await,
        }
    }
}

async fn stop_after(seconds: Option<u64>) {
    match seconds {
        Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
        None => std::future::pending().await,
    }
}

/// Nothing is kept. Everybody comes from one address, so the bounds of an address are off.
fn config(args: &DemoArgs) -> Config {
    let limits = Limits {
        sockets_per_address: None,
        handshakes_per_address: None,
        visitors_per_address: None,
        ..Limits::default()
    };
    Config { listen: args.listen.clone(), limits, ..Config::ephemeral() }
}
