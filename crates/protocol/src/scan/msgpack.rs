//! Walking MessagePack.

use std::borrow::Cow;

use super::{Fault, Head, Keys, MAX_DEPTH, Seen};

/// Looks through one message.
pub(super) fn scan(bytes: &[u8]) -> (Head<'_>, Result<(), Fault>) {
    let mut walk = Walk { rest: bytes, keys: Keys::default(), head: Head::default() };
    let outcome = walk.message();
    (walk.head, outcome)
}

struct Walk<'b> {
    rest: &'b [u8],
    keys: Keys<'b>,
    head: Head<'b>,
}

/// One value's beginning: what it is, and how much of it follows.
enum Item {
    /// Complete in itself.
    Scalar,
    Integer(i64),
    /// An integer beyond `i64`.
    Huge,
    Nil,
    Text(usize),
    Binary(usize),
    List(usize),
    Map(usize),
}

impl<'b> Walk<'b> {
    fn message(&mut self) -> Result<(), Fault> {
        match self.item() {
            Ok(Item::Map(len)) => self.map(len, 1)?,
            Err(fault) if !self.rest.is_empty() => return Err(fault),
            _ => return Err(Fault::NotAMap),
        }
        if self.rest.is_empty() { Ok(()) } else { Err(Fault::TrailingBytes) }
    }

    /// One value; `depth` counts the lists and maps around it.
    fn value(&mut self, depth: usize) -> Result<(), Fault> {
        let item = self.item()?;
        self.finish(item, depth)
    }

    /// What follows an item's beginning.
    fn finish(&mut self, item: Item, depth: usize) -> Result<(), Fault> {
        match item {
            Item::Scalar | Item::Integer(_) | Item::Huge | Item::Nil => Ok(()),
            Item::Text(len) => self.text(len).map(drop),
            Item::Binary(len) => self.take(len).map(drop),
            Item::List(len) => self.list(len, depth + 1),
            Item::Map(len) => self.map(len, depth + 1),
        }
    }

    fn list(&mut self, len: usize, depth: usize) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        // Every entry takes a byte at least.
        if len > self.rest.len() {
            return Err(Fault::LengthTooLarge);
        }
        for _ in 0..len {
            self.value(depth)?;
        }
        Ok(())
    }

    fn map(&mut self, len: usize, depth: usize) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        if len > self.rest.len() / 2 {
            return Err(Fault::LengthTooLarge);
        }
        let mark = self.keys.mark();
        for _ in 0..len {
            let Item::Text(length) = self.item()? else { return Err(Fault::KeyNotText) };
            let key = self.text(length)?;
            match (depth, key) {
                (1, "type") => self.kind()?,
                (1, "ref") => self.reference()?,
                _ => self.value(depth)?,
            }
            self.keys.add(mark, Cow::Borrowed(key))?;
        }
        self.keys.close(mark);
        Ok(())
    }

    /// The value of the outermost `type`.
    fn kind(&mut self) -> Result<(), Fault> {
        match self.item()? {
            Item::Text(len) => {
                self.head.kind = Seen::Value(Cow::Borrowed(self.text(len)?));
                Ok(())
            }
            other => {
                self.head.kind = Seen::Wrong;
                self.finish(other, 1)
            }
        }
    }

    /// The value of the outermost `ref`; nil is as good as none.
    fn reference(&mut self) -> Result<(), Fault> {
        let item = self.item()?;
        self.head.reference = match item {
            Item::Integer(number) => Seen::Value(number),
            Item::Nil => Seen::Absent,
            _ => Seen::Wrong,
        };
        self.finish(item, 1)
    }

    fn item(&mut self) -> Result<Item, Fault> {
        let [marker] = self.array()?;
        Ok(match marker {
            0x00..=0x7f => Item::Integer(i64::from(marker)),
            0x80..=0x8f => Item::Map(usize::from(marker & 0x0f)),
            0x90..=0x9f => Item::List(usize::from(marker & 0x0f)),
            0xa0..=0xbf => Item::Text(usize::from(marker & 0x1f)),
            0xc0 => Item::Nil,
            0xc1 => return Err(Fault::BadMarker),
            0xc2 | 0xc3 => Item::Scalar,
            0xc4 | 0xd9 | 0xc5 | 0xda | 0xc6 | 0xdb => self.bytes_item(marker)?,
            0xc7..=0xc9 | 0xd4..=0xd8 => return Err(Fault::Extension),
            0xca => finite(f64::from(f32::from_be_bytes(self.array()?)))?,
            0xcb => finite(f64::from_be_bytes(self.array()?))?,
            0xcc => Item::Integer(i64::from(u8::from_be_bytes(self.array()?))),
            0xcd => Item::Integer(i64::from(u16::from_be_bytes(self.array()?))),
            0xce => Item::Integer(i64::from(u32::from_be_bytes(self.array()?))),
            0xcf => {
                i64::try_from(u64::from_be_bytes(self.array()?)).map_or(Item::Huge, Item::Integer)
            }
            0xd0 => Item::Integer(i64::from(i8::from_be_bytes(self.array()?))),
            0xd1 => Item::Integer(i64::from(i16::from_be_bytes(self.array()?))),
            0xd2 => Item::Integer(i64::from(i32::from_be_bytes(self.array()?))),
            0xd3 => Item::Integer(i64::from_be_bytes(self.array()?)),
            0xdc => Item::List(self.short()?),
            0xdd => Item::List(self.long()?),
            0xde => Item::Map(self.short()?),
            0xdf => Item::Map(self.long()?),
            0xe0..=0xff => Item::Integer(i64::from(i8::from_be_bytes([marker]))),
        })
    }

    /// Texts and binaries with a length of their own.
    fn bytes_item(&mut self, marker: u8) -> Result<Item, Fault> {
        let len = match marker {
            0xc4 | 0xd9 => usize::from(u8::from_be_bytes(self.array()?)),
            0xc5 | 0xda => self.short()?,
            _ => self.long()?,
        };
        Ok(if marker < 0xd0 { Item::Binary(len) } else { Item::Text(len) })
    }

    fn short(&mut self) -> Result<usize, Fault> {
        Ok(usize::from(u16::from_be_bytes(self.array()?)))
    }

    fn long(&mut self) -> Result<usize, Fault> {
        usize::try_from(u32::from_be_bytes(self.array()?)).map_err(|_| Fault::LengthTooLarge)
    }

    fn text(&mut self, len: usize) -> Result<&'b str, Fault> {
        std::str::from_utf8(self.take(len)?).map_err(|_| Fault::NotUtf8)
    }

    fn take(&mut self, len: usize) -> Result<&'b [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Fault::LengthTooLarge)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Fault::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }
}

