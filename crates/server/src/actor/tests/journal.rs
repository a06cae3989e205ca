//! What the actor shows depends on the journal: nothing before it is safe, nothing that is lost.

use std::{collections::VecDeque, sync::atomic::AtomicU8};

use parking_lot::Mutex;
use switchboard_journal::{
    Append, Archive, ArchiveFilter, AuditEntry, Batch, Claim, Directory, DirectoryError, Ended,
    Entry, HourFigures, KeptAnswer, KeptKey, Keyed, Log, LogError, Memory, Notify, Site, Stored,
    VisitorProfile, Writer,
};
use switchboard_routing::{ConversationId, Decision, Record, Timestamp, VisitorId, WorkspaceId};

use super::*;

pub(super) const SOUND: u8 = 0;
pub(super) const SLOW: u8 = 1;
pub(super) const BROKEN: u8 = 2;
const UNKNOWN: u8 = 3;

/// A real store whose appends can be made slow, to fail, or to have an unknown fate.
#[derive(Clone, Debug, Default)]
pub(super) struct Moody {
    memory: Memory,
    mood: Arc<AtomicU8>,
    slow: Arc<Mutex<VecDeque<(u64, Notifier)>>>,
}

#[derive(Clone)]
struct Notifier(Notify);

impl std::fmt::Debug for Notifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notifier")
    }
}

#[derive(Debug)]
struct MoodyWriter {
    store: Moody,
    inner: Box<dyn Writer>,
    notify: Notifier,
    /// How many appends were pending.
    pending: u64,
}

impl Moody {
    pub(super) fn be(&self, mood: u8) {
        self.mood.store(mood, Ordering::SeqCst);
    }

    /// Reports the appends that are pending.
    pub(super) fn catch_up(&self) {
        for (append, notify) in self.slow.lock().drain(..) {
            (notify.0)(append, Append::Done);
        }
    }
}

impl Writer for MoodyWriter {
    fn append(&mut self, batch: Batch) -> Append {
        match self.store.mood.load(Ordering::SeqCst) {
            SLOW => {
                let written = self.inner.append(batch);
                assert_eq!(written, Append::Done);
                self.pending += 1;
                self.store.slow.lock().push_back((self.pending, self.notify.clone()));
                Append::Pending
            }
            BROKEN => Append::Failed(LogError::Failed("disk full".into())),
            UNKNOWN => {
                let written = self.inner.append(batch);
                assert_eq!(written, Append::Done);
                Append::Unknown
            }
            _ => self.inner.append(batch),
        }
    }

    fn since_snapshot(&self) -> u64 {
        self.inner.since_snapshot()
    }

    fn snapshot(&mut self, stored: Stored) -> Result<(), LogError> {
        self.inner.snapshot(stored)
    }
}

type Read<T> = Result<T, LogError>;

impl Log for Moody {
    fn claim(&self, workspace: &WorkspaceId, notify: Notify) -> Result<Claim, LogError> {
        let claim = self.memory.claim(workspace, notify.clone())?;
        let (store, notify) = (self.clone(), Notifier(notify));
        Ok(Claim {
            writer: Box::new(MoodyWriter { store, inner: claim.writer, notify, pending: 0 }),
            ..claim
        })
    }

    fn read(
        &self,
        of: &WorkspaceId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, LogError> {
        self.memory.read(of, after, limit)
    }

    fn trouble(&self) -> Option<String> {
        self.memory.trouble()
    }
}

impl Archive for Moody {
    fn find(&self, of: &WorkspaceId, id: &ConversationId) -> Read<Option<Arc<Ended>>> {
        self.memory.find(of, id)
    }

    fn last_of(&self, of: &WorkspaceId, visitor: &VisitorId) -> Read<Option<Arc<Ended>>> {
        self.memory.last_of(of, visitor)
    }

    fn list(
        &self,
        of: &WorkspaceId,
        filter: &ArchiveFilter,
        after: u64,
        limit: usize,
    ) -> Read<Vec<Arc<Ended>>> {
        self.memory.list(of, filter, after, limit)
    }

    fn decisions(
        &self,
        of: &WorkspaceId,
        id: &ConversationId,
        number: u64,
    ) -> Read<Vec<Arc<Decision>>> {
        self.memory.decisions(of, id, number)
    }

    fn visitor(&self, of: &WorkspaceId, id: &VisitorId) -> Read<Option<Arc<VisitorProfile>>> {
        self.memory.visitor(of, id)
    }

    fn audit(
        &self,
        of: &WorkspaceId,
        before: u64,
        limit: usize,
    ) -> Read<Vec<(u64, Arc<AuditEntry>)>> {
        self.memory.audit(of, before, limit)
    }

