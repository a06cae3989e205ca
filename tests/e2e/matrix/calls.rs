//! Every HTTP call by every caller.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    link_token,
    scene::{CALLERS, SCOPES, Scene, public_key},
};
use crate::{http::Reply, server::TestServer};

/// A call, and what each of [`CALLERS`] is answered: `+` it is done; `!` 409, it might be done another
/// time; `1` 401, `3` 403, `4` 404. In columns: nobody, a visitor's token, the site key |
/// an agent of another department, one of the department, the holder | an admin | a key with each
/// scope in the order of [`SCOPES`] | root | an admin and a key of another workspace.
const TABLE: &[(&str, &str)] = &[
    ("create_workspace", "111 333 3 333333 + 33"),
    ("list_workspaces", "111 333 3 333333 + 33"),
    ("read_workspace", "111 333 + 33333+ + 44"),
    ("change_workspace", "111 333 + 33333+ + 44"),
    ("erase_workspace", "111 333 3 333333 + 44"),
    ("list_departments", "111 +++ + +++3++ + 44"),
    ("create_department", "111 333 + 3+333+ + 44"),
    ("read_department", "111 333 + 3+333+ + 44"),
    ("change_department", "111 333 + 3+333+ + 44"),
    ("delete_department", "111 333 + 3+333+ + 44"),
    ("add_member", "111 333 + 3+333+ + 44"),
    ("remove_member", "111 333 + 3+333+ + 44"),
    ("list_agents", "111 +++ + +++3++ + 44"),
    ("create_agent", "111 333 + 3+333+ + 44"),
    // The agent in question is the holder.
    ("read_agent", "111 33+ + 3+333+ + 44"),
    ("change_agent", "111 33+ + 3+333+ + 44"),
    ("remove_agent", "111 333 + 3+333+ + 44"),
    ("set_availability", "111 33+ + 3+333+ + 44"),
    ("create_token", "111 333 + 33+33+ + 44"),
    ("list_conversations", "111 +++ + +3333+ + 44"),
    ("open_conversation", "111 333 + +3333+ + 44"),
    // What an agent does not see is not there for it; what it sees and may not do is forbidden.
    ("read_conversation", "111 4++ + +3333+ + 44"),
    ("close_conversation", "111 43+ + +3333+ + 44"),
    ("reopen_conversation", "111 43+ + +3333+ + 44"),
    ("explain_conversation", "111 433 + +3333+ + 44"),
    ("assign_conversation", "111 433 + +3333+ + 44"),
    ("transfer_conversation", "111 43+ + +3333+ + 44"),
    // The agent concerned alone, also where others may do more otherwise.
    ("accept_conversation", "111 43+ 3 333333 3 44"),
    ("decline_conversation", "111 43+ 3 333333 3 44"),
    // The admin sees it, and is no member of its department.
    ("claim_conversation", "111 4++ ! 333333 3 44"),
    ("read_live", "111 333 + 3333++ + 44"),
    ("list_events", "111 333 + 333+3+ + 44"),
    ("list_audit", "111 333 + 33333+ + 44"),
    ("read_reports", "111 333 + 3333++ + 44"),
    ("list_invites", "111 333 + 3+333+ + 44"),
    ("create_invite", "111 333 + 3+333+ + 44"),
    ("revoke_invite", "111 333 + 3+333+ + 44"),
    ("resend_invite", "111 333 + 3+333+ + 44"),
    ("list_api_keys", "111 333 + 33333+ + 44"),
    ("create_api_key", "111 333 + 33333+ + 44"),
    ("revoke_api_key", "111 333 + 33333+ + 44"),
    ("list_public_keys", "111 333 + 33333+ + 44"),
    ("create_public_key", "111 333 + 33333+ + 44"),
    ("remove_public_key", "111 333 + 33333+ + 44"),
    ("rotate_site_key", "111 333 + 33333+ + 44"),
    ("erase_visitor", "111 333 + +3333+ + 44"),
    // One's own: of the workspace that the token is of. Root is nobody there.
    ("read_me", "111 +++ + 333333 4 +3"),
    ("leave", "111 +++ + 333333 4 +3"),
    ("sign_out", "111 +++ + 333333 4 +3"),
    ("renew_token", "111 +++ + 333333 4 +3"),
    // Anybody's: what is asked brings its own proof with it.
    ("accept_invite", "+++ +++ + ++++++ + ++"),
    ("sign_in", "+++ +++ + ++++++ + ++"),
    ("forgot_password", "+++ +++ + ++++++ + ++"),
    ("reset_password", "+++ +++ + ++++++ + ++"),
    ("read_site", "+++ +++ + ++++++ + ++"),
    ("read_health", "+++ +++ + ++++++ + ++"),
    ("read_readiness", "+++ +++ + ++++++ + ++"),
    ("read_metrics", "+++ +++ + ++++++ + ++"),
    ("read_openapi", "+++ +++ + ++++++ + ++"),
    ("join_page", "+++ +++ + ++++++ + ++"),
    ("reset_page", "+++ +++ + ++++++ + ++"),
];

