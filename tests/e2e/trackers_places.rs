//! More of what users of other engines complain of: transfers, departments, and devices.

use serde_json::{Value, json};

use crate::{
    desk::{Agent, Desk, LONG},
    spoken::{about, given, offered, transfer, withdrawn},
    ws::Ws,
};

fn capacity(most: u64) -> Value {
    json!({"capacity": most})
}

/// "A forwarded chat was lost: the giver had left it, and the department had nobody with room."
#[tokio::test]
async fn what_is_forwarded_to_a_full_department_waits_there() {
    let desk = Desk::json(json!({"decline_cooldown_ms": LONG})).await;
    desk.workspace.department("care").await;
    let fields = json!({"department_ids": ["care"], "capacity": 1});
    let mut cai = desk.agent_with("cai", fields).await;
    let busy = desk.open_with(json!({"department_id": "care"})).await;
    given(&mut cai).await;
    let mut ann = desk.agent("ann").await;
    let mut visitor = desk.visitor().await;
    let held = visitor.open("sales").await;
    given(&mut ann).await;
    let ok = ann.ok(transfer(&held, json!({"department_id": "care"}))).await;
    assert_eq!(
        (&ok["conversation"]["state"], &ok["conversation"]["position"]),
        (&json!("queued"), &json!(1))
    );
    assert_eq!(desk.look("ann").await["load"], 0, "the giver is rid of it");
    cai.close(&busy).await;
    assert_eq!(given(&mut cai).await["id"], held["id"]);
    assert_eq!(given(&mut visitor).await["agent"]["id"], "cai");
}

/// "Chats were forwarded to agents who had switched themselves off."
#[tokio::test]
async fn nothing_is_forwarded_to_who_is_off() {
    let desk = Desk::json(json!({})).await;
    let mut ann = desk.agent("ann").await;
    let held = desk.open().await;
    given(&mut ann).await;
    let mut bob = desk.away("bob", json!({})).await;
    ann.refused(transfer(&held, json!({"agent_id": "bob"})), "not_eligible").await;
    bob.quiet().await;
    desk.with(&held, "ann").await;
}

/// "One department is off, and its customers turn up at another's agents."
#[tokio::test]
async fn a_department_that_is_off_does_not_leak_into_another() {
    let desk = Desk::json(json!({})).await;
    desk.workspace.department_with("night", json!({"on_unstaffed": "reject"})).await;
    desk.workspace.department("care").await;
    let mut ann = desk.agent("ann").await;
    let mut visitor = desk.visitor().await;
    let rejected = visitor.open("night").await;
    assert_eq!(
        (&rejected["state"], &rejected["reason"]),
        (&json!("rejected"), &json!("no_agents_online"))
    );
    assert_eq!(visitor.open("care").await["state"], "queued");
    ann.quiet().await;
    let staffed = |departments: &Value, id: &str| {
        let mut all = departments.as_array().unwrap().iter();
        all.find(|department| department["id"] == id).unwrap()["staffed"].clone()
    };
    let path = format!("/v1/site?site_key={}", desk.workspace.site_key);
    let site = desk.server.anyone("GET", &path);
    let site = site.await.expect(200).json;
    assert_eq!(staffed(&site["departments"], "sales"), true);
    assert_eq!(staffed(&site["departments"], "care"), false);
}

/// "Closing one browser tab sets me offline, although the other one and the app are open."
#[tokio::test]
async fn one_tab_closed_of_three_is_nothing() {
    let desk = Desk::json(json!({"reconnect_grace_ms": 0})).await;
    let mut tab = desk.agent("ann").await;
    let (app, mut other) = (desk.device(&tab.token).await, desk.device(&tab.token).await);
    let held = desk.open().await;
    given(&mut tab).await;
    given(&mut other).await;
    tab.end().await;
    app.leave().await;
    assert_eq!(desk.open().await["agent"]["id"], "ann");
    given(&mut other).await;
    desk.with(&held, "ann").await;
    assert_eq!(desk.look("ann").await["availability"], "online");
}

/// "The phone puts the app to sleep, I count as offline, and all chats go to my colleague."
#[tokio::test]
async fn a_phone_asleep_with_leave_still_gets_its_share() {
    let desk = Desk::json(json!({})).await;
    desk.workspace.patch("", json!({"settings": {"mobile_hold_ms": LONG}})).await;
    let mut ann = desk.agent("ann").await;
    ann.ok(json!({"type": "session.hold", "hold_ms": LONG})).await;
    let token = ann.token.clone();
    ann.into_ws().leave().await;
    let opened = desk.open().await;
    assert_eq!(opened["offer"]["agent_id"], "ann");
    let body = json!({"offer_id": opened["offer"]["id"]});
    desk.act(&token, &opened, "accept", body).await.expect(200);
    desk.with(&opened, "ann").await;
}

/// "After the agent closed the browser the widget goes on saying that somebody is there."
#[tokio::test]
async fn the_widget_hears_that_the_last_agent_has_gone() {
    let desk = Desk::json(json!({})).await;
    let ann = desk.agent("ann").await;
    let mut visitor: Ws = desk.visitor().await;
    assert_eq!(visitor.welcome["departments"][0]["staffed"], true);
    drop(ann);
    let told = visitor.push("departments.changed").await;
    assert_eq!(told["departments"][0]["staffed"], false);
}

/// "Setting an agent's maximum higher has no effect until the next chat comes in."
#[tokio::test]
async fn a_raised_maximum_takes_effect_at_once() {
    let desk = Desk::json(json!({"agent_capacity": 1})).await;
    let mut ann: Agent = desk.agent_with("ann", capacity(2)).await;
    desk.open().await;
    given(&mut ann).await;
    let (second, third) = (desk.open().await, desk.open().await);
    desk.policy(json!({"agent_capacity": 5})).await;
    assert_eq!(given(&mut ann).await["id"], second["id"]);
    ann.quiet().await;
    desk.workspace.patch("/agents/ann", capacity(3)).await;
    assert_eq!(given(&mut ann).await["id"], third["id"]);
}

/// "A chat that nobody accepted is stuck: it can be neither moved, nor taken, nor closed."
#[tokio::test]
async fn what_nobody_accepted_can_be_moved_taken_and_closed() {
    let desk = Desk::json(json!({"offer_timeout_ms": 100, "decline_cooldown_ms": LONG})).await;
    desk.workspace.department("care").await;
    let mut ann = desk.agent("ann").await;
    let mut stuck = Vec::new();
    for _ in 0..2 {
        stuck.push(desk.open().await);
        let offer = offered(&mut ann).await;
        withdrawn(&mut ann, &offer, "expired").await;
    }
    ann.ok(about("conversation.claim", &stuck[0])).await;
    let care = json!({"department_id": "care"});
    desk.root(&stuck[1], "transfer", care).await.expect(200);
    desk.is(&stuck[1], "queued").await;
    desk.root(&stuck[1], "close", json!({})).await.expect(200);
    desk.is(&stuck[1], "closed").await;
}
