//! Which claims are taken, and which keys a token is tried with.

use super::*;

#[test]
fn a_signed_token_says_who_somebody_is() {
    for host in &*HOSTS {
        let mut claims = ann_but("name", " Ann Archer ");
        claims["email"] = json!("ann@example.com");
        claims["iat"] = json!(NOW - 1);
        claims["role"] = json!({ "admin": true });
        let identity = Identity {
            sub: "ann".into(),
            name: Some("Ann Archer".into()),
            email: Some("ann@example.com".into()),
            expires_at_ms: NOW_MS + 300_000,
            issued_at_ms: Some(NOW_MS - 1_000),
            key_id: host.registered.id.clone(),
        };
        assert_eq!(host.claims(&claims), Ok(identity));
        assert_eq!(audience_of(&host.signs(&claims)).as_deref(), Some("acme"));
    }
}

#[test]
fn a_token_is_for_agents_or_for_visitors() {
    let [host, ..] = &*HOSTS;
    let keys = &all_keys();
    let visitor = host.signs(&ann_but("kind", "visitor"));
    assert!(verify(&visitor, keys, "acme", Kind::Visitor, NOW_MS).is_ok());
    assert_eq!(verify(&visitor, keys, "acme", Kind::Agent, NOW_MS), Err(JwtError::WrongKind));
    let agent = host.signs(&ann());
    assert_eq!(verify(&agent, keys, "acme", Kind::Visitor, NOW_MS), Err(JwtError::WrongKind));
    for neither in [json!("Agent"), json!(["agent"]), json!(null), json!(true)] {
        assert_eq!(host.claims(&ann_but("kind", neither)), Err(JwtError::WrongKind));
    }
    assert_eq!(host.claims(&ann_without("kind")), Err(JwtError::WrongKind));
}

#[test]
fn it_is_for_one_workspace_alone() {
    let [host, ..] = &*HOSTS;
    assert!(host.claims(&ann_but("aud", json!(["acme"]))).is_ok());
    let others = [json!("other"), json!("ACME"), json!(["other"]), json!(["acme", "other"])];
    for other in others {
        let refused = host.claims(&ann_but("aud", other.clone()));
        assert_eq!(refused, Err(JwtError::WrongAudience), "{other}");
    }
    for none in [json!(null), json!(1), json!({ "acme": 1 }), json!([1])] {
        let token = host.signs(&ann_but("aud", none.clone()));
        assert_eq!(host.check(&token), Err(JwtError::BadClaims), "{none}");
        assert_eq!(audience_of(&token), None, "{none}");
    }
    assert_eq!(host.claims(&ann_but("aud", json!([]))), Err(JwtError::WrongAudience));
    assert_eq!(host.claims(&ann_without("aud")), Err(JwtError::BadClaims));
}

#[test]
fn it_holds_until_its_end_and_not_for_long() {
    let [host, ..] = &*HOSTS;
    assert!(host.claims(&ann_but("exp", NOW + 1)).is_ok());
    assert!(host.claims(&ann_but("exp", NOW as f64 + 0.5)).is_ok());
    assert_eq!(host.claims(&ann_but("exp", NOW)), Err(JwtError::Expired));
    assert_eq!(host.claims(&ann_but("exp", 0)), Err(JwtError::Expired));
    let day = MAX_LIFETIME_MS / 1_000;
    assert!(host.claims(&ann_but("exp", NOW + day)).is_ok());
    for far in [json!(NOW + day + 1), json!(NOW_MS), json!(u64::MAX), json!(1e300)] {
        let refused = host.claims(&ann_but("exp", far.clone()));
        let expected = if far == json!(1e300) { JwtError::BadClaims } else { JwtError::TooLong };
        assert_eq!(refused, Err(expected), "{far}");
    }
    for none in [json!(null), json!("1800000300"), json!(-1), json!(-0.5), json!([NOW])] {
        assert_eq!(host.claims(&ann_but("exp", none.clone())), Err(JwtError::BadClaims), "{none}");
    }
    assert_eq!(host.claims(&ann_without("exp")), Err(JwtError::BadClaims));
}

#[test]
fn it_begins_when_it_says_give_or_take_what_clocks_differ() {
    let [host, ..] = &*HOSTS;
    let skew = MAX_CLOCK_SKEW_MS / 1_000;
    for claim in ["nbf", "iat"] {
        assert!(host.claims(&ann_but(claim, 0)).is_ok());
        assert!(host.claims(&ann_but(claim, NOW + skew)).is_ok());
        assert_eq!(host.claims(&ann_but(claim, NOW + skew + 1)), Err(JwtError::TooEarly));
        assert_eq!(host.claims(&ann_but(claim, u64::MAX)), Err(JwtError::TooEarly));
        for none in [json!(null), json!("now"), json!(-1), json!(true)] {
            assert_eq!(host.claims(&ann_but(claim, none)), Err(JwtError::BadClaims));
        }
    }
}