/// A call as the server's own document has it.
struct Call {
    name: String,
    method: String,
    path: String,
}

/// Every call there is, by the document that the server makes from its table of routes; and the
/// handshake of a socket, which is no call.
async fn calls(server: &TestServer) -> Vec<Call> {
    let document = server.anyone("GET", "/openapi.json").await.expect(200).json;
    let mut calls = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            let (name, method) = (call["operationId"].as_str().unwrap(), method.to_uppercase());
            calls.push(Call { name: name.to_owned(), method, path: path.clone() });
        }
    }
    calls.retain(|call| call.path != "/v1/ws");
    calls
}

/// What is asked: the rest of the path, and a body.
struct Ask {
    id: String,
    query: String,
    body: Value,
}

fn of(id: &str, body: Value) -> Ask {
    Ask { id: id.to_owned(), query: String::new(), body }
}

fn none() -> Ask {
    of("", Value::Null)
}

/// What a call is asked with, so that all goes well for whoever may.
async fn ask(name: &str, scene: &Scene, server: &TestServer) -> Ask {
    match name {
        "create_workspace" => of("", json!({"name": "Another", "plan": "free"})),
        "change_workspace" => of("", json!({"name": "Renamed"})),
        "create_department" => of("", json!({"name": "New"})),
        "read_department" | "delete_department" => of("spare", Value::Null),
        "change_department" => of("spare", json!({"name": "Renamed"})),
        "add_member" => of("spare", Value::Null),
        "remove_member" => of("sales", Value::Null),
        "create_agent" => of("", json!({"name": "New", "email": "new@example.org"})),
        "read_agent" | "remove_agent" => of("hal", Value::Null),
        "change_agent" => of("hal", json!({"name": "Renamed"})),
        "set_availability" => of("hal", json!({"availability": "away"})),
        "create_token" => of("hal", json!({})),
        "open_conversation" => of("", json!({"department_id": "sales"})),
        "read_conversation" | "explain_conversation" => of(&scene.held, Value::Null),
        "close_conversation" => of(&scene.held, json!({})),
        "reopen_conversation" => of(&scene.closed, json!({})),
        "assign_conversation" => of(&scene.held, json!({"agent_id": "cole"})),
        "transfer_conversation" => of(&scene.held, json!({"agent_id": "cole"})),
        "accept_conversation" | "decline_conversation" => {
            of(&scene.offered, json!({"offer_id": scene.offer}))
        }
        "claim_conversation" => of(&scene.offered, json!({})),
        "create_invite" => of("", json!({"email": "new@example.org"})),
        "revoke_invite" => of(&scene.invite, Value::Null),
        "resend_invite" => of(&scene.invite, json!({})),
        "create_api_key" => of("", json!({"name": "New", "scopes": ["live:read"]})),
        "revoke_api_key" => of(&scene.api_key, Value::Null),
        "create_public_key" => of("", public_key("another")),
        "remove_public_key" => of(&scene.public_key, Value::Null),
        "rotate_site_key" => of("", json!({})),
        "erase_visitor" => of(&scene.visitor_id, Value::Null),
        "sign_out" | "renew_token" => of("", json!({})),
        "accept_invite" | "sign_in" | "forgot_password" | "reset_password" => {
            of("", proof(name, scene, server).await)
        }
        "read_site" => {
            let query = format!("?site_key={}", scene.workspace.site_key);
            Ask { query, ..none() }
        }
        "list_workspaces" | "read_workspace" | "erase_workspace" | "list_departments"
        | "list_agents" | "list_conversations" | "read_live" | "list_events" | "list_audit"
        | "read_reports" | "list_invites" | "list_api_keys" | "list_public_keys" | "read_me"
        | "leave" | "read_health" | "read_readiness" | "read_metrics" | "read_openapi"
        | "join_page" | "reset_page" => none(),
        other => panic!("it is not said what {other} is asked with"),
    }
}

/// The body of a call that takes no credential but what is in it.
async fn proof(name: &str, scene: &Scene, server: &TestServer) -> Value {
    let (workspace, password) = (&scene.workspace, "a password of hal's");
    let account = json!({"workspace_id": workspace.id, "email": "hal@example.org"});
    match name {
        "accept_invite" => {
            let email = format!("{}@example.org", workspace.id);
            workspace.post("/invites", json!({"email": email})).await;
            let token = link_token(server.data_dir(), &email, "join").await;
            json!({"token": token, "name": "Ida", "password": password})
        }
        "sign_in" => {
            workspace.patch("/agents/hal", json!({"password": password})).await;
            json!({"workspace_id": workspace.id, "email": "hal@example.org", "password": password})
        }
        "reset_password" => {
            let email = format!("{}@example.org", workspace.id);
            workspace.patch("/agents/hal", json!({"email": email})).await;
            let asked = json!({"workspace_id": workspace.id, "email": email});
            workspace.http.call("POST", "/v1/password/forgot", "", asked).await.expect(200);
            let token = link_token(server.data_dir(), &email, "reset").await;
            json!({"token": token, "password": password})
        }
        _ => account,
    }
}

