//! Reading a recording: a file with what `GET …/events` answered, page after page, or its events
//! as one list or one on each line.
//!
//! Owns the shape of the file and how much of it is taken in. Each event is understood as it is
//! read and its text forgotten, so a file costs the memory of what matters in it.

use std::{
    cell::Cell,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, BufReader, Read},
};

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use switchboard_protocol::model;

use super::happening::{Happening, Unreadable, no_data, understand};

/// How large one event may be, with the space around it.
pub const MAX_EVENT_BYTES: u64 = 1 << 20;
/// How many events are taken in: each costs some 600 bytes.
pub const MAX_EVENTS: usize = 4_000_000;

/// A recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// What happened, in order.
    pub happenings: Vec<Happening>,
    /// Events that the file has more than once.
    pub repeats: u64,
    /// Events of types that are not known here.
    pub unknown: u64,
}

/// Why a file is no recording.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read.
    #[error("it cannot be read")]
    Io(#[source] io::Error),
    /// It has no event.
    #[error("there is no event in it")]
    Empty,
    /// It is no JSON, it ends in the middle, or something in it is not what it should be.
    #[error("line {line}, column {column}: {what}")]
    Bad {
        /// Where.
        line: usize,
        /// Where in it.
        column: usize,
        /// What.
        what: String,
    },
    /// It is something else.
    #[error("one event takes more than {MAX_EVENT_BYTES} bytes (after {events} events)")]
    TooLarge {
        /// How many events were read before it.
        events: usize,
    },
    /// There is too much of it.
    #[error("it has more than {MAX_EVENTS} events: leave some pages out")]
    TooMany,
    /// Its times do not rise with its offsets.
    #[error("the event with offset {offset} is earlier than the one before it")]
    BackInTime {
        /// Which.
        offset: u64,
    },
    /// One offset is two events'.
    #[error("offset {offset} comes twice, as two events: are these two workspaces'?")]
    TwoWorkspaces {
        /// Which.
        offset: u64,
    },
}

/// Reads a recording to its end.
///
/// # Errors
/// Where it is none: see [`ReadError`].
pub fn read(from: impl Read) -> Result<Recording, ReadError> {
    let budget = Cell::new(MAX_EVENT_BYTES);
    let metered = Metered { from, budget: &budget };
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(metered));
    let mut taken = Taken { budget: &budget, entries: Vec::new() };
    // The end of the file is the only place where nothing is left; all else is one more value.
    while json.end().is_err() {
        let top = Events { taken: &mut taken, listed: false };
        if let Err(error) = top.deserialize(&mut json) {
            return Err(taken.failed(error));
        }
    }
    taken.finish()
}

/// Reads no more than the budget, which every event renews.
struct Metered<'a, R> {
    from: R,
    budget: &'a Cell<u64>,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        let left = self.budget.get().checked_sub(read as u64);
        self.budget.set(left.unwrap_or(0));
        left.map(|_| read).ok_or_else(|| io::Error::other("one event is too large"))
    }
}

/// What was read so far.
struct Taken<'a> {
    budget: &'a Cell<u64>,
    entries: Vec<Entry>,
}

struct Entry {
    offset: u64,
    at: u64,
    /// Tells a repeat from another event with the same offset.
    id: u64,
    /// None: of an unknown type.
    happening: Option<Happening>,
}

impl Taken<'_> {
    fn take(&mut self, event: model::Event) -> Result<(), Unreadable> {
        self.budget.set(MAX_EVENT_BYTES);
        let (offset, at, id) = (event.offset, event.at, digest(&event.id));
        let happening = understand(event)?;
        self.entries.push(Entry { offset, at, id, happening });
        Ok(())
    }

    fn failed(&self, error: serde_json::Error) -> ReadError {
        if self.budget.get() == 0 {
            return ReadError::TooLarge { events: self.entries.len() };
        }
        if self.entries.len() >= MAX_EVENTS {
            return ReadError::TooMany;
        }
        if error.is_io() {
            return ReadError::Io(error.into());
        }
        let (line, column) = (error.line(), error.column());
        let what = error.to_string();
        // It says where by itself, at its end.
        let place = format!(" at line {line} column {column}");
        let what = what.strip_suffix(&place).unwrap_or(&what).to_owned();
        ReadError::Bad { line, column, what }
    }

    fn finish(mut self) -> Result<Recording, ReadError> {
        if self.entries.is_empty() {
            return Err(ReadError::Empty);
        }
        // Pages may have been saved in any order, and have the same events twice.
        self.entries.sort_by_key(|entry| entry.offset);
        let mut recording = Recording::default();
        let mut last: Option<(u64, u64, u64)> = None;
        for Entry { offset, at, id, happening } in self.entries {
            match last {
                Some((before, _, known)) if before == offset && known == id => {
                    recording.repeats += 1;
                    continue;
                }
                Some((before, ..)) if before == offset => {
                    return Err(ReadError::TwoWorkspaces { offset });
                }
                Some((_, earlier, _)) if at < earlier => {
                    return Err(ReadError::BackInTime { offset });
                }
                _ => {}
            }
            last = Some((offset, at, id));
            match happening {
                Some(happening) => recording.happenings.push(happening),
                None => recording.unknown += 1,
            }
        }
        Ok(recording)
    }
}

fn digest(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

/// A list of events, a page with such a list, or one event; in a list (`listed`) only an event.
struct Events<'a, 'b> {
    taken: &'a mut Taken<'b>,
    listed: bool,
}

impl<'de> DeserializeSeed<'de> for Events<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Events<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.listed {
            true => "an event",
            false => "an event, a list of events, or a page `{\"items\":[…]}`",
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.listed {
            return Err(de::Error::invalid_type(de::Unexpected::Seq, &self));
        }
        while list.next_element_seed(Events { taken: self.taken, listed: true })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut fields = Map::new();
        let mut is_page = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "items" && !self.listed {
                is_page = true;
                map.next_value_seed(Items(self.taken))?;
            } else if is_page {
                map.next_value::<IgnoredAny>()?;
            } else {
                fields.insert(key, map.next_value::<Value>()?);
            }
        }
        if is_page {
            return Ok(());
        }
        if self.taken.entries.len() >= MAX_EVENTS {
            return Err(de::Error::custom("too many events"));
        }
        fields.entry("data").or_insert_with(no_data);
        let event: model::Event = serde_json::from_value(Value::Object(fields))
            .map_err(|error| de::Error::custom(format_args!("no event: {error}")))?;
        self.taken.take(event).map_err(de::Error::custom)
    }
}

/// The list of a page.
struct Items<'a, 'b>(&'a mut Taken<'b>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(Events { taken: self.0, listed: false })
    }
}
