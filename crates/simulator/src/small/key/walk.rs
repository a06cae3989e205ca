//! Walking plain data into words, as serde gives it: nothing here knows what it means.

use std::fmt::{self, Display};

use serde::{Serialize, Serializer, ser};

use super::{
    Facts,
    rules::{Kind, Rule, rule},
};

/// How many words one of [`Rule::Latest`] takes: the visitor, the department, whom, since when.
const MEMORY: usize = 4;
/// Began longer ago than anything counts.
const LONG_AGO: u64 = u64::MAX;

/// See the module.
pub(super) struct Walk {
    facts: Facts,
    now: u64,
    missed: u64,
    words: Vec<u64>,
    /// Which words are to become ranks.
    ranks: Vec<(Kind, u64, usize)>,
    rule: Rule,
    /// How many agents were walked.
    agents: u32,
    /// Whether the last one is there.
    present: bool,
}

impl Walk {
    pub(super) fn new(facts: Facts, now: u64, missed: u64) -> Self {
        let (words, ranks) = (Vec::with_capacity(256), Vec::with_capacity(16));
        Self { facts, now, missed, words, ranks, rule: Rule::Keep, agents: 0, present: false }
    }

    pub(super) fn push(&mut self, word: u64) {
        self.words.push(word);
    }

    /// All words as one.
    pub(super) fn finish(mut self) -> u64 {
        self.rank();
        self.words.iter().fold(0x5357_4249_5448_4344, |state, word| mixed(state ^ word))
    }

    fn rank(&mut self) {
        self.ranks.sort_unstable();
        let (mut last, mut rank) = (None, 0);
        for (kind, value, at) in &self.ranks {
            match last {
                Some((of, before)) if of == *kind => rank += u64::from(before != *value),
                // Never is no rank.
                _ => rank = u64::from(*value != 0),
            }
            last = Some((*kind, *value));
            if let Some(word) = self.words.get_mut(*at) {
                *word = rank;
            }
        }
    }

    fn number(&mut self, value: u64) {
        let word = match self.rule {
            Rule::Keep | Rule::Latest | Rule::Known => value,
            Rule::Drop | Rule::Whether => return,
            Rule::Until => value.saturating_sub(self.now),
            Rule::Since => self.ago(value),
            Rule::SinceMissed => {
                let is_missed = self.missed >> self.agents.saturating_sub(1) & 1 == 1;
                if self.present || !is_missed {
                    return;
                }
                self.ago(value)
            }
            Rule::Rank(kind) => {
                self.ranks.push((kind, value, self.words.len()));
                value
            }
        };
        self.words.push(word);
    }

    fn ago(&self, since: u64) -> u64 {
        let ago = self.now.saturating_sub(since);
        if ago >= self.facts.horizon_ms { LONG_AGO } else { ago }
    }

    fn text(&mut self, text: &str) {
        if let Rule::Rank(_) = self.rule {
            return self.number(crate::ledger::number(text) as u64 + 1);
        }
        let word = text.bytes().fold(text.len() as u64, |word, byte| mixed(word ^ u64::from(byte)));
        self.words.push(word);
    }

    fn compound(&mut self, of: &'static str, len: Option<usize>) -> Compound<'_> {
        self.words.push(len.unwrap_or_default() as u64);
        self.agents += u32::from(of == "AgentState");
        Compound { begins: self.words.len(), rule: self.rule, of, over: false, walk: self }
    }
}

/// A step of the mixer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// Something with parts.
pub(super) struct Compound<'a> {
    walk: &'a mut Walk,
    of: &'static str,
    /// The rule that it is walked by.
    rule: Rule,
    begins: usize,
    /// It is a session that nobody can tell from one that never was.
    over: bool,
}

impl Compound<'_> {
    fn part<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Never> {
        value.serialize(&mut *self.walk)
    }

    fn field<T: ?Sized + Serialize>(&mut self, name: &str, value: &T) -> Result<(), Never> {
        let own = rule(self.walk.facts, self.of, name);
        if own == Rule::Drop {
            return Ok(());
        }
        self.walk.rule = own;
        let begins = self.walk.words.len();
        let done = value.serialize(&mut *self.walk);
        let is = self.walk.words.get(begins) == Some(&1);
        match (self.of, name) {
            ("AgentState", "present") => self.walk.present = is,
            ("SessionEntry", "lost") => self.over = is && !self.walk.facts.signs_out,
            _ => {}
        }
        self.walk.rule = self.rule;
        done
    }

    /// All parts were walked.
    fn close(&mut self) {
        if self.over {
            // With how many fields it has.
            self.walk.words.truncate(self.begins - 1);
        }
        if self.of.is_empty() && matches!(self.rule, Rule::Latest | Rule::Known) {
            if self.rule == Rule::Latest {
                self.latest();
            }
            // How many there were is no part of it.
            if let Some(count) = self.walk.words.get_mut(self.begins - 1) {
                *count = 0;
            }
        }
    }

    /// Keeps of each visitor the latest, where it is not long ago.
    fn latest(&mut self) {
        let words = self.walk.words.split_off(self.begins);
        let mut latest: Vec<&[u64]> = Vec::new();
        for memory in words.chunks(MEMORY + 1) {
            // Before each stands how many fields it has.
            let of = memory.get(1..3);
            latest.retain(|other| other.get(1..3) != of);
            latest.push(memory);
        }
        latest.retain(|memory| memory.last() != Some(&LONG_AGO));
        latest.sort_unstable();
        self.walk.words.extend(latest.into_iter().flatten());
    }
}

