//! Three misses in a row: the agent is set away, and told why.

use serde_json::json;

use crate::{
    desk::{Desk, LONG},
    spoken::{accept, given, offered, withdrawn},
    ws::{Encoding, check_fields, in_both},
};

in_both![
    three_misses_in_a_row_set_the_agent_away,
    the_misses_of_several_conversations_count_together,
    an_accept_between_begins_anew,
    losing_the_socket_is_no_miss,
];

async fn three_misses_in_a_row_set_the_agent_away(encoding: Encoding) {
    let policy = json!({"offer_timeout_ms": 100, "decline_cooldown_ms": 0});
    let desk = Desk::set(encoding, policy).await;
    let mut ann = desk.agent("ann").await;
    let mut phone = desk.device(&ann.token).await;
    let opened = desk.open().await;
    for device in [&mut *ann, &mut phone] {
        for _ in 0..3 {
            let offer = offered(device).await;
            assert_eq!(offer["id"], opened["id"]);
            withdrawn(device, &offer, "expired").await;
        }
        let told = device.push("availability.changed").await;
        check_fields(&told, &["type", "seq", "availability", "by"]);
        let said = (&told["availability"], &told["by"]);
        assert_eq!(said, (&json!("away"), &json!("missed_offers")));
        device.quiet().await;
    }
    let look = desk.look("ann").await;
    assert_eq!(
        (&look["availability"], &look["availability_by"]),
        (&json!("away"), &json!("missed_offers"))
    );
    desk.is(&opened, "queued").await;
    ann.set_availability("online").await;
    assert_eq!(offered(&mut ann).await["id"], opened["id"], "it is asked again once it is back");
}

async fn the_misses_of_several_conversations_count_together(encoding: Encoding) {
    let policy = json!({"offer_timeout_ms": 100, "decline_cooldown_ms": LONG});
    let desk = Desk::set(encoding, policy).await;
    let mut ann = desk.agent_with("ann", json!({"capacity": 1})).await;
    for _ in 0..3 {
        desk.open().await;
        let offer = offered(&mut ann).await;
        withdrawn(&mut ann, &offer, "expired").await;
    }
    assert_eq!(ann.push("availability.changed").await["by"], "missed_offers");
}

async fn an_accept_between_begins_anew(encoding: Encoding) {
    let desk = Desk::set(encoding, json!({"decline_cooldown_ms": LONG})).await;
    let mut ann = desk.agent("ann").await;
    for _ in 0..2 {
        desk.policy(json!({"offer_timeout_ms": 100})).await;
        for _ in 0..2 {
            desk.open().await;
            let offer = offered(&mut ann).await;
            withdrawn(&mut ann, &offer, "expired").await;
        }
        desk.policy(json!({"offer_timeout_ms": LONG})).await;
        desk.open().await;
        let offer = offered(&mut ann).await;
        ann.ok(accept(&offer)).await;
    }
    assert_eq!(desk.look("ann").await["availability"], "online");
    ann.quiet().await;
}

async fn losing_the_socket_is_no_miss(encoding: Encoding) {
    let desk = Desk::offering(encoding).await;
    desk.policy(json!({"decline_cooldown_ms": 0})).await;
    let opened = desk.open().await;
    let token = desk.agent("ann").await.token;
    desk.absent("ann").await;
    for _ in 0..4 {
        let mut ann = desk.device(&token).await;
        assert_eq!(offered(&mut ann).await["id"], opened["id"]);
        drop(ann);
        desk.absent("ann").await;
        desk.is(&opened, "queued").await;
    }
    assert_eq!(desk.look("ann").await["availability"], "online");
    desk.policy(json!({"offer_timeout_ms": null})).await;
    let mut ann = desk.device(&token).await;
    assert_eq!(given(&mut ann).await["id"], opened["id"]);
}
