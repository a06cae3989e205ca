//! Whatever makes room drains the queue in the same step.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, in_both},
};

in_both![
    coming_online,
    coming_online_from_outside,
    arriving_while_online,
    closing,
    a_higher_capacity,
    a_new_member,
    a_new_skill,
    a_wider_policy,
    a_waiting_one_closed_makes_no_room,
    priority_comes_before_arrival,
    one_agent_drains_all_its_departments,
    as_many_as_there_is_room_for,
];

/// A visitor who waits, and an agent who has no room yet.
struct Scene {
    server: TestServer,
    workspace: Workspace,
    token: String,
    visitor: Ws,
    waiting: Value,
}

impl Scene {
    /// With an agent of these fields, and this policy.
    async fn set(encoding: Encoding, agent: Value, policy: Value) -> Self {
        let server = TestServer::start().await;
        let workspace = server.workspace().await;
        workspace.department_with("sales", policy).await;
        let token = workspace.agent_with("ann", agent).await;
        let visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
        Self { server, workspace, token, visitor, waiting: Value::Null }
    }

    async fn wait(&mut self) {
        self.waiting = self.visitor.open("sales").await;
        assert_eq!(self.waiting["state"], "queued");
    }

    async fn online(&self, encoding: Encoding) -> Ws {
        Ws::online(self.server.addr, encoding, &self.token).await
    }

    /// The one that waited is the agent's by now: nothing is left to time.
    async fn taken(&mut self, agent: &mut Ws) {
        let id = self.waiting["id"].as_str().unwrap();
        let now = self.workspace.conversation(id).await;
        assert_eq!((&now["state"], &now["agent"]["id"]), (&json!("assigned"), &json!("ann")));
        let push = agent.push("conversation.assigned").await;
        assert_eq!(push["conversation"]["id"], id);
        agent.quiet().await;
        let push = self.visitor.push("conversation.assigned").await;
        assert_eq!(push["conversation"]["id"], id);
    }
}

fn member() -> Value {
    json!({"department_ids": ["sales"]})
}

async fn coming_online(encoding: Encoding) {
    let mut scene = Scene::set(encoding, member(), json!({})).await;
    scene.wait().await;
    let mut agent = scene.online(encoding).await;
    scene.taken(&mut agent).await;
}

async fn coming_online_from_outside(encoding: Encoding) {
    let mut scene = Scene::set(encoding, member(), json!({})).await;
    scene.wait().await;
    let mut agent = Ws::agent(scene.server.addr, encoding, &scene.token).await;
    scene.workspace.set_availability("ann", "online").await;
    agent.push("availability.changed").await;
    scene.taken(&mut agent).await;
}

async fn arriving_while_online(encoding: Encoding) {
    let mut scene = Scene::set(encoding, member(), json!({})).await;
    scene.workspace.set_availability("ann", "online").await;
    scene.wait().await;
    let mut agent = Ws::agent(scene.server.addr, encoding, &scene.token).await;
    assert_eq!(agent.welcome["conversations"], json!([]), "what the hello sets off comes after it");
    assert_eq!(agent.welcome["seq"], 0);
    scene.taken(&mut agent).await;
}

async fn closing(encoding: Encoding) {
    let fields = json!({"department_ids": ["sales"], "capacity": 1});
    let mut scene = Scene::set(encoding, fields, json!({})).await;
    let mut agent = scene.online(encoding).await;
    let held = scene.visitor.open("sales").await;
    agent.push("conversation.assigned").await;
    scene.wait().await;
    agent.close(&held).await;
    let push = scene.visitor.push("conversation.closed").await;
    assert_eq!(push["conversation_id"], held["id"]);
    scene.taken(&mut agent).await;
}

async fn a_higher_capacity(encoding: Encoding) {
    let fields = json!({"department_ids": ["sales"], "capacity": 0});
    let mut scene = Scene::set(encoding, fields, json!({})).await;
    let mut agent = scene.online(encoding).await;
    scene.wait().await;
    scene.workspace.patch("/agents/ann", json!({"capacity": 1})).await;
    scene.taken(&mut agent).await;
}

