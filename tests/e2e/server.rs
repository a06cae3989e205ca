//! A server for one test: in this process, on a port of its own, with a database of its own,
//! without rates and counts, and gone with the test. Workspaces in it are made over HTTP, as root
//! would.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use serde_json::{Value, json};
use switchboard_protocol::Limits;
use switchboard_server::{
    config::{Config, RootKeySource},
    server::{Running, Server},
};

use crate::{
    http::{Http, Reply},
    people::socket_url,
};

/// A running server.
pub struct TestServer {
    /// Where it is.
    pub addr: SocketAddr,
    /// Where root's calls are, if apart.
    pub admin_addr: Option<SocketAddr>,
    /// The operator's key.
    pub root: String,
    running: Option<Running>,
    data: Option<DataDir>,
}

/// A directory for a database, removed with its test.
pub struct DataDir(PathBuf);

impl DataDir {
    /// One that is not there yet.
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(format!("switchboard-test-{process}-{count}")))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl TestServer {
    /// Starts one that keeps every default but rates and counts.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts one with other settings.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let data = DataDir::new();
        let mut config = Config {
            limits: Limits::off(),
            in_memory: false,
            data_dir: data.path().to_owned(),
            ..Config::ephemeral()
        };
        change(&mut config);
        let running = Server::start(config).await.expect("the server starts");
        let root = running.root_key.expose().to_owned();
        Self {
            addr: running.addr,
            admin_addr: running.admin_addr,
            root,
            running: Some(running),
            data: Some(data),
        }
    }

    /// Calls it.
    pub fn http(&self) -> Http {
        Http(self.addr)
    }

    /// Where its sockets begin.
    pub fn ws_url(&self) -> String {
        socket_url(self.http())
    }

    /// Calls it as root.
    pub async fn root(&self, method: &str, path: &str, body: Value) -> Reply {
        self.http().call(method, path, &self.root, body).await
    }

    /// Calls it without a credential.
    pub async fn anyone(&self, method: &str, path: &str) -> Reply {
        self.http().call(method, path, "", Value::Null).await
    }

    /// Makes a workspace without limits; the server chooses its id.
    pub async fn workspace(&self) -> Workspace {
        self.workspace_on("custom").await
    }

    /// Makes a workspace on a plan.
    pub async fn workspace_on(&self, plan: &str) -> Workspace {
        let body = json!({"name": "A workspace", "plan": plan});
        let made = self.root("POST", "/v1/workspaces", body).await.expect(201);
        let (id, site_key) = (made.text_of("id"), made.text_of("site_key"));
        Workspace { http: self.http(), root: self.root.clone(), id, site_key }
    }

    /// Drains it, as SIGTERM would.
    pub async fn shutdown(mut self) {
        self.running.take().unwrap().shutdown().await;
    }

    /// Drains it, and starts another over the same files: elsewhere, with the same root key.
    pub async fn restart(&mut self) {
        self.restart_with(|_| {}).await;
    }

    /// The same, with other settings.
    pub async fn restart_with(&mut self, change: impl FnOnce(&mut Config)) {
        self.running.take().unwrap().shutdown().await;
        let mut config = Config {
            limits: Limits::off(),
            in_memory: false,
            data_dir: self.data.as_ref().unwrap().path().to_owned(),
            root_key: RootKeySource::Given(self.root.as_str().into()),
            ..Config::ephemeral()
        };
        change(&mut config);
        let running = Server::start(config).await.expect("the server starts again");
        (self.addr, self.admin_addr) = (running.addr, running.admin_addr);
        self.running = Some(running);
    }

    /// Where its files are.
    pub fn data_dir(&self) -> &Path {
        self.data.as_ref().unwrap().path()
    }
}

/// A workspace of a test's own.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// The server that has it.
    pub http: Http,
    /// The operator's key.
    pub root: String,
    /// Its id.
    pub id: String,
    /// Its public key.
    pub site_key: String,
}

impl Workspace {
    /// A path of this workspace: `path("/agents")`; `path("")` is its own.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/workspaces/{}{rest}", self.id)
    }

    /// Calls a path of this workspace with some credential.
    pub async fn call(&self, method: &str, rest: &str, bearer: &str, body: Value) -> Reply {
        self.http.call(method, &self.path(rest), bearer, body).await
    }

    /// Calls it as root.
    pub async fn root(&self, method: &str, rest: &str, body: Value) -> Reply {
        self.call(method, rest, &self.root, body).await
    }

    /// Reads as root; it must be there.
    pub async fn get(&self, rest: &str) -> Reply {
        self.root("GET", rest, Value::Null).await.expect(200)
    }

    /// Makes something as root.
    pub async fn post(&self, rest: &str, body: Value) -> Reply {
        self.root("POST", rest, body).await.expect(201)
    }

    /// Changes something as root.
    pub async fn patch(&self, rest: &str, body: Value) -> Reply {
        self.root("PATCH", rest, body).await.expect(200)
    }

    /// Makes a department with this id and the default policy.
    pub async fn department(&self, id: &str) {
        self.department_with(id, json!({})).await;
    }

    /// Makes a department with this id and policy.
    pub async fn department_with(&self, id: &str, policy: Value) {
        self.post("/departments", json!({"id": id, "name": id, "policy": policy})).await;
    }

    /// Makes an agent of these departments; gives its token.
    pub async fn agent(&self, id: &str, department_ids: &[&str]) -> String {
        self.agent_with(id, json!({"department_ids": department_ids})).await
    }

    /// Makes an admin without departments; gives its token.
    pub async fn admin(&self, id: &str) -> String {
        self.agent_with(id, json!({"role": "admin"})).await
    }

    /// Makes an agent with these fields; gives its token.
    pub async fn agent_with(&self, id: &str, fields: Value) -> String {
        let mut body = json!({"id": id, "name": id, "email": format!("{id}@example.org")});
        for (field, value) in fields.as_object().unwrap() {
            body[field] = value.clone();
        }
        self.post("/agents", body).await;
        self.token(id).await
    }

    /// Mints a token for an agent.
    pub async fn token(&self, agent: &str) -> String {
        self.post(&format!("/agents/{agent}/tokens"), json!({})).await.text_of("token")
    }

    /// Sets an agent online or away, as root.
    pub async fn set_availability(&self, agent: &str, availability: &str) -> Reply {
        let body = json!({"availability": availability});
        self.root("PUT", &format!("/agents/{agent}/availability"), body).await.expect(200)
    }

    /// Opens a conversation with a department, for a new visitor.
    pub async fn open(&self, department: &str) -> Reply {
        self.post("/conversations", json!({"department_id": department})).await
    }

    /// A conversation as it is now, with its history.
    pub async fn conversation(&self, id: &str) -> Value {
        self.get(&format!("/conversations/{id}")).await.json
    }
}
