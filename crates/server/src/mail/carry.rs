//! Who carries letters: an SMTP server, a folder, or nobody because of what is set.

use super::{
    MailSettings, Via, compose::Letter, outbox::Outbox, server::SmtpServer, smtp::Smtp,
    trouble::Trouble,
};

pub(super) enum Carrier {
    Smtp(Box<Smtp>),
    Folder(Outbox),
    /// What is set cannot be, as this says.
    Nobody(String),
}

impl Carrier {
    /// None where mails are to go nowhere.
    pub(super) fn of(settings: &MailSettings) -> Option<Self> {
        match &settings.via {
            Via::Nowhere => None,
            Via::Folder(path) => {
                tracing::info!(path = %path.display(), "no smtp_url is set: mails are files");
                Some(Self::Folder(Outbox::new(path.clone())))
            }
            Via::Smtp(url) => {
                let server = SmtpServer::parse(url.expose()).map_err(|bad| bad.to_string());
                let smtp = server
                    .and_then(|server| Smtp::new(server, settings).map_err(|bad| bad.to_string()));
                Some(match smtp {
                    Ok(smtp) => Self::Smtp(Box::new(smtp)),
                    Err(reason) => {
                        tracing::error!(reason, "mails cannot be sent");
                        Self::Nobody(reason)
                    }
                })
            }
        }
    }

    pub(super) async fn carry(&self, letter: &Letter) -> Result<(), Trouble> {
        match self {
            Self::Smtp(smtp) => smtp.carry(letter).await,
            Self::Folder(outbox) => outbox.write(letter).await,
            Self::Nobody(reason) => Err(Trouble::lasting("unusable settings", reason.clone())),
        }
    }

    /// Nobody has anything to be carried just now.
    pub(super) async fn rest(&self) {
        if let Self::Smtp(smtp) = self {
            smtp.hang_up().await;
        }
    }
}
