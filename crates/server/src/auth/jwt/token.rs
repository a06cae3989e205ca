//! The shape of a token: three parts, of which the header is read before anything is checked.

use data_encoding::BASE64URL_NOPAD;
use switchboard_protocol::text;

use super::{Algorithm, JwtError, MAX_TOKEN_BYTES, claims, json::Object};

/// Members of a header that change what a token is: extensions that must be understood, a payload
/// that is not encoded or not there, encryption, compression.
const EXTENSIONS: [&str; 4] = ["crit", "b64", "enc", "zip"];

/// What is read of a header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// What the token says that it is signed with.
    pub(super) algorithm: Algorithm,
    /// Which of the registered keys it names.
    pub(super) kid: Option<String>,
}

impl Header {
    /// Reads one.
    pub(super) fn read(object: &Object) -> Result<Self, JwtError> {
        if EXTENSIONS.iter().any(|name| object.member(name).is_some()) {
            return Err(JwtError::Malformed);
        }
        let algorithm = object.text("alg").ok_or(JwtError::Malformed)?;
        let algorithm = Algorithm::named(algorithm).ok_or(JwtError::WrongAlgorithm)?;
        let kid = match object.member("kid") {
            None => None,
            Some(kid) => Some(kid.as_str().ok_or(JwtError::Malformed)?.to_owned()),
        };
        Ok(Self { algorithm, kid })
    }
}

/// The header of a token and its payload, decoded; nothing is checked.
pub(super) fn split(token: &str) -> Option<(Object, Vec<u8>)> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let (header, rest) = token.split_once('.')?;
    let (payload, signature) = rest.split_once('.')?;
    if payload.is_empty() || signature.is_empty() {
        return None;
    }
    let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).ok();
    decode(signature)?;
    Some((Object::read(&decode(header)?)?, decode(payload)?))
}

/// The workspace that a token is for, as it says: to know whose keys to check it with, and for
/// nothing else. None where it has not the shape of a token, or is not for one workspace.
#[must_use]
pub fn audience_of(token: &str) -> Option<String> {
    let (header, payload) = split(token)?;
    Header::read(&header).ok()?;
    let claims = Object::read(&payload)?;
    let audience = claims::one_audience(&claims)?;
    text::valid_id(audience).then(|| audience.to_owned())
}
