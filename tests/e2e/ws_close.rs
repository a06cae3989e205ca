//! Closing: who may, what the asker is answered, and what the others hear.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, check_fields, in_both},
};

in_both![
    a_visitor_closes_its_own,
    an_agent_closes_what_it_holds,
    an_admin_closes_any,
    what_is_closed_from_outside_is_told_to_all,
    a_closed_one_is_a_conflict,
    a_rejected_one_is_a_conflict,
    to_visitors_what_is_not_theirs_is_not_found,
    agents_close_only_what_they_hold,
];

/// One conversation that `ann` holds on two devices, of a visitor on two devices.
struct Scene {
    server: TestServer,
    workspace: Workspace,
    agents: [Ws; 2],
    visitors: [Ws; 2],
    conversation: Value,
}

impl Scene {
    async fn set(encoding: Encoding) -> Self {
        let server = TestServer::start().await;
        let workspace = server.workspace().await;
        workspace.department("sales").await;
        let token = workspace.agent("ann", &["sales"]).await;
        let mut agents = [
            Ws::online(server.addr, encoding, &token).await,
            Ws::agent(server.addr, encoding, &token).await,
        ];
        let mut one = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
        let own = json!({
            "site_key": workspace.site_key,
            "visitor_token": one.welcome["visitor_token"],
        });
        let mut two = Ws::hello(server.addr, encoding, own).await;
        let conversation = one.open("sales").await;
        two.push("conversation.opened").await;
        two.push("conversation.assigned").await;
        for agent in &mut agents {
            agent.push("conversation.assigned").await;
        }
        Self { server, workspace, agents, visitors: [one, two], conversation }
    }

    /// These hear that it was closed, and by whom.
    async fn told<'w>(sockets: impl IntoIterator<Item = &'w mut Ws>, closed: &Value, by: &str) {
        for ws in sockets {
            let told = ws.push("conversation.closed").await;
            check_fields(&told, &["type", "seq", "conversation_id", "revision", "by"]);
            assert_eq!(told["conversation_id"], closed["id"]);
            assert_eq!((&told["revision"], &told["by"]), (&closed["revision"], &json!(by)));
            ws.quiet().await;
        }
    }
}

fn check_closed(closed: &Value, opened: &Value) {
    assert_eq!((&closed["id"], &closed["state"]), (&opened["id"], &json!("closed")));
    assert!(closed["closed_at"].as_u64() >= opened["opened_at"].as_u64(), "{closed}");
    assert!(closed["revision"].as_u64() > opened["revision"].as_u64(), "{closed}");
    assert_eq!(closed["assigned_at"], opened["assigned_at"]);
}

fn close(id: &Value) -> Value {
    json!({"type": "conversation.close", "conversation_id": id})
}

async fn a_visitor_closes_its_own(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let [one, two] = &mut scene.visitors;
    let closed = one.close(&scene.conversation).await;
    check_closed(&closed, &scene.conversation);
    assert!(closed.get("priority").is_none(), "{closed}");
    Scene::told(scene.agents.iter_mut().chain([two]), &closed, "visitor").await;
    one.quiet().await;
}

async fn an_agent_closes_what_it_holds(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let [one, two] = &mut scene.agents;
    let closed = one.close(&scene.conversation).await;
    check_closed(&closed, &scene.conversation);
    assert_eq!(closed["priority"], 0);
    Scene::told(scene.visitors.iter_mut().chain([two]), &closed, "agent").await;
    one.quiet().await;
    assert_eq!(scene.workspace.get("/agents/ann").await.json["load"], 0);
}

async fn an_admin_closes_any(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let token = scene.workspace.admin("root-of-all").await;
    let mut admin = Ws::agent(scene.server.addr, encoding, &token).await;
    let closed = admin.close(&scene.conversation).await;
    check_closed(&closed, &scene.conversation);
    Scene::told(scene.visitors.iter_mut().chain(&mut scene.agents), &closed, "admin").await;
    admin.quiet().await;
}

async fn what_is_closed_from_outside_is_told_to_all(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let path = format!("/conversations/{}/close", scene.conversation["id"].as_str().unwrap());
    let closed = scene.workspace.root("POST", &path, json!({})).await.expect(200).json;
    Scene::told(scene.visitors.iter_mut().chain(&mut scene.agents), &closed, "root").await;
}

async fn a_closed_one_is_a_conflict(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.visitors[0].close(&scene.conversation).await;
    let id = &scene.conversation["id"];
    for ws in scene.visitors.iter_mut().chain(&mut scene.agents) {
        ws.refused(close(id), "conflict").await;
    }
    let stored = scene.workspace.conversation(id.as_str().unwrap()).await;
    assert_eq!(stored["state"], "closed");
}

async fn a_rejected_one_is_a_conflict(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    scene.workspace.department_with("strict", json!({"on_unstaffed": "reject"})).await;
    let [visitor, _] = &mut scene.visitors;
    let rejected = visitor.open("strict").await;
    assert_eq!(rejected["state"], "rejected");
    visitor.refused(close(&rejected["id"]), "conflict").await;
}

async fn to_visitors_what_is_not_theirs_is_not_found(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let key = &scene.workspace.site_key;
    let mut stranger = Ws::visitor(scene.server.addr, encoding, key).await;
    let id = &scene.conversation["id"];
    stranger.refused(close(id), "not_found").await;
    scene.visitors[0].close(&scene.conversation).await;
    stranger.refused(close(id), "not_found").await;
    let elsewhere = scene.server.workspace().await;
    let mut foreign = Ws::visitor(scene.server.addr, encoding, &elsewhere.site_key).await;
    foreign.refused(close(id), "not_found").await;
}

async fn agents_close_only_what_they_hold(encoding: Encoding) {
    let mut scene = Scene::set(encoding).await;
    let Scene { server, workspace, agents, visitors, conversation } = &mut scene;
    workspace.department("care").await;
    let colleague = workspace.agent("bob", &["sales"]).await;
    let mut colleague = Ws::agent(server.addr, encoding, &colleague).await;
    let other = workspace.agent("cid", &["care"]).await;
    let mut other = Ws::agent(server.addr, encoding, &other).await;
    let elsewhere = server.workspace().await;
    let foreign = elsewhere.admin("ann").await;
    let mut foreign = Ws::agent(server.addr, encoding, &foreign).await;
    let held = &conversation["id"];
    agents[0].set_availability("away").await;
    let waits = visitors[0].open("sales").await["id"].clone();
    for id in [held, &waits] {
        colleague.refused(close(id), "forbidden").await;
        other.refused(close(id), "not_found").await;
        foreign.refused(close(id), "not_found").await;
    }
    agents[0].refused(close(&waits), "forbidden").await;
    visitors[0].close(conversation).await;
    colleague.refused(close(held), "forbidden").await;
    other.refused(close(held), "not_found").await;
    foreign.refused(close(held), "not_found").await;
    let waiting = workspace.conversation(waits.as_str().unwrap()).await;
    assert_eq!(waiting["state"], "queued");
}
