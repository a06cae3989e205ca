//! What a client does by itself when it comes back: when, and with what it had asked before.

use std::time::{Duration, Instant};

use switchboard_client::{Client, RequestError};
use switchboard_protocol::model::VisitorSelf;
use switchboard_protocol::{
    CloseCode, ConversationOpen, ErrorAnswer, ErrorCode, ServerMessage, Welcome,
};

use crate::script::{Peer, Server, welcome};
use crate::{expect_disconnected, expect_resumed, pair};

fn visitors_welcome(session_id: &str, visitor_id: &str) -> Welcome {
    let visitor = VisitorSelf { id: visitor_id.into(), name: None, verified: false };
    Welcome { visitor: Some(visitor), ..welcome(session_id, false) }
}

async fn welcome_visitor(server: &Server, session_id: &str, visitor_id: &str) -> Peer {
    let (mut peer, _) = server.accept().await;
    let welcome = visitors_welcome(session_id, visitor_id);
    peer.send(ServerMessage::Welcome(Box::new(welcome))).await;
    peer
}

async fn visit(server: &Server) -> (Client, Peer) {
    let welcomed = welcome_visitor(server, "s1", "ida");
    let (client, peer) = tokio::join!(Client::connect(server.options()), welcomed);
    (client.unwrap(), peer)
}

fn open(key: Option<&str>) -> ConversationOpen {
    ConversationOpen { key: key.map(str::to_owned), ..ConversationOpen::default() }
}

/// What an open ends with that the script answers with a bare `ok`.
const ANSWERED: RequestError = RequestError::Incomplete("conversation");

#[tokio::test]
async fn a_crowded_server_is_come_back_to_when_it_says() {
    let server = Server::start().await;
    let (mut client, peer) = pair(&server, server.options()).await;
    drop(peer);
    let start = Instant::now();
    for _ in 0..2 {
        let (mut peer, hello) = server.accept().await;
        assert!(hello.resume.is_some(), "it does not give its session up");
        peer.send(ServerMessage::Error(ErrorAnswer {
            reference: Some(1),
            code: ErrorCode::Overloaded,
            message: "too many".into(),
            retryable: true,
            retry_after_ms: Some(120),
        }))
        .await;
        peer.close(CloseCode::WorkspaceMoved.code(), "workspace_moved").await;
    }
    let (_peer, _) = server.welcome("s1", true).await;
    let waited = start.elapsed();
    assert!(waited >= Duration::from_millis(240), "{waited:?}");
    expect_disconnected(&mut client, switchboard_client::End::Lost).await;
    expect_resumed(&mut client, true).await;
}

#[tokio::test]
async fn an_open_with_a_key_outlives_its_session_and_one_without_does_not() {
    let server = Server::start().await;
    let (client, mut peer) = visit(&server).await;
    let keyed = client.handle();
    let keyed = tokio::spawn(async move { keyed.open(open(Some("k"))).await });
    let asked = peer.next().await;
    let plain = client.handle();
    let plain = tokio::spawn(async move { plain.open(open(None)).await });
    peer.next().await;
    drop(peer);
    let mut peer = welcome_visitor(&server, "s2", "ida").await;
    assert_eq!(plain.await.unwrap(), Err(RequestError::SessionLost));
    let again = peer.next().await;
    assert_eq!(again, asked);
    peer.ok(&again).await;
    assert_eq!(keyed.await.unwrap(), Err(ANSWERED));
}

#[tokio::test]
async fn a_key_is_of_no_use_to_another_visitor() {
    let server = Server::start().await;
    let (client, mut peer) = visit(&server).await;
    let keyed = client.handle();
    let keyed = tokio::spawn(async move { keyed.open(open(Some("k"))).await });
    peer.next().await;
    drop(peer);
    let _peer = welcome_visitor(&server, "s2", "somebody_else").await;
    assert_eq!(keyed.await.unwrap(), Err(RequestError::SessionLost));
}

#[tokio::test]
async fn no_more_are_on_their_way_than_answers_are_kept() {
    let server = Server::start().await;
    let (client, mut peer) = pair(&server, server.options()).await;
    let ask = |_| {
        let handle = client.handle();
        tokio::spawn(async move { handle.ping().await })
    };
    let asked: Vec<_> = (0..100).map(ask).collect();
    let mut first = Vec::new();
    for _ in 0..64 {
        first.push(peer.next().await);
    }
    // One is answered: one more may go.
    peer.ok(&first.remove(0)).await;
    first.push(peer.next().await);
    drop(peer);
    let (mut peer, _) = server.welcome("s1", true).await;
    for sent in &first {
        assert_eq!(peer.next().await, *sent, "all that was sent, and in its order");
    }
    for sent in &first {
        peer.ok(sent).await;
    }
    for _ in 0..35 {
        let rest = peer.next().await;
        assert!(rest.reference > first.last().unwrap().reference);
        peer.ok(&rest).await;
    }
    for answer in asked {
        assert_eq!(answer.await.unwrap(), Ok(5));
    }
}
