//! What a text must be to be taken: ids, names, addresses, comments, keys.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest id.
pub const MAX_ID_BYTES: usize = 64;
/// The longest name.
pub const MAX_NAME_CHARS: usize = 100;
/// The longest comment.
pub const MAX_COMMENT_CHARS: usize = 1_000;
/// The longest `external_id` or `key`.
pub const MAX_KEY_BYTES: usize = 128;
/// The longest e-mail address.
pub const MAX_EMAIL_BYTES: usize = 254;
/// The longest part of a domain between two dots.
const MAX_LABEL_BYTES: usize = 63;
/// The longest URL of a picture.
pub const MAX_URL_BYTES: usize = 2_048;
/// The longest skill.
pub const MAX_SKILL_BYTES: usize = 64;
/// How many origins a workspace may name.
pub const MAX_ORIGINS: usize = 100;
/// The longest of them.
const MAX_ORIGIN_BYTES: usize = 300;
/// How many skills one may have or ask for.
pub const MAX_SKILLS: usize = 64;

/// A field that cannot be taken, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// Which, as a path: `policy.max_wait_ms`.
    pub field: String,
    /// Why.
    pub message: String,
}

impl FieldError {
    /// A field and what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }

    /// The same field, seen from the object that holds it.
    #[must_use]
    pub fn within(mut self, parent: &str) -> Self {
        self.field = format!("{parent}.{}", self.field);
        self
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.field, self.message)
    }
}

impl std::error::Error for FieldError {}

/// Whether it may be an id: `[A-Za-z0-9_-]{1,64}`.
#[must_use]
pub fn valid_id(text: &str) -> bool {
    let id_byte = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=MAX_ID_BYTES).contains(&text.len()) && text.bytes().all(id_byte)
}

/// The same, with the answer as an error.
pub fn check_id(field: &str, text: &str) -> Result<(), FieldError> {
    if valid_id(text) {
        return Ok(());
    }
    Err(FieldError::new(field, "an id is 1 to 64 letters, digits, '_' or '-'"))
}

/// A name of 1 to 100 characters without control or direction characters, trimmed.
pub fn name<'t>(field: &str, text: &'t str) -> Result<&'t str, FieldError> {
    let trimmed = text.trim();
    let refuse = |message: &str| Err(FieldError::new(field, message));
    if trimmed.is_empty() {
        return refuse("must not be empty");
    }
    if trimmed.chars().count() > MAX_NAME_CHARS {
        return refuse("longer than 100 characters");
    }
    if trimmed.chars().any(char::is_control) {
        return refuse("contains a control character");
    }
    if trimmed.chars().any(reorders_text) {
        return refuse("contains a character that is not seen, or overrides the direction of text");
    }
    Ok(trimmed)
}

/// The same in place: what is kept is trimmed.
pub fn trim_name(field: &str, text: &mut String) -> Result<(), FieldError> {
    let trimmed = name(field, text)?;
    if trimmed.len() != text.len() {
        *text = trimmed.to_owned();
    }
    Ok(())
}

/// A comment of at most 1 000 characters; line breaks and tabs are fine.
pub fn check_comment(field: &str, text: &str) -> Result<(), FieldError> {
    if text.chars().count() > MAX_COMMENT_CHARS {
        return Err(FieldError::new(field, "longer than 1000 characters"));
    }
    let unfit = |c: char| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || reorders_text(c);
    if text.chars().any(unfit) {
        return Err(FieldError::new(field, "contains a control character"));
    }
    Ok(())
}

/// An `external_id` or `key`: 1 to 128 bytes without control characters.
pub fn check_key(field: &str, text: &str) -> Result<(), FieldError> {
    if text.is_empty() || text.len() > MAX_KEY_BYTES {
        return Err(FieldError::new(field, "must have 1 to 128 bytes"));
    }
    if text.chars().any(char::is_control) {
        return Err(FieldError::new(field, "contains a control character"));
    }
    Ok(())
}

/// An e-mail address, as far as its shape tells: what can be put in a header and has one `@`.
pub fn check_email(field: &str, text: &str) -> Result<(), FieldError> {
    let refuse = || Err(FieldError::new(field, "not an e-mail address"));
    if text.len() > MAX_EMAIL_BYTES {
        return Err(FieldError::new(field, "longer than 254 bytes"));
    }
    let Some((local, domain)) = text.split_once('@') else { return refuse() };
    let unfit = |c: char| {
        let is_seen = !(c.is_whitespace() || c.is_control() || reorders_text(c) || joins(c));
        !is_seen || "@<>()[],;:\\\"".contains(c)
    };
    if local.is_empty() || domain.is_empty() || text.replacen('@', "", 1).chars().any(unfit) {
        return refuse();
    }
    let label = |label: &str| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !domain.split('.').all(label) {
        return refuse();
    }
    Ok(())
}

