//! Keys that are compared rather than computed: the root keys, and a workspace's site key.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use switchboard_protocol::{Secret, text};

use crate::ids;

/// The fewest characters that a configured root key has.
pub const MIN_ROOT_KEY_BYTES: usize = 16;
/// The most: what fits a header with room to spare.
pub const MAX_ROOT_KEY_BYTES: usize = 256;
/// How much randomness is in a key of ours.
const KEY_BYTES: usize = 32;
/// How much is in a site key, which is public.
const SITE_KEY_BYTES: usize = 16;

/// A fresh root key: `rk_…`, 256 random bits.
pub fn fresh_root_key() -> Secret {
    Secret::from(format!("rk_{}", BASE64URL_NOPAD.encode(&ids::random::<KEY_BYTES>())))
}

/// A fresh site key of a workspace: `pk_{workspace}.{random}`. Public: it is in every page.
pub fn fresh_site_key(workspace: &str) -> Secret {
    let random = BASE64URL_NOPAD.encode(&ids::random::<SITE_KEY_BYTES>());
    Secret::from(format!("pk_{workspace}.{random}"))
}

/// The workspace that a site key names. Says nothing about whether the key is its own.
pub fn workspace_of_site_key(key: &str) -> Option<&str> {
    let (workspace, _) = key.strip_prefix("pk_")?.split_once('.')?;
    text::valid_id(workspace).then_some(workspace)
}

/// Whether two keys are the same, in a time that tells nothing about where they differ.
pub fn same_key(one: &str, other: &str) -> bool {
    bool::from(digest(one).ct_eq(&digest(other)))
}

/// Why a text cannot be a root key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootKeyError {
    /// Too short to be a secret, or too long for a header.
    #[error("a root key has {MIN_ROOT_KEY_BYTES} to {MAX_ROOT_KEY_BYTES} characters")]
    Length,
    /// It could not be sent in a header.
    #[error("a root key has no spaces, and no characters but printable ASCII")]
    Character,
    /// It would be taken for the key or token of a workspace.
    #[error("a root key does not begin with at_, vt_, pk_, sk_, it_ or rt_")]
    Prefix,
}

/// Checks that a text can be a root key.
///
/// # Errors
/// Where it cannot.
pub fn check_root_key(key: &str) -> Result<(), RootKeyError> {
    if !(MIN_ROOT_KEY_BYTES..=MAX_ROOT_KEY_BYTES).contains(&key.len()) {
        return Err(RootKeyError::Length);
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(RootKeyError::Character);
    }
    if ["at_", "vt_", "pk_", "sk_", "it_", "rt_"].iter().any(|prefix| key.starts_with(prefix)) {
        return Err(RootKeyError::Prefix);
    }
    Ok(())
}

/// The root keys that hold: one, or while it is being changed two. Kept as digests.
#[derive(Clone)]
pub struct RootKeys(Vec<[u8; 32]>);

impl RootKeys {
    /// These keys hold.
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k Secret>) -> Self {
        Self(keys.into_iter().map(|key| digest(key.expose())).collect())
    }

    /// Whether this is one of them. Looks at all of them, whatever it finds.
    pub fn holds(&self, key: &str) -> bool {
        let key = digest(key);
        let found = self.0.iter().fold(Choice::from(0), |found, held| found | held.ct_eq(&key));
        bool::from(found)
    }
}

impl std::fmt::Debug for RootKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKeys({})", self.0.len())
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_root_keys_hold_at_once() {
        let (new, old) = (fresh_root_key(), fresh_root_key());
        let keys = RootKeys::new([&new, &old]);
        assert!(keys.holds(new.expose()) && keys.holds(old.expose()));
        assert!(!keys.holds(fresh_root_key().expose()));
        assert!(!keys.holds(""));
        assert!(!RootKeys::new([]).holds(""));
    }

    #[test]
    fn a_site_key_names_its_workspace() {
        let key = fresh_site_key("acme");
        assert_eq!(workspace_of_site_key(key.expose()), Some("acme"));
        assert!(same_key(key.expose(), key.expose()));
        assert!(!same_key(key.expose(), fresh_site_key("acme").expose()));
        for garbage in ["", "pk_", "pk_acme", "pk_.x", "pk_a b.x", "at_acme.x"] {
            assert_eq!(workspace_of_site_key(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn root_keys_are_long_and_plain() {
        assert_eq!(check_root_key(fresh_root_key().expose()), Ok(()));
        assert_eq!(check_root_key("short"), Err(RootKeyError::Length));
        assert_eq!(check_root_key("with spaces in the key"), Err(RootKeyError::Character));
        assert_eq!(check_root_key("at_acme.0123456789"), Err(RootKeyError::Prefix));
    }

    #[test]
    fn nothing_secret_is_shown() {
        let key = fresh_root_key();
        let shown = format!("{:?} {key:?}", RootKeys::new([&key]));
        assert!(!shown.contains("rk_"), "{shown}");
    }
}