/// Walking cannot fail.
#[derive(Debug)]
pub(super) struct Never;

impl Display for Never {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a walk that failed")
    }
}

impl std::error::Error for Never {}

impl ser::Error for Never {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

macro_rules! numbers {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<(), Never> {
            self.number(value as u64);
            Ok(())
        })*
    };
}

type Parts<'a> = Result<Compound<'a>, Never>;

impl<'a> Serializer for &'a mut Walk {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = Compound<'a>;
    type SerializeTuple = Compound<'a>;
    type SerializeTupleStruct = Compound<'a>;
    type SerializeTupleVariant = Compound<'a>;
    type SerializeMap = Compound<'a>;
    type SerializeStruct = Compound<'a>;
    type SerializeStructVariant = Compound<'a>;

    numbers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64
    }

    fn serialize_bool(self, value: bool) -> Result<(), Never> {
        self.words.push(u64::from(value));
        Ok(())
    }
    fn serialize_f32(self, value: f32) -> Result<(), Never> {
        self.serialize_f64(f64::from(value))
    }
    fn serialize_f64(self, value: f64) -> Result<(), Never> {
        self.words.push(value.to_bits());
        Ok(())
    }
    fn serialize_char(self, value: char) -> Result<(), Never> {
        self.words.push(u64::from(value));
        Ok(())
    }
    fn serialize_str(self, value: &str) -> Result<(), Never> {
        self.text(value);
        Ok(())
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<(), Never> {
        value.iter().for_each(|byte| self.words.push(u64::from(*byte)));
        Ok(())
    }
    fn serialize_none(self) -> Result<(), Never> {
        self.words.push(0);
        Ok(())
    }
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Never> {
        self.words.push(1);
        if self.rule == Rule::Whether { Ok(()) } else { value.serialize(self) }
    }
    fn serialize_unit(self) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Never> {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, at: u32, _: &str) -> Result<(), Never> {
        self.words.push(u64::from(at));
        Ok(())
    }
    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        at: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Never> {
        self.words.push(u64::from(at));
        value.serialize(self)
    }
    fn serialize_seq(self, len: Option<usize>) -> Parts<'a> {
        Ok(self.compound("", len))
    }
    fn serialize_tuple(self, len: usize) -> Parts<'a> {
        Ok(self.compound("", Some(len)))
    }
    fn serialize_tuple_struct(self, of: &'static str, len: usize) -> Parts<'a> {
        Ok(self.compound(of, Some(len)))
    }
    fn serialize_tuple_variant(
        self,
        of: &'static str,
        at: u32,
        _: &'static str,
        _: usize,
    ) -> Parts<'a> {
        Ok(self.compound(of, Some(at as usize)))
    }
    fn serialize_map(self, len: Option<usize>) -> Parts<'a> {
        Ok(self.compound("", len))
    }
    fn serialize_struct(self, of: &'static str, len: usize) -> Parts<'a> {
        Ok(self.compound(of, Some(len)))
    }
    fn serialize_struct_variant(
        self,
        of: &'static str,
        at: u32,
        _: &'static str,
        _: usize,
    ) -> Parts<'a> {
        Ok(self.compound(of, Some(at as usize)))
    }
}

macro_rules! parts {
    ($($name:ident: $method:ident),*) => {
        $(impl ser::$name for Compound<'_> {
            type Ok = ();
            type Error = Never;
            fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Never> {
                self.part(value)
            }
            fn end(mut self) -> Result<(), Never> {
                self.close();
                Ok(())
            }
        })*
    };
}

parts! {
    SerializeSeq: serialize_element, SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field
}

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Never;
    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Never> {
        self.part(key)
    }
    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Never> {
        self.part(value)
    }
    fn end(self) -> Result<(), Never> {
        Ok(())
    }
}

macro_rules! fields {
    ($($name:ident),*) => {
        $(impl ser::$name for Compound<'_> {
            type Ok = ();
            type Error = Never;
            fn serialize_field<T: ?Sized + Serialize>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Never> {
                self.field(name, value)
            }
            fn end(mut self) -> Result<(), Never> {
                self.close();
                Ok(())
            }
        })*
    };
}

fields!(SerializeStruct, SerializeStructVariant);
