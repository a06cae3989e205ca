//! Public keys as bytes: the `SubjectPublicKeyInfo` of X.509 (RFC 5280, 5480, 8017, 8410), in the one
//! encoding that DER allows.
//!
//! Whatever is read is written again and compared: so there is nothing to be lax about.

use super::{Algorithm, KeyError};

/// Everything before the 32 bytes of an Ed25519 key.
const ED25519: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// Everything before the two coordinates of a point on P-256, which is not compressed.
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];
/// The name of RSA, with its parameters, which are none.
const RSA: &[u8] =
    &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;

/// One coordinate on P-256, and an Ed25519 key.
pub(super) const COORDINATE_BYTES: usize = 32;

/// What a key is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    /// The point, compressed as always.
    Ed25519([u8; COORDINATE_BYTES]),
    /// The coordinates of the point.
    P256([u8; COORDINATE_BYTES], [u8; COORDINATE_BYTES]),
    /// The modulus and the exponent, without leading zeros.
    Rsa(Vec<u8>, Vec<u8>),
}

impl Parts {
    /// The algorithm that such keys sign with.
    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ed25519(_) => Algorithm::EdDSA,
            Self::P256(..) => Algorithm::ES256,
            Self::Rsa(..) => Algorithm::RS256,
        }
    }

    /// Reads a key.
    pub(super) fn read(der: &[u8]) -> Result<Self, KeyError> {
        let parts = read_ed25519(der).or_else(|| read_p256(der)).or_else(|| read_rsa(der));
        let parts = parts.ok_or_else(|| unread(der))?;
        if parts.write() == der { Ok(parts) } else { Err(KeyError::Encoding) }
    }

    /// Writes it.
    pub(super) fn write(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(point) => [ED25519, point].concat(),
            Self::P256(x, y) => [P256, x, y].concat(),
            Self::Rsa(modulus, exponent) => {
                let numbers = [positive(modulus), positive(exponent)].concat();
                let key = [vec![0], tagged(SEQUENCE, &numbers)].concat();
                tagged(SEQUENCE, &[RSA, &tagged(BIT_STRING, &key)].concat())
            }
        }
    }
}

/// Why none of the three was read: a key of some other kind, or no key at all.
fn unread(der: &[u8]) -> KeyError {
    match value(der, SEQUENCE) {
        Some((inner, [])) if value(inner, SEQUENCE).is_some() => KeyError::Unsupported,
        _ => KeyError::Encoding,
    }
}

fn read_ed25519(der: &[u8]) -> Option<Parts> {
    Some(Parts::Ed25519(der.strip_prefix(ED25519)?.try_into().ok()?))
}

fn read_p256(der: &[u8]) -> Option<Parts> {
    let (x, y) = der.strip_prefix(P256)?.split_first_chunk()?;
    Some(Parts::P256(*x, y.try_into().ok()?))
}

fn read_rsa(der: &[u8]) -> Option<Parts> {
    let (info, _) = value(der, SEQUENCE)?;
    let (bits, _) = value(info.strip_prefix(RSA)?, BIT_STRING)?;
    let (numbers, _) = value(bits.strip_prefix(&[0])?, SEQUENCE)?;
    let (modulus, rest) = value(numbers, INTEGER)?;
    let (exponent, _) = value(rest, INTEGER)?;
    Some(Parts::Rsa(without_zeros(modulus).to_vec(), without_zeros(exponent).to_vec()))
}

/// A number without its leading zeros.
pub(super) fn without_zeros(mut number: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = number {
        number = rest;
    }
    number
}

/// The value with this tag at the beginning, and what follows it.
fn value(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [found, first, rest @ ..] = bytes else { return None };
    if *found != tag {
        return None;
    }
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        0x82 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
    let [.., high, low] = value.len().to_be_bytes();
    let mut bytes = match value.len() {
        0..=0x7f => vec![tag, low],
        0x80..=0xff => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    bytes.extend_from_slice(value);
    bytes
}

/// A number that is not negative: with a zero before it where it would look so.
fn positive(number: &[u8]) -> Vec<u8> {
    let looks_negative = number.first().is_none_or(|first| first & 0x80 != 0);
    if looks_negative { tagged(INTEGER, &[&[0], number].concat()) } else { tagged(INTEGER, number) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_read_as_written(parts: &Parts) {
        let der = parts.write();
        assert_eq!(Parts::read(&der).as_ref(), Ok(parts));
        for cut in 0..der.len() {
            assert!(Parts::read(&der[..cut]).is_err(), "cut at {cut}");
        }
        assert!(Parts::read(&[&der[..], &[0]].concat()).is_err(), "something follows");
    }

    #[test]
    fn keys_are_read_as_they_were_written() {
        is_read_as_written(&Parts::Ed25519([7; 32]));
        is_read_as_written(&Parts::P256([7; 32], [9; 32]));
        for bytes in [16, 100, 126, 127, 128, 255, 256, 512, 1_024] {
            is_read_as_written(&Parts::Rsa(vec![0x80; bytes], vec![1, 0, 1]));
            is_read_as_written(&Parts::Rsa(vec![0x7f; bytes], vec![3]));
        }
    }

    #[test]
    fn there_is_one_way_to_write_a_key() {
        let rsa = Parts::Rsa(vec![0x7f; 16], vec![3]).write();
        // A length that fits one byte, in two; a number with a zero too many.
        let longer = [&[0x30, 0x81], &rsa[1..]].concat();
        assert_eq!(Parts::read(&longer), Err(KeyError::Encoding));
        let padded = Parts::Rsa([&[0], &[0x7f; 16][..]].concat(), vec![3]).write();
        assert_eq!(Parts::read(&padded), Err(KeyError::Encoding));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_the_same_when_written(der in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(parts) = Parts::read(&der) {
                prop_assert_eq!(parts.write(), der);
            }
        }

        #[test]
        fn a_changed_key_is_another_or_none(at in 0_usize..300, bit in 0_u8..8) {
            let parts = Parts::Rsa(vec![0xa5; 256], vec![1, 0, 1]);
            let mut der = parts.write();
            let at = at % der.len();
            der[at] ^= 1 << bit;
            prop_assert_ne!(Parts::read(&der), Ok(parts));
        }
    }
}
