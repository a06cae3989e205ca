//! Who sees what of the live view, and for how long.

use serde_json::{Value, json};

use crate::{
    live::{admin, entry, ids, until, watch, with_two_departments},
    ws::{Encoding, Ws, in_both},
};

in_both![
    an_agent_sees_its_own_departments,
    a_new_membership_is_a_new_snapshot,
    a_demoted_admin_sees_less,
    a_colleague_who_leaves_is_no_longer_seen,
    unsubscribed_is_quiet,
    a_resumed_session_goes_on_watching,
];

async fn an_agent_sees_its_own_departments(encoding: Encoding) {
    let (server, workspace) = with_two_departments().await;
    let token = workspace.agent("ann", &["sales"]).await;
    workspace.agent("bob", &["sales", "care"]).await;
    let other = workspace.agent("cid", &["care"]).await;
    let mut other = Ws::agent(server.addr, encoding, &other).await;
    let theirs = workspace.open("care").await.json["id"].clone();
    let ours = workspace.open("sales").await.json["id"].clone();
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    let snapshot = watch(&mut agent).await;
    assert_eq!(ids(&snapshot["agents"]), ["ann", "bob"]);
    assert_eq!(ids(&snapshot["departments"]), ["sales"]);
    let queued = snapshot["queued"].as_array().unwrap();
    assert_eq!(queued.len(), 1);
    assert_eq!(queued[0]["conversation_id"], ours);
    assert_eq!(
        (&snapshot["totals"]["waiting"], &snapshot["totals"]["opened"]),
        (&json!(1), &json!(1))
    );
    // What happens elsewhere is not told, also not among what happens here.
    other.set_availability("online").await;
    other.close(&json!({"id": theirs})).await;
    workspace.open("sales").await;
    let delta = until(&mut agent, |delta| delta["totals"]["waiting"] == 2).await;
    assert!(entry(&delta["agents"], "cid").is_none(), "{delta}");
    assert!(entry(&delta["departments"], "care").is_none(), "{delta}");
    assert_eq!(delta["totals"]["closed"], 0);
}

async fn a_new_membership_is_a_new_snapshot(encoding: Encoding) {
    let (server, workspace) = with_two_departments().await;
    let token = workspace.agent("ann", &["sales"]).await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    watch(&mut agent).await;
    workspace.root("PUT", "/departments/care/members/ann", Value::Null).await.expect(204);
    agent.push("membership.changed").await;
    let known = async {
        loop {
            let said = agent.recv().await;
            if entry(&said["departments"], "care").is_some() {
                return said;
            }
        }
    };
    let said = known.await;
    assert_eq!(said["type"], "live.snapshot");
    assert_eq!(ids(&said["departments"]), ["care", "sales"]);
}

async fn a_demoted_admin_sees_less(encoding: Encoding) {
    let (server, workspace) = with_two_departments().await;
    workspace.admin("other").await;
    let mut boss = admin(&server, &workspace, encoding).await;
    assert_eq!(ids(&watch(&mut boss).await["departments"]), ["care", "sales"]);
    let less = json!({"role": "agent", "department_ids": ["care"]});
    workspace.patch("/agents/boss", less).await;
    let snapshot = boss.push_past("live.snapshot", &["membership.changed"]).await;
    assert_eq!(ids(&snapshot["departments"]), ["care"]);
    assert_eq!(ids(&snapshot["agents"]), ["boss"]);
}

async fn unsubscribed_is_quiet(encoding: Encoding) {
    let (server, workspace) = with_two_departments().await;
    let mut boss = admin(&server, &workspace, encoding).await;
    let mut other = Ws::agent(server.addr, encoding, &workspace.token("boss").await).await;
    watch(&mut boss).await;
    watch(&mut other).await;
    boss.ok(json!({"type": "live.unsubscribe"})).await;
    boss.settle().await;
    workspace.open("sales").await;
    until(&mut other, |delta| delta["totals"]["waiting"] == 1).await;
    boss.quiet().await;
    boss.ok(json!({"type": "live.unsubscribe"})).await;
    assert_eq!(watch(&mut boss).await["totals"]["waiting"], 1);
}

async fn a_resumed_session_goes_on_watching(encoding: Encoding) {
    let (server, workspace) = with_two_departments().await;
    let mut boss = admin(&server, &workspace, encoding).await;
    watch(&mut boss).await;
    let hello = json!({"token": workspace.token("boss").await, "resume": boss.resume()});
    drop(boss);
    workspace.open("sales").await;
    let mut back = Ws::hello(server.addr, encoding, hello).await;
    assert_eq!(back.welcome["resumed"], true);
    let afresh = back.recv().await;
    assert_eq!(
        (&afresh["type"], &afresh["totals"]["waiting"]),
        (&json!("live.snapshot"), &json!(1))
    );
    workspace.open("care").await;
    until(&mut back, |delta| delta["totals"]["waiting"] == 2).await;
    let mut other = Ws::agent(server.addr, encoding, &workspace.token("boss").await).await;
    other.quiet().await;
}

async fn a_colleague_who_leaves_is_no_longer_seen(encoding: Encoding) {
    let (server, workspace) = with_two_departments().await;
    let token = workspace.agent("ann", &["sales"]).await;
    workspace.agent("bob", &["sales"]).await;
    let mut agent = Ws::agent(server.addr, encoding, &token).await;
    assert_eq!(ids(&watch(&mut agent).await["agents"]), ["ann", "bob"]);
    workspace.root("DELETE", "/departments/sales/members/bob", Value::Null).await.expect(204);
    let snapshot = loop {
        let said = agent.recv().await;
        if said["type"] == "live.snapshot" {
            break said;
        }
    };
    assert_eq!(ids(&snapshot["agents"]), ["ann"]);
}
