//! Messages that are none: each is answered, costs itself alone, and ten in a row are the end.

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    bad_neighbour::Scene,
    server::TestServer,
    ws::{Encoding, Heard, Ws, check_error, check_fields, in_both},
};

in_both![
    unknown_types_are_unsupported,
    missing_fields_are_bad,
    fields_of_wrong_types_are_bad,
    what_is_not_known_is_ignored,
    null_is_as_if_it_were_not_there,
    ids_of_another_workspace_are_not_found,
    the_wrong_kind_of_frame_is_bad,
    ten_in_a_row_are_the_end,
    a_good_one_begins_anew,
    refusals_do_not_count,
];

/// A server and the scene on it.
pub async fn scene() -> (TestServer, Scene) {
    let server = TestServer::start().await;
    let scene = Scene::set(&server).await;
    (server, scene)
}

/// The answer to a frame that is no message.
pub async fn answer(ws: &mut Ws, frame: Message) -> Value {
    ws.send_frame(frame).await;
    match ws.heard().await {
        Heard::Said(said) => said,
        end => panic!("no answer but {end:?}"),
    }
}

async fn check_bad(scene: &mut Scene, encoding: Encoding, bodies: &[Value], code: &str) {
    let mut eve = scene.eve(encoding).await;
    for body in bodies {
        check_error(&eve.request(body.clone()).await, code);
        eve.ping().await;
    }
    eve.quiet().await;
    scene.neighbour.untouched().await;
}

async fn unknown_types_are_unsupported(encoding: Encoding) {
    let (_server, mut scene) = scene().await;
    let long = "x".repeat(10_000);
    let types =
        ["nonsense", "", "HELLO", "welcome", "conversation.assigned", "message.send", &long];
    let bodies = types.map(|kind| json!({"type": kind, "conversation_id": "cnv_1"}));
    check_bad(&mut scene, encoding, &bodies, "unsupported").await;
}

async fn missing_fields_are_bad(encoding: Encoding) {
    let (_server, mut scene) = scene().await;
    let bodies = [
        json!({}),
        json!({"kind": "ping"}),
        json!({"type": "availability.set"}),
        json!({"type": "conversation.close"}),
        json!({"type": "conversation.reopen"}),
        json!({"type": "conversation.claim"}),
        json!({"type": "conversation.accept", "conversation_id": "cnv_1"}),
        json!({"type": "conversation.decline", "offer_id": "off_1"}),
        json!({"type": "conversation.transfer", "conversation_id": "cnv_1"}),
        json!({"type": "session.hold"}),
        json!({"type": "token.renew"}),
    ];
    check_bad(&mut scene, encoding, &bodies, "bad_message").await;
}

async fn fields_of_wrong_types_are_bad(encoding: Encoding) {
    let (_server, mut scene) = scene().await;
    let bodies = [
        json!({"type": 1}),
        json!({"type": null}),
        json!({"type": ["ping"]}),
        json!({"type": "conversation.close", "conversation_id": 1}),
        json!({"type": "conversation.close", "conversation_id": null}),
        json!({"type": "conversation.close", "conversation_id": ["cnv_1"]}),
        json!({"type": "availability.set", "availability": true}),
        json!({"type": "session.hold", "hold_ms": -1}),
        json!({"type": "session.hold", "hold_ms": 1.5}),
        json!({"type": "session.hold", "hold_ms": "1"}),
        json!({"type": "conversation.open", "department_id": 7}),
        json!({"type": "conversation.open", "attributes": 7}),
        json!({"type": "conversation.open", "key": {}}),
        json!({"type": "token.renew", "token": 7}),
    ];
    check_bad(&mut scene, encoding, &bodies, "bad_message").await;
}

async fn what_is_not_known_is_ignored(encoding: Encoding) {
    let (_server, mut scene) = scene().await;
    let mut eve = scene.eve(encoding).await;
    eve.ok(json!({"type": "ping", "later": {"a": [1, null, {"b": "c"}]}, "hello": 1})).await;
    let set = json!({"type": "availability.set", "availability": "online", "mood": "fine"});
    eve.ok(set).await;
    let hello = json!({"token": scene.token, "device": {"kind": "fridge", "age": 3}, "x": [[]]});
    Ws::hello(scene.workspace.http.0, encoding, hello).await.ping().await;
    scene.neighbour.untouched().await;
}

