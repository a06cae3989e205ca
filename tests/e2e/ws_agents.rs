//! What an agent says and hears of itself, on one device and on several.

use serde_json::{Value, json};

use crate::{
    server::{TestServer, Workspace},
    ws::{Encoding, Ws, check_fields, in_both},
};

in_both![
    availability_is_told_to_the_other_devices,
    availability_set_from_outside_is_told_to_all,
    after_away_nothing_arrives,
    what_is_no_availability_is_a_bad_message,
    memberships_are_told,
    one_of_two_devices_closing_changes_nothing,
    a_second_device_does_not_override_away,
    a_ninth_device_closes_the_oldest,
    what_is_for_others_is_refused,
    visitors_learn_nothing_of_what_agents_do,
];

async fn with_agent() -> (TestServer, Workspace, String) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let token = workspace.agent("ann", &["sales"]).await;
    (server, workspace, token)
}

async fn availability_is_told_to_the_other_devices(encoding: Encoding) {
    let (server, _, token) = with_agent().await;
    let mut one = Ws::agent(server.addr, encoding, &token).await;
    let mut two = Ws::agent(server.addr, encoding, &token).await;
    for (seq, said) in [(1, "online"), (2, "away"), (3, "online")] {
        let ok = one.set_availability(said).await;
        check_fields(&ok, &["type", "ref", "availability"]);
        assert_eq!(ok["availability"], said);
        let told = two.push("availability.changed").await;
        check_fields(&told, &["type", "seq", "availability", "by"]);
        let expected = json!({"type": "availability.changed", "seq": seq, "availability": said, "by": "agent"});
        assert_eq!(told, expected);
    }
    one.quiet().await;
    two.quiet().await;
}

async fn availability_set_from_outside_is_told_to_all(encoding: Encoding) {
    let (server, workspace, token) = with_agent().await;
    let mut one = Ws::agent(server.addr, encoding, &token).await;
    let mut two = Ws::agent(server.addr, encoding, &token).await;
    workspace.set_availability("ann", "online").await;
    for device in [&mut one, &mut two] {
        let told = device.push("availability.changed").await;
        assert_eq!((&told["availability"], &told["by"]), (&json!("online"), &json!("root")));
    }
    let path = workspace.path("/agents/ann/availability");
    server.http().call("PUT", &path, &token, json!({"availability": "away"})).await.expect(200);
    for device in [&mut one, &mut two] {
        let told = device.push("availability.changed").await;
        assert_eq!((&told["availability"], &told["by"]), (&json!("away"), &json!("agent")));
    }
}

async fn after_away_nothing_arrives(encoding: Encoding) {
    let (server, workspace, token) = with_agent().await;
    let mut one = Ws::online(server.addr, encoding, &token).await;
    let mut two = Ws::agent(server.addr, encoding, &token).await;
    let held = workspace.open("sales").await.json["id"].clone();
    one.push("conversation.assigned").await;
    two.push("conversation.assigned").await;
    one.set_availability("away").await;
    two.push("availability.changed").await;
    let waits = workspace.open("sales").await;
    assert_eq!(waits.json["state"], "queued");
    one.quiet().await;
    two.quiet().await;
    let held = workspace.conversation(held.as_str().unwrap()).await;
    assert_eq!(held["agent"]["id"], "ann", "what it holds stays");
}

async fn what_is_no_availability_is_a_bad_message(encoding: Encoding) {
    let (server, workspace, token) = with_agent().await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    for wrong in [json!("busy"), json!(""), json!(1), Value::Null, json!(["online"])] {
        let body = json!({"type": "availability.set", "availability": wrong});
        agent.refused(body, "bad_message").await;
    }
    agent.refused(json!({"type": "availability.set"}), "bad_message").await;
    assert_eq!(workspace.get("/agents/ann").await.json["availability"], "away");
}

async fn memberships_are_told(encoding: Encoding) {
    let (server, workspace, token) = with_agent().await;
    workspace.department("care").await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    workspace.root("PUT", "/departments/care/members/ann", Value::Null).await.expect(204);
    let told = agent.push("membership.changed").await;
    check_fields(&told, &["type", "seq", "department_ids"]);
    let mut ids: Vec<_> = told["department_ids"].as_array().unwrap().clone();
    ids.sort_by_key(Value::to_string);
    assert_eq!(ids, ["care", "sales"]);
    workspace.root("DELETE", "/departments/sales/members/ann", Value::Null).await.expect(204);
    let told = agent.push("membership.changed").await;
    assert_eq!(told["department_ids"], json!(["care"]));
    agent.quiet().await;
}

