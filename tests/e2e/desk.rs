//! A department at work: the people of the routing tests, and how they stand.

use std::ops::{Deref, DerefMut};

use serde_json::{Value, json};

use crate::{
    http::Reply,
    people::until,
    server::{TestServer, Workspace},
    ws::{Encoding, Ws},
};

/// Longer than any test takes: for what is not to run out.
pub const LONG: u64 = 3_600_000;

/// A server with a workspace that has a department, `sales`.
pub struct Desk {
    /// The server.
    pub server: TestServer,
    /// Its workspace.
    pub workspace: Workspace,
    encoding: Encoding,
}

/// An agent on its first device.
pub struct Agent {
    /// Its id.
    pub id: String,
    /// What it signs in with.
    pub token: String,
    ws: Ws,
}

impl Deref for Agent {
    type Target = Ws;

    fn deref(&self) -> &Ws {
        &self.ws
    }
}

impl DerefMut for Agent {
    fn deref_mut(&mut self) -> &mut Ws {
        &mut self.ws
    }
}

impl Agent {
    /// Gone on purpose, and for good.
    pub async fn end(mut self) {
        self.ws.ok(json!({"type": "session.end"})).await;
        self.ws.expect_close(1000).await;
    }

    /// Its only device, lost or not, as it was.
    pub fn into_ws(self) -> Ws {
        self.ws
    }
}

impl Desk {
    /// With `sales` under this policy.
    pub async fn set(encoding: Encoding, policy: Value) -> Self {
        let server = TestServer::start().await;
        let workspace = server.workspace().await;
        workspace.department_with("sales", policy).await;
        Self { server, workspace, encoding }
    }

    /// The same, where the encoding does not matter.
    pub async fn json(policy: Value) -> Self {
        Self::set(Encoding::Json, policy).await
    }

    /// Where an offer stays for as long as the test takes.
    pub async fn offering(encoding: Encoding) -> Self {
        Self::set(encoding, json!({"offer_timeout_ms": LONG, "decline_cooldown_ms": LONG})).await
    }

    /// An online agent of `sales`.
    pub async fn agent(&self, id: &str) -> Agent {
        self.agent_with(id, json!({})).await
    }

    /// An online agent with these fields, of `sales` unless they say otherwise.
    pub async fn agent_with(&self, id: &str, fields: Value) -> Agent {
        let mut agent = self.away(id, fields).await;
        agent.set_availability("online").await;
        agent
    }

    /// The same, signed in but away.
    pub async fn away(&self, id: &str, mut fields: Value) -> Agent {
        if fields.get("department_ids").is_none() {
            fields["department_ids"] = json!(["sales"]);
        }
        let token = self.workspace.agent_with(id, fields).await;
        let ws = self.device(&token).await;
        Agent { id: id.to_owned(), token, ws }
    }

    /// One more device of an agent's.
    pub async fn device(&self, token: &str) -> Ws {
        Ws::agent(self.server.addr, self.encoding, token).await
    }

    /// A session that goes on on another socket.
    pub async fn resumed(&self, token: &str, resume: Value) -> Ws {
        let hello = json!({"token": token, "resume": resume});
        Ws::hello(self.server.addr, self.encoding, hello).await
    }

    /// A new visitor.
    pub async fn visitor(&self) -> Ws {
        Ws::visitor(self.server.addr, self.encoding, &self.workspace.site_key).await
    }

    /// One more device of a visitor's.
    pub async fn visitor_again(&self, token: &Value) -> Ws {
        let own = json!({"site_key": self.workspace.site_key, "visitor_token": token});
        Ws::hello(self.server.addr, self.encoding, own).await
    }

    /// A conversation with `sales`, opened by the back end.
    pub async fn open(&self) -> Value {
        self.open_with(json!({})).await
    }

    /// The same, with these fields.
    pub async fn open_with(&self, mut fields: Value) -> Value {
        if fields.get("department_id").is_none() {
            fields["department_id"] = json!("sales");
        }
        self.workspace.post("/conversations", fields).await.json
    }

    /// A conversation as it is now, with its history.
    pub async fn now(&self, conversation: &Value) -> Value {
        self.workspace.conversation(conversation["id"].as_str().unwrap()).await
    }

    /// It is with this agent.
    #[track_caller]
    pub fn with<'d>(
        &'d self,
        conversation: &'d Value,
        agent: &'d str,
    ) -> impl Future<Output = ()> + 'd {
        let caller = std::panic::Location::caller();
        async move {
            let now = self.now(conversation).await;
            let seen = (now["state"].as_str(), now["agent"]["id"].as_str());
            assert_eq!(seen, (Some("assigned"), Some(agent)), "{caller}: {now:#}");
        }
    }

    /// It is in this state.
    #[track_caller]
    pub fn is<'d>(
        &'d self,
        conversation: &'d Value,
        state: &'d str,
    ) -> impl Future<Output = ()> + 'd {
        let caller = std::panic::Location::caller();
        async move {
            let now = self.now(conversation).await;
            assert_eq!(now["state"], state, "{caller}: {now:#}");
        }
    }

    /// What happened to it, in order.
    pub async fn kinds(&self, conversation: &Value) -> Vec<String> {
        let history = self.now(conversation).await["history"].clone();
        let kind = |event: &Value| event["type"].as_str().unwrap().to_owned();
        history.as_array().unwrap().iter().map(kind).collect()
    }

    /// Asks something of a conversation over HTTP: `act(bearer, …, "transfer", …)`.
    pub async fn act(&self, bearer: &str, conversation: &Value, what: &str, body: Value) -> Reply {
        let id = conversation["id"].as_str().unwrap();
        self.workspace.call("POST", &format!("/conversations/{id}/{what}"), bearer, body).await
    }

    /// The same, as root.
    pub async fn root(&self, conversation: &Value, what: &str, body: Value) -> Reply {
        self.act(&self.server.root, conversation, what, body).await
    }

    /// Changes what `sales` does.
    pub async fn policy(&self, policy: Value) {
        self.workspace.patch("/departments/sales", json!({"policy": policy})).await;
    }

    /// An agent as it is now.
    pub async fn look(&self, agent: &str) -> Value {
        self.workspace.get(&format!("/agents/{agent}")).await.json
    }

    /// Waits until the server knows that an agent is not there.
    pub async fn absent(&self, agent: &str) {
        let gone = async || self.look(agent).await["present"] == false;
        until("the agent is absent", gone).await;
    }

    /// Waits until an agent is away.
    pub async fn set_away(&self, agent: &str) {
        let away = async || self.look(agent).await["availability"] == "away";
        until("the agent is away", away).await;
    }

    /// Waits until a conversation is in a state.
    pub async fn becomes(&self, conversation: &Value, state: &str) {
        let is = async || self.now(conversation).await["state"] == state;
        until(state, is).await;
    }
}
