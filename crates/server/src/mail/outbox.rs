//! Mails as files, for those who have no mail server: each whole or not there at all, readable by
//! nobody else, named so that they sort by time.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::{compose::Letter, trouble::Trouble};
use crate::ids;

/// Nobody but its owner reads a mail: links are in it.
const PRIVATE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;

pub(super) struct Outbox {
    folder: PathBuf,
    /// How many there were: several come within a millisecond.
    count: AtomicU64,
}

impl Outbox {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, count: AtomicU64::new(0) }
    }

    pub(super) async fn write(&self, letter: &Letter) -> Result<(), Trouble> {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let name = name(Timestamp::now(), count);
        let (folder, bytes) = (self.folder.clone(), letter.bytes.clone());
        let written = spawn_blocking(move || write(&folder, &name, &bytes)).await;
        let written = written.unwrap_or_else(|error| Err(io::Error::other(error)));
        written.map_err(|error| {
            Trouble::passing("no file", format!("cannot write into the outbox: {}", error.kind()))
        })
    }
}

/// `20261128T060419.123Z-000042-….eml`.
fn name(at: Timestamp, count: u64) -> String {
    let time = at.strftime("%Y%m%dT%H%M%S.%3fZ");
    format!("{time}-{count:06}-{}.eml", ids::fresh("mail"))
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    open(folder)?;
    let draft = folder.join(format!(".{name}.draft"));
    let written = write_private(&draft, bytes).and_then(|()| fs::rename(&draft, folder.join(name)));
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

fn open(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        fs::create_dir_all(above)?;
    }
    match DirBuilder::new().mode(PRIVATE_FOLDER).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        // The mode of a new folder is masked.
        Ok(()) => fs::set_permissions(folder, Permissions::from_mode(PRIVATE_FOLDER)),
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_time_and_then_by_number() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let names = [name(at(999), 7), name(at(1_000), 8), name(at(1_000), 9), name(at(1_000), 10)];
        assert!(names.is_sorted(), "{names:?}");
        assert!(names[0].starts_with("19700101T000000.999Z-000007-mail_"), "{}", names[0]);
    }
}
