//! The load: a workspace, agents who close what they are given, and opens at a fixed rate.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use switchboard_journal::{Log, Store};
use switchboard_protocol::{
    ClientBody, ConversationOpen, Limits, ServerMessage, http, model::Availability,
};
use switchboard_routing::SessionId;
use switchboard_server::{
    ask::{Caller, Question},
    metrics::Metrics,
    node::{Clock, Node},
    registry::{Mailbox, Workspaces},
    seam::{Claims, Delivery, Hello, Link, ToConnection, ToWorkspace},
};

const AGENTS: u64 = 50;
const VISITORS: u64 = 200;

/// Figures of one run, times in microseconds.
pub struct Measured {
    pub p50: u64,
    pub p99: u64,
    pub max: u64,
    pub assigned_a_second: f64,
    pub events_a_second: f64,
}

/// When each open was due, and how long it took.
#[derive(Debug)]
struct Board {
    due: Vec<OnceLock<Instant>>,
    took: Vec<AtomicU64>,
    assigned: AtomicU64,
}

/// A session without a socket: an agent's closes what it is given.
#[derive(Debug)]
struct Seat {
    mailbox: Mailbox,
    session: Mutex<Option<(SessionId, u64)>>,
    board: Arc<Board>,
}

impl Seat {
    fn ask(&self, body: ClientBody) {
        let Some((session_id, generation)) = self.session.lock().clone() else { return };
        let request = ToWorkspace::Request { session_id, generation, reference: None, body };
        let _ = self.mailbox.send(request, None);
    }
}

impl Link for Seat {
    fn deliver(&self, message: ToConnection) -> Delivery {
        match message {
            ToConnection::Attached { session_id, generation, .. } => {
                *self.session.lock() = Some((session_id, generation));
            }
            ToConnection::Message(ServerMessage::ConversationAssigned(push)) => {
                let conversation = &push.conversation;
                let number = conversation.external_id.as_ref().and_then(|id| id.parse().ok());
                let number: usize = number.expect("opened with a number");
                // The visitor hears of it as well: the first counts.
                if conversation.priority.is_some() {
                    let due = self.board.due[number].get().expect("it was due");
                    let took = due.elapsed().as_micros() as u64;
                    self.board.took[number].store(took.max(1), Ordering::Relaxed);
                    self.board.assigned.fetch_add(1, Ordering::Relaxed);
                    let conversation_id = conversation.id.clone();
                    self.ask(ClientBody::ConversationClose { conversation_id });
                }
            }
            _ => {}
        }
        Delivery::Taken
    }
}

/// A workspace under load for so long.
pub async fn run(store: Arc<dyn Store>, rate: u64, seconds: u64) -> Measured {
    let count = (rate * seconds) as usize;
    let board = Arc::new(Board {
        due: (0..count).map(|_| OnceLock::new()).collect(),
        took: (0..count).map(|_| AtomicU64::new(0)).collect(),
        assigned: AtomicU64::new(0),
    });
    let (workspaces, visitors) = scene(store.clone(), &board).await;
    let begun = Instant::now();
    let (pacing, asking) = (board.clone(), visitors.clone());
    // A thread of its own: a runtime's timers are a millisecond wide.
    let paced = tokio::task::spawn_blocking(move || pace(&pacing, &asking, begun, rate));
    paced.await.expect("paced");
    let deadline = Instant::now() + Duration::from_secs(30);
    while board.assigned.load(Ordering::Relaxed) < count as u64 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let took = begun.elapsed().as_secs_f64();
    let assigned = board.assigned.load(Ordering::Relaxed);
    assert_eq!(assigned, count as u64, "everybody is somebody's");
    let mut times: Vec<u64> = board.took.iter().map(|took| took.load(Ordering::Relaxed)).collect();
    times.sort_unstable();
    workspaces.stop().await;
    Measured {
        p50: times[times.len() / 2],
        p99: times[times.len() * 99 / 100],
        max: times[times.len() - 1],
        assigned_a_second: assigned as f64 / took,
        events_a_second: events(store.as_ref()) as f64 / took,
    }
}

/// Opens at a rate, whatever becomes of those before.
fn pace(board: &Board, visitors: &[Arc<Seat>], begun: Instant, rate: u64) {
    let (mut opened, count) = (0, board.due.len());
    while opened < count {
        let due = (begun.elapsed().as_secs_f64() * rate as f64) as usize;
        for number in opened..due.min(count) {
            let at = begun + Duration::from_secs_f64(number as f64 / rate as f64);
            board.due[number].set(at).expect("once");
            let external_id = Some(number.to_string());
            let open = ConversationOpen { external_id, ..Default::default() };
            visitors[number % visitors.len()].ask(ClientBody::ConversationOpen(Box::new(open)));
        }
        opened = due.min(count);
        std::thread::park_timeout(Duration::from_micros(50));
    }
}

/// How many events there are.
fn events(store: &dyn Store) -> u64 {
    let (mut last, id) = (0, "w".into());
    while let Ok(records) = Log::read(store, &id, last, 10_000) {
        let Some(record) = records.last() else { break };
        last = record.position;
    }
    last
}

async fn scene(store: Arc<dyn Store>, board: &Arc<Board>) -> (Workspaces, Vec<Arc<Seat>>) {
    let node = Node {
        limits: Limits::off(),
        clock: Clock::start(),
        metrics: Metrics::new(),
        mailer: switchboard_server::mail::Mailer::nowhere(),
        mail_reports: switchboard_server::node::MailReports::nowhere(),
    };
    let workspaces = Workspaces::new(Arc::new(node), store);
    let create = http::decode_body(br#"{"id":"w","name":"W","plan":"custom"}"#).unwrap();
    workspaces.create(create, Caller::Root.into()).await.unwrap();
    let department = http::decode_body(br#"{"id":"sales","name":"Sales"}"#).unwrap();
    workspaces.ask("w", Caller::Root, Question::CreateDepartment(department)).await.unwrap();
    let mailbox = workspaces.mailbox("w").unwrap();
    let seat = |claims: Claims| {
        let (mailbox, board) = (mailbox.clone(), board.clone());
        let seat = Arc::new(Seat { mailbox, session: Mutex::default(), board });
        let hello = Hello { reference: None, claims, device: None, resume: None };
        seat.mailbox.send(ToWorkspace::Hello(Box::new(hello)), Some(seat.clone())).unwrap();
        seat
    };
    for number in 0..AGENTS {
        let body = format!(
            r#"{{"id":"a{number}","name":"A","email":"a{number}@example.org","capacity":10000,
                "department_ids":["sales"]}}"#
        );
        let agent = http::decode_body(body.as_bytes()).unwrap();
        workspaces.ask("w", Caller::Root, Question::CreateAgent(agent)).await.unwrap();
        let agent_id = format!("a{number}").as_str().into();
        seat(Claims::Agent {
            agent_id,
            expires_at: u64::MAX,
            proof: switchboard_server::auth::Proof::Host { issued_at: 0 },
        });
        let online = Question::SetAvailability(format!("a{number}"), Availability::Online);
        workspaces.ask("w", Caller::Root, online).await.unwrap();
    }
    let visitors = (0..VISITORS).map(|number| {
        seat(Claims::Visitor {
            visitor_id: format!("vis_{number}").as_str().into(),
            identity: None,
            claims: Default::default(),
            token: "vt".into(),
            expires_at: u64::MAX,
        })
    });
    let visitors: Vec<_> = visitors.collect();
    while visitors.iter().any(|visitor| visitor.session.lock().is_none()) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    (workspaces, visitors)
}