/// The URL of a picture: `http` or `https`, printable ASCII.
pub fn check_url(field: &str, text: &str) -> Result<(), FieldError> {
    let refuse = |message: &str| Err(FieldError::new(field, message));
    if text.len() > MAX_URL_BYTES {
        return refuse("longer than 2048 bytes");
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let printable = |b: u8| b.is_ascii_graphic() && !b"\"<>\\".contains(&b);
    match rest {
        Some(rest) if !rest.is_empty() && rest.bytes().all(printable) => Ok(()),
        _ => refuse("not an http or https URL"),
    }
}

/// Origins from which pages may connect: at most 100, each `http` or `https`, a host, and a port
/// where it is not the usual one; `*.` before the host stands for every name below it.
pub fn check_origins(field: &str, origins: &[String]) -> Result<(), FieldError> {
    if origins.len() > MAX_ORIGINS {
        return Err(FieldError::new(field, "more than 100 origins"));
    }
    match origins.iter().all(|origin| is_origin(origin)) {
        true => Ok(()),
        false => Err(FieldError::new(
            field,
            "an origin is like https://example.org or https://*.example.org",
        )),
    }
}

fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest.filter(|_| text.len() <= MAX_ORIGIN_BYTES) else { return false };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let host = host.strip_prefix("*.").unwrap_or(host);
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_address = bracketed.is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok());
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|number| number.to_string() == port);
    (is_address || host.split('.').all(label)) && port.is_none_or(is_port)
}

/// Skills: at most 64 of 1 to 64 bytes each, without control characters.
pub fn check_skills(field: &str, skills: &[String]) -> Result<(), FieldError> {
    if skills.len() > MAX_SKILLS {
        return Err(FieldError::new(field, "more than 64 skills"));
    }
    let fits = |skill: &String| {
        (1..=MAX_SKILL_BYTES).contains(&skill.len())
            && skill.trim().len() == skill.len()
            && !skill.chars().any(|c| c.is_control() || reorders_text(c))
    };
    if !skills.iter().all(fits) {
        return Err(FieldError::new(field, "a skill has 1 to 64 bytes and no control characters"));
    }
    Ok(())
}

/// Characters that make a text read otherwise than it is: what orders text by direction, what
/// breaks a line without being a control character, and what is not seen. Joiners stay: letters of
/// many scripts, and emoji, are written with them.
fn reorders_text(c: char) -> bool {
    matches!(
        c,
        '\u{061C}'
            | '\u{200B}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}'
    )
}

/// Joiners and the soft hyphen: not seen either, and no part of an address, where by them one looks
/// like another.
fn joins(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200C}' | '\u{200D}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ids() {
        for good in ["a", "A-b_9", &"x".repeat(64)] {
            assert!(valid_id(good), "{good}");
        }
        for bad in ["", "a b", "a/b", "ä", "a.b", &"x".repeat(65), "a\n"] {
            assert!(!valid_id(bad), "{bad}");
        }
    }

    #[test]
    fn names_are_trimmed_and_checked() {
        assert_eq!(name("name", "  Zoë 🎈 ").unwrap(), "Zoë 🎈");
        assert!(name("name", &"ä".repeat(100)).is_ok());
        for bad in [
            "",
            "  ",
            "a\nb",
            "a\u{0}b",
            "a\u{85}b",
            "a\u{202E}b",
            "a\u{2066}b",
            "a\u{200F}b",
            "a\u{2028}b",
            "a\u{FEFF}b",
        ] {
            assert!(name("name", bad).is_err(), "{bad:?}");
        }
        assert!(name("name", &"ä".repeat(101)).is_err());
    }

    #[test]
    fn addresses() {
        for good in ["a@b", "zoe.o'hara+x@mail.example.org", "ü@exämple.org"] {
            assert!(check_email("email", good).is_ok(), "{good}");
        }
        let long = format!("{}@b.example", "a".repeat(250));
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a@b\r\nBcc: x",
            "<a@b>",
            "a@.b",
            "a\u{200D}@b",
            "a@\u{200E}b",
            &long,
        ] {
            assert!(check_email("email", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn origins() {
        let check = |origin: &str| check_origins("allowed_origins", &[origin.to_owned()]);
        for good in [
            "https://example.org",
            "http://localhost:3000",
            "https://*.example.org",
            "https://[::1]:8443",
            "https://192.0.2.1",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "*",
            "null",
            "example.org",
            "ftp://example.org",
            "https://",
            "https://example.org/",
            "https://example.org/path",
            "https://a b.org",
            "https://ex*mple.org",
            "https://example.org:99999",
            "https://example.org:080",
            "https://user@example.org",
            "https://example..org",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_comments_urls_skills() {
        assert!(check_key("key", &"k".repeat(128)).is_ok());
        assert!(check_key("key", &"k".repeat(129)).is_err());
        assert!(check_key("key", "").is_err());
        assert!(check_comment("comment", "two\nlines").is_ok());
        assert!(check_comment("comment", "bell\u{7}").is_err());
        assert!(check_comment("comment", &"c".repeat(1001)).is_err());
        assert!(check_url("avatar_url", "https://example.org/a.png").is_ok());
        assert!(check_url("avatar_url", "javascript:alert(1)").is_err());
        assert!(check_skills("skills", &["de".into(), "billing".into()]).is_ok());
        assert!(check_skills("skills", &[" ".into()]).is_err());
    }
}
