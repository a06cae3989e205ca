//! What the server is told: flags before environment before file before defaults.
//!
//! [`Settings`] is what one source says, everything optional; [`Config`] is what holds, checked.

mod bounds;
mod error;
mod file;
mod keys;
mod mail;
mod settings;
#[cfg(test)]
mod tests;
mod values;

use std::path::PathBuf;

use ipnet::IpNet;
use switchboard_protocol::{Limits, Secret};

pub use bounds::LimitsOverrides;
pub use error::ConfigError;
pub(crate) use keys::read_key_file;
pub use keys::{KeyFileError, RootKeySource, read_or_make_root_key};
pub use settings::Settings;
pub use values::{Durability, LimitsSetting, LogFormat, Network, Switch};

/// Where the server listens unless told otherwise.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:8080";
/// Where state is kept unless told otherwise.
pub const DEFAULT_DATA_DIR: &str = "./switchboard-data";
/// What is logged unless told otherwise.
pub const DEFAULT_LOG_LEVEL: &str = "info";

/// Everything the server needs to know to start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where HTTP, WebSocket and pages are served; port 0 takes any.
    pub listen: String,
    /// Where root's calls and the metrics live alone, if anywhere.
    pub admin_listen: Option<String>,
    /// What links begin with.
    pub public_url: Option<String>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Which server mails go through; none: they are files.
    pub smtp_url: Option<Secret>,
    /// The certificates that the mail server's has to come from, in PEM.
    pub smtp_ca_file: Option<PathBuf>,
    /// Who mails are from.
    pub mail_from: Option<String>,
    /// Where state is kept.
    pub data_dir: PathBuf,
    /// Keep nothing.
    pub in_memory: bool,
    /// Where the root key comes from.
    pub root_key: RootKeySource,
    /// The root key that held before, while it is being changed.
    pub previous_root_key: Option<Secret>,
    /// What an acknowledged event survives.
    pub durability: Durability,
    /// For how many days conversations are kept once they have ended; none: for ever.
    pub retention_days: Option<u32>,
    /// The most that the database may take on disk.
    pub max_database_bytes: Option<u64>,
    /// Every bound.
    pub limits: Limits,
    /// Where the bound address is written.
    pub addr_file: Option<PathBuf>,
    /// How the log is written.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_level: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: DEFAULT_LISTEN.to_owned(),
            admin_listen: None,
            public_url: None,
            trusted_proxies: Vec::new(),
            smtp_url: None,
            smtp_ca_file: None,
            mail_from: None,
            data_dir: PathBuf::from(DEFAULT_DATA_DIR),
            in_memory: false,
            root_key: RootKeySource::Kept,
            previous_root_key: None,
            durability: Durability::Relaxed,
            retention_days: None,
            max_database_bytes: None,
            limits: Limits::default(),
            addr_file: None,
            log_format: LogFormat::Text,
            log_level: DEFAULT_LOG_LEVEL.to_owned(),
        }
    }
}

impl Config {
    /// A server that leaves no trace: any port, nothing on disk, a root key for this run alone.
    pub fn ephemeral() -> Self {
        Self {
            listen: "127.0.0.1:0".to_owned(),
            in_memory: true,
            root_key: RootKeySource::Fresh,
            ..Self::default()
        }
    }

    /// What holds, by what was said on the command line and in the environment (`said`), and in
    /// the file that it names.
    ///
    /// # Errors
    /// Where something said cannot be, by name.
    pub fn resolve(mut said: Settings) -> Result<Self, ConfigError> {
        let file = said.config.take().map(|path| file::read(&path)).transpose()?;
        said.or(file.unwrap_or_default()).check()
    }
}
