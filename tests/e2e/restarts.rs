//! Stopped and started again over the same files: nothing is forgotten, and nothing is doubled.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws},
};

struct Scene {
    server: TestServer,
    workspace: Workspace,
    token: String,
}

impl Scene {
    async fn set() -> Self {
        let server = TestServer::start().await;
        let workspace = server.workspace().await;
        workspace.department("sales").await;
        let token = workspace.agent("ann", &["sales"]).await;
        Self { server, workspace, token }
    }

    async fn restart(&mut self) {
        self.server.restart().await;
        self.workspace.http = self.server.http();
    }

    async fn ann(&self) -> Ws {
        Ws::online(self.server.addr, Encoding::Json, &self.token).await
    }

    async fn visitor(&self) -> Ws {
        Ws::visitor(self.server.addr, Encoding::Json, &self.workspace.site_key).await
    }
}

#[tokio::test]
async fn everything_of_a_workspace_is_as_it_was() {
    let mut scene = Scene::set().await;
    let policy = json!({"offer_timeout_ms": 60_000, "strategy": "round_robin"});
    scene.workspace.department_with("help", policy).await;
    scene.workspace.admin("ada").await;
    let mut ann = scene.ann().await;
    let visitor = json!({"name": "Vera", "email": "vera@example.org", "external_id": "u-1"});
    let body = json!({"department_id": "sales", "visitor": visitor, "external_id": "case-1",
        "attributes": {"plan": "gold", "age": 41, "score": 0.1, "vip": true}});
    let closed = scene.workspace.post("/conversations", body.clone()).await.text_of("id");
    let close = format!("/conversations/{closed}/close");
    scene.workspace.root("POST", &close, Value::Null).await.expect(200);
    scene.workspace.post("/conversations", body).await;
    scene.workspace.open("help").await;
    ann.settle().await;
    drop(ann);
    let mut before = Vec::new();
    let read = [
        "",
        "/departments",
        "/departments/help",
        "/agents",
        "/conversations?state=closed",
        "/agents/ada",
    ];
    for path in read {
        before.push(scene.workspace.get(path).await.json);
    }
    let detail = format!("/conversations/{closed}");
    let (history, explained) = (
        scene.workspace.get(&detail).await.json,
        scene.workspace.get(&format!("{detail}/explain")).await.json,
    );
    let events = scene.workspace.get("/events").await.json["items"].clone();
    scene.restart().await;
    for (path, before) in read.iter().zip(before) {
        let mut after = scene.workspace.get(path).await.json;
        let mut before = before;
        // Who was there is gone: that alone is another.
        for one in [&mut after, &mut before] {
            if let Some(items) = one["items"].as_array_mut() {
                items.iter_mut().for_each(without_presence);
            }
        }
        assert_eq!(after, before, "{path}");
    }
    assert_eq!(scene.workspace.get(&detail).await.json, history);
    assert_eq!(scene.workspace.get(&format!("{detail}/explain")).await.json, explained);
    let after = scene.workspace.get("/events").await.json["items"].clone();
    let (before, after) = (events.as_array().unwrap(), after.as_array().unwrap());
    assert_eq!(&after[..before.len()], &before[..], "what happened stays as it was told");
    assert_eq!(after.last().unwrap()["type"], "workspace.recovered");
}

fn without_presence(agent: &mut Value) {
    let Some(agent) = agent.as_object_mut() else { return };
    for field in ["present", "routable", "routable_reason"] {
        agent.remove(field);
    }
}

#[tokio::test]
async fn who_has_a_conversation_has_it_still_and_who_waits_keeps_the_place() {
    let mut scene = Scene::set().await;
    scene.workspace.patch("/agents/ann", json!({"capacity": 1})).await;
    let ann = scene.ann().await;
    let held = scene.workspace.open("sales").await;
    assert_eq!(held.json["state"], "assigned");
    let waiting = [scene.workspace.open("sales").await, scene.workspace.open("sales").await];
    drop(ann);
    scene.restart().await;
    let mut ann = Ws::agent(scene.server.addr, Encoding::Json, &scene.token).await;
    let welcome = ann.welcome.clone();
    assert_eq!(welcome["agent"]["availability"], "online", "it survives");
    assert_eq!(welcome["conversations"][0]["id"], held.json["id"]);
    let queued = scene.workspace.get("/live").await.json["queued"].clone();
    let places: Vec<_> = queued.as_array().unwrap().iter().map(|q| &q["conversation_id"]).collect();
    assert_eq!(places, [&waiting[0].json["id"], &waiting[1].json["id"]]);
    ann.close(&held.json).await;
    let next = ann.push("conversation.assigned").await;
    assert_eq!(next["conversation"]["id"], waiting[0].json["id"]);
}

#[tokio::test]
async fn a_key_opens_one_conversation_whatever_happens() {
    let mut scene = Scene::set().await;
    let mut visitor = scene.visitor().await;
    let open = json!({"type": "conversation.open", "department_id": "sales", "key": "k-1"});
    let first = visitor.ok(open.clone()).await["conversation"]["id"].clone();
    let token = visitor.welcome["visitor_token"].clone();
    visitor.ok(json!({"type": "conversation.close", "conversation_id": first})).await;
    drop(visitor);
    scene.restart().await;
    let hello = json!({"site_key": scene.workspace.site_key, "visitor_token": token});
    let mut visitor = Ws::hello(scene.server.addr, Encoding::Json, hello).await;
    let again = visitor.ok(open).await;
    assert_eq!(again["conversation"]["id"], first);
    assert_eq!(again["conversation"]["state"], "closed", "whatever became of it");
    let other = json!({"type": "conversation.open", "department_id": "sales", "key": "k-1",
        "attributes": {"a": 1}});
    visitor.refused(other, "conflict").await;
}

