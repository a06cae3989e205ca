//! `…/agents`: made, listed, read; and `/v1/me`.

use serde_json::{Value, json};

use crate::{people::sign_in, server::TestServer};

fn named(id: &str, email: &str) -> Value {
    json!({"id": id, "name": id, "email": email})
}

#[tokio::test]
async fn one_is_made_with_the_defaults() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let body = json!({"id": "ann", "name": " Ann ", "email": "ann@example.org"});
    let ann = workspace.post("/agents", body).await.json;
    assert_eq!((&ann["id"], &ann["name"]), (&json!("ann"), &json!("Ann")));
    assert_eq!(ann["email"], "ann@example.org");
    assert_eq!((&ann["role"], &ann["capacity"]), (&json!("agent"), &json!(5)));
    assert_eq!((&ann["department_ids"], &ann["skills"]), (&json!([]), &json!([])));
    assert_eq!((&ann["availability"], &ann["present"]), (&json!("away"), &json!(false)));
    assert_eq!((&ann["load"], &ann["routable"]), (&json!(0), &json!(false)));
    assert!(ann["routable_reason"].is_string());
    assert!(ann["availability_since"].is_u64() && ann["availability_by"].is_string(), "{ann}");
    for absent in ["external_id", "avatar_url", "password", "token"] {
        assert!(ann.get(absent).is_none(), "{absent}");
    }
    assert_eq!(workspace.get("/agents/ann").await.json, ann);
}

#[tokio::test]
async fn one_is_made_with_everything_that_can_be_said() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    workspace.department("sales").await;
    let body = json!({
        "email": "ada@example.org", "name": "Ada", "role": "admin", "capacity": 0,
        "department_ids": ["sales", "help"], "skills": ["de", "billing"], "external_id": "crm-7",
    });
    let ada = workspace.post("/agents", body.clone()).await.json;
    for field in ["email", "name", "role", "capacity", "external_id"] {
        assert_eq!(ada[field], body[field], "{field}");
    }
    let sorted = |field: &str| {
        let mut texts: Vec<&str> =
            ada[field].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
        texts.sort_unstable();
        texts
    };
    assert_eq!(sorted("department_ids"), ["help", "sales"]);
    assert_eq!(sorted("skills"), ["billing", "de"]);
}

#[tokio::test]
async fn what_cannot_be_taken_is_named_and_takes_no_seat() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    for (field, value) in [
        ("id", json!("a b")),
        ("email", json!("nonsense")),
        ("email", json!("a@b\r\nBcc: everybody@example.org")),
        ("email", Value::Null),
        ("name", json!("")),
        ("name", json!("x".repeat(101))),
        ("role", json!("boss")),
        ("capacity", json!(-1)),
        ("capacity", json!(1.5)),
        ("department_ids", json!("help")),
        ("skills", json!([1])),
        ("external_id", json!("x".repeat(129))),
    ] {
        let mut body = named("ann", "ann@example.org");
        body[field] = value;
        let refused = workspace.root("POST", "/agents", body).await.refused(400, "bad_request");
        assert!(refused.text_of("detail").contains(field), "{field}: {}", refused.text);
    }
    let mut body = named("ann", "ann@example.org");
    body["department_ids"] = json!(["nope"]);
    workspace.root("POST", "/agents", body).await.refused(404, "not_found");
    assert_eq!(workspace.get("").await.json["usage"]["seats"], 0);
    assert_eq!(workspace.get("/agents").await.items().len(), 0);
}

#[tokio::test]
async fn there_are_as_many_as_there_are_seats() {
    let server = TestServer::start().await;
    let workspace = server.workspace_on("starter").await;
    for id in ["a", "b", "c"] {
        workspace.agent(id, &[]).await;
    }
    let fourth = named("d", "d@example.org");
    workspace.root("POST", "/agents", fourth.clone()).await.refused(402, "seat_limit");
    workspace.root("DELETE", "/agents/b", Value::Null).await.expect(204);
    workspace.post("/agents", fourth).await;
    assert_eq!(workspace.get("").await.json["usage"]["seats"], 3);
}

#[tokio::test]
async fn an_address_is_in_use_once_however_it_is_written() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.post("/agents", named("ann", "Ann@Example.org")).await;
    for email in ["Ann@Example.org", "ann@example.org", "ANN@EXAMPLE.ORG"] {
        let refused = workspace.root("POST", "/agents", named("other", email)).await;
        refused.refused(409, "already_member");
    }
    workspace.root("DELETE", "/agents/ann", Value::Null).await.expect(204);
    workspace.post("/agents", named("other", "ann@example.org")).await;
    // Another workspace is another matter.
    server.workspace().await.post("/agents", named("ann", "ann@example.org")).await;
}

