//! The URL of a mail server: where it is, what is sent in the clear, and who we are to it.
//! No error quotes it, since a password may be in it.

use data_encoding::HEXLOWER_PERMISSIVE;
use switchboard_protocol::Secret;
use url::{Host, Url};

/// Where servers take mail from other servers.
const PORT: u16 = 25;
/// Where they take it from those who sign in.
const SUBMISSION_PORT: u16 = 587;
/// The same, with TLS from the first byte.
const SUBMISSIONS_PORT: u16 = 465;

/// What `smtp_url` says.
#[derive(Clone, Debug)]
pub struct SmtpServer {
    /// Its name or address, in the form that a certificate is checked with.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What is encrypted.
    pub tls: TlsMode,
    /// User and password.
    pub credentials: Option<(String, Secret)>,
}

/// What of a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// All of it, from the first byte: `smtps://`.
    Implicit,
    /// Everything from STARTTLS on; a server without it gets nothing.
    Required,
    /// The same where the server has STARTTLS, whatever its certificate; else nothing.
    Opportunistic,
    /// Nothing.
    None,
}

/// Why a URL is not that of a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSmtpUrl {
    /// It is another kind of URL.
    #[error("must begin with smtp:// or smtps://")]
    Scheme,
    /// It is none.
    #[error("not a URL like smtp://user:password@mail.example.org:587")]
    Malformed,
    /// It has no host, or one that cannot be.
    #[error("the host is missing, or has other characters than letters, digits, `-`, `_` and `.`")]
    Host,
    /// One of user and password is missing, or cannot be decoded.
    #[error("give user and password, percent-encoded, or neither")]
    Credentials,
    /// It has more than it may.
    #[error("nothing may follow the host and port but ?tls=required, opportunistic or none")]
    Rest,
    /// `smtps://` is encrypted in any case.
    #[error("?tls= goes with smtp://; smtps:// is encrypted from the first byte")]
    TlsTwice,
    /// A password would be told to whoever answers.
    #[error(
        "tls=opportunistic cannot keep a password: say tls=required, or tls=none to send it in the clear"
    )]
    Exposed,
}

impl SmtpServer {
    /// Reads a URL. With a password and no `tls` STARTTLS is required; without a password it is
    /// used where the server has it.
    ///
    /// # Errors
    /// Where it is not such a URL.
    pub fn parse(text: &str) -> Result<Self, BadSmtpUrl> {
        let implicit = text.starts_with("smtps://");
        if !implicit && !text.starts_with("smtp://") {
            return Err(BadSmtpUrl::Scheme);
        }
        let url = Url::parse(text).map_err(|_| BadSmtpUrl::Malformed)?;
        let host = host(&url)?;
        let credentials = credentials(&url)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(BadSmtpUrl::Rest);
        }
        let tls = match (implicit, url.query()) {
            (true, None) => TlsMode::Implicit,
            (true, Some(_)) => return Err(BadSmtpUrl::TlsTwice),
            (false, query) => tls(query, credentials.is_some())?,
        };
        let port = url.port().unwrap_or(match tls {
            TlsMode::Implicit => SUBMISSIONS_PORT,
            TlsMode::Required => SUBMISSION_PORT,
            _ if credentials.is_some() => SUBMISSION_PORT,
            TlsMode::Opportunistic | TlsMode::None => PORT,
        });
        Ok(Self { host, port, tls, credentials })
    }
}

fn tls(query: Option<&str>, password: bool) -> Result<TlsMode, BadSmtpUrl> {
    match query {
        None if password => Ok(TlsMode::Required),
        None => Ok(TlsMode::Opportunistic),
        Some("tls=required") => Ok(TlsMode::Required),
        Some("tls=opportunistic") if password => Err(BadSmtpUrl::Exposed),
        Some("tls=opportunistic") => Ok(TlsMode::Opportunistic),
        Some("tls=none") => Ok(TlsMode::None),
        Some(_) => Err(BadSmtpUrl::Rest),
    }
}

fn host(url: &Url) -> Result<String, BadSmtpUrl> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match url.host() {
        Some(Host::Domain(name)) if !name.is_empty() && name.chars().all(plain) => {
            Ok(name.to_owned())
        }
        Some(Host::Ipv4(address)) => Ok(address.to_string()),
        Some(Host::Ipv6(address)) => Ok(address.to_string()),
        _ => Err(BadSmtpUrl::Host),
    }
}

