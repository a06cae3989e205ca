//! Coming back on another socket: what was missed comes in order, or a new session is told so.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, in_both},
};

in_both![
    what_was_missed_comes_in_order_behind_the_welcome,
    what_has_arrived_does_not_come_again,
    resuming_over_and_over_leaves_no_gap,
    a_session_that_cannot_be_had_is_a_new_one,
    another_persons_session_is_not_had,
    too_far_behind_is_a_new_session,
    resuming_closes_the_socket_that_it_is_on,
    the_same_device_replaces_its_old_session,
    the_same_device_may_resume,
    devices_of_others_are_left_alone,
    a_visitor_resumes_too,
];

struct Scene {
    server: TestServer,
    workspace: Workspace,
    token: String,
    agent: Ws,
}

impl Scene {
    async fn set(encoding: Encoding) -> Self {
        let server = TestServer::start().await;
        let workspace = server.workspace().await;
        workspace.department("sales").await;
        let token = workspace
            .agent_with("ann", json!({"department_ids": ["sales"], "capacity": 1_000}))
            .await;
        let agent = Ws::online(server.addr, encoding, &token).await;
        Self { server, workspace, token, agent }
    }

    async fn back(&self, encoding: Encoding, resume: Value) -> Ws {
        let hello = json!({"token": self.token, "resume": resume});
        Ws::hello(self.server.addr, encoding, hello).await
    }

    /// The agent is given one more, somewhere.
    async fn open(&self) -> Value {
        let opened = self.workspace.open("sales").await.json;
        assert_eq!(opened["state"], "assigned");
        opened["id"].clone()
    }
}

async fn what_was_missed_comes_in_order_behind_the_welcome(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let first = scene.open().await;
    scene.agent.push("conversation.assigned").await;
    let resume = scene.agent.resume();
    let session = scene.agent.welcome["session_id"].clone();
    // What follows is sent, and as good as lost: it is not read.
    let second = scene.open().await;
    let close = format!("/conversations/{}/close", first.as_str().unwrap());
    scene.workspace.root("POST", &close, json!({})).await.expect(200);
    scene.workspace.set_availability("ann", "away").await;
    let mut back = scene.back(encoding, resume).await;
    let welcome = back.welcome.clone();
    assert_eq!((&welcome["resumed"], &welcome["session_id"]), (&json!(true), &session));
    assert_eq!(welcome["seq"], 4, "the last number given");
    assert_eq!(welcome["agent"]["availability"], "away");
    let held = welcome["conversations"].as_array().unwrap();
    assert_eq!(held.len(), 1, "as of now");
    assert_eq!(held[0]["id"], second);
    for (seq, kind) in
        [(2, "conversation.assigned"), (3, "conversation.closed"), (4, "availability.changed")]
    {
        let push = back.recv().await;
        assert_eq!((&push["seq"], &push["type"]), (&json!(seq), &json!(kind)));
    }
    back.quiet().await;
}

async fn what_has_arrived_does_not_come_again(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.open().await;
    scene.agent.push("conversation.assigned").await;
    let mut back = scene.back(encoding, scene.agent.resume()).await;
    assert_eq!((&back.welcome["resumed"], &back.welcome["seq"]), (&json!(true), &json!(1)));
    back.quiet().await;
}

async fn resuming_over_and_over_leaves_no_gap(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let mut agent = scene.back(encoding, scene.agent.resume()).await;
    for _ in 0..10 {
        for _ in 0..3 {
            scene.open().await;
        }
        // One of three is read before the socket is gone; each socket checks the numbers.
        agent.push("conversation.assigned").await;
        let mut next = scene.back(encoding, agent.resume()).await;
        assert_eq!(next.welcome["resumed"], true);
        next.push("conversation.assigned").await;
        next.push("conversation.assigned").await;
        next.quiet().await;
        agent = next;
    }
    assert_eq!(agent.seq, 30);
    assert_eq!(agent.welcome["conversations"].as_array().unwrap().len(), 30);
    scene.agent.expect_close(4504).await;
}

async fn a_session_that_cannot_be_had_is_a_new_one(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.open().await;
    scene.agent.push("conversation.assigned").await;
    let good = scene.agent.resume();
    for (field, wrong) in [
        ("epoch", json!("another")),
        ("epoch", json!("")),
        ("session_id", json!("ses_of_nobody")),
        ("session_id", json!("")),
        ("seq", json!(2)),
        ("seq", json!(u64::MAX)),
    ] {
        let mut resume = good.clone();
        resume[field] = wrong.clone();
        let mut other = scene.back(encoding, resume).await;
        let welcome = &other.welcome;
        assert_eq!((&welcome["resumed"], &welcome["seq"]), (&json!(false), &json!(0)), "{wrong}");
        assert_ne!(welcome["session_id"], good["session_id"]);
        assert_eq!(welcome["conversations"].as_array().unwrap().len(), 1);
        other.quiet().await;
        other.leave().await;
    }
    scene.agent.quiet().await;
}

