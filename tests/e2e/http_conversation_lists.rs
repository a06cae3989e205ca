//! `GET …/conversations` and `…/conversations/{id}`: filters, pages, history, and who sees what.

use serde_json::{Value, json};

use crate::{
    people::on_duty,
    server::{TestServer, Workspace},
};

async fn close(workspace: &Workspace, id: &str) {
    let path = format!("/conversations/{id}/close");
    workspace.root("POST", &path, Value::Null).await.expect(200);
}

/// In `help`: one assigned to ann, one waiting, one closed; in `sales`: one waiting.
async fn four(workspace: &Workspace) -> (String, [String; 4]) {
    workspace.department("help").await;
    workspace.department("sales").await;
    let fields = json!({"department_ids": ["help"], "capacity": 1});
    let token = workspace.agent_with("ann", fields).await;
    let ann = on_duty(workspace, "ann", &token).await;
    let closed = workspace.open("help").await.text_of("id");
    close(workspace, &closed).await;
    let held = workspace.open("help").await.text_of("id");
    let waiting = workspace.open("help").await.text_of("id");
    let elsewhere = workspace.open("sales").await.text_of("id");
    drop(ann);
    (token, [closed, held, waiting, elsewhere])
}

#[tokio::test]
async fn the_list_holds_all_of_them_oldest_first() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (_, ids) = four(&workspace).await;
    let list = workspace.get("/conversations").await;
    assert_eq!(list.ids(), ids);
    assert_eq!(list.json["next_cursor"], Value::Null);
    let states: Vec<&Value> = list.items().iter().map(|item| &item["state"]).collect();
    assert_eq!(states, ["closed", "assigned", "queued", "queued"]);
    assert!(list.items().iter().all(|item| item.get("history").is_none()));
}

#[tokio::test]
async fn each_filter_narrows_it() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (_, [closed, held, waiting, elsewhere]) = four(&workspace).await;
    for (query, expected) in [
        ("state=queued", vec![&waiting, &elsewhere]),
        ("state=assigned", vec![&held]),
        ("state=closed", vec![&closed]),
        ("state=rejected", vec![]),
        ("state=offered", vec![]),
        ("department_id=sales", vec![&elsewhere]),
        ("department_id=help", vec![&closed, &held, &waiting]),
        ("department_id=nope", vec![]),
        ("agent_id=ann", vec![&closed, &held]),
        ("agent_id=ann&state=assigned", vec![&held]),
        ("agent_id=nobody", vec![]),
        ("state=queued&department_id=help", vec![&waiting]),
    ] {
        let found = workspace.get(&format!("/conversations?{query}")).await.ids();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let unknown = workspace.root("GET", "/conversations?state=lost", Value::Null).await;
    let unknown = unknown.refused(400, "bad_request");
    assert!(unknown.text_of("detail").contains("state"));
}

#[tokio::test]
async fn pages_go_on_where_the_last_one_ended_whatever_was_closed_meanwhile() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(workspace.open("help").await.text_of("id"));
    }
    let first = workspace.get("/conversations?limit=3").await;
    assert_eq!(first.ids(), ids[..3]);
    close(&workspace, &ids[1]).await;
    close(&workspace, &ids[4]).await;
    let cursor = first.text_of("next_cursor");
    let second = workspace.get(&format!("/conversations?limit=3&cursor={cursor}")).await;
    assert_eq!(second.ids(), ids[3..6]);
    let cursor = second.text_of("next_cursor");
    let third = workspace.get(&format!("/conversations?limit=3&cursor={cursor}")).await;
    assert_eq!((third.ids(), &third.json["next_cursor"]), (ids[6..].to_vec(), &Value::Null));
    // Filtered pages are pages too.
    let first = workspace.get("/conversations?state=queued&limit=4").await;
    let cursor = first.text_of("next_cursor");
    let rest = format!("/conversations?state=queued&limit=4&cursor={cursor}");
    let rest = workspace.get(&rest).await;
    let waiting = [&ids[0], &ids[2], &ids[3], &ids[5], &ids[6]];
    let found = [first.ids(), rest.ids()].concat();
    assert_eq!(found.iter().collect::<Vec<_>>(), waiting);
}

