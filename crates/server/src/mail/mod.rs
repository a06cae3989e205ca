//! Mails: who wants one sent hands it over and is told what became of it. They go through an SMTP
//! server, or into a folder where none is set.
//!
//! Nobody waits for a mail server: what is taken is sent in the background, a few at once, and
//! tried again where that may help. Nothing is kept here: whoever hands a mail over keeps its
//! state, and hands it over again after a restart. Knows nothing of workspaces and invites, and
//! logs no address, no link and no body.

mod carry;
mod compose;
pub mod letters;
mod outbox;
mod post;
mod server;
mod smtp;
#[cfg(test)]
mod tests;
mod trouble;
mod words;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use switchboard_protocol::Secret;

use crate::metrics::MailCounts;
use post::Post;

pub(crate) use compose::check_mailbox;
pub use compose::{BadMailbox, default_from};
pub use server::{BadSmtpUrl, SmtpServer, TlsMode};
pub use smtp::BadCertificates;
pub(crate) use smtp::check_certificates;

/// So many mails are taken at most that are not sent yet, those included that wait to be tried again.
pub const MAILS_WAITING: usize = 10_000;
/// So many are sent at once.
pub const MAILS_AT_ONCE: usize = 4;
/// Whoever did not get a mail through in so long has failed this time.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
/// After how long a mail is tried again, time after time, where that may help.
pub const DEFAULT_RETRY: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_hours(1),
];

/// Sends mails. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    /// None: mails go nowhere.
    post: Option<Arc<Post>>,
    public_url: Arc<str>,
}

/// Is told of every change. Called from the tasks that send: it must not block.
pub type Report = Arc<dyn Fn(Outcome) + Send + Sync>;

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server took it, or it is in its file.
    Sent,
    /// It could not be sent this time and is kept trying.
    Retrying {
        /// Why, for an admin to read.
        reason: String,
    },
    /// It is given up.
    Failed {
        /// Why, for an admin to read.
        reason: String,
    },
}

/// So many mails wait that no more are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many mails wait to be sent")]
pub struct TooManyMails;

/// A mail to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Shows nothing of it: addresses and links are in it.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").finish_non_exhaustive()
    }
}

/// How mails are sent.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Where to.
    pub via: Via,
    /// Who they are from: a mailbox such as `Switchboard <no-reply@example.org>`.
    pub from: String,
    /// What links begin with.
    pub public_url: String,
    /// After how long a mail is tried again, time after time.
    pub retry: Vec<Duration>,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Certificates in PEM: the server's has to come from one of these, and not from one of those
    /// that everybody trusts.
    pub smtp_ca: Option<Vec<u8>>,
}

impl MailSettings {
    /// The usual delays and times.
    pub fn new(via: Via, from: impl Into<String>, public_url: impl Into<String>) -> Self {
        Self {
            via,
            from: from.into(),
            public_url: public_url.into(),
            retry: DEFAULT_RETRY.to_vec(),
            timeout: DEFAULT_TIMEOUT,
            smtp_ca: None,
        }
    }
}

/// Where mails go.
#[derive(Clone, Debug)]
pub enum Via {
    /// Through the server at this URL ([`SmtpServer`]).
    Smtp(Secret),
    /// Into files here.
    Folder(PathBuf),
    /// Nowhere, and nothing is said of them.
    Nowhere,
}

impl Mailer {
    /// Starts what sends. To be called within a runtime. Settings that cannot be are found when the
    /// configuration is checked; should some come here, every mail fails and says why.
    pub fn start(settings: MailSettings) -> Self {
        Self::start_counting(settings, MailCounts::none())
    }

    /// The same, and counts what becomes of mails.
    pub fn start_counting(settings: MailSettings, counts: MailCounts) -> Self {
        let public_url = settings.public_url.trim_end_matches('/').into();
        Self { post: Post::open(settings, counts), public_url }
    }

    /// One whose mails go nowhere, for those who try something else.
    pub fn nowhere() -> Self {
        Self { post: None, public_url: "http://localhost".into() }
    }

    /// Takes a mail; never waits. `report` is told of every change, from another task.
    ///
    /// # Errors
    /// Where too many wait already.
    pub fn send(&self, mail: Mail, report: Report) -> Result<(), TooManyMails> {
        match &self.post {
            Some(post) => post.take(mail, report),
            None => Ok(()),
        }
    }

    /// The base of links, without a slash at its end.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Lets what is being sent end, at most so long. What waits is not sent, and nothing is
    /// reported of it.
    pub async fn stop(&self, at_most: Duration) {
        if let Some(post) = &self.post {
            post.close(at_most).await;
        }
    }

    /// Stops at once, in the middle of what is being sent.
    pub fn stop_now(&self) {
        if let Some(post) = &self.post {
            post.close_now();
        }
    }
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}
