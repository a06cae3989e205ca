//! Fresh ids and secrets: unguessable, from the system's randomness alone. And the public ids of
//! what has but a number in its workspace.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How much randomness is in an id, or how much of a digest.
const ID_BYTES: usize = 16;

/// A fresh id such as `cnv_…`: the prefix, and 128 random bits.
pub fn fresh(prefix: &str) -> String {
    format!("{prefix}_{}", BASE64URL_NOPAD.encode(&random::<ID_BYTES>()))
}

/// Random bytes.
///
/// # Panics
/// Where the system has no randomness to give: whatever were made then could be guessed.
#[expect(clippy::panic, reason = "without randomness nothing that is minted would be a secret")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => bytes,
        Err(error) => panic!("the system gives no randomness: {error}"),
    }
}

/// Makes the public ids of what the core numbers: unguessable without the workspace's secret, and
/// the same whenever they are asked for.
#[derive(Clone, Copy)]
pub(crate) struct PublicIds<'s>(pub(crate) &'s [u8; 32]);

impl PublicIds<'_> {
    /// Of the event at a position.
    pub(crate) fn event(self, position: u64) -> String {
        self.of("evt", b"event", position)
    }

    /// Of the offer with a number.
    pub(crate) fn offer(self, number: u64) -> String {
        self.of("off", b"offer", number)
    }

    /// Of the visitor whom the host knows by an id.
    pub(crate) fn visitor(self, external_id: &str) -> String {
        format!("vis_{}", self.digest(b"visitor", external_id.as_bytes()))
    }

    /// What an idempotency key is kept as.
    pub(crate) fn key(self, key: &str) -> String {
        self.digest(b"key", key.as_bytes())
    }

    fn of(self, prefix: &str, kind: &[u8], number: u64) -> String {
        format!("{prefix}_{}", self.digest(kind, &number.to_be_bytes()))
    }

    fn digest(self, kind: &[u8], what: &[u8]) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0) else {
            // No key is too long or too short for it.
            return BASE64URL_NOPAD.encode(what);
        };
        mac.update(kind);
        mac.update(what);
        let digest = mac.finalize().into_bytes();
        BASE64URL_NOPAD.encode(digest.get(..ID_BYTES).unwrap_or_default())
    }
}

impl fmt::Debug for PublicIds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicIds")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use switchboard_protocol::text;

    use super::*;

    #[test]
    fn fresh_ids_are_ids_and_differ() {
        let ids: HashSet<String> = (0..1_000).map(|_| fresh("cnv")).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| text::valid_id(id) && id.starts_with("cnv_")));
    }

    #[test]
    fn public_ids_are_told_apart_by_kind_number_and_workspace() {
        let (one, other) = (PublicIds(&[1; 32]), PublicIds(&[2; 32]));
        assert_eq!(one.offer(7), one.offer(7));
        assert!(text::valid_id(&one.offer(7)) && one.offer(7).starts_with("off_"));
        assert!(text::valid_id(&one.event(7)) && one.event(7).starts_with("evt_"));
        assert_ne!(one.offer(7).trim_start_matches("off"), one.event(7).trim_start_matches("evt"));
        assert_ne!(one.offer(7), one.offer(8));
        assert_ne!(one.offer(7), other.offer(7));
    }
}
