//! Fresh ids and secrets: unguessable, from the system's randomness alone.

use data_encoding::BASE64URL_NOPAD;

/// How much randomness is in an id.
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
}