    fn vouched(&self, of: &WorkspaceId, external_id: &str) -> Read<Option<VisitorId>> {
        self.memory.vouched(of, external_id)
    }

    fn keyed(&self, of: &WorkspaceId, visitor: &VisitorId, key: &str) -> Read<Option<Keyed>> {
        self.memory.keyed(of, visitor, key)
    }

    fn keys_since(&self, of: &WorkspaceId, after: Timestamp) -> Read<Vec<KeptKey>> {
        self.memory.keys_since(of, after)
    }

    fn expired(&self, of: &WorkspaceId, now: Timestamp, limit: usize) -> Read<Vec<Arc<Ended>>> {
        self.memory.expired(of, now, limit)
    }

    fn hours(
        &self,
        of: &WorkspaceId,
        from: u64,
        before: u64,
    ) -> Read<Vec<(u64, Arc<HourFigures>)>> {
        // What is pending is not to be read yet.
        let slow = self.mood.load(Ordering::SeqCst) == SLOW;
        if slow { Ok(Vec::new()) } else { self.memory.hours(of, from, before) }
    }
}

impl Directory for Moody {
    fn publish(&self, id: &str, site: Arc<Site>) {
        self.memory.publish(id, site);
    }

    fn create(&self, entry: Entry) -> Result<Entry, DirectoryError> {
        self.memory.create(entry)
    }

    fn abandon(&self, id: &str) {
        self.memory.abandon(id);
    }

    fn entry(&self, id: &str) -> Option<Entry> {
        self.memory.entry(id)
    }

    fn entries(&self, after: u64, limit: usize) -> Vec<Entry> {
        self.memory.entries(after, limit)
    }

    fn awake(&self) -> Vec<WorkspaceId> {
        self.memory.awake()
    }

    fn erase(&self, id: &str) -> Result<bool, DirectoryError> {
        self.memory.erase(id)
    }

    fn answer(
        &self,
        key: &[u8; 32],
        since: Timestamp,
    ) -> Result<Option<KeptAnswer>, DirectoryError> {
        self.memory.answer(key, since)
    }

    fn keep(&self, answer: KeptAnswer) -> Result<(), DirectoryError> {
        self.memory.keep(answer)
    }
}

/// Lets the actor come to rest without asking it anything that waits for the journal.
pub(super) async fn rest() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

async fn rig() -> (Moody, Rig, Session, Session) {
    let store = Moody::default();
    let rig = Rig::over(Arc::new(store.clone())).await;
    let mut ann = rig.agent("ann").await;
    ann.online(&rig).await;
    let visitor = rig.visitor("v1").await;
    (store, rig, ann, visitor)
}

fn open(visitor: &mut Session) {
    visitor.say(ClientBody::ConversationOpen(Box::default()));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_shown_before_it_is_safe() {
    let (store, rig, ann, mut visitor) = rig().await;
    let before = ann.types().len();
    store.be(SLOW);
    open(&mut visitor);
    rest().await;
    assert!(visitor.types().is_empty(), "acknowledged before it was safe");
    assert_eq!(ann.types().len(), before, "pushed before it was safe");
    let reading = rig.ask(Question::Live);
    tokio::pin!(reading);
    let early = tokio::time::timeout(Duration::from_secs(1), &mut reading).await;
    assert!(early.is_err(), "read before it was safe");
    store.be(SOUND);
    store.catch_up();
    assert!(reading.await.is_ok());
    assert_eq!(visitor.types(), ["ok"]);
    assert_eq!(ann.types().last(), Some(&"conversation.assigned"));
}

#[tokio::test(start_paused = true)]
async fn what_failed_was_never_acknowledged_and_is_not_there() {
    let (store, rig, ann, mut visitor) = rig().await;
    store.be(BROKEN);
    open(&mut visitor);
    rest().await;
    store.be(SOUND);
    assert_eq!(visitor.types(), ["error"]);
    assert_eq!(visitor.closed(), Some(CloseCode::WorkspaceMoved));
    assert_eq!(ann.closed(), Some(CloseCode::WorkspaceMoved));
    assert!(rig.agent("ann").await.welcome.conversations.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_has_an_unknown_fate_is_read_back() {
    let (store, rig, _ann, mut visitor) = rig().await;
    store.be(UNKNOWN);
    open(&mut visitor);
    rest().await;
    store.be(SOUND);
    assert_eq!(visitor.types(), ["error"]);
    assert_eq!(rig.agent("ann").await.welcome.conversations.len(), 1);
}
