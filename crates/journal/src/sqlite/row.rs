//! Checksums: over all that is in a row, so that a byte that changed is found whichever it was.

use crc32fast::Hasher;

/// The checksum of a row's columns, in their order, each kept apart from the next.
#[derive(Debug, Default)]
pub(crate) struct Checksum(Hasher);

impl Checksum {
    /// Of a row that begins with these whole numbers.
    pub(crate) fn of(numbers: &[u64]) -> Self {
        let mut sum = Self::default();
        for number in numbers {
            sum.0.update(&number.to_le_bytes());
        }
        sum
    }

    /// And goes on with this text or these bytes.
    pub(crate) fn and(mut self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// And with this, which may be missing.
    pub(crate) fn and_maybe(self, bytes: Option<impl AsRef<[u8]>>) -> Self {
        match bytes {
            Some(bytes) => self.and([1]).and(bytes),
            None => self.and([0]),
        }
    }

    /// As it is stored: always of one size, so that a row can be changed in its place.
    pub(crate) fn bytes(self) -> [u8; 4] {
        self.0.finalize().to_le_bytes()
    }
}
