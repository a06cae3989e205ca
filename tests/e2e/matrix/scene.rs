//! A workspace with somebody of every sort in it, and something of everything to ask about.

use serde_json::{Value, json};

use crate::{
    desk::LONG,
    server::{TestServer, Workspace},
    ws::{Encoding, Ws},
};

/// Everybody who may try an HTTP call, in the order of the columns of the table.
pub const CALLERS: [&str; 16] = [
    "nobody",
    "a visitor's token",
    "the site key",
    "an agent of another department",
    "an agent of the department",
    "the agent who holds the conversation",
    "an admin",
    "a key with conversations:write",
    "a key with agents:write",
    "a key with tokens:mint",
    "a key with events:read",
    "a key with live:read",
    "a key with admin",
    "root",
    "an admin of another workspace",
    "a key of another workspace with every scope",
];

/// Every scope that a key can have.
pub const SCOPES: [&str; 6] =
    ["conversations:write", "agents:write", "tokens:mint", "events:read", "live:read", "admin"];

/// See the module.
pub struct Scene {
    /// The workspace.
    pub workspace: Workspace,
    /// What each of [`CALLERS`] calls with.
    pub bearers: Vec<String>,
    /// A conversation that `hal` holds.
    pub held: String,
    /// One that he held when it was closed.
    pub closed: String,
    /// One that he is offered.
    pub offered: String,
    /// By this offer.
    pub offer: String,
    /// Who opened all three.
    pub visitor_id: String,
    /// What that one comes in with.
    pub visitor_token: String,
    /// A pending invite.
    pub invite: String,
    /// A public key of the host's.
    pub public_key: String,
    /// An API key.
    pub api_key: String,
    /// The sockets of the holder and of his colleague: without them nobody could be given anything.
    pub sockets: [Ws; 2],
}

/// A key as `openssl genpkey -algorithm ed25519` makes them; nobody has the other half.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
    -----END PUBLIC KEY-----\n";

/// What registers it.
pub fn public_key(id: &str) -> Value {
    json!({"id": id, "algorithm": "EdDSA", "key": PUBLIC_KEY})
}

/// A key of a workspace's back end: its id and the key itself.
pub async fn api_key(workspace: &Workspace, scopes: &[&str]) -> (String, String) {
    let made = workspace.post("/api_keys", json!({"name": "A key", "scopes": scopes})).await;
    (made.text_of("id"), made.text_of("secret"))
}

impl Scene {
    /// Sets it up in a workspace of its own.
    pub async fn set(server: &TestServer) -> Self {
        let workspace = server.workspace().await;
        let settings = json!({"settings": {"mobile_hold_ms": 60_000}});
        workspace.patch("", settings).await;
        for id in ["sales", "other", "spare"] {
            workspace.department(id).await;
        }
        workspace.department_with("asking", json!({"offer_timeout_ms": LONG})).await;
        let ada = workspace.admin("ada").await;
        workspace.admin("abe").await;
        let olga = workspace.agent("olga", &["other"]).await;
        let cole = workspace.agent("cole", &["sales", "asking"]).await;
        let hal = workspace.agent("hal", &["sales", "asking"]).await;
        let online = Ws::online(server.addr, Encoding::Json, &hal).await;
        let opened = workspace.open("sales").await;
        let visitor_token = opened.text_of("visitor_token");
        let visitor_id = opened.json["visitor"]["id"].as_str().unwrap().to_owned();
        let again =
            |department: &str| json!({"department_id": department, "visitor": {"id": visitor_id}});
        let closed = workspace.post("/conversations", again("sales")).await.text_of("id");
        workspace
            .root("POST", &format!("/conversations/{closed}/close"), Value::Null)
            .await
            .expect(200);
        let offered = workspace.post("/conversations", again("asking")).await;
        let offer = offered.json["offer"]["id"].as_str().expect("an offer").to_owned();
        let colleague = Ws::online(server.addr, Encoding::Json, &cole).await;
        let invited = json!({"email": "ida@example.org"});
        let invite = workspace.post("/invites", invited).await.text_of("id");
        workspace.post("/public_keys", public_key("host")).await;
        let mut bearers = vec![
            String::new(),
            visitor_token.clone(),
            workspace.site_key.clone(),
            olga,
            cole,
            hal,
            ada,
        ];
        for scope in SCOPES {
            bearers.push(api_key(&workspace, &[scope]).await.1);
        }
        bearers.push(workspace.root.clone());
        bearers.extend(Self::elsewhere(server).await);
        assert_eq!(bearers.len(), CALLERS.len());
        let (api_key, _) = api_key(&workspace, &["live:read"]).await;
        Self {
            held: opened.text_of("id"),
            offered: offered.text_of("id"),
            sockets: [online, colleague],
            public_key: "host".to_owned(),
            workspace,
            bearers,
            closed,
            offer,
            visitor_id,
            visitor_token,
            invite,
            api_key,
        }
    }

    /// An admin and a key of another workspace. The admin has a namesake in this one.
    async fn elsewhere(server: &TestServer) -> [String; 2] {
        let elsewhere = server.workspace().await;
        elsewhere.admin("abe").await;
        let admin = elsewhere.admin("ada").await;
        [admin, api_key(&elsewhere, &SCOPES).await.1]
    }

    /// All that a call may have changed, as far as anybody is told of it and it stays as it is.
    pub async fn told(&self) -> Vec<Value> {
        let mut told = Vec::new();
        for part in ["/audit", "/events?limit=100", "/agents", "/departments", ""] {
            told.push(self.workspace.get(part).await.json);
        }
        told
    }
}
