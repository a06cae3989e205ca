//! Losing a socket, being back in time, and being gone for too long.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, check_fields, in_both},
};

in_both![
    who_is_gone_is_given_nothing,
    back_in_time_it_keeps_what_it_holds,
    after_the_grace_another_takes_it,
    after_the_grace_it_waits_at_its_old_place,
    where_the_policy_says_keep_it_is_kept,
    a_visitor_gone_for_too_long_has_left,
    a_visitor_with_another_device_has_not_left,
    an_assigned_visitor_may_be_gone,
    a_visitor_who_never_came_has_not_left,
    what_a_removed_agent_held_is_anothers,
];

const GRACE: u64 = 150;

/// A department on a server, and how to come to it.
pub struct Scene {
    /// The server.
    pub server: TestServer,
    /// Its workspace.
    pub workspace: Workspace,
    encoding: Encoding,
}

impl Scene {
    /// With a department of this policy.
    pub async fn set(encoding: Encoding, policy: Value) -> Self {
        let server = TestServer::start().await;
        let workspace = server.workspace().await;
        workspace.department_with("sales", policy).await;
        Self { server, workspace, encoding }
    }

    /// An agent who is online, and its token.
    pub async fn online(&self, id: &str) -> (Ws, String) {
        let token = self.workspace.agent(id, &["sales"]).await;
        (Ws::online(self.server.addr, self.encoding, &token).await, token)
    }

    /// A new visitor.
    pub async fn visitor(&self) -> Ws {
        Ws::visitor(self.server.addr, self.encoding, &self.workspace.site_key).await
    }

    /// A conversation as it is now.
    pub async fn state(&self, conversation: &Value) -> Value {
        self.workspace.conversation(conversation["id"].as_str().unwrap()).await
    }
}

/// Waits until the visitor is told that nobody is there any more.
async fn unstaffed(visitor: &mut Ws) {
    while visitor.push("departments.changed").await["departments"][0]["staffed"] == true {}
}

async fn who_is_gone_is_given_nothing(encoding: Encoding) {
    let scene = Scene::set(encoding, json!({})).await;
    let mut visitor = scene.visitor().await;
    let (agent, token) = scene.online("ann").await;
    drop(agent);
    unstaffed(&mut visitor).await;
    let opened = visitor.open("sales").await;
    assert_eq!(opened["state"], "queued");
    let ann = scene.workspace.get("/agents/ann").await.json;
    assert_eq!(
        (&ann["availability"], &ann["present"], &ann["routable_reason"]),
        (&json!("online"), &json!(false), &json!("absent"))
    );
    let mut agent = Ws::agent(scene.server.addr, encoding, &token).await;
    let push = agent.push("conversation.assigned").await;
    assert_eq!(push["conversation"]["id"], opened["id"]);
}

async fn back_in_time_it_keeps_what_it_holds(encoding: Encoding) {
    let scene = Scene::set(encoding, json!({})).await;
    let mut visitor = scene.visitor().await;
    let (mut agent, token) = scene.online("ann").await;
    let (mut other, _) = scene.online("bob").await;
    let opened = visitor.open("sales").await;
    assert_eq!(opened["agent"]["id"], "ann", "who was first");
    agent.push("conversation.assigned").await;
    let resume = agent.resume();
    drop(agent);
    let hello = json!({"token": token, "resume": resume});
    let mut agent = Ws::hello(scene.server.addr, encoding, hello).await;
    assert_eq!(agent.welcome["resumed"], true);
    assert_eq!(agent.welcome["conversations"][0]["id"], opened["id"]);
    agent.quiet().await;
    other.quiet().await;
    assert_eq!(scene.state(&opened).await["revision"], opened["revision"]);
}

async fn after_the_grace_another_takes_it(encoding: Encoding) {
    let scene = Scene::set(encoding, json!({"reconnect_grace_ms": GRACE})).await;
    let mut visitor = scene.visitor().await;
    let (mut agent, token) = scene.online("ann").await;
    let opened = visitor.open("sales").await;
    agent.push("conversation.assigned").await;
    let (mut other, _) = scene.online("bob").await;
    let resume = agent.resume();
    drop(agent);

    let taken = other.push("conversation.assigned").await["conversation"].clone();
    assert_eq!((&taken["id"], &taken["agent"]["id"]), (&opened["id"], &json!("bob")));
    assert_eq!(taken["assignment"]["cause"], "requeued");
    assert_eq!(taken["opened_at"], opened["opened_at"]);
    let told = visitor.push("conversation.assigned").await["conversation"].clone();
    assert_eq!((&told["id"], &told["agent"]["id"]), (&opened["id"], &json!("bob")));

    let hello = json!({"token": token, "resume": resume});
    let mut back = Ws::hello(scene.server.addr, encoding, hello).await;
    assert_eq!(back.welcome["conversations"], json!([]));
    let released = back.push("conversation.released").await;
    check_fields(&released, &["type", "seq", "conversation_id", "revision", "reason"]);
    assert_eq!(released["conversation_id"], opened["id"]);
    assert_eq!(released["reason"], "agent_lost");
    assert!(released["revision"].as_u64() > opened["revision"].as_u64());
    back.quiet().await;
}