async fn one_of_two_devices_closing_changes_nothing(encoding: Encoding) {
    let (server, workspace, token) = with_agent().await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let mut one = Ws::agent(server.addr, encoding, &token).await;
    let mut two = Ws::online(server.addr, encoding, &token).await;
    one.push("availability.changed").await;
    visitor.push("departments.changed").await;
    let first = visitor.open("sales").await;
    one.push("conversation.assigned").await;
    two.push("conversation.assigned").await;
    two.leave().await;
    let second = visitor.open("sales").await;
    assert_eq!(second["state"], "assigned");
    let told = one.push("conversation.assigned").await;
    assert_eq!(told["conversation"]["id"], second["id"]);
    one.quiet().await;
    visitor.quiet().await;
    let me = workspace.get("/agents/ann").await.json;
    assert_eq!(
        (&me["availability"], &me["present"], &me["load"]),
        (&json!("online"), &json!(true), &json!(2))
    );
    let first = workspace.conversation(first["id"].as_str().unwrap()).await;
    assert_eq!((&first["state"], &first["agent"]["id"]), (&json!("assigned"), &json!("ann")));
}

async fn a_second_device_does_not_override_away(encoding: Encoding) {
    let (server, workspace, token) = with_agent().await;
    let mut one = Ws::online(server.addr, encoding, &token).await;
    one.set_availability("away").await;
    let mut two = Ws::agent(server.addr, encoding, &token).await;
    assert_eq!(two.welcome["agent"]["availability"], "away");
    assert_eq!(workspace.open("sales").await.json["state"], "queued");
    one.quiet().await;
    two.quiet().await;
}

async fn a_ninth_device_closes_the_oldest(encoding: Encoding) {
    let server = TestServer::start_with(|config| config.limits.agent.sessions = Some(8)).await;
    assert_eq!(switchboard_protocol::Limits::default().agent.sessions, Some(8));
    assert_eq!(switchboard_protocol::Limits::default().visitor.sessions, Some(8));
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut devices = Vec::new();
    for _ in 0..9 {
        devices.push(Ws::agent(server.addr, encoding, &token).await);
    }
    devices[0].expect_close(4506).await;
    for device in &mut devices[1..] {
        device.ping().await;
    }
}

async fn what_is_for_others_is_refused(encoding: Encoding) {
    let (server, workspace, token) = with_agent().await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    let open = json!({"type": "conversation.open", "department_id": "sales"});
    agent.refused(open, "forbidden").await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    for body in [
        json!({"type": "availability.set", "availability": "online"}),
        json!({"type": "live.subscribe"}),
        json!({"type": "live.unsubscribe"}),
    ] {
        visitor.refused(body, "forbidden").await;
    }
    assert_eq!(workspace.get("/conversations").await.items().len(), 0);
}

/// Whether there is such a conversation is not for visitors to learn, nor what may be done with it.
async fn visitors_learn_nothing_of_what_agents_do(encoding: Encoding) {
    let server = TestServer::start().await;
    let workspace = server.workspace().await;
    workspace.department("sales").await;
    let mut visitor = Ws::visitor(server.addr, encoding, &workspace.site_key).await;
    let opened = visitor.open("sales").await;
    let own = opened["id"].as_str().unwrap();
    for id in [own, "cnv_unknown"] {
        for body in [
            json!({"type": "conversation.accept", "conversation_id": id, "offer_id": "off_1"}),
            json!({"type": "conversation.decline", "conversation_id": id, "offer_id": "off_1"}),
            json!({"type": "conversation.claim", "conversation_id": id}),
            json!({"type": "conversation.transfer", "conversation_id": id, "department_id": "sales"}),
        ] {
            visitor.refused(body, "not_found").await;
        }
    }
    assert_eq!(workspace.get(&format!("/conversations/{own}")).await.json["state"], "queued");
}
