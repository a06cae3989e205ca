//! Claiming: taking what waits, or what was offered to somebody else.

use futures::future::join;
use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk},
    spoken::{about, accept, decline, given, offered, withdrawn},
    ws::{Encoding, Ws, in_both},
};

in_both![
    what_waits_is_claimed_cooling_down_or_not,
    what_is_offered_to_another_is_claimed,
    of_two_claims_one_wins,
    what_somebody_has_is_taken,
    what_has_ended_is_a_conflict,
    whoever_is_no_member_finds_nothing,
    whoever_is_away_may_not,
    whoever_is_absent_may_not,
    whoever_lacks_a_skill_may_not,
    whoever_is_full_may_not,
    whoever_is_full_in_this_department_may_not,
];

/// One that waits, as all of these have declined it.
async fn waiting<const N: usize>(
    encoding: Encoding,
    names: [&str; N],
) -> (Desk, Vec<Agent>, Value) {
    let desk = Desk::offering(encoding).await;
    let mut agents = Vec::new();
    for name in names {
        agents.push(desk.agent(name).await);
    }
    let opened = desk.open().await;
    for agent in &mut agents {
        let offer = offered(agent).await;
        agent.ok(decline(&offer)).await;
    }
    desk.is(&opened, "queued").await;
    (desk, agents, opened)
}

fn claim(conversation: &Value) -> Value {
    about("conversation.claim", conversation)
}

/// The claim is refused for this reason, and nothing changes.
async fn refused(desk: &Desk, ws: &mut Ws, conversation: &Value, code: &str) -> String {
    let before = desk.now(conversation).await;
    let error = ws.refused(claim(conversation), code).await;
    let after = desk.now(conversation).await;
    assert_eq!((&after["revision"], &after["state"]), (&before["revision"], &before["state"]));
    error["message"].as_str().unwrap().to_lowercase()
}

async fn what_waits_is_claimed_cooling_down_or_not(encoding: Encoding) {
    let (desk, mut agents, opened) = waiting(encoding, ["ann"]).await;
    let hello = &opened["visitor_token"];
    let mut visitor = desk.visitor_again(hello).await;
    let ok = agents[0].ok(claim(&opened)).await;
    let taken = &ok["conversation"];
    assert_eq!((&taken["state"], &taken["agent"]["id"]), (&json!("assigned"), &json!("ann")));
    assert_eq!(taken["assignment"], json!({"cause": "claimed", "by": "agent", "by_id": "ann"}));
    agents[0].quiet().await;
    let told = given(&mut visitor).await;
    assert_eq!((&told["id"], &told["agent"]["id"]), (&opened["id"], &json!("ann")));
}

async fn what_is_offered_to_another_is_claimed(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    let (mut ann, mut bob) = (desk.agent("ann").await, desk.agent("bob").await);
    let opened = desk.open().await;
    let offer = offered(&mut ann).await;
    bob.ok(claim(&opened)).await;
    withdrawn(&mut ann, &offer, "claimed").await;
    ann.quiet().await;
    bob.quiet().await;
    desk.with(&opened, "bob").await;
    assert_eq!(desk.look("ann").await["load"], 0);
}

async fn of_two_claims_one_wins(encoding: Encoding) {
    let (desk, mut agents, opened) = waiting(encoding, ["ann", "bob"]).await;
    let [ann, bob] = &mut agents[..] else { panic!("two") };
    let answers = join(ann.request(claim(&opened)), bob.request(claim(&opened))).await;
    let answers = [answers.0, answers.1];
    let won = usize::from(answers[1]["type"] == "ok");
    assert_eq!(answers[won]["type"], "ok", "{answers:#?}");
    assert_eq!(answers[1 - won]["code"], "already_taken", "{answers:#?}");
    desk.with(&opened, ["ann", "bob"][won]).await;
    agents[1 - won].quiet().await;
}

async fn what_somebody_has_is_taken(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    let (mut ann, mut bob) = (desk.agent("ann").await, desk.agent("bob").await);
    let opened = desk.open().await;
    let offer = offered(&mut ann).await;
    ann.ok(accept(&offer)).await;
    refused(&desk, &mut bob, &opened, "already_taken").await;
    desk.with(&opened, "ann").await;
    ann.quiet().await;
}

async fn what_has_ended_is_a_conflict(encoding: Encoding) {
    let (desk, mut agents, opened) = waiting(encoding, ["ann"]).await;
    desk.root(&opened, "close", json!({})).await.expect(200);
    refused(&desk, &mut agents[0], &opened, "conflict").await;
}

async fn whoever_is_no_member_finds_nothing(encoding: Encoding) {
    let (desk, _agents, opened) = waiting(encoding, ["ann"]).await;
    desk.workspace.department("care").await;
    let mut eve = desk.agent_with("eve", json!({"department_ids": ["care"]})).await;
    refused(&desk, &mut eve, &opened, "not_found").await;
    eve.refused(claim(&json!({"id": "cnv_of_nobody"})), "not_found").await;
}

async fn whoever_is_away_may_not(encoding: Encoding) {
    let (desk, mut agents, opened) = waiting(encoding, ["ann"]).await;
    agents[0].set_availability("away").await;
    let why = refused(&desk, &mut agents[0], &opened, "not_eligible").await;
    assert!(why.contains("away"), "{why}");
}

async fn whoever_is_absent_may_not(encoding: Encoding) {
    let (desk, mut agents, opened) = waiting(encoding, ["ann"]).await;
    let ann = agents.remove(0);
    let token = ann.token.clone();
    ann.end().await;
    let refusal = desk.act(&token, &opened, "claim", json!({})).await;
    let why = refusal.refused(409, "not_eligible").text_of("detail").to_lowercase();
    assert!(why.contains("absent") || why.contains("not present"), "{why}");
}

async fn whoever_lacks_a_skill_may_not(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    let mut ann = desk.agent("ann").await;
    let opened = desk.open_with(json!({"skills": ["french"]})).await;
    assert_eq!(opened["state"], "queued");
    let why = refused(&desk, &mut ann, &opened, "not_eligible").await;
    assert!(why.contains("skill"), "{why}");
}

async fn whoever_is_full_may_not(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({})).await;
    let mut ann = desk.agent_with("ann", json!({"capacity": 1})).await;
    desk.open().await;
    given(&mut ann).await;
    let waits = desk.open().await;
    refused(&desk, &mut ann, &waits, "at_capacity").await;
}

async fn whoever_is_full_in_this_department_may_not(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({"agent_capacity": 1})).await;
    let mut ann = desk.agent("ann").await;
    desk.open().await;
    given(&mut ann).await;
    let waits = desk.open().await;
    refused(&desk, &mut ann, &waits, "at_capacity").await;
}
