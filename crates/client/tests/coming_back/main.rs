//! The client against a server that says what the test tells it to, over real sockets.
#![allow(clippy::unwrap_used, clippy::panic)]

mod again;
mod script;

use std::time::{Duration, Instant};

use script::{Peer, Server, welcome};
use switchboard_client::{Client, ConnectError, End, Options, Push, RequestError};
use switchboard_protocol::model::{Availability, By};
use switchboard_protocol::{
    AvailabilityChanged, ClientBody, CloseCode, Encoding, ErrorAnswer, ErrorCode, GoingAway,
    Heartbeat, OkAnswer, ServerMessage,
};

async fn pair(server: &Server, options: Options) -> (Client, Peer) {
    let (client, (peer, _)) = tokio::join!(Client::connect(options), server.welcome("s1", false));
    (client.unwrap(), peer)
}

fn push(seq: u64) -> ServerMessage {
    ServerMessage::AvailabilityChanged(AvailabilityChanged {
        seq,
        availability: Availability::Away,
        by: By::Admin,
    })
}

async fn expect_message(client: &mut Client, message: ServerMessage) {
    assert_eq!(client.next_push().await, Some(Push::Message(message)));
}

async fn expect_disconnected(client: &mut Client, end: End) {
    assert_eq!(client.next_push().await, Some(Push::Disconnected(end)));
}

