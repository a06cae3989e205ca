//! A store with something in every table, and a folder for it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "for tests alone, each of which uses some of it"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use switchboard_journal::*;
use switchboard_routing::*;

/// A folder of a test's own, gone with it.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("stocked-{}-{number}", std::process::id());
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Who writes a workspace: what its actor does, without the sockets.
pub(crate) struct Actor {
    pub(crate) core: Workspace,
    writer: Box<dyn Writer>,
    histories: Histories,
    figures: Figures,
    now: u64,
}

impl Actor {
    pub(crate) fn of(store: &dyn Store, id: &str) -> Self {
        let claim = store.claim(&id.into(), Arc::new(|_, _| {})).unwrap();
        let Recovered { workspace, histories, figures } = claim.recovered;
        let now = workspace.clock().0.max(1_000);
        Self { core: workspace, writer: claim.writer, histories, figures, now }
    }

    /// What a command does, with what else is written with it.
    pub(crate) fn ask_with(&mut self, command: Command, mut batch: Batch) {
        self.now += 10;
        let mut out = Vec::new();
        let input = Input::new(Origin::new(By::Admin, "boss"), command.clone());
        self.core.handle(Timestamp(self.now), input, &mut out).unwrap();
        let mut number = 0;
        for output in out {
            match output {
                Output::Event(record) => {
                    remember(&mut self.histories, &record);
                    self.figures.observe(&record);
                    batch.events.push(record);
                }
                Output::Decided(decision) => {
                    let id = decision.conversation_id.as_str();
                    number = self.core.conversation(id).map_or(number, |of| of.number);
                    batch.decisions.push((number, Arc::new(*decision)));
                }
                Output::Ended(conversation) => {
                    let history = self.histories.remove(&conversation.id).unwrap_or_default();
                    let conversation = *conversation;
                    batch.ended.push(Arc::new(Ended { conversation, details: None, history }));
                }
                Output::Notice { .. } => {}
            }
        }
        batch.figures = self.figures.take_finished();
        let _ = self.writer.append(batch);
    }

    pub(crate) fn ask(&mut self, command: Command) {
        self.ask_with(command, Batch::default());
    }

    pub(crate) fn wait(&mut self, ms: u64) {
        self.now += ms;
        self.ask(Command::Tick);
    }

    pub(crate) fn open(&mut self, id: &str, visitor: &str, key: Option<&str>) {
        let external_id = Some(format!("host-{visitor}"));
        let profile = VisitorProfile {
            name: Some(format!("Visitor {visitor}")),
            external_id,
            vouched: true,
            ..VisitorProfile::default()
        };
        let mut details =
            Details { external_id: Some(format!("order-{id}")), ..Details::default() };
        details.attributes.insert("page".into(), Attribute::Text(format!("/{id}")));
        details.attributes.insert("total".into(), Attribute::Number(0.1));
        let personal = vec![
            PersonalChange::Visitor(visitor.into(), profile),
            PersonalChange::Conversation(id.into(), details),
        ];
        let key = key.map(|key| Key { key: key.into(), fingerprint: u64::MAX - 7 });
        let open = OpenConversation {
            conversation_id: id.into(),
            visitor_id: visitor.into(),
            department_id: Some("help".into()),
            priority: -3,
            skills: vec![],
            key,
        };
        let batch = Batch { personal, ..Batch::default() };
        self.ask_with(Command::OpenConversation(open), batch);
    }

    pub(crate) fn close(&mut self, id: &str) {
        self.ask(Command::CloseConversation { conversation_id: id.into() });
    }

    pub(crate) fn reopen(&mut self, store: &dyn Store, workspace: &str, id: &str) {
        let ended = store.find(&workspace.into(), &id.into()).unwrap().unwrap();
        self.histories.insert(id.into(), ended.history.clone());
        let conversation = Box::new(ended.conversation.clone());
        let batch = Batch { reopened: vec![ended], ..Batch::default() };
        self.ask_with(Command::ReopenConversation { conversation }, batch);
    }

    pub(crate) fn write(&mut self, batch: Batch) {
        let _ = self.writer.append(batch);
        self.settle();
    }

