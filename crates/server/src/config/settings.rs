//! What one source says: the command line with the environment, or the file.

use std::path::PathBuf;

use clap::{ArgAction, Args};
use serde::Deserialize;
use switchboard_protocol::{Limits, Secret};
use tracing_subscriber::EnvFilter;

use super::{
    Config, ConfigError, DEFAULT_DATA_DIR, DEFAULT_LISTEN, DEFAULT_LOG_LEVEL, Durability,
    LimitsSetting, LogFormat, Network, RootKeySource, Switch, bounds,
    mail::{check_mail_from, check_smtp_url},
};
use crate::auth::check_root_key;

/// Everything that can be said, all of it optional. In the file the names are the flags' with
/// `_` for `-`; the flags' own spelling is taken too.
#[derive(Clone, Debug, Default, PartialEq, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Read settings from a TOML file; flags and environment go before it
    #[arg(long, value_name = "FILE", env = "SWITCHBOARD_CONFIG")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// Serve HTTP, WebSocket and pages here; port 0 takes any [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT", env = "SWITCHBOARD_LISTEN")]
    pub listen: Option<String>,

    /// Serve root's calls and /metrics here, and nowhere else
    #[arg(long, value_name = "HOST:PORT", env = "SWITCHBOARD_ADMIN_LISTEN")]
    #[serde(alias = "admin-listen")]
    pub admin_listen: Option<String>,

    /// Begin links with this; it is never taken from a request
    #[arg(long, value_name = "URL", env = "SWITCHBOARD_PUBLIC_URL")]
    #[serde(alias = "public-url")]
    pub public_url: Option<String>,

    /// Believe X-Forwarded-For of these addresses or ranges
    #[arg(long, value_name = "NET,…", value_delimiter = ',', env = "SWITCHBOARD_TRUSTED_PROXIES")]
    #[serde(alias = "trusted-proxies")]
    pub trusted_proxies: Option<Vec<Network>>,

    /// Send mails through this server; else they are files in the data dir
    #[arg(long, value_name = "URL", env = "SWITCHBOARD_SMTP_URL", hide_env_values = true)]
    #[arg(value_parser = secret)]
    #[serde(alias = "smtp-url")]
    pub smtp_url: Option<Secret>,

    /// Trust the certificates in this PEM file, and no others, where the mail server shows its own
    #[arg(long, value_name = "FILE", env = "SWITCHBOARD_SMTP_CA_FILE")]
    #[serde(alias = "smtp-ca-file")]
    pub smtp_ca_file: Option<PathBuf>,

    /// Who mails are from; else no-reply@ the host of --public-url
    #[arg(long, value_name = "MAILBOX", env = "SWITCHBOARD_MAIL_FROM")]
    #[serde(alias = "mail-from")]
    pub mail_from: Option<String>,

    /// Keep state and the root key here [default: ./switchboard-data]
    #[arg(long, value_name = "DIR", env = "SWITCHBOARD_DATA_DIR")]
    #[serde(alias = "data-dir")]
    pub data_dir: Option<PathBuf>,

    /// Keep no state at all
    #[arg(long, env = "SWITCHBOARD_IN_MEMORY", value_name = "BOOL", action = ArgAction::Set)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(alias = "in-memory")]
    pub in_memory: Option<bool>,

    /// The root key; better in the environment or a file, since others see a command line
    #[arg(long, value_name = "KEY", env = "SWITCHBOARD_ROOT_KEY", hide_env_values = true)]
    #[arg(value_parser = secret)]
    #[serde(alias = "root-key")]
    pub root_key: Option<Secret>,

    /// Read the root key from a file; a second line is one that still holds
    #[arg(long, value_name = "FILE", env = "SWITCHBOARD_ROOT_KEY_FILE")]
    #[serde(alias = "root-key-file")]
    pub root_key_file: Option<PathBuf>,

    /// A root key that still holds, while it is being changed
    #[arg(long, value_name = "KEY", env = "SWITCHBOARD_PREVIOUS_ROOT_KEY", hide_env_values = true)]
    #[arg(value_parser = secret)]
    #[serde(alias = "previous-root-key")]
    pub previous_root_key: Option<Secret>,

    /// What an acknowledged event survives: a crash, or power loss too [default: relaxed]
    #[arg(long, value_enum, env = "SWITCHBOARD_DURABILITY")]
    pub durability: Option<Durability>,

    /// Keep conversations for so many days once they have ended; 0: for ever [default: 0]
    #[arg(long, value_name = "DAYS", env = "SWITCHBOARD_RETENTION_DAYS")]
    #[serde(alias = "retention-days")]
    pub retention_days: Option<u32>,

    /// Let the database take no more than this on disk, in bytes [default: what there is]
    #[arg(long, value_name = "BYTES", env = "SWITCHBOARD_MAX_DATABASE_BYTES")]
    #[serde(alias = "max-database-bytes")]
    pub max_database_bytes: Option<u64>,

    /// Turn rates and counts off, for load tests [default: on]
    #[arg(long, value_name = "on|off", env = "SWITCHBOARD_LIMITS")]
    pub limits: Option<LimitsSetting>,

    /// Write the bound address to a file; the admin address to FILE.admin
    #[arg(long, value_name = "FILE", env = "SWITCHBOARD_ADDR_FILE")]
    #[serde(alias = "addr-file")]
    pub addr_file: Option<PathBuf>,

    /// How the log is written, to stderr [default: text]
    #[arg(long, value_enum, env = "SWITCHBOARD_LOG_FORMAT")]
    #[serde(alias = "log-format")]
    pub log_format: Option<LogFormat>,

    /// What is logged: a level, or levels by module [default: info]
    #[arg(long, value_name = "LEVEL", env = "SWITCHBOARD_LOG_LEVEL")]
    #[serde(alias = "log-level")]
    pub log_level: Option<String>,
}