async fn expect_resumed(client: &mut Client, expected: bool) {
    match client.next_push().await {
        Some(Push::Resumed { resumed, .. }) => assert_eq!(resumed, expected),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn requests_get_their_answers_in_both_encodings() {
    for encoding in Encoding::ALL {
        let server = Server::start().await;
        let (mut client, mut peer) = pair(&server, server.options().encoding(encoding)).await;
        assert_eq!(client.welcome().session_id, "s1");
        let serve = async {
            // The later one is answered first.
            let first = peer.next().await;
            let second = peer.next().await;
            assert!(first.reference < second.reference);
            peer.send(ServerMessage::Heartbeat(Heartbeat { now: 1 })).await;
            let error = ServerMessage::error(second.reference, ErrorCode::Conflict, "no");
            peer.send(error).await;
            let answer = OkAnswer {
                reference: first.reference,
                availability: Some(Availability::Online),
                ..OkAnswer::default()
            };
            peer.send(ServerMessage::Ok(answer)).await;
            peer.send(push(1)).await;
        };
        let (online, refused, ()) =
            tokio::join!(client.set_availability(Availability::Online), client.close("c"), serve);
        assert_eq!(online, Ok(Availability::Online));
        assert_eq!(refused.unwrap_err().code(), Some(ErrorCode::Conflict));
        expect_message(&mut client, push(1)).await;
    }
}

#[tokio::test]
async fn a_lost_socket_is_resumed_and_requests_are_sent_again() {
    let server = Server::start().await;
    let (mut client, mut peer) = pair(&server, server.options()).await;
    peer.send(push(1)).await;
    expect_message(&mut client, push(1)).await;

    let handle = client.handle();
    let request = tokio::spawn(async move { handle.ping().await });
    let first = peer.next().await;
    drop(peer);
    let (mut peer, hello) = server.welcome("s1", true).await;
    let resume = hello.resume.unwrap();
    assert_eq!((resume.session_id.as_str(), resume.epoch.as_str(), resume.seq), ("s1", "e", 1));

    let again = peer.next().await;
    assert_eq!(again, first);
    peer.send(push(1)).await;
    peer.send(push(2)).await;
    peer.ok(&again).await;
    assert_eq!(request.await.unwrap(), Ok(5));
    expect_disconnected(&mut client, End::Lost).await;
    expect_resumed(&mut client, true).await;
    // The first one was heard before.
    expect_message(&mut client, push(2)).await;
}

#[tokio::test]
async fn a_fresh_session_says_so_and_repeats_nothing() {
    let server = Server::start().await;
    let (mut client, mut peer) = pair(&server, server.options()).await;
    let handle = client.handle();
    let lost = tokio::spawn(async move { handle.ping().await });
    peer.next().await;
    peer.close(4002, "slow_reader").await;
    let slow = End::Closed { code: 4002, reason: "slow_reader".into() };
    assert_eq!(slow.close_code(), Some(CloseCode::SlowReader));
    expect_disconnected(&mut client, slow).await;

    // Asked while nobody is there: sent to whoever comes.
    let handle = client.handle();
    let kept = tokio::spawn(async move { handle.close("c").await });
    let (mut peer, _) = server.welcome("s2", false).await;
    assert_eq!(lost.await.unwrap(), Err(RequestError::SessionLost));
    let request = peer.next().await;
    assert_eq!(request.body.type_name(), "conversation.close");
    peer.ok(&request).await;
    assert_eq!(kept.await.unwrap(), Err(RequestError::Incomplete("conversation")));
    expect_resumed(&mut client, false).await;
    assert_eq!(client.welcome().session_id, "s2");
}

#[tokio::test]
async fn upper_close_codes_are_for_good() {
    let server = Server::start().await;
    let (mut client, mut peer) = pair(&server, server.options()).await;
    let handle = client.handle();
    let waiting = tokio::spawn(async move { handle.ping().await });
    peer.next().await;
    peer.close(4503, "removed").await;
    let end = End::Closed { code: 4503, reason: "removed".into() };
    assert_eq!(client.next_push().await, Some(Push::Ended(end)));
    assert_eq!(client.next_push().await, None);
    assert_eq!(waiting.await.unwrap(), Err(RequestError::SessionLost));
    assert_eq!(client.ping().await, Err(RequestError::Ended));
}

#[tokio::test]
async fn without_reconnecting_the_first_loss_is_the_last() {
    let server = Server::start().await;
    let (mut client, peer) = pair(&server, server.options().once()).await;
    drop(peer);
    assert_eq!(client.next_push().await, Some(Push::Ended(End::Lost)));
}

#[tokio::test]
async fn a_missing_push_is_no_base_to_resume_from() {
    let server = Server::start().await;
    let (mut client, mut peer) = pair(&server, server.options()).await;
    peer.send(push(2)).await;
    let (_peer, hello) = server.welcome("s2", false).await;
    assert_eq!(hello.resume, None);
    expect_disconnected(&mut client, End::Broken("a push is missing".into())).await;
    expect_resumed(&mut client, false).await;
}

#[tokio::test]
async fn an_idle_client_pings_and_a_silent_server_is_left() {
    let server = Server::start().await;
    let accept = async {
        let (mut peer, _) = server.accept().await;
        let mut welcome = welcome("s1", false);
        welcome.heartbeat_ms = 20;
        peer.send(ServerMessage::Welcome(Box::new(welcome))).await;
        peer
    };
    let (client, mut peer) = tokio::join!(Client::connect(server.options()), accept);
    let mut client = client.unwrap();
    let ping = peer.next().await;
    assert_eq!((ping.body, ping.reference), (ClientBody::Ping, None));
    let (_peer, hello) = server.welcome("s1", true).await;
    assert!(hello.resume.is_some());
    expect_disconnected(&mut client, End::Silent).await;
    expect_resumed(&mut client, true).await;
}

#[tokio::test]
async fn going_away_says_when_to_come_back() {
    let server = Server::start().await;
    let (mut client, mut peer) = pair(&server, server.options()).await;
    let going = ServerMessage::GoingAway(GoingAway { retry_after_ms: 150 });
    peer.send(going.clone()).await;
    expect_message(&mut client, going).await;
    let start = Instant::now();
    let (_, (_peer, _)) = tokio::join!(peer.close(1001, "going_away"), server.welcome("s1", true));
    assert!(start.elapsed() >= Duration::from_millis(150));
    expect_disconnected(&mut client, End::Closed { code: 1001, reason: "going_away".into() }).await;
    expect_resumed(&mut client, true).await;
}

#[tokio::test]
async fn a_refused_hello_is_told_and_ends_a_client_that_comes_back() {
    let refusal = ServerMessage::error(Some(1), ErrorCode::Unauthenticated, "expired");
    let server = Server::start().await;
    let refuse = async || {
        let (mut peer, _) = server.accept().await;
        peer.send(refusal.clone()).await;
        peer.gone().await;
    };
    let (refused, ()) = tokio::join!(Client::connect(server.options()), refuse());
    match refused {
        Err(ConnectError::Refused(ErrorAnswer { code, .. })) => {
            assert_eq!(code, ErrorCode::Unauthenticated);
        }
        other => panic!("{other:?}"),
    }

    let (mut client, peer) = pair(&server, server.options()).await;
    drop(peer);
    refuse().await;
    expect_disconnected(&mut client, End::Lost).await;
    assert!(matches!(client.next_push().await, Some(Push::Ended(End::Refused(_)))));
}

#[tokio::test]
async fn nobody_there_is_worth_another_try() {
    let server = Server::start().await;
    let options = server.options();
    drop(server);
    let error = Client::connect(options).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unreachable(_)));
    assert!(error.retryable());
    let error = Client::connect(Options::agent("http://127.0.0.1", "t")).await.unwrap_err();
    assert!(matches!(error, ConnectError::BadUrl(_)));
    assert!(!error.retryable());
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let server = Server::start().await;
    let mut options = server.options();
    options.request_timeout = Duration::from_millis(20);
    let (client, mut peer) = pair(&server, options).await;
    assert_eq!(client.ping().await, Err(RequestError::TimedOut));
    // A late one is nobody's.
    let late = peer.next().await;
    peer.ok(&late).await;
    let (answer, ()) = tokio::join!(client.ping(), async {
        let request = peer.next().await;
        peer.ok(&request).await;
    });
    assert_eq!(answer, Ok(5));
}

#[tokio::test]
async fn ending_and_dropping_close_the_socket() {
    let server = Server::start().await;
    let (mut client, mut peer) = pair(&server, server.options()).await;
    let (ended, ()) = tokio::join!(client.end(), async {
        let request = peer.next().await;
        assert_eq!(request.body, ClientBody::SessionEnd);
        peer.ok(&request).await;
        peer.gone().await;
    });
    assert_eq!(ended, Ok(()));
    assert_eq!(client.next_push().await, Some(Push::Ended(End::Finished)));

    let (client, peer) = pair(&server, server.options()).await;
    drop(client);
    peer.gone().await;
}

#[tokio::test]
async fn a_severed_socket_comes_back() {
    let server = Server::start().await;
    let (mut client, peer) = pair(&server, server.options()).await;
    client.sever().await.unwrap();
    let (_, (_peer, hello)) = tokio::join!(peer.gone(), server.welcome("s1", true));
    assert!(hello.resume.is_some());
    expect_disconnected(&mut client, End::Lost).await;
    expect_resumed(&mut client, true).await;
}
