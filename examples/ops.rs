//! An ops watcher: prints the live view of a workspace whenever it changes.
//!
//! ```text
//! cargo run --example ops -- ws://127.0.0.1:8080/v1/ws TOKEN
//! ```
//!
//! The token is an admin's (or an agent's, who sees its own departments). `SWITCHBOARD_URL` and
//! `SWITCHBOARD_TOKEN` stand in for arguments that are not given.

use std::{collections::BTreeMap, env, error::Error};

use switchboard_client::{Client, Options, Push};
use switchboard_protocol::ServerMessage;
use switchboard_protocol::model::{LiveAgent, LiveDepartment, LiveTotals};

#[derive(Default)]
struct View {
    agents: BTreeMap<String, LiveAgent>,
    departments: BTreeMap<String, LiveDepartment>,
    totals: LiveTotals,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut setting = |name: &str| arguments.next().or_else(|| env::var(name).ok());
    let url = setting("SWITCHBOARD_URL").unwrap_or("ws://127.0.0.1:8080/v1/ws".into());
    let token = setting("SWITCHBOARD_TOKEN").ok_or("which token?")?;

    let mut client = Client::connect(Options::agent(url, &token)).await?;
    client.subscribe_live().await?;
    let mut view = View::default();
    while let Some(push) = client.next_push().await {
        match push {
            Push::Message(message) => {
                if view.merge(message) {
                    view.print();
                }
            }
            Push::Disconnected(end) => println!("lost ({end}), coming back"),
            Push::Resumed { resumed: true, .. } => println!("back"),
            // A new session watches nothing yet.
            Push::Resumed { resumed: false, .. } => client.subscribe_live().await?,
            Push::Ended(end) => return Err(end.into()),
        }
    }
    Ok(())
}

impl View {
    /// Takes in a message; whether it was one of the live view's.
    fn merge(&mut self, message: ServerMessage) -> bool {
        let (agents, departments) = match message {
            ServerMessage::LiveSnapshot(live) => {
                *self = Self { totals: live.totals.clone(), ..Self::default() };
                (live.agents.clone(), live.departments.clone())
            }
            ServerMessage::LiveDelta(live) => {
                self.totals = live.totals.clone();
                self.agents.retain(|id, _| !live.removed.agent_ids.contains(id));
                self.departments.retain(|id, _| !live.removed.department_ids.contains(id));
                (live.agents.clone(), live.departments.clone())
            }
            _ => return false,
        };
        self.agents.extend(agents.into_iter().map(|agent| (agent.id.clone(), agent)));
        self.departments.extend(departments.into_iter().map(|one| (one.id.clone(), one)));
        true
    }

    fn print(&self) {
        let LiveTotals { opened, assigned, closed, rejected, waiting, .. } = self.totals;
        println!(
            "waiting {waiting} · last hour: opened {opened}, assigned {assigned}, closed {closed}, rejected {rejected}"
        );
        for one in self.departments.values() {
            let (name, online, queued) = (&one.name, one.online, one.queued);
            println!("  {name:<20} {online} online, {queued} queued, {} assigned", one.assigned);
        }
        for agent in self.agents.values() {
            let here = if agent.present { "present" } else { "absent" };
            let (name, load, capacity) = (&agent.name, agent.load, agent.capacity);
            println!("  {name:<20} {} {here}, {load}/{capacity}", agent.availability);
        }
    }
}
