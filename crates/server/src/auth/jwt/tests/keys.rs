//! Which keys may be registered.

use super::*;

fn refused(algorithm: Algorithm, key: &str) -> KeyError {
    PublicKey::parse(algorithm, key).unwrap_err()
}

fn pem(der: &[u8]) -> String {
    let body = data_encoding::BASE64.encode(der);
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

fn rsa(modulus: Vec<u8>, exponent: &[u8]) -> String {
    pem(&Parts::Rsa(modulus, exponent.to_vec()).write())
}

fn jwk_of(host: &Host) -> Value {
    let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    match Parts::read(&host.registered.spki().unwrap()).unwrap() {
        Parts::Ed25519(x) => json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(&x) }),
        Parts::P256(x, y) => {
            json!({ "kty": "EC", "crv": "P-256", "x": encode(&x), "y": encode(&y) })
        }
        Parts::Rsa(n, e) => json!({ "kty": "RSA", "n": encode(&n), "e": encode(&e) }),
    }
}

#[test]
fn a_key_is_of_the_kind_that_its_algorithm_needs() {
    for host in &*HOSTS {
        for algorithm in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256] {
            for key in [host.key.pem(), jwk_of(host).to_string()] {
                let expected = if algorithm == host.key.algorithm() {
                    Ok(host.key.clone())
                } else {
                    Err(KeyError::WrongKind)
                };
                assert_eq!(PublicKey::parse(algorithm, &key), expected);
            }
        }
    }
}

#[test]
fn private_keys_are_refused_and_not_repeated() {
    for label in ["PRIVATE", "EC PRIVATE", "RSA PRIVATE", "ENCRYPTED PRIVATE", "OPENSSH PRIVATE"] {
        let key = format!("-----BEGIN {label} KEY-----\ncanary\n-----END {label} KEY-----");
        let error = refused(Algorithm::EdDSA, &key);
        assert_eq!(error, KeyError::Private);
        assert!(!format!("{error} {error:?}").contains("canary"));
        let [host, ..] = &*HOSTS;
        let both = format!("{}{key}", host.key.pem());
        assert_eq!(refused(Algorithm::EdDSA, &both), KeyError::Private);
    }
    for host in &*HOSTS {
        for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            let mut jwk = jwk_of(host);
            jwk[name] = json!("canary");
            let error = refused(host.key.algorithm(), &jwk.to_string());
            assert_eq!(error, KeyError::Private, "{name}");
            assert!(error.to_string().contains("private"));
        }
    }
}

#[test]
fn other_pem_is_refused_by_what_it_is() {
    let [ed, ec, _] = &*HOSTS;
    let pem = ed.key.pem();
    let relabelled = |label: &str| pem.replace("PUBLIC KEY", label);
    let refused = |key: &str| refused(Algorithm::EdDSA, key);
    assert_eq!(refused(&relabelled("CERTIFICATE")), KeyError::Certificate);
    assert_eq!(refused(&relabelled("RSA PUBLIC KEY")), KeyError::OtherPem);
    assert_eq!(refused(&relabelled("SSH2 PUBLIC KEY")), KeyError::OtherPem);
    assert_eq!(refused(&format!("{pem}{}", ec.key.pem())), KeyError::Several);
    assert_eq!(refused(&format!("{pem}{pem}")), KeyError::Several);
    assert_eq!(refused(&format!("{pem}more")), KeyError::Encoding);
    assert_eq!(refused(&format!("Bag Attributes\n{pem}")), KeyError::NotAKey);
    assert_eq!(refused(pem.trim_end().trim_end_matches('-')), KeyError::Encoding);
    assert_eq!(refused(&pem.replace("MCow", "MCo")), KeyError::Encoding);
    assert_eq!(refused(&pem.replace("MCow", "MCow\nProc-Type: 4\n")), KeyError::Encoding);
    assert_eq!(refused(&"A".repeat(MAX_KEY_BYTES + 1)), KeyError::TooLong);
    for nothing in ["", " ", "ssh-ed25519 AAAA", "MCowBQYDK2VwAyEA", "https://example.com/keys"] {
        assert_eq!(refused(nothing), KeyError::NotAKey, "{nothing}");
    }
    // Line ends and spaces around it are those of whoever pasted it.
    let pasted = format!("\n  {}\n\n", pem.replace('\n', "\r\n"));
    assert_eq!(PublicKey::parse(Algorithm::EdDSA, &pasted).as_ref(), Ok(&ed.key));
}

