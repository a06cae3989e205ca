//! Carrying letters to an SMTP server, over connections of its own for each that has its turn.
//!
//! A connection goes from one letter to the next while others wait, and is closed when nobody does.
//! After any trouble it is dropped: what was said on it is nobody else's to hear.

use std::time::Duration;

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
    commands::{Data, Mail, Rcpt},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter},
};
use parking_lot::Mutex;
use tokio::time::timeout;
use url::{Host, Url};

use super::{
    MAILS_AT_ONCE, MailSettings,
    compose::Letter,
    server::{SmtpServer, TlsMode},
    trouble::{Stage, Trouble},
};

/// So many letters go over one connection: servers count them, and end it.
const LETTERS_PER_CONNECTION: u32 = 50;
/// How long a goodbye may take.
const GOODBYE_TIME: Duration = Duration::from_secs(2);

pub(super) struct Smtp {
    server: SmtpServer,
    tls: Option<TlsParameters>,
    /// How we greet.
    name: ClientId,
    timeout: Duration,
    idle: Mutex<Vec<Connection>>,
}

struct Connection {
    smtp: AsyncSmtpConnection,
    letters: u32,
}

/// Certificates that are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no certificate in PEM, or one that cannot be read")]
pub struct BadCertificates;

/// Checks the certificates of `smtp_ca_file`.
pub(crate) fn check_certificates(pem: &[u8]) -> Result<(), BadCertificates> {
    tls_parameters("localhost", TlsMode::Required, Some(pem)).map(drop)
}

impl Smtp {
    pub(super) fn new(
        server: SmtpServer,
        settings: &MailSettings,
    ) -> Result<Self, BadCertificates> {
        let tls = match server.tls {
            TlsMode::None => None,
            mode => Some(tls_parameters(&server.host, mode, settings.smtp_ca.as_deref())?),
        };
        let name = client_id(&settings.public_url);
        let idle = Mutex::new(Vec::with_capacity(MAILS_AT_ONCE));
        Ok(Self { server, tls, name, timeout: settings.timeout, idle })
    }

    pub(super) async fn carry(&self, letter: &Letter) -> Result<(), Trouble> {
        let carried = timeout(self.timeout, self.carry_somehow(letter)).await;
        carried.unwrap_or_else(|_| Err(Trouble::timeout(self.timeout)))
    }

    /// Ends the connections that nobody needs just now.
    pub(super) async fn hang_up(&self) {
        loop {
            let Some(mut idle) = self.idle.lock().pop() else { return };
            // It was sent; what the server says to a goodbye changes nothing.
            let _ = timeout(GOODBYE_TIME, idle.smtp.abort()).await;
        }
    }

    async fn carry_somehow(&self, letter: &Letter) -> Result<(), Trouble> {
        let idle = self.idle.lock().pop();
        if let Some(connection) = idle {
            match self.carry_over(connection, letter).await {
                // The server closed it meanwhile.
                Err((stage, trouble)) if trouble.is_stale(stage) => {}
                done => return done.map_err(|(_, trouble)| trouble),
            }
        }
        let connection = self.connect().await?;
        self.carry_over(connection, letter).await.map_err(|(_, trouble)| trouble)
    }

    async fn carry_over(
        &self,
        mut connection: Connection,
        letter: &Letter,
    ) -> Result<(), (Stage, Trouble)> {
        hand_over(&mut connection.smtp, letter).await?;
        connection.letters += 1;
        if connection.letters < LETTERS_PER_CONNECTION {
            self.idle.lock().push(connection);
        }
        Ok(())
    }

