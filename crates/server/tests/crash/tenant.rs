//! A workspace of the run, with its people, over however many lives of the server.

use std::{net::SocketAddr, sync::Arc, sync::atomic::AtomicBool};

use serde_json::json;
use switchboard_simulator::Rng;
use tokio::task::JoinHandle;

use crate::{
    http::{Call, Caller},
    load::{AGENTS, Clerk, DEPARTMENTS, Device, Page, Turn, backend, clerk, watch},
    process::ROOT,
    session::Memory,
};

/// Visitors with a page.
const PAGES: usize = 5;
/// Requests of the back end at once.
const BACKENDS: u64 = 3;

/// See the module.
#[derive(Debug)]
pub(crate) struct Tenant {
    /// Its id.
    pub(crate) id: String,
    /// Its public key.
    pub(crate) site_key: String,
    /// What is remembered of it.
    pub(crate) memory: Memory,
    /// Agents' devices.
    pub(crate) devices: Vec<Device>,
    /// Visitors' pages.
    pub(crate) pages: Vec<Page>,
}

/// Everybody at work.
#[derive(Debug)]
pub(crate) struct Load {
    devices: Vec<JoinHandle<Device>>,
    pages: Vec<JoinHandle<Page>>,
    others: Vec<JoinHandle<()>>,
}

impl Tenant {
    /// A new workspace, with departments, agents and nobody on a socket.
    pub(crate) async fn found(addr: SocketAddr, id: &str) -> Self {
        let body = json!({"id": id, "name": id, "plan": "custom"});
        let mut caller = Caller::new(addr, ROOT);
        let made = caller.call(Call::new("POST", "/v1/workspaces", body)).await;
        let made = made.filter(|made| made.status == 201).expect("a workspace").json;
        let site_key = made["site_key"].as_str().expect("a site key").to_owned();
        let memory = Memory::default();
        memory.lock().written("", Some(made));
        let mut clerk = Clerk::new(addr, id, &memory);
        for department in DEPARTMENTS {
            let policy = match department {
                "sales" => json!({}),
                _ => json!({"offer_timeout_ms": 1_000, "decline_cooldown_ms": 200}),
            };
            let body = json!({"id": department, "name": department, "policy": policy});
            clerk.make("departments", body, None).await.expect("a department");
        }
        let mut devices = Vec::new();
        for agent in AGENTS {
            let body = json!({
                "id": agent, "email": format!("{agent}@example.org"), "name": agent,
                "capacity": 5, "department_ids": DEPARTMENTS,
                "skills": if agent == "ann" { json!(["french"]) } else { json!([]) },
            });
            clerk.make("agents", body, None).await.expect("an agent");
            let token = clerk.token(agent).await.expect("a token");
            devices.push(Device::new(id, agent, &token, "desk", &memory));
            if agent < "c" {
                devices.push(Device::new(id, agent, &token, "phone", &memory));
            }
        }
        let page = |number| Page::new(&site_key, &format!("visitor {number}"), &memory);
        let pages = (0..PAGES).map(page).collect();
        Self { id: id.to_owned(), site_key, memory, devices, pages }
    }

    /// Everybody begins.
    pub(crate) fn work(
        &mut self,
        addr: SocketAddr,
        rng: &mut Rng,
        round: u32,
        stop: &Arc<AtomicBool>,
    ) -> Load {
        let mut part = 0;
        // The keys of one credential are one space, whatever workspace it asks.
        let id = self.id.clone();
        let mut turn = || {
            part += 1;
            Turn::new(Rng::new(rng.bits()), format!("{id}-{round}-{part}"), stop)
        };
        let devices = self.devices.drain(..).map(|d| tokio::spawn(d.work(addr, turn()))).collect();
        let pages = self.pages.drain(..).map(|p| tokio::spawn(p.visit(addr, turn()))).collect();
        let mut others = Vec::new();
        let own = || (self.id.clone(), Arc::clone(&self.memory));
        for _ in 0..BACKENDS {
            let (id, memory) = own();
            others.push(tokio::spawn(backend(addr, id, memory, turn())));
        }
        let (id, memory) = own();
        others.push(tokio::spawn(clerk(addr, id, memory, turn())));
        let (id, memory) = own();
        others.push(tokio::spawn(watch(addr, id, memory, turn())));
        Load { devices, pages, others }
    }

    /// Everybody is done: their sockets ended, or it was enough.
    pub(crate) async fn rest(&mut self, load: Load) {
        for device in load.devices {
            self.devices.push(device.await.expect("a device"));
        }
        for page in load.pages {
            self.pages.push(page.await.expect("a page"));
        }
        for other in load.others {
            other.await.expect("a task");
        }
    }

    /// Everybody hangs up.
    pub(crate) fn hang_up(&mut self) {
        self.devices.iter_mut().for_each(|device| device.session.hang_up());
        self.pages.iter_mut().for_each(|page| page.session.hang_up());
    }
}
