//! The upgrade from HTTP to WebSocket, RFC 6455 section 4.2, by hand. No extension is negotiated.

use axum::body::Body;
use data_encoding::BASE64;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, Version,
    header::{self, HeaderName, HeaderValue},
};
use switchboard_protocol::{Encoding, ErrorCode, http::Problem};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::rate_limit::RateExceeded;

/// The only version there is.
const VERSION: &str = "13";
/// How long the decoded key is.
const KEY_BYTES: usize = 16;

/// What was agreed on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Agreement {
    /// How messages are written.
    pub(crate) encoding: Encoding,
    /// Whether the client asked for a subprotocol at all.
    named: bool,
    accept: String,
    /// Of which page the socket is, where that was said; of several, of none.
    pub(crate) origin: Option<Box<str>>,
}

/// Why a request does not become a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HandshakeError {
    #[error("a WebSocket begins with GET")]
    NotGet,
    #[error("this is a WebSocket: upgrade the connection to version 13")]
    NotAnUpgrade,
    #[error("the Sec-WebSocket-Key is not 16 bytes in base64")]
    BadKey,
    #[error("none of the subprotocols asked for is spoken here")]
    UnknownSubprotocol,
    #[error("too many sockets or handshakes from this address")]
    TooMany(#[from] RateExceeded),
    #[error("the server is draining")]
    Draining,
}

/// Checks what a client asks for.
pub(crate) fn agree<B>(request: &Request<B>) -> Result<Agreement, HandshakeError> {
    let headers = request.headers();
    if request.method() != Method::GET {
        return Err(HandshakeError::NotGet);
    }
    let upgrades = request.version() >= Version::HTTP_11
        && lists(headers, &header::CONNECTION, "upgrade")
        && lists(headers, &header::UPGRADE, "websocket");
    let version = headers.get(header::SEC_WEBSOCKET_VERSION);
    if !upgrades || version.is_none_or(|version| version != VERSION) {
        return Err(HandshakeError::NotAnUpgrade);
    }
    let accept = accept(headers).ok_or(HandshakeError::BadKey)?;
    let (encoding, named) = subprotocol(headers)?;
    Ok(Agreement { encoding, named, accept, origin: origin(headers) })
}

/// What cannot be an origin matches none.
fn origin(headers: &HeaderMap) -> Option<Box<str>> {
    let mut said = headers.get_all(header::ORIGIN).iter();
    let origin = said.next()?.to_str().unwrap_or_default();
    Some(if said.next().is_none() { origin } else { "" }.into())
}

impl Agreement {
    /// The answer, after which there is no HTTP on the connection any more.
    pub(crate) fn response(&self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(&self.accept) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        if self.named {
            let name = HeaderValue::from_static(self.encoding.subprotocol());
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, name);
        }
        response
    }
}

impl HandshakeError {
    /// The answer, as everywhere in HTTP.
    pub(crate) fn response(self) -> Response<Body> {
        let detail = self.to_string();
        match self {
            Self::NotGet => {
                let allow = (header::ALLOW, HeaderValue::from_static("GET"));
                respond(&Problem::new(ErrorCode::MethodNotAllowed, detail), Some(allow))
            }
            Self::NotAnUpgrade => {
                let mut problem = Problem::new(ErrorCode::BadRequest, detail);
                problem.status = StatusCode::UPGRADE_REQUIRED.as_u16();
                problem.title = "Upgrade Required".to_owned();
                let version = HeaderValue::from_static(VERSION);
                let mut response =
                    respond(&problem, Some((header::SEC_WEBSOCKET_VERSION, version)));
                let websocket = HeaderValue::from_static("websocket");
                response.headers_mut().insert(header::UPGRADE, websocket);
                response
            }
            Self::BadKey | Self::UnknownSubprotocol => {
                respond(&Problem::new(ErrorCode::BadRequest, detail), None)
            }
            Self::TooMany(exceeded) => {
                let problem = Problem::new(ErrorCode::RateLimited, detail);
                later(problem, exceeded.retry_after_ms)
            }
            Self::Draining => later(Problem::new(ErrorCode::Overloaded, detail), 1_000),
        }
    }
}

fn later(problem: Problem, retry_after_ms: u64) -> Response<Body> {
    let seconds = HeaderValue::from(retry_after_ms.div_ceil(1_000).max(1));
    respond(&problem.retry_after(retry_after_ms), Some((header::RETRY_AFTER, seconds)))
}

/// A problem document.
pub(crate) fn respond(
    problem: &Problem,
    extra: Option<(HeaderName, HeaderValue)>,
) -> Response<Body> {
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().extend(extra);
    response
}

