//! Held sessions: a phone asleep with leave is still present, and is asked before it is given.

use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk, LONG},
    spoken::{given, offer_id, offered, withdrawn},
    ws::{Encoding, Ws, check_fields, in_both},
};

in_both![
    refused_unless_the_workspace_allows_it,
    it_lasts_as_long_as_asked_and_allowed,
    asleep_it_is_present_and_offered_to,
    it_comes_after_everybody_who_is_awake,
    coming_back_it_hears_what_was_offered,
    the_hold_over_it_is_absent,
    ended_it_is_absent_at_once,
    the_same_device_replaces_its_sleeping_session,
    asleep_and_away_nothing_is_offered,
    a_second_device_awake_is_given_as_ever,
    what_it_holds_it_keeps,
    visitors_have_no_leave,
];

fn hold(ms: u64) -> Value {
    json!({"type": "session.hold", "hold_ms": ms})
}

async fn desk(encoding: Encoding, policy: Value) -> Desk {
    let desk = Desk::set(encoding, policy).await;
    desk.workspace.patch("", json!({"settings": {"mobile_hold_ms": LONG}})).await;
    desk
}

/// Asleep with leave: its token, and what it would resume with.
async fn asleep(mut agent: Agent) -> (String, Value) {
    agent.ok(hold(60_000)).await;
    let (token, resume) = (agent.token.clone(), agent.resume());
    agent.into_ws().leave().await;
    (token, resume)
}

async fn refused_unless_the_workspace_allows_it(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({})).await;
    let mut ann = desk.agent("ann").await;
    let answer = ann.request(hold(1_000)).await;
    assert_eq!(
        (&answer["type"], &answer["retryable"]),
        (&json!("error"), &json!(false)),
        "{answer}"
    );
    assert_eq!(desk.open().await["state"], "assigned", "she is awake as before");
}

async fn it_lasts_as_long_as_asked_and_allowed(encoding: Encoding) {
    let desk = desk(encoding, json!({})).await;
    let mut ann = desk.agent("ann").await;
    for (asked, given) in [(60_000, 60_000), (2 * LONG, LONG)] {
        let before = ann.ping().await["now"].as_u64().unwrap();
        let ok = ann.ok(hold(asked)).await;
        check_fields(&ok, &["type", "ref", "held_until"]);
        let after = ann.ping().await["now"].as_u64().unwrap();
        let until = ok["held_until"].as_u64().unwrap();
        assert!((before + given..=after + given).contains(&until), "{ok}");
    }
}

async fn asleep_it_is_present_and_offered_to(encoding: Encoding) {
    let desk = desk(encoding, json!({"reconnect_grace_ms": 0})).await;
    let (token, _) = asleep(desk.agent("ann").await).await;
    let look = desk.look("ann").await;
    assert_eq!((&look["present"], &look["availability"]), (&json!(true), &json!("online")));
    assert_eq!(look["routable"], true);
    let opened = desk.open().await;
    assert_eq!((&opened["state"], &opened["agent"]), (&json!("offered"), &Value::Null));
    assert_eq!(opened["offer"]["agent_id"], "ann");
    let lasts = opened["offer"]["expires_at"].as_u64().unwrap();
    let lasts = lasts - opened["queued_at"].as_u64().unwrap();
    assert!((30_000..31_000).contains(&lasts), "30 s where the policy has none: {opened}");
    let taken = desk.act(&token, &opened, "accept", offer_id(&opened)).await.expect(200).json;
    assert_eq!(taken["agent"]["id"], "ann");
    assert_eq!(desk.open().await["state"], "offered", "still asleep");
}

async fn it_comes_after_everybody_who_is_awake(encoding: Encoding) {
    let desk = desk(encoding, json!({})).await;
    asleep(desk.agent("ann").await).await;
    let mut bob = desk.agent_with("bob", json!({"capacity": 3})).await;
    for _ in 0..3 {
        assert_eq!(desk.open().await["agent"]["id"], "bob", "busy, but awake");
        given(&mut bob).await;
    }
    let opened = desk.open().await;
    assert_eq!(opened["offer"]["agent_id"], "ann");
}

async fn coming_back_it_hears_what_was_offered(encoding: Encoding) {
    let desk = desk(encoding, json!({})).await;
    let (token, resume) = asleep(desk.agent("ann").await).await;
    let opened = desk.open().await;
    let mut ann = desk.resumed(&token, resume).await;
    assert_eq!(ann.welcome["resumed"], true);
    let shown = &ann.welcome["conversations"][0];
    assert_eq!((&shown["id"], &shown["state"]), (&opened["id"], &json!("offered")));
    let offer = offered(&mut ann).await;
    assert_eq!(offer["offer"]["id"], opened["offer"]["id"]);
    ann.quiet().await;
    assert_eq!(desk.open().await["agent"]["id"], "ann", "awake again");
    given(&mut ann).await;
}