async fn made(call: &Call, ask: &Ask, scene: &Scene, bearer: &str) -> Reply {
    let path = call.path.replace("{ws}", &scene.workspace.id);
    let path = path.replace("{id}", &ask.id).replace("{agent}", "hal") + &ask.query;
    scene.workspace.http.call(&call.method, &path, bearer, ask.body.clone()).await
}

/// The cell of an answer; `?` for one that says neither.
fn cell(answer: &Reply) -> char {
    match (answer.status, answer.json["code"].as_str()) {
        (401, Some("unauthenticated")) => '1',
        (403, Some("forbidden")) => '3',
        (404, Some("not_found")) => '4',
        (200..=299, _) => '+',
        (409, Some("conflict" | "not_eligible")) => '!',
        _ => '?',
    }
}

/// Tries a call as everybody; gives the row that comes out. Where somebody was let do something,
/// the next one finds everything as it was.
async fn row(server: &TestServer, call: &Call) -> String {
    let (mut scene, mut row) = (Scene::set(server).await, String::new());
    let reads = call.method == "GET";
    for (at, caller) in CALLERS.iter().enumerate() {
        let asked = ask(&call.name, &scene, server).await;
        let before = scene.told().await;
        let answer = made(call, &asked, &scene, &scene.bearers[at]).await;
        let cell = cell(&answer);
        let said: String = answer.text.chars().take(300).collect();
        let what = format!("{} by {caller}: {} {said}", call.name, answer.status);
        assert_ne!(cell, '?', "{what}");
        row.push(cell);
        if "+!".contains(cell) && !reads {
            scene = Scene::set(server).await;
            continue;
        }
        assert_eq!(scene.told().await, before, "it changed something: {what}");
        if "134".contains(cell) {
            assert_tells_nothing(&answer, &scene, &what);
        }
    }
    row
}

/// A refusal has nothing of the workspace in it.
fn assert_tells_nothing(answer: &Reply, scene: &Scene, what: &str) {
    for secret in ["@example.org", &scene.visitor_id, &scene.offer, &scene.workspace.site_key] {
        assert!(!answer.text.contains(secret), "{what}");
    }
}

async fn check(part: usize, of: usize) {
    let server = TestServer::start_with(|config| config.in_memory = true).await;
    let calls = calls(&server).await;
    let mut wrong = Vec::new();
    for call in calls.iter().skip(part).step_by(of) {
        let (_, expected) =
            TABLE.iter().find(|(name, _)| *name == call.name).expect("a row for every call");
        let seen = row(&server, call).await;
        if seen != expected.replace(' ', "") {
            wrong.push(format!("{}: {seen} instead of {expected}", call.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn every_call_has_a_row_and_every_row_a_call() {
    let server = TestServer::start().await;
    let calls = calls(&server).await;
    let named: BTreeSet<&str> = calls.iter().map(|call| call.name.as_str()).collect();
    let rows: BTreeSet<&str> = TABLE.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, rows);
    assert_eq!((named.len(), rows.len()), (calls.len(), TABLE.len()), "each once");
    for (name, row) in TABLE {
        let cells = row.replace(' ', "");
        assert_eq!(cells.len(), CALLERS.len(), "{name}");
        assert!(cells.chars().all(|cell| "+!134".contains(cell)), "{name}");
    }
    let keys = CALLERS.iter().filter_map(|caller| caller.strip_prefix("a key with "));
    assert_eq!(keys.collect::<Vec<_>>(), SCOPES, "in the order of the scene");
}

#[tokio::test]
async fn who_may_call_what_1() {
    check(0, 4).await;
}

#[tokio::test]
async fn who_may_call_what_2() {
    check(1, 4).await;
}

#[tokio::test]
async fn who_may_call_what_3() {
    check(2, 4).await;
}

#[tokio::test]
async fn who_may_call_what_4() {
    check(3, 4).await;
}

#[tokio::test]
async fn of_agents_in_a_list_only_who_manages_them_sees_more_than_a_colleague() {
    let server = TestServer::start().await;
    let scene = Scene::set(&server).await;
    for (at, caller) in CALLERS.iter().enumerate() {
        let list = scene.workspace.call("GET", "/agents", &scene.bearers[at], Value::Null).await;
        if list.status != 200 {
            continue;
        }
        let manages = ["an admin", "a key with agents:write", "a key with admin", "root"];
        for agent in list.items() {
            let fields = agent.as_object().unwrap();
            assert_eq!(fields.contains_key("email"), manages.contains(caller), "{caller}");
            assert_eq!(fields.contains_key("capacity"), manages.contains(caller), "{caller}");
        }
    }
}
