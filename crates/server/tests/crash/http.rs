//! HTTP as a stranger speaks it. What no answer came to may have been done, or not.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1::SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};

/// Longer than any answer takes.
const DEADLINE: Duration = Duration::from_secs(20);

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Its method.
    pub(crate) method: &'static str,
    /// Its path and query.
    pub(crate) path: String,
    /// Its body; null: none.
    pub(crate) body: Value,
    /// Its `Idempotency-Key`, if it has one.
    pub(crate) key: Option<String>,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// Its body; null where there is none.
    pub(crate) json: Value,
}

/// Somebody with a credential, on a connection that is kept.
#[derive(Debug)]
pub(crate) struct Caller {
    addr: SocketAddr,
    bearer: String,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl Call {
    /// A call with a body.
    pub(crate) fn new(method: &'static str, path: impl Into<String>, body: Value) -> Self {
        Self { method, path: path.into(), body, key: None }
    }

    /// A call that reads.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path, Value::Null)
    }
}

impl Answer {
    /// Whether it was done.
    pub(crate) fn is_done(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Caller {
    /// Nobody where the bearer is empty.
    pub(crate) fn new(addr: SocketAddr, bearer: &str) -> Self {
        Self { addr, bearer: bearer.to_owned(), connection: None }
    }

    /// The whole answer; none where it did not come.
    pub(crate) async fn call(&mut self, call: Call) -> Option<Answer> {
        let answered = timeout(DEADLINE, self.exchange(&call)).await.ok().flatten();
        if answered.is_none() {
            self.connection = None;
        }
        answered
    }

    /// Reads something that has to be there.
    pub(crate) async fn read(&mut self, path: &str) -> Value {
        let answer =
            self.call(Call::get(path)).await.unwrap_or_else(|| panic!("no answer: {path}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.json);
        answer.json
    }

    /// Every entry of a list.
    pub(crate) async fn list(&mut self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.read(&format!("{path}?limit=100{cursor}")).await;
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    async fn exchange(&mut self, call: &Call) -> Option<Answer> {
        let sender = match &mut self.connection {
            Some(sender) => sender,
            none => none.insert(connect(self.addr).await?),
        };
        let mut request = Request::builder().method(call.method).uri(&call.path);
        request = request.header("host", "test");
        if !self.bearer.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.bearer));
        }
        if let Some(key) = &call.key {
            request = request.header("idempotency-key", key);
        }
        let body = if call.body.is_null() { String::new() } else { call.body.to_string() };
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        sender.ready().await.ok()?;
        let response = sender.send_request(request).await.ok()?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.ok()?.to_bytes();
        Some(Answer { status, json: serde_json::from_slice(&body).unwrap_or_default() })
    }
}

async fn connect(addr: SocketAddr) -> Option<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(addr).await.ok()?;
    let (sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
    tokio::spawn(connection);
    Some(sender)
}
