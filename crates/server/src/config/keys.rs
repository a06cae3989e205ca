//! The root key: given, in a file, or made once and kept.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use switchboard_protocol::Secret;

use crate::{
    auth::{RootKeyError, check_root_key, fresh_root_key},
    ids,
};

/// The file's name in the data dir.
pub(crate) const ROOT_KEY_FILE: &str = "root-key";
/// Nobody but its owner reads it.
const PRIVATE: u32 = 0o600;
/// The bits of the others.
const OTHERS: u32 = 0o077;

/// Where the root key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootKeySource {
    /// From whoever starts the server.
    Given(Secret),
    /// From a file: the key in its first line, and in a second one maybe the one before it.
    File(PathBuf),
    /// From the data dir, where it is made once.
    Kept,
    /// Made for this run alone, and written nowhere.
    Fresh,
}

/// Why there is no root key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read.
    #[error("cannot read the root key in {}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be made.
    #[error("cannot keep a root key in {}: {source}", path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What it holds is not a key.
    #[error("{}: {source}", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Why.
        source: RootKeyError,
    },
    /// It holds more than the key and the one before it.
    #[error("{}: more than two keys", path.display())]
    TooMany {
        /// Which.
        path: PathBuf,
    },
}

/// The keys in a file, one a line, the current one first.
pub(crate) fn read_key_file(path: &Path) -> Result<Vec<Secret>, KeyFileError> {
    let unreadable = |source| KeyFileError::Unreadable { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(unreadable)?;
    if fs::metadata(path).is_ok_and(|file| file.mode() & OTHERS != 0) {
        tracing::warn!(path = %path.display(), "others than its owner can read the root key");
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Vec<Secret> = lines.map(Secret::from).collect();
    if keys.len() > 2 {
        return Err(KeyFileError::TooMany { path: path.to_owned() });
    }
    let malformed = |source| KeyFileError::Malformed { path: path.to_owned(), source };
    let all: Vec<&str> = if keys.is_empty() { vec![""] } else { vec![] };
    let texts = all.into_iter().chain(keys.iter().map(Secret::expose));
    texts.into_iter().try_for_each(|key| check_root_key(key).map_err(malformed))?;
    Ok(keys)
}

/// The key kept in the data dir; makes it where there is none yet. Two servers that start at once
/// end up with the same one.
///
/// # Errors
/// Where it can be neither read nor made.
pub fn read_or_make_root_key(data_dir: &Path) -> Result<(PathBuf, Vec<Secret>), KeyFileError> {
    let path = data_dir.join(ROOT_KEY_FILE);
    if !path.exists() {
        let unwritable = |source| KeyFileError::Unwritable { path: path.clone(), source };
        make(data_dir, &path).map_err(unwritable)?;
    }
    let keys = read_key_file(&path)?;
    Ok((path, keys))
}

/// Writes the key beside its place and links it there, so that it is whole whenever it is seen.
fn make(data_dir: &Path, path: &Path) -> io::Result<()> {
    fs::create_dir_all(data_dir)?;
    let draft = data_dir.join(ids::fresh("root-key"));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(&draft)?;
    let written = file
        .write_all(format!("{}\n", fresh_root_key().expose()).as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match written {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_private() {
        let dir = scratch();
        let (path, first) = read_or_make_root_key(&dir).unwrap();
        let (_, second) = read_or_make_root_key(&dir).unwrap();
        assert_eq!(first, second);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, PRIVATE);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn two_that_start_at_once_agree() {
        let dir = scratch();
        let keys: Vec<Vec<Secret>> = std::thread::scope(|scope| {
            let start = || scope.spawn(|| read_or_make_root_key(&dir).unwrap().1);
            let starting: Vec<_> = (0..8).map(|_| start()).collect();
            starting.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_file_holds_the_key_and_maybe_the_one_before() {
        let dir = scratch();
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("keys");
        fs::write(&path, "rk_0123456789abcdef\n\n rk_fedcba9876543210 \n").unwrap();
        assert_eq!(read_key_file(&path).unwrap().len(), 2);
        fs::write(&path, "\n").unwrap();
        assert!(matches!(read_key_file(&path), Err(KeyFileError::Malformed { .. })));
        fs::write(&path, "rk_0123456789abcdef\n".repeat(3)).unwrap();
        assert!(matches!(read_key_file(&path), Err(KeyFileError::TooMany { .. })));
        assert!(matches!(read_key_file(&dir.join("none")), Err(KeyFileError::Unreadable { .. })));
        fs::remove_dir_all(dir).unwrap();
    }

    fn scratch() -> PathBuf {
        std::env::temp_dir().join(ids::fresh("switchboard-keys"))
    }
}
