//! A copy of the database as of one moment, while a server may go on writing.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::{readers, schema::DATABASE};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is nothing to copy.
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    /// The copy cannot be made; what is there already is never overwritten.
    #[error("cannot write {}: {source}", path.display())]
    Target {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite cannot read the database, or write the copy.
    #[error("cannot copy {}: {source}", path.display())]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

/// Copies the store in a directory to a file that is not there yet, which nobody else may read;
/// gives its size. Once it returns, the copy is on the disk. Of what was deleted nothing is in it.
///
/// # Errors
/// Where there is nothing to copy, or the copy cannot be made: then there is none.
pub fn backup(dir: &Path, target: &Path) -> Result<u64, BackupError> {
    let path = dir.join(DATABASE);
    if !path.is_file() {
        return Err(BackupError::Missing(path));
    }
    let unwritable = |source| BackupError::Target { path: target.to_owned(), source };
    let mut options = OpenOptions::new();
    let file = options.create_new(true).write(true).mode(0o600).open(target).map_err(unwritable)?;
    let copied = copy(&path, target)
        .map_err(|source| BackupError::Database { path, source })
        .and_then(|()| keep(&file, target).map_err(unwritable));
    if copied.is_err() {
        // It is ours: it was not there before.
        let _ = fs::remove_file(target);
    }
    copied
}

fn copy(path: &Path, target: &Path) -> rusqlite::Result<()> {
    let from = readers::open_to_look(path)?;
    let target = target.to_str().ok_or_else(|| rusqlite::Error::InvalidPath(target.to_owned()))?;
    from.execute("VACUUM INTO ?1", [target]).map(drop)
}

/// Waits until the copy is on the disk, and its name too.
fn keep(file: &File, target: &Path) -> io::Result<u64> {
    file.sync_all()?;
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(file.metadata()?.len())
}
