//! A wire to the server that can be cut: everybody on it is lost at once, in the midst of
//! whatever they said or heard, and the server lives on.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// See the module.
#[derive(Debug)]
pub(crate) struct Wire {
    /// Where it begins.
    pub(crate) addr: SocketAddr,
    whole: watch::Sender<()>,
}

impl Wire {
    /// A wire to this address.
    pub(crate) async fn lay(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (whole, mut cut) = watch::channel(());
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let Ok((near, _)) = accepted else { return };
                        tokio::spawn(carry(near, to, cut.clone()));
                    }
                    _ = cut.changed() => return,
                }
            }
        });
        Self { addr, whole }
    }

    /// Cuts it.
    pub(crate) fn cut(self) {
        drop(self.whole);
    }
}

async fn carry(mut near: TcpStream, to: SocketAddr, mut cut: watch::Receiver<()>) {
    let Ok(mut far) = TcpStream::connect(to).await else { return };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = cut.changed() => {}
    }
}
