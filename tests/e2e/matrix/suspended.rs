//! A workspace that is suspended: nobody but root is let in, nothing is lost, and a word brings it
//! back.

use serde_json::{Value, json};

use super::{
    link_token,
    roles::turned_away,
    scene::{CALLERS, Scene},
};
use crate::{
    server::TestServer,
    ws::{Encoding, Ws},
};

#[tokio::test]
async fn every_credential_is_refused_and_all_is_there_again_at_a_word() {
    let server = TestServer::start().await;
    let mut scene = Scene::set(&server).await;
    let workspace = scene.workspace.clone();
    let password = "a password of ada's";
    workspace.patch("/agents/ada", json!({"password": password})).await;
    // With the password all that she had before went.
    scene.bearers[6] = workspace.token("ada").await;
    let hal = scene.bearers[5].clone();
    let mut hals = Ws::agent(server.addr, Encoding::Json, &hal).await;
    let invited = link_token(server.data_dir(), "ida@example.org", "join").await;
    let waits = workspace.open("other").await.text_of("id");
    let visitor = json!({"site_key": workspace.site_key, "visitor_token": scene.visitor_token});
    let mut visits = Ws::hello(server.addr, Encoding::Json, visitor.clone()).await;
    let before = workspace.get("/conversations").await.json;
    let agents = workspace.get("/agents").await.ids();

    workspace.patch("", json!({"status": "suspended"})).await;
    hals.expect_close(4503).await;
    visits.expect_close(4503).await;
    for socket in &mut scene.sockets {
        socket.expect_close(4503).await;
    }
    for hello in [json!({"token": hal}), visitor.clone(), json!({"site_key": workspace.site_key})] {
        turned_away(&server, hello, 4503).await;
    }
    let calls = [
        ("GET", "/agents"),
        ("GET", "/conversations"),
        ("GET", "/live"),
        ("GET", "/audit"),
        ("GET", "/events"),
        ("GET", ""),
        ("POST", "/departments"),
        ("POST", "/conversations"),
        ("DELETE", "/agents/olga"),
    ];
    // All that are of this workspace, and were let in before.
    for (caller, bearer) in CALLERS.iter().zip(&scene.bearers).take(13).skip(3) {
        for (method, path) in calls {
            let body = if method == "POST" { json!({"name": "x"}) } else { Value::Null };
            let refused = workspace.call(method, path, bearer, body).await;
            assert_eq!(refused.status, 403, "{}: {}", caller, refused.text);
            refused.refused(403, "forbidden");
        }
    }
    let public = async |path: &str, body: Value| workspace.http.call("POST", path, "", body).await;
    let account =
        json!({"workspace_id": workspace.id, "email": "ada@example.org", "password": password});
    public("/v1/sign-in", account.clone()).await.refused(401, "invalid_credentials");
    public("/v1/password/forgot", account.clone()).await.expect(200);
    let accept = json!({"token": invited, "name": "Ida", "password": password});
    assert_eq!(public("/v1/invites/accept", accept.clone()).await.status, 403);
    let site = format!("/v1/site?site_key={}", workspace.site_key);
    server.anyone("GET", &site).await.refused(404, "not_found");
    // Root sees it as it was, and can bring it back.
    assert_eq!(workspace.get("/agents").await.ids(), agents);
    assert_eq!(workspace.get("").await.json["status"], "suspended");

    workspace.patch("", json!({"status": "active"})).await;
    let after = workspace.get("/conversations").await.json;
    let places = |page: &Value| -> Vec<[Value; 4]> {
        let items = page["items"].as_array().unwrap();
        let place = |c: &Value| {
            [
                c["id"].clone(),
                c["department_id"].clone(),
                c["queued_at"].clone(),
                c["opened_at"].clone(),
            ]
        };
        items.iter().map(place).collect()
    };
    assert_eq!(places(&after).len(), places(&before).len());
    for (was, is) in places(&before).iter().zip(places(&after)) {
        assert_eq!((&was[0], &was[1], &was[3]), (&is[0], &is[1], &is[3]));
    }
    // The same token, within the grace: what it held it holds.
    let back = Ws::agent(server.addr, Encoding::Json, &hal).await;
    let held = back.welcome["conversations"].as_array().unwrap();
    assert!(held.iter().any(|c| c["id"] == json!(scene.held)), "{held:#?}");
    let waiting = workspace.conversation(&waits).await;
    assert_eq!((&waiting["state"], &waiting["position"]), (&json!("queued"), &json!(1)));
    let visits = Ws::hello(server.addr, Encoding::Json, visitor).await;
    assert_eq!(visits.welcome["visitor"]["id"], json!(scene.visitor_id));
    public("/v1/sign-in", account).await.expect(200);
    public("/v1/invites/accept", accept).await.expect(201);
    for (caller, bearer) in CALLERS.iter().zip(&scene.bearers).take(13).skip(3) {
        let answer = workspace.call("GET", "/departments", bearer, Value::Null).await;
        let expected = if *caller == "a key with events:read" { 403 } else { 200 };
        assert_eq!(answer.status, expected, "{}: {}", caller, answer.text);
    }
    server.anyone("GET", &site).await.expect(200);
}