/// Never refuses, so that no complaint quotes a secret.
#[expect(clippy::unnecessary_wraps, reason = "clap's parsers may fail")]
fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::from(text))
}

impl Settings {
    /// What is said here, and where nothing is, what the other says.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        // Said together, taken together: a flag's key is not mixed with a file's.
        let (root_key, root_key_file) = match (self.root_key, self.root_key_file) {
            (None, None) => (other.root_key, other.root_key_file),
            said => said,
        };
        Self {
            config: self.config.or(other.config),
            listen: self.listen.or(other.listen),
            admin_listen: self.admin_listen.or(other.admin_listen),
            public_url: self.public_url.or(other.public_url),
            trusted_proxies: self.trusted_proxies.or(other.trusted_proxies),
            smtp_url: self.smtp_url.or(other.smtp_url),
            smtp_ca_file: self.smtp_ca_file.or(other.smtp_ca_file),
            mail_from: self.mail_from.or(other.mail_from),
            data_dir: self.data_dir.or(other.data_dir),
            in_memory: self.in_memory.or(other.in_memory),
            root_key,
            root_key_file,
            previous_root_key: self.previous_root_key.or(other.previous_root_key),
            durability: self.durability.or(other.durability),
            retention_days: self.retention_days.or(other.retention_days),
            max_database_bytes: self.max_database_bytes.or(other.max_database_bytes),
            limits: Some(self.limits.unwrap_or_default().or(other.limits.unwrap_or_default())),
            addr_file: self.addr_file.or(other.addr_file),
            log_format: self.log_format.or(other.log_format),
            log_level: self.log_level.or(other.log_level),
        }
    }

    /// What holds, with the defaults for what nobody said.
    ///
    /// # Errors
    /// Where something cannot be what it is.
    pub fn check(self) -> Result<Config, ConfigError> {
        let root_key = self.root_key_source()?;
        if let Some(key) = &self.previous_root_key {
            check_key("previous_root_key", key)?;
        }
        let listen = self.listen.unwrap_or_else(|| DEFAULT_LISTEN.to_owned());
        check_address("listen", &listen)?;
        if let Some(address) = &self.admin_listen {
            check_address("admin_listen", address)?;
        }
        let log_level = self.log_level.unwrap_or_else(|| DEFAULT_LOG_LEVEL.to_owned());
        EnvFilter::try_new(&log_level)
            .map_err(|error| ConfigError::invalid("log_level", error.to_string()))?;
        Ok(Config {
            listen,
            admin_listen: self.admin_listen,
            public_url: self.public_url.map(check_public_url).transpose()?,
            trusted_proxies: networks(self.trusted_proxies),
            smtp_url: self.smtp_url.map(check_smtp_url).transpose()?,
            smtp_ca_file: self.smtp_ca_file,
            mail_from: self.mail_from.map(check_mail_from).transpose()?,
            data_dir: self.data_dir.unwrap_or_else(|| PathBuf::from(DEFAULT_DATA_DIR)),
            in_memory: self.in_memory.unwrap_or_default(),
            root_key,
            previous_root_key: self.previous_root_key,
            durability: self.durability.unwrap_or_default(),
            retention_days: self.retention_days.filter(|days| *days > 0),
            max_database_bytes: self.max_database_bytes,
            limits: limits(self.limits.unwrap_or_default())?,
            addr_file: self.addr_file,
            log_format: self.log_format.unwrap_or_default(),
            log_level,
        })
    }

    fn root_key_source(&self) -> Result<RootKeySource, ConfigError> {
        match (&self.root_key, &self.root_key_file) {
            (Some(_), Some(_)) => {
                Err(ConfigError::invalid("root_key", "give a key or a file of it, not both"))
            }
            (Some(key), None) => {
                check_key("root_key", key)?;
                Ok(RootKeySource::Given(key.clone()))
            }
            (None, Some(path)) => Ok(RootKeySource::File(path.clone())),
            (None, None) => Ok(RootKeySource::Kept),
        }
    }
}

fn networks(networks: Option<Vec<Network>>) -> Vec<ipnet::IpNet> {
    networks.unwrap_or_default().into_iter().map(|Network(network)| network).collect()
}

fn limits(setting: LimitsSetting) -> Result<Limits, ConfigError> {
    let mut limits = Limits::default();
    setting.overrides.apply(&mut limits);
    bounds::check(&limits)?;
    match setting.switch {
        Some(Switch::Off) => Ok(limits.without_rates_and_counts()),
        Some(Switch::On) | None => Ok(limits),
    }
}

fn check_key(setting: &'static str, key: &Secret) -> Result<(), ConfigError> {
    check_root_key(key.expose()).map_err(|source| ConfigError::RootKey { setting, source })
}

fn check_address(setting: &'static str, address: &str) -> Result<(), ConfigError> {
    let port = address.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    if port.is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
        return Ok(());
    }
    Err(ConfigError::invalid(setting, format!("`{address}` is not an address like 127.0.0.1:8080")))
}

fn check_public_url(url: String) -> Result<String, ConfigError> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let plain = |host: &str| !host.is_empty() && host.bytes().all(|b| b.is_ascii_graphic());
    if host.is_some_and(plain) && !url.contains(['?', '#', '@']) {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    Err(ConfigError::invalid("public_url", "not a URL like https://chat.example.org"))
}
