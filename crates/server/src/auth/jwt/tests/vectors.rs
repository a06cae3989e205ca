//! Tokens and keys that others made: from the standards, and with the libraries that hosts use.

use super::*;

/// Of RFC 8037 A.1, RFC 7515 A.3 and A.2.
const RFC_ED25519: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
const RFC_P256: &str = r#"{"kty":"EC","crv":"P-256",
    "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
const RFC_RSA: &str = r#"{"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}"#;

const RFC_EDDSA_TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
const RFC_ES256_TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const RFC_RS256_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

/// Their payloads are not for us: that is said only where the signature is right.
#[test]
fn the_signatures_of_the_standards_are_right() {
    for (algorithm, key, token) in [
        (Algorithm::EdDSA, RFC_ED25519, RFC_EDDSA_TOKEN),
        (Algorithm::ES256, RFC_P256, RFC_ES256_TOKEN),
        (Algorithm::RS256, RFC_RSA, RFC_RS256_TOKEN),
    ] {
        let key = PublicKey::parse(algorithm, key).unwrap().registered("rfc");
        assert_eq!(
            check(token, std::slice::from_ref(&key)),
            Err(JwtError::BadClaims),
            "{algorithm:?}"
        );
        let (message, signature) = token.rsplit_once('.').unwrap();
        let mut signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        signature[20] ^= 1;
        let forged = format!("{message}.{}", BASE64URL_NOPAD.encode(&signature));
        assert_eq!(check(&forged, &[key]), Err(JwtError::BadSignature), "{algorithm:?}");
    }
}

/// Made by OpenSSL, as PEM and as the JWK that `jose` makes of it, with a token for an agent that
/// `jose` signed and one for a visitor of `pyjwt`'s.
struct Foreign {
    algorithm: Algorithm,
    pem: &'static str,
    jwk: &'static str,
    jose: &'static str,
    pyjwt: &'static str,
}

