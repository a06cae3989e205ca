//! Which workspaces there are and where their actors are: the one map shared by all tasks.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use dashmap::DashMap;
use futures::StreamExt;
use parking_lot::Mutex;
use switchboard_journal::{DirectoryError, Entry, Site, Store};
use switchboard_protocol::{ClientBody, ErrorCode, Secret, http, model};
use switchboard_routing::WorkspaceId;
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
    time::{Instant, sleep},
};

use crate::{
    actor::{self, Dozing, Message, Place, Spec, Stop},
    ask::{Answer, ApiError, Asking, Caller, PageQuery, Question},
    auth::{self, TokenSecret},
    ids,
    node::{MailReport, Node},
    seam::{Link, ToWorkspace},
};

/// How many messages a workspace's mailbox holds.
const MAILBOX: usize = 4_096;
/// From so many free places on, opens are refused, so that presence and closing still get in.
const SHED_OPENS_BELOW: usize = MAILBOX / 4;
/// Every workspace is looked at so often, and so long after the one before.
const LOOK_EVERY: Duration = Duration::from_hours(24);
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
/// So many workspaces are taken up at once at the start.
const RECOVERED_AT_ONCE: usize = 8;
/// What is not removed from the files yet is tried again after so long.
const SCRUB_RETRY: Duration = Duration::from_secs(1);
/// When to try again where a mailbox was full.
const OVERLOADED_RETRY_MS: u64 = 250;

/// The workspaces of this node. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Workspaces {
    node: Arc<Node>,
    store: Arc<dyn Store>,
    loaded: Arc<DashMap<WorkspaceId, Loaded>>,
    /// Those that were unloaded, which the node counts all the same. Changed under the map's lock.
    asleep: Arc<Mutex<HashMap<WorkspaceId, Arc<Stats>>>>,
}

/// A workspace whose actor runs.
#[derive(Clone, Debug)]
struct Loaded {
    mailbox: Mailbox,
    stats: Arc<Stats>,
}

/// What the node knows of a workspace without asking it.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    pub(crate) sockets: AtomicU64,
    pub(crate) queued: AtomicU64,
    /// Since when whoever has waited longest has waited, in ms; 0: nobody waits.
    pub(crate) oldest_since: AtomicU64,
    /// The workspace as the operator sees it; none before it was first loaded.
    pub(crate) summary: Mutex<Option<model::Workspace>>,
    /// Its agents, while it sleeps.
    pub(crate) dozing: Mutex<Dozing>,
}

impl Stats {
    pub(crate) fn clear(&self) {
        self.sockets.store(0, Ordering::Relaxed);
        self.queued.store(0, Ordering::Relaxed);
        self.oldest_since.store(0, Ordering::Relaxed);
    }
}

/// What checking a credential of a workspace needs. Known without asking its actor.
#[derive(Clone)]
pub struct Keys {
    /// Signs its tokens.
    pub token_secret: TokenSecret,
    /// The public site key that it began with.
    first_site_key: Secret,
    /// What its widgets and its host may come in with.
    pub site: Arc<Site>,
}

impl Keys {
    /// The public site keys that hold: its own first.
    pub fn site_keys(&self, now_ms: u64) -> impl Iterator<Item = &str> {
        let old = self.site.old_site_keys.iter().filter(move |(_, until)| until.0 > now_ms);
        std::iter::once(self.site_key()).chain(old.map(|(key, _)| key.as_str()))
    }

    /// Its public site key.
    pub fn site_key(&self) -> &str {
        self.site.site_key.as_deref().unwrap_or_else(|| self.first_site_key.expose())
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such workspace here.
    #[error("no such workspace")]
    Unknown,
    /// Its mailbox is full.
    #[error("the workspace is overloaded")]
    Overloaded,
}

/// Where one workspace's messages go. Cheap to clone; kept by each connection.
#[derive(Clone, Debug)]
pub struct Mailbox {
    node: Arc<Node>,
    sender: mpsc::Sender<Message>,
}

impl Mailbox {
    /// Hands a socket's message over, never waiting. `link` comes with a hello alone.
    ///
    /// # Errors
    /// Where the mailbox is full; what brings in more is refused before it is.
    pub fn send(&self, message: ToWorkspace, link: Option<Arc<dyn Link>>) -> Result<(), Refused> {
        let opens = matches!(
            &message,
            ToWorkspace::Request {
                body: ClientBody::ConversationOpen(_) | ClientBody::ConversationReopen { .. },
                ..
            }
        );
        self.admit(opens)?;
        self.put(Message::Socket { message, link, arrived: Instant::now() })
    }

