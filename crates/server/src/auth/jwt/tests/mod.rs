//! A host that signs, well or badly, and what becomes of its tokens.

mod attacks;
mod keys;
mod rules;
mod vectors;

use std::sync::LazyLock;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    },
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::{spki::Parts, *};

/// A Friday in 2027.
const NOW_MS: u64 = 1_800_000_000_000;
const NOW: u64 = NOW_MS / 1_000;

/// One of each algorithm, by the names `ed`, `ec` and `rsa`.
static HOSTS: LazyLock<[Host; 3]> = LazyLock::new(|| {
    let ed = Ed25519KeyPair::generate().unwrap();
    let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    [
        Host::new("ed", Signer::Ed25519(ed)),
        Host::new("ec", Signer::P256(ec)),
        Host::new("rsa", Signer::Rsa(rsa)),
    ]
});

enum Signer {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

/// Who signs, and the key that is registered for it.
struct Host {
    signer: Signer,
    key: PublicKey,
    registered: Registered,
}

impl Host {
    fn new(id: &str, signer: Signer) -> Self {
        let key = signer.public();
        let registered = key.registered(id);
        Self { signer, key, registered }
    }

    /// A header for a token of ours.
    fn header(&self) -> Value {
        json!({ "alg": self.key.algorithm().name(), "kid": self.registered.id })
    }

    fn signs(&self, claims: &Value) -> String {
        self.signs_as(&self.header().to_string(), &claims.to_string())
    }

    /// With any header and payload.
    fn signs_as(&self, header: &str, payload: &str) -> String {
        let encode = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        let message = format!("{}.{}", encode(header), encode(payload));
        let signature = self.signer.sign(message.as_bytes());
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }

    /// What becomes of these claims.
    fn claims(&self, claims: &Value) -> Result<Identity, JwtError> {
        self.check(&self.signs(claims))
    }

    fn check(&self, token: &str) -> Result<Identity, JwtError> {
        check(token, std::slice::from_ref(&self.registered))
    }
}

impl Signer {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::P256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }

    fn public(&self) -> PublicKey {
        let parts = match self {
            Self::Ed25519(pair) => Parts::Ed25519(pair.public_key().as_ref().try_into().unwrap()),
            Self::P256(pair) => {
                let point = pair.public_key().as_ref();
                Parts::P256(point[1..33].try_into().unwrap(), point[33..].try_into().unwrap())
            }
            Self::Rsa(pair) => {
                let der: aws_lc_rs::encoding::PublicKeyX509Der<'_> =
                    aws_lc_rs::encoding::AsDer::as_der(pair.public_key()).unwrap();
                Parts::read(der.as_ref()).unwrap()
            }
        };
        let pem = data_encoding::BASE64.encode(&parts.write());
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{pem}\n-----END PUBLIC KEY-----");
        PublicKey::parse(parts.algorithm(), &pem).unwrap()
    }
}

fn check(token: &str, keys: &[Registered]) -> Result<Identity, JwtError> {
    verify(token, keys, "acme", Kind::Agent, NOW_MS)
}

/// Claims that are taken.
fn ann() -> Value {
    json!({ "kind": "agent", "aud": "acme", "sub": "ann", "exp": NOW + 300 })
}

/// The same, but for one of them.
fn ann_but(claim: &str, value: impl Into<Value>) -> Value {
    let mut claims = ann();
    claims[claim] = value.into();
    claims
}

fn ann_without(claim: &str) -> Value {
    let mut claims = ann();
    claims.as_object_mut().unwrap().remove(claim);
    claims
}

fn all_keys() -> Vec<Registered> {
    HOSTS.iter().map(|host| host.registered.clone()).collect()
}
