//! A server as a whole: started from a [`Config`], stopped in order. Several fit in one process.

use std::{fs, io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use switchboard_journal::{Memory, OpenError, Options, Sqlite, Store};
use switchboard_protocol::Secret;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, spawn_blocking},
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout, timeout_at},
};

use crate::{
    auth::{Gate, RootKeys},
    config::{
        Config, ConfigError, Durability, KeyFileError, RootKeySource, read_key_file,
        read_or_make_root_key,
    },
    connection::Gateway,
    http::{App, Surface, router},
    ids,
    listener::Listener,
    mail::Mailer,
    metrics::{Metrics, UPKEEP_INTERVAL},
    node::{Clock, MailReports, Node},
    readiness::Readiness,
    registry::Workspaces,
};

/// How long requests under way may take once the sockets are gone.
const LISTENERS_TIME: Duration = Duration::from_secs(2);
/// How long mails that are being sent may take.
const MAILS_TIME: Duration = Duration::from_secs(1);
/// How long the workspaces may take to save what they know.
const SAVING_TIME: Duration = Duration::from_secs(2);

const DAY_MS: u64 = 24 * 3_600_000;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, not ours, or not one.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// Which.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// There is no root key.
    #[error(transparent)]
    RootKey(#[from] KeyFileError),
    /// A setting turned out not to be usable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What was kept cannot be had.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The bound address cannot be told.
    #[error("cannot write the address to {path}: {source}")]
    AddrFile {
        /// Where.
        path: String,
        /// Why.
        source: io::Error,
    },
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

/// A server that runs. Dropped, it stops at once and tells nobody: [`Running::shutdown`] it.
#[derive(Debug)]
pub struct Running {
    /// Where it serves.
    pub addr: SocketAddr,
    /// Where root's calls and the metrics live, if apart.
    pub admin_addr: Option<SocketAddr>,
    /// The root key, the current one.
    pub root_key: Secret,
    /// The file of the root key, where it is in one.
    pub root_key_file: Option<std::path::PathBuf>,
    gateway: Arc<Gateway>,
    workspaces: Workspaces,
    readiness: Arc<Readiness>,
    mailer: Mailer,
    stop: watch::Sender<bool>,
    listeners: Vec<JoinHandle<()>>,
    upkeep: JoinHandle<()>,
    rounds: JoinHandle<()>,
    post: JoinHandle<()>,
}

/// The root keys of a server, and where they were found.
struct Keys {
    current: Secret,
    all: RootKeys,
    file: Option<std::path::PathBuf>,
}

impl Server {
    /// Starts a server; it serves when this returns. To be called within a runtime.
    ///
    /// # Errors
    /// Where its address or its root key cannot be had.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        let keys = root_keys(&config)?;
        let store = open_store(&config)?;
        let listener = bind(&config.listen).await?;
        let admin = match &config.admin_listen {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let addr = local(&listener, &config.listen)?;
        let metrics = Metrics::new();
        let mailer = Mailer::start_counting(config.mail_settings(addr)?, metrics.mails());
        let (mail_reports, reported) = MailReports::new();
        let node = Arc::new(Node {
            limits: config.limits.clone(),
            clock: Clock::start(),
            metrics,
            mailer: mailer.clone(),
            mail_reports,
        });
        let workspaces = Workspaces::new(Arc::clone(&node), Arc::clone(&store));
        let gate = Gate::new(Arc::clone(&node), workspaces.clone(), keys.all);
        let gateway = Gateway::new(
            Arc::clone(&node),
            workspaces.clone(),
            Arc::new(gate.clone()),
            config.trusted_proxies.clone(),
        );
        let readiness = Arc::new(Readiness::of(store));
        let surface = if admin.is_some() { Surface::Public } else { Surface::Whole };
        let upkeep = tokio::spawn(keep_up(Arc::clone(&node)));
        let rounds = tokio::spawn(workspaces.clone().look_after());
        let post = tokio::spawn(workspaces.clone().note_mails(reported));
        let app = App::new(node, workspaces.clone(), gate, Arc::clone(&readiness), surface);
        let mut running = Running {
            addr,
            admin_addr: None,
            root_key: keys.current,
            root_key_file: keys.file,
            gateway,
            workspaces,
            readiness,
            mailer,
            stop: watch::Sender::new(false),
            listeners: Vec::new(),
            upkeep,
            rounds,
            post,
        };
        if let (Some(admin), Some(address)) = (admin, &config.admin_listen) {
            running.admin_addr = Some(local(&admin, address)?);
            running.serve(admin, app.on(Surface::Admin));
        }
        running.serve(listener, app);
        running.workspaces.recover().await;
        running.readiness.ready();
        if let Some(path) = &config.addr_file {
            running.write_addresses(path)?;
        }
        running.tell();
        Ok(running)
    }
}

impl Running {
    /// Tells every client to go, saves all state, and stops. Takes less than 10 seconds.
    pub async fn shutdown(self) {
        self.shutdown_after(Duration::ZERO).await;
    }

    /// The same, and goes on saying that it is not ready for so long at least, for those who
    /// balance load.
    pub async fn shutdown_after(mut self, notice: Duration) {
        let enough = Instant::now() + notice;
        self.readiness.drain();
        self.gateway.drain().await;
        sleep_until(enough).await;
        self.stop.send_replace(true);
        let deadline = Instant::now() + LISTENERS_TIME;
        for listener in self.listeners.drain(..) {
            if timeout_at(deadline, listener).await.is_err() {
                tracing::warn!("some requests did not end in time");
            }
        }
        // Before the workspaces, who hear what became of their mails.
        self.mailer.stop(MAILS_TIME).await;
        if timeout(SAVING_TIME, self.workspaces.stop()).await.is_err() {
            tracing::error!("some workspaces did not stop in time");
        }
        // They hold the store, which another may want.
        self.rounds.abort();
        self.post.abort();
        let _ = futures::join!(&mut self.rounds, &mut self.post);
        let store = Arc::clone(self.workspaces.store());
        if timeout(SAVING_TIME, spawn_blocking(move || store.flush())).await.is_err() {
            tracing::error!(
                "not everything could be written in time; nothing acknowledged is lost"
            );
        }
        tracing::info!("stopped");
    }

    /// Waits until it serves no more, which is a fault unless it was shut down.
    pub async fn wait(&mut self) {
        while let Some(listener) = self.listeners.last_mut() {
            let _ = listener.await;
            self.listeners.pop();
        }
    }

    /// Its sockets.
    pub fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    fn serve(&mut self, listener: TcpListener, app: App) {
        let gateway = Arc::clone(&self.gateway);
        let serving = Listener::run(listener, gateway, router(app), self.stop.subscribe());
        self.listeners.push(tokio::spawn(serving));
    }

    fn write_addresses(&self, path: &Path) -> Result<(), StartError> {
        let failed = |source| StartError::AddrFile { path: path.display().to_string(), source };
        if let Some(admin) = self.admin_addr {
            let mut beside = path.as_os_str().to_owned();
            beside.push(".admin");
            write_whole(Path::new(&beside), &admin.to_string()).map_err(failed)?;
        }
        write_whole(path, &self.addr.to_string()).map_err(failed)
    }

    fn tell(&self) {
        tracing::info!(address = %self.addr, "listening");
        if let Some(address) = self.admin_addr {
            tracing::info!(%address, "listening for root's calls and metrics");
        }
        if let Some(path) = &self.root_key_file {
            tracing::info!(path = %path.display(), "the root key is in a file");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.upkeep.abort();
        self.rounds.abort();
        self.post.abort();
        self.mailer.stop_now();
    }
}

fn root_keys(config: &Config) -> Result<Keys, StartError> {
    let (file, mut keys) = match &config.root_key {
        RootKeySource::Given(key) => (None, vec![key.clone()]),
        RootKeySource::File(path) => (Some(path.clone()), read_key_file(path)?),
        RootKeySource::Fresh => (None, Vec::new()),
        RootKeySource::Kept => {
            let (path, keys) = read_or_make_root_key(&config.data_dir)?;
            (Some(path), keys)
        }
    };
    keys.extend(config.previous_root_key.clone());
    let current = keys.first().cloned().unwrap_or_else(crate::auth::fresh_root_key);
    let all = RootKeys::new(keys.iter().chain([&current]));
    Ok(Keys { current, all, file })
}

fn open_store(config: &Config) -> Result<Arc<dyn Store>, OpenError> {
    if config.in_memory {
        return Ok(Arc::new(Memory::default()));
    }
    let options = Options {
        durability: match config.durability {
            Durability::Relaxed => switchboard_journal::Durability::Relaxed,
            Durability::Strict => switchboard_journal::Durability::Strict,
        },
        retention_ms: config.retention_days.map(|days| u64::from(days) * DAY_MS),
        max_bytes: config.max_database_bytes,
        ..Options::new(&config.data_dir)
    };
    let begun = Instant::now();
    let store = Sqlite::open(&options)?;
    tracing::info!(path = %store.path().display(), took = ?begun.elapsed(), "opened the database");
    Ok(Arc::new(store))
}

async fn bind(address: &str) -> Result<TcpListener, StartError> {
    let failed = |source| StartError::Bind { address: address.to_owned(), source };
    Listener::bind(address).await.map_err(failed)
}

fn local(listener: &TcpListener, address: &str) -> Result<SocketAddr, StartError> {
    let failed = |source| StartError::Bind { address: address.to_owned(), source };
    listener.local_addr().map_err(failed)
}

/// Whoever sees the file sees all of it.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(ids::fresh(".draft"));
    fs::write(&draft, text)?;
    fs::rename(&draft, path)
}

async fn keep_up(node: Arc<Node>) {
    let mut ticks = interval(UPKEEP_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        node.metrics.upkeep();
    }
}
