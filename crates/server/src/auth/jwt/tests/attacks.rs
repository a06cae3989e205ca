//! What somebody tries who has no key, or another one.

use data_encoding::BASE64URL;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha2::Sha256;

use super::*;

fn encode(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}

fn payload() -> String {
    ann().to_string()
}

#[test]
fn unsigned_tokens_are_refused() {
    let [host, ..] = &*HOSTS;
    for algorithm in ["none", "None", "NONE", "nOnE", ""] {
        let header = format!(r#"{{"alg":"{algorithm}","kid":"ed"}}"#);
        assert_eq!(host.check(&host.signs_as(&header, &payload())), Err(JwtError::WrongAlgorithm));
        let unsigned = format!("{}.{}.", encode(&header), encode(&payload()));
        assert_eq!(host.check(&unsigned), Err(JwtError::Malformed));
        let unsigned = format!("{}.{}", encode(&header), encode(&payload()));
        assert_eq!(host.check(&unsigned), Err(JwtError::Malformed));
    }
}

#[test]
fn a_public_key_is_no_secret_to_sign_with() {
    for host in &*HOSTS {
        let (pem, spki) = (host.key.pem(), host.registered.spki().unwrap());
        for secret in [pem.as_bytes(), pem.trim().as_bytes(), &spki] {
            for algorithm in ["HS256", host.key.algorithm().name()] {
                let header = json!({ "alg": algorithm, "kid": host.registered.id }).to_string();
                let message = format!("{}.{}", encode(&header), encode(&payload()));
                let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
                mac.update(message.as_bytes());
                let mac = BASE64URL_NOPAD.encode(&mac.finalize().into_bytes());
                let refused = host.check(&format!("{message}.{mac}")).unwrap_err();
                let expected = [JwtError::WrongAlgorithm, JwtError::BadSignature];
                assert!(expected.contains(&refused), "{refused:?}");
            }
        }
    }
}

#[test]
fn the_header_does_not_choose_the_algorithm() {
    for signer in &*HOSTS {
        for named in &*HOSTS {
            for algorithm in ["EdDSA", "ES256", "RS256", "RS512", "PS256", "ES384", "HS256"] {
                let header = json!({ "alg": algorithm, "kid": named.registered.id }).to_string();
                let token = signer.signs_as(&header, &payload());
                let own = signer.registered.id == named.registered.id;
                let right = own && algorithm == signer.key.algorithm().name();
                assert_eq!(check(&token, &all_keys()).is_ok(), right, "{header}");
            }
        }
    }
}

#[test]
fn keys_that_a_header_brings_along_are_not_looked_at() {
    let [host, ..] = &*HOSTS;
    let forger = Host::new("ed", Signer::Ed25519(Ed25519KeyPair::generate().unwrap()));
    let x = BASE64URL_NOPAD.encode(&forger.registered.spki().unwrap()[12..]);
    let mut header = host.header();
    header["jwk"] = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
    header["jku"] = json!("https://forger.example/keys");
    header["x5u"] = json!("https://forger.example/certificate");
    let forged = forger.signs_as(&header.to_string(), &payload());
    assert_eq!(host.check(&forged), Err(JwtError::BadSignature));
    assert!(host.check(&host.signs_as(&header.to_string(), &payload())).is_ok());
}

#[test]
fn a_key_is_named_and_not_looked_for() {
    let [host, ..] = &*HOSTS;
    for kid in ["", "nobody", "../ed", "ED", "ed\u{0}", "ed' or 1=1"] {
        let header = json!({ "alg": "EdDSA", "kid": kid }).to_string();
        assert_eq!(host.check(&host.signs_as(&header, &payload())), Err(JwtError::UnknownKey));
    }
    for kid in [json!(null), json!(1), json!(["ed"])] {
        let header = json!({ "alg": "EdDSA", "kid": kid }).to_string();
        assert_eq!(host.check(&host.signs_as(&header, &payload())), Err(JwtError::Malformed));
    }
}

#[test]
fn extensions_are_refused_rather_than_overlooked() {
    let [host, ..] = &*HOSTS;
    let extensions = [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("enc", json!("A256GCM")),
        ("zip", json!("DEF")),
    ];
    for (name, value) in extensions {
        let mut header = host.header();
        header[name] = value;
        let token = host.signs_as(&header.to_string(), &payload());
        assert_eq!(host.check(&token), Err(JwtError::Malformed), "{header}");
        assert_eq!(audience_of(&token), None);
    }
}

#[test]
fn what_is_there_twice_is_refused() {
    let [host, ..] = &*HOSTS;
    let header = host.header().to_string();
    let fine = host.signs_as(&header, &payload());
    assert!(host.check(&fine).is_ok());
    for twice in [
        r#"{"alg":"EdDSA","alg":"EdDSA","kid":"ed"}"#,
        r#"{"alg":"none","alg":"EdDSA","kid":"ed"}"#,
        r#"{"alg":"EdDSA","kid":"ed","kid":"other"}"#,
        r#"{"alg":"EdDSA","kid":"ed","x":1,"x":1}"#,
    ] {
        let token = host.signs_as(twice, &payload());
        assert_eq!(host.check(&token), Err(JwtError::Malformed), "{twice}");
    }
    for claim in [r#""sub":"bob""#, r#""s\u0075b":"bob""#, r#""exp":1"#, r#""x":1,"x":1"#] {
        let twice = payload().replacen('{', &format!("{{{claim},"), 1);
        let refused = host.check(&host.signs_as(&header, &twice));
        assert_eq!(refused, Err(JwtError::BadClaims), "{twice}");
    }
}

#[test]
fn other_shapes_are_no_tokens() {
    let [host, ..] = &*HOSTS;
    let token = host.signs(&ann());
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let shapes = [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!("{header}.{payload}.{signature}.{payload}.{signature}"),
        format!(" {token}"),
        format!("{token}\n"),
        format!("Bearer {token}"),
        format!("{header}.{payload}.{signature}="),
        format!("{}.{payload}.{signature}", BASE64URL.encode(br#"{"alg":"EdDSA","kid":"ed"}"#)),
        format!("{{\"payload\":\"{payload}\",\"signature\":\"{signature}\"}}"),
        format!("{header}.{payload}.ü"),
    ];
    for shape in shapes {
        assert_eq!(host.check(&shape), Err(JwtError::Malformed), "{shape}");
        assert_eq!(audience_of(&shape), None, "{shape}");
    }
    for payload in ["", "[]", "null", "\"acme\"", "{", "{}{}"] {
        assert!(host.check(&host.signs_as(&host.header().to_string(), payload)).is_err());
    }
    for header in ["", "[]", "null", "{}", r#"{"alg":1}"#, r#"{"kid":"ed"}"#] {
        let refused = host.check(&host.signs_as(header, &ann().to_string()));
        assert_eq!(refused, Err(JwtError::Malformed), "{header}");
    }
}

#[test]
fn tokens_are_bounded() {
    let [host, ..] = &*HOSTS;
    let of_length = |filling| host.signs(&ann_but("x", "x".repeat(filling)));
    let longest = (0..MAX_TOKEN_BYTES).rev().map(of_length).find(|t| t.len() <= MAX_TOKEN_BYTES);
    assert!(host.check(&longest.unwrap()).is_ok());
    let longer = of_length(MAX_TOKEN_BYTES);
    assert_eq!((host.check(&longer), audience_of(&longer)), (Err(JwtError::Malformed), None));
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(2_000), "]".repeat(2_000));
    let header = host.header().to_string();
    assert_eq!(host.check(&host.signs_as(&header, &deep)), Err(JwtError::BadClaims));
    assert_eq!(host.check(&host.signs_as(&deep, &payload())), Err(JwtError::Malformed));
}

#[test]
fn every_flipped_bit_is_noticed() {
    for host in &*HOSTS {
        let token = host.signs(&ann()).into_bytes();
        for at in 0..token.len() {
            for bit in 0..8 {
                let mut flipped = token.clone();
                flipped[at] ^= 1 << bit;
                let Ok(flipped) = String::from_utf8(flipped) else { continue };
                assert!(host.check(&flipped).is_err(), "bit {bit} of {at} in {flipped}");
            }
        }
    }
}

#[test]
fn signatures_have_one_length() {
    for host in &*HOSTS {
        let token = host.signs(&ann());
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        let others = [
            vec![0; signature.len()],
            vec![0xff; signature.len()],
            signature[1..].to_vec(),
            signature[..signature.len() - 1].to_vec(),
            [&signature[..], &[0]].concat(),
            [&[0], &signature[..]].concat(),
            vec![0],
        ];
        for other in others {
            let forged = format!("{message}.{}", BASE64URL_NOPAD.encode(&other));
            assert_eq!(host.check(&forged), Err(JwtError::BadSignature));
        }
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "\\PC{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let parts: Vec<String> = [r#"{"alg":"EdDSA"}"#, &text, "x"].map(encode).to_vec();
        let binary = BASE64URL_NOPAD.encode(&bytes);
        let tokens = [
            text.clone(),
            parts.join("."),
            format!("{}.{binary}.{binary}", parts[0]),
            format!("{binary}.{}.{}", parts[1], parts[2]),
        ];
        for token in tokens {
            prop_assert!(check(&token, &all_keys()).is_err());
            drop(audience_of(&token));
        }
    }

    #[test]
    fn claims_of_any_kind_are_read_or_refused(json in "[\\[\\]{}\":,0-9eE.\\-a-z]{0,80}") {
        let [host, ..] = &*HOSTS;
        let payload = format!(r#"{{"kind":"agent","aud":"acme","sub":"ann","exp":{json}}}"#);
        drop(host.check(&host.signs_as(&host.header().to_string(), &payload)));
    }
}
