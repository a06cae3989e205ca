//! The reference client comes back by itself: to its session, with what it had asked, or to a new
//! one, and says so.

use serde_json::{Value, json};
use switchboard_client::{Client, Options, Push, RequestError};
use switchboard_protocol::{ConversationOpen, Device, Welcome};

use crate::{
    people::until,
    relay::Relay,
    server::{TestServer, Workspace},
    ws::{Encoding, Ws},
};

/// A visitor whose network can be taken away.
struct Scene {
    server: TestServer,
    workspace: Workspace,
    relay: Relay,
    visitor: Client,
}

impl Scene {
    async fn set() -> Self {
        let server = TestServer::start().await;
        let workspace = server.workspace().await;
        workspace.department("sales").await;
        let relay = Relay::to(server.addr).await;
        let mut options = Options::visitor(relay.ws_url(), &workspace.site_key);
        options.hello.device = Some(Device { id: Some("tablet".to_owned()), kind: None });
        let visitor = Client::connect(options).await.expect("the visitor gets in");
        Self { server, workspace, relay, visitor }
    }

    /// The visitor asks for somebody; the server hears it, and its answer never arrives.
    async fn asks_in_vain(&self, key: Option<&str>, so_many_then: usize) -> Opening {
        let handle = self.visitor.handle();
        let open = ConversationOpen { key: key.map(str::to_owned), ..ConversationOpen::default() };
        self.relay.deafen();
        let opening = tokio::spawn(async move { handle.open(open).await.map(|it| it.id.clone()) });
        until("the server has heard it", async || self.conversations().await.len() == so_many_then)
            .await;
        opening
    }

    async fn conversations(&self) -> Vec<Value> {
        self.workspace.get("/conversations").await.items().to_vec()
    }

    /// The next word on how the visitor is connected: it is lost, and then back.
    async fn back(&mut self) -> (bool, Welcome) {
        loop {
            match self.visitor.next_push().await {
                Some(Push::Resumed { resumed, welcome }) => return (resumed, (*welcome).clone()),
                Some(Push::Disconnected(_) | Push::Message(_)) => {}
                other => panic!("it does not come back: {other:?}"),
            }
        }
    }

    /// Somebody else takes the session's device: there is nothing to resume any more.
    async fn replace(&self) {
        let token = self.visitor.welcome().visitor_token.as_ref().unwrap().expose();
        let hello = json!({
            "site_key": self.workspace.site_key,
            "visitor_token": token,
            "device": {"id": "tablet"},
        });
        let other = Ws::hello(self.server.addr, Encoding::Json, hello).await;
        assert_eq!(other.welcome["resumed"], false);
        other.leave().await;
    }
}

type Opening = tokio::task::JoinHandle<Result<String, RequestError>>;

#[tokio::test]
async fn what_was_asked_before_the_socket_was_lost_is_answered_after_it_and_done_once() {
    let mut scene = Scene::set().await;
    let session_id = scene.visitor.welcome().session_id.clone();
    let opening = scene.asks_in_vain(None, 1).await;
    scene.relay.cut();
    scene.relay.restore();
    let (resumed, welcome) = scene.back().await;
    assert_eq!((resumed, &welcome.session_id), (true, &session_id));
    let opened = opening.await.unwrap().expect("its first answer");
    let conversations = scene.conversations().await;
    assert_eq!(conversations.len(), 1, "{conversations:?}");
    assert_eq!(conversations[0]["id"], opened);
}

#[tokio::test]
async fn in_a_new_session_what_has_a_key_is_asked_again_and_nothing_else() {
    let mut scene = Scene::set().await;
    let session_id = scene.visitor.welcome().session_id.clone();
    let plain = scene.asks_in_vain(None, 1).await;
    let keyed = scene.asks_in_vain(Some("basket-7"), 2).await;
    scene.relay.cut();
    scene.replace().await;
    scene.relay.restore();
    let (resumed, welcome) = scene.back().await;
    assert!(!resumed && welcome.session_id != session_id);
    assert_eq!(welcome.conversations.len(), 2, "all there is to know: {welcome:?}");
    assert_eq!(plain.await.unwrap(), Err(RequestError::SessionLost));
    let opened = keyed.await.unwrap().expect("the same key is the same conversation");
    let conversations = scene.conversations().await;
    assert_eq!(conversations.len(), 2, "{conversations:?}");
    assert!(conversations.iter().any(|conversation| conversation["id"] == opened));
    assert_eq!(scene.visitor.ping().await.map(drop), Ok(()), "it goes on with the new one");
}