fn credentials(url: &Url) -> Result<Option<(String, Secret)>, BadSmtpUrl> {
    let user = decode(url.username()).ok_or(BadSmtpUrl::Credentials)?;
    let password = url.password().map(|text| decode(text).ok_or(BadSmtpUrl::Credentials));
    match (user.as_str(), password.transpose()?) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(BadSmtpUrl::Credentials),
        (_, Some(password)) if password.is_empty() => Err(BadSmtpUrl::Credentials),
        (_, Some(password)) => Ok(Some((user, Secret::from(password)))),
    }
}

/// Undoes percent-encoding. Signing in separates by NUL, and commands by line ends.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            bytes.extend(HEXLOWER_PERMISSIVE.decode(digits).ok()?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains(['\0', '\r', '\n'])).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> (String, u16, TlsMode, Option<(String, String)>) {
        let SmtpServer { host, port, tls, credentials } = SmtpServer::parse(url).unwrap();
        let shown = credentials.map(|(user, password)| (user, password.expose().to_owned()));
        (host, port, tls, shown)
    }

    #[test]
    fn a_url_says_where_and_how() {
        use TlsMode::{Implicit, None as Clear, Opportunistic, Required};
        for (url, host, port, tls) in [
            ("smtp://mail.example.org", "mail.example.org", 25, Opportunistic),
            ("smtp://localhost:1025/", "localhost", 1025, Opportunistic),
            ("smtp://mail?tls=none", "mail", 25, Clear),
            ("smtp://mail?tls=required", "mail", 587, Required),
            ("smtp://mail?tls=opportunistic", "mail", 25, Opportunistic),
            ("smtp://u:p@mail", "mail", 587, Required),
            ("smtp://u:p@mail?tls=none", "mail", 587, Clear),
            ("smtp://u:p@mail:25?tls=required", "mail", 25, Required),
            ("smtps://u:p@mail", "mail", 465, Implicit),
            ("smtps://[::1]:4465", "::1", 4465, Implicit),
            ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, Opportunistic),
        ] {
            let (found, at, how, _) = parsed(url);
            assert_eq!((found.as_str(), at, how), (host, port, tls), "{url}");
        }
    }

    #[test]
    fn user_and_password_are_percent_encoded() {
        let (.., credentials) = parsed("smtp://me%40example.org:p%3A%2F%40%C3%BC%25+@mail");
        let (user, password) = credentials.unwrap();
        assert_eq!((user.as_str(), password.as_str()), ("me@example.org", "p:/@ü%+"));
    }

    #[test]
    fn what_cannot_be_is_refused_without_a_word_of_it() {
        use BadSmtpUrl::{Credentials, Exposed, Malformed, Rest, Scheme, TlsTwice};
        for (url, expected) in [
            ("http://u:s3cret@mail", Scheme),
            ("mail.example.org", Scheme),
            ("smtp://u:s3cret@mail:port", Malformed),
            ("smtp://u:s3cret@", Malformed),
            ("smtp://", BadSmtpUrl::Host),
            ("smtp://u:s3cret@exämple.org", BadSmtpUrl::Host),
            ("smtp://s3cret@mail", Credentials),
            ("smtp://u:@mail", Credentials),
            ("smtp://:s3cret@mail", Credentials),
            ("smtp://u:s3cret%ZZ@mail", Credentials),
            ("smtp://u:s3cret%0d%0a@mail", Credentials),
            ("smtp://u:s3cret%@mail", Credentials),
            ("smtp://mail/s3cret", Rest),
            ("smtp://mail?tls=maybe", Rest),
            ("smtp://mail?TLS=none", Rest),
            ("smtp://mail#s3cret", Rest),
            ("smtps://mail?tls=required", TlsTwice),
            ("smtp://u:s3cret@mail?tls=opportunistic", Exposed),
        ] {
            let bad = SmtpServer::parse(url).unwrap_err();
            assert_eq!(bad, expected, "{url}");
            assert!(!format!("{bad} {bad:?}").contains("s3cret"), "{url}");
        }
        let server = SmtpServer::parse("smtp://u:s3cret@mail").unwrap();
        assert!(!format!("{server:?}").contains("s3cret"));
    }
}
