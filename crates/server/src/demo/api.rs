//! The few HTTP calls that fill the workspace, over a real socket.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use switchboard_protocol::Secret;
use tokio::net::TcpStream;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum ApiFailure {
    /// The connection failed.
    #[error(transparent)]
    Connect(#[from] std::io::Error),
    /// HTTP failed.
    #[error(transparent)]
    Http(#[from] hyper::Error),
    /// The request could not be written.
    #[error(transparent)]
    Request(#[from] hyper::http::Error),
    /// The server refused.
    #[error("{path}: {status}: {body}")]
    Refused {
        /// What was called.
        path: String,
        /// The HTTP status.
        status: u16,
        /// The problem.
        body: String,
    },
    /// The answer is not what was expected.
    #[error("{0}")]
    Answer(#[from] serde_json::Error),
}

/// A back end's connection to the server.
#[derive(Debug)]
pub(super) struct Api {
    sender: http1::SendRequest<Full<bytes::Bytes>>,
    key: Secret,
}

impl Api {
    pub(super) async fn connect(addr: SocketAddr, key: &Secret) -> Result<Self, ApiFailure> {
        let stream = TcpStream::connect(addr).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the sender.
        tokio::spawn(connection);
        Ok(Self { sender, key: key.clone() })
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &mut self,
        path: &str,
        body: serde_json::Value,
    ) -> Result<T, ApiFailure> {
        let request = Request::post(path)
            .header(header::HOST, "switchboard")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key.expose()))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body.to_string()))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            let body = String::from_utf8_lossy(&body).into_owned();
            return Err(ApiFailure::Refused { path: path.into(), status: status.as_u16(), body });
        }
        Ok(serde_json::from_slice(&body)?)
    }
}
