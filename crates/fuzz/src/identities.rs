//! What hosts sign with keys of their own, and the keys themselves.

use data_encoding::BASE64URL_NOPAD;
use switchboard_protocol::text;
use switchboard_server::auth::jwt::{
    Algorithm, Kind, MAX_LIFETIME_MS, PublicKey, Registered, audience_of, verify,
};

const NOW_MS: u64 = 1_000_000;
/// The public key of RFC 8037: nobody here signs with it.
const KEY: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// A key that cannot be registered, since one signature is right for whatever is signed.
const OPEN_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
-----END PUBLIC KEY-----";
/// That signature: the neutral point, and a zero.
const OPEN_SIGNATURE: [u8; 64] = {
    let mut signature = [0; 64];
    signature[0] = 1;
    signature
};

/// Nobody who has not the key signs anything that is taken: neither a text as it is, nor its first
/// three lines as the parts of a token.
pub(crate) fn forged(read: &str) {
    let key = PublicKey::parse(Algorithm::EdDSA, KEY).expect("it is a key").registered("key");
    let parts: Vec<String> = read.splitn(3, '\n').map(encoded).collect();
    for token in [read.to_owned(), parts.join(".")] {
        if let Some(workspace) = audience_of(&token) {
            assert!(text::valid_id(&workspace), "a workspace by an impossible name");
        }
        for kind in [Kind::Agent, Kind::Visitor] {
            let taken = verify(&token, std::slice::from_ref(&key), "acme", kind, NOW_MS);
            assert!(taken.is_err(), "a token was forged: {token}");
        }
    }
}

/// What a host may have signed, a header and claims: it is for agents or for visitors, says whom,
/// and ends.
pub(crate) fn signed(read: &str) {
    let (header, claims) = read.split_once('\n').unwrap_or((r#"{"alg":"EdDSA"}"#, read));
    let signature = BASE64URL_NOPAD.encode(&OPEN_SIGNATURE);
    let token = format!("{}.{}.{signature}", encoded(header), encoded(claims));
    let key =
        Registered { id: "open".to_owned(), algorithm: Algorithm::EdDSA, pem: OPEN_KEY.to_owned() };
    let taken = [Kind::Agent, Kind::Visitor]
        .map(|kind| verify(&token, std::slice::from_ref(&key), "acme", kind, NOW_MS).ok());
    assert!(taken.iter().flatten().count() < 2, "for agents and for visitors: {token}");
    for identity in taken.into_iter().flatten() {
        assert_eq!(audience_of(&token).as_deref(), Some("acme"));
        assert!(text::check_key("sub", &identity.sub).is_ok(), "{identity:?}");
        let left = identity.expires_at_ms.checked_sub(NOW_MS);
        assert!(left.is_some_and(|left| (1..=MAX_LIFETIME_MS).contains(&left)), "{identity:?}");
        let named = identity.name.as_deref().map(|name| text::name("name", name));
        assert!(named.is_none_or(|named| named.is_ok()), "{identity:?}");
        let email = identity.email.as_deref().map(|email| text::check_email("email", email));
        assert!(email.is_none_or(|email| email.is_ok()), "{identity:?}");
    }
}

/// A key that is taken is the same after it was stored.
pub(crate) fn key(read: &str) {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256] {
        let Ok(key) = PublicKey::parse(algorithm, read) else { continue };
        assert_eq!(PublicKey::parse(algorithm, &key.pem()), Ok(key));
    }
}

fn encoded(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}