async fn a_new_member(encoding: Encoding) {
    let mut scene = Scene::set(encoding, json!({}), json!({})).await;
    let mut agent = scene.online(encoding).await;
    scene.wait().await;
    let put = scene.workspace.root("PUT", "/departments/sales/members/ann", Value::Null).await;
    put.expect(204);
    agent.push("membership.changed").await;
    scene.taken(&mut agent).await;
}

async fn a_new_skill(encoding: Encoding) {
    let mut scene = Scene::set(encoding, member(), json!({})).await;
    let mut agent = scene.online(encoding).await;
    let visitor = json!({"id": scene.visitor.welcome["visitor"]["id"]});
    // A visitor becomes known with its first conversation.
    let first = scene.visitor.open("sales").await;
    agent.push("conversation.assigned").await;
    agent.close(&first).await;
    scene.visitor.push("conversation.closed").await;
    let body = json!({"department_id": "sales", "skills": ["french"], "visitor": visitor});
    scene.waiting = scene.workspace.post("/conversations", body).await.json;
    assert_eq!(scene.waiting["state"], "queued");
    scene.visitor.push("conversation.opened").await;
    scene.workspace.patch("/agents/ann", json!({"skills": ["french"]})).await;
    scene.taken(&mut agent).await;
}

async fn a_wider_policy(encoding: Encoding) {
    let mut scene = Scene::set(encoding, member(), json!({"agent_capacity": 0})).await;
    let mut agent = scene.online(encoding).await;
    scene.wait().await;
    let wider = json!({"policy": {"agent_capacity": 1}});
    scene.workspace.patch("/departments/sales", wider).await;
    scene.taken(&mut agent).await;
}

async fn a_waiting_one_closed_makes_no_room(encoding: Encoding) {
    let fields = json!({"department_ids": ["sales"], "capacity": 1});
    let mut scene = Scene::set(encoding, fields, json!({})).await;
    let mut agent = scene.online(encoding).await;
    scene.visitor.open("sales").await;
    agent.push("conversation.assigned").await;
    let gives_up = scene.visitor.open("sales").await;
    scene.wait().await;
    scene.visitor.close(&gives_up).await;
    agent.quiet().await;
}

async fn priority_comes_before_arrival(encoding: Encoding) {
    let fields = json!({"department_ids": ["sales"], "capacity": 0});
    let scene = Scene::set(encoding, fields, json!({})).await;
    let mut agent = scene.online(encoding).await;
    let mut ids = Vec::new();
    for priority in [0, 5, -3, 5, 0] {
        let body = json!({"department_id": "sales", "priority": priority});
        ids.push(scene.workspace.post("/conversations", body).await.text_of("id"));
    }
    scene.workspace.patch("/agents/ann", json!({"capacity": 5})).await;
    for index in [1, 3, 0, 4, 2] {
        let push = agent.push("conversation.assigned").await;
        assert_eq!(push["conversation"]["id"], ids[index]);
    }
}

async fn one_agent_drains_all_its_departments(encoding: Encoding) {
    let mut scene = Scene::set(encoding, json!({}), json!({})).await;
    scene.workspace.department("care").await;
    let both = json!({"department_ids": ["sales", "care"]});
    scene.workspace.patch("/agents/ann", both).await;
    let mut ids = Vec::new();
    for department in ["care", "sales", "sales", "care"] {
        ids.push(scene.visitor.open(department).await["id"].clone());
    }
    let mut agent = scene.online(encoding).await;
    for id in ids {
        assert_eq!(agent.push("conversation.assigned").await["conversation"]["id"], id);
    }
}

async fn as_many_as_there_is_room_for(encoding: Encoding) {
    let fields = json!({"department_ids": ["sales"], "capacity": 2});
    let mut scene = Scene::set(encoding, fields, json!({})).await;
    for _ in 0..4 {
        scene.wait().await;
    }
    let mut agent = scene.online(encoding).await;
    agent.push("conversation.assigned").await;
    agent.push("conversation.assigned").await;
    agent.quiet().await;
    assert_eq!(scene.workspace.get("/conversations?state=queued").await.items().len(), 2);
}
