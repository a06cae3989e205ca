//! From a widget's open to its agent having it, over real sockets; and, in the same run, the
//! same frames over a bare relay that thinks nothing. The ratio of the two is what to look at.

use std::{hint::black_box, net::SocketAddr};

use criterion::{Criterion, criterion_group, criterion_main};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use switchboard_protocol::Limits;
use switchboard_server::{config::Config, server::Server};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    sync::mpsc,
};
use tokio_tungstenite::{
    WebSocketStream, accept_async_with_config, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest, protocol::WebSocketConfig},
};

type Socket = WebSocketStream<TcpStream>;

fn small() -> Option<WebSocketConfig> {
    Some(WebSocketConfig::default().read_buffer_size(4_096).write_buffer_size(4_096))
}

async fn connect(addr: SocketAddr, path: &str) -> Socket {
    let stream = TcpStream::connect(addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let request = format!("ws://{addr}{path}").into_client_request().unwrap();
    client_async_with_config(request, stream, small()).await.unwrap().0
}

async fn say(socket: &mut Socket, message: Value) {
    socket.send(Message::text(message.to_string())).await.unwrap();
}

/// The next message of a type.
async fn hear(socket: &mut Socket, kind: &str) -> Value {
    loop {
        let message = socket.next().await.unwrap().unwrap();
        let message: Value = serde_json::from_slice(&message.into_data()).unwrap_or_default();
        if message["type"] == kind {
            return message;
        }
    }
}

/// A server with one agent who is online, and a visitor.
async fn switchboard() -> (Socket, Socket) {
    let config = Config { limits: Limits::off(), ..Config::ephemeral() };
    let running = Server::start(config).await.unwrap();
    let (addr, root) = (running.addr, running.root_key.expose().to_owned());
    let root = root.as_str();
    // It serves for as long as the bench runs.
    std::mem::forget(running);
    let workspace = json!({ "id": "w", "name": "W", "plan": "custom" });
    let workspace = post(addr, root, "/v1/workspaces", workspace).await;
    post(addr, root, "/v1/workspaces/w/departments", json!({ "id": "d", "name": "D" })).await;
    let agent = json!({
        "id": "ann", "name": "Ann", "email": "ann@example.com", "department_ids": ["d"],
    });
    post(addr, root, "/v1/workspaces/w/agents", agent).await;
    let token = post(addr, root, "/v1/workspaces/w/agents/ann/tokens", json!({})).await;
    let mut agent = connect(addr, "/v1/ws").await;
    say(&mut agent, json!({ "type": "hello", "ref": 1, "token": token["token"] })).await;
    hear(&mut agent, "welcome").await;
    say(&mut agent, json!({ "type": "availability.set", "ref": 2, "availability": "online" }))
        .await;
    hear(&mut agent, "ok").await;
    let mut visitor = connect(addr, "/v1/ws").await;
    let site_key = &workspace["site_key"];
    say(&mut visitor, json!({ "type": "hello", "ref": 1, "site_key": site_key })).await;
    hear(&mut visitor, "welcome").await;
    (agent, visitor)
}

async fn post(addr: SocketAddr, key: &str, path: &str, body: Value) -> Value {
    use http_body_util::{BodyExt, Full};
    use hyper_util::rt::TokioIo;
    let stream = TokioIo::new(TcpStream::connect(addr).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = hyper::Request::post(path)
        .header("host", "switchboard")
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(Full::<bytes::Bytes>::from(body.to_string()))
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

/// Two sockets: what the second sends, the first gets, and the second is told so.
async fn relay() -> (Socket, Socket) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (to_agent, mut from_visitor) = mpsc::channel::<Message>(1_024);
        let mut agent = accept(&listener).await;
        tokio::spawn(async move {
            while let Some(message) = from_visitor.recv().await {
                agent.send(message).await.unwrap();
            }
        });
        let mut visitor = accept(&listener).await;
        while let Some(Ok(message)) = visitor.next().await {
            if to_agent.send(message).await.is_err() || visitor.send("ok".into()).await.is_err() {
                return;
            }
        }
    });
    (connect(addr, "/").await, connect(addr, "/").await)
}

async fn accept(listener: &TcpListener) -> Socket {
    let (stream, _) = listener.accept().await.unwrap();
    stream.set_nodelay(true).unwrap();
    accept_async_with_config(stream, small()).await.unwrap()
}

fn socket(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let (mut agent, mut visitor) = runtime.block_on(switchboard());
    let mut group = criterion.benchmark_group("socket");
    group.bench_function("open → its agent has it", |bencher| {
        bencher.iter_custom(|iterations| {
            runtime.block_on(async {
                let mut spent = std::time::Duration::ZERO;
                for _ in 0..iterations {
                    let begun = std::time::Instant::now();
                    say(&mut visitor, json!({ "type": "conversation.open" })).await;
                    let pushed = hear(&mut agent, "conversation.assigned").await;
                    spent += begun.elapsed();
                    let id = &pushed["conversation"]["id"];
                    let close = json!({ "type": "conversation.close", "conversation_id": id });
                    say(&mut agent, close).await;
                    hear(&mut agent, "ok").await;
                    hear(&mut visitor, "conversation.closed").await;
                }
                spent
            })
        });
    });
    let (mut sink, mut source) = runtime.block_on(relay());
    group.bench_function("baseline: a frame through a bare relay", |bencher| {
        bencher.iter_custom(|iterations| {
            runtime.block_on(async {
                let mut spent = std::time::Duration::ZERO;
                for _ in 0..iterations {
                    let begun = std::time::Instant::now();
                    say(&mut source, json!({ "type": "conversation.open" })).await;
                    black_box(sink.next().await);
                    spent += begun.elapsed();
                    source.next().await;
                }
                spent
            })
        });
    });
    group.finish();
}

criterion_group!(benches, socket);
criterion_main!(benches);