const FOREIGN: [Foreign; 3] = [
    Foreign {
        algorithm: Algorithm::EdDSA,
        pem: "-----BEGIN PUBLIC KEY-----\n\
MCowBQYDK2VwAyEAAuBeyJf1+eYbTT5jpnLbp82rbBRCTSZrTx53N1Cgiuc=\n\
-----END PUBLIC KEY-----\n",
        jwk: r#"{"crv":"Ed25519","x":"AuBeyJf1-eYbTT5jpnLbp82rbBRCTSZrTx53N1Cgiuc","kty":"OKP"}"#,
        jose: "eyJhbGciOiJFZERTQSIsImtpZCI6IjIwMjYtMTEifQ.eyJraW5kIjoiYWdlbnQiLCJuYW1lIjoiQW5uIiwiZW1haWwiOiJhbm5AZXhhbXBsZS5jb20iLCJhdWQiOiJhY21lIiwic3ViIjoiYW5uIiwiaWF0IjoxODAwMDAwMDAwLCJleHAiOjE4MDAwMDAzMDB9.ya8D3lBE6syzcSTQYikeOTeqMf1FY7iCjClj-ERP_mF6ao-ga-ffYAg3uKb-sriU2YF35Mk9P7ReCJYyb0j-CQ",
        pyjwt: "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJraW5kIjoidmlzaXRvciIsImF1ZCI6WyJhY21lIl0sInN1YiI6ImN1c3RvbWVyIDQ3MTEiLCJleHAiOjE4MDAwMDAzMDAuNSwibmJmIjoxODAwMDAwMDAwfQ.xE0vv4xk29yUPGp8NRaB0aRXYT33kWb8o7ZKcROmxc8oF7KUuhSkLxsuqZcwBKbr-mIVZCBYrpVbuGo-5tTvDw",
    },
    Foreign {
        algorithm: Algorithm::ES256,
        pem: "-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAESDfWBMFrtWzlOBMvhcoFuoHfHjrG\n\
AVaxX6W+vPpBk37jmjRJqdSyHktLAPfs1/AqOaMv1oQeS7sUfFKdog3DzA==\n\
-----END PUBLIC KEY-----\n",
        jwk: r#"{"kty":"EC","x":"SDfWBMFrtWzlOBMvhcoFuoHfHjrGAVaxX6W-vPpBk34","y":"45o0SanUsh5LSwD37NfwKjmjL9aEHku7FHxSnaINw8w","crv":"P-256"}"#,
        jose: "eyJhbGciOiJFUzI1NiIsImtpZCI6IjIwMjYtMTEifQ.eyJraW5kIjoiYWdlbnQiLCJuYW1lIjoiQW5uIiwiZW1haWwiOiJhbm5AZXhhbXBsZS5jb20iLCJhdWQiOiJhY21lIiwic3ViIjoiYW5uIiwiaWF0IjoxODAwMDAwMDAwLCJleHAiOjE4MDAwMDAzMDB9.48Rt75TSkRheUDWg-i2uJAnwCbY0csczv1e23iLcnVZJys4BkATSqWH5NImEMsxFchgUhxHMkz4pba1o7d1Ivg",
        pyjwt: "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJraW5kIjoidmlzaXRvciIsImF1ZCI6WyJhY21lIl0sInN1YiI6ImN1c3RvbWVyIDQ3MTEiLCJleHAiOjE4MDAwMDAzMDAuNSwibmJmIjoxODAwMDAwMDAwfQ.1rwcEilCanF7-eOo39CI9zI1UYhXKWH1eAw7uajOBeIDMMaa_0aqDQ4XlzNzgDdynNj8vnHwt1AukHmkZg8ISg",
    },
    Foreign {
        algorithm: Algorithm::RS256,
        pem: "-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA4l/u7AzldF2CIx1HhePB\n\
g6yN2iLcEC7LCo490aWXvUE1U901CSKibScJtociQMOEJuNBxkvRk8TTjlu2b2N4\n\
DBg29QusYKsJo3FrZJuizP/HbBDAq9C9lo099Kv+rcheVvmeeTCp9wuRxuv3dKcG\n\
wrAh4Fh4yIOnfOevlMBcpM35MkLSOT/VooWtfaEw5jGJ7Fo8smpJ6Ktcg2PX7mgJ\n\
qYZGkPt81hPJdC9koaAkRBGi4yz8sW4ekMHCoaavyzBzyzJsps0yEAupzXUdxsER\n\
4kEbKEUsrkjgDPhbn93G6X89hiAKfJU1m86sxBeB6RZiqf2bxSsJhozsvgV/1zli\n\
aQIDAQAB\n\
-----END PUBLIC KEY-----\n",
        jwk: r#"{"kty":"RSA","n":"4l_u7AzldF2CIx1HhePBg6yN2iLcEC7LCo490aWXvUE1U901CSKibScJtociQMOEJuNBxkvRk8TTjlu2b2N4DBg29QusYKsJo3FrZJuizP_HbBDAq9C9lo099Kv-rcheVvmeeTCp9wuRxuv3dKcGwrAh4Fh4yIOnfOevlMBcpM35MkLSOT_VooWtfaEw5jGJ7Fo8smpJ6Ktcg2PX7mgJqYZGkPt81hPJdC9koaAkRBGi4yz8sW4ekMHCoaavyzBzyzJsps0yEAupzXUdxsER4kEbKEUsrkjgDPhbn93G6X89hiAKfJU1m86sxBeB6RZiqf2bxSsJhozsvgV_1zliaQ","e":"AQAB"}"#,
        jose: "eyJhbGciOiJSUzI1NiIsImtpZCI6IjIwMjYtMTEifQ.eyJraW5kIjoiYWdlbnQiLCJuYW1lIjoiQW5uIiwiZW1haWwiOiJhbm5AZXhhbXBsZS5jb20iLCJhdWQiOiJhY21lIiwic3ViIjoiYW5uIiwiaWF0IjoxODAwMDAwMDAwLCJleHAiOjE4MDAwMDAzMDB9.YWxA_mk0TKVDRE_tYkYqqEFlS9nPXxR7YCqEdYqO5hNDuY77GAOO1CRe4nCvEfoceuWjcombFHrrwPlpeKrRadO1zOi12fLsWVA9OubdJTeDAXHcEhecHeG-xrMpnMxJ6KXpHe0eLENjte4vgA-GU3iN7ZHY_9m3m5rbwxXMW-ODZnUv_ZiTvjhIRr7FTyK0dZARomN8cXvUSJ43xdkKMKcBzV9d4fql3EhFgPhNONJFyL-x_g2q2zHvw8tUhvMEvmdxbaEDf3HRnx0vW92Fv7dyJY-x-VQNZ04UjajudOn21rJWst6aEwNwTSeXiA6NMyC-eU6hmWvXPoO3kmE9mg",
        pyjwt: "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJraW5kIjoidmlzaXRvciIsImF1ZCI6WyJhY21lIl0sInN1YiI6ImN1c3RvbWVyIDQ3MTEiLCJleHAiOjE4MDAwMDAzMDAuNSwibmJmIjoxODAwMDAwMDAwfQ.msiL0aKUk-uiWcSMCoWVvmsD-2a-7JdV93cMTgReTdyN0h6oNlPsBefE-m11tqjgIUQsPae1LdMEpOnBM5S5Af6btAAgnk2NAZn5whcnxVmrEo8kRdXJlImupqkLYHpD6sClt6ZzykD46GfjJHv7BRVY7Vg8EIBJJ4teJrhcbGP-LNcldX7O_OkCWZYzmY1Twb52S9IEl-AX4x08203gLKZE71L66yJIWyFTFPM-tFnHPHFy48F8VwKPbpPEuIF6mz0WRFNvoQZbXZJ_jj3QI0MoNlTIEoI80JjlahXSWNB0p5DCH8CAm-9rdS84WC_FJal_y8RYhVX-UKeeVSrGAg",
    },
];

#[test]
fn what_common_libraries_sign_is_taken() {
    for foreign in FOREIGN {
        let key = PublicKey::parse(foreign.algorithm, foreign.pem).unwrap();
        let keys = [key.registered("2026-11")];
        let agent = check(foreign.jose, &keys).unwrap();
        let named = (agent.sub.as_str(), agent.name.as_deref(), agent.email.as_deref());
        assert_eq!(named, ("ann", Some("Ann"), Some("ann@example.com")));
        assert_eq!((agent.issued_at_ms, agent.expires_at_ms), (Some(NOW_MS), NOW_MS + 300_000));
        let visitor = verify(foreign.pyjwt, &keys, "acme", Kind::Visitor, NOW_MS).unwrap();
        assert_eq!(visitor.sub, "customer 4711");
        assert_eq!(visitor.expires_at_ms, NOW_MS + 300_500);
        assert_eq!(check(foreign.pyjwt, &keys), Err(JwtError::WrongKind));
    }
}

#[test]
fn a_key_is_the_same_as_pem_and_as_jwk() {
    for foreign in FOREIGN {
        let pem = PublicKey::parse(foreign.algorithm, foreign.pem).unwrap();
        let jwk = PublicKey::parse(foreign.algorithm, foreign.jwk).unwrap();
        assert_eq!((&pem, pem.fingerprint()), (&jwk, jwk.fingerprint()));
        // As OpenSSL writes it, to the byte.
        assert_eq!(pem.pem(), foreign.pem);
        assert_eq!(PublicKey::parse(foreign.algorithm, &pem.pem()), Ok(pem));
    }
}
