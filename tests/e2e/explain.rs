//! `GET …/explain`: who was looked at, who was chosen, and why the others were not.

use serde_json::{Value, json};

use crate::{
    desk::{Desk, LONG},
    spoken::{decline, given, offered, transfer},
    ws::check_fields,
};

async fn explained(desk: &Desk, conversation: &Value) -> Value {
    let path = format!("/conversations/{}/explain", conversation["id"].as_str().unwrap());
    let explained = desk.workspace.get(&path).await.json;
    check_fields(&explained, &["conversation_id", "state", "decisions", "waiting_for"]);
    assert_eq!(explained["conversation_id"], conversation["id"]);
    let mut last = 0;
    for decision in explained["decisions"].as_array().unwrap() {
        for field in ["at", "strategy", "chosen_agent_id", "candidates"] {
            assert!(decision.get(field).is_some(), "{field}: {decision:#}");
        }
        assert!(decision["offset"].as_u64().unwrap() >= last, "in order: {explained:#}");
        last = decision["offset"].as_u64().unwrap();
        assert!(decision["cause"].is_string() && decision["left_out"].is_object(), "{decision:#}");
        for candidate in decision["candidates"].as_array().unwrap() {
            check_fields(candidate, &["agent_id", "load", "capacity", "rank", "reason"]);
        }
    }
    explained
}

fn last(explained: &Value) -> &Value {
    explained["decisions"].as_array().unwrap().last().expect("a decision")
}

/// Why this agent was, or was not.
#[track_caller]
fn reason<'d>(decision: &'d Value, agent: &str) -> &'d str {
    let mut candidates = decision["candidates"].as_array().unwrap().iter();
    let found = candidates.find(|candidate| candidate["agent_id"] == agent);
    found.unwrap_or_else(|| panic!("no {agent}: {decision:#}"))["reason"].as_str().unwrap()
}

#[tokio::test]
async fn the_chosen_one_and_all_others_with_their_reasons() {
    let desk = Desk::json(json!({"agent_capacity": 2})).await;
    desk.workspace.department("care").await;
    let french = |capacity: u64| json!({"skills": ["french"], "capacity": capacity});
    let _ann = desk.agent_with("ann", french(4)).await;
    let _bob = desk.agent_with("bob", french(4)).await;
    let _away = desk.away("away", french(4)).await;
    desk.workspace
        .agent_with("absent", json!({"department_ids": ["sales"], "skills": ["french"]}))
        .await;
    desk.workspace.set_availability("absent", "online").await;
    let _full = desk.agent_with("full", french(0)).await;
    let _plain = desk.agent("plain").await;
    let _eve = desk.agent_with("eve", json!({"department_ids": ["care"]})).await;
    let opened = desk.open_with(json!({"skills": ["french"]})).await;
    let explained = explained(&desk, &opened).await;
    assert_eq!(
        (&explained["state"], &explained["waiting_for"]),
        (&json!("assigned"), &Value::Null)
    );
    let decision = last(&explained);
    assert_eq!(
        (&decision["chosen_agent_id"], &decision["strategy"]),
        (&json!("ann"), &json!("least_busy"))
    );
    for (agent, expected) in [
        ("ann", "chosen"),
        ("bob", "ranked_lower"),
        ("away", "away"),
        ("absent", "absent"),
        ("full", "at_capacity"),
        ("plain", "missing_skill"),
    ] {
        assert_eq!(reason(decision, agent), expected, "{agent}");
    }
    let candidates = decision["candidates"].as_array().unwrap();
    assert_eq!((candidates.len(), &decision["left_out"]), (6, &json!({})), "members only");
    let of = |agent: &str| candidates.iter().find(|c| c["agent_id"] == agent).unwrap();
    let (ann, bob) = (of("ann"), of("bob"));
    assert_eq!((&ann["load"], &ann["capacity"]), (&json!(0), &json!(4)), "at the moment of it");
    assert!(ann["rank"].as_u64() < bob["rank"].as_u64(), "{decision:#}");
    assert_eq!(of("away")["rank"], Value::Null, "only who is eligible is ranked");
}

#[tokio::test]
async fn who_declined_cools_down_and_who_sleeps_is_held() {
    let desk = Desk::json(json!({"offer_timeout_ms": LONG, "decline_cooldown_ms": LONG})).await;
    desk.workspace.patch("", json!({"settings": {"mobile_hold_ms": LONG}})).await;
    let mut ann = desk.agent("ann").await;
    let mut bob = desk.agent("bob").await;
    let mut cai = desk.agent("cai").await;
    cai.ok(json!({"type": "session.hold", "hold_ms": 60_000})).await;
    let opened = desk.open().await;
    let offer = offered(&mut ann).await;
    assert_eq!(reason(last(&explained(&desk, &opened).await), "cai"), "held");
    ann.ok(decline(&offer)).await;
    offered(&mut bob).await;
    let explained = explained(&desk, &opened).await;
    assert_eq!(explained["decisions"].as_array().unwrap().len(), 2);
    assert_eq!(explained["decisions"][0]["chosen_agent_id"], "ann");
    let decision = last(&explained);
    assert_eq!(decision["chosen_agent_id"], "bob");
    assert_eq!(reason(decision, "ann"), "cooling_down");
    assert_eq!(reason(decision, "bob"), "chosen");
}

