//! Somebody who does nothing wrong, beside somebody who does: their workspace is the same.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws},
};

/// A visitor and an agent of a department of their own.
#[derive(Debug)]
pub struct Neighbour {
    agent: Ws,
    visitor: Ws,
}

impl Neighbour {
    /// Moves in.
    pub async fn of(workspace: &Workspace) -> Self {
        let addr = workspace.http.0;
        workspace.department("next-door").await;
        let token = workspace.agent("ned", &["next-door"]).await;
        let agent = Ws::online(addr, Encoding::MessagePack, &token).await;
        let visitor = Ws::visitor(addr, Encoding::Json, &workspace.site_key).await;
        Self { agent, visitor }
    }

    /// Notices nothing: is heard at once, and routed.
    pub async fn untouched(&mut self) {
        self.agent.ping().await;
        self.visitor.ping().await;
        let opened = self.visitor.open("next-door").await;
        assert_eq!((&opened["state"], &opened["agent"]["id"]), (&json!("assigned"), &json!("ned")));
        let push = self.agent.push("conversation.assigned").await;
        assert_eq!(push["conversation"]["id"], opened["id"]);
        self.agent.close(&opened).await;
        let push = self.visitor.push("conversation.closed").await;
        assert_eq!(push["conversation_id"], opened["id"]);
        self.agent.quiet().await;
    }
}

/// A server, a workspace, a neighbour, and an agent's socket to misuse.
#[derive(Debug)]
pub struct Scene {
    /// The workspace of all of them.
    pub workspace: Workspace,
    /// Who must notice nothing.
    pub neighbour: Neighbour,
    /// Of an agent `eve` in `sales`.
    pub token: String,
}

impl Scene {
    /// On a running server.
    pub async fn set(server: &TestServer) -> Self {
        let workspace = server.workspace().await;
        let fields = json!({"department_ids": ["sales"], "capacity": 1_000});
        workspace.department("sales").await;
        let token = workspace.agent_with("eve", fields).await;
        let neighbour = Neighbour::of(&workspace).await;
        Self { workspace, neighbour, token }
    }

    /// Eve's socket.
    pub async fn eve(&self, encoding: Encoding) -> Ws {
        Ws::agent(self.workspace.http.0, encoding, &self.token).await
    }

    /// What Eve says to be let in.
    pub fn hello(&self) -> Value {
        json!({"type": "hello", "token": self.token})
    }

    /// How many sockets the server has closed so.
    pub async fn closed(&self, code: u16) -> u64 {
        let metrics = self.workspace.http.call("GET", "/metrics", "", Value::Null).await;
        let start = format!("switchboard_sockets_closed_total{{code=\"{code}\"}} ");
        let line = metrics.text.lines().find_map(|line| line.strip_prefix(&start));
        line.map_or(0, |count| count.parse().unwrap())
    }
}
