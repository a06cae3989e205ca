//! The first look at bytes from outside, before anything is built from them.
//!
//! It walks the whole message once: syntax, depth, declared lengths, kinds of keys, keys that
//! come twice, bytes left over. On the way it picks up `type` and `ref` of the outermost map, so
//! that even a message that is refused can be answered with its `ref`.

mod json;
mod msgpack;

use std::borrow::Cow;

use crate::codec::Encoding;

/// How deep lists and maps may be nested.
pub(crate) const MAX_DEPTH: usize = 16;
/// How many keys a map may have. Looking for doubles is quadratic, so this bounds its cost.
const MAX_KEYS: usize = 256;

/// What is wrong with the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the message is not a map")]
    NotAMap,
    #[error("the message ends too early")]
    Truncated,
    #[error("the message is not valid JSON")]
    BadJson,
    #[error("a text is not UTF-8")]
    NotUtf8,
    #[error("nested more than 16 deep")]
    TooDeep,
    #[error("a map has more than 256 keys")]
    TooManyKeys,
    #[error("a key comes twice in one map")]
    DuplicateKey,
    #[error("a key is not a text")]
    KeyNotText,
    #[error("a declared length is more than there is")]
    LengthTooLarge,
    #[error("extension types are not part of the protocol")]
    Extension,
    #[error("a number is not finite")]
    NotFinite,
    #[error("a byte that means nothing in MessagePack")]
    BadMarker,
    #[error("bytes are left over after the message")]
    TrailingBytes,
}

/// A field of the outermost map, as far as it was seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Seen<T> {
    #[default]
    Absent,
    /// There, but not of the right kind.
    Wrong,
    Value(T),
}

/// What the outermost map says of itself.
#[derive(Debug, Default)]
pub(crate) struct Head<'b> {
    pub(crate) kind: Seen<Cow<'b, str>>,
    pub(crate) reference: Seen<i64>,
}

impl Head<'_> {
    /// The `ref`, where there is a usable one.
    pub(crate) fn reference(&self) -> Option<i64> {
        match self.reference {
            Seen::Value(reference) => Some(reference),
            Seen::Absent | Seen::Wrong => None,
        }
    }
}

/// Looks through one message. The head holds what was seen before the fault, if there is one.
pub(crate) fn scan(bytes: &[u8], encoding: Encoding) -> (Head<'_>, Result<(), Fault>) {
    match encoding {
        Encoding::Json => json::scan(bytes),
        Encoding::MessagePack => msgpack::scan(bytes),
    }
}

/// The keys of the maps that are open, innermost last.
#[derive(Default)]
struct Keys<'b> {
    open: Vec<Cow<'b, str>>,
}

impl<'b> Keys<'b> {
    /// Where a map's keys begin.
    fn mark(&self) -> usize {
        self.open.len()
    }

    /// One more key of the map that began at `mark`.
    fn add(&mut self, mark: usize, key: Cow<'b, str>) -> Result<(), Fault> {
        let own = self.open.get(mark..).unwrap_or_default();
        if own.len() == MAX_KEYS {
            return Err(Fault::TooManyKeys);
        }
        if own.contains(&key) {
            return Err(Fault::DuplicateKey);
        }
        self.open.push(key);
        Ok(())
    }

    /// The map that began at `mark` is over.
    fn close(&mut self, mark: usize) {
        self.open.truncate(mark);
    }
}
