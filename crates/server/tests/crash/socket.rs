//! A WebSocket as it is on the wire: nothing is resumed, sent again or left out behind our back.

use std::{net::SocketAddr, time::Duration};

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// Longer than anything takes that is to come.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// See the module.
#[derive(Debug)]
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// A socket, if the server is there.
    pub(crate) async fn connect(addr: SocketAddr) -> Option<Self> {
        let request = format!("ws://{addr}/v1/ws").into_client_request().unwrap();
        let tcp = TcpStream::connect(addr).await.ok()?;
        tcp.set_nodelay(true).ok()?;
        let shaken = timeout(DEADLINE, client_async(request, tcp)).await.ok()?;
        Some(Self(shaken.ok()?.0))
    }

    /// Says something; whether it was taken by the system.
    pub(crate) async fn say(&mut self, message: &Value) -> bool {
        self.0.send(Message::text(message.to_string())).await.is_ok()
    }

    /// The next message; none once the socket is over. Safe to cancel.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await?.ok()? {
                Message::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }
}
