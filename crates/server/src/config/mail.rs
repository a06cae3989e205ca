//! The settings of mails: checked, and put together once the server knows where it listens.

use std::{fs, net::SocketAddr};

use switchboard_protocol::Secret;

use super::{Config, ConfigError};
use crate::mail::{
    MailSettings, SmtpServer, TlsMode, Via, check_certificates, check_mailbox, default_from,
};

/// Where mails are files, in the data dir.
pub(crate) const OUTBOX: &str = "outbox";

/// Does not show the URL, which may hold a password.
pub(super) fn check_smtp_url(url: Secret) -> Result<Secret, ConfigError> {
    let bad = |bad: crate::mail::BadSmtpUrl| ConfigError::invalid("smtp_url", bad.to_string());
    SmtpServer::parse(url.expose()).map_err(bad)?;
    Ok(url)
}

pub(super) fn check_mail_from(mailbox: String) -> Result<String, ConfigError> {
    let bad = |bad: crate::mail::BadMailbox| ConfigError::invalid("mail_from", bad.to_string());
    check_mailbox(&mailbox).map_err(bad)?;
    Ok(mailbox)
}

impl Config {
    /// How mails are sent by a server that listens there. Warns of what will be of little use.
    ///
    /// # Errors
    /// Where the certificates of `smtp_ca_file` cannot be had.
    pub fn mail_settings(&self, listens: SocketAddr) -> Result<MailSettings, ConfigError> {
        let here = || format!("http://{listens}");
        let public_url = self.public_url.clone().unwrap_or_else(here);
        let from = self.mail_from.clone().unwrap_or_else(|| default_from(&public_url));
        let via = match &self.smtp_url {
            Some(url) => Via::Smtp(url.clone()),
            None => Via::Folder(self.data_dir.join(OUTBOX)),
        };
        if self.smtp_url.is_some() {
            self.warn_of_mails();
        }
        Ok(MailSettings { smtp_ca: self.smtp_ca()?, ..MailSettings::new(via, from, public_url) })
    }

    fn smtp_ca(&self) -> Result<Option<Vec<u8>>, ConfigError> {
        let Some(path) = &self.smtp_ca_file else { return Ok(None) };
        let bad = |why: String| {
            ConfigError::invalid("smtp_ca_file", format!("{}: {why}", path.display()))
        };
        let pem = fs::read(path).map_err(|error| bad(error.to_string()))?;
        check_certificates(&pem).map_err(|error| bad(error.to_string()))?;
        Ok(Some(pem))
    }

    fn warn_of_mails(&self) {
        if self.public_url.is_none() {
            tracing::warn!("public_url is not set: links in mails lead to the address listened on");
        }
        let server = self.smtp_url.as_ref().and_then(|url| SmtpServer::parse(url.expose()).ok());
        let exposed =
            |server: &SmtpServer| server.tls == TlsMode::None && server.credentials.is_some();
        if server.as_ref().is_some_and(exposed) {
            tracing::warn!("smtp_url has tls=none: the password is sent in the clear");
        }
    }
}
