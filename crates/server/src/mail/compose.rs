//! A mail as the bytes that are sent or kept: headers, text and HTML, all of it ASCII but for
//! addresses that are not.

use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};
use url::{Host, Url};

use super::{
    Mail,
    trouble::Trouble,
    words::{cut, plain},
};
use crate::ids;

/// More of a subject is not sent.
const SUBJECT_CHARS: usize = 200;
/// Who mails are from where links name no host that could be in an address.
const NO_HOST: &str = "localhost";

/// A mailbox that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a mailbox like `Switchboard <no-reply@example.org>`")]
pub struct BadMailbox;

/// What is carried.
pub(super) struct Letter {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

impl Letter {
    pub(super) fn has_plain_addresses(&self) -> bool {
        let plain = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        plain(&self.from) && plain(&self.to)
    }
}

/// Who mails are from.
pub(super) struct Sender(Result<Mailbox, BadMailbox>);

impl Sender {
    pub(super) fn of(text: &str) -> Self {
        Self(mailbox(text))
    }

    /// Every attempt sends the same bytes, so that a mail that arrives twice can be seen as one.
    pub(super) fn write(&self, mail: Mail) -> Result<Letter, Trouble> {
        let unusable = |bad: BadMailbox| Trouble::lasting("unusable settings", bad.to_string());
        let from = self.0.clone().map_err(unusable)?;
        let to = address(&mail.to)
            .ok_or_else(|| Trouble::lasting("bad address", "this can be nobody's address"))?;
        let id = format!("<{}@{}>", ids::fresh("mail"), from.email.domain());
        let message = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(plain(&cut(&mail.subject, SUBJECT_CHARS)))
            .date_now()
            .message_id(Some(id))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(mail.text, mail.html))
            .map_err(|_| Trouble::lasting("bad mail", "the mail cannot be put together"))?;
        Ok(Letter { from: from.email, to, bytes: message.formatted() })
    }
}

/// Checks what `mail_from` says.
pub(crate) fn check_mailbox(text: &str) -> Result<(), BadMailbox> {
    mailbox(text).map(drop)
}

/// Who mails are from where nothing is said of it.
#[must_use]
pub fn default_from(public_url: &str) -> String {
    let url = Url::parse(public_url).ok();
    let from = match url.as_ref().and_then(Url::host) {
        Some(Host::Domain(host)) => format!("no-reply@{host}"),
        _ => format!("no-reply@{NO_HOST}"),
    };
    if check_mailbox(&from).is_ok() { from } else { format!("no-reply@{NO_HOST}") }
}

fn mailbox(text: &str) -> Result<Mailbox, BadMailbox> {
    if text.chars().any(char::is_control) {
        return Err(BadMailbox);
    }
    let (name, bare) = match text.trim().strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, bare)) => (name.trim(), bare),
        None => ("", text.trim()),
    };
    let email = address(bare).ok_or(BadMailbox)?;
    let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
    if name.contains(['"', '<', '>', '\\']) {
        return Err(BadMailbox);
    }
    let name = cut(name, SUBJECT_CHARS);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), email))
}

/// An address, its domain as the mail system knows it: `exämple.org` is `xn--exmple-cua.org`.
fn address(text: &str) -> Option<Address> {
    let (user, domain) = text.rsplit_once('@')?;
    if user.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let ascii = match domain.is_ascii() {
        true => domain.to_owned(),
        false => match Host::parse(domain).ok()? {
            Host::Domain(ascii) => ascii,
            Host::Ipv4(_) | Host::Ipv6(_) => return None,
        },
    };
    Address::new(user, ascii).ok()
}

/// Nobody is to answer by a machine.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_has_a_name_or_none() {
        for (text, name, email) in [
            ("no-reply@example.org", None, "no-reply@example.org"),
            ("Switchboard <no-reply@example.org>", Some("Switchboard"), "no-reply@example.org"),
            ("\"Café, GmbH\" <a@exämple.org>", Some("Café, GmbH"), "a@xn--exmple-cua.org"),
            ("<a@localhost>", None, "a@localhost"),
        ] {
            let mailbox = mailbox(text).unwrap();
            assert_eq!((mailbox.name.as_deref(), mailbox.email.as_ref()), (name, email), "{text}");
        }
    }

    #[test]
    fn what_is_no_mailbox_is_refused() {
        for text in [
            "",
            "example.org",
            "a@",
            "@example.org",
            "a b@example.org",
            "a@example.org\r\nBcc: b@example.org",
            "A <a@example.org",
            "A <a@example.org> B",
            "A <a@exa mple.org>",
            "A <b> <a@example.org>",
        ] {
            assert_eq!(check_mailbox(text), Err(BadMailbox), "{text}");
        }
    }

    #[test]
    fn by_default_mails_are_from_the_host_of_the_links() {
        for (url, from) in [
            ("https://chat.example.org:8443/x", "no-reply@chat.example.org"),
            ("https://chät.example.org", "no-reply@xn--cht-rla.example.org"),
            ("http://127.0.0.1:8080", "no-reply@localhost"),
            ("http://[::1]:8080", "no-reply@localhost"),
            ("http://-x-:8080", "no-reply@localhost"),
        ] {
            assert_eq!(default_from(url), from);
        }
    }
}