#[tokio::test]
async fn who_gave_it_away_is_the_giver() {
    let desk = Desk::json(json!({"decline_cooldown_ms": LONG})).await;
    let mut ann = desk.agent("ann").await;
    let held = desk.open().await;
    given(&mut ann).await;
    let mut bob = desk.agent("bob").await;
    ann.ok(transfer(&held, json!({"department_id": "sales"}))).await;
    given(&mut bob).await;
    let explained = explained(&desk, &held).await;
    assert_eq!(reason(last(&explained), "ann"), "giver");
    assert_eq!(reason(last(&explained), "bob"), "chosen");
}

#[tokio::test]
async fn who_has_all_that_the_department_allows() {
    let desk = Desk::json(json!({"agent_capacity": 1})).await;
    let mut ann = desk.agent("ann").await;
    desk.open().await;
    given(&mut ann).await;
    let waits = desk.open().await;
    let explained = explained(&desk, &waits).await;
    let decision = last(&explained);
    assert_eq!(decision["chosen_agent_id"], Value::Null);
    assert_eq!(reason(decision, "ann"), "at_department_capacity");
}

#[tokio::test]
async fn what_waits_says_what_for_as_of_now() {
    let desk = Desk::json(json!({})).await;
    let mut ann = desk.agent_with("ann", json!({"capacity": 1})).await;
    let held = desk.open().await;
    given(&mut ann).await;
    let waits = desk.open().await;
    let waiting_for = explained(&desk, &waits).await["waiting_for"].clone();
    let full = waiting_for.as_array().expect("something").clone();
    assert!(!full.is_empty());
    ann.set_availability("away").await;
    let waiting_for = explained(&desk, &waits).await["waiting_for"].clone();
    assert_ne!(waiting_for, json!(full), "it is live: now somebody must come online");
    ann.set_availability("online").await;
    ann.close(&held).await;
    given(&mut ann).await;
    let explained = explained(&desk, &waits).await;
    assert_eq!(
        (&explained["state"], &explained["waiting_for"]),
        (&json!("assigned"), &Value::Null)
    );
    desk.root(&waits, "close", json!({})).await.expect(200);
    let path = format!("/conversations/{}/explain", waits["id"].as_str().unwrap());
    let after = desk.workspace.get(&path).await.json;
    assert_eq!(after["state"], "closed");
    assert_eq!(after["decisions"], explained["decisions"], "also after the fact");
}

#[tokio::test]
async fn at_most_fifty_are_shown_and_the_rest_counted() {
    let desk = Desk::json(json!({})).await;
    for index in 0..60 {
        desk.workspace.agent(&format!("agent-{index}"), &["sales"]).await;
    }
    let ann = desk.agent("zzz").await;
    let opened = desk.open().await;
    assert_eq!(opened["agent"]["id"], "zzz");
    let explained = explained(&desk, &opened).await;
    let decision = last(&explained);
    assert!(decision["candidates"].as_array().unwrap().len() <= 50);
    assert_eq!(reason(decision, &ann.id), "chosen", "the chosen one is always among them");
    let left_out = decision["left_out"].as_object().unwrap();
    let counted: u64 = left_out.values().map(|count| count.as_u64().unwrap()).sum();
    let shown = decision["candidates"].as_array().unwrap().len() as u64;
    assert_eq!(counted + shown, 61, "{decision:#}");
}

#[tokio::test]
async fn it_is_for_admins() {
    let desk = Desk::json(json!({})).await;
    let mut ann = desk.agent("ann").await;
    let held = desk.open().await;
    given(&mut ann).await;
    let path = format!("/conversations/{}/explain", held["id"].as_str().unwrap());
    let call = async |bearer: &str| desk.workspace.call("GET", &path, bearer, Value::Null).await;
    call(&desk.workspace.admin("boss").await).await.expect(200);
    call(&ann.token).await.refused(403, "forbidden");
    call("").await.refused(401, "unauthenticated");
    let nobodys =
        desk.workspace.root("GET", "/conversations/cnv_nobody/explain", Value::Null).await;
    nobodys.refused(404, "not_found");
}
