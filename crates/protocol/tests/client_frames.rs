//! Golden frames: every message of a client's, in both encodings, and what is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::Value;
use switchboard_protocol::model::{AttributeValue, Availability};
use switchboard_protocol::{
    ClientBody, ClientMessage, ConversationOpen, ConversationTransfer, DecodeErrorKind, Device,
    DeviceKind, Encoding, ErrorCode, Hello, Resume, VisitorClaims, decode_client, encode,
};

fn agent_hello() -> ClientBody {
    ClientBody::Hello(Box::new(Hello {
        token: Some("t".into()),
        device: Some(Device { id: Some("d1".into()), kind: Some(DeviceKind::Mobile) }),
        resume: Some(Resume { session_id: "ses_1".into(), epoch: "e".into(), seq: 7 }),
        ..Hello::default()
    }))
}

fn visitor_hello() -> ClientBody {
    ClientBody::Hello(Box::new(Hello {
        site_key: Some("pk_1".into()),
        visitor_token: Some("v".into()),
        visitor: Some(VisitorClaims {
            name: Some("Zoë".into()),
            email: Some("zoe@example.org".into()),
            external_id: Some("x".into()),
        }),
        visitor_identity: Some("jwt".into()),
        ..Hello::default()
    }))
}

fn open() -> ClientBody {
    let attributes = [
        ("n", AttributeValue::Integer(-5)),
        ("pi", AttributeValue::Number(3.5)),
        ("s", AttributeValue::String("x".into())),
        ("yes", AttributeValue::Bool(true)),
    ];
    ClientBody::ConversationOpen(Box::new(ConversationOpen {
        department_id: Some("sales".into()),
        attributes: Some(attributes.into_iter().collect()),
        key: Some("k".into()),
        external_id: Some("x".into()),
    }))
}

fn transfer() -> ClientBody {
    ClientBody::ConversationTransfer(Box::new(ConversationTransfer {
        conversation_id: "c".into(),
        department_id: Some("sales".into()),
        agent_id: Some("ann".into()),
        comment: Some("please".into()),
    }))
}