#[tokio::test]
async fn a_request_with_a_key_is_done_once_and_answered_as_at_first() {
    let mut scene = Scene::set().await;
    let path = scene.workspace.path("/conversations");
    let body = json!({"department_id": "sales", "external_id": "once"}).to_string();
    let root = scene.workspace.root.clone();
    let post = |scene: &Scene, body: String| {
        let (http, path, root) = (scene.server.http(), path.clone(), root.clone());
        async move { http.send("POST", &path, &root, &[("idempotency-key", "i-1")], body).await }
    };
    let first = post(&scene, body.clone()).await.expect(201);
    scene.restart().await;
    let again = post(&scene, body).await.expect(201);
    assert_eq!(again.json, first.json);
    assert_eq!(again.header("idempotent-replayed"), "true");
    post(&scene, json!({"department_id": "sales"}).to_string()).await.refused(409, "conflict");
    let all = scene.workspace.get("/conversations").await;
    assert_eq!(all.items().len(), 1);
    // The same where no workspace is there yet to keep it.
    let create = |scene: &Scene| {
        let (http, root) = (scene.server.http(), root.clone());
        let body = json!({"id": "once", "name": "Once", "plan": "free"}).to_string();
        let headers = [("idempotency-key", "i-2")];
        async move { http.send("POST", "/v1/workspaces", &root, &headers, body).await }
    };
    let made = create(&scene).await.expect(201);
    scene.restart().await;
    assert_eq!(create(&scene).await.expect(201).json, made.json);
}

#[tokio::test]
async fn a_session_goes_on_where_it_was() {
    let mut scene = Scene::set().await;
    let mut ann = scene.ann().await;
    let opened = scene.workspace.open("sales").await;
    ann.push("conversation.assigned").await;
    let resume = ann.resume();
    // Another device of hers stays, so that this one misses something.
    let other = Ws::agent(scene.server.addr, Encoding::Json, &scene.token).await;
    ann.leave().await;
    let missed = scene.workspace.open("sales").await;
    assert_eq!(missed.json["state"], "assigned");
    drop(other);
    scene.restart().await;
    let hello = json!({"token": scene.token, "resume": resume});
    let mut ann = Ws::hello(scene.server.addr, Encoding::Json, hello).await;
    assert_eq!(ann.welcome["resumed"], true, "{}", ann.welcome);
    assert_eq!(ann.welcome["seq"], 2);
    assert_eq!(ann.welcome["conversations"].as_array().unwrap().len(), 2);
    let push = ann.push("conversation.assigned").await;
    assert_eq!((&push["seq"], &push["conversation"]["id"]), (&json!(2), &missed.json["id"]));
    ann.close(&opened.json).await;
    let next = scene.workspace.open("sales").await;
    let push = ann.push("conversation.assigned").await;
    assert_eq!((&push["seq"], &push["conversation"]["id"]), (&json!(3), &next.json["id"]));
}

#[tokio::test]
async fn a_repeated_ref_gets_its_first_answer() {
    let mut scene = Scene::set().await;
    let mut visitor = scene.visitor().await;
    let open = json!({"type": "conversation.open", "department_id": "sales", "ref": 7});
    visitor.send(&open).await;
    let first = visitor.answer(7).await;
    let (resume, token) = (visitor.resume(), visitor.welcome["visitor_token"].clone());
    visitor.leave().await;
    scene.restart().await;
    let hello = json!({"site_key": scene.workspace.site_key, "visitor_token": token,
        "resume": resume});
    let mut visitor = Ws::hello(scene.server.addr, Encoding::Json, hello).await;
    assert_eq!(visitor.welcome["resumed"], true);
    visitor.send(&open).await;
    assert_eq!(visitor.answer(7).await, first);
    assert_eq!(scene.workspace.get("/conversations").await.items().len(), 1);
}

#[tokio::test]
async fn what_was_removed_stays_removed() {
    let mut scene = Scene::set().await;
    scene.workspace.root("DELETE", "/agents/ann", Value::Null).await.expect(204);
    let other = scene.server.root(
        "POST",
        "/v1/workspaces",
        json!({"id": "gone", "name": "G", "plan": "free"}),
    );
    other.await.expect(201);
    scene.server.root("DELETE", "/v1/workspaces/gone", Value::Null).await.expect(204);
    scene.restart().await;
    let again = json!({"id": "ann", "name": "Ann", "email": "ann@example.org"});
    scene.workspace.root("POST", "/agents", again).await.refused(409, "id_taken");
    scene.server.root("GET", "/v1/workspaces/gone", Value::Null).await.refused(404, "not_found");
    let again = json!({"id": "gone", "name": "G", "plan": "free"});
    scene.server.root("POST", "/v1/workspaces", again).await.refused(409, "id_taken");
    // Her address is free.
    let body = json!({"id": "anna", "name": "Anna", "email": "ann@example.org"});
    scene.workspace.post("/agents", body).await;
}

#[tokio::test]
async fn two_servers_never_share_a_directory() {
    let scene = Scene::set().await;
    let config = switchboard_server::config::Config {
        in_memory: false,
        data_dir: scene.server.data_dir().to_owned(),
        ..switchboard_server::config::Config::ephemeral()
    };
    let refused = switchboard_server::server::Server::start(config).await.unwrap_err();
    assert!(refused.to_string().contains("in use by another process"), "{refused}");
}