#[tokio::test]
async fn an_id_is_given_once_even_after_its_agent_is_gone() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.post("/agents", named("ann", "ann@example.org")).await;
    let again = named("ann", "other@example.org");
    workspace.root("POST", "/agents", again.clone()).await.refused(409, "id_taken");
    workspace.root("DELETE", "/agents/ann", Value::Null).await.expect(204);
    workspace.root("POST", "/agents", again).await.refused(409, "id_taken");
}

#[tokio::test]
async fn colleagues_see_little_of_each_other_and_admins_all() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let (admin, ann) = (workspace.admin("ada").await, workspace.agent("ann", &["help"]).await);
    let all = workspace.call("GET", "/agents", &admin, Value::Null).await.expect(200);
    assert_eq!(all.ids(), ["ada", "ann"]);
    assert_eq!(all.items()[1]["email"], "ann@example.org");
    let seen = workspace.call("GET", "/agents", &ann, Value::Null).await.expect(200);
    let expected = json!([
        {"id": "ada", "name": "ada", "availability": "away", "present": false, "department_ids": []},
        {"id": "ann", "name": "ann", "availability": "away", "present": false,
         "department_ids": ["help"]},
    ]);
    assert_eq!(seen.json["items"], expected);
}

#[tokio::test]
async fn an_agent_reads_itself_and_nobody_else() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (admin, ann) = (workspace.admin("ada").await, workspace.agent("ann", &[]).await);
    let own = workspace.call("GET", "/agents/ann", &ann, Value::Null).await.expect(200);
    assert_eq!(own.json["email"], "ann@example.org");
    let other = workspace.call("GET", "/agents/ada", &ann, Value::Null).await;
    other.refused(403, "forbidden");
    let unknown = workspace.call("GET", "/agents/nobody", &ann, Value::Null).await;
    unknown.refused(404, "not_found");
    let by_admin = workspace.call("GET", "/agents/ann", &admin, Value::Null).await.expect(200);
    assert_eq!(by_admin.json, own.json);
    let body = named("mine", "mine@example.org");
    workspace.call("POST", "/agents", &ann, body).await.refused(403, "forbidden");
}

#[tokio::test]
async fn me_is_whose_token_it_is() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let ann = workspace.agent("ann", &[]).await;
    let me = server.http().call("GET", "/v1/me", &ann, Value::Null).await.expect(200);
    assert_eq!(me.json, workspace.get("/agents/ann").await.json);
    server.anyone("GET", "/v1/me").await.refused(401, "unauthenticated");
    // The root key is nobody's.
    server.root("GET", "/v1/me", Value::Null).await.refused(404, "not_found");
}

#[tokio::test]
async fn the_list_comes_in_pages_oldest_first() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    for id in ["e", "d", "c", "b", "a"] {
        workspace.agent(id, &[]).await;
    }
    let mut seen = Vec::new();
    let mut path = "/agents?limit=2".to_owned();
    loop {
        let page = workspace.get(&path).await;
        seen.extend(page.ids());
        let Some(cursor) = page.json["next_cursor"].as_str() else { break };
        path = format!("/agents?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["e", "d", "c", "b", "a"]);
}

#[tokio::test]
async fn presence_and_load_are_as_of_now() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let fields = json!({"department_ids": ["help"], "capacity": 1});
    let token = workspace.agent_with("ann", fields).await;
    let ann = sign_in(&workspace, &token).await;
    let now = |field: &'static str| {
        let workspace = workspace.clone();
        async move { workspace.get("/agents/ann").await.json[field].clone() }
    };
    assert_eq!((now("present").await, now("routable").await), (json!(true), json!(false)));
    workspace.set_availability("ann", "online").await;
    assert_eq!((now("routable").await, now("routable_reason").await), (json!(true), Value::Null));
    workspace.open("help").await;
    assert_eq!((now("load").await, now("routable").await), (json!(1), json!(false)));
    assert_eq!(now("routable_reason").await, "at_capacity");
    ann.end().await.unwrap();
    assert_eq!(now("present").await, json!(false));
    assert_eq!(now("availability").await, "online", "never changed by losing a session");
}