#[test]
fn who_it_is_must_be_fit_to_be_kept_and_shown() {
    let [host, ..] = &*HOSTS;
    let long = "a".repeat(129);
    for sub in [json!(""), json!(long), json!("a\nb"), json!("\u{0}"), json!(1), json!(null)] {
        assert_eq!(host.claims(&ann_but("sub", sub.clone())), Err(JwtError::BadClaims), "{sub}");
    }
    assert_eq!(host.claims(&ann_without("sub")), Err(JwtError::BadClaims));
    assert!(host.claims(&ann_but("sub", "ä".repeat(64))).is_ok());
    for name in [json!(" "), json!("a\r\nBcc: b"), json!("\u{202e}nnA"), json!("a".repeat(101))] {
        assert_eq!(host.claims(&ann_but("name", name.clone())), Err(JwtError::BadClaims), "{name}");
    }
    for email in [json!("ann"), json!("ann@a\r\nb"), json!(1), json!([])] {
        let refused = host.claims(&ann_but("email", email.clone()));
        assert_eq!(refused, Err(JwtError::BadClaims), "{email}");
    }
    let mut none = ann_but("name", json!(null));
    none["email"] = json!(null);
    let identity = host.claims(&none).unwrap();
    assert_eq!((identity.name, identity.email), (None, None));
}

#[test]
fn keys_are_changed_by_registering_the_new_one_beside_the_old() {
    let [old, ..] = &*HOSTS;
    let new = Host::new("new", Signer::Ed25519(Ed25519KeyPair::generate().unwrap()));
    let both = [old.registered.clone(), new.registered.clone()];
    for host in [old, &new] {
        assert_eq!(check(&host.signs(&ann()), &both).unwrap().key_id, host.registered.id);
        // Without a name each is tried.
        let nameless = host.signs_as(r#"{"alg":"EdDSA"}"#, &ann().to_string());
        assert_eq!(check(&nameless, &both).unwrap().key_id, host.registered.id);
        // The other's name is not its own.
        let other = if host.registered.id == "new" { "ed" } else { "new" };
        let header = format!(r#"{{"alg":"EdDSA","kid":"{other}"}}"#);
        let misnamed = host.signs_as(&header, &ann().to_string());
        assert_eq!(check(&misnamed, &both), Err(JwtError::BadSignature));
    }
    let removed = check(&old.signs(&ann()), &both[1..]);
    assert_eq!(removed, Err(JwtError::UnknownKey));
    assert_eq!(check(&old.signs(&ann()), &[]), Err(JwtError::UnknownKey));
}

#[test]
fn keys_beyond_the_bound_are_as_if_they_were_not_there() {
    let [host, ..] = &*HOSTS;
    let another = Ed25519KeyPair::generate().unwrap();
    let another = Host::new("another", Signer::Ed25519(another)).registered;
    let mut keys = vec![another; MAX_KEYS];
    keys.push(host.registered.clone());
    assert_eq!(check(&host.signs(&ann()), &keys), Err(JwtError::UnknownKey));
    keys.remove(0);
    assert!(check(&host.signs(&ann()), &keys).is_ok());
}

#[test]
fn a_key_that_was_damaged_where_it_is_kept_verifies_nothing() {
    let [ed, ec, _] = &*HOSTS;
    let token = ed.signs(&ann());
    let with = |algorithm, pem: &str| {
        let key = Registered { id: "ed".into(), algorithm, pem: pem.into() };
        check(&token, &[key])
    };
    assert!(with(Algorithm::EdDSA, &ed.key.pem()).is_ok());
    assert_eq!(with(Algorithm::EdDSA, &ec.key.pem()), Err(JwtError::UnknownKey));
    assert_eq!(with(Algorithm::EdDSA, ""), Err(JwtError::UnknownKey));
    assert_eq!(with(Algorithm::ES256, &ed.key.pem()), Err(JwtError::WrongAlgorithm));
}

#[test]
fn a_refusal_says_nothing_of_the_token() {
    let [host, ..] = &*HOSTS;
    let claims = ann_but("name", "canary\nbird");
    let refusal = host.claims(&claims).unwrap_err();
    assert!(!format!("{refusal} {refusal:?}").contains("canary"));
}
