//! Conversations that ended and are taken in again: the archive gives them up, and has them back
//! when they end again, whatever the journal does meanwhile.

use super::{
    journal::{BROKEN, Moody, SLOW, SOUND, rest},
    *,
};
use crate::ask::ConversationFilter;

/// With attributes and a key, so that there is something to lose.
const OPEN: &str = r#"{"visitor":{"external_id":"eve"},"attributes":{"plan":"gold"},
    "external_id":"case-7","key":"k"}"#;

async fn rig() -> (Moody, Rig) {
    let store = Moody::default();
    let rig = Rig::over(Arc::new(store.clone())).await;
    (store, rig)
}

impl Rig {
    async fn open_with_all(&self) -> String {
        let opened = self.read(Question::OpenConversation(Box::new(body(OPEN)))).await;
        opened["id"].as_str().unwrap().to_owned()
    }

    async fn kinds(&self, id: &str) -> Vec<String> {
        let detail = self.read(Question::Conversation(id.into())).await;
        let history = detail["history"].as_array().unwrap().iter();
        history.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    async fn listed(&self) -> Vec<(String, String)> {
        let page = PageQuery { limit: 100, cursor: None };
        let list = self.read(Question::Conversations(ConversationFilter::default(), page)).await;
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let items = list["items"].as_array().unwrap().iter();
        items.map(|item| (text(&item["id"]), text(&item["state"]))).collect()
    }

    /// The state is dropped, and read again from the journal.
    async fn crash(&self, store: &Moody) {
        store.be(BROKEN);
        let renamed = Question::PatchWorkspace(body(r#"{"name":"lost"}"#));
        let _ = tokio::time::timeout(Duration::from_secs(1), self.ask(renamed)).await;
        store.be(SOUND);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_reopened_goes_on_where_it_ended_also_after_a_crash() {
    let (store, rig) = rig().await;
    let id = rig.open_with_all().await;
    let opened = ["conversation.opened", "conversation.queued"];
    let closed = [&opened[..], &["conversation.closed"]].concat();
    let reopened = [&closed[..], &["conversation.reopened", "conversation.queued"]].concat();
    let mut revision = 0;
    for (ask, state, kinds) in [
        (None, "queued", &opened[..]),
        (Some(Question::CloseConversation(id.clone())), "closed", &closed),
        (Some(Question::ReopenConversation(id.clone())), "queued", &reopened),
        (
            Some(Question::CloseConversation(id.clone())),
            "closed",
            &[&reopened[..], &["conversation.closed"]].concat(),
        ),
    ] {
        if let Some(ask) = ask {
            rig.ask(ask).await.unwrap();
        }
        for crashes in [false, true] {
            if crashes {
                rig.crash(&store).await;
            }
            assert_eq!(rig.kinds(&id).await, kinds);
            assert_eq!(rig.listed().await, [(id.clone(), state.to_owned())]);
            let shown = rig.read(Question::Conversation(id.clone())).await;
            assert_eq!(shown["attributes"]["plan"], "gold", "{shown}");
            assert_eq!(shown["external_id"], "case-7");
            assert!(crashes || shown["revision"].as_u64().unwrap() > revision);
            revision = shown["revision"].as_u64().unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_journal_has_not_written_yet_is_known_all_the_same() {
    let (store, rig) = rig().await;
    let mut visitor = rig.visitor("v1").await;
    let id = visitor.open(&rig).await.id.clone();
    let close = || ClientBody::ConversationClose { conversation_id: id.clone() };
    let reopen = || ClientBody::ConversationReopen { conversation_id: id.clone() };
    store.be(SLOW);
    // In one batch, and in one each, while nothing is safe.
    for apart in [false, true] {
        for ask in [close(), reopen(), close(), reopen()] {
            visitor.say(ask);
            if apart {
                rest().await;
            }
        }
    }
    visitor.say(close());
    rest().await;
    let again = rig.visitor_soon("v1");
    store.be(SOUND);
    store.catch_up();
    rig.settle().await;
    let answers = visitor.messages();
    let failed = answers.iter().find(|m| matches!(m, ServerMessage::Error(_)));
    assert!(failed.is_none(), "{failed:?}");
    let seen = again.lock().clone();
    let Some(ToConnection::Attached { welcome: ServerMessage::Welcome(welcome), .. }) =
        seen.first()
    else {
        panic!("{seen:?}")
    };
    assert_eq!(welcome.conversations.len(), 1);
    assert_eq!(welcome.conversations[0].state, model::ConversationState::Closed);
    assert_eq!(rig.listed().await, [(id.clone(), "closed".into())]);
    let before = rig.kinds(&id).await;
    assert_eq!(before.iter().filter(|kind| *kind == "conversation.reopened").count(), 4);
    rig.crash(&store).await;
    assert_eq!(rig.kinds(&id).await, before);
    assert_eq!(rig.listed().await, [(id.clone(), "closed".into())]);
}

impl Rig {
    /// Another device of a visitor's, whose welcome is not waited for.
    fn visitor_soon(&self, name: &str) -> Arc<Mutex<Vec<ToConnection>>> {
        #[derive(Debug)]
        struct Keeps(Arc<Mutex<Vec<ToConnection>>>);
        impl Link for Keeps {
            fn deliver(&self, message: ToConnection) -> Delivery {
                self.0.lock().push(message);
                Delivery::Taken
            }
        }
        let given = Arc::<Mutex<Vec<ToConnection>>>::default();
        let claims = Claims::Visitor {
            visitor_id: name.into(),
            identity: None,
            claims: Default::default(),
            token: "vt".into(),
            expires_at: u64::MAX,
        };
        let hello = Hello { reference: Some(1), claims, device: None, resume: None };
        let link = Arc::new(Keeps(given.clone()));
        let mailbox = self.workspaces.mailbox("w").unwrap();
        mailbox.send(ToWorkspace::Hello(Box::new(hello)), Some(link)).unwrap();
        given
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_holds_for_as_long_as_its_conversation_is_open_again() {
    let rig = Rig::over(Arc::new(Memory::keeping(1_000, 1))).await;
    let mut visitor = rig.visitor("v1").await;
    let id = visitor.open_as(&rig, "k").await;
    rig.ask(Question::CloseConversation(id.clone())).await.unwrap();
    rig.ask(Question::ReopenConversation(id.clone())).await.unwrap();
    rig.wait(25 * 3_600_000).await;
    rig.open_and_close("another").await;
    assert_eq!(visitor.open_as(&rig, "k").await, id, "the key is its own still");
    // A day after it ended for good, and once the archive has dropped it, it is over.
    rig.ask(Question::CloseConversation(id.clone())).await.unwrap();
    rig.open_and_close("another").await;
    rig.wait(23 * 3_600_000).await;
    let refused = visitor.request(&rig, with_key("k")).await;
    assert!(!matches!(refused, ServerMessage::Ok(OkAnswer { conversation: Some(_), .. })));
    rig.wait(2 * 3_600_000).await;
    assert_ne!(visitor.open_as(&rig, "k").await, id);
}

#[tokio::test(start_paused = true)]
async fn a_key_holds_also_where_the_reopening_woke_the_workspace() {
    let (store, rig) = rig().await;
    let id = rig.open_with_all().await;
    rig.ask(Question::CloseConversation(id.clone())).await.unwrap();
    rig.crash(&store).await;
    rig.ask(Question::ReopenConversation(id.clone())).await.unwrap();
    // Somebody is there, so that it does not sleep meanwhile.
    let _ann = rig.agent("ann").await;
    rig.wait(25 * 3_600_000).await;
    assert_eq!(rig.open_with_all().await, id, "the key is its own still");
}

fn with_key(key: &str) -> ClientBody {
    let key = Some(key.to_owned());
    ClientBody::ConversationOpen(Box::new(ConversationOpen { key, ..Default::default() }))
}

impl Session {
    async fn open_as(&mut self, rig: &Rig, key: &str) -> String {
        match self.request(rig, with_key(key)).await {
            ServerMessage::Ok(OkAnswer { conversation: Some(opened), .. }) => opened.id.clone(),
            other => panic!("not opened: {other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_visitor_reopens_no_more_than_it_may_have_open() {
    let rig = Rig::new().await;
    let mut visitor = rig.visitor("v1").await;
    let id = visitor.open(&rig).await.id.clone();
    let close = ClientBody::ConversationClose { conversation_id: id.clone() };
    visitor.request(&rig, close).await;
    for _ in 0..5 {
        visitor.open(&rig).await;
    }
    let reopen = ClientBody::ConversationReopen { conversation_id: id.clone() };
    let refused = visitor.request(&rig, reopen.clone()).await;
    assert!(matches!(&refused, ServerMessage::Error(e) if e.code == ErrorCode::Conflict));
    // To others it is not there, however many they have open.
    let mut other = rig.visitor("v2").await;
    let refused = other.request(&rig, reopen).await;
    assert!(matches!(&refused, ServerMessage::Error(e) if e.code == ErrorCode::NotFound));
}

#[tokio::test(start_paused = true)]
async fn a_visitor_reopens_no_more_often_than_it_may_open() {
    let rig = Rig::new().await;
    let mut visitor = rig.visitor("v1").await;
    let id = visitor.open(&rig).await.id.clone();
    let close = || ClientBody::ConversationClose { conversation_id: id.clone() };
    let reopen = || ClientBody::ConversationReopen { conversation_id: id.clone() };
    let burst = Limits::default().visitor.opens.unwrap().burst;
    for _ in 1..burst {
        visitor.request(&rig, close()).await;
        assert!(matches!(visitor.request(&rig, reopen()).await, ServerMessage::Ok(_)));
    }
    visitor.request(&rig, close()).await;
    let refused = visitor.request(&rig, reopen()).await;
    let ServerMessage::Error(error) = refused else { panic!("{refused:?}") };
    assert_eq!(error.code, ErrorCode::RateLimited);
    rig.wait(error.retry_after_ms.unwrap()).await;
    assert!(matches!(visitor.request(&rig, reopen()).await, ServerMessage::Ok(_)));
}
