//! The public keys that a workspace registers: from PEM or JWK to one form that is stored.
//!
//! Whatever could make two readers see two keys, or let somebody else sign, is refused here, once,
//! with the rule that says so. What is refused is never repeated: it may be a private key.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm,
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    Algorithm,
    json::Object,
    spki::{COORDINATE_BYTES, Parts, without_zeros},
};

/// The longest text that is read as a key: four times what the largest RSA key has.
pub const MAX_KEY_BYTES: usize = 8 * 1_024;
/// The smallest RSA key, in bits.
pub const MIN_RSA_BITS: usize = 2_048;
/// The largest: checking a signature takes longer with the square of it.
pub const MAX_RSA_BITS: usize = 8_192;
/// The largest exponent of RSA: 65 537 has 17 bits, and nobody needs more than these.
const MAX_EXPONENT_BITS: usize = 33;

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";
/// How long a line of PEM is.
const PEM_LINE_BYTES: usize = 64;

/// The members of a JWK that only a private or secret key has.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The points of Ed25519 whose order is small, without the sign: with such a key anybody signs.
const SMALL_ORDER: [[u8; COORDINATE_BYTES]; 7] = [
    // 0, 1, and -1
    whole(0x00, 0x00, 0x00),
    whole(0x01, 0x00, 0x00),
    whole(0xec, 0xff, 0x7f),
    // 0 and 1 again, written with the prime added
    whole(0xed, 0xff, 0x7f),
    whole(0xee, 0xff, 0x7f),
    // the two of order 8
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

/// A number of 32 bytes: the first, all those in between, and the last.
const fn whole(first: u8, between: u8, last: u8) -> [u8; COORDINATE_BYTES] {
    let mut number = [between; COORDINATE_BYTES];
    number[0] = first;
    number[COORDINATE_BYTES - 1] = last;
    number
}

/// Why a text cannot be registered as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Longer than any key.
    #[error("a key has at most {MAX_KEY_BYTES} bytes")]
    TooLong,
    /// Neither of the two forms.
    #[error("not a key: PEM that begins with \"{BEGIN}\", or a JWK as a JSON object, is")]
    NotAKey,
    /// One that nobody may see but its owner.
    #[error("this is a private key: consider it lost, make another, and register its public half")]
    Private,
    /// A certificate.
    #[error("this is a certificate: register the public key in it")]
    Certificate,
    /// PEM of something else.
    #[error("PEM of another kind: what begins with \"{BEGIN}\" is taken")]
    OtherPem,
    /// More than one.
    #[error("several keys at once: register each by itself")]
    Several,
    /// Base64, DER or JSON that is damaged, or in a form that is not the usual one.
    #[error("the key is damaged, or not written as DER and JWK prescribe")]
    Encoding,
    /// Of a kind that no algorithm here has.
    #[error("a key of another kind: Ed25519, RSA, and P-256 with its point in full are taken")]
    Unsupported,
    /// Of the kind that another algorithm has.
    #[error("the key is not of the kind that the algorithm needs")]
    WrongKind,
    /// Its owner says that it is for something else.
    #[error("the JWK says that it is for another algorithm or use")]
    WrongUse,
    /// Too small, or with an exponent that gives signatures away.
    #[error(
        "an RSA key has {MIN_RSA_BITS} bits or more, and an odd exponent from 3 to 2^{MAX_EXPONENT_BITS}"
    )]
    WeakRsa,
    /// Too slow.
    #[error("an RSA key has at most {MAX_RSA_BITS} bits")]
    LargeRsa,
    /// Not a point of the curve, or one of those with which anybody signs.
    #[error("the key is not a sound point of its curve")]
    BadPoint,
}

/// A public key that may be registered: sound, and of the kind that its algorithm needs.
///
/// That an Ed25519 key is on its curve is not checked, since the library has no call for it: one
/// that is not verifies nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
    spki: Vec<u8>,
}

/// What [`PublicKey::parse`] gives.
pub type ParsedKey = PublicKey;

/// A key as a workspace keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// Its name, which the header of a token gives as `kid`.
    pub id: String,
    /// The one algorithm that it is taken with.
    pub algorithm: Algorithm,
    /// The key, as [`PublicKey::pem`] writes it.
    pub pem: String,
}

impl PublicKey {
    /// Reads the PEM of a `PUBLIC KEY`, or a JWK.
    ///
    /// # Errors
    /// Where it is not one sound public key of the kind that the algorithm needs.
    pub fn parse(algorithm: Algorithm, key: &str) -> Result<ParsedKey, KeyError> {
        if key.len() > MAX_KEY_BYTES {
            return Err(KeyError::TooLong);
        }
        let key = key.trim();
        let parts = if key.starts_with('{') { of_jwk(algorithm, key)? } else { of_pem(key)? };
        if parts.algorithm() != algorithm {
            return Err(KeyError::WrongKind);
        }
        let spki = parts.write();
        check(&parts, &spki)?;
        Ok(Self { algorithm, spki })
    }

    /// The one algorithm that it is taken with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key in the one form that is stored, whatever it came in.
    #[must_use]
    pub fn pem(&self) -> String {
        let mut pem = format!("{BEGIN}\n");
        for (at, character) in BASE64.encode(&self.spki).char_indices() {
            if at > 0 && at % PEM_LINE_BYTES == 0 {
                pem.push('\n');
            }
            pem.push(character);
        }
        format!("{pem}\n{END}\n")
    }