async fn null_is_as_if_it_were_not_there(encoding: Encoding) {
    let (server, mut scene) = scene().await;
    let hello = json!({
        "token": null, "site_key": scene.workspace.site_key, "visitor_token": null,
        "visitor": {"name": null, "email": null, "external_id": null},
        "visitor_identity": null, "device": null, "resume": null,
    });
    let mut visitor = Ws::hello(server.addr, encoding, hello).await;
    check_fields(&visitor.welcome["visitor"], &["id", "verified"]);
    let open = json!({
        "type": "conversation.open", "department_id": "sales",
        "attributes": null, "key": null, "external_id": null,
    });
    let opened = visitor.ok(open).await["conversation"].clone();
    assert_eq!(opened["attributes"], json!({}));
    assert!(opened.get("external_id").is_none(), "{opened}");
    visitor.send(&json!({"type": "ping", "ref": null})).await;
    let Heard::Said(pong) = visitor.heard().await else { panic!("no answer") };
    assert!(pong["type"] == "ok" && pong.get("ref").is_none(), "{pong}");
    scene.neighbour.untouched().await;
}

async fn ids_of_another_workspace_are_not_found(encoding: Encoding) {
    let (server, mut scene) = scene().await;
    let elsewhere = server.workspace().await;
    elsewhere.department("theirs").await;
    let theirs = elsewhere.open("theirs").await.json["id"].clone();
    let close = json!({"type": "conversation.close", "conversation_id": theirs});
    let admin = scene.workspace.admin("boss").await;
    let key = &scene.workspace.site_key;
    let addr = server.addr;
    let mut admin = Ws::agent(addr, encoding, &admin).await;
    let mut visitor = Ws::visitor(addr, encoding, key).await;
    for ws in [&mut admin, &mut visitor] {
        ws.refused(close.clone(), "not_found").await;
    }
    let open = json!({"type": "conversation.open", "department_id": "theirs"});
    visitor.refused(open, "not_found").await;
    let theirs = elsewhere.conversation(theirs.as_str().unwrap()).await;
    assert_eq!(theirs["state"], "queued");
    scene.neighbour.untouched().await;
}

async fn the_wrong_kind_of_frame_is_bad(encoding: Encoding) {
    let (_server, mut scene) = scene().await;
    let mut eve = scene.eve(encoding).await;
    let other = match encoding {
        Encoding::Json => Encoding::MessagePack,
        Encoding::MessagePack => Encoding::Json,
    };
    let ping = json!({"type": "ping"});
    let in_the_other = other.frame(other.write(&ping));
    let disguised = match encoding {
        Encoding::Json => Message::binary(encoding.write(&ping)),
        Encoding::MessagePack => Message::text(String::from_utf8(other.write(&ping)).unwrap()),
    };
    for frame in [in_the_other, disguised] {
        check_error(&answer(&mut eve, frame).await, "bad_message");
    }
    eve.ping().await;
    scene.neighbour.untouched().await;
}

async fn ten_in_a_row_are_the_end(encoding: Encoding) {
    let (_server, mut scene) = scene().await;
    let mut eve = scene.eve(encoding).await;
    let bad = [
        encoding.frame(encoding.write(&json!({"type": 7}))),
        encoding.frame(encoding.write(&json!({"type": "nonsense"}))),
        encoding.frame(encoding.write(&json!({"type": "availability.set"}))),
    ];
    for frame in bad.iter().cycle().take(10) {
        assert_eq!(answer(&mut eve, frame.clone()).await["type"], "error");
    }
    assert_eq!(eve.heard().await, Heard::Closed(4500, "bad_protocol".to_owned()));
    scene.neighbour.untouched().await;
    scene.eve(encoding).await.ping().await;
}

async fn a_good_one_begins_anew(encoding: Encoding) {
    let (_server, mut scene) = scene().await;
    let mut eve = scene.eve(encoding).await;
    for _ in 0..3 {
        for _ in 0..9 {
            eve.refused(json!({"type": "nonsense"}), "unsupported").await;
        }
        eve.ping().await;
    }
    scene.neighbour.untouched().await;
}

async fn refusals_do_not_count(encoding: Encoding) {
    let (_server, mut scene) = scene().await;
    let mut eve = scene.eve(encoding).await;
    for _ in 0..30 {
        let close = json!({"type": "conversation.close", "conversation_id": "cnv_of_nobody"});
        eve.refused(close, "not_found").await;
    }
    for _ in 0..9 {
        eve.refused(json!({"type": "nonsense"}), "unsupported").await;
    }
    eve.settle().await;
    scene.neighbour.untouched().await;
}