fn finite(number: f64) -> Result<Item, Fault> {
    if number.is_finite() { Ok(Item::Scalar) } else { Err(Fault::NotFinite) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(bytes: &[u8]) -> Option<Fault> {
        scan(bytes).1.err()
    }

    #[test]
    fn heads_are_read() {
        let (head, outcome) = scan(b"\x82\xa3ref\xcd\x01\x00\xa4type\xa4ping");
        assert_eq!(outcome, Ok(()));
        assert_eq!(head.kind, Seen::Value("ping".into()));
        assert_eq!(head.reference(), Some(256));
    }

    #[test]
    fn a_ref_survives_a_later_fault() {
        let (head, outcome) = scan(b"\x82\xa3ref\x05\xa4type\xd9\xffpi");
        assert_eq!(outcome, Err(Fault::LengthTooLarge));
        assert_eq!(head.reference(), Some(5));
    }

    #[test]
    fn refs_are_any_integer() {
        let wide = [b"\x81\xa3ref\xd3".as_slice(), &i64::MIN.to_be_bytes()].concat();
        for (bytes, expected) in [
            (b"\x81\xa3ref\xff".as_slice(), Some(-1)),
            (b"\x81\xa3ref\xd1\xff\x00", Some(-256)),
            (&wide, Some(i64::MIN)),
            (b"\x81\xa3ref\xcf\xff\xff\xff\xff\xff\xff\xff\xff", None),
        ] {
            let (head, outcome) = scan(bytes);
            assert_eq!((outcome, head.reference()), (Ok(()), expected), "{bytes:x?}");
        }
    }

    #[test]
    fn faults_have_names() {
        for (bytes, expected) in [
            (&b""[..], Fault::NotAMap),
            (b"\x90", Fault::NotAMap),
            (b"\x81\xa1a", Fault::Truncated),
            (b"\x81\xa1a\xcd", Fault::Truncated),
            (b"\x81\x01\x01", Fault::KeyNotText),
            (b"\x81\xc4\x01a\x01", Fault::KeyNotText),
            (b"\x81\xa1a\xc1", Fault::BadMarker),
            (b"\x81\xa1a\xd4\x01\x01", Fault::Extension),
            (b"\x81\xa1a\xc7\x01\x01\x01", Fault::Extension),
            (b"\x81\xa1a\xdd\xff\xff\xff\xff", Fault::LengthTooLarge),
            (b"\x81\xa1a\xdf\xff\xff\xff\xff", Fault::LengthTooLarge),
            (b"\x81\xa1a\xdb\xff\xff\xff\xff", Fault::LengthTooLarge),
            (b"\xdf\xff\xff\xff\xff", Fault::LengthTooLarge),
            (b"\x81\xa1a\xa1\xff", Fault::NotUtf8),
            (b"\x81\xa1a\xcb\x7f\xf8\0\0\0\0\0\0", Fault::NotFinite),
            (b"\x81\xa1a\xca\x7f\x80\0\0", Fault::NotFinite),
            (b"\x82\xa1a\x01\xa1a\x02", Fault::DuplicateKey),
            (b"\x80\x80", Fault::TrailingBytes),
        ] {
            assert_eq!(fault(bytes), Some(expected), "{bytes:x?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |n: usize| [b"\x81\xa1a".to_vec(), vec![0x91; n], vec![0x00]].concat();
        assert_eq!(fault(&nested(MAX_DEPTH - 1)), None);
        assert_eq!(fault(&nested(MAX_DEPTH)), Some(Fault::TooDeep));
        assert_eq!(fault(&nested(1_000_000)), Some(Fault::TooDeep));
    }
}