#[tokio::test]
async fn small_pages_tell_all_of_them_once_in_the_order_of_their_opening() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(workspace.open("help").await.text_of("id"));
    }
    for id in ids.iter().step_by(3) {
        close(&workspace, id).await;
    }
    for limit in 1..=5 {
        let (mut told, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = workspace.get(&format!("/conversations?limit={limit}{cursor}")).await;
            assert!(page.items().len() <= limit);
            told.extend(page.ids());
            let Some(next) = page.json["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(told, ids, "{limit} at a time");
    }
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    for list in ["/conversations", "/agents", "/departments", "/events"] {
        for query in ["limit=0", "limit=101", "limit=-1", "limit=x", "cursor=%20", "cursor=!!"] {
            let reply = workspace.root("GET", &format!("{list}?{query}"), Value::Null).await;
            let reply = reply.refused(400, "bad_request");
            let field = query.split('=').next().unwrap();
            assert!(reply.text_of("detail").contains(field), "{list}?{query}: {}", reply.text);
        }
        workspace.get(&format!("{list}?limit=100")).await;
        workspace.get(&format!("{list}?limit=1&unknown=ignored")).await;
    }
}

#[tokio::test]
async fn fifty_are_a_page_where_nothing_is_said() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("help").await;
    for _ in 0..51 {
        workspace.open("help").await;
    }
    let page = workspace.get("/conversations").await;
    assert_eq!(page.items().len(), 50);
    assert!(page.json["next_cursor"].is_string());
}

#[tokio::test]
async fn the_single_one_has_its_history() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (_, [closed, held, waiting, _]) = four(&workspace).await;
    let kinds = |conversation: &Value| -> Vec<String> {
        let history = conversation["history"].as_array().unwrap();
        history.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    };
    let read = workspace.conversation(&closed).await;
    let expected = ["conversation.opened", "conversation.assigned", "conversation.closed"];
    assert_eq!(kinds(&read), expected);
    let history = read["history"].as_array().unwrap();
    for event in history {
        assert_eq!(event["conversation_id"], closed.as_str());
        assert!(event["id"].as_str().unwrap().starts_with("evt_"), "{event}");
        assert!(event["at"].is_u64() && event["data"].is_object(), "{event}");
    }
    assert!(history.windows(2).all(|two| two[0]["offset"].as_u64() < two[1]["offset"].as_u64()));
    assert_eq!(history[1]["agent_id"], "ann");
    assert_eq!((&history[2]["by"], history[2].get("by_id")), (&json!("root"), None));
    assert_eq!(kinds(&workspace.conversation(&held).await), expected[..2]);
    let waits = ["conversation.opened", "conversation.queued"];
    assert_eq!(kinds(&workspace.conversation(&waiting).await), waits);
}

#[tokio::test]
async fn an_agent_sees_its_own_and_those_of_its_departments() {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    let (ann, [closed, held, waiting, elsewhere]) = four(&workspace).await;
    let bob = workspace.agent("bob", &["sales"]).await;
    let nobody = workspace.agent("nia", &[]).await;
    let list = async |token: &str| {
        workspace.call("GET", "/conversations", token, Value::Null).await.expect(200).ids()
    };
    assert_eq!(list(&ann).await, [&*closed, &held, &waiting]);
    assert_eq!(list(&bob).await, [&*elsewhere]);
    assert_eq!(list(&nobody).await, Vec::<String>::new());
    let read = async |token: &str, id: &str| {
        workspace.call("GET", &format!("/conversations/{id}"), token, Value::Null).await
    };
    for id in [&closed, &held, &waiting] {
        read(&ann, id).await.expect(200);
        read(&bob, id).await.refused(404, "not_found");
    }
    read(&ann, &elsewhere).await.refused(404, "not_found");
    // What it holds it sees, whatever departments it has left.
    workspace.root("DELETE", "/departments/help/members/ann", Value::Null).await.expect(204);
    assert!(list(&ann).await.contains(&held));
    read(&ann, &held).await.expect(200);
    read(&ann, &waiting).await.refused(404, "not_found");
    let refused = workspace.root("GET", "/conversations/cnv_unknown", Value::Null).await;
    refused.refused(404, "not_found");
}
