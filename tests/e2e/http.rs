//! A plain HTTP/1.1 client: one connection, one request, one reply. It knows nothing of the
//! server's types, so that what is read here is what anybody would read.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Longer than any call takes.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a call was answered with.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null where it is none.
    pub json: Value,
}

/// Where the server is. Cheap to clone.
#[derive(Clone, Copy, Debug)]
pub struct Http(pub SocketAddr);

impl Reply {
    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The same reply, of which this status was expected.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The same reply, of which this error was expected: a whole problem document.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let seen = (self.status, self.json["code"].as_str().unwrap_or_default());
        assert_eq!(seen, (status, code), "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json["status"], status);
        for field in ["type", "title", "detail"] {
            assert!(self.json[field].is_string(), "{field} of {}", self.text);
        }
        self
    }

    /// The page's entries.
    #[track_caller]
    pub fn items(&self) -> &[Value] {
        self.json["items"].as_array().unwrap_or_else(|| panic!("not a page: {}", self.text))
    }

    /// The `id` of each of the page's entries.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        self.items().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }

    /// A text of the body.
    #[track_caller]
    pub fn text_of(&self, field: &str) -> String {
        let text = self.json[field].as_str();
        text.unwrap_or_else(|| panic!("no text {field} in {}", self.text)).to_owned()
    }
}

impl Http {
    /// Calls with a JSON body (`Value::Null`: none). No bearer is sent where it is empty.
    pub async fn call(self, method: &str, path: &str, bearer: &str, body: Value) -> Reply {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, path, bearer, &[], body).await
    }

    /// Calls with more headers, and a body as it is.
    pub async fn send(
        self,
        method: &str,
        path: &str,
        bearer: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path).header("host", "test");
        if !bearer.is_empty() {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.into())).unwrap();
        let answered = timeout(DEADLINE, exchange(self.0, request)).await;
        answered.unwrap_or_else(|_| panic!("no answer to {method} {path}"))
    }

    /// Writes bytes as they are, and reads until the server closes or a whole head is there.
    pub async fn raw(self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.0).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        timeout(DEADLINE, stream.read_to_end(&mut answer)).await.expect("no end").unwrap();
        String::from_utf8(answer).unwrap()
    }
}

async fn exchange(addr: SocketAddr, request: Request<Full<Bytes>>) -> Reply {
    let stream = TcpStream::connect(addr).await.expect("the server is there");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    connection.abort();
    let text = String::from_utf8(body.to_vec()).unwrap();
    let json = serde_json::from_str(&text).unwrap_or_default();
    Reply { status: parts.status.as_u16(), headers: parts.headers, text, json }
}