    fn admit(&self, opens: bool) -> Result<(), Refused> {
        if opens && self.sender.capacity() < SHED_OPENS_BELOW {
            self.node.metrics.overloaded.increment(1);
            return Err(Refused::Overloaded);
        }
        Ok(())
    }

    fn put(&self, message: Message) -> Result<(), Refused> {
        match self.sender.try_send(message) {
            Ok(()) => {
                self.node.metrics.mailbox_depth.increment(1);
                Ok(())
            }
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.node.metrics.overloaded.increment(1);
                Err(Refused::Overloaded)
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Refused::Unknown),
        }
    }
}

impl Workspaces {
    /// The workspaces of a store.
    pub fn new(node: Arc<Node>, store: Arc<dyn Store>) -> Self {
        Self { node, store, loaded: Arc::default(), asleep: Arc::default() }
    }

    /// Takes up every workspace in which something may happen by itself: its deadlines run, and
    /// those who wait are seen. One that cannot be taken up is refused to whoever asks; the others
    /// serve.
    pub async fn recover(&self) {
        let awake = self.store.awake();
        let (count, begun) = (awake.len(), Instant::now());
        let loading = awake.into_iter().map(|id| async move {
            if let Err(error) = self.ask(id.as_str(), Caller::Root, Question::Workspace).await {
                tracing::error!(workspace = %id, %error, "not recovered");
            }
        });
        futures::stream::iter(loading).buffer_unordered(RECOVERED_AT_ONCE).collect::<()>().await;
        tracing::info!(count, took = ?begun.elapsed(), "recovered the workspaces");
    }

