//! A round trip through a workspace's actor: a visitor's open and close, from the mailbox to the
//! agent's and the visitor's outboxes, without a socket. Beside it, in the same run, the same
//! round trip through a task that does nothing but answer.

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use parking_lot::Mutex;
use switchboard_journal::Memory;
use switchboard_protocol::{ClientBody, Limits, ServerMessage, http, model::Availability};
use switchboard_routing::SessionId;
use switchboard_server::{
    ask::{Caller, Question},
    metrics::Metrics,
    node::{Clock, Node},
    registry::{Mailbox, Workspaces},
    seam::{Claims, Delivery, Hello, Link, ToConnection, ToWorkspace},
};
use tokio::sync::{Notify, mpsc};

/// An outbox of which only the last message is kept.
#[derive(Debug, Default)]
struct Last {
    message: Mutex<Option<ToConnection>>,
    told: Notify,
}

impl Link for Last {
    fn deliver(&self, message: ToConnection) -> Delivery {
        *self.message.lock() = Some(message);
        self.told.notify_one();
        Delivery::Taken
    }
}

impl Last {
    async fn next(&self) -> ToConnection {
        loop {
            if let Some(message) = self.message.lock().take() {
                return message;
            }
            self.told.notified().await;
        }
    }
}

struct Person {
    mailbox: Mailbox,
    outbox: Arc<Last>,
    session_id: SessionId,
    generation: u64,
}

impl Person {
    async fn hello(workspaces: &Workspaces, claims: Claims) -> Self {
        let (mailbox, outbox) = (workspaces.mailbox("w").unwrap(), Arc::new(Last::default()));
        let hello = Hello { reference: None, claims, device: None, resume: None };
        mailbox.send(ToWorkspace::Hello(Box::new(hello)), Some(outbox.clone())).unwrap();
        let ToConnection::Attached { session_id, generation, .. } = outbox.next().await else {
            unreachable!("the hello is a good one")
        };
        Self { mailbox, outbox, session_id, generation }
    }

    async fn ask(&self, body: ClientBody) -> ServerMessage {
        let (session_id, generation) = (self.session_id.clone(), self.generation);
        let request = ToWorkspace::Request { session_id, generation, reference: None, body };
        self.mailbox.send(request, None).unwrap();
        loop {
            if let ToConnection::Message(answer @ ServerMessage::Ok(_)) = self.outbox.next().await {
                return answer;
            }
        }
    }
}

async fn workspace() -> (Person, Person) {
    let node = Node {
        limits: Limits::off(),
        clock: Clock::start(),
        metrics: Metrics::new(),
        mailer: switchboard_server::mail::Mailer::nowhere(),
        mail_reports: switchboard_server::node::MailReports::nowhere(),
    };
    let workspaces = Workspaces::new(Arc::new(node), Arc::new(Memory::default()));
    let body = |json: &str| http::decode_body(json.as_bytes()).unwrap();
    let create = body(r#"{"id":"w","name":"W","plan":"custom"}"#);
    workspaces.create(create, Caller::Root.into()).await.unwrap();
    let department = http::decode_body(br#"{"id":"sales","name":"Sales"}"#).unwrap();
    let questions = [
        Question::CreateDepartment(department),
        Question::CreateAgent(
            http::decode_body(
                br#"{"id":"ann","name":"Ann","email":"ann@example.com","department_ids":["sales"]}"#,
            )
            .unwrap(),
        ),
    ];
    for question in questions {
        workspaces.ask("w", Caller::Root, question).await.unwrap();
    }
    let claims = Claims::Agent {
        agent_id: "ann".into(),
        expires_at: u64::MAX,
        proof: switchboard_server::auth::Proof::Host { issued_at: 0 },
    };
    let agent = Person::hello(&workspaces, claims).await;
    agent.ask(ClientBody::AvailabilitySet { availability: Availability::Online }).await;
    let claims = Claims::Visitor {
        visitor_id: "vis_1".into(),
        identity: None,
        claims: Default::default(),
        token: "vt_1".into(),
        expires_at: u64::MAX,
    };
    (agent, Person::hello(&workspaces, claims).await)
}

fn round_trip(criterion: &mut Criterion) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (_agent, visitor) = runtime.block_on(workspace());
    let mut group = criterion.benchmark_group("actor");
    group.bench_function("open and close: two round trips", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let opened = visitor.ask(ClientBody::ConversationOpen(Box::default())).await;
            let ServerMessage::Ok(answer) = opened else { unreachable!() };
            let conversation_id = answer.conversation.map(|c| c.id.clone()).unwrap_or_default();
            visitor.ask(ClientBody::ConversationClose { conversation_id }).await
        });
    });
    let (sender, mut inbox) = mpsc::channel::<Arc<Last>>(4_096);
    runtime.spawn(async move {
        while let Some(outbox) = inbox.recv().await {
            outbox.deliver(ToConnection::Close(switchboard_protocol::CloseCode::GoingAway));
        }
    });
    let outbox = Arc::new(Last::default());
    group.bench_function("baseline: two round trips through a task", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            for _ in 0..2 {
                sender.try_send(outbox.clone()).unwrap();
                outbox.next().await;
            }
        });
    });
    group.finish();
}

criterion_group!(benches, round_trip);
criterion_main!(benches);
