//! The two pages that mails lead to: joining by an invite, and setting a password.
//!
//! Each is one file with all that it needs; nothing is loaded from elsewhere, and nothing of the
//! link is ever sent but in the call itself: the token stands behind the `#`, which browsers keep.

use std::sync::LazyLock;

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::Response,
};
use data_encoding::BASE64;
use futures::future::{BoxFuture, ready};
use sha2::{Digest, Sha256};

use super::route::Route;

const LETTERS: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");
const MEDIA_TYPE: &str = "text/html; charset=utf-8";

/// What differs between the pages.
struct Page {
    title: &'static str,
    intro: &'static str,
    button: &'static str,
    /// What the script does: `join` or `reset`.
    does: &'static str,
}

const JOIN: Page = Page {
    title: "Join your team",
    intro: "Choose the name that visitors and colleagues see, and a password.",
    button: "Join",
    does: "join",
};
const RESET: Page = Page {
    title: "Choose a new password",
    intro: "You will be signed out wherever you are signed in.",
    button: "Set the password",
    does: "reset",
};

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("join_page", "/join", "The page that an invite leads to")
            .for_anyone()
            .gives_other("text/html")
            .raw(|_, _| page(&JOIN)),
        Route::get("reset_page", "/reset", "The page on which a password is set")
            .for_anyone()
            .gives_other("text/html")
            .raw(|_, _| page(&RESET)),
    ]
}

fn page<'a>(of: &'static Page) -> BoxFuture<'a, Response> {
    let html = LETTERS
        .replace("{title}", of.title)
        .replace("{intro}", of.intro)
        .replace("{button}", of.button)
        .replace("{does}", of.does)
        .replace("{style}", STYLE)
        .replace("{script}", SCRIPT);
    let mut response = Response::new(Body::from(html));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY.clone()),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("x-frame-options"), HeaderValue::from_static("DENY")),
    ] {
        headers.insert(name, value);
    }
    Box::pin(ready(response))
}

/// Only what is in the page itself runs, and it talks to this server alone.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = |text: &str| format!("'sha256-{}'", BASE64.encode(&Sha256::digest(text.as_bytes())));
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; form-action 'none'; \
         base-uri 'none'; frame-ancestors 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});
