//! The configuration file: TOML, and nothing in it that is not known.

use std::{fs, ops::Range, path::Path};

use super::{ConfigError, Settings};

pub(super) fn read(path: &Path) -> Result<Settings, ConfigError> {
    let text = fs::read_to_string(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    parse(path, &text)
}

/// Reads the file's text. What is wrong is told by line and key, and without quoting the line,
/// which may hold a secret.
pub(super) fn parse(path: &Path, text: &str) -> Result<Settings, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let (line, column) = place(text, error.span());
        let message = first_line(error.message());
        ConfigError::Malformed { path: path.to_owned(), line, column, message }
    })
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

/// Line and column, both from 1.
fn place(text: &str, span: Option<Range<usize>>) -> (usize, usize) {
    let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = 1 + before.matches('\n').count();
    let column = 1 + before.rsplit('\n').next().unwrap_or_default().chars().count();
    (line, column)
}