#[test]
fn keys_of_other_kinds_are_refused() {
    // secp256k1, P-384, X25519, and P-256 with its point compressed.
    let others = [
        "MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEDudHGkCbcUX3G/v7KNzoX0AMobCNUcaOFvF3KJabHutK5VXWyarpoWPG6hpUvMqOxD2jNQsWN15rC8a+C2c5kw==",
        "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEW4MYDubm3hZBUNFh4Sau+Uk0znFPh5z8Yr6/Uh/uIEwzGNmdF3cMtnZa81xush6Y1xf1rWvxzsp6OsvPPZqeupd9CdCtUzw6SfcZEgxSC+SY6k2Df/StGaDZ9/5nvqEm",
        "MCowBQYDK2VuAyEAC5p5EdvENlpj72865Ch/ztA4uuj2WrU/S+J/O+GImFI=",
        "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgACSDfWBMFrtWzlOBMvhcoFuoHfHjrGAVaxX6W+vPpBk34=",
    ];
    for other in others {
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{other}\n-----END PUBLIC KEY-----");
        for algorithm in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256] {
            assert_eq!(refused(algorithm, &pem), KeyError::Unsupported, "{other}");
        }
    }
    let [.., rsa] = &*HOSTS;
    let mut for_pss_alone = rsa.registered.spki().unwrap();
    for_pss_alone[16] = 0x0a;
    assert_eq!(refused(Algorithm::RS256, &pem(&for_pss_alone)), KeyError::Unsupported);
    for jwk in [
        json!({ "kty": "EC", "crv": "P-384", "x": "AA", "y": "AA" }),
        json!({ "kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA" }),
        json!({ "kty": "EC", "x": "AA", "y": "AA" }),
        json!({ "kty": "OKP", "crv": "X25519", "x": "AA" }),
        json!({ "kty": "OKP", "crv": "Ed448", "x": "AA" }),
        json!({ "kty": "oct" }),
    ] {
        assert_eq!(refused(Algorithm::ES256, &jwk.to_string()), KeyError::Unsupported, "{jwk}");
    }
}

#[test]
fn a_jwk_says_what_it_is_for() {
    for host in &*HOSTS {
        let algorithm = host.key.algorithm();
        let with = |name: &str, value: Value| {
            let mut jwk = jwk_of(host);
            jwk[name] = value;
            PublicKey::parse(algorithm, &jwk.to_string())
        };
        assert!(with("alg", json!(algorithm.name())).is_ok());
        assert!(with("use", json!("sig")).is_ok());
        assert!(with("key_ops", json!(["verify"])).is_ok());
        assert!(with("kid", json!("whatever")).is_ok());
        for (name, value) in [
            ("alg", json!("HS256")),
            ("alg", json!(null)),
            ("use", json!("enc")),
            ("key_ops", json!(["sign"])),
            ("key_ops", json!([])),
            ("key_ops", json!("verify")),
        ] {
            assert_eq!(with(name, value.clone()), Err(KeyError::WrongUse), "{name} {value}");
        }
    }
}

