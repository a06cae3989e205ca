//! Agents who forgot to say so: absent for too long, or there and idle for too long.

use serde_json::{Value, json};

use crate::{
    desk::{Desk, LONG},
    spoken::{check_withdrawn, each, given, offered},
    ws::{Encoding, check_fields, in_both},
};

in_both![
    absent_for_too_long_is_away,
    back_in_time_is_online,
    a_second_device_keeps_it_present,
    idle_for_too_long_is_away,
    activity_puts_it_off,
    neither_is_on_unless_it_is_asked_for,
    idle_takes_offers_back_and_leaves_the_rest,
];

async fn desk(encoding: Encoding, settings: Value) -> Desk {
    let desk = Desk::set(encoding, json!({})).await;
    desk.workspace.patch("", json!({"settings": settings})).await;
    desk
}

async fn absent_for_too_long_is_away(encoding: Encoding) {
    let desk = desk(encoding, json!({"absent_away_ms": 150})).await;
    let ann = desk.agent("ann").await;
    let token = ann.token.clone();
    drop(ann);
    desk.set_away("ann").await;
    assert_eq!(desk.look("ann").await["availability_by"], "absence");
    let mut ann = desk.device(&token).await;
    assert_eq!(ann.welcome["agent"]["availability"], "away");
    assert_eq!(desk.open().await["state"], "queued", "she is not flooded on coming back");
    ann.quiet().await;
    ann.set_availability("online").await;
    given(&mut ann).await;
}

async fn back_in_time_is_online(encoding: Encoding) {
    let desk = desk(encoding, json!({"absent_away_ms": 1_500})).await;
    let ann = desk.agent("ann").await;
    let token = ann.token.clone();
    drop(ann);
    desk.absent("ann").await;
    let mut ann = desk.device(&token).await;
    assert_eq!(ann.welcome["agent"]["availability"], "online");
    let start = ann.ping().await["now"].as_u64().unwrap();
    while ann.ping().await["now"].as_u64().unwrap() < start + 1_700 {}
    ann.quiet().await;
    assert_eq!(desk.look("ann").await["availability"], "online");
}

async fn a_second_device_keeps_it_present(encoding: Encoding) {
    let desk = desk(encoding, json!({"absent_away_ms": 150})).await;
    let ann = desk.agent("ann").await;
    let mut phone = desk.device(&ann.token).await;
    ann.end().await;
    let start = phone.ping().await["now"].as_u64().unwrap();
    while phone.ping().await["now"].as_u64().unwrap() < start + 300 {}
    phone.quiet().await;
    assert_eq!(desk.open().await["agent"]["id"], "ann");
}

async fn idle_for_too_long_is_away(encoding: Encoding) {
    let desk = desk(encoding, json!({"idle_away_ms": 200})).await;
    let mut ann = desk.agent("ann").await;
    let told = ann.push("availability.changed").await;
    check_fields(&told, &["type", "seq", "availability", "by"]);
    assert_eq!((&told["availability"], &told["by"]), (&json!("away"), &json!("idle")));
    assert_eq!(desk.look("ann").await["availability_by"], "idle");
    // Pings are signs of the device's life, not of hers.
    ann.set_availability("online").await;
    loop {
        ann.ping().await;
        if desk.look("ann").await["availability"] == "away" {
            break;
        }
    }
    assert_eq!(ann.push("availability.changed").await["by"], "idle");
}

async fn activity_puts_it_off(encoding: Encoding) {
    let desk = desk(encoding, json!({"idle_away_ms": 1_000})).await;
    let mut ann = desk.agent("ann").await;
    let start = ann.ping().await["now"].as_u64().unwrap();
    while ann.ping().await["now"].as_u64().unwrap() < start + 400 {}
    let before = ann.ping().await["now"].as_u64().unwrap();
    let ok = ann.ok(json!({"type": "session.activity"})).await;
    check_fields(&ok, &["type", "ref"]);
    assert_eq!(ann.push("availability.changed").await["by"], "idle");
    let since = desk.look("ann").await["availability_since"].as_u64().unwrap();
    assert!(since >= before + 1_000, "{} ms after she did something", since - before);
}

async fn neither_is_on_unless_it_is_asked_for(encoding: Encoding) {
    let desk = desk(encoding, json!({"absent_away_ms": null, "idle_away_ms": null})).await;
    let mut ann = desk.agent("ann").await;
    ann.ok(json!({"type": "session.activity"})).await;
    ann.end().await;
    assert_eq!(desk.look("ann").await["availability"], "online");
}

async fn idle_takes_offers_back_and_leaves_the_rest(encoding: Encoding) {
    let desk = desk(encoding, json!({})).await;
    let mut ann = desk.agent("ann").await;
    let held = desk.open().await;
    given(&mut ann).await;
    desk.policy(json!({"offer_timeout_ms": LONG})).await;
    desk.open().await;
    let offer = offered(&mut ann).await;
    desk.workspace.patch("", json!({"settings": {"idle_away_ms": 200}})).await;
    let told = each(&mut ann, &["availability.changed", "offer.withdrawn"]).await;
    assert_eq!(told[0]["by"], "idle");
    check_withdrawn(&told[1], &offer, "away");
    desk.with(&held, "ann").await;
    desk.is(&offer, "queued").await;
}