/// Whether a header's list has an entry, in any case.
fn lists(headers: &HeaderMap, name: &HeaderName, entry: &str) -> bool {
    entries(headers, name).any(|found| found.eq_ignore_ascii_case(entry))
}

fn entries<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(name).into_iter();
    lines.flat_map(|line| line.to_str().unwrap_or_default().split(',')).map(str::trim)
}

fn accept(headers: &HeaderMap) -> Option<String> {
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    let decoded = BASE64.decode(key.as_bytes()).ok()?;
    (decoded.len() == KEY_BYTES).then(|| derive_accept_key(key.as_bytes()))
}

/// The first one asked for that is spoken here; JSON where none is asked for.
fn subprotocol(headers: &HeaderMap) -> Result<(Encoding, bool), HandshakeError> {
    let mut asked = entries(headers, &header::SEC_WEBSOCKET_PROTOCOL)
        .filter(|name| !name.is_empty())
        .peekable();
    if asked.peek().is_none() {
        return Ok((Encoding::Json, false));
    }
    let spoken = asked.find_map(Encoding::from_subprotocol);
    spoken.map(|encoding| (encoding, true)).ok_or(HandshakeError::UnknownSubprotocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 4] = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "WebSocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    fn request(changes: &[(&'static str, &str)]) -> Request<()> {
        let mut request = Request::new(());
        let headers = request.headers_mut();
        for (name, value) in GOOD.iter().chain(changes) {
            headers.remove(*name);
            if !value.is_empty() {
                headers.insert(*name, value.parse().unwrap());
            }
        }
        request
    }

    fn refused(changes: &[(&'static str, &str)]) -> (HandshakeError, Response<Body>) {
        let error = agree(&request(changes)).unwrap_err();
        (error, error.response())
    }

    #[test]
    fn the_example_of_the_rfc() {
        let agreement = agree(&request(&[])).unwrap();
        assert_eq!(agreement.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let response = agreement.response();
        assert_eq!(response.status(), 101);
        assert!(!response.headers().contains_key("sec-websocket-protocol"));
        assert!(!response.headers().contains_key("sec-websocket-extensions"));
    }

    #[test]
    fn the_first_subprotocol_that_is_known_is_taken() {
        for (asked, encoding) in [
            ("switchboard.v1.json", Encoding::Json),
            ("switchboard.v1.msgpack", Encoding::MessagePack),
            ("chat, switchboard.v1.msgpack, switchboard.v1.json", Encoding::MessagePack),
        ] {
            let agreement = agree(&request(&[("sec-websocket-protocol", asked)])).unwrap();
            assert_eq!(agreement.encoding, encoding);
            let response = agreement.response();
            assert_eq!(
                response.headers().get("sec-websocket-protocol").unwrap(),
                encoding.subprotocol()
            );
        }
    }

    #[test]
    fn only_unknown_subprotocols_are_refused() {
        let (error, response) = refused(&[("sec-websocket-protocol", "chat, switchboard.v2")]);
        assert_eq!(error, HandshakeError::UnknownSubprotocol);
        assert_eq!(response.status(), 400);
    }

    #[test]
    fn what_is_no_upgrade_is_told_the_version() {
        for change in [
            ("sec-websocket-version", "8"),
            ("sec-websocket-version", ""),
            ("upgrade", "h2c"),
            ("upgrade", ""),
            ("connection", "keep-alive"),
        ] {
            let (error, response) = refused(&[change]);
            assert_eq!(error, HandshakeError::NotAnUpgrade, "{change:?}");
            assert_eq!(response.status(), 426);
            assert_eq!(response.headers().get("sec-websocket-version").unwrap(), "13");
        }
    }

    #[test]
    fn keys_are_sixteen_bytes() {
        for key in ["", "c2hvcnQ=", "dGhlIHNhbXBsZSBub25jZQ", "not base64 at all !!!!!!"] {
            let (error, response) = refused(&[("sec-websocket-key", key)]);
            assert_eq!(error, HandshakeError::BadKey, "{key}");
            assert_eq!(response.status(), 400);
        }
    }

    #[test]
    fn other_methods_are_not_allowed() {
        let mut request = request(&[]);
        *request.method_mut() = Method::POST;
        let response = agree(&request).unwrap_err().response();
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers().get("allow").unwrap(), "GET");
    }

    #[test]
    fn too_many_are_told_when_to_come_back() {
        let exceeded = RateExceeded { retry_after_ms: 1_500 };
        let response = HandshakeError::from(exceeded).response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers().get("retry-after").unwrap(), "2");
        assert_eq!(response.headers().get("content-type").unwrap(), "application/problem+json");
    }
}