#[test]
fn a_damaged_jwk_is_refused() {
    for host in &*HOSTS {
        let algorithm = host.key.algorithm();
        let jwk = jwk_of(host);
        for name in ["x", "y", "n", "e"].iter().filter(|name| jwk.get(*name).is_some()) {
            for damaged in [json!(null), json!(1), json!("=="), json!("A+/="), json!("A B")] {
                let mut jwk = jwk.clone();
                jwk[name] = damaged;
                assert_eq!(refused(algorithm, &jwk.to_string()), KeyError::Encoding);
            }
        }
        let text = jwk.to_string();
        let twice = text.replacen('{', r#"{"kty":"RSA","#, 1);
        assert_eq!(refused(algorithm, &twice), KeyError::Encoding);
        assert_eq!(refused(algorithm, &format!("{text}{text}")), KeyError::Encoding);
        let set = json!({ "keys": [jwk] }).to_string();
        assert_eq!(refused(algorithm, &set), KeyError::Several);
    }
    assert_eq!(refused(Algorithm::EdDSA, "{}"), KeyError::NotAKey);
    let short = r#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#;
    assert_eq!(refused(Algorithm::EdDSA, short), KeyError::Encoding);
}

#[test]
fn weak_rsa_keys_are_refused() {
    let modulus = |bits: usize| {
        let mut modulus = vec![0xc5; bits / 8];
        modulus[0] |= 0x80;
        modulus
    };
    let f4: &[u8] = &[1, 0, 1];
    for bits in [512, 1_024, 2_040] {
        assert_eq!(refused(Algorithm::RS256, &rsa(modulus(bits), f4)), KeyError::WeakRsa);
    }
    // As long as one of 2 048 bits, and one bit shorter.
    let mut shorter = modulus(2_048);
    shorter[0] = 0x7f;
    assert_eq!(refused(Algorithm::RS256, &rsa(shorter, f4)), KeyError::WeakRsa);
    for bits in [2_048, 3_072, 4_096, 8_192] {
        assert!(PublicKey::parse(Algorithm::RS256, &rsa(modulus(bits), f4)).is_ok(), "{bits}");
    }
    assert_eq!(refused(Algorithm::RS256, &rsa(modulus(8_200), f4)), KeyError::LargeRsa);
    assert_eq!(refused(Algorithm::RS256, &rsa(modulus(16_384), f4)), KeyError::LargeRsa);
    assert!(PublicKey::parse(Algorithm::RS256, &rsa(modulus(2_048), &[3])).is_ok());
    let exponents: [&[u8]; 6] = [&[], &[1], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[0xff; 256]];
    for exponent in exponents {
        let key = rsa(modulus(2_048), exponent);
        assert_eq!(refused(Algorithm::RS256, &key), KeyError::WeakRsa, "{exponent:?}");
    }
    let mut even = modulus(2_048);
    even[255] = 0xc4;
    assert_eq!(refused(Algorithm::RS256, &rsa(even, f4)), KeyError::WeakRsa);
    assert_eq!(refused(Algorithm::RS256, &rsa(vec![], f4)), KeyError::WeakRsa);
}

#[test]
fn points_that_are_not_sound_are_refused() {
    let [_, ec, _] = &*HOSTS;
    let Parts::P256(x, mut y) = Parts::read(&ec.registered.spki().unwrap()).unwrap() else {
        panic!("it is on P-256");
    };
    y[31] ^= 1;
    for (x, y) in [(x, y), ([0; 32], [0; 32]), ([0xff; 32], [0xff; 32])] {
        let key = pem(&Parts::P256(x, y).write());
        assert_eq!(refused(Algorithm::ES256, &key), KeyError::BadPoint);
    }
    let mut order_1 = [0; 32];
    order_1[0] = 1;
    let mut order_2 = [0xff; 32];
    (order_2[0], order_2[31]) = (0xec, 0x7f);
    for point in [[0; 32], order_1, order_2] {
        for sign in [0, 0x80] {
            let mut point = point;
            point[31] |= sign;
            let key = pem(&Parts::Ed25519(point).write());
            assert_eq!(refused(Algorithm::EdDSA, &key), KeyError::BadPoint, "{point:?}");
        }
    }
}

/// Whoever knew such a key signs without a secret: the reason for the rule above.
#[test]
fn anybody_signs_with_a_key_of_small_order() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let der = Parts::Ed25519(identity).write();
    let key = Registered { id: "weak".into(), algorithm: Algorithm::EdDSA, pem: pem(&der) };
    let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    let signature = BASE64URL_NOPAD.encode(&[&identity[..], &[0; 32]].concat());
    let message = format!("{}.{}", encode(r#"{"alg":"EdDSA"}"#), encode(&ann().to_string()));
    assert!(check(&format!("{message}.{signature}"), &[key]).is_ok());
}

#[test]
fn a_registered_key_is_stored_as_json() {
    let [host, ..] = &*HOSTS;
    let stored = serde_json::to_value(&host.registered).unwrap();
    assert_eq!(stored["algorithm"], "EdDSA");
    assert_eq!(stored["pem"], host.key.pem());
    assert_eq!(serde_json::from_value::<Registered>(stored).unwrap(), host.registered);
    assert_eq!(host.key.fingerprint().len(), 43);
    assert!(serde_json::from_str::<Algorithm>("\"HS256\"").is_err());
}