async fn another_persons_session_is_not_had(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let resume = scene.agent.resume();
    let colleague = scene.workspace.agent("bob", &["sales"]).await;
    let elsewhere = scene.server.workspace().await;
    let namesake = elsewhere.agent("ann", &[]).await;
    for hello in [
        json!({"token": colleague, "resume": resume}),
        json!({"token": namesake, "resume": resume}),
        json!({"site_key": scene.workspace.site_key, "resume": resume}),
    ] {
        let mut other = Ws::hello(scene.server.addr, encoding, hello).await;
        assert_eq!(other.welcome["resumed"], false);
        assert_ne!(other.welcome["session_id"], resume["session_id"]);
        other.quiet().await;
    }
    scene.agent.quiet().await;
}

async fn too_far_behind_is_a_new_session(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let resume = scene.agent.resume();
    let mut second = Ws::agent(scene.server.addr, encoding, &scene.token).await;
    for _ in 0..1_000 {
        second.set_availability("away").await;
        second.set_availability("online").await;
    }
    let mut back = scene.back(encoding, resume).await;
    assert_eq!((&back.welcome["resumed"], &back.welcome["seq"]), (&json!(false), &json!(0)));
    back.quiet().await;
    scene.agent.ping().await;
}

async fn resuming_closes_the_socket_that_it_is_on(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let opened = scene.open().await;
    scene.agent.push("conversation.assigned").await;
    let mut back = scene.back(encoding, scene.agent.resume()).await;
    assert_eq!(back.welcome["resumed"], true);
    scene.agent.expect_close(4504).await;
    let next = scene.open().await;
    assert_eq!(back.push("conversation.assigned").await["conversation"]["id"], next);
    back.quiet().await;
    let opened = scene.workspace.conversation(opened.as_str().unwrap()).await;
    assert_eq!(opened["agent"]["id"], "ann");
}

async fn the_same_device_replaces_its_old_session(encoding: Encoding) {
    let Scene { server, workspace, token, agent } = Scene::set(encoding).await;
    let hello = json!({"token": token, "device": {"id": "phone", "kind": "mobile"}});
    let mut old = Ws::hello(server.addr, encoding, hello.clone()).await;
    agent.leave().await;
    let held = workspace.open("sales").await.json["id"].clone();
    old.push("conversation.assigned").await;
    let mut new = Ws::hello(server.addr, encoding, hello.clone()).await;
    old.expect_close(4504).await;
    assert_eq!(new.welcome["resumed"], false);
    assert_ne!(new.welcome["session_id"], old.welcome["session_id"]);
    assert_eq!(new.welcome["conversations"][0]["id"], held, "it never was away");
    new.quiet().await;
    let mut resume = hello;
    resume["device"] = json!({"id": "watch"});
    resume["resume"] = old.resume();
    let other = Ws::hello(server.addr, encoding, resume).await;
    assert_eq!(other.welcome["resumed"], false, "a replaced session is over");
    new.ping().await;
}

async fn the_same_device_may_resume(encoding: Encoding) {
    let scene = Scene::set(encoding).await;
    let mut hello = json!({"token": scene.token, "device": {"id": "phone"}});
    let first = Ws::hello(scene.server.addr, encoding, hello.clone()).await;
    hello["resume"] = first.resume();
    drop(first);
    let opened = scene.open().await;
    let mut back = Ws::hello(scene.server.addr, encoding, hello).await;
    assert_eq!(back.welcome["resumed"], true);
    assert_eq!(back.push("conversation.assigned").await["conversation"]["id"], opened);
    back.quiet().await;
}

async fn devices_of_others_are_left_alone(encoding: Encoding) {
    let scene = Scene::set(encoding).await;
    let colleague = scene.workspace.agent("bob", &["sales"]).await;
    let device = |token: &str, id: &str, kind: &str| json!({"token": token, "device": {"id": id, "kind": kind}});
    let mut sockets = Vec::new();
    for hello in [
        device(&scene.token, "phone", "mobile"),
        device(&scene.token, "desk", "web"),
        device(&colleague, "phone", "a-kind-of-the-future"),
        json!({"token": scene.token, "device": {"kind": "api"}}),
        json!({"token": scene.token, "device": {}}),
    ] {
        sockets.push(Ws::hello(scene.server.addr, encoding, hello).await);
    }
    for socket in &mut sockets {
        socket.ping().await;
    }
}

async fn a_visitor_resumes_too(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let key = &scene.workspace.site_key;
    scene.agent.set_availability("away").await;
    let mut visitor = Ws::visitor(scene.server.addr, encoding, key).await;
    let opened = visitor.open("sales").await;
    let hello = json!({
        "site_key": key,
        "visitor_token": visitor.welcome["visitor_token"],
        "resume": visitor.resume(),
    });
    drop(visitor);
    scene.agent.set_availability("online").await;
    scene.agent.close(&opened).await;
    let mut back = Ws::hello(scene.server.addr, encoding, hello).await;
    assert_eq!((&back.welcome["resumed"], &back.welcome["seq"]), (&json!(true), &json!(2)));
    let last = &back.welcome["conversations"][0];
    assert_eq!((&last["id"], &last["state"]), (&opened["id"], &json!("closed")));
    for kind in ["conversation.assigned", "conversation.closed"] {
        assert_eq!(back.recv().await["type"], kind);
    }
}