    /// What tells it from others at a glance: SHA-256 of its DER, in base64url.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        BASE64URL_NOPAD.encode(&Sha256::digest(&self.spki))
    }

    /// The key by a name.
    #[must_use]
    pub fn registered(&self, id: impl Into<String>) -> Registered {
        Registered { id: id.into(), algorithm: self.algorithm, pem: self.pem() }
    }
}

impl Registered {
    /// The DER of the key; none where what is stored is not what was registered. Whether it is
    /// sound was looked at then.
    pub(super) fn spki(&self) -> Option<Vec<u8>> {
        let parts = of_pem(self.pem.trim()).ok()?;
        (parts.algorithm() == self.algorithm).then(|| parts.write())
    }
}

fn of_pem(text: &str) -> Result<Parts, KeyError> {
    if text.contains("PRIVATE KEY-----") {
        return Err(KeyError::Private);
    }
    if text.contains("-----BEGIN CERTIFICATE-----") {
        return Err(KeyError::Certificate);
    }
    if text.matches("-----BEGIN ").count() > 1 {
        return Err(KeyError::Several);
    }
    let Some(rest) = text.strip_prefix(BEGIN) else {
        let other = text.starts_with("-----BEGIN ");
        return Err(if other { KeyError::OtherPem } else { KeyError::NotAKey });
    };
    let body = rest.strip_suffix(END).ok_or(KeyError::Encoding)?;
    let body: Vec<u8> = body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    Parts::read(&BASE64.decode(&body).map_err(|_| KeyError::Encoding)?)
}

fn of_jwk(algorithm: Algorithm, text: &str) -> Result<Parts, KeyError> {
    let jwk = Object::read(text.as_bytes()).ok_or(KeyError::Encoding)?;
    if PRIVATE_MEMBERS.iter().any(|name| jwk.member(name).is_some()) {
        return Err(KeyError::Private);
    }
    if jwk.member("keys").is_some() {
        return Err(KeyError::Several);
    }
    if !says_it_verifies(&jwk, algorithm) {
        return Err(KeyError::WrongUse);
    }
    match (jwk.text("kty"), jwk.text("crv")) {
        (Some("OKP"), Some("Ed25519")) => Ok(Parts::Ed25519(coordinate(&jwk, "x")?)),
        (Some("EC"), Some("P-256")) => {
            Ok(Parts::P256(coordinate(&jwk, "x")?, coordinate(&jwk, "y")?))
        }
        (Some("RSA"), None) => Ok(Parts::Rsa(number(&jwk, "n")?, number(&jwk, "e")?)),
        (Some(_), _) => Err(KeyError::Unsupported),
        (None, _) => Err(KeyError::NotAKey),
    }
}

/// Whether a JWK is meant for what it is registered for, as far as it says.
fn says_it_verifies(jwk: &Object, algorithm: Algorithm) -> bool {
    let is = |name: &str, wanted: &str| {
        jwk.member(name).is_none_or(|value| value.as_str() == Some(wanted))
    };
    let verifies = |operations: &Value| {
        operations.as_array().is_some_and(|all| all.iter().any(|one| one == "verify"))
    };
    is("alg", algorithm.name()) && is("use", "sig") && jwk.member("key_ops").is_none_or(verifies)
}

fn coordinate(jwk: &Object, name: &str) -> Result<[u8; COORDINATE_BYTES], KeyError> {
    decoded(jwk, name)?.try_into().map_err(|_| KeyError::Encoding)
}

fn number(jwk: &Object, name: &str) -> Result<Vec<u8>, KeyError> {
    Ok(without_zeros(&decoded(jwk, name)?).to_vec())
}

fn decoded(jwk: &Object, name: &str) -> Result<Vec<u8>, KeyError> {
    let text = jwk.text(name).ok_or(KeyError::Encoding)?;
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| KeyError::Encoding)
}

fn check(parts: &Parts, spki: &[u8]) -> Result<(), KeyError> {
    match parts {
        Parts::Ed25519(point) => check_ed25519(*point),
        Parts::P256(..) => accepts(&ECDSA_P256_SHA256_FIXED, spki, KeyError::BadPoint),
        Parts::Rsa(modulus, exponent) => {
            check_rsa(modulus, exponent)?;
            accepts(&RSA_PKCS1_2048_8192_SHA256, spki, KeyError::WeakRsa)
        }
    }
}

/// What the library has to say.
fn accepts(
    algorithm: &'static dyn VerificationAlgorithm,
    spki: &[u8],
    otherwise: KeyError,
) -> Result<(), KeyError> {
    ParsedPublicKey::new(algorithm, spki).map(|_| ()).map_err(|_| otherwise)
}

fn check_ed25519(mut point: [u8; COORDINATE_BYTES]) -> Result<(), KeyError> {
    point[COORDINATE_BYTES - 1] &= 0x7f;
    if SMALL_ORDER.contains(&point) { Err(KeyError::BadPoint) } else { Ok(()) }
}

fn check_rsa(modulus: &[u8], exponent: &[u8]) -> Result<(), KeyError> {
    let is_even = |number: &[u8]| number.last().is_none_or(|last| last & 1 == 0);
    if bits(modulus) > MAX_RSA_BITS {
        return Err(KeyError::LargeRsa);
    }
    let small = bits(modulus) < MIN_RSA_BITS || exponent == [1];
    if small || bits(exponent) > MAX_EXPONENT_BITS || is_even(modulus) || is_even(exponent) {
        return Err(KeyError::WeakRsa);
    }
    Ok(())
}

/// How many bits a number without leading zeros has.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |first| first.leading_zeros() as usize);
    number.len() * 8 - unused
}
