//! A wire to the server that can be cut: everybody on it is lost at once, in the midst of
//! whatever they said or heard, and the server lives on. Or it can lead to another server.

use std::{net::SocketAddr, sync::Arc};

use parking_lot::Mutex;
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
    to: Arc<Mutex<SocketAddr>>,
    whole: watch::Sender<()>,
}

impl Wire {
    /// A wire to this address.
    pub(crate) async fn lay(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (whole, mut cut) = watch::channel(());
        let addr = listener.local_addr().unwrap();
        let far = Arc::new(Mutex::new(to));
        let to = Arc::clone(&far);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let Ok((near, _)) = accepted else { return };
                        let far = *far.lock();
                        tokio::spawn(carry(near, far, cut.clone()));
                    }
                    _ = cut.changed() => return,
                }
            }
        });
        Self { addr, to, whole }
    }

    /// From now on it leads there.
    pub(crate) fn lead_to(&self, addr: SocketAddr) {
        *self.to.lock() = addr;
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