async fn the_hold_over_it_is_absent(encoding: Encoding) {
    let desk = desk(encoding, json!({"reconnect_grace_ms": 0})).await;
    let mut ann = desk.agent("ann").await;
    let held = desk.open().await;
    given(&mut ann).await;
    ann.ok(hold(400)).await;
    let (token, resume) = (ann.token.clone(), ann.resume());
    ann.into_ws().leave().await;
    let opened = desk.open().await;
    assert_eq!(opened["state"], "offered");
    desk.absent("ann").await;
    desk.is(&opened, "queued").await;
    desk.becomes(&held, "queued").await;
    let mut ann = desk.resumed(&token, resume).await;
    if ann.welcome["resumed"] == true {
        let offer = offered(&mut ann).await;
        withdrawn(&mut ann, &offer, "lost").await;
    }
    let look = desk.look("ann").await;
    assert_eq!((&look["present"], &look["availability"]), (&json!(true), &json!("online")));
}

async fn ended_it_is_absent_at_once(encoding: Encoding) {
    let desk = desk(encoding, json!({"reconnect_grace_ms": LONG})).await;
    let mut ann = desk.agent("ann").await;
    let held = desk.open().await;
    given(&mut ann).await;
    ann.ok(hold(60_000)).await;
    ann.end().await;
    assert_eq!(desk.look("ann").await["present"], false);
    desk.is(&held, "queued").await;
}

async fn the_same_device_replaces_its_sleeping_session(encoding: Encoding) {
    let desk = desk(encoding, json!({})).await;
    let token = desk.workspace.agent("ann", &["sales"]).await;
    let hello = json!({"token": token, "device": {"id": "phone-1", "kind": "mobile"}});
    let mut old = Ws::hello(desk.server.addr, encoding, hello.clone()).await;
    old.set_availability("online").await;
    old.ok(hold(60_000)).await;
    let resume = old.resume();
    old.leave().await;
    let new = Ws::hello(desk.server.addr, encoding, hello).await;
    assert_eq!(new.welcome["resumed"], false);
    assert_ne!(new.welcome["session_id"], resume["session_id"]);
    assert_eq!(desk.open().await["state"], "assigned", "it is awake");
    new.leave().await;
    desk.absent("ann").await;
    let back = desk.resumed(&token, resume).await;
    assert_eq!(back.welcome["resumed"], false, "the old session is gone");
}

async fn asleep_and_away_nothing_is_offered(encoding: Encoding) {
    let desk = desk(encoding, json!({})).await;
    let (token, _) = asleep(desk.agent("ann").await).await;
    let opened = desk.open().await;
    assert_eq!(opened["state"], "offered");
    let path = desk.workspace.path("/agents/ann/availability");
    let away = json!({"availability": "away"});
    desk.workspace.http.call("PUT", &path, &token, away).await.expect(200);
    desk.is(&opened, "queued").await;
    assert_eq!(desk.open().await["state"], "queued");
}

async fn a_second_device_awake_is_given_as_ever(encoding: Encoding) {
    let desk = desk(encoding, json!({})).await;
    let (token, resume) = asleep(desk.agent("ann").await).await;
    let mut web = desk.device(&token).await;
    let opened = desk.open().await;
    assert_eq!(opened["agent"]["id"], "ann");
    assert_eq!(given(&mut web).await["id"], opened["id"]);
    let mut phone = desk.resumed(&token, resume).await;
    assert_eq!(given(&mut phone).await["id"], opened["id"], "and hears of it once awake");
}

async fn what_it_holds_it_keeps(encoding: Encoding) {
    let desk = desk(encoding, json!({"reconnect_grace_ms": 0})).await;
    let mut ann = desk.agent("ann").await;
    let held = desk.open().await;
    given(&mut ann).await;
    asleep(ann).await;
    let _bob = desk.agent("bob").await;
    desk.with(&held, "ann").await;
    assert_eq!(desk.look("ann").await["present"], true);
}

async fn visitors_have_no_leave(encoding: Encoding) {
    let desk = desk(encoding, json!({})).await;
    let mut visitor = desk.visitor().await;
    let answer = visitor.request(hold(1_000)).await;
    assert_eq!(answer["type"], "error", "{answer}");
}
