//! Bytes from anybody: never a panic, and what is taken is what was said.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use switchboard_protocol::http::{CreateDepartment, OpenConversation, PatchAgent, decode_body};
use switchboard_protocol::{ClientMessage, Encoding, decode_client, decode_server, encode};

const TEXTS: [&str; 6] = [
    r#"{"type":"hello","ref":1,"token":"t","device":{"id":"d","kind":"web"},"resume":{"session_id":"s","epoch":"e","seq":3}}"#,
    r#"{"type":"hello","ref":1,"site_key":"pk","visitor":{"name":"Zoë","email":"a@b"}}"#,
    r#"{"type":"conversation.open","ref":2,"department_id":"x","attributes":{"a":1,"b":2.5,"c":"d","e":false},"key":"k"}"#,
    r#"{"type":"conversation.transfer","ref":3,"conversation_id":"c","agent_id":"a","comment":"x\ny"}"#,
    r#"{"type":"availability.set","ref":4,"availability":"online"}"#,
    r#"{"type":"session.hold","ref":5,"hold_ms":60000,"unknown":[[{"deep":[null,true]}]]}"#,
];

fn message(index: usize) -> ClientMessage {
    let text = TEXTS.get(index).unwrap();
    decode_client(text.as_bytes(), Encoding::Json).unwrap()
}

fn encoding() -> impl Strategy<Value = Encoding> {
    prop_oneof![Just(Encoding::Json), Just(Encoding::MessagePack)]
}

/// A change of some bytes: overwritten, cut out or put in.
#[derive(Clone, Debug)]
enum Edit {
    Set(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Insert(prop::sample::Index, u8),
    Cut(prop::sample::Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        2 => at().prop_map(Edit::Remove),
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        1 => at().prop_map(Edit::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, edit: &Edit) {
    if bytes.is_empty() {
        return;
    }
    match edit {
        Edit::Set(at, byte) => *at.get_mut(bytes) = *byte,
        Edit::Remove(at) => drop(bytes.remove(at.index(bytes.len()))),
        Edit::Insert(at, byte) => bytes.insert(at.index(bytes.len()), *byte),
        Edit::Cut(at) => bytes.truncate(at.index(bytes.len())),
    }
}

/// Whatever is taken can be written again and read as the same.
fn holds(bytes: &[u8], encoding: Encoding) {
    let _ = decode_server(bytes, encoding);
    let Ok(message) = decode_client(bytes, encoding) else { return };
    for other in Encoding::ALL {
        let written = encode(&message, other).unwrap();
        assert_eq!(decode_client(&written, other).as_ref(), Ok(&message));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300), encoding in encoding()) {
        holds(&bytes, encoding);
    }

    #[test]
    fn bytes_that_look_like_a_map(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x80..0xe0u8], 0..100),
    ) {
        let message = [&b"\x8f\xa4type\xa5hello\xa3ref\x01"[..], &bytes].concat();
        holds(&message, Encoding::MessagePack);
        let message = [&b"\xdf\x00\x00\x00\x03\xa4type\xb1conversation.open\xaaattributes"[..], &bytes].concat();
        holds(&message, Encoding::MessagePack);
    }

    #[test]
    fn any_text(text in r#"\{("(type|ref|a|\\u[0-9a-f]{0,4})":[-\[\]{}0-9.eE"tfn,a-z\\]{0,9},?){0,5}\}?"#) {
        holds(text.as_bytes(), Encoding::Json);
        let _ = decode_body::<OpenConversation>(text.as_bytes());
        let _ = decode_body::<PatchAgent>(text.as_bytes());
    }

    #[test]
    fn almost_right(
        index in 0..TEXTS.len(),
        encoding in encoding(),
        edits in prop::collection::vec(edit(), 1..6),
    ) {
        let mut bytes = encode(&message(index), encoding).unwrap();
        for edit in &edits {
            apply(&mut bytes, edit);
        }
        holds(&bytes, encoding);
    }

    #[test]
    fn almost_right_bodies(edits in prop::collection::vec(edit(), 1..6)) {
        let mut bytes = br#"{"name":"x","policy":{"strategy":"round_robin","max_wait_ms":null,"business_hours":{"time_zone":"UTC","weekly":[{"day":"mon","from":"09:00","to":"17:00"}],"holidays":["2026-12-24"]}}}"#.to_vec();
        for edit in &edits {
            apply(&mut bytes, edit);
        }
        let _ = decode_body::<CreateDepartment>(&bytes);
    }

    /// The scan and the JSON library agree on what JSON is, within our bounds.
    #[test]
    fn the_scan_refuses_no_valid_json(value in json_value(), encoding in encoding()) {
        let message = serde_json::json!({"type": "ping", "x": value});
        let bytes = encode(&message, encoding).unwrap();
        prop_assert!(decode_client(&bytes, encoding).is_ok());
    }
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}
