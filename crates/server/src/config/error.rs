//! Why the server does not start with what it was told.

use std::{io, path::PathBuf};

use crate::auth::RootKeyError;

/// See the module. Shown to whoever starts the server; holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The configuration file cannot be read.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It can, but not as configuration.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Where in it, from 1.
        line: usize,
        /// Where in the line, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A setting cannot be what it is.
    #[error("{setting}: {message}")]
    Invalid {
        /// Which, as in the file.
        setting: &'static str,
        /// What is wrong.
        message: String,
    },
    /// A root key cannot be one.
    #[error("{setting}: {source}")]
    RootKey {
        /// Which, as in the file.
        setting: &'static str,
        /// What is wrong.
        source: RootKeyError,
    },
}

impl ConfigError {
    /// A setting that cannot be what it is.
    pub(super) fn invalid(setting: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { setting, message: message.into() }
    }
}
