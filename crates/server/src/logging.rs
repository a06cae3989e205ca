//! The log: structured, to stderr, as text or as one JSON object a line.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::{EnvFilter, fmt, util::SubscriberInitExt};

use crate::config::{Config, LogFormat};

/// Starts the log of this process; where one is set already, that one stays.
pub fn start(config: &Config) {
    // Checked with the configuration; what is not a filter lets nothing pass but errors.
    let filter = EnvFilter::try_new(&config.log_level).unwrap_or_default();
    let log = fmt().with_env_filter(filter).with_writer(stderr);
    let started = match config.log_format {
        LogFormat::Text => log.with_ansi(stderr().is_terminal()).finish().try_init(),
        LogFormat::Json => log.json().flatten_event(true).finish().try_init(),
    };
    if started.is_err() {
        tracing::debug!("another log is set already");
    }
}
