//! A store in a directory of its own, and a workspace that is written into it.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, mpsc},
    time::Duration,
};

use switchboard_journal::*;
use switchboard_routing::{
    Command, ConversationId, Input, OpenConversation, Origin, Output, Timestamp, Workspace,
    WorkspaceId,
};

pub(crate) struct Rig {
    dir: PathBuf,
    retention_ms: Option<u64>,
    pub(crate) store: Sqlite,
    pub(crate) id: WorkspaceId,
    pub(crate) core: Workspace,
    writer: Box<dyn Writer>,
    told: Told,
    histories: Histories,
    clock: u64,
}

/// What became of a writer's appends.
pub(crate) struct Told(mpsc::Receiver<(u64, Append)>);

impl Told {
    pub(crate) fn next(&mut self) -> (u64, Append) {
        self.0.recv_timeout(Duration::from_secs(20)).unwrap()
    }
}

/// Who is told what became of appends.
pub(crate) fn reported() -> (Notify, Told) {
    let (sender, told) = mpsc::channel();
    let notify = move |append, outcome| drop(sender.send((append, outcome)));
    (Arc::new(notify), Told(told))
}

fn open(dir: &PathBuf, retention_ms: Option<u64>) -> Sqlite {
    Sqlite::open(&Options { retention_ms, ..Options::new(dir) }).unwrap()
}

fn create(store: &Sqlite, id: &str) -> WorkspaceId {
    let (site_key, token_secret) = (format!("pk_{id}"), [7; 32]);
    store.create(Entry::new(id.into(), site_key, token_secret)).unwrap().id
}

/// The batch that makes a department.
pub(crate) fn department(core: &mut Workspace) -> Batch {
    let (department_id, name) = ("d".into(), "D".into());
    let create = Command::CreateDepartment { department_id, name, policy: Box::default() };
    batch(core, 1, create, &mut Histories::new())
}

fn batch(core: &mut Workspace, now: u64, command: Command, histories: &mut Histories) -> Batch {
    let (mut out, mut batch) = (Vec::new(), Batch::default());
    core.handle(Timestamp(now), Input::new(Origin::ROOT, command), &mut out).unwrap();
    for output in out {
        match output {
            Output::Event(record) => {
                remember(histories, &record);
                batch.events.push(record);
            }
            Output::Ended(conversation) => {
                let history = histories.remove(&conversation.id).unwrap_or_default();
                let conversation = *conversation;
                batch.ended.push(Arc::new(Ended { conversation, details: None, history }));
            }
            Output::Notice { .. } | Output::Decided(_) => {}
        }
    }
    batch
}

impl Rig {
    pub(crate) fn new(name: &str) -> Self {
        Self::keeping(name, None)
    }

    pub(crate) fn keeping(name: &str, retention_ms: Option<u64>) -> Self {
        let name = format!("switchboard-sqlite-{}-{name}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&dir);
        let store = open(&dir, retention_ms);
        let id = create(&store, "w");
        let (notify, told) = reported();
        let Claim { recovered, writer, .. } = store.claim(&id, notify).unwrap();
        let core = recovered.workspace;
        let (histories, clock) = (Histories::new(), 0);
        let mut rig = Self { dir, retention_ms, store, id, core, writer, told, histories, clock };
        let made = department(&mut rig.core);
        rig.append(made);
        rig
    }

    /// Another workspace of the store.
    pub(crate) fn other(&self, id: &str) -> WorkspaceId {
        create(&self.store, id)
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock
    }

    fn append(&mut self, batch: Batch) {
        assert_eq!(self.writer.append(batch), Append::Pending);
        assert_eq!(self.told.next().1, Append::Done);
    }

    fn ask(&mut self, command: Command) {
        self.clock += 1_000;
        let batch = batch(&mut self.core, self.clock, command, &mut self.histories);
        self.append(batch);
    }

    /// The batch of an open that is not appended yet.
    pub(crate) fn batch_of(&mut self, id: &str, visitor: &str) -> Batch {
        self.clock += 1_000;
        batch(&mut self.core, self.clock, opens(id, visitor), &mut self.histories)
    }

    pub(crate) fn open(&mut self, id: &str, visitor: &str) {
        self.ask(opens(id, visitor));
    }

    pub(crate) fn close(&mut self, id: &str) {
        self.ask(Command::CloseConversation { conversation_id: ConversationId::from(id) });
    }

    /// Appends something that is no event.
    pub(crate) fn write(&mut self, fill: impl FnOnce(&mut Batch)) {
        let mut batch = Batch::default();
        fill(&mut batch);
        self.append(batch);
    }

    pub(crate) fn snapshot(&mut self) {
        let (snapshot, histories) = (self.core.snapshot(), self.histories.clone());
        let stored = Stored { snapshot, histories, figures: None, sessions: None, dormant: false };
        self.writer.snapshot(stored).unwrap();
        self.writer.settle();
    }

    /// Closes the store, opens it again, and takes the workspace up.
    pub(crate) fn reopen_store(&mut self) {
        let elsewhere = self.dir.with_extension("idle");
        let idle = open(&elsewhere, None);
        drop(std::mem::replace(&mut self.store, idle));
        let store = open(&self.dir, self.retention_ms);
        drop(std::mem::replace(&mut self.store, store));
        let _ = fs::remove_dir_all(elsewhere);
        let (notify, told) = reported();
        let claim = self.store.claim(&self.id, notify).unwrap();
        (self.core, self.histories) = (claim.recovered.workspace, claim.recovered.histories);
        (self.writer, self.told) = (claim.writer, told);
    }

    fn connection(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.store.path()).unwrap()
    }

    /// Does something to the database behind the store's back.
    pub(crate) fn damage(&self, sql: &str) {
        assert_eq!(self.connection().execute(sql, []).unwrap(), 1);
    }

    pub(crate) fn rows_of_people(&self) -> u64 {
        self.connection().query_row("SELECT count(*) FROM people", [], |row| row.get(0)).unwrap()
    }

    /// All bytes of all its files.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let files = fs::read_dir(&self.dir).unwrap().map(|file| file.unwrap().path());
        files.flat_map(|path| fs::read(path).unwrap()).collect()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn opens(id: &str, visitor: &str) -> Command {
    Command::OpenConversation(OpenConversation {
        conversation_id: id.into(),
        visitor_id: visitor.into(),
        department_id: None,
        priority: 0,
        skills: vec![],
        key: None,
    })
}