    pub(crate) fn snapshot(&mut self) {
        self.settle();
        let sessions = Some(Opaque::new(|| b"which streams there are".to_vec()));
        let (snapshot, histories) = (self.core.snapshot(), self.histories.clone());
        let figures = Some(self.figures.clone());
        let stored = Stored { snapshot, histories, figures, sessions, dormant: false };
        self.writer.snapshot(stored).unwrap();
        self.settle();
    }

    pub(crate) fn figures(&self) -> &Figures {
        &self.figures
    }

    pub(crate) fn settle(&mut self) {
        self.writer.settle();
    }
}

pub(crate) fn create(store: &dyn Store, id: &str, secret: u8) {
    let site_key = format!("pk_{id}_key");
    let entry = Entry::new(id.into(), site_key, [secret; 32]);
    store.create(entry).unwrap();
}

/// A department, two agents who are there, one of whom is asked before.
pub(crate) fn furnish(actor: &mut Actor) {
    let config = Config { name: "Acme".into(), plan: "pro".into(), ..Config::default() };
    actor.ask(Command::Configure(Box::new(config)));
    for (id, offer_timeout_ms) in [("help", None), ("sales", Some(30_000))] {
        let policy = Policy {
            offer_timeout_ms,
            wrap_up_ms: 60_000,
            sticky_ms: 600_000,
            fallback_department_id: (id == "sales").then(|| "help".into()),
            ..Policy::default()
        };
        let (department_id, name) = (id.into(), id.to_uppercase());
        actor.ask(Command::CreateDepartment { department_id, name, policy: Box::new(policy) });
    }
    for (id, capacity) in [("ann", 2), ("bob", 3), ("cat", 1)] {
        let profile = AgentProfile {
            email: format!("{id}@example.org"),
            name: id.to_uppercase(),
            ..AgentProfile::default()
        };
        let personal = vec![PersonalChange::Agent(id.into(), profile)];
        let add = Command::AddAgent {
            agent_id: id.into(),
            role: Role::Agent,
            capacity,
            skills: vec!["en".into()],
            department_ids: vec!["help".into(), "sales".into()],
            invite_id: None,
        };
        actor.ask_with(add, Batch { personal, ..Batch::default() });
        let session_id = SessionId::from(format!("ses_{id}").as_str());
        actor.ask(Command::AttachSession { session_id, person: Person::Agent(id.into()) });
        let availability = Availability::Online;
        actor.ask(Command::SetAvailability { agent_id: id.into(), availability });
    }
}

/// One of each thing that is kept of a team.
pub(crate) fn invite() -> Invite {
    Invite {
        email: "dan@example.org".into(),
        role: Role::Admin,
        department_ids: vec!["help".into()],
        invited_by: Origin::new(By::Admin, "ann"),
        created_at: Timestamp(1_000),
        expires_at: Timestamp(260_201_000),
        token: Some([9; 32]),
        mail: MailState::Queued(Some("connection refused".into())),
        end: None,
    }
}

pub(crate) fn api_key() -> ApiKey {
    ApiKey {
        name: "back end".into(),
        scopes: vec!["tokens:mint".into()],
        digest: [5; 32],
        created_by: Origin::ROOT,
        created_at: Timestamp(1_000),
        last_used_at: Some(Timestamp(2_000)),
    }
}

