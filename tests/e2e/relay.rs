//! A network between a client and its server that can be taken away: in one direction, or whole.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// What passes, and what does not.
#[derive(Debug)]
pub struct Relay {
    addr: SocketAddr,
    deaf: Arc<AtomicBool>,
    up: watch::Sender<bool>,
}

impl Relay {
    /// One to this server; everything passes.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let deaf = Arc::new(AtomicBool::new(false));
        let up = watch::Sender::new(true);
        tokio::spawn(serve(listener, server, Arc::clone(&deaf), up.subscribe()));
        Self { addr, deaf, up }
    }

    /// Where sockets begin that go through it.
    pub fn ws_url(&self) -> String {
        format!("ws://{}/v1/ws", self.addr)
    }

    /// The server hears the client, and not the other way round.
    pub fn deafen(&self) {
        self.deaf.store(true, Ordering::SeqCst);
    }

    /// Every connection is lost, and none can be made.
    pub fn cut(&self) {
        self.up.send_replace(false);
    }

    /// Everything passes again.
    pub fn restore(&self) {
        self.deaf.store(false, Ordering::SeqCst);
        self.up.send_replace(true);
    }
}

async fn serve(
    listener: TcpListener,
    server: SocketAddr,
    deaf: Arc<AtomicBool>,
    mut up: watch::Receiver<bool>,
) {
    while up.wait_for(|up| *up).await.is_ok() {
        let Ok((client, _)) = listener.accept().await else { return };
        if !*up.borrow() {
            continue;
        }
        let server = TcpStream::connect(server).await.unwrap();
        let mut changes = up.clone();
        changes.mark_unchanged();
        tokio::spawn(carry(client, server, Arc::clone(&deaf), changes));
    }
}

async fn carry(
    client: TcpStream,
    server: TcpStream,
    deaf: Arc<AtomicBool>,
    mut changes: watch::Receiver<bool>,
) {
    let ((client_reads, client_writes), (server_reads, server_writes)) =
        (client.into_split(), server.into_split());
    let never = Arc::new(AtomicBool::new(false));
    tokio::select! {
        () = pass(client_reads, server_writes, never) => {}
        () = pass(server_reads, client_writes, deaf) => {}
        // Also where it is restored in the same moment.
        _ = changes.changed() => {}
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, deaf: Arc<AtomicBool>) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        if !deaf.load(Ordering::SeqCst) && to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
