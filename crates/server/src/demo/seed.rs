//! The demo's workspace: two departments, six agents.

use std::net::SocketAddr;

use serde::de::IgnoredAny;
use serde_json::json;
use switchboard_protocol::{Secret, http::Token, model};

use super::api::{Api, ApiFailure};

/// The workspace's id.
pub(super) const WORKSPACE: &str = "demo";

/// Id, name, departments, capacity.
const AGENTS: [(&str, &str, &[&str], u32); 6] = [
    ("ada", "Ada", &["sales"], 3),
    ("ben", "Ben", &["sales"], 2),
    ("cleo", "Cleo", &["sales", "support"], 3),
    ("dan", "Dan", &["support"], 2),
    ("eve", "Eve", &["support"], 3),
    ("finn", "Finn", &["support"], 2),
];

/// What the people of the demo, and whoever tries it by hand, need.
#[derive(Debug)]
pub(super) struct Seeded {
    pub(super) site_key: Secret,
    pub(super) admin_token: Secret,
    /// For somebody who wants to be an agent.
    pub(super) guest_token: Secret,
    pub(super) agents: Vec<(String, Secret)>,
}

/// Fills the workspace through the HTTP API, as a host's back end would.
pub(super) async fn seed(addr: SocketAddr, root_key: &Secret) -> Result<Seeded, ApiFailure> {
    let mut api = Api::connect(addr, root_key).await?;
    let workspace = json!({ "id": WORKSPACE, "name": "Demo", "plan": "enterprise" });
    let workspace: model::Workspace = api.post("/v1/workspaces", workspace).await?;
    // Sales is assigned at once; support is asked first, and has a moment to answer.
    for (id, name, strategy, offer_timeout_ms) in [
        ("sales", "Sales", "least_busy", None),
        ("support", "Support", "longest_idle", Some(3_000)),
    ] {
        let policy = json!({
            "strategy": strategy, "offer_timeout_ms": offer_timeout_ms,
            "reconnect_grace_ms": 4_000,
        });
        let department = json!({ "id": id, "name": name, "policy": policy });
        let _: IgnoredAny = api.post(&path("departments"), department).await?;
    }
    let mut agents = Vec::new();
    for (id, name, departments, capacity) in AGENTS {
        add(&mut api, id, name, departments, capacity, "agent").await?;
        agents.push((name.to_owned(), token(&mut api, id).await?));
    }
    add(&mut api, "olga", "Olga", &[], 0, "admin").await?;
    add(&mut api, "you", "You", &["sales", "support"], 3, "agent").await?;
    Ok(Seeded {
        site_key: workspace.site_key.as_str().into(),
        admin_token: token(&mut api, "olga").await?,
        guest_token: token(&mut api, "you").await?,
        agents,
    })
}

async fn add(
    api: &mut Api,
    id: &str,
    name: &str,
    departments: &[&str],
    capacity: u32,
    role: &str,
) -> Result<IgnoredAny, ApiFailure> {
    let agent = json!({
        "id": id, "name": name, "email": format!("{id}@example.com"), "role": role,
        "department_ids": departments, "capacity": capacity,
    });
    api.post(&path("agents"), agent).await
}

async fn token(api: &mut Api, id: &str) -> Result<Secret, ApiFailure> {
    let token: Token = api.post(&path(&format!("agents/{id}/tokens")), json!({})).await?;
    Ok(token.token)
}

fn path(of: &str) -> String {
    format!("/v1/workspaces/{WORKSPACE}/{of}")
}