async fn after_the_grace_it_waits_at_its_old_place(encoding: Encoding) {
    let scene = Scene::set(encoding, json!({"reconnect_grace_ms": GRACE})).await;
    let mut visitor = scene.visitor().await;
    let token = scene.workspace.agent("ann", &["sales"]).await;
    scene.workspace.patch("/agents/ann", json!({"capacity": 1})).await;
    let mut agent = Ws::online(scene.server.addr, encoding, &token).await;
    let held = visitor.open("sales").await;
    agent.push("conversation.assigned").await;
    let behind = visitor.open("sales").await;
    assert_eq!(behind["position"], 1);
    drop(agent);
    loop {
        let told = visitor.push("conversation.queued").await;
        if told["conversation_id"] == held["id"] {
            assert_eq!(told["position"], 1, "before who came later");
            break;
        }
        assert_eq!((&told["conversation_id"], &told["position"]), (&behind["id"], &json!(2)));
    }
    let waits = scene.state(&held).await;
    assert_eq!((&waits["state"], &waits["agent"]), (&json!("queued"), &Value::Null));
    let _back = Ws::agent(scene.server.addr, encoding, &token).await;
    assert_eq!(visitor.push("conversation.assigned").await["conversation"]["id"], held["id"]);
}

async fn where_the_policy_says_keep_it_is_kept(encoding: Encoding) {
    let scene = Scene::set(encoding, json!({"reconnect_grace_ms": GRACE})).await;
    let keep = json!({"reconnect_grace_ms": 0, "on_agent_lost": "keep"});
    scene.workspace.department_with("care", keep).await;
    let token = scene.workspace.agent("ann", &["sales", "care"]).await;
    let mut agent = Ws::online(scene.server.addr, encoding, &token).await;
    let kept = scene.workspace.open("care").await.json;
    let lost = scene.workspace.open("sales").await.json;
    agent.push("conversation.assigned").await;
    agent.push("conversation.assigned").await;
    let (mut other, _) = scene.online("bob").await;
    drop(agent);
    let taken = other.push("conversation.assigned").await;
    assert_eq!(taken["conversation"]["id"], lost["id"]);
    let kept = scene.state(&kept).await;
    assert_eq!((&kept["state"], &kept["agent"]["id"]), (&json!("assigned"), &json!("ann")));
}

async fn a_visitor_gone_for_too_long_has_left(encoding: Encoding) {
    let scene = Scene::set(encoding, json!({"visitor_grace_ms": GRACE})).await;
    let mut first = scene.visitor().await;
    let left = first.open("sales").await;
    let mut second = scene.visitor().await;
    assert_eq!(second.open("sales").await["position"], 2);
    drop(first);
    assert_eq!(second.push("conversation.queued").await["position"], 1);
    let left = scene.state(&left).await;
    assert_eq!(left["state"], "closed");
    let closed = left["history"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&closed["type"], &closed["by"]),
        (&json!("conversation.closed"), &json!("visitor_left"))
    );
}

async fn a_visitor_with_another_device_has_not_left(encoding: Encoding) {
    let scene = Scene::set(encoding, json!({"visitor_grace_ms": 0})).await;
    let mut one = scene.visitor().await;
    let waits = one.open("sales").await;
    let own = json!({
        "site_key": scene.workspace.site_key,
        "visitor_token": one.welcome["visitor_token"],
    });
    let mut two = Ws::hello(scene.server.addr, encoding, own).await;
    let mut three = scene.visitor().await;
    let leaves = three.open("sales").await;
    one.leave().await;
    three.leave().await;
    // What happened to the first would have happened before what happens to the last.
    let over = async || scene.state(&leaves).await["state"] == "closed";
    crate::people::until("whoever has no other device has left", over).await;
    assert_eq!(scene.state(&waits).await["state"], "queued");
    two.close(&waits).await;
}

async fn an_assigned_visitor_may_be_gone(encoding: Encoding) {
    let scene = Scene::set(encoding, json!({"visitor_grace_ms": 0})).await;
    let (mut agent, _) = scene.online("ann").await;
    let mut visitor = scene.visitor().await;
    let talks = visitor.open("sales").await;
    agent.push("conversation.assigned").await;
    agent.set_availability("away").await;
    let waits = visitor.open("sales").await;
    visitor.leave().await;
    let over = async || scene.state(&waits).await["state"] == "closed";
    crate::people::until("what waited is closed", over).await;
    assert_eq!(scene.state(&talks).await["state"], "assigned");
    agent.close(&talks).await;
}

async fn a_visitor_who_never_came_has_not_left(encoding: Encoding) {
    let scene = Scene::set(encoding, json!({"visitor_grace_ms": 0})).await;
    let made = scene.workspace.open("sales").await.json;
    let mut other = scene.visitor().await;
    assert_eq!(other.open("sales").await["position"], 2);
    other.quiet().await;
    assert_eq!(scene.state(&made).await["state"], "queued");
    let hello = json!({
        "site_key": scene.workspace.site_key,
        "visitor_token": made["visitor_token"],
    });
    let came = Ws::hello(scene.server.addr, encoding, hello).await;
    assert_eq!(came.welcome["conversations"][0]["id"], made["id"]);
    assert_eq!(came.welcome["visitor"]["id"], made["visitor"]["id"]);
    came.leave().await;
    assert_eq!(other.push("conversation.queued").await["position"], 1);
    assert_eq!(scene.state(&made).await["state"], "closed");
}

async fn what_a_removed_agent_held_is_anothers(encoding: Encoding) {
    let scene = Scene::set(encoding, json!({})).await;
    let mut visitor = scene.visitor().await;
    let (mut agent, _) = scene.online("ann").await;
    let opened = visitor.open("sales").await;
    agent.push("conversation.assigned").await;
    let (mut other, _) = scene.online("bob").await;
    scene.workspace.root("DELETE", "/agents/ann", Value::Null).await.expect(204);
    agent.expect_close(4503).await;
    let taken = other.push("conversation.assigned").await["conversation"].clone();
    assert_eq!((&taken["id"], &taken["assignment"]["cause"]), (&opened["id"], &json!("requeued")));
    let told = visitor.push("conversation.assigned").await["conversation"].clone();
    assert_eq!((&told["id"], &told["agent"]["id"]), (&opened["id"], &json!("bob")));
}
