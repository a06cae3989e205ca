//! The write-ahead log, read as bytes before SQLite reads it. SQLite takes it up to the first frame
//! that does not check out and drops the rest, whatever that is: what a crash left unfinished, but
//! also what was committed behind a place that the disk has damaged. Here the two are told apart.
//!
//! Knows the file format alone: a header, then frames of one page each, whose checksums build on
//! each other, and of which the last one of a transaction says so. When SQLite begins the file
//! anew it leaves the old frames where they are; they have other salts.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use super::schema::PAGE_BYTES;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// The first four bytes of the file; the last bit says in which order the checksums read words.
const MAGIC: u32 = 0x377f_0682;
/// So many transactions must end at or behind what does not check out, for that to be damage: the
/// first of two had been committed when the second began.
const COMMITS: u64 = 2;

/// What the file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wal {
    /// There is none, or nothing in it.
    Empty,
    /// All of it checks out. What a transaction that never ended left at its end is nothing.
    Sound {
        /// So many frames belong to transactions that were committed.
        frames: u64,
    },
    /// The last transaction does not check out: a crash cut it off, or the disk damaged it. SQLite
    /// drops it.
    Torn {
        /// So many frames belong to transactions before it.
        frames: u64,
        /// So many bytes are dropped.
        bytes: u64,
    },
    /// Something before the last transaction does not check out: SQLite would drop that and what
    /// was committed after it.
    Damaged {
        /// So many frames are sound before it.
        frames: u64,
        /// What is wrong.
        what: String,
    },
}

/// Where the write-ahead log of a database is.
pub(crate) fn path_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

/// Reads it. To be certain only while nobody writes.
pub(crate) fn scan(path: &Path) -> io::Result<Wal> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Wal::Empty),
        Err(error) => return Err(error),
    };
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut header = [0; HEADER_BYTES];
    if fill(&mut reader, &mut header)? < HEADER_BYTES {
        return Ok(Wal::Empty);
    }
    let header = Header::read(&header);
    let mut frame = vec![0; FRAME_HEADER_BYTES + header.page_bytes];
    let mut scan = Scan::new(header);
    loop {
        match fill(&mut reader, &mut frame)? {
            filled if filled == frame.len() => scan.take(&frame),
            rest => return Ok(scan.verdict(rest)),
        }
    }
}

/// Reads as much as there is.
fn fill(reader: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The `nth` word of four bytes.
fn word(bytes: &[u8], nth: usize) -> u32 {
    let word = bytes.get(nth * 4..nth * 4 + 4).and_then(|word| word.try_into().ok());
    u32::from_be_bytes(word.unwrap_or_default())
}

/// Two words: a checksum, or what tells the frames of one round from those before.
type Pair = (u32, u32);

/// SQLite's checksum, from a sum on.
fn checksum(big_endian: bool, from: Pair, bytes: &[u8]) -> Pair {
    let read = |word: &[u8]| {
        let word = word.try_into().unwrap_or_default();
        if big_endian { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
    };
    bytes.chunks_exact(8).fold(from, |(a, b), pair| {
        let (first, second) = pair.split_at(4);
        let a = a.wrapping_add(read(first)).wrapping_add(b);
        (a, b.wrapping_add(read(second)).wrapping_add(a))
    })
}

#[derive(Debug)]
struct Header {
    /// Whether SQLite would take it for one.
    sound: bool,
    big_endian: bool,
    page_bytes: usize,
    salts: Pair,
    sum: Pair,
}

impl Header {
    fn read(bytes: &[u8; HEADER_BYTES]) -> Self {
        let magic = word(bytes, 0);
        let sum = (word(bytes, 6), word(bytes, 7));
        let summed = bytes.get(..24).unwrap_or_default();
        let sound = magic & !1 == MAGIC && checksum(magic & 1 == 1, (0, 0), summed) == sum;
        // Of one that is damaged, what our own say of themselves.
        let page_bytes = if sound { word(bytes, 2) as usize } else { PAGE_BYTES as usize };
        let big_endian = if sound { magic & 1 == 1 } else { cfg!(target_endian = "big") };
        Self { sound, big_endian, page_bytes, salts: (word(bytes, 4), word(bytes, 5)), sum }
    }
}

/// What is known after some frames.
#[derive(Debug)]
struct Scan {
    header: Header,
    /// So many were seen.
    seen: u64,
    /// So many from the first on check out.
    sound: u64,
    /// So many of those belong to transactions that ended.
    committed: u64,
    /// The checksum that the last one carries.
    carried: Pair,
    /// The last one of this round, where one before it does not check out.
    last_lost: Option<u64>,
    /// So many transactions end there.
    lost_commits: u64,
}

impl Scan {
    fn new(header: Header) -> Self {
        let carried = header.sum;
        Self { header, seen: 0, sound: 0, committed: 0, carried, last_lost: None, lost_commits: 0 }
    }

    fn take(&mut self, frame: &[u8]) {
        let (head, page) = frame.split_at(FRAME_HEADER_BYTES);
        let (salts, carries) = ((word(head, 2), word(head, 3)), (word(head, 4), word(head, 5)));
        let ends = word(head, 1) != 0;
        let big_endian = self.header.big_endian;
        let sum = checksum(big_endian, self.carried, head.get(..8).unwrap_or_default());
        let adds_up = checksum(big_endian, sum, page) == carries;
        self.carried = carries;
        self.seen += 1;
        let of_this_round = salts == self.header.salts;
        if self.header.sound && self.sound + 1 == self.seen && of_this_round && adds_up {
            self.sound = self.seen;
            if ends {
                self.committed = self.seen;
            }
            return;
        }
        // A frame that adds up to the one before it is of its round, whatever its salts say.
        let first_lost = self.sound + 1 == self.seen;
        let lost = if self.header.sound { of_this_round || first_lost && adds_up } else { adds_up };
        if lost {
            self.last_lost = Some(self.seen);
            self.lost_commits += u64::from(ends);
        }
    }

    /// The verdict, where so many bytes follow that are no whole frame.
    fn verdict(self, rest: usize) -> Wal {
        let Self { header, committed: frames, sound, seen, .. } = self;
        if !header.sound && self.lost_commits > 0 {
            return Wal::Damaged { frames, what: "its header does not check out".to_owned() };
        }
        if self.lost_commits >= COMMITS {
            let what = format!(
                "frame {} does not check out, and {} transactions end there or later",
                sound + 1,
                self.lost_commits
            );
            return Wal::Damaged { frames, what };
        }
        let cut_off = rest > 0 && sound == seen;
        let last = self.last_lost.or((!header.sound || cut_off).then_some(seen));
        let Some(last) = last else { return Wal::Sound { frames } };
        let whole = last.saturating_sub(frames) * (FRAME_HEADER_BYTES + header.page_bytes) as u64;
        Wal::Torn { frames, bytes: whole + if cut_off { rest as u64 } else { 0 } }
    }
}