    /// Looks at every workspace once a day, first at the start, one after the other: those that
    /// sleep are counted, and drop what is kept no longer.
    pub async fn look_after(self) {
        loop {
            let mut last = 0;
            while let Some(entry) = self.store.entries(last, 1).pop() {
                last = entry.number;
                // One that cannot be loaded has said so.
                let _ = self.ask(entry.id.as_str(), Caller::Root, Question::Workspace).await;
                sleep(BETWEEN_LOOKS).await;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Tells workspaces what became of their mails.
    pub async fn note_mails(self, mut reports: mpsc::Receiver<MailReport>) {
        while let Some(MailReport { workspace, token, state }) = reports.recv().await {
            let question = Question::MailSent { token, state };
            if let Err(error) = self.ask(workspace.as_str(), Caller::Engine, question).await {
                tracing::debug!(%workspace, %error, "what became of a mail is not noted");
            }
        }
    }

    /// What checking credentials of this workspace needs.
    pub fn keys(&self, workspace: &str) -> Option<Keys> {
        let entry = self.store.entry(workspace)?;
        Some(Keys {
            token_secret: entry.token_secret,
            first_site_key: entry.site_key.into(),
            site: entry.site,
        })
    }

    /// Where this workspace's messages go; loads it where it sleeps.
    ///
    /// # Errors
    /// Where there is no such workspace.
    pub fn mailbox(&self, workspace: &str) -> Result<Mailbox, Refused> {
        self.load(workspace).map(|loaded| loaded.mailbox)
    }

    /// Whether its actor runs.
    #[cfg(test)]
    pub(crate) fn is_loaded(&self, workspace: &str) -> bool {
        self.loaded.contains_key(workspace)
    }

    fn load(&self, workspace: &str) -> Result<Loaded, Refused> {
        if let Some(loaded) = self.loaded.get(workspace) {
            if !loaded.mailbox.sender.is_closed() {
                return Ok(loaded.clone());
            }
            drop(loaded);
            // Its actor ended without a word: another takes its place.
            self.loaded.remove_if(workspace, |_, loaded| loaded.mailbox.sender.is_closed());
        }
        let entry = self.store.entry(workspace).ok_or(Refused::Unknown)?;
        let loaded = self.loaded.entry(entry.id.clone()).or_insert_with(|| self.spawn(entry));
        Ok(loaded.clone())
    }

    fn spawn(&self, entry: Entry) -> Loaded {
        let (sender, inbox) = mpsc::channel(MAILBOX);
        let slept = self.asleep.lock().remove(&entry.id);
        let woken = slept.is_some();
        let stats = slept.unwrap_or_default();
        let id = entry.id.clone();
        let place = OnMap {
            id: id.clone(),
            loaded: self.loaded.clone(),
            asleep: self.asleep.clone(),
            mailbox: sender.downgrade(),
        };
        let spec = Spec {
            id: id.clone(),
            node: self.node.clone(),
            store: self.store.clone(),
            entry,
            stats: stats.clone(),
            woken,
        };
        tokio::spawn(async move {
            let ended = actor::run(spec, inbox, place).await;
            tracing::debug!(workspace = %id, ?ended, "its actor ended");
        });
        Loaded { mailbox: Mailbox { node: self.node.clone(), sender }, stats }
    }

    /// Where everything is kept.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Asks a workspace on behalf of an HTTP caller.
    ///
    /// # Errors
    /// What the caller is told instead of an answer.
    pub async fn ask(
        &self,
        workspace: &str,
        caller: Caller,
        question: Question,
    ) -> Result<Answer, ApiError> {
        self.ask_as(workspace, caller.into(), question).await
    }

    /// The same, with all that is known of who asks.
    ///
    /// # Errors
    /// What the caller is told instead of an answer.
    pub async fn ask_as(
        &self,
        workspace: &str,
        asking: Asking,
        question: Question,
    ) -> Result<Answer, ApiError> {
        let loaded = self.load(workspace).map_err(refused)?;
        let (reply, answer) = oneshot::channel();
        let opens =
            matches!(question, Question::OpenConversation(_) | Question::ReopenConversation(_));
        loaded.mailbox.admit(opens).map_err(refused)?;
        let asking = Box::new(asking);
        let ask = Message::Ask { asking, question, reply, arrived: Instant::now() };
        loaded.mailbox.put(ask).map_err(refused)?;
        match answer.await {
            Ok(answer) => answer,
            Err(_) if self.store.entry(workspace).is_none() => Err(refused(Refused::Unknown)),
            Err(_) => Err(ApiError {
                retry_after_ms: Some(OVERLOADED_RETRY_MS),
                ..ApiError::new(ErrorCode::Internal, "the workspace is starting again")
            }),
        }
    }

    /// Creates a workspace. It is there once it has been configured, with the answer to that; of
    /// one that came to nothing nothing is left.
    ///
    /// # Errors
    /// Where the id is in use or was.
    pub async fn create(
        &self,
        request: http::CreateWorkspace,
        asking: Asking,
    ) -> Result<Answer, ApiError> {
        let id = request.id.clone().unwrap_or_else(|| ids::fresh("wsp"));
        let site_key = auth::fresh_site_key(&id).expose().to_owned();
        let entry = Entry::new(id.as_str().into(), site_key, auth::fresh_token_secret());
        self.store.create(entry).map_err(|error| match error {
            DirectoryError::Taken => {
                ApiError::new(ErrorCode::IdTaken, "this workspace id is in use or was")
            }
            DirectoryError::Failed(detail) => ApiError::new(ErrorCode::Internal, detail),
        })?;
        let created = Question::CreateWorkspace(request);
        let answer = self.ask_as(&id, asking, created).await;
        if answer.is_err() {
            self.store.abandon(&id);
            if let Some((_, loaded)) = self.loaded.remove(id.as_str()) {
                stop(&loaded.mailbox, Stop::Erased).await;
            }
        }
        answer
    }

    /// Every workspace, oldest first, each with how it stands.
    ///
    /// # Errors
    /// Where the cursor is not one of ours.
    pub async fn list(&self, page: PageQuery) -> Result<Answer, ApiError> {
        let after = match &page.cursor {
            None => 0,
            Some(cursor) => cursor.parse().map_err(|_| bad_cursor())?,
        };
        let mut entries = self.store.entries(after, page.limit + 1);
        let more = entries.len() > page.limit;
        entries.truncate(page.limit);
        let next_cursor = entries.last().filter(|_| more).map(|entry| entry.number.to_string());
        let mut items = Vec::with_capacity(entries.len());
        for entry in entries {
            match self.listed(entry.id.as_str()).await {
                Ok(listed) => items.push(listed),
                // It was erased meanwhile.
                Err(error) if error.code == ErrorCode::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Answer::ok(http::Page { items, next_cursor }))
    }

    /// A workspace as it is known without asking it, which would wake it; one that was never
    /// loaded is asked.
    async fn listed(&self, id: &str) -> Result<model::WorkspaceEntry, ApiError> {
        if let Some(listed) = self.known(id) {
            return Ok(listed);
        }
        self.ask(id, Caller::Root, Question::Workspace).await?;
        self.known(id).ok_or_else(|| ApiError::not_found("workspace"))
    }

    fn known(&self, id: &str) -> Option<model::WorkspaceEntry> {
        let loaded = self.loaded.get(id).map(|loaded| loaded.stats.clone());
        let stats = loaded.or_else(|| self.asleep.lock().get(id).cloned())?;
        let workspace = stats.summary.lock().clone()?;
        let oldest = stats.oldest_since.load(Ordering::Relaxed);
        let now = self.node.clock.now_ms();
        Some(model::WorkspaceEntry {
            workspace,
            sockets: stats.sockets.load(Ordering::Relaxed),
            queued: stats.queued.load(Ordering::Relaxed),
            oldest_wait_ms: (oldest > 0).then(|| now.saturating_sub(oldest)),
        })
    }

    /// Erases a workspace and closes its sockets.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn delete(&self, workspace: &str) -> Result<Answer, ApiError> {
        match self.store.erase(workspace) {
            Ok(true) => {}
            Ok(false) => return Err(ApiError::not_found("workspace")),
            Err(error) => return Err(ApiError::new(ErrorCode::Internal, error.to_string())),
        }
        if let Some((_, loaded)) = self.loaded.remove(workspace) {
            stop(&loaded.mailbox, Stop::Erased).await;
        }
        let slept = self.asleep.lock().remove(workspace);
        if let Some(stats) = slept {
            stats.dozing.lock().retire(&self.node.metrics);
            if let Some(summary) = stats.summary.lock().as_ref() {
                self.node.metrics.workspaces(summary.status).decrement(1);
            }
        }
        self.scrub().await;
        Ok(Answer::empty())
    }

    /// Removes from the files what was erased, also where nobody reads. Where that cannot be done
    /// now, it is erased all the same, and this is tried until it can.
    pub async fn scrub(&self) {
        if let Err(error) = self.scrub_now().await {
            tracing::error!(%error, "what was erased is in the files still; trying on");
            let trying = self.clone();
            tokio::spawn(async move {
                loop {
                    sleep(SCRUB_RETRY).await;
                    if trying.scrub_now().await.is_ok() {
                        return;
                    }
                }
            });
        }
    }

    async fn scrub_now(&self) -> Result<(), DirectoryError> {
        let store = Arc::clone(&self.store);
        let scrubbed = spawn_blocking(move || store.scrub()).await;
        scrubbed.unwrap_or_else(|error| Err(DirectoryError::Failed(error.to_string())))
    }

    /// How long, in ms, whoever has waited longest on this node has waited.
    pub fn oldest_wait_ms(&self) -> u64 {
        let since = |loaded: &Loaded| loaded.stats.oldest_since.load(Ordering::Relaxed);
        let oldest = self.loaded.iter().map(|loaded| since(&loaded)).filter(|at| *at > 0).min();
        oldest.map_or(0, |at| self.node.clock.now_ms().saturating_sub(at))
    }

    /// Saves every workspace and stops; for the drain, once the sockets are gone.
    pub async fn stop(&self) {
        let ids: Vec<WorkspaceId> = self.loaded.iter().map(|loaded| loaded.key().clone()).collect();
        for id in ids {
            if let Some((_, loaded)) = self.loaded.remove(&id) {
                stop(&loaded.mailbox, Stop::Drain).await;
            }
        }
    }
}

/// An actor's place on the map.
struct OnMap {
    id: WorkspaceId,
    loaded: Arc<DashMap<WorkspaceId, Loaded>>,
    asleep: Arc<Mutex<HashMap<WorkspaceId, Arc<Stats>>>>,
    mailbox: mpsc::WeakSender<Message>,
}

impl Place for OnMap {
    /// Nobody but the map may hold its mailbox: whoever comes afterwards loads it anew.
    fn unload(&self) -> bool {
        let alone = |_: &WorkspaceId, loaded: &Loaded| {
            let alone = loaded.mailbox.sender.strong_count() == 1;
            if alone {
                self.asleep.lock().insert(self.id.clone(), loaded.stats.clone());
            }
            alone
        };
        self.loaded.remove_if(&self.id, alone).is_some()
    }

    fn vanish(&self) {
        let Some(own) = self.mailbox.upgrade() else { return };
        self.loaded.remove_if(&self.id, |_, loaded| loaded.mailbox.sender.same_channel(&own));
    }
}

async fn stop(mailbox: &Mailbox, stop: Stop) {
    let (done, stopped) = oneshot::channel();
    if mailbox.sender.send(Message::Stop { stop, done }).await.is_ok() {
        // An actor that is gone has stopped.
        let _ = stopped.await;
    }
}

fn refused(refused: Refused) -> ApiError {
    match refused {
        Refused::Unknown => ApiError::not_found("workspace"),
        Refused::Overloaded => ApiError {
            retry_after_ms: Some(OVERLOADED_RETRY_MS),
            ..ApiError::new(ErrorCode::Overloaded, "the workspace has too much to do just now")
        },
    }
}

/// What a caller is told whose cursor is not one of ours.
pub(crate) fn bad_cursor() -> ApiError {
    ApiError::new(ErrorCode::BadRequest, "cursor: not one that was given out")
}