    async fn connect(&self) -> Result<Connection, Trouble> {
        let failed = |stage| move |error: Error| Trouble::of(stage, &error);
        let implicit = self.tls.clone().filter(|_| self.server.tls == TlsMode::Implicit);
        let address = (self.server.host.as_str(), self.server.port);
        let smtp = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(self.timeout),
            &self.name,
            implicit,
            None,
        );
        let mut smtp = smtp.await.map_err(failed(Stage::Connect))?;
        self.start_tls(&mut smtp).await?;
        if let Some((user, password)) = &self.server.credentials {
            let credentials = Credentials::new(user.clone(), password.expose().to_owned());
            smtp.auth(DEFAULT_MECHANISMS, &credentials).await.map_err(failed(Stage::SignIn))?;
        }
        Ok(Connection { smtp, letters: 0 })
    }

    async fn start_tls(&self, smtp: &mut AsyncSmtpConnection) -> Result<(), Trouble> {
        let Some(tls) = self.tls.clone() else { return Ok(()) };
        match self.server.tls {
            TlsMode::Implicit | TlsMode::None => return Ok(()),
            TlsMode::Opportunistic if !smtp.can_starttls() => return Ok(()),
            TlsMode::Required if !smtp.can_starttls() => {
                let reason = "the mail server has no STARTTLS, and tls=required";
                return Err(Trouble::lasting("no STARTTLS", reason));
            }
            TlsMode::Opportunistic | TlsMode::Required => {}
        }
        let started = smtp.starttls(tls, &self.name).await;
        started.map_err(|error| Trouble::of(Stage::StartTls, &error))
    }
}

async fn hand_over(
    smtp: &mut AsyncSmtpConnection,
    letter: &Letter,
) -> Result<(), (Stage, Trouble)> {
    let failed = |stage| move |error: Error| (stage, Trouble::of(stage, &error));
    let mail = Mail::new(Some(letter.from.clone()), parameters(smtp, letter)?);
    smtp.command(mail).await.map_err(failed(Stage::Sender))?;
    let to = Rcpt::new(letter.to.clone(), Vec::new());
    smtp.command(to).await.map_err(failed(Stage::Recipient))?;
    smtp.command(Data).await.map_err(failed(Stage::Content))?;
    smtp.message(&letter.bytes).await.map_err(failed(Stage::Content))?;
    Ok(())
}

/// What the server has to be able to do for this letter.
fn parameters(
    smtp: &AsyncSmtpConnection,
    letter: &Letter,
) -> Result<Vec<MailParameter>, (Stage, Trouble)> {
    if letter.bytes.is_ascii() && letter.has_plain_addresses() {
        return Ok(Vec::new());
    }
    let can = |extension| smtp.server_info().supports_feature(extension);
    if can(Extension::SmtpUtfEight) && can(Extension::EightBitMime) {
        let eight_bit = MailParameter::Body(MailBodyParameter::EightBitMime);
        return Ok(vec![MailParameter::SmtpUtfEight, eight_bit]);
    }
    let reason = "the mail server takes no addresses with other than ASCII characters (SMTPUTF8)";
    Err((Stage::Sender, Trouble::lasting("no SMTPUTF8", reason)))
}

fn tls_parameters(
    host: &str,
    mode: TlsMode,
    ca: Option<&[u8]>,
) -> Result<TlsParameters, BadCertificates> {
    let mut tls = TlsParameters::builder(host.to_owned());
    if let Some(pem) = ca {
        let certificates = Certificate::from_pem(pem).map_err(|_| BadCertificates)?;
        // lettre takes a file without any for an empty list.
        if !pem.windows(PEM_BEGIN.len()).any(|window| window == PEM_BEGIN) {
            return Err(BadCertificates);
        }
        tls = tls.certificate_store(CertificateStore::None).add_root_certificate(certificates);
    }
    // Whoever could show a wrong certificate could as well leave out STARTTLS.
    if mode == TlsMode::Opportunistic && ca.is_none() {
        tls = tls.dangerous_accept_invalid_certs(true).dangerous_accept_invalid_hostnames(true);
    }
    tls.build_rustls().map_err(|_| BadCertificates)
}

const PEM_BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Who we say that we are: the host that people know us by.
fn client_id(public_url: &str) -> ClientId {
    let url = Url::parse(public_url).ok();
    match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => ClientId::Domain(name.to_owned()),
        Some(Host::Ipv4(address)) => ClientId::Ipv4(address),
        Some(Host::Ipv6(address)) => ClientId::Ipv6(address),
        None => ClientId::Domain("localhost".to_owned()),
    }
}