fn golden() -> Vec<(ClientBody, &'static str)> {
    let conversation_id = || "c".to_owned();
    let offer_id = || "o".to_owned();
    vec![
        (
            agent_hello(),
            r#"{"type":"hello","token":"t","device":{"id":"d1","kind":"mobile"},"resume":{"session_id":"ses_1","epoch":"e","seq":7},"ref":1}"#,
        ),
        (
            visitor_hello(),
            r#"{"type":"hello","site_key":"pk_1","visitor_token":"v","visitor":{"name":"Zoë","email":"zoe@example.org","external_id":"x"},"visitor_identity":"jwt","ref":1}"#,
        ),
        (ClientBody::Ping, r#"{"type":"ping","ref":1}"#),
        (
            ClientBody::AvailabilitySet { availability: Availability::Away },
            r#"{"type":"availability.set","availability":"away","ref":1}"#,
        ),
        (
            open(),
            r#"{"type":"conversation.open","department_id":"sales","attributes":{"n":-5,"pi":3.5,"s":"x","yes":true},"key":"k","external_id":"x","ref":1}"#,
        ),
        (
            ClientBody::ConversationClose { conversation_id: conversation_id() },
            r#"{"type":"conversation.close","conversation_id":"c","ref":1}"#,
        ),
        (
            ClientBody::ConversationReopen { conversation_id: conversation_id() },
            r#"{"type":"conversation.reopen","conversation_id":"c","ref":1}"#,
        ),
        (
            ClientBody::ConversationAccept {
                conversation_id: conversation_id(),
                offer_id: offer_id(),
            },
            r#"{"type":"conversation.accept","conversation_id":"c","offer_id":"o","ref":1}"#,
        ),
        (
            ClientBody::ConversationDecline {
                conversation_id: conversation_id(),
                offer_id: offer_id(),
            },
            r#"{"type":"conversation.decline","conversation_id":"c","offer_id":"o","ref":1}"#,
        ),
        (
            ClientBody::ConversationClaim { conversation_id: conversation_id() },
            r#"{"type":"conversation.claim","conversation_id":"c","ref":1}"#,
        ),
        (
            transfer(),
            r#"{"type":"conversation.transfer","conversation_id":"c","department_id":"sales","agent_id":"ann","comment":"please","ref":1}"#,
        ),
        (
            ClientBody::SessionHold { hold_ms: 60_000 },
            r#"{"type":"session.hold","hold_ms":60000,"ref":1}"#,
        ),
        (ClientBody::SessionEnd, r#"{"type":"session.end","ref":1}"#),
        (ClientBody::SessionActivity, r#"{"type":"session.activity","ref":1}"#),
        (
            ClientBody::TokenRenew { token: "t".into() },
            r#"{"type":"token.renew","token":"t","ref":1}"#,
        ),
        (ClientBody::LiveSubscribe, r#"{"type":"live.subscribe","ref":1}"#),
        (ClientBody::LiveUnsubscribe, r#"{"type":"live.unsubscribe","ref":1}"#),
        (
            ClientBody::EventsSubscribe { after: Some(9) },
            r#"{"type":"events.subscribe","after":9,"ref":1}"#,
        ),
    ]
}

#[test]
fn every_message_is_written_and_read_in_both_encodings() {
    for (body, text) in golden() {
        let name = body.type_name();
        let message = ClientMessage { body, reference: Some(1) };
        let json = encode(&message, Encoding::Json).unwrap();
        assert_eq!(String::from_utf8(json).unwrap(), text);
        assert_eq!(decode_client(text.as_bytes(), Encoding::Json).as_ref(), Ok(&message));

        let packed = encode(&message, Encoding::MessagePack).unwrap();
        assert_eq!(decode_client(&packed, Encoding::MessagePack).as_ref(), Ok(&message));
        let value: Value = rmp_serde::from_slice(&packed).unwrap();
        assert_eq!(value, serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(value["type"], name);
    }
}

fn refusal(text: &str) -> (ErrorCode, Option<i64>, String) {
    let error = decode_client(text.as_bytes(), Encoding::Json).unwrap_err();
    (error.code(), error.reference, error.to_string())
}

#[test]
fn refusals_say_why_and_keep_the_ref() {
    for (text, code, reference, message) in [
        (
            r#"{"type":"conversation.close","ref":4}"#,
            ErrorCode::BadMessage,
            Some(4),
            "conversation_id: the field is missing",
        ),
        (
            r#"{"type":"conversation.close","ref":4,"conversation_id":5}"#,
            ErrorCode::BadMessage,
            Some(4),
            "conversation_id: invalid type: integer `5`, expected a string",
        ),
        (
            r#"{"type":"message.send","ref":4}"#,
            ErrorCode::Unsupported,
            Some(4),
            "the type `message.send` is not known",
        ),
        (
            r#"{"ref":4,"type":"ping","a":{"b":1,"b":1}}"#,
            ErrorCode::BadMessage,
            Some(4),
            "a key comes twice in one map",
        ),
        (r#"{"type":"ping","ref":1.5}"#, ErrorCode::BadMessage, None, "ref: must be an integer"),
        (r#"{"ref":4}"#, ErrorCode::BadMessage, Some(4), "type: the field is missing"),
        (r#"{"ref":4,"type":3}"#, ErrorCode::BadMessage, Some(4), "type: must be a text"),
        ("[]", ErrorCode::BadMessage, None, "the message is not a map"),
        (
            r#"{"type":"hello","ref":4,"device":[]}"#,
            ErrorCode::BadMessage,
            Some(4),
            "device: invalid type: sequence, expected a map",
        ),
        (
            r#"{"type":"hello","ref":4,"device":{"id":"a b"}}"#,
            ErrorCode::BadMessage,
            Some(4),
            "device.id: an id is 1 to 64 letters, digits, '_' or '-'",
        ),
        (
            r#"{"type":"hello","ref":4,"visitor":{"name":"a\u202eb"}}"#,
            ErrorCode::BadMessage,
            Some(4),
            "visitor.name: contains a character that is not seen, or overrides the direction of text",
        ),
        (
            r#"{"type":"availability.set","ref":4,"availability":"busy"}"#,
            ErrorCode::BadMessage,
            Some(4),
            r#"availability: invalid value: string "busy", expected one of `online` `away`"#,
        ),
        (
            r#"{"type":"conversation.open","attributes":{"a":null}}"#,
            ErrorCode::BadMessage,
            None,
            "attributes: invalid type: null, expected a string, an integer, a finite number or a boolean",
        ),
        (
            r#"{"type":"conversation.transfer","conversation_id":"c"}"#,
            ErrorCode::BadMessage,
            None,
            "department_id: name a department or an agent",
        ),
    ] {
        assert_eq!(refusal(text), (code, reference, message.to_owned()), "{text}");
    }
}

#[test]
fn a_complaint_does_not_repeat_the_message() {
    let long = "x".repeat(60_000);
    let (_, _, message) = refusal(&format!(r#"{{"type":"{long}"}}"#));
    assert!(message.len() < 300);
    let text = format!(r#"{{"type":"availability.set","availability":"{long}"}}"#);
    assert!(refusal(&text).2.len() < 300);
}

#[test]
fn what_is_not_known_is_ignored_but_for_values() {
    let text = r#"{"type":"hello","token":"t","device":{"kind":"fridge","x":[]},"new":{"a":[1]}}"#;
    let message = decode_client(text.as_bytes(), Encoding::Json).unwrap();
    let ClientBody::Hello(hello) = message.body else { unreachable!() };
    assert_eq!(hello.device.unwrap().kind, Some(DeviceKind::Other));
    assert_eq!(message.reference, None);
    let nulls = r#"{"type":"hello","ref":null,"token":"t","visitor":null,"resume":null}"#;
    assert!(decode_client(nulls.as_bytes(), Encoding::Json).is_ok());
}

#[test]
fn message_pack_is_as_strict() {
    let refused = |bytes: &[u8]| decode_client(bytes, Encoding::MessagePack).unwrap_err();
    // availability.set with the number of a variant in place of its name.
    let numbered = b"\x82\xa4type\xb0availability.set\xacavailability\x00";
    assert!(matches!(refused(numbered).kind, DecodeErrorKind::BadField(_)));
    // hello whose device is a list.
    let listed = b"\x82\xa4type\xa5hello\xa6device\x92\xa1d\xa3web";
    assert!(matches!(refused(listed).kind, DecodeErrorKind::BadField(_)));
    // conversation.close by a key that is a number.
    let keyed = b"\x82\xa4type\xb2conversation.close\x00\xa1c";
    assert!(matches!(refused(keyed).kind, DecodeErrorKind::Malformed(_)));
    // A JSON frame where MessagePack belongs.
    assert!(matches!(refused(br#"{"type":"ping"}"#).kind, DecodeErrorKind::Malformed(_)));
    // As deep as allowed passes, in a field nobody knows.
    let deep = [&b"\x82\xa4type\xa4ping\xa1x"[..], &[0x91; 15], b"\x01"].concat();
    assert!(decode_client(&deep, Encoding::MessagePack).is_ok());
    let deep = [&b"\x82\xa4type\xa5hello\xa1x"[..], &[0x91; 15], b"\x01"].concat();
    assert!(decode_client(&deep, Encoding::MessagePack).is_ok());
}