pub(crate) fn account() -> Account {
    Account {
        password: Some("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into()),
        generation: 3,
        signed_out_at: Some(Timestamp(900)),
        spared: Some(77),
        revoked: vec![(78, Timestamp(5_000))],
        reset: Some(Reset { token: [4; 32], expires_at: Timestamp(9_000) }),
    }
}

pub(crate) fn site() -> Site {
    Site {
        site_key: Some("pk_acme.new".into()),
        old_site_keys: vec![("pk_acme.old".into(), Timestamp(9_000))],
        allowed_origins: vec!["https://example.org".into()],
        missing_origin_allowed: false,
        public_keys: vec![HostKey {
            id: "main".into(),
            algorithm: "EdDSA".into(),
            pem: "-----BEGIN PUBLIC KEY-----".into(),
            created_at: Timestamp(1_000),
        }],
        department_order: vec!["sales".into(), "help".into()],
    }
}

pub(crate) fn change() -> AuditEntry {
    AuditEntry {
        at: Timestamp(1_000),
        by: By::Admin,
        by_id: Some("ann".into()),
        action: "agent.changed".into(),
        kind: "agent".into(),
        id: "bob".into(),
        before: Some(r#"{"role":"agent"}"#.into()),
        after: Some(r#"{"role":"admin"}"#.into()),
        address: Some("192.0.2.7".into()),
    }
}

/// All of that, at once.
pub(crate) fn team() -> Vec<PersonalChange> {
    vec![
        PersonalChange::Invite("inv_1".into(), Some(Box::new(invite()))),
        PersonalChange::ApiKey("key_1".into(), Some(Box::new(api_key()))),
        PersonalChange::Account("ann".into(), Box::new(account())),
        PersonalChange::Site(Box::new(site())),
        PersonalChange::Audit(1, Arc::new(change())),
        PersonalChange::Audit(2, Arc::new(AuditEntry { id: "cat".into(), ..change() })),
    ]
}

fn answer(nth: u8) -> KeptAnswer {
    let answered = Answered { status: 201, body: (nth != 2).then(|| vec![b'x'; 300]) };
    KeptAnswer { key: [nth; 32], request: [nth + 1; 32], at: Timestamp(1_000), answered }
}

/// Something in every table, most of it brought home, the rest in the write-ahead log. The files
/// are copied while they are in use: that is what a crash leaves.
pub(crate) fn stock(scratch: &Scratch) -> PathBuf {
    let used = scratch.path("used");
    fill(&Sqlite::open(&Options::new(&used)).unwrap());
    let store = Sqlite::open(&Options::new(&used)).unwrap();
    go_on(&store);
    let left = scratch.path("left");
    fs::create_dir(&left).unwrap();
    copy(&used, &left);
    left
}

/// The same, with a write-ahead log that was begun anew: old frames stand behind what counts.
pub(crate) fn stock_anew(scratch: &Scratch) -> PathBuf {
    let used = scratch.path("used");
    let store = Sqlite::open(&Options::new(&used)).unwrap();
    fill(&store);
    let at = rusqlite::Connection::open(used.join(DATABASE)).unwrap();
    let home = at.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    });
    let (frames, home) = home.unwrap();
    assert_eq!(frames, home, "all of it is brought home");
    go_on(&store);
    let left = scratch.path("left");
    fs::create_dir(&left).unwrap();
    copy(&used, &left);
    left
}

pub(crate) fn copy(from: &Path, to: &Path) {
    for name in [DATABASE, "switchboard.db-wal"] {
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

/// What is there when a store is closed.
pub(crate) fn fill(store: &Sqlite) {
    create(store, "acme", 7);
    let mut acme = Actor::of(store, "acme");
    furnish(&mut acme);
    for nth in 0..8 {
        acme.open(&format!("c{nth}"), &format!("v{nth}"), (nth % 2 == 0).then_some("key"));
    }
    for nth in 0..4 {
        acme.close(&format!("c{nth}"));
    }
    acme.settle();
    acme.reopen(store, "acme", "c1");
    acme.snapshot();
    // An hour is over, and so a row of its own.
    acme.wait(HOUR_MS);
    acme.open("c8", "v8", None);
    acme.close("c5");
    let forget = PersonalChange::VisitorErased("v3".into());
    let sessions = Some(Opaque::new(|| b"what happened to streams".to_vec()));
    let answers = vec![answer(1), answer(2)];
    acme.write(Batch { personal: vec![forget], answers, sessions, ..Batch::default() });
    acme.write(Batch { personal: team(), ..Batch::default() });
    store.keep(answer(9)).unwrap();
    create(store, "gone", 8);
    let mut gone = Actor::of(store, "gone");
    furnish(&mut gone);
    gone.open("g1", "gv", None);
    gone.settle();
    drop(gone);
    assert!(store.erase("gone").unwrap());
    create(store, "tiny", 9);
    let mut tiny = Actor::of(store, "tiny");
    tiny.ask(Command::Configure(Box::default()));
    tiny.settle();
}

/// What is in the write-ahead log still.
pub(crate) fn go_on(store: &Sqlite) {
    let mut acme = Actor::of(store, "acme");
    acme.ask(Command::Recover);
    acme.settle();
    for nth in 9..12 {
        acme.open(&format!("c{nth}"), "v9", None);
        acme.settle();
    }
    acme.close("c9");
    acme.settle();
}
